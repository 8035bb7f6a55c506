//! Directories: list, make, rename, copy, delete.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Access, AtFlags, Dir, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::{Folder, Result, entry, kind_of, stat};
use crate::checkpoint;
use crate::entry::{Column, Entry, Kind, ListOptions, Order, Page};
use crate::error::ContentsError;
use crate::listing;
use crate::path::ContentsPath;
use crate::staged::{Spot, is_scratch, sync_directory};

impl Folder {
    /// Reads all names, which is cheap, and asks only about those of the page; about all where they are sorted
    /// by what only that tells.
    pub(super) fn list_now(&self, path: &ContentsPath, options: &ListOptions) -> Result<Page> {
        let directory = self.open_directory(path)?;
        let mut found = Vec::new();
        let read = each_name(&directory, |name, file_type| {
            if !is_scratch(name) && listing::has(name, options) {
                found.push((name.to_owned(), file_type));
            }
        });
        read.map_err(ContentsError::io("list", path))?;
        let found = found.into_iter().filter_map(|(name, file_type)| {
            let path = || path.join(&name).ok();
            let candidate = match options.order {
                None => listing::Candidate {
                    kind: Kind::File,
                    value: None,
                    name,
                },
                Some(order) => self.candidate(&directory, &path()?, file_type, order)?,
            };
            Some(candidate)
        });
        let cut = listing::cut(found.collect(), options);
        let names = cut.page.iter();
        let entries = names
            .filter_map(|found| self.listed(&directory, &path.join(&found.name).ok()?))
            .collect();
        Ok(Page {
            entries,
            next: cut.next,
            total: Some(cut.total),
        })
    }

    fn candidate(
        &self,
        directory: &OwnedFd,
        path: &ContentsPath,
        file_type: FileType,
        order: Order,
    ) -> Option<listing::Candidate> {
        let name = path.name();
        let asks = matches!(order.by, Column::Modified | Column::Size);
        let (kind, value) = match file_type {
            FileType::Directory => (Kind::Directory, None),
            FileType::RegularFile if !asks => (Kind::of_file(name), None),
            FileType::RegularFile => {
                let found = stat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
                let modified = super::timestamp(found.stx_mtime).as_nanosecond();
                let is_size = order.by == Column::Size;
                let value = if is_size {
                    found.stx_size.into()
                } else {
                    modified
                };
                (Kind::of_file(name), Some(value))
            }
            // A link, or a file system that does not say.
            _ => {
                let entry = self.listed(directory, path)?;
                (entry.kind, listing::value(&entry, order))
            }
        };
        Some(listing::Candidate {
            name: name.to_owned(),
            kind,
            value,
        })
    }

    /// None for a name that vanished meanwhile, that leads out or nowhere, or that is no file.
    fn listed(&self, directory: &OwnedFd, path: &ContentsPath) -> Option<Entry> {
        let name = path.name();
        let found = stat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        if kind_of(&found) == FileType::Symlink {
            return self.look(path).ok();
        }
        let access = rustix::fs::accessat(directory, name, Access::WRITE_OK, AtFlags::empty());
        entry(path.clone(), &found, access.is_ok()).ok()
    }

    pub(super) fn make_directory_now(&self, path: &ContentsPath) -> Result<()> {
        let spot = self.spot(path)?;
        make(&spot, Mode::from_raw_mode(0o777))
            .map_err(|error| ContentsError::io("make the directory", path)(error.into()))?;
        sync_directory(&spot.directory).map_err(ContentsError::io("sync", path))
    }

    pub(super) fn rename_now(&self, from: &ContentsPath, to: &ContentsPath) -> Result<()> {
        let (old, new) = (self.spot(from)?, self.spot(to)?);
        // Said of the source; of the target only that something is there.
        move_to_free_name(&old, &new).map_err(|error| match error {
            Errno::EXIST | Errno::NOTEMPTY => ContentsError::Exists { path: to.clone() },
            error => ContentsError::io("rename", from)(error.into()),
        })?;
        sync_directory(&new.directory).map_err(ContentsError::io("sync", to))?;
        sync_directory(&old.directory).map_err(ContentsError::io("sync", from))
    }

    pub(super) fn delete_now(&self, path: &ContentsPath, recursive: bool) -> Result<()> {
        let spot = self.spot(path)?;
        let fails = |error: io::Error| ContentsError::io("delete", path)(error);
        let found = stat(&spot.directory, &spot.name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| fails(error.into()))?;
        if kind_of(&found) != FileType::Directory {
            rustix::fs::unlinkat(&spot.directory, &spot.name, AtFlags::empty())
                .map_err(|error| fails(error.into()))?;
            return sync_directory(&spot.directory).map_err(ContentsError::io("sync", path));
        }
        let directory = open_child(&spot.directory, &spot.name).map_err(&fails)?;
        let is_empty = names(&directory)
            .map_err(&fails)?
            .iter()
            .all(|name| name == checkpoint::DIRECTORY);
        if !is_empty && !recursive {
            return Err(ContentsError::NotEmpty { path: path.clone() });
        }
        delete_tree(&spot.directory, &spot.name).map_err(&fails)?;
        sync_directory(&spot.directory).map_err(ContentsError::io("sync", path))
    }

    /// Links are left out: what they lead to is copied where it is.
    pub(super) fn copy_directory_now(&self, from: &ContentsPath, to: &ContentsPath) -> Result<()> {
        let fails = ContentsError::io("copy", from);
        let (source, target) = (self.open_directory(from)?, self.spot(to)?);
        let mode = stat(&source, "", AtFlags::EMPTY_PATH)
            .map(|found| Mode::from_raw_mode(u32::from(found.stx_mode) & 0o777))
            .map_err(|error| fails(error.into()))?;
        make(&target, mode).map_err(|error| ContentsError::io("copy", to)(error.into()))?;
        let copied = open_child(&target.directory, &target.name).map_err(&fails)?;
        copy_tree(&source, &copied).map_err(&fails)?;
        sync_directory(&target.directory).map_err(ContentsError::io("sync", to))
    }
}

fn make(spot: &Spot, mode: Mode) -> rustix::io::Result<()> {
    rustix::fs::mkdirat(&spot.directory, &spot.name, mode)
}

/// The names in a directory, unsorted. Those that are not text cannot be asked for either.
fn names(directory: &OwnedFd) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    each_name(directory, |name, _| names.push(name.to_owned()))?;
    Ok(names)
}

/// With what the file system says without being asked.
fn each_name(directory: &OwnedFd, mut take: impl FnMut(&str, FileType)) -> io::Result<()> {
    for found in Dir::read_from(directory)? {
        let found = found?;
        if let Ok(name) = found.file_name().to_str()
            && !matches!(name, "." | "..")
        {
            take(name, found.file_type());
        }
    }
    Ok(())
}

fn open_child(directory: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(directory, name, flags, Mode::empty())?)
}

fn move_to_free_name(old: &Spot, new: &Spot) -> rustix::io::Result<()> {
    let here = (&old.directory, &new.directory);
    match rustix::fs::renameat_with(here.0, &old.name, here.1, &new.name, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        done => return done,
    }
    // File systems without that flag. A link refuses to replace a file; of a directory, the system
    // replaces an empty one only.
    match rustix::fs::linkat(here.0, &old.name, here.1, &new.name, AtFlags::empty()) {
        Ok(()) => rustix::fs::unlinkat(here.0, &old.name, AtFlags::empty()),
        Err(Errno::PERM | Errno::ISDIR) => {
            rustix::fs::renameat(here.0, &old.name, here.1, &new.name)
        }
        Err(error) => Err(error),
    }
}

/// Removes a directory with everything in it; links are removed, never followed.
fn delete_tree(parent: &OwnedFd, name: &str) -> io::Result<()> {
    let directory = open_child(parent, name)?;
    for found in Dir::read_from(&directory)? {
        let found = found?;
        let name = found.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        match rustix::fs::unlinkat(&directory, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::ISDIR | Errno::PERM) => match name.to_str() {
                Ok(name) => delete_tree(&directory, name)?,
                Err(_) => return Err(io::ErrorKind::InvalidFilename.into()),
            },
            Err(error) => return Err(error.into()),
        }
    }
    rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?;
    Ok(())
}

fn copy_tree(from: &OwnedFd, to: &OwnedFd) -> io::Result<()> {
    for name in names(from)? {
        if is_scratch(&name) {
            continue;
        }
        let found = stat(from, &name, AtFlags::SYMLINK_NOFOLLOW)?;
        let mode = Mode::from_raw_mode(u32::from(found.stx_mode) & 0o777);
        match kind_of(&found) {
            FileType::Directory => {
                rustix::fs::mkdirat(to, &name, mode | Mode::RWXU)?;
                copy_tree(&open_child(from, &name)?, &open_child(to, &name)?)?;
            }
            FileType::RegularFile => {
                let read = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let write = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                let source = rustix::fs::openat(from, &name, read, Mode::empty())?;
                let target = rustix::fs::openat(to, &name, write, mode)?;
                let mut target = File::from(target);
                io::copy(&mut File::from(source), &mut target)?;
                target.sync_data()?;
            }
            _ => {}
        }
    }
    rustix::fs::fsync(to)?;
    Ok(())
}
