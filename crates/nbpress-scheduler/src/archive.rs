//! Records of runs that are over, where every server finds them: one object for each.
//!
//! ```text
//! <base>/<last 2 letters>/<record>.tar.gz   manifest.json, journal, blobs/<sha256>
//! <cache>/runs/<record>/                    the same files of a record that somebody asked for
//! ```
//!
//! An attempt's record is kept here before its row says how it ended, so a row never names a record that
//! only a lost disk had. The object is written at once or not at all, and its bytes follow from the record:
//! who is cut off writes it again. `tar xzf` reads it without nbpress.

mod pack;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use nbpress_record::{Record, RecordError, RunId, Store};
use nbpress_storage::{Location, Storage, StorageError, WriteOptions};

use pack::PackError;

/// Why a record cannot be kept or brought back.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The object store failed.
    #[error("the archive of records failed")]
    Storage(#[from] StorageError),
    /// The record on this machine cannot be read.
    #[error("the record cannot be read")]
    Record(#[from] RecordError),
    /// What is in the archive is not the record that was put there.
    #[error("the record in the archive is damaged")]
    Damaged(#[source] PackError),
    /// This machine's disk failed.
    #[error("the disk failed")]
    Disk(#[from] std::io::Error),
}

impl ArchiveError {
    /// Whether there simply is no such record.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_not_found(),
            Self::Record(error) => matches!(error, RecordError::NotFound { .. }),
            _ => false,
        }
    }
}

/// Records in a folder or an object store.
#[derive(Clone, Debug)]
struct Archive {
    storage: Arc<Storage>,
    base: Location,
    cache: Store,
}

/// The records of this machine's runs and, with an archive, those of all others.
#[derive(Clone, Debug)]
pub struct Records {
    local: Store,
    archive: Option<Archive>,
}

impl Records {
    /// Those of this machine alone.
    pub fn local(local: Store) -> Self {
        Self {
            local,
            archive: None,
        }
    }

    /// With an archive at `base`. What is asked for of other machines' records is copied into `cache`, a
    /// folder of this machine that may be emptied at any time.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn archived(
        local: Store,
        storage: Arc<Storage>,
        base: Location,
        cache: &std::path::Path,
    ) -> Result<Self, RecordError> {
        let cache = Store::open(cache)?;
        let archive = Archive {
            storage,
            base,
            cache,
        };
        Ok(Self {
            local,
            archive: Some(archive),
        })
    }

    /// Where this machine's runs write.
    pub fn here(&self) -> &Store {
        &self.local
    }

    /// A record by its name. `sha256` is what its row says about it; absent while the run is on.
    ///
    /// # Errors
    /// It is nowhere, it is damaged, or a disk or store failed.
    pub async fn find(&self, name: &str, sha256: Option<&str>) -> Result<Record, ArchiveError> {
        match (find_in(&self.local, name).await, &self.archive, sha256) {
            (Err(error), Some(archive), Some(sha256)) if error.is_not_found() => {
                archive.find(name, sha256).await
            }
            (found, _, _) => found,
        }
    }

    /// Keeps a record that is over. Without an archive it is where it is.
    ///
    /// # Errors
    /// It cannot be read, or the archive is away.
    pub async fn keep(&self, name: &str) -> Result<(), ArchiveError> {
        let Some(archive) = &self.archive else {
            return Ok(());
        };
        let record = find_in(&self.local, name).await?;
        archive.put(record).await
    }

    /// Forgets a record everywhere. One that is not there was what is wanted.
    ///
    /// # Errors
    /// A disk or store failed.
    pub async fn remove(&self, name: &str) -> Result<(), ArchiveError> {
        let Ok(run_id) = RunId::parse(name) else {
            return Ok(());
        };
        let stores: Vec<Store> = [Some(&self.local), self.archive.as_ref().map(|a| &a.cache)]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        blocking(move || {
            for store in &stores {
                match store.remove(run_id) {
                    Err(RecordError::NotFound { .. }) | Ok(()) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        })
        .await?;
        match &self.archive {
            Some(archive) => archive.remove(run_id).await,
            None => Ok(()),
        }
    }

    /// Removes copies of records that were asked for a while ago.
    ///
    /// # Errors
    /// The disk failed.
    pub async fn trim(&self) -> Result<(), ArchiveError> {
        let Some(archive) = &self.archive else {
            return Ok(());
        };
        let cache = archive.cache.clone();
        blocking(move || pack::remove_old(&cache).map_err(ArchiveError::Disk)).await
    }
}

impl Archive {
    fn place(&self, run_id: RunId) -> Location {
        let name = run_id.to_string();
        // Ids begin with the time: their ends spread over the store's partitions.
        let spread = &name[name.len() - 2..];
        self.base.join(spread).join(&format!("{name}.tar.gz"))
    }

    async fn put(&self, record: Record) -> Result<(), ArchiveError> {
        let place = self.place(record.run_id());
        if let Some(folder) = place.parent().as_ref().and_then(Location::is_local) {
            let folder = folder.to_owned();
            blocking(move || Ok(std::fs::create_dir_all(folder)?)).await?;
        }
        let bytes = blocking(move || Ok(pack::pack(&record)?)).await?;
        let write = WriteOptions::overwrite();
        self.storage
            .write(&place, Bytes::from(bytes), write)
            .await?;
        Ok(())
    }

    async fn find(&self, name: &str, sha256: &str) -> Result<Record, ArchiveError> {
        if let Ok(record) = find_in(&self.cache, name).await {
            return Ok(record);
        }
        let not_found = || RecordError::NotFound {
            wanted: name.to_owned(),
            store: PathBuf::from(self.base.to_string()),
        };
        let run_id = RunId::parse(name).map_err(|_| not_found())?;
        let bytes = match self.storage.read(&self.place(run_id)).await {
            Err(error) if error.is_not_found() => return Err(not_found().into()),
            bytes => bytes?,
        };
        let (cache, sha256) = (self.cache.clone(), sha256.to_owned());
        blocking(move || {
            let unpacked = pack::unpack(&bytes, run_id, &sha256, &cache);
            unpacked.map_err(ArchiveError::Damaged)?;
            Ok(cache.find(&run_id.to_string())?)
        })
        .await
    }

    async fn remove(&self, run_id: RunId) -> Result<(), ArchiveError> {
        match self.storage.delete(&self.place(run_id)).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

async fn find_in(store: &Store, name: &str) -> Result<Record, ArchiveError> {
    let (store, name) = (store.clone(), name.to_owned());
    blocking(move || Ok(store.find(&name)?)).await
}

/// Work on files, away from the threads that answer.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(std::io::Error::other)?
}
