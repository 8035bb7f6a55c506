//! Directories of a bucket: make, rename, copy, delete; object by object.

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use nbpress_storage::WriteOptions;

use super::{Bucket, MARKER, PAGE, Result};
use crate::checkpoint;
use crate::entry::Kind;
use crate::error::ContentsError;
use crate::path::ContentsPath;

/// How many objects are copied or deleted at once.
const AT_ONCE: usize = 16;

impl Bucket {
    pub(crate) async fn make_directory(&self, path: &ContentsPath) -> Result<()> {
        let parent = path.parent().ok_or(ContentsError::Root)?;
        self.require_directory(&parent).await?;
        self.require_nothing(path).await?;
        // Of those who make it at once, one makes the marker.
        let options = WriteOptions::if_absent();
        let marker = self.at(path).join(MARKER);
        let made = self.storage.write(&marker, Bytes::new(), options).await;
        made.map(drop).map_err(ContentsError::storage(path))
    }

    /// The new objects are there before the first of the old ones is gone.
    pub(crate) async fn rename(&self, from: &ContentsPath, to: &ContentsPath) -> Result<()> {
        let not_found = || ContentsError::NotFound { path: from.clone() };
        let entry = self.find(from).await?.ok_or_else(not_found)?;
        if entry.kind == Kind::Directory {
            self.copy_directory(from, to).await?;
            self.delete_beneath(from).await?;
        } else {
            let parent = to.parent().ok_or(ContentsError::Root)?;
            self.require_directory(&parent).await?;
            self.require_nothing(to).await?;
            self.copy_object(from, to).await?;
            self.delete_object(from).await?;
        }
        self.keep_parent(from).await
    }

    pub(crate) async fn copy_directory(
        &self,
        from: &ContentsPath,
        to: &ContentsPath,
    ) -> Result<()> {
        self.make_directory(to).await?;
        let names = self.names_beneath(from).await?;
        let is_marker = |name: &String| name == MARKER;
        let copies = names
            .into_iter()
            .filter(|name| !is_marker(name))
            .map(|name| {
                let (from, to) = (from.append(&name), to.append(&name));
                async move { self.copy_object(&from, &to).await }
            });
        stream::iter(copies)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    pub(crate) async fn delete(&self, path: &ContentsPath, recursive: bool) -> Result<()> {
        let not_found = || ContentsError::NotFound { path: path.clone() };
        let entry = self.find(path).await?.ok_or_else(not_found)?;
        if entry.kind != Kind::Directory {
            self.delete_object(path).await?;
            return self.keep_parent(path).await;
        }
        if !recursive {
            let at = self.at(path);
            let listed = self.storage.list(&at, None, 3).await;
            let listed = listed.map_err(ContentsError::storage(path))?;
            let counts = |name: &str| name != MARKER && name != checkpoint::DIRECTORY;
            if listed.entries.iter().any(|entry| counts(&entry.name)) {
                return Err(ContentsError::NotEmpty { path: path.clone() });
            }
        }
        self.delete_beneath(path).await?;
        self.keep_parent(path).await
    }

    /// A directory stays when the last thing in it goes.
    async fn keep_parent(&self, path: &ContentsPath) -> Result<()> {
        let parent = path.parent().filter(|parent| !parent.is_root());
        let Some(parent) = parent else { return Ok(()) };
        if self.has_something(&parent).await? {
            return Ok(());
        }
        let marker = self.at(&parent).join(MARKER);
        let options = WriteOptions::overwrite();
        let made = self.storage.write(&marker, Bytes::new(), options).await;
        made.map(drop).map_err(ContentsError::storage(&parent))
    }

    async fn require_nothing(&self, path: &ContentsPath) -> Result<()> {
        match self.find(path).await? {
            None => Ok(()),
            Some(_) => Err(ContentsError::Exists { path: path.clone() }),
        }
    }

    async fn copy_object(&self, from: &ContentsPath, to: &ContentsPath) -> Result<()> {
        let bytes = self.storage.read(&self.at(from)).await;
        let bytes = bytes.map_err(ContentsError::storage(from))?;
        let options = WriteOptions {
            content_type: crate::mimetype::of(to.name()).map(str::to_owned),
            ..WriteOptions::if_absent()
        };
        let written = self.storage.write(&self.at(to), bytes, options).await;
        written.map(drop).map_err(ContentsError::storage(to))
    }

    async fn delete_object(&self, path: &ContentsPath) -> Result<()> {
        match self.storage.delete(&self.at(path)).await {
            Err(error) if !error.is_not_found() => Err(ContentsError::storage(path)(error)),
            _ => Ok(()),
        }
    }

    async fn delete_beneath(&self, path: &ContentsPath) -> Result<()> {
        let names = self.names_beneath(path).await?;
        let deletions = names.into_iter().map(|name| {
            let path = path.append(&name);
            async move { self.delete_object(&path).await }
        });
        stream::iter(deletions)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// The objects under a prefix, by what follows it.
    async fn names_beneath(&self, path: &ContentsPath) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut directories = vec![String::new()];
        while let Some(directory) = directories.pop() {
            let at = self.at(&path.append(&directory));
            let mut after = None;
            loop {
                let page = self.storage.list(&at, after.as_deref(), PAGE).await;
                let page = page.map_err(ContentsError::storage(path))?;
                for found in page.entries {
                    let name = ContentsPath::root().append(&directory).append(&found.name);
                    let kind = if found.is_folder {
                        &mut directories
                    } else {
                        &mut names
                    };
                    kind.push(name.as_str().to_owned());
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(names)
    }
}
