//! An archive: each record that is over as one object of a folder or an object store.
//!
//! The object is written at once or not at all, and its bytes follow from the record: who is cut off writes it
//! again. `tar xzf` reads it without nbpress.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use nbpress_record::{Record, RecordError, RunId, Store};
use nbpress_storage::{Location, Storage, WriteOptions};

use super::{RecordsError, blocking, pack};

/// The archive at one base.
#[derive(Clone, Debug)]
pub(super) struct Archive {
    storage: Arc<Storage>,
    base: Location,
}

impl Archive {
    pub(super) fn new(storage: Arc<Storage>, base: Location) -> Self {
        Self { storage, base }
    }

    fn place(&self, run_id: RunId) -> Location {
        let name = run_id.to_string();
        // Ids begin with the time: their ends spread over the store's partitions.
        let spread = &name[name.len() - 2..];
        self.base.join(spread).join(&format!("{name}.tar.gz"))
    }

    pub(super) async fn put(&self, record: Record) -> Result<(), RecordsError> {
        let place = self.place(record.run_id());
        if let Some(folder) = place.parent().as_ref().and_then(Location::is_local) {
            let folder = folder.to_owned();
            blocking(move || std::fs::create_dir_all(folder)).await?;
        }
        let bytes = blocking(move || Ok::<_, RecordsError>(pack::pack(&record)?)).await?;
        let (bytes, write) = (Bytes::from(bytes), WriteOptions::overwrite());
        self.storage.write(&place, bytes, write).await?;
        Ok(())
    }

    /// Copies a record into a store, checked.
    pub(super) async fn fetch(
        &self,
        name: &str,
        sha256: &str,
        into: &Store,
    ) -> Result<Record, RecordsError> {
        let not_found = || RecordError::NotFound {
            wanted: name.to_owned(),
            store: PathBuf::from(self.base.to_string()),
        };
        let run_id = RunId::parse(name).map_err(|_| not_found())?;
        let bytes = match self.storage.read(&self.place(run_id)).await {
            Err(error) if error.is_not_found() => return Err(not_found().into()),
            bytes => bytes?,
        };
        let (into, sha256) = (into.clone(), sha256.to_owned());
        blocking(move || {
            let unpacked = pack::unpack(&bytes, run_id, &sha256, &into);
            unpacked.map_err(RecordsError::Damaged)?;
            Ok(into.find(&run_id.to_string())?)
        })
        .await
    }

    pub(super) async fn remove(&self, run_id: RunId) -> Result<(), RecordsError> {
        match self.storage.delete(&self.place(run_id)).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }
}
