//! Opening what is beneath the root, and nothing else.
//!
//! The kernel resolves each path beneath an open root and refuses a step that would leave it,
//! whoever moves directories or links about meanwhile
//! (<https://man7.org/linux/man-pages/man2/openat2.2.html>).

use std::ffi::OsStr;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::{Folder, Result};
use crate::error::ContentsError;
use crate::path::ContentsPath;
use crate::staged::{Spot, shown_at};

/// The kernel gives up on a path while names around it are being moved.
const TRIES: usize = 64;
/// Linux gives up after as many links of links.
const MAX_LINKS: usize = 40;

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

    fn path_within(&self, real: &Path) -> Option<ContentsPath> {
        let inside = real.strip_prefix(&self.root).ok()?;
        ContentsPath::parse(inside.to_str()?).ok()
    }

    pub(super) fn open_directory(&self, path: &ContentsPath) -> Result<OwnedFd> {
        match self.open_beneath(path, OFlags::RDONLY | OFlags::DIRECTORY) {
            // A file is refused as "no such directory".
            Err(error @ ContentsError::NotFound { .. }) => {
                let found = self.look(path).map_err(|_| error)?;
                Err(ContentsError::WrongKind {
                    path: path.clone(),
                    expected: "directory",
                    found: Some(found.kind),
                })
            }
            opened => opened,
        }
    }

    /// The directory of `path`, and the name in it; a link of that name is not followed.
    pub(super) fn spot(&self, path: &ContentsPath) -> Result<Spot> {
        let parent = path.parent().ok_or(ContentsError::Root)?;
        Ok(Spot {
            directory: self.open_directory(&parent)?,
            name: path.name().to_owned(),
        })
    }

    /// The path without links of the file that `path` means, which need not exist: two names of one
    /// file have one lock and one history. The path itself where its directory does not exist.
    pub(super) fn real_path_now(&self, path: &ContentsPath) -> Result<ContentsPath> {
        let mut path = path.clone();
        let outside = |path: &ContentsPath| ContentsError::OutsideRoot { path: path.clone() };
        for _ in 0..MAX_LINKS {
            let Some(parent) = path.parent() else {
                return Ok(path);
            };
            let directory = match self.open_directory(&parent) {
                Err(ContentsError::NotFound { .. } | ContentsError::WrongKind { .. }) => {
                    return Ok(path);
                }
                opened => opened?,
            };
            // A directory keeps its name while it is open; a file may be replaced, and says so here.
            let real = fs::read_link(shown_at(&directory)).map_err(|_| outside(&path))?;
            let Ok(link) = rustix::fs::readlinkat(&directory, path.name(), Vec::new()) else {
                let real = self.path_within(&real.join(path.name()));
                return real.ok_or_else(|| outside(&path));
            };
            let target = real.join(OsStr::from_bytes(link.as_bytes()));
            let target = canonical_parent(&target).and_then(|real| self.path_within(&real));
            path = target.ok_or_else(|| outside(&path))?;
        }
        Err(outside(&path))
    }
}

/// The path without links but for its last name, which need not exist.
fn canonical_parent(path: &Path) -> Option<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Some(fs::canonicalize(parent).ok()?.join(name)),
        _ => fs::canonicalize(path).ok(),
    }
}
