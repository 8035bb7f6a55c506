//! Everything that can be done with a workspace.

mod checkpoints;
mod merged;
mod moves;
mod naming;
mod save;
mod versions;
mod watch;

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use nbpress_storage::{Location, Storage};
use sha2::{Digest as _, Sha256};

use crate::entry::{Entry, ListOptions, Page};
use crate::error::ContentsError;
use crate::folder::blocking;
use crate::history::History;
use crate::path::ContentsPath;
use crate::place::{self, Place};
use crate::watch::Notice;
use watch::Changes;

type Result<T> = std::result::Result<T, ContentsError>;

/// How many bytes of a large file are in memory at once.
const PART: u64 = 16 * 1024 * 1024;
/// How often a file is hashed again that changes meanwhile.
const HASHES: usize = 3;

/// Notebooks and files in one folder, or under one prefix of an object store. Cheap to clone.
///
/// Paths with a name that begins with a dot are refused with [`ContentsError::Hidden`] unless
/// [`Workspace::with_hidden`] allows them.
#[derive(Clone, Debug)]
pub struct Workspace {
    opened: Arc<Opened>,
    allows_hidden: bool,
    by: Option<Arc<str>>,
}

#[derive(Debug)]
struct Opened {
    place: Place,
    history: History,
    changes: Changes,
}

impl Workspace {
    /// The workspace at `root`, a folder or a prefix (`s3://bucket/team/`). `history` is where the
    /// versions of its files are kept, and of no other workspace's: a folder for a folder, which is
    /// made if there is none; a folder or a prefix for a prefix; never within `root`. Relative paths
    /// are those of the process.
    ///
    /// # Errors
    /// [`ContentsError::NotFound`] when the folder does not exist, [`ContentsError::HistoryPlace`].
    pub async fn open(storage: Arc<Storage>, root: &Location, history: &Location) -> Result<Self> {
        let (place, history) = place::open(storage, root, history).await?;
        Ok(Self {
            opened: Arc::new(Opened {
                place,
                history,
                changes: Changes::default(),
            }),
            allows_hidden: false,
            by: None,
        })
    }

    /// The same workspace, where names that begin with a dot may be used too.
    #[must_use]
    pub fn with_hidden(&self) -> Self {
        Self {
            allows_hidden: true,
            ..self.clone()
        }
    }

    /// The same workspace, whose saves say that `who` made them.
    #[must_use]
    pub fn acting_as(&self, who: &str) -> Self {
        Self {
            by: Some(who.into()),
            ..self.clone()
        }
    }

    /// What is at `path`.
    ///
    /// # Errors
    /// [`ContentsError::NotFound`], [`ContentsError::OutsideRoot`].
    pub async fn entry(&self, path: &ContentsPath) -> Result<Entry> {
        self.check_visible(path)?;
        self.existing(path).await
    }

    /// A part of the directory at `path`. `__pycache__`, `*.pyc`, `*.pyo`, `.DS_Store` and `*~` are
    /// never in it, as in Jupyter, and neither are links that lead out of the workspace or nowhere,
    /// what is no file, and names that no [`ContentsPath`] can have. Hidden names are shown only where
    /// they may be used.
    ///
    /// In a bucket each page is sorted, and pages follow each other as the store has them.
    pub async fn list(&self, path: &ContentsPath, mut options: ListOptions) -> Result<Page> {
        self.check_visible(path)?;
        options.show_hidden &= self.allows_hidden;
        self.place().list(path, options).await
    }

    /// The file at `path` and all its bytes.
    ///
    /// # Errors
    /// [`ContentsError::NotFound`], [`ContentsError::WrongKind`] when it is a directory.
    pub async fn read(&self, path: &ContentsPath) -> Result<(Entry, Bytes)> {
        self.check_visible(path)?;
        self.place().read(path, None).await
    }

    /// The file at `path` and the bytes of `range`, cut at its end.
    ///
    /// # Errors
    /// As [`Workspace::read`].
    pub async fn read_range(
        &self,
        path: &ContentsPath,
        range: Range<u64>,
    ) -> Result<(Entry, Bytes)> {
        self.check_visible(path)?;
        self.place().read(path, Some(range)).await
    }

    /// The file at `path`, open to be read, where it is one of this machine; none in a bucket.
    ///
    /// # Errors
    /// As [`Workspace::read`].
    pub async fn open_file(&self, path: &ContentsPath) -> Result<Option<(Entry, File)>> {
        self.check_visible(path)?;
        match self.place() {
            Place::Folder(folder) => folder.open_file(path).await.map(Some),
            Place::Bucket(_) => Ok(None),
        }
    }

    /// SHA-256 of the bytes of a file in hexadecimal digits. Takes little memory, however large the
    /// file.
    ///
    /// # Errors
    /// As [`Workspace::read`]; [`ContentsError::Stale`] when the file changes all the time.
    pub async fn hash(&self, path: &ContentsPath) -> Result<String> {
        self.check_visible(path)?;
        let mut current = None;
        for _ in 0..HASHES {
            match self.hash_once(path).await? {
                Ok(hash) => return Ok(hash),
                Err(entry) => current = Some(Box::new(entry)),
            }
        }
        let path = path.clone();
        Err(ContentsError::Stale { path, current })
    }

    /// What the file has become, when it changed on the way.
    async fn hash_once(&self, path: &ContentsPath) -> Result<std::result::Result<String, Entry>> {
        let mut hasher = Sha256::new();
        let mut end = 0;
        let mut etag = None;
        loop {
            let begin = end;
            end += PART;
            let (entry, part) = self.place().read(path, Some(begin..end)).await?;
            if begin > 0 && entry.etag != etag {
                return Ok(Err(entry));
            }
            etag = entry.etag;
            hasher = blocking(move || Ok(hasher.chain_update(&part))).await?;
            if entry.size.is_none_or(|size| size <= end) {
                return Ok(Ok(hex::encode(hasher.finalize())));
            }
        }
    }

    /// Says when something happens in a directory; none where nothing can.
    pub(crate) async fn notice(&self, directory: &ContentsPath) -> Result<Option<Notice>> {
        self.check_visible(directory)?;
        match self.place() {
            Place::Folder(folder) => folder.notice(directory).await,
            Place::Bucket(_) => Ok(None),
        }
    }

    async fn existing(&self, path: &ContentsPath) -> Result<Entry> {
        let found = self.place().find(path).await?;
        found.ok_or_else(|| ContentsError::NotFound { path: path.clone() })
    }

    fn check_visible(&self, path: &ContentsPath) -> Result<()> {
        if path.is_hidden() && !self.allows_hidden {
            return Err(ContentsError::Hidden { path: path.clone() });
        }
        Ok(())
    }

    fn place(&self) -> &Place {
        &self.opened.place
    }

    fn kept(&self) -> &History {
        &self.opened.history
    }
}
