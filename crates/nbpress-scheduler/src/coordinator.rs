//! Whom a worker asks for work: the store on its own machine, or a server far away.

use std::convert::Infallible;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use nbpress_runs::run::{AttemptEnd, Claim, Finish};
use nbpress_runs::store::{Beat, ClaimRequest, NewWorker};
use nbpress_runs::{Store, StoreError};

use crate::records::Records;
use crate::remote::Refusal;
use crate::snapshot::{SnapshotError, SnapshotId, SnapshotStore};
use crate::wake::Wake;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a worker got no answer that helps it.
#[derive(Debug, thiserror::Error)]
pub enum CoordinatorError {
    /// It cannot be reached; the same call may succeed later.
    #[error("the server, its database or its archive is away")]
    Away(#[source] Cause),
    /// The worker was given up: it must stop everything and register again.
    #[error("this worker was given up")]
    Lost,
    /// What was asked for is not there.
    #[error("there is no such thing")]
    NotFound(#[source] Cause),
    /// It cannot be done, now or later.
    #[error("the server refused")]
    Refused(#[source] Cause),
}

impl CoordinatorError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(cause) => cause.downcast_ref::<Refusal>()?.hint.clone(),
            _ => None,
        }
    }
}

/// What a worker needs of a server.
pub trait Coordinator: Clone + Send + Sync + 'static {
    /// Introduces itself.
    fn register(
        &self,
        worker: &NewWorker,
    ) -> impl Future<Output = Result<Beat, CoordinatorError>> + Send;

    /// Says that it is alive and hears what it should have.
    fn beat(&self, worker: &str) -> impl Future<Output = Result<Beat, CoordinatorError>> + Send;

    /// Hears what it should have, in between; costs the server less than a beat.
    fn held(&self, worker: &str) -> impl Future<Output = Result<Beat, CoordinatorError>> + Send;

    /// Takes runs, if there are any.
    fn claim(
        &self,
        worker: &str,
        request: &ClaimRequest,
    ) -> impl Future<Output = Result<Vec<Claim>, CoordinatorError>> + Send;

    /// Writes a snapshot's files into a folder that is not there yet and returns the notebook to run.
    fn fetch(
        &self,
        snapshot: &str,
        folder: &Path,
    ) -> impl Future<Output = Result<PathBuf, CoordinatorError>> + Send;

    /// Keeps the server's copy of an attempt's record up to date for as long as this is polled.
    fn replicate(&self, attempted: &Attempted) -> impl Future<Output = Infallible> + Send;

    /// Reports how an attempt ended; its record is kept where the server finds it before that.
    fn finish(
        &self,
        worker: &str,
        claim: &Attempted,
        end: &AttemptEnd,
    ) -> impl Future<Output = Result<Finish, CoordinatorError>> + Send;

    /// Drops what this machine alone has of an attempt that the server knows to be over.
    fn forget(&self, record: &str) -> impl Future<Output = ()> + Send;

    /// Returns when there may be something to do.
    fn woken(&self) -> impl Future<Output = ()> + Send;
}

/// An attempt by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// The run.
    pub run: String,
    /// The attempt.
    pub attempt: i64,
    /// Its record.
    pub record: String,
}

/// The store of the same process; records are where both find them.
#[derive(Clone, Debug)]
pub struct Local {
    /// Where runs are.
    pub store: Store,
    /// Where snapshots are.
    pub snapshots: SnapshotStore,
    /// Where records are.
    pub records: Records,
    /// Told whenever something was enqueued or cancelled.
    pub wake: Wake,
    /// What this worker has seen of it.
    seen: Arc<AtomicU64>,
}

impl Local {
    /// The store of this process.
    pub fn new(store: Store, snapshots: SnapshotStore, records: Records, wake: Wake) -> Self {
        Self {
            store,
            snapshots,
            records,
            seen: Arc::new(AtomicU64::new(wake.count())),
            wake,
        }
    }
}

impl From<StoreError> for CoordinatorError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict { code: "lost", .. } => Self::Lost,
            StoreError::NotFound { what: "worker", .. } => Self::Lost,
            StoreError::NotFound { .. } => Self::NotFound(error.into()),
            _ if error.is_passing() => Self::Away(error.into()),
            // A full disk, a damaged file: nothing a worker could decide. It waits.
            StoreError::Database(_) => Self::Away(error.into()),
            _ => Self::Refused(error.into()),
        }
    }
}

impl Coordinator for Local {
    async fn register(&self, worker: &NewWorker) -> Result<Beat, CoordinatorError> {
        Ok(self.store.register_worker(worker, Timestamp::now()).await?)
    }

    async fn beat(&self, worker: &str) -> Result<Beat, CoordinatorError> {
        Ok(self.store.beat(worker, Timestamp::now()).await?)
    }

    async fn held(&self, worker: &str) -> Result<Beat, CoordinatorError> {
        Ok(self.store.held_by(worker).await?)
    }

    async fn claim(
        &self,
        worker: &str,
        request: &ClaimRequest,
    ) -> Result<Vec<Claim>, CoordinatorError> {
        Ok(self.store.claim(worker, request, Timestamp::now()).await?)
    }

    async fn fetch(&self, snapshot: &str, folder: &Path) -> Result<PathBuf, CoordinatorError> {
        let missing = |error: SnapshotError| CoordinatorError::NotFound(error.into());
        let id = SnapshotId::parse(snapshot).map_err(missing)?;
        self.snapshots
            .materialize(&id, folder)
            .await
            .map_err(missing)
    }

    async fn replicate(&self, _attempted: &Attempted) -> Infallible {
        // The server reads the same file.
        std::future::pending().await
    }

    async fn finish(
        &self,
        worker: &str,
        attempted: &Attempted,
        end: &AttemptEnd,
    ) -> Result<Finish, CoordinatorError> {
        if end.record_sha256.is_some() {
            // The object before the row that names it.
            let kept = self.records.keep(&attempted.record).await;
            kept.map_err(|error| CoordinatorError::Away(error.into()))?;
        }
        let actor = format!("worker:{worker}");
        let now = Timestamp::now();
        let (run, attempt) = (&attempted.run, attempted.attempt);
        let finished = self.store.finish(run, attempt, end, &actor, now).await?;
        // A task that waited for this one, or a slot, may be free now.
        self.wake.everybody();
        Ok(finished)
    }

    async fn forget(&self, _record: &str) {}

    async fn woken(&self) {
        let seen = self.wake.after(self.seen.load(Ordering::Relaxed)).await;
        self.seen.store(seen, Ordering::Relaxed);
    }
}
