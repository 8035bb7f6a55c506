//! The copy of a record that a worker far away is still writing: it grows as the worker sends more, and is
//! checked as a whole at the end.
//!
//! Blobs are sent before the part of the journal that needs them, so a copy can be read at any moment. A
//! worker that does not know how far it had come sends anything and is told.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use nbpress_record::{RecordError, RunId};

use super::pack::{self, PackError};
use super::{Records, RecordsError, blocking};
use crate::hash::{is_sha256, sha256};
use crate::report::record_hash;

/// Why a part of a record is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// It would leave a gap; the worker goes on from here.
    #[error("the copy has {length} bytes")]
    Gap {
        /// What is there.
        length: u64,
    },
    /// A name that no record or blob has.
    #[error("`{0}` is no name of a record or blob")]
    Name(String),
    /// The bytes are not those of their hash, or the whole is not the record. The copy is removed: it has to
    /// be sent again.
    #[error("what was sent is not the record")]
    Damaged(#[source] PackError),
    /// This machine's disk failed.
    #[error("the disk failed")]
    Disk(#[from] io::Error),
}

impl Records {
    /// What is here of a record that is being sent: the length of its journal, and its large values.
    ///
    /// # Errors
    /// It is no name of a record, or the disk failed.
    pub async fn copied(&self, name: &str) -> Result<(u64, BTreeSet<String>), ReplicaError> {
        let folder = self.copy(name)?;
        blocking(move || Ok(copied(&folder)?)).await
    }

    /// Adds to a copy's journal what it does not have yet of `bytes`, which begin at `offset`. Returns the
    /// length that it has then.
    ///
    /// # Errors
    /// It would leave a gap, or the disk failed.
    pub async fn append(
        &self,
        name: &str,
        offset: u64,
        bytes: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<u64, ReplicaError> {
        let folder = self.copy(name)?;
        blocking(move || append(&folder, offset, bytes.as_ref())).await
    }

    /// Adds a large value to a copy.
    ///
    /// # Errors
    /// The bytes are not those of the name, or the disk failed.
    pub async fn put_blob(
        &self,
        name: &str,
        sha256: &str,
        bytes: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<(), ReplicaError> {
        let (folder, sha256) = (self.copy(name)?, sha256.to_owned());
        if !is_sha256(&sha256) {
            return Err(ReplicaError::Name(sha256));
        }
        blocking(move || {
            same_hash(bytes.as_ref(), &sha256)?;
            let blobs = folder.join("blobs");
            fs::create_dir_all(&blobs)?;
            Ok(place(&blobs, &sha256, bytes.as_ref())?)
        })
        .await
    }

    /// Closes a copy: it must be the record of this hash, whole. `manifest` is absent where the runner was
    /// killed. When this returns the copy is durable.
    ///
    /// # Errors
    /// It is not the record; the copy is gone then, or the disk failed.
    pub async fn seal(
        &self,
        name: &str,
        sha256: &str,
        manifest: Option<Vec<u8>>,
    ) -> Result<(), ReplicaError> {
        let (folder, sha256) = (self.copy(name)?, sha256.to_owned());
        let (store, name) = (self.elsewhere.clone(), name.to_owned());
        blocking(move || {
            if let Some(manifest) = manifest {
                same_hash(&manifest, &sha256)?;
                place(&folder, "manifest.json", &manifest)?;
            }
            let checked = store
                .find(&name)
                .map_err(PackError::Record)
                .and_then(|record| pack::check(&record, &sha256));
            match checked {
                Ok(()) => Ok(sync(&folder)?),
                Err(PackError::Record(RecordError::Io { source, .. }) | PackError::Io(source))
                    if source.kind() != io::ErrorKind::NotFound =>
                {
                    Err(source.into())
                }
                Err(error) => {
                    fs::remove_dir_all(&folder)?;
                    Err(ReplicaError::Damaged(error))
                }
            }
        })
        .await
    }

    /// Whether a record is here, or in the archive, that has this hash.
    ///
    /// # Errors
    /// A disk or store failed.
    pub async fn holds(&self, name: &str, sha256: &str) -> Result<bool, RecordsError> {
        let record = match self.find(name, Some(sha256)).await {
            Err(error @ RecordsError::Record(RecordError::Io { .. })) => return Err(error),
            Err(RecordsError::Record(_)) => return Ok(false),
            Err(error) if error.is_not_found() => return Ok(false),
            found => found?,
        };
        let hash = blocking(move || Ok::<_, RecordsError>(record_hash(&record)?));
        Ok(hash.await? == sha256)
    }

    fn copy(&self, name: &str) -> Result<PathBuf, ReplicaError> {
        match RunId::parse(name) {
            Ok(id) if id.to_string() == name => Ok(self.elsewhere.root().join("runs").join(name)),
            _ => Err(ReplicaError::Name(name.to_owned())),
        }
    }
}

fn copied(folder: &Path) -> io::Result<(u64, BTreeSet<String>)> {
    let or_nothing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    };
    let mut length = 0;
    match fs::metadata(folder.join("journal")) {
        Ok(journal) => length = journal.len(),
        Err(error) => or_nothing(error)?,
    }
    let mut blobs = BTreeSet::new();
    match fs::read_dir(folder.join("blobs")) {
        Ok(entries) => {
            for entry in entries {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if is_sha256(&name) {
                    blobs.insert(name);
                }
            }
        }
        Err(error) => or_nothing(error)?,
    }
    Ok((length, blobs))
}

fn append(folder: &Path, offset: u64, bytes: &[u8]) -> Result<u64, ReplicaError> {
    fs::create_dir_all(folder)?;
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("journal"))?;
    // A request that was given up may still be at it.
    file.lock()?;
    let length = file.metadata()?.len();
    let Some(known) = length.checked_sub(offset) else {
        return Err(ReplicaError::Gap { length });
    };
    let new = usize::try_from(known)
        .ok()
        .and_then(|known| bytes.get(known..));
    let new = new.unwrap_or_default();
    file.write_all(new)?;
    Ok(length + new.len() as u64)
}

fn same_hash(bytes: &[u8], expected: &str) -> Result<(), ReplicaError> {
    let found = sha256(bytes);
    if found == expected {
        return Ok(());
    }
    let expected = expected.to_owned();
    Err(ReplicaError::Damaged(PackError::Hash { found, expected }))
}

/// Writes a file at once.
fn place(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(folder.join(name))?;
    Ok(())
}

/// Everything in a copy's folder, then the folder, then its name.
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            for blob in fs::read_dir(entry.path())? {
                File::open(blob?.path())?.sync_data()?;
            }
        }
        File::open(entry.path())?.sync_all()?;
    }
    File::open(folder)?.sync_all()?;
    folder
        .parent()
        .map_or(Ok(()), |runs| File::open(runs)?.sync_all())
}
