//! A workspace in a folder of this machine: every step is resolved beneath its root.

mod beneath;
mod directory;
mod publish;

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::Timestamp;
use rustix::fs::{Access, AtFlags, FileType, OFlags, Statx, StatxFlags, StatxTimestamp};

use crate::entry::{Condition, Entry, Kind, ListOptions, Page};
use crate::error::ContentsError;
use crate::history::Guard;
use crate::mimetype;
use crate::path::ContentsPath;
use crate::staged::{Staged, shown_at};
use crate::watch::Notice;

pub(crate) use publish::{Committed, Known};

type Result<T> = std::result::Result<T, ContentsError>;

/// How often a file is read again that changes while it is read.
const READS: usize = 3;

/// A folder. The path is absolute and has no links.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) async fn open(root: PathBuf) -> Result<Self> {
        let top = ContentsPath::root();
        blocking(move || {
            let root = root
                .canonicalize()
                .map_err(ContentsError::io("open", &top))?;
            let folder = Self { root };
            folder.open_directory(&top)?;
            Ok(folder)
        })
        .await
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// None when nothing is there.
    pub(crate) async fn find(&self, path: &ContentsPath) -> Result<Option<Entry>> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || match folder.look(&path) {
            Ok(entry) => Ok(Some(entry)),
            Err(ContentsError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Where the file that `path` means really is.
    pub(crate) async fn real_path(&self, path: &ContentsPath) -> Result<ContentsPath> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || folder.real_path_now(&path)).await
    }

    pub(crate) async fn list(&self, path: &ContentsPath, options: ListOptions) -> Result<Page> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || folder.list_now(&path, &options)).await
    }

    /// Says when something happens in a directory, where the system can.
    pub(crate) async fn notice(&self, path: &ContentsPath) -> Result<Option<Notice>> {
        let (folder, path) = (self.clone(), path.clone());
        let directory = blocking(move || folder.open_directory(&path)).await?;
        Ok(Notice::of(&directory))
    }

    pub(crate) async fn read(
        &self,
        path: &ContentsPath,
        range: Option<Range<u64>>,
    ) -> Result<(Entry, Bytes)> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || folder.read_now(&path, range.as_ref())).await
    }

    pub(crate) async fn open_file(&self, path: &ContentsPath) -> Result<(Entry, File)> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || folder.open_now(&path)).await
    }

    /// Writes `bytes` to disk for the file at a real path, if the condition holds.
    pub(crate) async fn stage(
        &self,
        path: &ContentsPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Staged> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || folder.stage_now(&path, &bytes, &condition)).await
    }

    /// Makes it the file, if the condition still holds. Keeps `guard` until it is done, also when
    /// nobody waits for it any more.
    pub(crate) async fn commit(
        &self,
        staged: Staged,
        path: &ContentsPath,
        (condition, known): (Condition, Known),
        guard: Guard,
    ) -> Result<Committed> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || {
            let committed = folder.commit_now(staged, &path, &condition, &known);
            drop(guard);
            committed
        })
        .await
    }

    pub(crate) async fn make_directory(&self, path: &ContentsPath) -> Result<()> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || folder.make_directory_now(&path)).await
    }

    pub(crate) async fn rename(
        &self,
        from: &ContentsPath,
        to: &ContentsPath,
        guard: Guard,
    ) -> Result<()> {
        let (folder, from, to) = (self.clone(), from.clone(), to.clone());
        blocking(move || {
            let done = folder.rename_now(&from, &to);
            drop(guard);
            done
        })
        .await
    }

    pub(crate) async fn copy_directory(
        &self,
        from: &ContentsPath,
        to: &ContentsPath,
    ) -> Result<()> {
        let (folder, from, to) = (self.clone(), from.clone(), to.clone());
        blocking(move || folder.copy_directory_now(&from, &to)).await
    }

    pub(crate) async fn delete(&self, path: &ContentsPath, recursive: bool) -> Result<()> {
        let (folder, path) = (self.clone(), path.clone());
        blocking(move || folder.delete_now(&path, recursive)).await
    }

    fn look(&self, path: &ContentsPath) -> Result<Entry> {
        let file = self.open_beneath(path, OFlags::PATH)?;
        entry_of(&file, path)
    }

    fn open_now(&self, path: &ContentsPath) -> Result<(Entry, File)> {
        // A pipe without a writer would otherwise never be opened.
        let file = self.open_beneath(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
        let entry = entry_of(&file, path)?.require_file()?;
        Ok((entry, File::from(file)))
    }

    fn read_now(&self, path: &ContentsPath, range: Option<&Range<u64>>) -> Result<(Entry, Bytes)> {
        let (mut entry, mut file) = self.open_now(path)?;
        let mut bytes = Vec::new();
        for _ in 0..READS {
            bytes.clear();
            read_part(&mut file, range, &entry, &mut bytes)
                .map_err(ContentsError::io("read", path))?;
            let after = entry_of(&file, path)?;
            let is_same = after.etag == entry.etag;
            entry = after;
            if is_same {
                break;
            }
        }
        Ok((entry, bytes.into()))
    }
}

/// What an open file is. `path` is how the caller named it.
fn entry_of(file: impl AsFd, path: &ContentsPath) -> Result<Entry> {
    let fails = ContentsError::io("inspect", path);
    let found =
        stat(&file, "", AtFlags::EMPTY_PATH).map_err(|error| fails(io::Error::from(error)))?;
    // The rights of the file itself: the kernel shows every open file there.
    let is_writable = rustix::fs::access(shown_at(&file), Access::WRITE_OK).is_ok();
    entry(path.clone(), &found, is_writable)
}

fn read_part(
    file: &mut File,
    range: Option<&Range<u64>>,
    entry: &Entry,
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    let size = entry.size.unwrap_or_default();
    let range = range.cloned().unwrap_or(0..u64::MAX);
    let expected = range.end.min(size).saturating_sub(range.start);
    bytes.reserve_exact(usize::try_from(expected).unwrap_or_default());
    file.seek(SeekFrom::Start(range.start))?;
    file.take(range.end.saturating_sub(range.start))
        .read_to_end(bytes)?;
    Ok(())
}

fn stat(directory: impl AsFd, name: &str, flags: AtFlags) -> rustix::io::Result<Statx> {
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    rustix::fs::statx(directory, name, flags, wanted)
}

fn kind_of(found: &Statx) -> FileType {
    FileType::from_raw_mode(found.stx_mode.into())
}

fn entry(path: ContentsPath, found: &Statx, writable: bool) -> Result<Entry> {
    let kind = match kind_of(found) {
        FileType::Directory => Kind::Directory,
        FileType::RegularFile => Kind::of_file(path.name()),
        _ => {
            return Err(ContentsError::WrongKind {
                path,
                expected: "file",
                found: None,
            });
        }
    };
    let has_birth = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::BTIME);
    let created = if has_birth {
        found.stx_btime
    } else {
        found.stx_ctime
    };
    let is_file = kind != Kind::Directory;
    Ok(Entry {
        name: path.name().to_owned(),
        kind,
        writable,
        created: timestamp(created),
        last_modified: timestamp(found.stx_mtime),
        size: is_file.then_some(found.stx_size),
        mimetype: mimetype::of(path.name()).filter(|_| kind == Kind::File),
        etag: is_file.then(|| etag(found)),
        path,
    })
}

/// A save gives a file a new time and number, so that two versions never have the same tag.
fn etag(found: &Statx) -> String {
    let StatxTimestamp {
        tv_sec, tv_nsec, ..
    } = found.stx_mtime;
    let (size, number) = (found.stx_size, found.stx_ino);
    format!("{tv_sec:x}.{tv_nsec:08x}-{size:x}-{number:x}")
}

/// Years that no calendar has become the epoch.
fn timestamp(time: StatxTimestamp) -> Timestamp {
    Timestamp::new(time.tv_sec, time.tv_nsec.cast_signed()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Runs system calls where they may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(ContentsError::Io {
            action: "finish the work on",
            path: ContentsPath::root(),
            source: error.into(),
        })
    })
}
