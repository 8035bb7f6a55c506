//! Records: those of this machine's runs, those that workers far away sent, and an archive of all.
//!
//! ```text
//! <home>/runs/<record>/                        what runners of this machine write
//! <home>/elsewhere/runs/<record>/              what was sent by workers, or fetched from the archive
//! <archive>/<last 2 letters>/<record>.tar.gz   what is over, where every server finds it
//! ```
//!
//! A record is where it is to stay before its row says how the attempt ended, so a row never names a record
//! that only a lost disk had.

mod archive;
mod pack;
mod replica;

use std::sync::Arc;

use nbpress_record::{Record, RecordError, RunId, Store};
use nbpress_storage::{Location, Storage, StorageError};

use crate::report::record_hash;
use archive::Archive;
pub use pack::PackError;
pub use replica::ReplicaError;

/// Where in the folder of a store the records are that others sent.
pub const ELSEWHERE: &str = "elsewhere";

/// Why a record cannot be kept or brought back.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
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

impl RecordsError {
    /// Whether there simply is no such record.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_not_found(),
            Self::Record(error) => matches!(error, RecordError::NotFound { .. }),
            _ => false,
        }
    }
}

/// All records that a server can show.
#[derive(Clone, Debug)]
pub struct Records {
    here: Store,
    elsewhere: Store,
    archive: Option<Archive>,
}

impl Records {
    /// Those of this machine, and those that are sent to it.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn open(here: Store) -> Result<Self, RecordError> {
        let elsewhere = Store::open(&here.root().join(ELSEWHERE))?;
        Ok(Self {
            here,
            elsewhere,
            archive: None,
        })
    }

    /// With an archive: every record that is over is kept there too, and what was sent or fetched is only a
    /// copy, which is removed after a day.
    #[must_use]
    pub fn with_archive(mut self, storage: Arc<Storage>, base: Location) -> Self {
        self.archive = Some(Archive::new(storage, base));
        self
    }

    /// Where this machine's runs write.
    pub fn here(&self) -> &Store {
        &self.here
    }

    /// A record by its name. `sha256` is what its row says about it; absent while the run is on.
    ///
    /// # Errors
    /// It is nowhere, it is damaged, or a disk or store failed.
    pub async fn find(&self, name: &str, sha256: Option<&str>) -> Result<Record, RecordsError> {
        match find_in(&self.here, name).await {
            Err(error) if error.is_not_found() => {}
            found => return found,
        }
        let (Some(archive), Some(sha256)) = (&self.archive, sha256) else {
            return find_in(&self.elsewhere, name).await;
        };
        // A worker may have sent the rest of it to another server.
        if let Ok(record) = find_in(&self.elsewhere, name).await
            && record_hash(&record).is_ok_and(|found| found == sha256)
        {
            return Ok(record);
        }
        archive.fetch(name, sha256, &self.elsewhere).await
    }

    /// Keeps a record that is over. Without an archive it is where it is.
    ///
    /// # Errors
    /// It cannot be read, or the archive is away.
    pub async fn keep(&self, name: &str) -> Result<(), RecordsError> {
        let Some(archive) = &self.archive else {
            return Ok(());
        };
        let record = match find_in(&self.here, name).await {
            Err(error) if error.is_not_found() => find_in(&self.elsewhere, name).await?,
            found => found?,
        };
        archive.put(record).await
    }

    /// Forgets a record everywhere. One that is not there was what is wanted.
    ///
    /// # Errors
    /// A disk or store failed.
    pub async fn remove(&self, name: &str) -> Result<(), RecordsError> {
        let Ok(run_id) = RunId::parse(name) else {
            return Ok(());
        };
        for store in [self.here.clone(), self.elsewhere.clone()] {
            let remove = move || match store.remove(run_id) {
                Err(RecordError::NotFound { .. }) => Ok(()),
                removed => Ok::<_, RecordsError>(removed?),
            };
            blocking(remove).await?;
        }
        match &self.archive {
            Some(archive) => archive.remove(run_id).await,
            None => Ok(()),
        }
    }

    /// Removes copies that nobody has asked for since yesterday, where there is an archive.
    ///
    /// # Errors
    /// The disk failed.
    pub async fn trim(&self) -> Result<(), RecordsError> {
        if self.archive.is_none() {
            return Ok(());
        }
        let copies = self.elsewhere.clone();
        blocking(move || Ok(pack::remove_old(&copies)?)).await
    }
}

async fn find_in(store: &Store, name: &str) -> Result<Record, RecordsError> {
    let (store, name) = (store.clone(), name.to_owned());
    blocking(move || Ok(store.find(&name)?)).await
}

/// Work on files, away from the threads that answer.
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<std::io::Error> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(std::io::Error::other)?
}
