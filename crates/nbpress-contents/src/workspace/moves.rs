//! Renaming and deleting, with what belongs to a file.

use jiff::Timestamp;

use super::naming::check_apart;
use super::{Result, Workspace};
use crate::checkpoint;
use crate::entry::{Entry, Kind};
use crate::error::ContentsError;
use crate::history::{Guard, Record};
use crate::path::ContentsPath;

impl Workspace {
    /// Gives a file or directory another name, with its checkpoint and its history. In a bucket a
    /// directory moves object by object.
    ///
    /// # Errors
    /// [`ContentsError::Exists`] when something is at `to`, [`ContentsError::Root`],
    /// [`ContentsError::IntoItself`].
    pub async fn rename(&self, from: &ContentsPath, to: &ContentsPath) -> Result<Entry> {
        self.check_visible(from)?;
        self.check_visible(to)?;
        if from.is_root() || to.is_root() {
            return Err(ContentsError::Root);
        }
        check_apart(from, to)?;
        let old = self.place().real_name(from).await?;
        let new = self.place().real_name(to).await?;
        let guard = self.kept().lock(&[&old, &new]).await?;
        let entry = self.existing(from).await?;
        if from == to {
            return Ok(entry);
        }
        self.place().rename(from, to, &guard).await?;
        self.changed(&old);
        self.changed(&new);
        if entry.kind != Kind::Directory {
            self.move_checkpoint(from, to, &guard).await?;
        }
        let at = Timestamp::now();
        let went = Record::WentTo {
            at,
            path: new.to_string(),
        };
        self.kept().append(&old, &went).await?;
        let came = Record::CameFrom {
            at,
            path: old.to_string(),
        };
        self.kept().append(&new, &came).await?;
        self.existing(to).await
    }

    /// Deletes a file with its checkpoint, or a directory; with everything in it if `recursive`. The
    /// history keeps what it has.
    ///
    /// # Errors
    /// [`ContentsError::NotEmpty`] (a directory of checkpoints does not count), [`ContentsError::Root`].
    pub async fn delete(&self, path: &ContentsPath, recursive: bool) -> Result<()> {
        self.check_visible(path)?;
        if path.is_root() {
            return Err(ContentsError::Root);
        }
        let real = self.place().real_name(path).await?;
        let guard = self.kept().lock(&[&real]).await?;
        // A link that leads nowhere can be deleted, too.
        let is_directory = matches!(
            self.place().find(path).await,
            Ok(Some(Entry {
                kind: Kind::Directory,
                ..
            }))
        );
        self.place().delete(path, recursive).await?;
        self.changed(&real);
        drop(guard);
        if is_directory {
            return Ok(());
        }
        allow_absent(
            self.place()
                .delete(&checkpoint::path_of(path)?, false)
                .await,
        )
    }

    /// A checkpoint that a former file left at the new name gives way.
    async fn move_checkpoint(
        &self,
        from: &ContentsPath,
        to: &ContentsPath,
        guard: &Guard,
    ) -> Result<()> {
        let (old, new) = (checkpoint::path_of(from)?, checkpoint::path_of(to)?);
        allow_absent(self.place().delete(&new, false).await)?;
        if self.place().find(&old).await?.is_none() {
            return Ok(());
        }
        self.make_checkpoint_directory(to).await?;
        self.place().rename(&old, &new, guard).await
    }
}

fn allow_absent(done: Result<()>) -> Result<()> {
    match done {
        Err(ContentsError::NotFound { .. }) => Ok(()),
        done => done,
    }
}
