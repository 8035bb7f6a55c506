//! Jupyter's checkpoints: one for each file, beside it in a hidden directory.

use super::{Result, Workspace};
use crate::checkpoint;
use crate::entry::{Checkpoint, Condition, Entry, Saved};
use crate::error::ContentsError;
use crate::folder::Known;
use crate::path::ContentsPath;

impl Workspace {
    /// The checkpoints of a file: one or none. Changes nothing.
    ///
    /// # Errors
    /// [`ContentsError::NotFound`] when there is no such file.
    pub async fn checkpoints(&self, path: &ContentsPath) -> Result<Vec<Checkpoint>> {
        self.entry(path).await?.require_file()?;
        let found = self.place().find(&checkpoint::path_of(path)?).await?;
        Ok(found.iter().map(described).collect())
    }

    /// Makes what a file is now its checkpoint.
    pub async fn create_checkpoint(&self, path: &ContentsPath) -> Result<Checkpoint> {
        let (_, bytes) = self.read(path).await?;
        self.make_checkpoint_directory(path).await?;
        let place = checkpoint::path_of(path)?;
        let guard = self.kept().lock(&[&place]).await?;
        let prepared = self.place().prepare(&place, bytes, Condition::Any).await?;
        let whatever = Known::Whatever;
        let made = prepared.appear(&place, Condition::Any, whatever, &guard);
        Ok(described(&made.await?.entry))
    }

    /// Saves the checkpoint's bytes as the file.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn restore_checkpoint(&self, path: &ContentsPath, id: &str) -> Result<Saved> {
        self.entry(path).await?;
        let place = checkpoint_with(path, id)?;
        let read = self.place().read(&place, None).await;
        let (_, bytes) = read.map_err(|error| absent(error, path, id))?;
        self.write(path, bytes, Condition::Any).await
    }

    /// Deletes a checkpoint.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn delete_checkpoint(&self, path: &ContentsPath, id: &str) -> Result<()> {
        self.check_visible(path)?;
        let place = checkpoint_with(path, id)?;
        let deleted = self.place().delete(&place, false).await;
        deleted.map_err(|error| absent(error, path, id))
    }

    pub(super) async fn make_checkpoint_directory(&self, path: &ContentsPath) -> Result<()> {
        let directory = checkpoint::directory_of(path)?;
        match self.place().make_directory(&directory).await {
            Err(ContentsError::Exists { .. }) => Ok(()),
            made => made,
        }
    }
}

fn described(checkpoint: &Entry) -> Checkpoint {
    Checkpoint {
        id: checkpoint::ID.to_owned(),
        last_modified: checkpoint.last_modified,
    }
}

fn checkpoint_with(path: &ContentsPath, id: &str) -> Result<ContentsPath> {
    if id != checkpoint::ID {
        return Err(unknown(path, id));
    }
    Ok(checkpoint::path_of(path)?)
}

fn absent(error: ContentsError, path: &ContentsPath, id: &str) -> ContentsError {
    match error {
        ContentsError::NotFound { .. } => unknown(path, id),
        error => error,
    }
}

fn unknown(path: &ContentsPath, id: &str) -> ContentsError {
    ContentsError::UnknownVersion {
        path: path.clone(),
        id: id.to_owned(),
    }
}
