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

mod lock;
mod log;
mod record;
mod trace;
mod uploads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use nbpress_storage::{Location, Storage, StorageErrorKind, WriteOptions};
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

    /// Keeps bytes. Costs little when they are kept already.
    pub(crate) async fn put(&self, bytes: &Bytes) -> Result<String> {
        let hash = sha256(bytes).await?;
        let place = self.place(&blob_name(&hash)).await?;
        let kept = self
            .storage
            .write(&place, bytes.clone(), WriteOptions::if_absent())
            .await;
        match kept {
            Err(error) if !matches!(error.kind(), StorageErrorKind::AlreadyExists { .. }) => {
                Err(ContentsError::Storage(error))
            }
            _ => Ok(hash),
        }
    }

    /// The bytes with this hash.
    pub(crate) async fn get(&self, hash: &str) -> Result<Bytes> {
        let damaged = || ContentsError::Damaged {
            id: hash.to_owned(),
        };
        let place = self.root.join(&blob_name(hash));
        let bytes = self.storage.read(&place).await.map_err(|error| {
            if error.is_not_found() {
                damaged()
            } else {
                ContentsError::Storage(error)
            }
        })?;
        if sha256(&bytes).await? != hash {
            return Err(damaged());
        }
        Ok(bytes)
    }

    /// The location of `name` in the history, ready to be written.
    async fn place(&self, name: &str) -> Result<Location> {
        if let Some(folder) = &self.folder {
            make_parent(&folder.join(name)).await?;
        }
        Ok(self.root.join(name))
    }
}

fn blob_name(hash: &str) -> String {
    format!("blobs/{}/{hash}", hash.get(..2).unwrap_or_default())
}

/// The SHA-256 of a path.
fn key(path: &ContentsPath) -> String {
    hex::encode(Sha256::digest(path.as_str()))
}

/// SHA-256 in hexadecimal digits.
pub(crate) async fn sha256(bytes: &Bytes) -> Result<String> {
    let bytes = bytes.clone();
    blocking(move || Ok(hex::encode(Sha256::digest(&bytes)))).await
}

async fn make_parent(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) => make_folder(parent).await,
        None => Ok(()),
    }
}

async fn make_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let path = path.to_owned();
    blocking(move || {
        let mut builder = std::fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&path);
        made.map_err(failed("make the folder of"))
    })
    .await
}

/// A failure within the history, whose place users need not know.
fn failed(action: &'static str) -> impl Fn(std::io::Error) -> ContentsError {
    move |source| ContentsError::History { action, source }
}
