//! Makes new bytes a file at once: a reader finds the bytes before or all of these, and they are on
//! disk.

use std::fs::File;
use std::io::{self, Read as _};
use std::time::Duration;

use bytes::Bytes;
use rustix::fs::{Access, AtFlags, Mode, OFlags, Statx};
use rustix::io::Errno;

use super::{Folder, Result, entry, entry_of, etag, stat};
use crate::entry::{Condition, Entry};
use crate::error::ContentsError;
use crate::path::ContentsPath;
use crate::staged::{Spot, Staged};

/// How long another program is waited for that is about to write the file, at most; then it is read as it is.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a file is left alone that has just changed.
const STEP: Duration = Duration::from_millis(20);

/// Which file a save takes the place of.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// Whatever it is, nobody needs it.
    Whatever,
    /// The history has the file with this tag; empty where nothing was there.
    Tag(String),
}

/// A file that took its place.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) entry: Entry,
    /// What another program wrote there at the last moment: its tag and its bytes.
    pub(crate) replaced: Option<(String, Bytes)>,
}

impl Committed {
    pub(crate) fn of(entry: Entry) -> Self {
        Self {
            entry,
            replaced: None,
        }
    }
}

/// A file that somebody may be writing still: once it stays as it is.
fn read_settled(spot: &Spot, name: &str) -> io::Result<Option<(String, Bytes)>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(
        &spot.directory,
        name,
        flags,
        Mode::empty(),
    )?);
    let tag = |file: &File| Ok::<_, io::Error>(etag(&stat(file, "", AtFlags::EMPTY_PATH)?));
    let mut waited = Duration::ZERO;
    let mut last = tag(&file)?;
    while waited < PATIENCE {
        std::thread::sleep(STEP);
        waited += STEP;
        let now = tag(&file)?;
        if now == last {
            break;
        }
        last = now;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some((last, bytes.into())))
}

impl Folder {
    pub(super) fn stage_now(
        &self,
        path: &ContentsPath,
        bytes: &[u8],
        condition: &Condition,
    ) -> Result<Staged> {
        let spot = self.spot(path)?;
        let before = self.check(&spot, path, condition)?;
        Staged::fill(spot, bytes, before.as_ref()).map_err(ContentsError::io("write", path))
    }

    /// Makes it the file. Whatever other file it took the place of than the one that is `known` comes with it.
    pub(super) fn commit_now(
        &self,
        mut staged: Staged,
        path: &ContentsPath,
        condition: &Condition,
        known: &Known,
    ) -> Result<Committed> {
        // Writing took its time.
        self.check(staged.spot(), path, condition)?;
        if *condition == Condition::IfAbsent {
            staged.appear(false).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => self.stale(path),
                _ => ContentsError::io("write", path)(error),
            })?;
            return Ok(Committed::of(entry_of(staged.file(), path)?));
        }
        let fails = ContentsError::io("write", path);
        let old = staged.exchange().map_err(&fails)?;
        let mut committed = Committed::of(entry_of(staged.file(), path)?);
        let Some(old) = old else {
            return Ok(committed);
        };
        let found = stat(&staged.spot().directory, &old, AtFlags::SYMLINK_NOFOLLOW);
        let tag = found.as_ref().map(etag).unwrap_or_default();
        if let Known::Tag(known) = known
            && *known != tag
        {
            if matches!(condition, Condition::IfMatch(_)) {
                staged.give_way(&old).map_err(&fails)?;
                return Err(self.stale(path));
            }
            committed.replaced = read_settled(staged.spot(), &old).map_err(&fails)?;
        }
        staged.spot().unlink(&old);
        Ok(committed)
    }

    /// What is at the spot, if the condition allows to replace it. A link is no file: what it leads
    /// to has another path.
    fn check(
        &self,
        spot: &Spot,
        path: &ContentsPath,
        condition: &Condition,
    ) -> Result<Option<Statx>> {
        let (directory, name) = (&spot.directory, &spot.name);
        let found = match stat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Some(found),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(ContentsError::io("inspect", path)(error.into())),
        };
        let holds = match (condition, &found) {
            (Condition::Any, _) | (Condition::IfAbsent, None) => true,
            (Condition::IfMatch(expected), Some(found)) => etag(found) == *expected,
            _ => false,
        };
        if !holds {
            return Err(self.stale(path));
        }
        if let Some(found) = &found {
            entry(path.clone(), found, true)?.require_file()?;
            rustix::fs::accessat(directory, name, Access::WRITE_OK, AtFlags::empty())
                .map_err(|error| ContentsError::io("write", path)(error.into()))?;
        }
        Ok(found)
    }

    fn stale(&self, path: &ContentsPath) -> ContentsError {
        ContentsError::Stale {
            path: path.clone(),
            current: self.look(path).ok().map(Box::new),
        }
    }
}
