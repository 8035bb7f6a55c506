//! The bytes of versions, each once, by their hash.

use std::fs::File;
use std::io;
use std::path::Path;

use bytes::Bytes;
use nbpress_storage::{StorageErrorKind, WriteOptions};
use sha2::{Digest as _, Sha256};

use super::{History, Result, failed, make_folder_now};
use crate::error::ContentsError;
use crate::folder::blocking;
use crate::staged::{Spot, Staged};

impl History {
    /// Keeps bytes, durably, and returns their hash. Writes nothing when they are kept already.
    pub(crate) async fn put(&self, bytes: &Bytes) -> Result<String> {
        if let Some(folder) = self.folder.clone() {
            let bytes = bytes.clone();
            return blocking(move || put_in_folder(&folder, &bytes).map_err(failed("write"))).await;
        }
        let hash = sha256(bytes).await?;
        let place = self.root.join(&name(&hash));
        let options = WriteOptions::if_absent();
        match self.storage.write(&place, bytes.clone(), options).await {
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
        let read = self.storage.read(&self.root.join(&name(hash))).await;
        let bytes = match read {
            Err(error) if error.is_not_found() => return Err(damaged()),
            read => read.map_err(ContentsError::Storage)?,
        };
        if sha256(&bytes).await? != hash {
            return Err(damaged());
        }
        Ok(bytes)
    }
}

fn put_in_folder(folder: &Path, bytes: &Bytes) -> io::Result<String> {
    let hash = hex::encode(Sha256::digest(bytes));
    let path = folder.join(name(&hash));
    if path.exists() {
        return Ok(hash);
    }
    let parent = path.parent().unwrap_or(folder);
    make_folder_now(parent)?;
    let spot = Spot {
        directory: File::open(parent)?.into(),
        name: hash.clone(),
    };
    match Staged::fill(spot, bytes, None)?.appear(false) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(hash),
    }
}

fn name(hash: &str) -> String {
    format!("blobs/{}/{hash}", hash.get(..2).unwrap_or_default())
}

/// SHA-256 in hexadecimal digits.
async fn sha256(bytes: &Bytes) -> Result<String> {
    let bytes = bytes.clone();
    blocking(move || Ok(hex::encode(Sha256::digest(&bytes)))).await
}
