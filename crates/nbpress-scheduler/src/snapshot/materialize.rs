//! Writing a snapshot into a fresh folder, for a run to read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::{self, TryStreamExt as _};

use super::SnapshotStore;
use super::contents::parse;
use super::error::SnapshotError;
use super::manifest::{FileEntry, SnapshotId, is_notebook, runnable_path};
use super::objects::{AT_A_TIME, blocking};

impl SnapshotStore {
    /// Writes all files of a snapshot beneath `folder`, which is made if it is not there and must
    /// be empty. Returns the path of the notebook to run. Beside a script, `q.sql`, that is the
    /// notebook made of it, `q.sql.ipynb`.
    ///
    /// Every byte is checked. Nothing is synced: a run that is cut off starts with a fresh folder.
    ///
    /// # Errors
    /// There is no such snapshot, it is damaged, the folder is not empty or takes no files. What
    /// was written until then stays.
    pub async fn materialize(
        &self,
        id: &SnapshotId,
        folder: &Path,
    ) -> Result<PathBuf, SnapshotError> {
        let manifest = self.manifest(id).await?;
        let own = folder.to_owned();
        blocking(move || make_fresh(&own)).await?;

        let notebook = self.object(&manifest.notebook.sha256).await?;
        let path = manifest.notebook.path;
        let runnable = folder.join(runnable_path(&path));
        let own = folder.to_owned();
        blocking(move || write_notebook(&own, &path, &notebook)).await?;

        let write = |file: FileEntry| async move {
            let bytes = self.object(&file.sha256).await?;
            let path = folder.join(&file.path);
            blocking(move || write(&path, &bytes, file.executable)).await
        };
        stream::iter(manifest.files.into_iter().map(Ok))
            .try_for_each_concurrent(AT_A_TIME, write)
            .await?;
        Ok(runnable)
    }
}

fn make_fresh(folder: &Path) -> Result<(), SnapshotError> {
    fs::create_dir_all(folder).map_err(SnapshotError::disk("create", folder))?;
    let mut inside = fs::read_dir(folder).map_err(SnapshotError::disk("list", folder))?;
    if inside.next().is_some() {
        return Err(SnapshotError::NotEmpty {
            folder: folder.to_owned(),
        });
    }
    Ok(())
}

fn write_notebook(folder: &Path, path: &str, bytes: &Bytes) -> Result<(), SnapshotError> {
    write(&folder.join(path), bytes, false)?;
    if is_notebook(path) {
        return Ok(());
    }
    let made = parse(path, bytes)?.to_bytes();
    write(&folder.join(runnable_path(path)), &made, false)
}

/// Writes a new file. The folder was empty and the paths have been checked, so that nothing on the
/// way is a link; the file itself must not be there.
fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<(), SnapshotError> {
    let written = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mode = if executable { 0o777 } else { 0o666 };
        let mut file = OpenOptions::new();
        let file = file.write(true).create_new(true).mode(mode);
        file.open(path)?.write_all(bytes)
    };
    written().map_err(SnapshotError::disk("write", path))
}
