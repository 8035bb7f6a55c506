//! Makes new bytes a file at once: a reader finds the bytes before or all of these, and they are on
//! disk.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use rustix::fs::{Access, AtFlags, Mode, OFlags, RenameFlags, Statx};
use rustix::io::Errno;
use uuid::Uuid;

use super::beneath::Spot;
use super::{Folder, Result, entry, entry_of, etag, shown_at, stat, sync_directory};
use crate::entry::{Condition, Entry};
use crate::error::ContentsError;
use crate::path::ContentsPath;

/// In the name of a file that is not yet what it will be.
const SCRATCH: &str = ".nbpress-save-";

/// Whether a file of this name is one that is being written.
pub(super) fn is_scratch(name: &str) -> bool {
    name.starts_with(SCRATCH)
}

impl Folder {
    pub(super) fn publish_now(
        &self,
        path: &ContentsPath,
        bytes: &[u8],
        condition: &Condition,
    ) -> Result<Entry> {
        let fails = ContentsError::io("write", path);
        let spot = self.spot(path)?;
        let before = self.check(&spot, path, condition)?;
        let staged = Staged::fill(&spot, bytes, before.as_ref()).map_err(&fails)?;
        // Writing took its time. What is left cannot be told apart from a change right after.
        self.check(&spot, path, condition)?;
        let replaces = *condition != Condition::IfAbsent;
        staged
            .appear(&spot, replaces)
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => ContentsError::Exists { path: path.clone() },
                _ => fails(error),
            })?;
        sync_directory(&spot.directory, path)?;
        entry_of(&staged.file, path)
    }

    /// What is at the spot, if the condition allows to replace it. A link is no file: what it leads
    /// to has another path.
    fn check(
        &self,
        spot: &Spot,
        path: &ContentsPath,
        condition: &Condition,
    ) -> Result<Option<Statx>> {
        let found = match stat(&spot.directory, &spot.name, AtFlags::SYMLINK_NOFOLLOW) {
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
            return Err(ContentsError::Stale {
                path: path.clone(),
                current: self.look(path).ok().map(Box::new),
            });
        }
        if let Some(found) = &found {
            entry(path.clone(), found, true)?.require_file()?;
            rustix::fs::accessat(
                &spot.directory,
                &spot.name,
                Access::WRITE_OK,
                AtFlags::empty(),
            )
            .map_err(|error| ContentsError::io("write", path)(error.into()))?;
        }
        Ok(found)
    }
}

/// A file with all its bytes on disk that has no name yet, or one that is not listed.
struct Staged {
    file: File,
    /// Where the file system has no files without a name (NFS).
    name: Option<String>,
}

impl Staged {
    fn fill(spot: &Spot, bytes: &[u8], before: Option<&Statx>) -> io::Result<Self> {
        let mut staged = Self::create(spot)?;
        let written = staged.write(bytes, before);
        if written.is_err() {
            staged.forget(spot);
        }
        written.map(|()| staged)
    }

    /// A file without a name leaves nothing behind when this process is killed.
    fn create(spot: &Spot) -> io::Result<Self> {
        let mode = Mode::from_raw_mode(0o666);
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        match rustix::fs::openat(&spot.directory, ".", flags | OFlags::TMPFILE, mode) {
            Ok(file) => {
                return Ok(Self {
                    file: file.into(),
                    name: None,
                });
            }
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
        let name = scratch_name();
        let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(&spot.directory, &name, flags, mode)?;
        Ok(Self {
            file: file.into(),
            name: Some(name),
        })
    }

    fn write(&mut self, bytes: &[u8], before: Option<&Statx>) -> io::Result<()> {
        if let Some(before) = before {
            // Only root may give files away; for others the new file is theirs.
            let (owner, group) = (Some(before.stx_uid), Some(before.stx_gid));
            let _ = std::os::unix::fs::fchown(&self.file, owner, group);
            let mode = u32::from(before.stx_mode) & 0o7777;
            self.file
                .set_permissions(std::fs::Permissions::from_mode(mode))?;
        }
        self.file.write_all(bytes)?;
        // The kernel's own time of a write is some milliseconds coarse: two versions could share it.
        self.file.set_modified(SystemTime::now())?;
        self.file.sync_all()
    }

    /// Replaces what is there, or takes a name that must be free.
    fn appear(&self, spot: &Spot, replaces: bool) -> io::Result<()> {
        let appeared = match (&self.name, replaces) {
            (None, false) => self.link(spot, &spot.name),
            (None, true) => {
                let name = scratch_name();
                self.link(spot, &name)
                    .and_then(|()| replace(spot, &name).inspect_err(|_| unlink(spot, &name)))
            }
            (Some(name), true) => replace(spot, name),
            (Some(name), false) => take_free_name(spot, name),
        };
        if appeared.is_err() {
            self.forget(spot);
        }
        Ok(appeared?)
    }

    fn link(&self, spot: &Spot, name: &str) -> rustix::io::Result<()> {
        let shown = shown_at(&self.file.as_fd());
        rustix::fs::linkat(
            rustix::fs::CWD,
            shown,
            &spot.directory,
            name,
            AtFlags::SYMLINK_FOLLOW,
        )
    }

    fn forget(&self, spot: &Spot) {
        if let Some(name) = &self.name {
            unlink(spot, name);
        }
    }
}

fn scratch_name() -> String {
    format!("{SCRATCH}{}", Uuid::new_v4().simple())
}

/// What stays is not listed and harms nobody.
fn unlink(spot: &Spot, name: &str) {
    let _ = rustix::fs::unlinkat(&spot.directory, name, AtFlags::empty());
}

fn replace(spot: &Spot, name: &str) -> rustix::io::Result<()> {
    rustix::fs::renameat(&spot.directory, name, &spot.directory, &spot.name)
}

fn take_free_name(spot: &Spot, name: &str) -> rustix::io::Result<()> {
    let directory = &spot.directory;
    match rustix::fs::renameat_with(
        directory,
        name,
        directory,
        &spot.name,
        RenameFlags::NOREPLACE,
    ) {
        // File systems without that flag: a link refuses to replace, too.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            rustix::fs::linkat(directory, name, directory, &spot.name, AtFlags::empty())?;
            unlink(spot, name);
            Ok(())
        }
        done => done,
    }
}
