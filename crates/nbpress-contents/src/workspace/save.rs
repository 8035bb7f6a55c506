//! Saving a file: the version is kept, then it appears, at once.

use bytes::Bytes;
use jiff::Timestamp;

use super::{Result, Workspace};
use crate::entry::{Condition, Entry, Kind, Saved};
use crate::error::ContentsError;
use crate::folder::{Committed, Known};
use crate::history::{Kept, Record};
use crate::path::ContentsPath;

impl Workspace {
    /// Makes `bytes` the file at `path`: a reader sees the bytes before or these, and when this
    /// returns they are durable and in the history. The directory must exist. What another program
    /// had written there is kept in the history as well.
    ///
    /// On disk, no other save that goes through a workspace with this history comes between the check
    /// of the condition and the change. In a bucket the store arbitrates.
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
        self.check_visible(path)?;
        self.write(path, bytes, condition).await
    }

    pub(super) async fn write(
        &self,
        path: &ContentsPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Saved> {
        if path.is_root() {
            return Err(ContentsError::Root);
        }
        let real = self.place().real_path(path).await?;
        match self.write_real(&real, bytes, condition).await {
            Ok(saved) => Ok(Saved {
                entry: saved.entry.seen_at(path),
                ..saved
            }),
            Err(ContentsError::Stale { current, .. }) => Err(ContentsError::Stale {
                path: path.clone(),
                current: current.map(|current| Box::new(current.seen_at(path))),
            }),
            Err(error) => Err(error),
        }
    }

    async fn write_real(
        &self,
        path: &ContentsPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Saved> {
        // Whoever comes too late learns it before waiting.
        check(path, &condition, self.place().find(path).await?.as_ref())?;
        let guard = self.kept().lock(&[path]).await?;
        let before = self.place().find(path).await?;
        check(path, &condition, before.as_ref())?;
        let created = before.is_none();
        match before {
            Some(before) => drop(before.require_file()?),
            None => self.require_directory_of(path).await?,
        }
        let size = bytes.len() as u64;
        let prepared = self.place().prepare(path, bytes.clone(), condition.clone());
        let (hash, prepared) = tokio::try_join!(self.kept().put(&bytes), prepared)?;
        // As late as can be: until it is replaced, another program may write the file.
        let mut known = String::new();
        if let Some(replaced) = self.place().find(path).await? {
            let replaced = replaced.require_file()?;
            self.keep_foreign(&replaced).await?;
            known = replaced.etag.unwrap_or_default();
        }
        let committed = prepared.appear(path, condition, Known::Tag(known), &guard);
        let Committed { entry, replaced } = committed.await?;
        if let Some((etag, bytes)) = replaced {
            self.keep_version(path, &etag, &bytes).await?;
        }
        let kept = Kept {
            at: Timestamp::now(),
            hash,
            size,
            etag: entry.etag.clone().unwrap_or_default(),
            by: self.by.as_deref().map(str::to_owned),
        };
        // The file is saved, whatever becomes of this: a version without a record is kept again by
        // the next save.
        let _ = self.kept().append(path, &Record::Kept(kept)).await;
        self.changed(path);
        Ok(Saved { entry, created })
    }

    /// Before anything is kept of a file that cannot be.
    async fn require_directory_of(&self, path: &ContentsPath) -> Result<()> {
        let parent = self.existing(&path.parent().unwrap_or_default()).await?;
        if parent.kind == Kind::Directory {
            return Ok(());
        }
        Err(ContentsError::WrongKind {
            path: parent.path,
            expected: "directory",
            found: Some(parent.kind),
        })
    }

    /// Keeps what the file at a real path is now, unless the last version in its history is that.
    pub(super) async fn keep_foreign(&self, file: &Entry) -> Result<()> {
        let last = self.kept().last_kept(&file.path).await?;
        if last.is_some_and(|last| Some(last.etag) == file.etag) {
            return Ok(());
        }
        let (file, bytes) = self.place().read(&file.path, None).await?;
        let etag = file.etag.unwrap_or_default();
        self.keep_version(&file.path, &etag, &bytes).await
    }

    /// Keeps what another program wrote at a real path.
    pub(super) async fn keep_version(
        &self,
        path: &ContentsPath,
        etag: &str,
        bytes: &Bytes,
    ) -> Result<()> {
        let kept = Kept {
            at: Timestamp::now(),
            hash: self.kept().put(bytes).await?,
            size: bytes.len() as u64,
            etag: etag.to_owned(),
            by: None,
        };
        self.kept().append(path, &Record::Kept(kept)).await
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
        self.check_visible(path)?;
        let history = self.kept();
        match chunk {
            -1 => {
                let whole = history.finish_upload(path, bytes).await?;
                let saved = self.write(path, whole, Condition::Any).await?;
                history.end_upload(path).await?;
                return Ok(Some(saved));
            }
            1 => history.begin_upload(path, bytes).await?,
            2.. => {
                let number = chunk.unsigned_abs();
                history.continue_upload(path, number, bytes).await?;
            }
            _ => {
                let path = path.clone();
                return Err(ContentsError::ChunkOrder { path, chunk });
            }
        }
        Ok(None)
    }
}

fn check(path: &ContentsPath, condition: &Condition, current: Option<&Entry>) -> Result<()> {
    let holds = match (condition, current) {
        (Condition::Any, _) | (Condition::IfAbsent, None) => true,
        (Condition::IfMatch(expected), Some(current)) => current.etag.as_ref() == Some(expected),
        (Condition::IfAbsent, Some(_)) | (Condition::IfMatch(_), None) => false,
    };
    if holds {
        return Ok(());
    }
    Err(ContentsError::Stale {
        path: path.clone(),
        current: current.cloned().map(Box::new),
    })
}
