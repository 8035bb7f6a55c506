//! The versions of a file through all the names it had.

use std::collections::HashMap;

use jiff::Timestamp;

use super::record::{Kept, Record};
use super::{History, Result};
use crate::entry::Version;
use crate::path::ContentsPath;

/// How a file came to a path, or that another one left it: what is older is not at this path.
struct Begin {
    at: Timestamp,
    /// Where its older versions are; none when another file had the path before.
    from: Option<ContentsPath>,
}

impl History {
    /// The versions of a file, newest first. Of saves in a row that changed nothing, the first.
    pub(crate) async fn versions(&self, path: &ContentsPath) -> Result<Vec<Version>> {
        let mut names = HashMap::new();
        let mut versions: Vec<Version> = Vec::new();
        for record in self.trace(path).await? {
            match record {
                Record::Kept(kept) => {
                    if versions.last().is_none_or(|last| last.hash != kept.hash) {
                        versions.push(kept.version());
                    }
                }
                Record::Named { id, name, .. } => {
                    names.insert(id, name);
                }
                Record::CameFrom { .. } | Record::WentTo { .. } => {}
            }
        }
        for version in &mut versions {
            let name = names.remove(&version.id);
            version.name = name.filter(|name| !name.is_empty());
        }
        versions.reverse();
        Ok(versions)
    }

    /// The version that the file with this tag had.
    pub(crate) async fn kept_with_tag(
        &self,
        path: &ContentsPath,
        etag: &str,
    ) -> Result<Option<Kept>> {
        let records = self.trace(path).await?.into_iter().rev();
        let mut kept = records.filter_map(|record| match record {
            Record::Kept(kept) => Some(kept),
            _ => None,
        });
        Ok(kept.find(|kept| kept.etag == etag))
    }

    /// What happened to the file at `path`, from its first name on. A file's log goes on in that of
    /// the path it came from, and it came from elsewhere also when a directory above it did.
    async fn trace(&self, path: &ContentsPath) -> Result<Vec<Record>> {
        let mut path = path.clone();
        let mut until = None;
        let mut parts = Vec::new();
        loop {
            let is_before = |record: &Record| until.is_none_or(|until| record.at() < until);
            let mut records = self.records(&path).await?;
            records.retain(is_before);
            let mut begin = begin_of(&records, &path, &path);
            for directory in std::iter::successors(path.parent(), ContentsPath::parent) {
                let mut above = self.records(&directory).await?;
                above.retain(is_before);
                let other = begin_of(&above, &directory, &path);
                begin = latest(begin, other);
            }
            let Some(begin) = begin else {
                parts.push(records);
                break;
            };
            records.retain(|record| record.at() > begin.at);
            parts.push(records);
            let Some(from) = begin.from else { break };
            path = from;
            until = Some(begin.at);
        }
        Ok(parts.into_iter().rev().flatten().collect())
    }
}

/// When the log of `directory`, which is `path` or above it, says that things came or went.
fn begin_of(records: &[Record], directory: &ContentsPath, path: &ContentsPath) -> Option<Begin> {
    records.iter().rev().find_map(|record| match record {
        Record::WentTo { at, .. } => Some(Begin {
            at: *at,
            from: None,
        }),
        Record::CameFrom { at, path: old } => {
            let rest = path.beneath(directory).unwrap_or_default();
            let old = ContentsPath::parse(old).ok()?;
            Some(Begin {
                at: *at,
                from: Some(old.append(rest)),
            })
        }
        _ => None,
    })
}

fn latest(one: Option<Begin>, other: Option<Begin>) -> Option<Begin> {
    match (one, other) {
        (Some(one), Some(other)) if other.at > one.at => Some(other),
        (None, other) => other,
        (one, _) => one,
    }
}
