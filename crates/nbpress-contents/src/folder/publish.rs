//! Makes new bytes a file at once: a reader finds the bytes before or all of these, and they are on
//! disk.

use std::io;

use rustix::fs::{Access, AtFlags, Statx};
use rustix::io::Errno;

use super::{Folder, Result, entry, entry_of, etag, stat};
use crate::entry::{Condition, Entry};
use crate::error::ContentsError;
use crate::path::ContentsPath;
use crate::staged::{Spot, Staged};

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

    pub(super) fn commit_now(
        &self,
        mut staged: Staged,
        path: &ContentsPath,
        condition: &Condition,
    ) -> Result<Entry> {
        // Writing took its time. What is left cannot be told apart from a change right after.
        self.check(staged.spot(), path, condition)?;
        let replaces = *condition != Condition::IfAbsent;
        staged
            .appear(replaces)
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => self.stale(path),
                _ => ContentsError::io("write", path)(error),
            })?;
        entry_of(staged.file(), path)
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
