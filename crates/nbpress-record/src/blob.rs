//! Large values: files named by the SHA-256 of their bytes.
//!
//! While a run is on, its blobs are in its own folder, `<run>/blobs/<sha256>`: a discarded run takes
//! them along, a run that was cut off keeps them. When it finishes they become the store's,
//! `<store>/blobs/<first two digits>/<sha256>`, where runs share them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::disk;
use crate::error::RecordError;

/// The blobs that the finished runs of a store share.
#[derive(Clone, Debug)]
pub(crate) struct SharedBlobs {
    folder: PathBuf,
}

impl SharedBlobs {
    pub(crate) fn in_store(root: &Path) -> Self {
        Self {
            folder: root.join("blobs"),
        }
    }

    /// Where a blob is kept. The name must be [a SHA-256](is_sha256).
    pub(crate) fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(&sha256[..2]).join(sha256)
    }

    /// Keeps some bytes for good.
    pub(crate) fn put(&self, bytes: &[u8]) -> Result<String, RecordError> {
        let sha256 = disk::sha256(bytes);
        let path = self.path(&sha256);
        if disk::length(&path) == Some(bytes.len() as u64) {
            return Ok(sha256);
        }
        let folder = self.folder.join(&sha256[..2]);
        disk::create_folder(&folder)?;
        let unfinished = folder.join(format!(".{}", Uuid::new_v4().simple()));
        disk::create_synced(&unfinished, bytes)
            .and_then(|()| disk::rename(&unfinished, &path))
            .inspect_err(|_| drop(disk::remove_file(&unfinished)))?;
        disk::sync_folder(&folder)?;
        Ok(sha256)
    }

    pub(crate) fn get(&self, sha256: &str) -> Result<Vec<u8>, RecordError> {
        let missing = || RecordError::MissingBlob {
            sha256: sha256.to_owned(),
        };
        if !is_sha256(sha256) {
            return Err(missing());
        }
        checked(disk::read(&self.path(sha256))?.ok_or_else(missing)?, sha256)
    }

    /// The names of all blobs, sorted.
    pub(crate) fn names(&self) -> Result<BTreeSet<String>, RecordError> {
        let mut names = BTreeSet::new();
        for folder in disk::names(&self.folder)? {
            let inside = disk::names(&self.folder.join(&folder))?;
            names.extend(
                inside
                    .into_iter()
                    .filter(|name| is_sha256(name) && name.starts_with(&folder)),
            );
        }
        Ok(names)
    }

    pub(crate) fn remove(&self, sha256: &str) -> Result<(), RecordError> {
        disk::remove_file(&self.path(sha256))
    }
}

/// The blobs of one run that is not over.
#[derive(Debug)]
pub(crate) struct RunBlobs {
    folder: PathBuf,
    /// SHA-256 to length.
    held: BTreeMap<String, u64>,
    /// Written since the last [`sync`](Self::sync).
    unsynced: Vec<String>,
}

impl RunBlobs {
    pub(crate) fn new(run_folder: &Path) -> Self {
        Self {
            folder: run_folder.join("blobs"),
            held: BTreeMap::new(),
            unsynced: Vec::new(),
        }
    }

    /// The run's folder has another name now.
    pub(crate) fn moved_to(&mut self, run_folder: &Path) {
        self.folder = run_folder.join("blobs");
    }

    /// Keeps some bytes. Nothing refers to a blob before it is whole, so it is written in place.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<String, RecordError> {
        let sha256 = disk::sha256(bytes);
        if self.held.contains_key(&sha256) {
            return Ok(sha256);
        }
        let path = self.slot(&sha256)?;
        disk::create(&path, bytes).inspect_err(|_| drop(disk::remove_file(&path)))?;
        self.keep(&sha256, bytes.len() as u64);
        Ok(sha256)
    }

    /// Takes a file of this name, and answers with its length; `None` when there is none. One whose bytes have another
    /// SHA-256 is removed.
    pub(crate) fn adopt(
        &mut self,
        folder: &Path,
        sha256: &str,
    ) -> Result<Option<u64>, RecordError> {
        if !is_sha256(sha256) {
            return Ok(None);
        }
        let path = folder.join(sha256);
        if let Some(length) = self.held.get(sha256) {
            disk::remove_file(&path)?;
            return Ok(Some(*length));
        }
        let found = disk::sha256_of_own_file(&path)?;
        let Some((_, length)) = found.filter(|(found, _)| found == sha256) else {
            disk::remove_file(&path)?;
            return Ok(None);
        };
        disk::rename(&path, &self.slot(sha256)?)?;
        self.keep(sha256, length);
        Ok(Some(length))
    }

    /// Makes a blob of the store one of the run's, so that it stays while the run needs it.
    pub(crate) fn hold(&mut self, sha256: &str, shared: &SharedBlobs) -> Result<(), RecordError> {
        let missing = || RecordError::MissingBlob {
            sha256: sha256.to_owned(),
        };
        if self.held.contains_key(sha256) {
            return Ok(());
        }
        if !is_sha256(sha256) {
            return Err(missing());
        }
        let from = shared.path(sha256);
        let length = disk::length(&from).ok_or_else(missing)?;
        let to = self.slot(sha256)?;
        // File systems without hard links get a copy.
        if fs::hard_link(&from, &to).is_err() {
            disk::create(&to, &shared.get(sha256)?)?;
        }
        self.keep(sha256, length);
        Ok(())
    }

    fn slot(&self, sha256: &str) -> Result<PathBuf, RecordError> {
        if self.held.is_empty() {
            disk::create_folder(&self.folder)?;
        }
        Ok(self.folder.join(sha256))
    }

    fn keep(&mut self, sha256: &str, length: u64) {
        self.held.insert(sha256.to_owned(), length);
        self.unsynced.push(sha256.to_owned());
    }

    /// Makes what was put since the last call durable.
    pub(crate) fn sync(&mut self) -> Result<(), RecordError> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        let paths: Vec<PathBuf> = self
            .unsynced
            .iter()
            .map(|name| self.folder.join(name))
            .collect();
        disk::sync_files(&paths)?;
        disk::sync_folder(&self.folder)?;
        self.unsynced.clear();
        Ok(())
    }

    /// SHA-256 and length of every blob, sorted.
    pub(crate) fn held(&self) -> impl Iterator<Item = (&str, u64)> {
        self.held
            .iter()
            .map(|(sha256, length)| (sha256.as_str(), *length))
    }

    /// Makes every blob one of the store's, too; they must have been synced.
    pub(crate) fn share(&self, shared: &SharedBlobs) -> Result<(), RecordError> {
        let mut folders = BTreeSet::new();
        for (sha256, length) in self.held() {
            let to = shared.path(sha256);
            if disk::length(&to) == Some(length) {
                continue;
            }
            if let Some(folder) = to.parent()
                && folders.insert(folder.to_owned())
            {
                disk::create_folder(folder)?;
            }
            // Whoever copies the run finds it here, too, until the manifest is there.
            let from = self.folder.join(sha256);
            if fs::hard_link(&from, &to).is_err() {
                disk::rename(&from, &to)?;
            }
        }
        for folder in &folders {
            disk::sync_folder(folder)?;
        }
        if folders.is_empty() {
            Ok(())
        } else {
            disk::sync_folder(&shared.folder)
        }
    }
}

/// Where the blobs of one run are found: its own folder first, since they move from there to the
/// store while it may be read.
#[derive(Clone, Debug)]
pub(crate) struct BlobSource {
    own: PathBuf,
    shared: SharedBlobs,
}

impl BlobSource {
    pub(crate) fn new(run_folder: &Path, shared: SharedBlobs) -> Self {
        Self {
            own: run_folder.join("blobs"),
            shared,
        }
    }

    /// Opens a blob without a look at its bytes.
    pub(crate) fn open(&self, sha256: &str) -> Result<File, RecordError> {
        let missing = || RecordError::MissingBlob {
            sha256: sha256.to_owned(),
        };
        if !is_sha256(sha256) {
            return Err(missing());
        }
        for path in [self.own.join(sha256), self.shared.path(sha256)] {
            if let Some(file) = disk::open(&path)? {
                return Ok(file);
            }
        }
        Err(missing())
    }

    pub(crate) fn get(&self, sha256: &str) -> Result<Vec<u8>, RecordError> {
        if is_sha256(sha256)
            && let Some(bytes) = disk::read(&self.own.join(sha256))?
        {
            return checked(bytes, sha256);
        }
        self.shared.get(sha256)
    }
}

/// The bytes, if they are those of the name.
fn checked(bytes: Vec<u8>, sha256: &str) -> Result<Vec<u8>, RecordError> {
    if disk::sha256(&bytes) == sha256 {
        return Ok(bytes);
    }
    Err(RecordError::DamagedBlob {
        sha256: sha256.to_owned(),
    })
}

/// Whether a text is a SHA-256 as we write it. Journals come from strangers too, and such a text
/// becomes part of a path.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
