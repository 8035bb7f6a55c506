//! Makes new bytes appear at a path at once: all of them or none, and durable.
//!
//! A scratch file in the same folder is filled, flushed to disk and renamed over the target. The
//! target's permissions and owner are kept; a symbolic link is followed, so that it stays a link;
//! a hard link is cut. Two places cannot be replaced by a rename and are written in place, which
//! is not atomic: special files (pipes, terminals, `/dev/null`), and existing files in a folder
//! that takes no new files, or mounted one by one into a container.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, FlockOperation, RenameFlags};
use rustix::io::Errno;

use super::scratch::{self, Scratch};
use super::{Result, hash};
use crate::error::StorageErrorKind;
use crate::storage::{Version, WriteMode};

/// Linux gives up after as many links of links.
const MAX_LINKS: usize = 40;

pub(super) fn publish(path: &Path, bytes: &[u8], mode: &WriteMode) -> Result<()> {
    match mode {
        WriteMode::IfAbsent => create(path, bytes),
        WriteMode::Overwrite => match resolve(path)? {
            Target::Special(path) => write_in_place(&path, bytes, None),
            Target::Absent(path) => replace(&path, bytes, None),
            Target::File(path, metadata) => {
                rustix::fs::access(&path, Access::WRITE_OK)?;
                match replace(&path, bytes, Some(&metadata)) {
                    Err(kind) if cannot_be_replaced(&kind) => {
                        write_in_place(&path, bytes, Some(&metadata))
                    }
                    result => result,
                }
            }
        },
        WriteMode::IfMatch(expected) => match resolve(path)? {
            Target::Special(_) => Err(StorageErrorKind::ConditionalWriteNotEnforced),
            Target::Absent(_) => Err(StorageErrorKind::VersionMismatch {
                expected: expected.clone(),
                found: None,
            }),
            Target::File(path, _) => {
                rustix::fs::access(&path, Access::WRITE_OK)?;
                replace_if_match(&path, bytes, expected)
            }
        },
    }
}

/// Where a path leads through symbolic links.
enum Target {
    /// Nothing is there; a link may lead here.
    Absent(PathBuf),
    /// A regular file.
    File(PathBuf, Metadata),
    /// A pipe, a device, or a file descriptor of this process.
    Special(PathBuf),
}

fn resolve(path: &Path) -> Result<Target> {
    let mut current = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        // `/dev/stdout` leads here. What it is open on must not be replaced.
        if current.starts_with("/proc") {
            return Ok(Target::Special(current));
        }
        let metadata = match fs::symlink_metadata(&current) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Target::Absent(current));
            }
            Err(error) => return Err(error.into()),
        };
        let kind = metadata.file_type();
        if kind.is_symlink() {
            let link = fs::read_link(&current)?;
            current = current.parent().unwrap_or(Path::new("/")).join(link);
        } else if kind.is_dir() {
            return Err(StorageErrorKind::IsFolder);
        } else if kind.is_file() {
            return Ok(Target::File(current, metadata));
        } else {
            return Ok(Target::Special(current));
        }
    }
    Err(Errno::LOOP.into())
}

/// Exactly one of several racing callers succeeds. A link that leads nowhere counts as something.
fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    // The common refusal, without writing the bytes first.
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::Error::from(ErrorKind::AlreadyExists).into());
    }
    let scratch = fill(path, bytes, None)?;
    let here = rustix::fs::CWD;
    match rustix::fs::renameat_with(here, scratch.path(), here, path, RenameFlags::NOREPLACE) {
        Ok(()) => scratch.published(),
        // File systems without that flag (NFS, some FUSE): a link refuses to replace, too.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => rustix::fs::link(scratch.path(), path)?,
        Err(error) => return Err(error.into()),
    }
    sync_folder(path)
}

fn replace(path: &Path, bytes: &[u8], previous: Option<&Metadata>) -> Result<()> {
    let scratch = fill(path, bytes, previous)?;
    rustix::fs::rename(scratch.path(), path)?;
    scratch.published();
    sync_folder(path)
}

/// The lock is taken on the file that is to be replaced, so it leaves nothing behind: whoever
/// waited for it finds that the path leads to another file, and looks again.
fn replace_if_match(path: &Path, bytes: &[u8], expected: &Version) -> Result<()> {
    loop {
        let mut current = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(StorageErrorKind::VersionMismatch {
                    expected: expected.clone(),
                    found: None,
                });
            }
            Err(error) => return Err(error.into()),
        };
        rustix::fs::flock(&current, FlockOperation::LockExclusive)?;
        if !scratch::is_at(&current, path)? {
            continue;
        }
        let metadata = current.metadata()?;
        let (_, found) = hash(&mut current)?;
        if found != *expected {
            return Err(StorageErrorKind::VersionMismatch {
                expected: expected.clone(),
                found: Some(found),
            });
        }
        return replace(path, bytes, Some(&metadata));
    }
}

/// A scratch file beside `path` with the bytes on disk.
fn fill(path: &Path, bytes: &[u8], previous: Option<&Metadata>) -> Result<Scratch> {
    let mut scratch = Scratch::beside(path)?;
    let file = scratch.file();
    if let Some(previous) = previous {
        let metadata = file.metadata()?;
        if (metadata.uid(), metadata.gid()) != (previous.uid(), previous.gid()) {
            // Only root may give files away; for others the new file is theirs.
            let _ = std::os::unix::fs::fchown(&*file, Some(previous.uid()), Some(previous.gid()));
        }
        file.set_permissions(fs::Permissions::from_mode(previous.mode() & 0o7777))?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(scratch)
}

/// Makes a rename durable. Some file systems cannot flush a folder; they say so with `EINVAL`.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::PermissionDenied
            ) =>
        {
            Err(error.into())
        }
        _ => Ok(()),
    }
}

/// The folder takes no new file, or the target is a mount point of its own.
fn cannot_be_replaced(kind: &StorageErrorKind) -> bool {
    match kind {
        StorageErrorKind::PermissionDenied { .. } => true,
        StorageErrorKind::Other {
            source: Some(source),
        } => source
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == ErrorKind::ResourceBusy),
        _ => false,
    }
}

/// A regular file gets exactly these bytes; anything else gets them after what it has.
fn write_in_place(path: &Path, bytes: &[u8], regular: Option<&Metadata>) -> Result<()> {
    let is_regular = regular.is_some();
    let mut file = OpenOptions::new()
        .write(true)
        .truncate(is_regular)
        .append(!is_regular)
        .open(path)?;
    file.write_all(bytes)?;
    if is_regular {
        file.sync_all()?;
    }
    Ok(())
}
