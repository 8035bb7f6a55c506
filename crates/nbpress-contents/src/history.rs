//! Every version of every file that was saved, kept beside the workspace and never in it.
//!
//! ```text
//! <history>/blobs/<2 digits>/<sha256>    the bytes of versions, each once
//! <history>/log/<2 digits>/<key>.jsonl   what happened at a path, one line each (a folder)
//! <history>/log/<2 digits>/<key>/…       the same, one object each (a bucket)
//! <history>/uploads/<key>/…              the chunks of files that are being uploaded
//! ```
//!
//! A key is the SHA-256 of a path. In a folder the log of a path is also its lock: whoever saves there
//! holds it.

mod blob;
mod lock;
mod log;
mod record;
mod trace;
mod uploads;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nbpress_storage::{Location, Storage};
use sha2::{Digest as _, Sha256};

pub(crate) use lock::Guard;
pub(crate) use record::{Kept, Record};

use crate::error::ContentsError;
use crate::folder::blocking;
use crate::path::ContentsPath;
use lock::Locks;

type Result<T> = std::result::Result<T, ContentsError>;

/// The history of one workspace.
#[derive(Debug)]
pub(crate) struct History {
    storage: Arc<Storage>,
    root: Location,
    /// Where it is, if it is a folder.
    folder: Option<PathBuf>,
    locks: Locks,
}

impl History {
    /// The history in a folder, which is made if there is none. Only its owner may look inside.
    pub(crate) async fn in_folder(storage: Arc<Storage>, folder: PathBuf) -> Result<Self> {
        make_folder(&folder).await?;
        Ok(Self {
            storage,
            root: Location::from(folder.clone()),
            folder: Some(folder),
            locks: Locks::default(),
        })
    }

    /// The history under a prefix of an object store.
    pub(crate) fn in_bucket(storage: Arc<Storage>, root: Location) -> Self {
        Self {
            storage,
            root,
            folder: None,
            locks: Locks::default(),
        }
    }

    /// Waits until nobody else changes these paths; nobody else does until the guard is dropped.
    /// Holds among all processes that have this history, if it is in a folder; a bucket arbitrates
    /// by itself.
    pub(crate) async fn lock(&self, paths: &[&ContentsPath]) -> Result<Guard> {
        let Some(folder) = &self.folder else {
            return Ok(Guard::default());
        };
        let mut logs: Vec<PathBuf> = paths
            .iter()
            .map(|path| folder.join(log::file_name(path)))
            .collect();
        // All take them in one order, so that nobody waits in a circle.
        logs.sort_unstable();
        logs.dedup();
        for log in &logs {
            make_parent(log).await?;
        }
        self.locks.lock(logs).await
    }

    /// The location of `name` in the history, ready to be written.
    async fn place(&self, name: &str) -> Result<Location> {
        if let Some(folder) = &self.folder {
            make_parent(&folder.join(name)).await?;
        }
        Ok(self.root.join(name))
    }
}

/// The SHA-256 of a path.
fn key(path: &ContentsPath) -> String {
    hex::encode(Sha256::digest(path.as_str()))
}

async fn make_parent(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) => make_folder(parent).await,
        None => Ok(()),
    }
}

async fn make_folder(path: &Path) -> Result<()> {
    let path = path.to_owned();
    blocking(move || make_folder_now(&path).map_err(failed("make the folder of"))).await
}

fn make_folder_now(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path)
}

/// A failure within the history, whose place users need not know.
fn failed(action: &'static str) -> impl Fn(io::Error) -> ContentsError {
    move |source| ContentsError::History { action, source }
}
