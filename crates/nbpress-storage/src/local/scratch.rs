//! Scratch files of writers: hidden, beside their target, removed when their writer died.
//!
//! The name is `.<target>.nbpress-write-<slot>` with a slot from 0 to 7, so that the scratch
//! files of writers that were killed are found without listing the folder. A writer holds a lock
//! on its scratch file as long as it lives; what can be locked by somebody else has no writer.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::FlockOperation;

const MARK: &str = ".nbpress-write-";
const SLOTS: usize = 8;
/// File systems allow 255 bytes for a name.
const MAX_NAME: usize = 200;
/// Makes the names of this process's writers beyond the slots differ.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Whether a file of this name is a writer's scratch file.
pub(super) fn is_scratch(name: &str) -> bool {
    name.starts_with('.') && name.contains(MARK)
}

/// Removes its file when dropped, unless that has been published.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    path: PathBuf,
    is_published: bool,
}

impl Scratch {
    /// An empty file in the folder of `target`, with the permissions that new files get.
    /// Removes what dead writers of the same target left.
    pub(super) fn beside(target: &Path) -> io::Result<Self> {
        let slots: Vec<PathBuf> = (0..SLOTS)
            .map(|slot| target.with_file_name(name(target, &slot.to_string())))
            .collect();
        for path in &slots {
            remove_if_abandoned(path)?;
        }
        for path in slots {
            if let Some(scratch) = Self::create(path)? {
                return Ok(scratch);
            }
        }
        // More writers than slots: a name of its own, which nobody will clean up after a kill.
        loop {
            let unique = format!(
                "{}-{}",
                std::process::id(),
                COUNT.fetch_add(1, Ordering::Relaxed)
            );
            if let Some(scratch) = Self::create(target.with_file_name(name(target, &unique)))? {
                return Ok(scratch);
            }
        }
    }

    /// None when the name is taken.
    fn create(path: PathBuf) -> io::Result<Option<Self>> {
        let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(error),
        };
        // Fails on file systems without locks, where nothing is cleaned up either.
        let _ = rustix::fs::flock(&file, FlockOperation::LockExclusive);
        // Between creating and locking, a writer that cleans up can have taken it for abandoned.
        if !is_at(&file, &path)? {
            return Ok(None);
        }
        Ok(Some(Self {
            file,
            path,
            is_published: false,
        }))
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// It has been renamed: nothing is left to remove.
    pub(super) fn published(mut self) {
        self.is_published = true;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.is_published {
            // The next writer tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn name(target: &Path, slot: &str) -> OsString {
    let target = target.file_name().unwrap_or(OsStr::new(""));
    let mut name = OsString::from(".");
    if target.len() <= MAX_NAME {
        name.push(target);
    } else {
        // Long names share scratch names with their like; slots and locks keep them apart.
        name.push(
            target
                .to_string_lossy()
                .chars()
                .take(MAX_NAME / 4)
                .collect::<String>(),
        );
    }
    name.push(format!("{MARK}{slot}"));
    name
}

/// The holder of the lock is the only one who may remove or rename the file.
fn remove_if_abandoned(path: &Path) -> io::Result<()> {
    let Ok(file) = File::open(path) else {
        return Ok(());
    };
    if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
        && is_at(&file, path)?
    {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Whether `path` leads to this open file.
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
