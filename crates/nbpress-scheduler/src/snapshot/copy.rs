//! Copying a snapshot from another store.

use std::future::Future;

use bytes::Bytes;
use futures_util::stream::{self, TryStreamExt as _};

use super::SnapshotStore;
use super::error::SnapshotError;
use super::manifest::{Manifest, SnapshotId};
use super::objects::{AT_A_TIME, blocking};
use crate::hash::sha256;

impl SnapshotStore {
    /// Copies what is not here yet of a snapshot. `get` fetches an object, which is checked, by its name.
    ///
    /// # Errors
    /// An object cannot be fetched or is not what its name says, or this store does not work. A snapshot is
    /// here whole or not at all.
    pub async fn copy<E, F>(&self, id: &SnapshotId, get: impl Fn(String) -> F) -> Result<(), E>
    where
        E: From<SnapshotError>,
        F: Future<Output = Result<Bytes, E>>,
    {
        let here = self.objects.get(id.as_str()).await.ok();
        let bytes = match &here {
            Some(bytes) => bytes.clone(),
            None => checked(id.as_str(), get(id.to_string()).await?).await?,
        };
        let manifest = Manifest::from_bytes(&bytes, id)?;
        let (get, objects) = (&get, &self.objects);
        let fetch = |name: String| async move {
            if objects.has(&name).await? {
                return Ok(());
            }
            let bytes = checked(&name, get(name.clone()).await?).await?;
            Ok(objects.put_all(vec![(name, bytes)]).await?)
        };
        let names: Vec<Result<String, E>> = manifest.objects().map(|n| Ok(n.to_owned())).collect();
        stream::iter(names)
            .try_for_each_concurrent(AT_A_TIME, fetch)
            .await?;
        if here.is_none() {
            self.objects.put_all(vec![(id.to_string(), bytes)]).await?;
        }
        Ok(())
    }
}

async fn checked(name: &str, bytes: Bytes) -> Result<Bytes, SnapshotError> {
    let name = name.to_owned();
    blocking(move || {
        if sha256(&bytes) == name {
            return Ok(bytes);
        }
        Err(SnapshotError::Damaged { sha256: name })
    })
    .await
}
