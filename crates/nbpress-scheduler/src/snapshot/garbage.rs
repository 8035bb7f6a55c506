//! Which objects no snapshot needs any more.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::SnapshotStore;
use super::error::SnapshotError;
use super::manifest::SnapshotId;
use crate::hash::is_sha256;

/// An object that no snapshot which is kept refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Its name.
    pub sha256: String,
    /// How many there are.
    pub bytes: u64,
    /// When it was written, where the store tells.
    pub modified: Option<SystemTime>,
}

impl SnapshotStore {
    /// The objects that none of the snapshots to `keep` needs, sorted by name. Deletes nothing.
    ///
    /// A snapshot that is being published refers to objects it has just found there, and is in no
    /// list yet: whoever deletes must keep publishers out meanwhile.
    ///
    /// # Errors
    /// A snapshot to keep cannot be read: then nobody knows what it needs.
    pub async fn garbage(
        &self,
        keep: &BTreeSet<SnapshotId>,
    ) -> Result<Vec<Unreachable>, SnapshotError> {
        let mut needed = BTreeSet::new();
        for id in keep {
            let manifest = self.manifest(id).await?;
            needed.extend(manifest.objects().map(str::to_owned));
            needed.insert(id.to_string());
        }
        let objects = self.objects.list().await?.into_iter();
        let mut unreachable: Vec<Unreachable> = objects
            .filter(|object| is_sha256(&object.name) && !needed.contains(&object.name))
            .map(|object| Unreachable {
                sha256: object.name,
                bytes: object.size,
                modified: object.modified,
            })
            .collect();
        unreachable.sort_unstable_by(|one, other| one.sha256.cmp(&other.sha256));
        Ok(unreachable)
    }
}
