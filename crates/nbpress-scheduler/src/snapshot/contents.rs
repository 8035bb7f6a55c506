//! The bytes of a snapshot while they are in memory: checked, hashed and sorted.

use bytes::Bytes;
use nbpress_format::Notebook;

use super::bare_file::as_notebook;
use super::error::SnapshotError;
use super::manifest::{self, FileEntry, Manifest, NotebookEntry, check_paths};
use crate::hash::sha256;

/// How large a snapshot may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes, the notebook's among them. Default: 100 MiB.
    pub max_bytes: u64,
    /// The most files beside the notebook. Default: 1,000.
    pub max_files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 100 * 1024 * 1024,
            max_files: 1000,
        }
    }
}

impl Limits {
    /// # Errors
    /// The sizes are too many, or too much.
    pub(super) fn check<'a>(
        &self,
        files: impl ExactSizeIterator<Item = (&'a str, u64)>,
        notebook: (&'a str, u64),
    ) -> Result<(), SnapshotError> {
        const SHOWN: usize = 5;
        if files.len() > self.max_files {
            return Err(SnapshotError::TooManyFiles {
                limit: self.max_files,
            });
        }
        let mut sizes: Vec<(&str, u64)> = files.chain([notebook]).collect();
        let total = sizes
            .iter()
            .fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
        if total <= self.max_bytes {
            return Ok(());
        }
        sizes.sort_unstable_by_key(|&(path, bytes)| (std::cmp::Reverse(bytes), path));
        let largest = sizes.into_iter().take(SHOWN);
        Err(SnapshotError::TooLarge {
            limit: self.max_bytes,
            total,
            largest: largest
                .map(|(path, bytes)| (path.to_owned(), bytes))
                .collect(),
        })
    }
}

/// One file in memory.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) path: String,
    pub(super) bytes: Bytes,
    pub(super) sha256: String,
    pub(super) executable: bool,
}

impl Content {
    pub(super) fn new(path: String, bytes: Bytes, executable: bool) -> Self {
        Self {
            sha256: sha256(&bytes),
            path,
            bytes,
            executable,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// Everything a snapshot is made of.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    pub(super) notebook: Content,
    /// Sorted by path.
    pub(super) files: Vec<Content>,
}

impl Contents {
    /// # Errors
    /// The paths cannot all be there, or it is too much.
    pub(super) fn new(
        notebook: Content,
        mut files: Vec<Content>,
        limits: Limits,
    ) -> Result<Self, SnapshotError> {
        check_paths(&notebook.path, files.iter().map(|file| file.path.as_str()))?;
        limits.check(
            files.iter().map(|file| (file.path.as_str(), file.size())),
            (&notebook.path, notebook.size()),
        )?;
        files.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { notebook, files })
    }

    pub(super) fn manifest(&self) -> Manifest {
        let files = self.files.iter().map(|file| FileEntry {
            path: file.path.clone(),
            sha256: file.sha256.clone(),
            bytes: file.size(),
            executable: file.executable,
        });
        Manifest {
            notebook: NotebookEntry {
                path: self.notebook.path.clone(),
                sha256: self.notebook.sha256.clone(),
                bytes: self.notebook.size(),
            },
            files: files.collect(),
        }
    }
}

/// The notebook these bytes are, or that is made of the script they are.
///
/// # Errors
/// They are neither.
pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<Notebook, SnapshotError> {
    if manifest::is_notebook(path) {
        return Notebook::parse(bytes).map_err(|source| SnapshotError::NotANotebook {
            path: path.to_owned(),
            source,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SnapshotError::NotText {
        path: path.to_owned(),
    })?;
    as_notebook(path, text).ok_or_else(|| SnapshotError::UnknownKind {
        path: path.to_owned(),
    })
}
