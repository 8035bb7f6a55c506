//! Finding notebooks and runs: what the index is asked, and what keeps it true.
//!
//! [`Desk`] is what handlers see. `notebooks` reads the served folder, `runs` what runs made, each in its own time:
//! the index is always a little behind, and can be lost.

mod notebooks;
mod pace;
mod routes;
mod runs;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::Timestamp;
use nbpress_contents::ContentsError;
use nbpress_record::RecordError;
use nbpress_runs::StoreError;
use nbpress_search::{Counts, Index, SearchError};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::App;
use crate::error::{ApiError, ApiResult};
use axum::http::StatusCode;

pub(crate) use routes::{Finding, address, find, labels_of, routes};

/// The workspace that the notebooks of the served folder belong to.
pub(crate) const SERVED: &str = crate::DEFAULT_WORKSPACE;

/// Why a part of the index was not brought up to date this time.
#[derive(Debug, thiserror::Error)]
enum Behind {
    #[error(transparent)]
    Index(#[from] SearchError),
    #[error(transparent)]
    Contents(#[from] ContentsError),
    #[error(transparent)]
    Runs(#[from] StoreError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The index, and how far it is.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) index: Index,
    /// How often somebody asked for everything to be read again.
    rebuilds: watch::Sender<u64>,
    /// How often runs came that ended long ago.
    late_runs: watch::Sender<u64>,
    notebooks: Progress,
    runs: Progress,
}

/// How far one of the readers is.
#[derive(Debug, Default)]
struct Progress {
    works: AtomicBool,
    looked_at: AtomicU64,
    read: AtomicU64,
    /// Microseconds; 0 for never.
    finished: AtomicU64,
}

impl Progress {
    fn begin(&self) {
        self.looked_at.store(0, Ordering::Relaxed);
        self.read.store(0, Ordering::Relaxed);
        self.works.store(true, Ordering::Relaxed);
    }

    fn looked_at(&self, count: usize) {
        self.looked_at.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn read(&self, count: usize) {
        self.read.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn end(&self) {
        let now = Timestamp::now().as_microsecond().unsigned_abs();
        self.finished.store(now, Ordering::Relaxed);
        self.works.store(false, Ordering::Relaxed);
    }

    fn state(&self) -> ReaderState {
        let finished = self.finished.load(Ordering::Relaxed);
        let finished = i64::try_from(finished).ok().filter(|at| *at > 0);
        ReaderState {
            works: self.works.load(Ordering::Relaxed),
            looked_at: self.looked_at.load(Ordering::Relaxed),
            read: self.read.load(Ordering::Relaxed),
            finished_at: finished.and_then(|at| Timestamp::from_microsecond(at).ok()),
        }
    }
}

/// How far the index is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct IndexState {
    /// How much is in it.
    pub(crate) counts: Counts,
    /// Reading notebooks of the served folder.
    pub(crate) notebooks: ReaderState,
    /// Reading what runs made.
    pub(crate) runs: ReaderState,
}

/// How far one kind of documents is read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReaderState {
    /// Whether it is being looked for changes now.
    pub(crate) works: bool,
    /// How many were compared with the index since this look began.
    pub(crate) looked_at: u64,
    /// How many of these were read, because they had changed.
    pub(crate) read: u64,
    /// When the last look ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) finished_at: Option<Timestamp>,
}

impl Desk {
    pub(crate) fn new(index: Index) -> Self {
        Self {
            index,
            rebuilds: watch::Sender::new(0),
            late_runs: watch::Sender::new(0),
            notebooks: Progress::default(),
            runs: Progress::default(),
        }
    }

    /// Forgets everything and has it read again.
    pub(crate) async fn rebuild(&self) -> Result<(), SearchError> {
        self.index.clear().await?;
        self.notebooks.begin();
        self.runs.begin();
        self.rebuilds.send_modify(|count| *count += 1);
        Ok(())
    }

    /// A run came that ended before others which were read already.
    pub(crate) fn run_came_late(&self) {
        self.late_runs.send_modify(|count| *count += 1);
    }

    pub(crate) async fn state(&self) -> Result<IndexState, SearchError> {
        Ok(IndexState {
            counts: self.index.counts().await?,
            notebooks: self.notebooks.state(),
            runs: self.runs.state(),
        })
    }
}

/// Keeps the index true for as long as the server runs.
pub(crate) async fn keep(app: &App) {
    let Some(desk) = app.search.get() else {
        return;
    };
    let readers = async {
        tokio::join!(notebooks::keep(app, desk), runs::keep(app, desk));
    };
    tokio::select! {
        () = readers => {}
        () = app.stopping() => {}
    }
    desk.index.close().await;
}

/// The desk, for a route that is there only where the server keeps an index.
pub(crate) fn desk(app: &App) -> ApiResult<&Desk> {
    app.search.get().ok_or_else(|| {
        let message = "this server keeps no search index";
        ApiError::new(StatusCode::NOT_FOUND, "no_index", message)
    })
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        let hint = error.hint();
        match error {
            SearchError::Cursor { .. } => Self::invalid("cursor", error.to_string()).hint(hint),
            error => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self::new(status, "search", error.to_string()).hint(hint)
            }
        }
    }
}
