//! A workspace under a prefix of an object store: a directory is a prefix, an empty one a marker.

mod tree;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use nbpress_storage::{
    Location, Meta, Storage, StorageErrorKind, Version, WriteMode, WriteOptions,
};

use crate::entry::{Condition, Entry, Kind, ListOptions, Page};
use crate::error::ContentsError;
use crate::listing;
use crate::mimetype;
use crate::path::ContentsPath;

type Result<T> = std::result::Result<T, ContentsError>;

/// The object that keeps an empty directory.
const MARKER: &str = ".nbpress-directory";
/// The most that stores list at once.
const PAGE: usize = 1000;

/// A prefix.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    storage: Arc<Storage>,
    root: Location,
}

impl Bucket {
    pub(crate) fn new(storage: Arc<Storage>, root: Location) -> Self {
        Self { storage, root }
    }

    /// None when nothing is there.
    pub(crate) async fn find(&self, path: &ContentsPath) -> Result<Option<Entry>> {
        if path.is_root() {
            return Ok(Some(directory(path.clone())));
        }
        let head = self.storage.head(&self.at(path)).await;
        if let Some(meta) = head.map_err(ContentsError::storage(path))? {
            return Ok(Some(file(path.clone(), &meta)));
        }
        let is_directory = self.has_something(path).await?;
        Ok(is_directory.then(|| directory(path.clone())))
    }

    pub(crate) async fn list(&self, path: &ContentsPath, options: ListOptions) -> Result<Page> {
        if options.order.is_none() && options.skip == 0 {
            return self.list_as_stored(path, options).await;
        }
        // A store sorts by nothing but its keys: the rest is done here, with all entries.
        let all = ListOptions {
            contains: options.contains.clone(),
            show_hidden: options.show_hidden,
            ..ListOptions::default()
        };
        let all = self.list_as_stored(path, all).await?.entries;
        let candidates = all.iter().map(|entry| listing::Candidate {
            name: entry.name.clone(),
            kind: entry.kind,
            value: options.order.and_then(|order| listing::value(entry, order)),
        });
        let cut = listing::cut(candidates.collect(), &options);
        let mut entries: HashMap<String, Entry> = all
            .into_iter()
            .map(|entry| (entry.name.clone(), entry))
            .collect();
        let page = cut.page.iter();
        Ok(Page {
            entries: page
                .filter_map(|found| entries.remove(&found.name))
                .collect(),
            next: cut.next,
            total: Some(cut.total),
        })
    }

    async fn list_as_stored(&self, path: &ContentsPath, options: ListOptions) -> Result<Page> {
        let limit = options.limit.max(1);
        let at = self.at(path);
        let mut page = Page {
            entries: Vec::new(),
            next: options.after.clone(),
            total: None,
        };
        loop {
            let wanted = limit.saturating_sub(page.entries.len()).min(PAGE);
            let listed = self.storage.list(&at, page.next.as_deref(), wanted);
            let listed = listed.await.map_err(ContentsError::storage(path))?;
            for found in listed.entries {
                if found.name == MARKER || !listing::has(&found.name, &options) {
                    continue;
                }
                if let Ok(path) = path.join(&found.name) {
                    page.entries.push(listed_entry(path, &found));
                }
            }
            page.next = listed.next;
            if page.next.is_none() || page.entries.len() >= limit {
                break;
            }
        }
        page.entries
            .sort_unstable_by(|one, other| one.name.cmp(&other.name));
        if page.entries.is_empty() && page.next.is_none() {
            self.require_directory(path).await?;
        }
        Ok(page)
    }

    pub(crate) async fn read(
        &self,
        path: &ContentsPath,
        range: Option<Range<u64>>,
    ) -> Result<(Entry, Bytes)> {
        let not_found = || ContentsError::NotFound { path: path.clone() };
        let entry = self
            .find(path)
            .await?
            .ok_or_else(not_found)?
            .require_file()?;
        let place = self.at(path);
        let bytes = match range {
            None => self.storage.read(&place).await,
            Some(range) => self.storage.read_range(&place, range).await,
        };
        Ok((entry, bytes.map_err(ContentsError::storage(path))?))
    }

    pub(crate) async fn publish(
        &self,
        path: &ContentsPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Entry> {
        let mode = match condition {
            Condition::Any => WriteMode::Overwrite,
            Condition::IfAbsent => WriteMode::IfAbsent,
            Condition::IfMatch(etag) => WriteMode::IfMatch(version_of(&etag)),
        };
        let must_match = matches!(mode, WriteMode::IfMatch(_));
        let options = WriteOptions {
            mode,
            content_type: mimetype::of(path.name()).map(str::to_owned),
        };
        let Err(error) = self.storage.write(&self.at(path), bytes, options).await else {
            let not_found = || ContentsError::NotFound { path: path.clone() };
            return self.find(path).await?.ok_or_else(not_found);
        };
        match error.kind() {
            StorageErrorKind::AlreadyExists { .. } | StorageErrorKind::VersionMismatch { .. } => {}
            // Where nothing is to match, some stores say that nothing is there.
            StorageErrorKind::FolderMissing { .. } if must_match => {}
            _ => return Err(ContentsError::storage(path)(error)),
        }
        let current = self.find(path).await?.map(Box::new);
        let path = path.clone();
        Err(ContentsError::Stale { path, current })
    }

    pub(crate) async fn require_directory(&self, path: &ContentsPath) -> Result<()> {
        if path.is_root() || self.has_something(path).await? {
            return Ok(());
        }
        let path = path.clone();
        Err(match self.find(&path).await? {
            None => ContentsError::NotFound { path },
            Some(entry) => ContentsError::WrongKind {
                path,
                expected: "directory",
                found: Some(entry.kind),
            },
        })
    }

    /// Whether anything is under the prefix, be it a marker.
    async fn has_something(&self, path: &ContentsPath) -> Result<bool> {
        let listed = self.storage.list(&self.at(path), None, 1).await;
        let listed = listed.map_err(ContentsError::storage(path))?;
        Ok(!listed.entries.is_empty() || listed.next.is_some())
    }

    fn at(&self, path: &ContentsPath) -> Location {
        self.root.join(path.as_str())
    }
}

fn directory(path: ContentsPath) -> Entry {
    Entry {
        name: path.name().to_owned(),
        path,
        kind: Kind::Directory,
        writable: true,
        created: Timestamp::UNIX_EPOCH,
        last_modified: Timestamp::UNIX_EPOCH,
        size: None,
        mimetype: None,
        etag: None,
    }
}

fn file(path: ContentsPath, meta: &Meta) -> Entry {
    let modified = meta.modified.and_then(|time| time.try_into().ok());
    let modified = modified.unwrap_or(Timestamp::UNIX_EPOCH);
    let kind = Kind::of_file(path.name());
    Entry {
        kind,
        created: modified,
        last_modified: modified,
        size: Some(meta.size),
        mimetype: mimetype::of(path.name()).filter(|_| kind == Kind::File),
        etag: Some(etag_of(&meta.version)),
        ..directory(path)
    }
}

fn listed_entry(path: ContentsPath, found: &nbpress_storage::Entry) -> Entry {
    if found.is_folder {
        return directory(path);
    }
    let meta = Meta {
        size: found.size,
        version: found.version.clone().unwrap_or(Version::from_text("")),
        modified: found.modified,
    };
    Entry {
        etag: found.version.as_ref().map(etag_of),
        ..file(path, &meta)
    }
}

/// Entity tags come with quotation marks, the numbers of Google's generations without.
fn etag_of(version: &Version) -> String {
    let text = version.as_str();
    match text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        Some(tag) => tag.to_owned(),
        None => format!("={text}"),
    }
}

fn version_of(etag: &str) -> Version {
    Version::from_text(match etag.strip_prefix('=') {
        Some(text) => text.to_owned(),
        None => format!("\"{etag}\""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_finds_its_version() {
        for (version, etag) in [("\"9a0b\"", "9a0b"), ("1700000000", "=1700000000")] {
            let version = Version::from_text(version);
            assert_eq!(etag_of(&version), etag);
            assert_eq!(version_of(etag), version);
        }
    }
}
