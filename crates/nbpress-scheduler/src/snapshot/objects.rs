//! Objects: bytes under the name of their SHA-256, in a folder or an object store.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use nbpress_storage::{Entry, Location, Storage, StorageError, StorageErrorKind, WriteOptions};

use super::error::SnapshotError;
use super::manifest::SnapshotId;
use crate::hash::sha256;

/// How many objects are moved at a time: a store far away answers in some 50 ms.
pub(super) const AT_A_TIME: usize = 8;

/// The objects at one base.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    storage: Arc<Storage>,
    folder: Location,
}

impl Objects {
    pub(super) fn new(storage: Arc<Storage>, base: &Location) -> Self {
        Self {
            storage,
            folder: base.join("objects"),
        }
    }

    /// At most `most` bytes of what is at a location.
    pub(super) async fn read(&self, from: &Location, most: u64) -> Result<Bytes, SnapshotError> {
        Ok(self.storage.read_range(from, 0..most).await?)
    }

    /// Whether there is such an object, without a look at its bytes.
    pub(super) async fn has(&self, name: &str) -> Result<bool, SnapshotError> {
        Ok(self.storage.head(&self.place(name)).await?.is_some())
    }

    /// The bytes of an object.
    pub(super) async fn get(&self, name: &str) -> Result<Bytes, SnapshotError> {
        // The name becomes part of a path.
        SnapshotId::parse(name)?;
        let name = name.to_owned();
        let bytes = match self.storage.read(&self.place(&name)).await {
            Err(error) if error.is_not_found() => {
                return Err(SnapshotError::Missing { sha256: name });
            }
            bytes => bytes?,
        };
        blocking(move || {
            if sha256(&bytes) == name {
                Ok(bytes)
            } else {
                Err(SnapshotError::Damaged { sha256: name })
            }
        })
        .await
    }

    /// Keeps several objects. When this returns they are durable, and a folder's names are, too,
    /// even those another writer has put there a moment ago.
    pub(super) async fn put_all(&self, objects: Vec<(String, Bytes)>) -> Result<(), SnapshotError> {
        let folders: BTreeSet<PathBuf> = objects
            .iter()
            .filter_map(|(name, _)| self.local_folder(name))
            .collect();
        let put = |(name, bytes): (String, Bytes)| async move { self.put(&name, bytes).await };
        stream::iter(objects.into_iter().map(Ok))
            .try_for_each_concurrent(AT_A_TIME, put)
            .await?;
        blocking(move || folders.iter().try_for_each(|folder| sync(folder))).await
    }

    /// Keeps an object. The name decides about the bytes, so whoever else writes it writes the
    /// same, and no condition is needed that some stores would not honour.
    pub(super) async fn put(&self, name: &str, bytes: Bytes) -> Result<(), SnapshotError> {
        let place = self.place(name);
        let there = self.storage.head(&place).await?;
        if there.is_some_and(|meta| meta.size == bytes.len() as u64) {
            return Ok(());
        }
        if let Some(folder) = self.local_folder(name) {
            blocking(move || make_folder(&folder)).await?;
        }
        self.storage
            .write(&place, bytes, WriteOptions::overwrite())
            .await?;
        Ok(())
    }

    /// Every object there is.
    pub(super) async fn list(&self) -> Result<Vec<Entry>, SnapshotError> {
        let folders = self.entries(&self.folder).await?;
        let folders = folders.into_iter().filter(|entry| entry.is_folder);
        let inside = folders.map(|folder| self.folder.join(&folder.name));
        let objects: Vec<Vec<Entry>> = stream::iter(inside)
            .map(|folder| async move { self.entries(&folder).await })
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        Ok(objects.into_iter().flatten().collect())
    }

    async fn entries(&self, folder: &Location) -> Result<Vec<Entry>, SnapshotError> {
        const PAGE: usize = 1000;
        let mut entries = Vec::new();
        let mut after = None;
        loop {
            let page = match self.storage.list(folder, after.as_deref(), PAGE).await {
                Err(error) if is_absent(&error) => return Ok(entries),
                page => page?,
            };
            entries.extend(page.entries);
            after = page.next;
            if after.is_none() {
                return Ok(entries);
            }
        }
    }

    fn place(&self, name: &str) -> Location {
        let digits = name.get(..2).unwrap_or_default();
        self.folder.join(digits).join(name)
    }

    /// The folder an object is in, where that is one of this machine.
    fn local_folder(&self, name: &str) -> Option<PathBuf> {
        let place = self.place(name);
        place.is_local()?.parent().map(Path::to_owned)
    }
}

fn is_absent(error: &StorageError) -> bool {
    matches!(error.kind(), StorageErrorKind::NotFound { .. })
}

/// Makes a folder and those above it, durably.
fn make_folder(folder: &Path) -> Result<(), SnapshotError> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folder(above)?;
        // Somebody else may have made it meanwhile.
        match fs::create_dir(folder) {
            Err(_) if folder.is_dir() => {}
            made => made.map_err(SnapshotError::disk("create", folder))?,
        }
        sync(above)?;
    }
    Ok(())
}

/// Makes the names in a folder, and its own, durable.
fn sync(folder: &Path) -> Result<(), SnapshotError> {
    let here = Path::new(".");
    for folder in [Some(folder), folder.parent()].into_iter().flatten() {
        let folder = if folder.as_os_str().is_empty() {
            here
        } else {
            folder
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(SnapshotError::disk("sync", folder))?;
    }
    Ok(())
}

/// Does work that may block or take long where it holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SnapshotError> + Send + 'static,
) -> Result<T, SnapshotError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|source| Err(SnapshotError::CutOff { source }))
}
