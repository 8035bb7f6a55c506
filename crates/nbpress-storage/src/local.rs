//! Local files: read, inspect, list, delete; writing is in [`write`].

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::error::StorageErrorKind;
use crate::location::Location;
use crate::storage::{Entry, Meta, Page, Version, WriteMode};

mod publish;
mod scratch;

type Result<T> = std::result::Result<T, StorageErrorKind>;

pub(crate) async fn read(path: PathBuf, range: Option<Range<u64>>) -> Result<Bytes> {
    blocking(move || {
        let mut file = open(&path)?;
        let mut bytes = Vec::new();
        match range {
            None => file.read_to_end(&mut bytes)?,
            Some(range) => {
                file.seek(SeekFrom::Start(range.start))?;
                file.take(range.end.saturating_sub(range.start))
                    .read_to_end(&mut bytes)?
            }
        };
        Ok(bytes.into())
    })
    .await
}

pub(crate) async fn write(
    path: PathBuf,
    location: &Location,
    bytes: Bytes,
    mode: WriteMode,
) -> Result<Version> {
    // As the user wrote it: papermill's message names the folder so.
    let folder = location
        .parent()
        .map(|parent| parent.to_string())
        .unwrap_or_default();
    blocking(move || {
        let version = content_version(&bytes);
        match publish::publish(&path, &bytes, &mode) {
            Err(StorageErrorKind::NotFound { .. }) if !parent_exists(&path) => {
                Err(StorageErrorKind::FolderMissing { folder })
            }
            Err(kind) => Err(kind),
            Ok(()) => Ok(version),
        }
    })
    .await
}

pub(crate) async fn head(path: PathBuf) -> Result<Meta> {
    blocking(move || {
        let mut file = open(&path)?;
        let metadata = file.metadata()?;
        let (size, version) = hash(&mut file)?;
        Ok(Meta {
            size,
            version,
            modified: metadata.modified().ok(),
        })
    })
    .await
}

pub(crate) async fn exists(path: PathBuf) -> Result<bool> {
    blocking(move || match fs::metadata(&path) {
        Ok(metadata) => Ok(!metadata.is_dir()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    })
    .await
}

/// `after` is the name of the last entry of the page before.
pub(crate) async fn list(path: PathBuf, after: Option<String>, limit: usize) -> Result<Page> {
    blocking(move || {
        let mut names = Vec::new();
        for entry in fs::read_dir(&path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !scratch::is_scratch(&name) && after.as_ref().is_none_or(|after| name > *after) {
                names.push(name);
            }
        }
        let more = names.len() > limit;
        if more {
            names.select_nth_unstable(limit);
            names.truncate(limit);
        }
        names.sort_unstable();
        let next = names.last().filter(|_| more).cloned();
        let entries = names
            .into_iter()
            .filter_map(|name| entry(&path, name))
            .collect();
        Ok(Page { entries, next })
    })
    .await
}

/// Nothing for a name that vanished meanwhile or whose link leads nowhere.
fn entry(folder: &Path, name: String) -> Option<Entry> {
    let metadata = fs::metadata(folder.join(&name)).ok()?;
    let is_folder = metadata.is_dir();
    let size = if is_folder { 0 } else { metadata.len() };
    Some(Entry {
        name,
        is_folder,
        size,
        modified: metadata.modified().ok(),
        version: None,
    })
}

pub(crate) async fn delete(path: PathBuf) -> Result<()> {
    blocking(move || {
        if fs::symlink_metadata(&path)?.is_dir() {
            return Err(StorageErrorKind::IsFolder);
        }
        fs::remove_file(&path)?;
        Ok(())
    })
    .await
}

/// The version of a local file with these bytes.
pub(crate) fn content_version(bytes: &[u8]) -> Version {
    version_of(Sha256::new_with_prefix(bytes))
}

fn version_of(hasher: Sha256) -> Version {
    Version::from_text(format!("sha256:{}", hex::encode(hasher.finalize())))
}

/// Number of bytes, and the version of what `file` holds from here to its end.
fn hash(file: &mut File) -> io::Result<(u64, Version)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut size = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((size, version_of(hasher))),
            Ok(count) => {
                hasher.update(buffer.get(..count).unwrap_or_default());
                size += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens for reading; a folder is refused here, not at the first read.
fn open(path: &Path) -> Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(StorageErrorKind::IsFolder);
    }
    Ok(file)
}

fn parent_exists(path: &Path) -> bool {
    path.parent()
        .and_then(|parent| fs::metadata(parent).ok())
        .is_some_and(|metadata: Metadata| metadata.is_dir())
}

/// Runs file system calls where they may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(StorageErrorKind::Other {
            source: Some(Box::new(error)),
        })
    })
}
