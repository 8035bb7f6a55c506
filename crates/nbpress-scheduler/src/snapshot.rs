//! Snapshots: immutable, content-addressed copies of a notebook and the files it needs.
//!
//! ```text
//! <base>/objects/<2 digits>/<sha256>   a notebook's bytes, a file's bytes, or a manifest
//! ```
//!
//! A [`Manifest`] lists the objects of a snapshot; its own SHA-256 is the snapshot's id. So nothing
//! that is published ever changes, the same content is kept once, and publishing it again gives the
//! same id. Objects are written before the manifest that needs them: whoever is cut off, at whatever
//! point, leaves objects that nobody refers to, and never a snapshot that is not whole.
//!
//! What is published are the bytes as they are. A script (`.py`, `.R`, `.sh`, `.sql`) becomes a
//! notebook when it is read: see [`as_notebook`].

mod bare_file;
mod contents;
mod copy;
mod diff;
mod error;
mod garbage;
mod manifest;
mod materialize;
mod objects;
mod path;
mod pattern;
mod working_copy;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use nbpress_format::Notebook;
use nbpress_storage::{Location, Storage};
use serde::{Deserialize, Serialize};

pub use bare_file::as_notebook;
pub use contents::Limits;
pub use diff::{
    CellChange, CellChangeKind, FileChange, FileChangeKind, NotebookDiff, NotebookState,
    SnapshotDiff,
};
pub use error::SnapshotError;
pub use garbage::Unreachable;
pub use manifest::{FileEntry, Manifest, NotebookEntry, SnapshotId};
pub use path::{PathError, check_relative_path};

use crate::hash::sha256;
use contents::{Content, Contents, parse};
use objects::{Objects, blocking};

/// What to take a snapshot of.
#[derive(Clone, Debug)]
pub struct PublishRequest {
    /// The notebook, or the script that becomes one. A relative path is relative to the working
    /// directory of the process.
    pub notebook: Location,
    /// The local folder that the files' paths are relative to, and that holds them all. Default:
    /// the notebook's. Nothing outside of it is read, whatever links lead there.
    pub root: Option<PathBuf>,
    /// Which files the notebook needs: patterns relative to the root (`data/*.csv`, `lib/**`). Each
    /// must match a file. Hidden files are left out, unless the pattern names them with their dot.
    pub files: Vec<String>,
    /// Patterns for files and folders to leave out.
    pub exclude: Vec<String>,
    /// How large the snapshot may be.
    pub limits: Limits,
}

impl PublishRequest {
    /// The notebook alone, with the default limits.
    pub fn new(notebook: Location) -> Self {
        Self {
            notebook,
            root: None,
            files: Vec::new(),
            exclude: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// What to take a snapshot of, as somebody sent it.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The path of the notebook, or of the script that becomes one.
    pub notebook: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// The path and the bytes of each file. None of them is executable.
    pub files: Vec<(String, Bytes)>,
    /// How large the snapshot may be.
    pub limits: Limits,
}

/// A snapshot that is in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The SHA-256 of its manifest.
    pub id: SnapshotId,
    /// What is in it.
    pub manifest: Manifest,
}

/// The snapshots at one base: a local folder, or a prefix of an object store. Any number of
/// processes may publish to it at once.
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    objects: Objects,
}

impl SnapshotStore {
    /// The store at `base`, a folder or a prefix. Touches nothing; a folder is made when something
    /// is published. Give a local base as an absolute path.
    pub fn new(storage: Arc<Storage>, base: &Location) -> Self {
        Self {
            objects: Objects::new(storage, base),
        }
    }

    /// Reads the notebook and its files once and keeps them. When this returns they are durable.
    ///
    /// Each file is as it was at one moment, but not all at the same one.
    ///
    /// # Errors
    /// Something is missing, changing, too large or outside of the root, the notebook is none, or
    /// the store does not work. Nothing that was published before is harmed.
    pub async fn publish(&self, request: &PublishRequest) -> Result<Snapshot, SnapshotError> {
        let remote = self.read_remote(request).await?;
        let own = request.clone();
        let contents = blocking(move || working_copy::collect(&own, remote)).await?;
        self.keep(contents).await
    }

    /// Keeps a notebook and files that are in memory.
    ///
    /// # Errors
    /// A path leads elsewhere, it is too large, the notebook is none, or the store does not work.
    pub async fn publish_bytes(&self, upload: Upload) -> Result<Snapshot, SnapshotError> {
        let contents = blocking(move || {
            let content = |(path, bytes)| Content::new(path, bytes, false);
            let files = upload.files.into_iter().map(content).collect();
            let notebook = content((upload.notebook, upload.bytes));
            Contents::new(notebook, files, upload.limits)
        });
        self.keep(contents.await?).await
    }

    /// The manifest of a snapshot; its bytes are checked against the id.
    ///
    /// # Errors
    /// There is no such snapshot, or it is damaged.
    pub async fn manifest(&self, id: &SnapshotId) -> Result<Manifest, SnapshotError> {
        let bytes = self.objects.get(id.as_str()).await?;
        Manifest::from_bytes(&bytes, id)
    }

    /// The bytes of an object, checked against its name: the SHA-256 in 64 hexadecimal digits.
    ///
    /// # Errors
    /// There is no such object, it is damaged, or the text is no SHA-256.
    pub async fn object(&self, sha256: &str) -> Result<Bytes, SnapshotError> {
        self.objects.get(sha256).await
    }

    /// The notebook of a snapshot; a script's is made of it.
    ///
    /// # Errors
    /// There is no such snapshot, or it is damaged.
    pub async fn notebook(&self, id: &SnapshotId) -> Result<Notebook, SnapshotError> {
        let NotebookEntry { path, sha256, .. } = self.manifest(id).await?.notebook;
        let bytes = self.objects.get(&sha256).await?;
        blocking(move || parse(&path, &bytes)).await
    }

    /// What republishing would change: `None` when the working copy is what the snapshot holds, so
    /// that publishing it gives the same id. A notebook or files that are gone are part of the
    /// answer; patterns that match nothing any more are no error here.
    ///
    /// # Errors
    /// The snapshot or the working copy cannot be read, or the working copy has become too large.
    pub async fn changed_since(
        &self,
        id: &SnapshotId,
        request: &PublishRequest,
    ) -> Result<Option<SnapshotDiff>, SnapshotError> {
        let manifest = self.manifest(id).await?;
        let remote = match self.read_remote(request).await {
            Err(SnapshotError::Storage { source }) if source.is_not_found() => None,
            remote => remote?,
        };
        let request = request.clone();
        let (notebook, files) =
            blocking(move || working_copy::collect_what_is_left(&request, remote)).await?;
        let before = match &notebook {
            Some(now) if now.sha256 != manifest.notebook.sha256 => {
                Some(self.objects.get(&manifest.notebook.sha256).await?)
            }
            _ => None,
        };
        blocking(move || Ok(diff::compare(&manifest, before, notebook.as_ref(), &files))).await
    }

    /// The notebook where it is in a store or on the web.
    async fn read_remote(
        &self,
        request: &PublishRequest,
    ) -> Result<Option<Content>, SnapshotError> {
        if request.notebook.is_local().is_some() {
            return Ok(None);
        }
        let path = working_copy::name_of(request)?;
        let enough = request.limits.max_bytes.saturating_add(1);
        let bytes = self.objects.read(&request.notebook, enough).await?;
        blocking(move || Ok(Some(Content::new(path, bytes, false)))).await
    }

    /// Objects first, then the manifest that needs them.
    async fn keep(&self, contents: Contents) -> Result<Snapshot, SnapshotError> {
        let (path, bytes) = (
            contents.notebook.path.clone(),
            contents.notebook.bytes.clone(),
        );
        blocking(move || parse(&path, &bytes)).await?;
        let manifest = contents.manifest();
        let bytes = Bytes::from(manifest.to_bytes());
        let id = SnapshotId::parse(&sha256(&bytes))?;
        let files = contents.files.iter().chain([&contents.notebook]);
        let objects = files.map(|file| (file.sha256.clone(), file.bytes.clone()));
        self.objects.put_all(objects.collect()).await?;
        self.objects.put(id.as_str(), bytes).await?;
        Ok(Snapshot { id, manifest })
    }
}

#[cfg(test)]
mod tests;
