//! Finds out whether a store enforces conditional writes, by trying.
//!
//! Stores that speak S3's protocol differ: some ignore `If-None-Match` or `If-Match` and answer
//! success after overwriting; some refuse even a matching `If-Match`. A store that enforces the
//! condition for one writer at a time but not for racing ones is not found out.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions};

use super::{Bucket, Result, object_path, refused, update_version};
use crate::error::StorageErrorKind;
use crate::storage::{Support, Version, WriteMode};

const NAME: &str = ".nbpress-conditional-write-probe";

pub(super) fn is_probe(name: &str) -> bool {
    name.starts_with(NAME)
}

impl Bucket {
    /// Whether this bucket enforces `mode`, tried with a small object beside `key`. The answer is
    /// kept; a failed attempt is not.
    pub(super) async fn enforces(&self, key: &str, mode: &WriteMode) -> Result<Support> {
        let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
        match mode {
            WriteMode::Overwrite => Ok(Support::Enforced),
            WriteMode::IfAbsent => self
                .if_absent
                .get_or_try_init(|| self.try_if_absent(parent))
                .await
                .copied(),
            WriteMode::IfMatch(_) => self
                .if_match
                .get_or_try_init(|| self.try_if_match(parent))
                .await
                .copied(),
        }
    }

    /// The name is always the same: an object left by a killed process answers the question at
    /// the first attempt.
    async fn try_if_absent(&self, parent: &str) -> Result<Support> {
        let path = object_path(&format!("{parent}/{NAME}"))?;
        for _ in 0..2 {
            match self.put_probe(&path, PutMode::Create).await {
                Ok(_) => {}
                Err(StorageErrorKind::AlreadyExists { .. }) => {
                    return Ok(self.remove_probe(&path, Support::Enforced).await);
                }
                Err(kind) => return Err(refused(kind, WriteMode::IfAbsent, &self.name)),
            }
        }
        Ok(self.remove_probe(&path, Support::NotEnforced).await)
    }

    /// A wrong version must be refused, and the right one accepted.
    async fn try_if_match(&self, parent: &str) -> Result<Support> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        let name = format!("{NAME}-{}-{now}", std::process::id());
        let path = object_path(&format!("{parent}/{name}"))?;
        let first = self.put_probe(&path, PutMode::Overwrite).await;
        let first = first.map_err(|kind| refused(kind, WriteMode::Overwrite, &self.name))?;
        let second = self
            .put_probe(&path, PutMode::Update(update_version(&first)))
            .await;
        let stale = self
            .put_probe(&path, PutMode::Update(update_version(&stale(&first))))
            .await;
        let support = match (second, stale) {
            (Ok(_), Err(StorageErrorKind::AlreadyExists { .. })) => Support::Enforced,
            _ => Support::NotEnforced,
        };
        Ok(self.remove_probe(&path, support).await)
    }

    async fn put_probe(&self, path: &Path, mode: PutMode) -> Result<Version> {
        let options = PutOptions::from(mode);
        let bytes = Bytes::from_static(
            b"written by nbpress to see whether this store enforces conditional writes\n",
        );
        let done = self
            .limited(0, self.opened.client.put_opts(path, bytes.into(), options))
            .await?;
        Ok(self.version(done.e_tag, done.version))
    }

    /// A caller who may write but not delete leaves a small object behind.
    async fn remove_probe(&self, path: &Path, support: Support) -> Support {
        let _ = self.limited(0, self.opened.client.delete(path)).await;
        support
    }
}

/// A version of the same form that the object never had.
fn stale(version: &Version) -> Version {
    let turned = version.as_str().chars().map(|c| match c {
        '0'..='8' => char::from(c as u8 + 1),
        '9' => '1',
        'a'..='e' => char::from(c as u8 + 1),
        'f' => 'a',
        c => c,
    });
    Version::from_text(turned.collect::<String>())
}
