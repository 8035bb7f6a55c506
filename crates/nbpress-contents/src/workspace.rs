//! Everything that can be done with a workspace.

mod checkpoints;
mod merged;
mod moves;
mod naming;
mod save;
mod versions;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use nbpress_storage::{Location, Storage};

use crate::entry::{Entry, ListOptions, Page};
use crate::error::ContentsError;
use crate::history::{self, History};
use crate::path::ContentsPath;
use crate::place::{self, Place};

type Result<T> = std::result::Result<T, ContentsError>;

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
}

impl Workspace {
    /// The workspace at `root`, a folder or a prefix (`s3://bucket/team/`). `history` is where the
    /// versions of its files are kept: a folder for a folder, which is made if there is none; a
    /// folder or a prefix for a prefix; never within `root`. Relative paths are those of the process.
    ///
    /// # Errors
    /// [`ContentsError::NotFound`] when the folder does not exist, [`ContentsError::HistoryPlace`].
    pub async fn open(storage: Arc<Storage>, root: &Location, history: &Location) -> Result<Self> {
        let (place, history) = place::open(storage, root, history).await?;
        Ok(Self {
            opened: Arc::new(Opened { place, history }),
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

    /// SHA-256 of the bytes of a file in hexadecimal digits.
    ///
    /// # Errors
    /// As [`Workspace::read`].
    pub async fn hash(&self, path: &ContentsPath) -> Result<String> {
        let (entry, bytes) = self.read(path).await?;
        drop(entry);
        history::sha256(&bytes).await
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
