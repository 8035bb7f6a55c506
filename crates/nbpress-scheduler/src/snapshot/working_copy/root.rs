//! The folder a snapshot is taken of: nothing outside of it is ever read, whatever links say.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{Mode, OFlags};

use crate::snapshot::contents::{Content, Limits};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::path::PathError;

/// How often a file is read that changes meanwhile.
const ATTEMPTS: usize = 8;
/// File systems stamp changes with a clock that ticks this slowly at worst, so that two writes
/// within one tick cannot be told apart.
const TICK: Duration = Duration::from_millis(50);

/// A folder by its real path.
pub(super) struct Root {
    path: PathBuf,
}

/// One name in a folder beneath the root.
pub(super) struct Entry {
    /// Relative to the root.
    pub(super) path: String,
    /// Whether the name is UTF-8; where it is not, `path` only resembles it.
    is_text: bool,
    pub(super) is_folder: bool,
    is_link: bool,
}

impl Entry {
    /// Its path, where that is text.
    pub(super) fn into_path(self) -> Result<String, PathError> {
        if self.is_text {
            Ok(self.path)
        } else {
            Err(PathError::NotText { path: self.path })
        }
    }
}

/// What a read says about the file it read.
enum Seen {
    /// It was the same from begin to end.
    Whole,
    /// It was so recently written that its time says nothing.
    Recent,
    /// It changed.
    Torn,
}

impl Root {
    pub(super) fn open(path: &Path) -> Result<Self, SnapshotError> {
        let path = fs::canonicalize(path).map_err(SnapshotError::disk("open", path))?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file relative to the root. The file itself may be a link; reading it shows
    /// where it leads.
    pub(super) fn relative(&self, file: &Path) -> Result<String, SnapshotError> {
        let outside = || SnapshotError::OutsideRoot {
            path: file.display().to_string(),
            root: self.path.clone(),
        };
        let name = file.file_name().ok_or_else(|| SnapshotError::NoName {
            location: file.display().to_string(),
        })?;
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let folder = fs::canonicalize(folder).map_err(SnapshotError::disk("open", folder))?;
        let beneath = folder.strip_prefix(&self.path).map_err(|_| outside())?;
        match beneath.join(name).into_os_string().into_string() {
            Ok(path) => Ok(path),
            Err(path) => Err(PathError::NotText {
                path: path.to_string_lossy().into_owned(),
            }
            .into()),
        }
    }

    /// The names in a folder, in no order.
    pub(super) fn entries(&self, folder: &str) -> Result<Vec<Entry>, SnapshotError> {
        let path = self.path.join(folder);
        let entries = fs::read_dir(&path).and_then(|entries| {
            let entries = entries.map(|entry| entry.and_then(|entry| Self::entry(folder, &entry)));
            entries.collect()
        });
        entries.map_err(SnapshotError::disk("list", &path))
    }

    fn entry(folder: &str, entry: &fs::DirEntry) -> io::Result<Entry> {
        let kind = entry.file_type()?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let path = if folder.is_empty() {
            text.clone().into_owned()
        } else {
            format!("{folder}/{text}")
        };
        Ok(Entry {
            path,
            is_text: name.to_str().is_some(),
            is_folder: kind.is_dir(),
            is_link: kind.is_symlink(),
        })
    }

    /// The size of a regular file, or of the one a link leads to; `None` for anything else.
    pub(super) fn size(&self, entry: &Entry) -> Result<Option<u64>, SnapshotError> {
        let path = self.path.join(&entry.path);
        if entry.is_link {
            let target = fs::canonicalize(&path).map_err(SnapshotError::disk("read", &path))?;
            if !target.starts_with(&self.path) {
                return Err(self.outside(&entry.path));
            }
        }
        let metadata = fs::metadata(&path).map_err(SnapshotError::disk("read", &path))?;
        Ok(metadata.is_file().then_some(metadata.len()))
    }

    /// Reads a file that has at most `left` bytes, all as it was at one moment.
    pub(super) fn read(
        &self,
        relative: &str,
        left: u64,
        limits: Limits,
    ) -> Result<Content, SnapshotError> {
        let mut before: Option<Vec<u8>> = None;
        for _ in 0..ATTEMPTS {
            let file = self.open_beneath(relative)?;
            let (bytes, metadata, seen) = read_once(&file, left)
                .map_err(SnapshotError::disk("read", &self.path.join(relative)))?;
            if metadata.len().max(bytes.len() as u64) > left {
                return Err(SnapshotError::TooLarge {
                    limit: limits.max_bytes,
                    total: (limits.max_bytes - left).saturating_add(metadata.len()),
                    largest: vec![(relative.to_owned(), metadata.len())],
                });
            }
            match seen {
                Seen::Recent if before.as_ref() != Some(&bytes) => before = Some(bytes),
                Seen::Torn => before = None,
                Seen::Whole | Seen::Recent => {
                    let executable = metadata.permissions().mode() & 0o100 != 0;
                    return Ok(Content::new(relative.to_owned(), bytes.into(), executable));
                }
            }
        }
        Err(SnapshotError::Changing {
            path: relative.to_owned(),
        })
    }

    /// Opens a regular file. Where it really is, is asked after it was opened: a link that is put
    /// in its way meanwhile gains nothing.
    fn open_beneath(&self, relative: &str) -> Result<File, SnapshotError> {
        let path = self.path.join(relative);
        let failed = |error: io::Error| SnapshotError::disk("read", &path)(error);
        // Without waiting for the other end of a pipe.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::open(&path, flags, Mode::empty());
        let file = File::from(file.map_err(|error| failed(error.into()))?);
        let real = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(failed)?;
        if !real.starts_with(&self.path) {
            return Err(self.outside(relative));
        }
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Err(failed(io::Error::other("it is not a regular file")));
        }
        Ok(file)
    }

    fn outside(&self, path: &str) -> SnapshotError {
        SnapshotError::OutsideRoot {
            path: path.to_owned(),
            root: self.path.clone(),
        }
    }
}

/// The bytes of a file, one more than `left` at most, and whether they belong together.
fn read_once(file: &File, left: u64) -> io::Result<(Vec<u8>, Metadata, Seen)> {
    let begin = file.metadata()?;
    let mut bytes = Vec::new();
    if begin.len() <= left {
        file.take(left.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    let end = file.metadata()?;
    let seen = if stamp(&begin) != stamp(&end) || bytes.len() as u64 != end.len() {
        Seen::Torn
    } else if is_recent(&end) {
        Seen::Recent
    } else {
        Seen::Whole
    };
    Ok((bytes, end, seen))
}

fn stamp(metadata: &Metadata) -> [i64; 5] {
    [
        metadata.size().cast_signed(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ]
}

fn is_recent(metadata: &Metadata) -> bool {
    let age = metadata
        .modified()
        .ok()
        .and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_none_or(|age| age < TICK)
}

#[cfg(test)]
mod tests;
