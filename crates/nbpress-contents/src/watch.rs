//! What happens in a directory, whoever does it.
//!
//! A directory is looked at again when the system says that something happened there, and from time to time where
//! no system can: on a network file system and in a bucket. What is told is the difference between two looks, so
//! that a file which is written in many steps has changed once, and nothing is told twice.

mod notice;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until};

use crate::entry::{Entry, Kind, ListOptions};
use crate::error::ContentsError;
use crate::path::ContentsPath;
use crate::workspace::Workspace;

pub(crate) use notice::Notice;

type Result<T> = std::result::Result<T, ContentsError>;

/// How often a directory is looked at that says nothing by itself.
const ASKED: Duration = Duration::from_secs(5);
/// How often one that does: the system may have had no room for what it had to say.
const NOTICED: Duration = Duration::from_mins(1);
/// How long is waited for what belongs together: a branch is checked out file by file.
const SETTLE: Duration = Duration::from_millis(25);
/// Looking takes at most this share of the time, one part in as many, however large the directory is.
const SHARE: u32 = 10;

/// Something that happened to a file or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is, or was.
    pub path: ContentsPath,
    /// What.
    pub happened: Happened,
    /// Names what the file is now; none for directories, for what is gone, and for what has changed again.
    pub etag: Option<String>,
}

/// What happened to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It is there, and was not.
    Created,
    /// It has other bytes.
    Changed,
    /// It is gone.
    Deleted,
    /// It had another name in the same directory.
    Renamed {
        /// That name's path.
        from: ContentsPath,
    },
}

impl Happened {
    /// One word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Renamed { .. } => "renamed",
        }
    }
}

/// A directory that is watched. Watches nothing any more when it is dropped.
#[derive(Debug)]
pub struct Watch {
    workspace: Workspace,
    directory: ContentsPath,
    seen: Seen,
    notice: Option<Notice>,
    every: Duration,
    /// Not before this is it looked at again.
    rest: Instant,
    /// Whether something happened that was not looked at.
    is_due: bool,
}

/// What is in a directory, by name.
type Seen = BTreeMap<String, Found>;

/// By what a file is told from what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    kind: Kind,
    etag: Option<String>,
    size: Option<u64>,
    modified: Option<Timestamp>,
}

impl Workspace {
    /// Watches what is directly in a directory, from now on. Names that a listing does not show are not watched.
    ///
    /// # Errors
    /// As [`Workspace::list`].
    pub async fn watch(&self, directory: &ContentsPath) -> Result<Watch> {
        // First, so that what happens during the first look is noticed.
        let notice = self.notice(directory).await?;
        Ok(Watch {
            workspace: self.clone(),
            directory: directory.clone(),
            seen: look(self, directory).await?,
            every: if notice.is_some() { NOTICED } else { ASKED },
            notice,
            rest: Instant::now(),
            is_due: false,
        })
    }
}

impl Watch {
    /// Looks at the directory that often, also when nobody says that something happened.
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// Waits until something has happened: one change or more, sorted by path. Safe to cancel: what is not returned
    /// is found the next time.
    ///
    /// # Errors
    /// [`ContentsError::NotFound`] when the directory is gone. Where a store or a disk fails, the next call may
    /// succeed.
    pub async fn next(&mut self) -> Result<Vec<Change>> {
        loop {
            self.wait().await;
            let began = Instant::now();
            let now = look(&self.workspace, &self.directory).await;
            self.rest = Instant::now() + began.elapsed() * SHARE;
            let now = now?;
            let mut changes = difference(&self.seen, &now, &self.directory);
            for change in &mut changes {
                if change.etag.is_none() && change.happened != Happened::Deleted {
                    // The listing of some stores names no bytes.
                    let entry = self.workspace.entry(&change.path).await;
                    change.etag = entry.ok().and_then(|entry| entry.etag);
                }
            }
            self.seen = now;
            self.is_due = false;
            if !changes.is_empty() {
                return Ok(changes);
            }
        }
    }

    async fn wait(&mut self) {
        sleep_until(self.rest).await;
        if self.is_due {
            return;
        }
        match &self.notice {
            None => sleep(self.every).await,
            Some(notice) => {
                tokio::select! {
                    () = notice.given() => {}
                    () = sleep(self.every) => {}
                }
                self.is_due = true;
                sleep(SETTLE).await;
                notice.take();
            }
        }
        self.is_due = true;
    }
}

async fn look(workspace: &Workspace, directory: &ContentsPath) -> Result<Seen> {
    let page = workspace.list(directory, ListOptions::default()).await?;
    let entries = page.entries.into_iter();
    Ok(entries
        .map(|entry| (entry.name.clone(), Found::of(entry)))
        .collect())
}

impl Found {
    fn of(entry: Entry) -> Self {
        Self {
            // A directory changes whenever something in it does.
            modified: (entry.kind != Kind::Directory).then_some(entry.last_modified),
            kind: entry.kind,
            etag: entry.etag,
            size: entry.size,
        }
    }
}

fn difference(before: &Seen, now: &Seen, directory: &ContentsPath) -> Vec<Change> {
    let mut gone: BTreeMap<&String, &Found> = before
        .iter()
        .filter(|(name, _)| !now.contains_key(*name))
        .collect();
    let mut changes = Vec::new();
    for (name, found) in now {
        let happened = match before.get(name) {
            Some(before) if before == found => continue,
            Some(_) => Happened::Changed,
            None => match old_name(&mut gone, found) {
                Some(old) => Happened::Renamed {
                    from: directory.append(&old),
                },
                None => Happened::Created,
            },
        };
        changes.push(Change {
            path: directory.append(name),
            happened,
            etag: found.etag.clone(),
        });
    }
    changes.extend(gone.into_keys().map(|name| Change {
        path: directory.append(name),
        happened: Happened::Deleted,
        etag: None,
    }));
    changes.sort_by(|one, other| one.path.as_str().cmp(other.path.as_str()));
    changes
}

/// The name that a file had until now: its etag has its number on the disk in it, or is of its bytes in a bucket,
/// where another name is another object.
fn old_name(gone: &mut BTreeMap<&String, &Found>, found: &Found) -> Option<String> {
    found.etag.as_ref()?;
    let old = gone.iter().find(|(_, before)| before.etag == found.etag);
    let name = (*old?.0).clone();
    gone.remove(&name);
    Some(name)
}
