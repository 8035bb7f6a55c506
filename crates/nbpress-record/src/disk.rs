//! The few file operations a store is made of.

#![expect(
    clippy::disallowed_methods,
    reason = "a store is a local folder: appending, locking and syncing are what it needs, and no object store has them"
)]

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

use sha2::{Digest as _, Sha256};

use crate::error::RecordError;

/// The bytes of a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, RecordError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(RecordError::io("read", path)(error)),
    }
}

/// Whether the error says that there is no such file.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Writes a new file.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<File, RecordError> {
    let mut file = File::create(path).map_err(RecordError::io("create", path))?;
    file.write_all(bytes)
        .map_err(RecordError::io("write", path))?;
    Ok(file)
}

/// Writes a new file to stable storage; its name becomes durable with [`sync_folder`].
pub(crate) fn create_synced(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    create(path, bytes)?
        .sync_all()
        .map_err(RecordError::io("sync", path))
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), RecordError> {
    fs::create_dir_all(path).map_err(RecordError::io("create", path))
}

/// Gives a file or folder another name on the same file system, at once.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), RecordError> {
    fs::rename(from, to).map_err(RecordError::io("rename", from))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), RecordError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(RecordError::io("sync", path))
}

/// Makes the bytes of files durable. Calls that wait for the disk at the same time share its
/// commits: 200 files take the time of 30.
pub(crate) fn sync_files(paths: &[PathBuf]) -> Result<(), RecordError> {
    const AT_A_TIME: usize = 8;
    let sync = |path: &PathBuf| {
        let synced = File::open(path).and_then(|file| file.sync_data());
        synced.map_err(RecordError::io("sync", path))
    };
    if paths.len() < AT_A_TIME {
        return paths.iter().try_for_each(sync);
    }
    thread::scope(|scope| {
        let shares = paths.chunks(paths.len().div_ceil(AT_A_TIME));
        let threads: Vec<_> = shares
            .map(|share| scope.spawn(move || share.iter().try_for_each(sync)))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| died(paths)))
    })
}

fn died(paths: &[PathBuf]) -> Result<(), RecordError> {
    let path = paths.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    Err(RecordError::io("sync", path)(io::Error::other(
        "the thread died",
    )))
}

/// Removes a file that may be absent.
pub(crate) fn remove_file(path: &Path) -> Result<(), RecordError> {
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => Err(RecordError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a folder that may be absent, with everything in it.
pub(crate) fn remove_folder(path: &Path) -> Result<(), RecordError> {
    match fs::remove_dir_all(path) {
        Err(error) if !is_absent(&error) => Err(RecordError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// The names in a folder, unsorted; none when there is no folder. Names that are not text are left
/// out: nothing in a store has one.
pub(crate) fn names(path: &Path) -> Result<Vec<String>, RecordError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(RecordError::io("list", path)(error)),
    };
    entries
        .filter_map(|entry| {
            entry
                .map(|entry| entry.file_name().into_string().ok())
                .transpose()
        })
        .collect::<io::Result<_>>()
        .map_err(RecordError::io("list", path))
}

/// A file's length; `None` when there is none.
pub(crate) fn length(path: &Path) -> Option<u64> {
    fs::metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)
        .map(|metadata| metadata.len())
}

/// The SHA-256 of some bytes in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Opens a file to read it; `None` when there is none.
pub(crate) fn open(path: &Path) -> Result<Option<File>, RecordError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(RecordError::io("read", path)(error)),
    }
}

/// The same as [`sha256_of_file`]; `None` for what only points to a file, too.
pub(crate) fn sha256_of_own_file(path: &Path) -> Result<Option<(String, u64)>, RecordError> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    if is_file {
        sha256_of_file(path)
    } else {
        Ok(None)
    }
}

/// The SHA-256 and the length of a file, read piece by piece; `None` when there is none.
pub(crate) fn sha256_of_file(path: &Path) -> Result<Option<(String, u64)>, RecordError> {
    let Some(mut file) = open(path)? else {
        return Ok(None);
    };
    let mut hasher = Sha256::new();
    let length = io::copy(&mut file, &mut hasher).map_err(RecordError::io("read", path))?;
    Ok(Some((hex::encode(hasher.finalize()), length)))
}
