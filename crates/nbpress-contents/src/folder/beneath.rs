//! Opening what is beneath the root, and nothing else.
//!
//! The kernel resolves each path beneath an open root and refuses a step that would leave it,
//! whoever moves directories or links about meanwhile
//! (<https://man7.org/linux/man-pages/man2/openat2.2.html>).

use std::fs;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::{Folder, Result, kind_of, shown_at, stat};
use crate::error::ContentsError;
use crate::path::ContentsPath;

/// The kernel gives up on a path while names around it are being moved.
const TRIES: usize = 64;

/// A name in an open directory. Whatever happens to the path meanwhile, both stay together.
pub(super) struct Spot {
    pub(super) directory: OwnedFd,
    pub(super) name: String,
}

impl Folder {
    /// Opens what is at `path`, through links that stay within.
    pub(super) fn open_beneath(&self, path: &ContentsPath, flags: OFlags) -> Result<OwnedFd> {
        match self.open_steps(path.as_str(), flags) {
            Ok(file) => Ok(file),
            // A step leads out, or is an absolute link, which the kernel takes for one.
            Err(Errno::XDEV | Errno::LOOP) => self.open_through_absolute_links(path, flags),
            Err(error) => Err(ContentsError::io("open", path)(error.into())),
        }
    }

    fn open_steps(&self, path: &str, flags: OFlags) -> std::result::Result<OwnedFd, Errno> {
        let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(&self.root, directory, Mode::empty())?;
        let path = if path.is_empty() { "." } else { path };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        for _ in 0..TRIES {
            let opened =
                rustix::fs::openat2(&root, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve);
            if !matches!(opened, Err(Errno::AGAIN | Errno::INTR)) {
                return opened;
            }
        }
        Err(Errno::AGAIN)
    }

    /// Where the links lead is only a hint: what it gives is opened beneath the root again.
    fn open_through_absolute_links(&self, path: &ContentsPath, flags: OFlags) -> Result<OwnedFd> {
        let outside = || ContentsError::OutsideRoot { path: path.clone() };
        let real = fs::canonicalize(self.root.join(path.as_str())).map_err(|_| outside())?;
        let inside = self.path_within(&real).ok_or_else(outside)?;
        self.open_steps(inside.as_str(), flags)
            .map_err(|error| match error {
                Errno::XDEV | Errno::LOOP => outside(),
                error => ContentsError::io("open", path)(error.into()),
            })
    }

    fn path_within(&self, real: &std::path::Path) -> Option<ContentsPath> {
        let inside = real.strip_prefix(&self.root).ok()?;
        ContentsPath::parse(inside.to_str()?).ok()
    }

    pub(super) fn open_directory(&self, path: &ContentsPath) -> Result<OwnedFd> {
        self.open_beneath(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// The directory of `path`, and the name in it; a link of that name is not followed.
    pub(super) fn spot(&self, path: &ContentsPath) -> Result<Spot> {
        let parent = path.parent().ok_or(ContentsError::Root)?;
        Ok(Spot {
            directory: self.open_directory(&parent)?,
            name: path.name().to_owned(),
        })
    }

    /// As [`Folder::spot`], of what a link of that name leads to. A link that leads nowhere is its
    /// own spot.
    pub(super) fn real_spot(&self, path: &ContentsPath) -> Result<Spot> {
        let spot = self.spot(path)?;
        let is_link = stat(&spot.directory, &spot.name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|found| kind_of(&found) == FileType::Symlink);
        if !is_link {
            return Ok(spot);
        }
        match self.open_beneath(path, OFlags::PATH) {
            Ok(file) => {
                let outside = || ContentsError::OutsideRoot { path: path.clone() };
                let real: PathBuf = fs::read_link(shown_at(&file)).map_err(|_| outside())?;
                self.spot(&self.path_within(&real).ok_or_else(outside)?)
            }
            Err(ContentsError::NotFound { .. }) => Ok(spot),
            Err(error) => Err(error),
        }
    }
}
