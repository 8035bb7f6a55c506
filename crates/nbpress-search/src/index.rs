//! The file: documents go in, hits come out.

mod labels;
mod put;
mod search;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use utoipa::ToSchema;

use crate::document::DocumentKind;
use crate::error::SearchError;

pub use labels::{Label, LabelKind};
pub use search::{Hit, Hits, Search};

type Result<T> = std::result::Result<T, SearchError>;

/// The version of the file; one of another version is made anew.
const VERSION: i64 = 2;

/// An index in a file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Index {
    path: Arc<Path>,
    /// SQLite has one writer.
    writer: SqlitePool,
    readers: SqlitePool,
}

/// How much is in an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Notebooks of workspaces.
    pub notebooks: u64,
    /// Notebooks that runs made.
    pub runs: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Index {
    /// The index in a file, which is made where there is none, where it is of another version, and where it cannot
    /// be read: everything in it can be read again from elsewhere.
    ///
    /// # Errors
    /// The file can neither be opened nor be made anew.
    pub async fn open(path: &Path) -> Result<Self> {
        // A file that is made only to be made anew is synced twice.
        if path.exists()
            && let Ok(Some(index)) = Self::open_as_is(path).await
        {
            return Ok(index);
        }
        for ending in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(ending);
            match std::fs::remove_file(&file) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    let path = file.into();
                    return Err(SearchError::Replace { path, source });
                }
                _ => {}
            }
        }
        let failed = |source| SearchError::Open {
            path: path.to_owned(),
            source,
        };
        let index = Self::connect(path).await.map_err(failed)?;
        sqlx::raw_sql(include_str!("index/schema.sql"))
            .execute(&index.writer)
            .await
            .map_err(failed)?;
        Ok(index)
    }

    /// None where it is not of this version.
    async fn open_as_is(path: &Path) -> std::result::Result<Option<Self>, sqlx::Error> {
        let index = Self::connect(path).await?;
        let version = sqlx::query("PRAGMA user_version")
            .fetch_one(&index.writer)
            .await?;
        if version.try_get::<i64, _>(0)? == VERSION {
            return Ok(Some(index));
        }
        index.close().await;
        Ok(None)
    }

    async fn connect(path: &Path) -> std::result::Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What a power failure takes is read again.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(30))
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-16000");
        let pool = |most: u32| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        Ok(Self {
            path: Arc::from(path),
            writer: pool(1).connect_with(options.clone()).await?,
            readers: pool(2)
                .connect_with(options.pragma("query_only", "ON"))
                .await?,
        })
    }

    /// How much is in it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn counts(&self) -> Result<Counts> {
        let rows = sqlx::query("SELECT kind, COUNT(*) FROM document GROUP BY kind")
            .fetch_all(&self.readers)
            .await?;
        let mut counts = Counts {
            bytes: std::fs::metadata(&*self.path).map_or(0, |file| file.len()),
            ..Counts::default()
        };
        for row in rows {
            let count = row.try_get::<i64, _>(1)?.unsigned_abs();
            match DocumentKind::from_word(&row.try_get::<String, _>(0)?) {
                Some(DocumentKind::Notebook) => counts.notebooks = count,
                Some(DocumentKind::Run) => counts.runs = count,
                None => {}
            }
        }
        Ok(counts)
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}
