//! The rows: what exists, in which state, and every change of it in one transaction.
//!
//! | promise | how it is kept |
//! |---|---|
//! | a run ends once | every change is made `WHERE` the state is the one it was read in, under the row's lock |
//! | only the current attempt changes its run | [`Store::finish`] compares the attempt's number, which each claim raises |
//! | a pool never runs more than its slots | a slot is a row; a claim fills it or does not happen |
//! | a trigger counts once | `tick`, idempotency keys and points are unique |
//! | a change is told | its audit row and its notices are in the same transaction |
//!
//! Every method takes the time as an argument: the store has no clock.

/// Runs a transaction, again where the database broke it off for another one's sake. A macro, since
/// the compiler cannot see that the future of an async closure may go to another thread.
macro_rules! transaction {
    ($store:expr, |$tx:ident| $work:block) => {{
        let mut tries = 0;
        loop {
            let mut transaction = $store.database.begin().await?;
            let $tx = &mut transaction;
            let done: Result<_, $crate::error::StoreError> = async { $work }.await;
            let done = match done {
                Ok(value) => transaction.commit().await.map(|()| value),
                Err(error) => {
                    transaction.roll_back().await;
                    Err(error)
                }
            };
            match done {
                Err(error)
                    if $crate::store::is_deadlock(&error)
                        && tries < $crate::store::database::TRIES =>
                {
                    tries += 1;
                }
                done => break done,
            }
        }
    }};
}

mod audit;
mod batches;
mod claim;
mod database;
mod ended;
mod enqueue;
mod finish;
mod firing;
mod history;
mod import;
mod insert;
mod jobs;
mod list;
mod look;
mod migrate;
mod outbox;
mod pools;
mod restart;
mod resume;
mod row;
mod schedules;
mod scraps;
mod secret;
mod settle;
mod shares;
mod sign_ins;
mod sql;
mod timers;
mod tokens;
mod users;
mod workers;

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use audit::{AuditEntry, AuditReport};
pub use batches::{Batch, BatchKind, BatchPoint, BatchState, NewBatch};
pub use claim::ClaimRequest;
pub use database::Dialect;
pub use enqueue::Enqueued;
pub use firing::DueSchedule;
pub use history::{ProfileFit, Totals};
pub use import::ImportedRun;
pub use jobs::{Job, JobVersion};
pub use list::{RunFilter, RunPage};
pub use look::Look;
pub use outbox::{Outgoing, StoredChannel};
pub use pools::{Pool, PoolSlot};
pub use resume::GoOn;
pub use schedules::{NewSchedule, Schedule};
pub use secret::Secret;
pub use shares::{SHARE_BEGINS, Share, ShareTarget};
pub use sign_ins::{LINK_BEGINS, LINK_LASTS, MOST_SIGN_INS, SIGN_IN_BEGINS, SIGN_IN_LASTS};
pub use sql::{QueryLimits, QueryResult};
pub use tokens::{ApiToken, Holder, NewToken, TOKEN_BEGINS};
pub use users::{EVERYWHERE, Identity, NewUser, User, UserChange};
pub use workers::{Beat, Held, NewWorker, Worker, WorkerState};

use crate::error::StoreError;
use database::Database;

/// Jobs, runs and everything about them, in SQLite or Postgres.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    url: String,
    /// Held while this is open, so that two servers never share a SQLite file.
    _lock: Option<Arc<File>>,
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite::memory:` or `postgres://…` and brings its tables to this version.
    ///
    /// # Errors
    /// It cannot be reached, is in use by another server, or is of a newer version.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let lock = lock_file(url).await?.map(Arc::new);
        let database = Database::connect(url).await?;
        migrate::migrate(&database).await?;
        Ok(Self {
            database,
            url: url.to_owned(),
            _lock: lock,
        })
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.database.dialect
    }

    /// Where it is, without a password.
    pub fn place(&self) -> String {
        database::without_password(&self.url)
    }

    /// Closes every connection; what was promised is on disk already.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// A transaction that was broken off whole, and may be repeated.
fn is_deadlock(error: &StoreError) -> bool {
    match error {
        StoreError::Database(sqlx::Error::Database(error)) => {
            matches!(error.code().as_deref(), Some("40P01" | "40001"))
        }
        _ => false,
    }
}

/// How long the lock of a server that was killed may be held by a process that it was just starting.
const INHERITED: Duration = Duration::from_secs(5);

/// Locks the file beside a SQLite database and writes our process id into it.
async fn lock_file(url: &str) -> Result<Option<File>, StoreError> {
    let path = url
        .strip_prefix("sqlite:")
        .map(|rest| rest.trim_start_matches("//"))
        .and_then(|rest| rest.split('?').next())
        .filter(|path| !path.is_empty() && !path.contains(":memory:"));
    let Some(path) = path else {
        return Ok(None);
    };
    let failed = |source| StoreError::Lock {
        path: path.to_owned(),
        source,
    };
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(format!("{path}.lock"))
        .map_err(failed)?;
    let since = Instant::now();
    while let Err(error) = file.try_lock() {
        if let TryLockError::Error(source) = error {
            return Err(failed(source));
        }
        let mut holder = String::new();
        let _unknown = file
            .rewind()
            .and_then(|()| file.read_to_string(&mut holder));
        let holder = holder.trim().to_owned();
        if Path::new("/proc").join(&holder).exists() || since.elapsed() > INHERITED {
            let path = path.to_owned();
            return Err(StoreError::InUse { path, holder });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Some(file))
}
