//! The history of a file.

use bytes::Bytes;
use jiff::Timestamp;

use super::{Result, Workspace};
use crate::entry::{Condition, Entry, Saved, Version};
use crate::error::ContentsError;
use crate::history::Record;
use crate::path::ContentsPath;

impl Workspace {
    /// The versions of a file, newest first, also those from before it was renamed, and those of a
    /// file that is deleted. Of saves in a row that changed nothing, the first.
    pub async fn history(&self, path: &ContentsPath) -> Result<Vec<Version>> {
        self.check_visible(path)?;
        let real = self.place().real_path(path).await?;
        self.kept().versions(&real).await
    }

    /// Keeps what a file is now, if the history does not have it: worth doing when somebody begins
    /// to edit, so that a later [`Workspace::save_merged`] knows what they began with.
    pub async fn keep(&self, path: &ContentsPath) -> Result<()> {
        self.check_visible(path)?;
        let real = self.place().real_path(path).await?;
        let _guard = self.kept().lock(&[&real]).await?;
        let file = self.existing(&real).await?.require_file()?;
        self.keep_foreign(&file).await
    }

    /// Keeps bytes that were read of a file, before somebody is shown them: whatever becomes of the file, a save
    /// that began with them can be merged, and they can be restored. Writes nothing where the history has them.
    pub async fn keep_seen(&self, seen: &Entry, bytes: &Bytes) -> Result<()> {
        self.check_visible(&seen.path)?;
        let real = self.place().real_path(&seen.path).await?;
        let is_kept = async || -> Result<bool> {
            let last = self.kept().last_kept(&real).await?;
            Ok(last.is_some_and(|last| Some(last.etag) == seen.etag))
        };
        if is_kept().await? {
            return Ok(());
        }
        let _guard = self.kept().lock(&[&real]).await?;
        if is_kept().await? {
            return Ok(());
        }
        let etag = seen.etag.clone().unwrap_or_default();
        self.keep_version(&real, &etag, bytes).await
    }

    /// The bytes of a version.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn version(&self, path: &ContentsPath, id: &str) -> Result<Bytes> {
        let version = self.find_version(path, id).await?;
        self.kept().get(&version.hash).await
    }

    /// Gives a version a name; an empty one takes it away.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn name_version(&self, path: &ContentsPath, id: &str, name: &str) -> Result<()> {
        let version = self.find_version(path, id).await?;
        let named = Record::Named {
            at: Timestamp::now(),
            id: version.id,
            name: name.to_owned(),
        };
        let real = self.place().real_path(path).await?;
        let _guard = self.kept().lock(&[&real]).await?;
        self.kept().append(&real, &named).await
    }

    /// Saves a version's bytes as the file.
    ///
    /// # Errors
    /// [`ContentsError::UnknownVersion`].
    pub async fn restore(&self, path: &ContentsPath, id: &str) -> Result<Saved> {
        let bytes = self.version(path, id).await?;
        self.write(path, bytes, Condition::Any).await
    }

    async fn find_version(&self, path: &ContentsPath, id: &str) -> Result<Version> {
        let versions = self.history(path).await?;
        let found = versions.into_iter().find(|version| version.id == id);
        found.ok_or_else(|| ContentsError::UnknownVersion {
            path: path.clone(),
            id: id.to_owned(),
        })
    }
}
