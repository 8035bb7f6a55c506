//! A file that appears at once: all its bytes are on disk before it has its name.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, Statx};
use rustix::io::Errno;
use uuid::Uuid;

/// In the name of a file that is not yet what it will be.
const SCRATCH: &str = ".nbpress-save-";

/// Whether a file of this name is one that is being written.
pub(crate) fn is_scratch(name: &str) -> bool {
    name.starts_with(SCRATCH)
}

/// A name in an open directory. Whatever happens to the path meanwhile, both stay together.
#[derive(Debug)]
pub(crate) struct Spot {
    pub(crate) directory: OwnedFd,
    pub(crate) name: String,
}

/// A file for a spot that is not there yet. Dropped, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Staged {
    spot: Spot,
    file: File,
    /// Its name until then, where the file system has no files without one (NFS).
    name: Option<String>,
}

impl Staged {
    /// Writes `bytes` to disk. The file gets the rights and the owner of the one it will replace.
    pub(crate) fn fill(spot: Spot, bytes: &[u8], before: Option<&Statx>) -> io::Result<Self> {
        let mut staged = Self::create(spot)?;
        if let Some(before) = before {
            // Only root may give files away; for others the new file is theirs.
            let (owner, group) = (Some(before.stx_uid), Some(before.stx_gid));
            let _ = std::os::unix::fs::fchown(&staged.file, owner, group);
            let mode = u32::from(before.stx_mode) & 0o7777;
            let rights = std::fs::Permissions::from_mode(mode);
            staged.file.set_permissions(rights)?;
        }
        staged.file.write_all(bytes)?;
        // The kernel's own time of a write is some milliseconds coarse: two versions could share it.
        staged.file.set_modified(SystemTime::now())?;
        staged.file.sync_all()?;
        Ok(staged)
    }

    /// A file without a name leaves nothing behind when this process is killed.
    fn create(spot: Spot) -> io::Result<Self> {
        let mode = Mode::from_raw_mode(0o666);
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let nameless = rustix::fs::openat(&spot.directory, ".", flags | OFlags::TMPFILE, mode);
        let (file, name) = match nameless {
            Ok(file) => (file, None),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => {
                let name = scratch_name();
                let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
                let file = rustix::fs::openat(&spot.directory, &name, flags, mode)?;
                (file, Some(name))
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            spot,
            file: file.into(),
            name,
        })
    }

    pub(crate) fn spot(&self) -> &Spot {
        &self.spot
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Takes the place of what is at the spot, or a name that must be free. Durable when this returns.
    pub(crate) fn appear(&mut self, replaces: bool) -> io::Result<()> {
        let spot = &self.spot;
        match (&self.name, replaces) {
            (None, false) => self.link(&spot.name)?,
            (None, true) => {
                let name = scratch_name();
                self.link(&name)?;
                spot.replace(&name).inspect_err(|_| spot.unlink(&name))?;
            }
            (Some(name), true) => spot.replace(name)?,
            (Some(name), false) => spot.rename(name)?,
        }
        self.name = None;
        sync_directory(&self.spot.directory)
    }

    /// Takes the place of the file at the spot, which is then under the name that is returned: whoever wrote it last,
    /// its bytes are not lost. None where nothing was there, or where the file system cannot exchange two names.
    pub(crate) fn exchange(&mut self) -> io::Result<Option<String>> {
        let name = self.name.take();
        let has_name = name.is_some();
        let name = name.unwrap_or_else(scratch_name);
        if !has_name {
            self.link(&name)?;
        }
        let (directory, spot) = (&self.spot.directory, &self.spot);
        let flags = RenameFlags::EXCHANGE;
        let exchanged = rustix::fs::renameat_with(directory, &name, directory, &spot.name, flags);
        let old = if exchanged.is_ok() {
            Some(name)
        } else {
            // Also where nothing is there to be exchanged.
            spot.replace(&name).inspect_err(|_| spot.unlink(&name))?;
            None
        };
        sync_directory(directory)?;
        Ok(old)
    }

    /// Undoes [`Staged::exchange`].
    pub(crate) fn give_way(&self, old: &str) -> io::Result<()> {
        let (directory, name) = (&self.spot.directory, &self.spot.name);
        let flags = RenameFlags::EXCHANGE;
        rustix::fs::renameat_with(directory, old, directory, name, flags)?;
        self.spot.unlink(old);
        sync_directory(directory)
    }

    fn link(&self, name: &str) -> rustix::io::Result<()> {
        let (here, shown) = (rustix::fs::CWD, shown_at(&self.file));
        let flags = AtFlags::SYMLINK_FOLLOW;
        rustix::fs::linkat(here, shown, &self.spot.directory, name, flags)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.spot.unlink(name);
        }
    }
}

impl Spot {
    fn replace(&self, name: &str) -> rustix::io::Result<()> {
        rustix::fs::renameat(&self.directory, name, &self.directory, &self.name)
    }

    /// As [`Spot::replace`], but nothing may be there.
    fn rename(&self, name: &str) -> rustix::io::Result<()> {
        let (directory, flags) = (&self.directory, RenameFlags::NOREPLACE);
        match rustix::fs::renameat_with(directory, name, directory, &self.name, flags) {
            // File systems without that flag: a link refuses to replace, too.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                rustix::fs::linkat(directory, name, directory, &self.name, AtFlags::empty())?;
                self.unlink(name);
                Ok(())
            }
            done => done,
        }
    }

    /// What stays is not listed and harms nobody.
    pub(crate) fn unlink(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
    }
}

fn scratch_name() -> String {
    format!("{SCRATCH}{}", Uuid::new_v4().simple())
}

/// Where the kernel shows an open file of this process.
pub(crate) fn shown_at(file: &impl AsFd) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

/// Makes the names in a directory durable. Some file systems cannot; they say so with `EINVAL`.
pub(crate) fn sync_directory(directory: &OwnedFd) -> io::Result<()> {
    match rustix::fs::fsync(directory) {
        Ok(()) | Err(Errno::INVAL | Errno::ACCESS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::Path;

    use super::*;

    fn staged(folder: &Path, bytes: &[u8], has_name: bool) -> Staged {
        let directory: OwnedFd = File::open(folder).unwrap().into();
        let name = "a".to_owned();
        let mut staged = Staged::fill(Spot { directory, name }, bytes, None).unwrap();
        if has_name {
            // As where the file system has no files without a name.
            let name = scratch_name();
            staged.link(&name).unwrap();
            staged.name = Some(name);
        }
        staged
    }

    fn text(folder: &Path) -> String {
        let mut text = String::new();
        let file = File::open(folder.join("a"));
        file.unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_file_appears_with_or_without_a_name_before() {
        for has_name in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let count = || std::fs::read_dir(folder.path()).unwrap().count();
            drop(staged(folder.path(), b"dropped", has_name));
            assert_eq!(count(), 0);
            staged(folder.path(), b"1", has_name).appear(false).unwrap();
            assert_eq!(text(folder.path()), "1");
            let refused = staged(folder.path(), b"2", has_name).appear(false);
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(text(folder.path()), "1");
            staged(folder.path(), b"3", has_name).appear(true).unwrap();
            assert_eq!(text(folder.path()), "3");
            assert_eq!(count(), 1);
        }
    }
}
