//! Where a workspace is: in a folder or in a bucket.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use nbpress_storage::{Location, Storage};

use crate::bucket::Bucket;
use crate::entry::{Condition, Entry, ListOptions, Page};
use crate::error::ContentsError;
use crate::folder::{Committed, Folder, Known, blocking};
use crate::history::{Guard, History};
use crate::path::ContentsPath;
use crate::staged::Staged;

type Result<T> = std::result::Result<T, ContentsError>;

/// One of the two places, with the same promises.
#[derive(Debug)]
pub(crate) enum Place {
    Folder(Folder),
    Bucket(Bucket),
}

/// Opens a workspace's place and its history, which must not be in it.
pub(crate) async fn open(
    storage: Arc<Storage>,
    root: &Location,
    history: &Location,
) -> Result<(Place, History)> {
    match (root.is_local(), history.is_local()) {
        (Some(root), Some(history)) => {
            let folder = Folder::open(root.to_owned()).await?;
            let history = real_path(history.to_owned()).await?;
            if history.starts_with(folder.root()) {
                return Err(inside());
            }
            let history = History::in_folder(storage, history).await?;
            Ok((Place::Folder(folder), history))
        }
        (Some(_), None) => Err(ContentsError::HistoryPlace {
            reason: "the workspace is a folder, whose files are locked by their history: that must be a folder too",
        }),
        (None, _) => {
            // Says what is wrong with it before anything is written.
            let reached = storage.list(root, None, 1).await;
            reached.map_err(ContentsError::Storage)?;
            let place = Place::Bucket(Bucket::new(Arc::clone(&storage), root.clone()));
            let history = match history.is_local() {
                Some(folder) => {
                    let folder = real_path(folder.to_owned()).await?;
                    History::in_folder(storage, folder).await?
                }
                None if prefix(history).starts_with(&prefix(root)) => return Err(inside()),
                None => History::in_bucket(storage, history.clone()),
            };
            Ok((place, history))
        }
    }
}

fn inside() -> ContentsError {
    ContentsError::HistoryPlace {
        reason: "it is inside the workspace",
    }
}

/// Bucket and key with one slash at the end, whatever the scheme is called.
fn prefix(location: &Location) -> String {
    let text = location.to_string();
    let (_, rest) = text.split_once("://").unwrap_or(("", &text));
    format!("{}/", rest.trim_end_matches('/'))
}

/// The path without links, also when its end does not exist yet.
async fn real_path(path: PathBuf) -> Result<PathBuf> {
    blocking(move || {
        let fails = |source| ContentsError::History {
            action: "find the folder of",
            source,
        };
        let path = std::path::absolute(path).map_err(fails)?;
        let existing = path.ancestors().find(|path| path.exists());
        let existing = existing.unwrap_or(Path::new("/"));
        let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
        Ok(existing.canonicalize().map_err(fails)?.join(rest))
    })
    .await
}

impl Place {
    /// None when nothing is there.
    pub(crate) async fn find(&self, path: &ContentsPath) -> Result<Option<Entry>> {
        match self {
            Self::Folder(folder) => folder.find(path).await,
            Self::Bucket(bucket) => bucket.find(path).await,
        }
    }

    /// Where the file that `path` means really is, through links; it need not exist.
    pub(crate) async fn real_path(&self, path: &ContentsPath) -> Result<ContentsPath> {
        match self {
            Self::Folder(folder) => folder.real_path(path).await,
            Self::Bucket(_) => Ok(path.clone()),
        }
    }

    /// As [`Place::real_path`], but what `path` itself names, be it a link.
    pub(crate) async fn real_name(&self, path: &ContentsPath) -> Result<ContentsPath> {
        match path.parent() {
            Some(parent) => Ok(self.real_path(&parent).await?.append(path.name())),
            None => Ok(path.clone()),
        }
    }

    pub(crate) async fn list(&self, path: &ContentsPath, options: ListOptions) -> Result<Page> {
        match self {
            Self::Folder(folder) => folder.list(path, options).await,
            Self::Bucket(bucket) => bucket.list(path, options).await,
        }
    }

    pub(crate) async fn read(
        &self,
        path: &ContentsPath,
        range: Option<Range<u64>>,
    ) -> Result<(Entry, Bytes)> {
        match self {
            Self::Folder(folder) => folder.read(path, range).await,
            Self::Bucket(bucket) => bucket.read(path, range).await,
        }
    }

    /// Prepares `bytes` to be the file at a real path, if the condition holds.
    pub(crate) async fn prepare(
        &self,
        path: &ContentsPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Prepared<'_>> {
        Ok(match self {
            Self::Folder(folder) => {
                let staged = folder.stage(path, bytes, condition).await?;
                Prepared::Folder(folder, staged)
            }
            Self::Bucket(bucket) => Prepared::Bucket(bucket, bytes),
        })
    }

    pub(crate) async fn make_directory(&self, path: &ContentsPath) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.make_directory(path).await,
            Self::Bucket(bucket) => bucket.make_directory(path).await,
        }
    }

    /// Nothing may be at `to`.
    pub(crate) async fn rename(
        &self,
        from: &ContentsPath,
        to: &ContentsPath,
        guard: &Guard,
    ) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.rename(from, to, guard.clone()).await,
            Self::Bucket(bucket) => bucket.rename(from, to).await,
        }
    }

    /// Nothing may be at `to`.
    pub(crate) async fn copy_directory(
        &self,
        from: &ContentsPath,
        to: &ContentsPath,
    ) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.copy_directory(from, to).await,
            Self::Bucket(bucket) => bucket.copy_directory(from, to).await,
        }
    }

    pub(crate) async fn delete(&self, path: &ContentsPath, recursive: bool) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.delete(path, recursive).await,
            Self::Bucket(bucket) => bucket.delete(path, recursive).await,
        }
    }
}

/// Bytes that are about to be a file.
#[derive(Debug)]
pub(crate) enum Prepared<'a> {
    Folder(&'a Folder, Staged),
    Bucket(&'a Bucket, Bytes),
}

impl Prepared<'_> {
    /// Makes them the file, at once; [`ContentsError::Stale`] when the condition does not hold.
    pub(crate) async fn appear(
        self,
        path: &ContentsPath,
        condition: Condition,
        known: Known,
        guard: &Guard,
    ) -> Result<Committed> {
        match self {
            Self::Folder(folder, staged) => {
                let when = (condition, known);
                folder.commit(staged, path, when, guard.clone()).await
            }
            Self::Bucket(bucket, bytes) => {
                let published = bucket.publish(path, bytes, condition).await;
                published.map(Committed::of)
            }
        }
    }
}
