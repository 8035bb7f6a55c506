//! Everything that can be done with a workspace.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use nbpress_storage::{Location, Storage};

use crate::entry::{
    Checkpoint, Condition, Entry, Kind, ListOptions, Page, Resolution, Saved, Version,
};
use crate::error::ContentsError;
use crate::path::ContentsPath;

type Result<T> = std::result::Result<T, ContentsError>;

/// Notebooks and files in one folder, or under one prefix of an object store. Cheap to clone.
///
/// Paths with a name that begins with a dot are refused with [`ContentsError::Hidden`] unless
/// [`Workspace::with_hidden`] allows them.
#[derive(Clone, Debug)]
pub struct Workspace {
    allows_hidden: bool,
    by: Option<Arc<str>>,
}

impl Workspace {
    /// The workspace at `root`, a folder or a prefix (`s3://bucket/team/`). `history` is where the
    /// versions of its files are kept: a folder for a folder, which is made if there is none; a
    /// folder or a prefix for a prefix; never within `root`.
    ///
    /// # Errors
    /// [`ContentsError::NotFound`] when the folder does not exist, [`ContentsError::HistoryPlace`].
    pub async fn open(storage: Arc<Storage>, root: &Location, history: &Location) -> Result<Self> {
        let _ = (storage, root, history);
        todo!()
    }

    /// The same workspace, where names that begin with a dot may be used too.
    #[must_use]
    pub fn with_hidden(&self) -> Self {
        todo!()
    }

    /// The same workspace, whose saves say that `who` made them.
    #[must_use]
    pub fn acting_as(&self, who: &str) -> Self {
        let _ = who;
        todo!()
    }

    /// What is at `path`.
    pub async fn entry(&self, path: &ContentsPath) -> Result<Entry> {
        let _ = path;
        todo!()
    }

    /// A part of the directory at `path`. `__pycache__`, `*.pyc`, `*.pyo`, `.DS_Store` and `*~` are
    /// never in it, as in Jupyter, and neither are links that lead out of the workspace or nowhere.
    pub async fn list(&self, path: &ContentsPath, options: ListOptions) -> Result<Page> {
        let _ = (path, options);
        todo!()
    }

    /// The file at `path` and all its bytes.
    pub async fn read(&self, path: &ContentsPath) -> Result<(Entry, Bytes)> {
        let _ = path;
        todo!()
    }

    /// The file at `path` and the bytes of `range`, cut at its end.
    pub async fn read_range(
        &self,
        path: &ContentsPath,
        range: Range<u64>,
    ) -> Result<(Entry, Bytes)> {
        let _ = (path, range);
        todo!()
    }

    /// SHA-256 of the bytes of a file in hexadecimal digits.
    pub async fn hash(&self, path: &ContentsPath) -> Result<String> {
        let _ = path;
        todo!()
    }

    /// Makes `bytes` the file at `path`: a reader sees the bytes before or these, and when this
    /// returns they are durable and in the history. The directory must exist.
    ///
    /// # Errors
    /// [`ContentsError::Stale`] when `condition` does not hold, also where a file is and
    /// [`Condition::IfAbsent`] was asked.
    pub async fn save(
        &self,
        path: &ContentsPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Saved> {
        let _ = (path, bytes, condition);
        todo!()
    }

    /// Saves a notebook that was made from the one with the etag `base`. If somebody else changed
    /// the file since, both changes are put together cell by cell; if both changed the same cell,
    /// the file is left alone and the bytes are saved beside it, as `x (conflict <UTC>).ipynb`.
    pub async fn save_merged(
        &self,
        path: &ContentsPath,
        base: &str,
        bytes: Bytes,
    ) -> Result<Resolution> {
        let _ = (path, base, bytes);
        todo!()
    }

    /// One chunk of a file, as JupyterLab sends large ones: 1 begins, 2 and on follow, -1 is the
    /// last, with which the file appears, whole. None before. Chunks that nothing follows for a day
    /// are forgotten.
    ///
    /// # Errors
    /// [`ContentsError::ChunkOrder`] when chunks before this one are missing.
    pub async fn upload_chunk(
        &self,
        path: &ContentsPath,
        chunk: i64,
        bytes: Bytes,
    ) -> Result<Option<Saved>> {
        let _ = (path, chunk, bytes);
        todo!()
    }

    /// Makes a directory in an existing one.
    ///
    /// # Errors
    /// [`ContentsError::Exists`].
    pub async fn make_directory(&self, path: &ContentsPath) -> Result<Entry> {
        let _ = path;
        todo!()
    }

    /// Makes something new in `directory`, under the first free of Jupyter's names:
    /// `Untitled.ipynb`, `Untitled1.ipynb`; `untitled.txt` for the `extension` `.txt`;
    /// `Untitled Folder`, `Untitled Folder 1`. Two callers never get the same one.
    pub async fn untitled(
        &self,
        directory: &ContentsPath,
        kind: Kind,
        extension: &str,
    ) -> Result<Entry> {
        let _ = (directory, kind, extension);
        todo!()
    }

    /// Copies a file or directory to `to`, where nothing may be.
    pub async fn copy(&self, from: &ContentsPath, to: &ContentsPath) -> Result<Entry> {
        let _ = (from, to);
        todo!()
    }

    /// Copies a file or directory into `directory`, under its own name or else the first free of
    /// `x-Copy1.ipynb`, `x-Copy2.ipynb`.
    pub async fn copy_into(&self, from: &ContentsPath, directory: &ContentsPath) -> Result<Entry> {
        let _ = (from, directory);
        todo!()
    }

    /// Gives a file or directory another name, with its checkpoint and its history.
    ///
    /// # Errors
    /// [`ContentsError::Exists`] when something is at `to`; [`ContentsError::Root`].
    pub async fn rename(&self, from: &ContentsPath, to: &ContentsPath) -> Result<Entry> {
        let _ = (from, to);
        todo!()
    }

    /// Deletes a file with its checkpoint, or a directory; with everything in it if `recursive`. The
    /// history keeps what it has.
    ///
    /// # Errors
    /// [`ContentsError::NotEmpty`] (a directory of checkpoints does not count), [`ContentsError::Root`].
    pub async fn delete(&self, path: &ContentsPath, recursive: bool) -> Result<()> {
        let _ = (path, recursive);
        todo!()
    }

    /// The checkpoints of a file: one or none.
    pub async fn checkpoints(&self, path: &ContentsPath) -> Result<Vec<Checkpoint>> {
        let _ = path;
        todo!()
    }

    /// Makes what a file is now its checkpoint.
    pub async fn create_checkpoint(&self, path: &ContentsPath) -> Result<Checkpoint> {
        let _ = path;
        todo!()
    }

    /// Saves the checkpoint's bytes as the file.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn restore_checkpoint(&self, path: &ContentsPath, id: &str) -> Result<Saved> {
        let _ = (path, id);
        todo!()
    }

    /// Deletes a checkpoint.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn delete_checkpoint(&self, path: &ContentsPath, id: &str) -> Result<()> {
        let _ = (path, id);
        todo!()
    }

    /// The versions of a file, newest first, also those from before it was renamed, and those of a
    /// file that is deleted.
    pub async fn history(&self, path: &ContentsPath) -> Result<Vec<Version>> {
        let _ = path;
        todo!()
    }

    /// Keeps what a file is now, if the history does not have it: worth doing when somebody begins
    /// to edit, so that a later [`Workspace::save_merged`] knows what they began with.
    pub async fn keep(&self, path: &ContentsPath) -> Result<()> {
        let _ = path;
        todo!()
    }

    /// The bytes of a version.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn version(&self, path: &ContentsPath, id: &str) -> Result<Bytes> {
        let _ = (path, id);
        todo!()
    }

    /// Gives a version a name; an empty one takes it away.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn name_version(&self, path: &ContentsPath, id: &str, name: &str) -> Result<()> {
        let _ = (path, id, name);
        todo!()
    }

    /// Saves a version's bytes as the file.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn restore(&self, path: &ContentsPath, id: &str) -> Result<Saved> {
        let _ = (path, id);
        todo!()
    }
}
