//! Files that arrive in chunks: collected here, so that nobody sees them before they are whole.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use memmap2::Mmap;
use nbpress_storage::{Location, WriteOptions};

use super::{History, Result, key};
use crate::error::ContentsError;
use crate::folder::blocking;
use crate::path::ContentsPath;

/// How long the next chunk may be awaited.
const PATIENCE: Duration = Duration::from_hours(24);
/// How many names are listed at once.
const PAGE: usize = 1000;

const UPLOADS: &str = "uploads";

impl History {
    /// Begins an upload with its first chunk. One to the same path that was not finished is
    /// forgotten, and so are those that nobody went on with.
    pub(crate) async fn begin_upload(&self, path: &ContentsPath, bytes: Bytes) -> Result<()> {
        self.forget_abandoned(SystemTime::now()).await?;
        self.forget_upload(&self.upload(path)).await?;
        self.keep_chunk(path, 1, bytes).await
    }

    /// Adds the chunk after those that are there.
    pub(crate) async fn continue_upload(
        &self,
        path: &ContentsPath,
        chunk: u64,
        bytes: Bytes,
    ) -> Result<()> {
        let before = self.upload(path).join(&chunk_name(chunk.saturating_sub(1)));
        let follows = self.storage.exists(&before).await;
        if !follows.map_err(ContentsError::Storage)? {
            return Err(ContentsError::ChunkOrder {
                path: path.clone(),
                chunk: chunk.cast_signed(),
            });
        }
        self.keep_chunk(path, chunk, bytes).await
    }

    /// All chunks in one, with the last. They are on a disk, not in memory: the bytes are read as they are used.
    pub(crate) async fn finish_upload(&self, path: &ContentsPath, last: Bytes) -> Result<Bytes> {
        let upload = self.upload(path);
        let names = self.names(&upload).await?;
        if names.is_empty() {
            return Err(ContentsError::ChunkOrder {
                path: path.clone(),
                chunk: -1,
            });
        }
        let mut whole = Whole::new(upload.is_local()).map_err(ContentsError::io("write", path))?;
        for (index, (name, _)) in names.iter().enumerate() {
            if *name != chunk_name(index as u64 + 1) {
                break;
            }
            let chunk = self.storage.read(&upload.join(name)).await;
            let chunk = chunk.map_err(ContentsError::Storage)?;
            whole = whole.with(path, chunk).await?;
        }
        let whole = whole.with(path, last).await?;
        whole.bytes().map_err(ContentsError::io("read", path))
    }

    /// Forgets the chunks of a path.
    pub(crate) async fn end_upload(&self, path: &ContentsPath) -> Result<()> {
        self.forget_upload(&self.upload(path)).await
    }

    /// Forgets uploads whose last chunk came too long before `now`.
    pub(super) async fn forget_abandoned(&self, now: SystemTime) -> Result<()> {
        let uploads = self.root.join(UPLOADS);
        for (name, _) in self.names(&uploads).await? {
            let upload = uploads.join(&name);
            let chunks = self.names(&upload).await?;
            let latest = chunks.iter().filter_map(|(_, modified)| *modified).max();
            let age = latest.and_then(|latest| now.duration_since(latest).ok());
            if age.is_some_and(|age| age > PATIENCE) {
                self.forget_upload(&upload).await?;
            }
        }
        Ok(())
    }

    async fn keep_chunk(&self, path: &ContentsPath, chunk: u64, bytes: Bytes) -> Result<()> {
        let name = format!("{UPLOADS}/{}/{}", key(path), chunk_name(chunk));
        let place = self.place(&name).await?;
        let written = self.storage.write(&place, bytes, WriteOptions::overwrite());
        written
            .await
            .map(drop)
            .map_err(ContentsError::storage(path))
    }

    async fn forget_upload(&self, upload: &Location) -> Result<()> {
        for (name, _) in self.names(upload).await? {
            match self.storage.delete(&upload.join(&name)).await {
                Err(error) if !error.is_not_found() => return Err(ContentsError::Storage(error)),
                _ => {}
            }
        }
        if let Some(folder) = upload.is_local().map(ToOwned::to_owned) {
            // Gone, or begun again by somebody else.
            blocking(move || {
                let _ = std::fs::remove_dir(folder);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// What is in a folder or under a prefix, with the time it was written; nothing when there is
    /// none.
    async fn names(&self, folder: &Location) -> Result<Vec<(String, Option<SystemTime>)>> {
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let page = match self.storage.list(folder, after.as_deref(), PAGE).await {
                Err(error) if error.is_not_found() => return Ok(names),
                page => page.map_err(ContentsError::Storage)?,
            };
            let found = page.entries.into_iter();
            names.extend(found.map(|entry| (entry.name, entry.modified)));
            after = page.next;
            if after.is_none() {
                return Ok(names);
            }
        }
    }

    fn upload(&self, path: &ContentsPath) -> Location {
        self.root.join(UPLOADS).join(&key(path))
    }
}

/// A file without a name that nobody else can reach or change.
struct Whole(File);

impl Whole {
    /// Beside the chunks where those are files: on a disk that has room for them.
    fn new(upload: Option<&Path>) -> io::Result<Self> {
        let file = match upload {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        };
        file.map(Self)
    }

    async fn with(mut self, path: &ContentsPath, chunk: Bytes) -> Result<Self> {
        let written = blocking(move || Ok(self.0.write_all(&chunk).map(|()| self)));
        written.await?.map_err(ContentsError::io("write", path))
    }

    #[expect(
        unsafe_code,
        reason = "only a mapped file is both bytes and not in memory"
    )]
    fn bytes(&self) -> io::Result<Bytes> {
        // SAFETY: the file has no name, and only this process has it open: nobody can shorten or write it.
        let mapped = unsafe { Mmap::map(&self.0) }?;
        Ok(Bytes::from_owner(mapped))
    }
}

/// Sorted as they are counted.
fn chunk_name(chunk: u64) -> String {
    format!("{chunk:010}")
}
