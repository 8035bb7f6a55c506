//! Workers: who is there, what each holds, and what becomes of it when one goes silent.
//!
//! There is no clock in a lease. A worker counts its beats; whoever watches (each server does) gives a
//! worker up when it has seen the same count for the length of the lease *by its own monotonic clock*. So
//! neither a clock that jumps nor a server that was away can lose a worker that is alive.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::job::check_name;
use crate::run::{AttemptEnd, AttemptState};
use crate::state::{FailureClass, RunState, UnknownWord, words};
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args};
use crate::store::finish::finish;

use std::fmt;
use std::str::FromStr;

/// Whether a worker takes runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// It takes runs.
    Up,
    /// It ends what it has and takes no more.
    Draining,
    /// It went silent and was given up, or said good-bye.
    Gone,
}

words!(WorkerState, "a state of workers", {
    Up => "up",
    Draining => "draining",
    Gone => "gone",
});

/// A worker that introduces itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorker {
    /// Its id, the same after it was started again: what it held it still holds.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its machine.
    pub host: String,
    /// Its version.
    pub version: String,
    /// How many runs it takes at once.
    pub slots: i64,
    /// Its processors.
    pub cpus: f64,
    /// Its memory, in bytes.
    pub memory_bytes: i64,
}

/// A worker as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Worker {
    /// What it said of itself.
    #[serde(flatten)]
    pub introduced: NewWorker,
    /// Whether it takes runs.
    pub state: WorkerState,
    /// How often it was heard.
    pub beats: i64,
    /// When it was heard last, by the server's clock.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Timestamp,
    /// Runs it has.
    pub running: i64,
}

/// An attempt that a worker should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Held {
    /// The run.
    pub run: String,
    /// The attempt.
    pub attempt: i64,
    /// Its record.
    pub record: String,
    /// Whether it is to be stopped.
    pub cancel: bool,
}

/// What a worker is told at each beat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Beat {
    /// Everything it should have; whatever else it runs, it must stop.
    pub held: Vec<Held>,
    /// Whether it is to take no more.
    pub draining: bool,
}

impl Store {
    /// A worker introduces itself, for the first time or again.
    ///
    /// # Errors
    /// Its name or numbers are not usable, or the database fails.
    pub async fn register_worker(
        &self,
        worker: &NewWorker,
        now: Timestamp,
    ) -> Result<Beat, StoreError> {
        check_name("id", &worker.id)?;
        check_name("name", &worker.name)?;
        if !(1..=1000).contains(&worker.slots) {
            let message = format!("`{}` is not between 1 and 1000", worker.slots);
            return Err(Invalid::new("slots", message).into());
        }
        transaction!(self, |tx| {
            let sql = "INSERT INTO worker (id, name, host, version, slots, cpus, memory_bytes, state,
                           beats, registered_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'up', 1, $8, $8)
                       ON CONFLICT (id) DO UPDATE SET name = excluded.name, host = excluded.host,
                           version = excluded.version, slots = excluded.slots, cpus = excluded.cpus,
                           memory_bytes = excluded.memory_bytes, beats = worker.beats + 1,
                           state = 'up', seen_at = excluded.seen_at";
            let values = args![
                worker.id.clone(),
                worker.name.clone(),
                worker.host.clone(),
                worker.version.clone(),
                worker.slots,
                worker.cpus,
                worker.memory_bytes,
                now.as_microsecond(),
            ];
            tx.run(sql, values).await?;
            let by = format!("worker:{}", worker.id);
            audit(
                tx,
                (&by, now),
                "registered",
                ("worker", &worker.id),
                &worker.host,
            )
            .await?;
            Ok(Beat {
                held: held(tx, &worker.id).await?,
                draining: false,
            })
        })
    }

    /// A worker says that it is alive, and hears what it should have.
    ///
    /// # Errors
    /// It is unknown or was given up: it must stop everything and register again.
    pub async fn beat(&self, worker: &str, now: Timestamp) -> Result<Beat, StoreError> {
        transaction!(self, |tx| {
            let sql = "UPDATE worker SET beats = beats + 1, seen_at = $1
                       WHERE id = $2 AND state <> 'gone' RETURNING state";
            let values = args![now.as_microsecond(), worker.to_owned()];
            let Some(row) = tx.row(sql, values).await? else {
                return Err(given_up(worker));
            };
            Ok(Beat {
                held: held(tx, worker).await?,
                draining: row.word::<WorkerState>("state")? == WorkerState::Draining,
            })
        })
    }

    /// What a worker should have, asked in between two beats: nothing is written, and so it does not count as
    /// a sign of life.
    ///
    /// # Errors
    /// As [`Store::beat`].
    pub async fn held_by(&self, worker: &str) -> Result<Beat, StoreError> {
        let sql = "SELECT state FROM worker WHERE id = $1 AND state <> 'gone'";
        let row = self.database.row(sql, args![worker.to_owned()]).await?;
        let Some(row) = row else {
            return Err(given_up(worker));
        };
        let rows = self.database.rows(HELD, args![worker.to_owned()]).await?;
        Ok(Beat {
            held: rows.iter().map(held_row).collect::<Result<_, _>>()?,
            draining: row.word::<WorkerState>("state")? == WorkerState::Draining,
        })
    }

    /// Gives a worker up, unless it has been heard since `beats` was read. Its attempts are lost: their
    /// runs are tried again or over, and nothing that it reports of them later counts.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lose_worker(
        &self,
        worker: &str,
        beats: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        transaction!(self, |tx| {
            let sql =
                "UPDATE worker SET state = 'gone' WHERE id = $1 AND beats = $2 AND state <> 'gone'";
            if tx.run(sql, args![worker.to_owned(), beats]).await? == 0 {
                return Ok(false);
            }
            audit(tx, ("scheduler", now), "lost", ("worker", worker), "").await?;
            for held in held(tx, worker).await? {
                let end = AttemptEnd {
                    state: AttemptState::Lost,
                    ..AttemptEnd::failed(
                        FailureClass::Platform,
                        "worker_lost",
                        format!("the worker {worker} went silent"),
                    )
                };
                finish(tx, &held.run, held.attempt, &end, ("scheduler", now)).await?;
            }
            Ok(true)
        })
    }

    /// Lets a worker end what it has and take no more, or take runs again.
    ///
    /// # Errors
    /// It is unknown or gone, or the database fails.
    pub async fn drain_worker(
        &self,
        worker: &str,
        drain: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (state, action) = if drain {
            ("draining", "drained")
        } else {
            ("up", "resumed")
        };
        transaction!(self, |tx| {
            let sql = "UPDATE worker SET state = $1 WHERE id = $2 AND state <> 'gone'";
            if tx
                .run(sql, args![state.to_owned(), worker.to_owned()])
                .await?
                == 0
            {
                return Err(StoreError::not_found("worker", worker));
            }
            audit(tx, (actor, now), action, ("worker", worker), "").await
        })
    }

    /// The workers that are not gone, and those that went during the last day.
    ///
    /// # Errors
    /// The database fails.
    pub async fn workers(&self, now: Timestamp) -> Result<Vec<Worker>, StoreError> {
        let sql = "SELECT worker.*, (SELECT COUNT(*) FROM attempt
                       WHERE attempt.worker = worker.id AND attempt.state = 'running') AS running
                   FROM worker WHERE state <> 'gone' OR seen_at > $1 ORDER BY state DESC, name, id";
        let day_ago = now.as_microsecond() - 86_400_000_000;
        let rows = self.database.rows(sql, args![day_ago]).await?;
        rows.iter().map(worker).collect()
    }
}

/// What a worker should have.
const HELD: &str = "SELECT attempt.run, attempt.number, attempt.record, run.state
    FROM attempt JOIN run ON run.id = attempt.run AND run.attempt = attempt.number
    WHERE attempt.worker = $1 AND attempt.state = 'running' ORDER BY attempt.run";

pub(crate) async fn held(tx: &mut Tx, worker: &str) -> Result<Vec<Held>, StoreError> {
    let rows = tx.rows(HELD, args![worker.to_owned()]).await?;
    rows.iter().map(held_row).collect()
}

fn held_row(row: &Row) -> Result<Held, StoreError> {
    Ok(Held {
        run: row.text("run")?,
        attempt: row.int("number")?,
        record: row.text("record")?,
        cancel: row.word::<RunState>("state")? == RunState::Cancelling,
    })
}

fn given_up(worker: &str) -> StoreError {
    let message = format!("the worker `{worker}` was given up; it must register again");
    StoreError::conflict("lost", message)
}

fn worker(row: &Row) -> Result<Worker, StoreError> {
    Ok(Worker {
        introduced: NewWorker {
            id: row.text("id")?,
            name: row.text("name")?,
            host: row.text("host")?,
            version: row.text("version")?,
            slots: row.int("slots")?,
            cpus: row.get("cpus")?,
            memory_bytes: row.int("memory_bytes")?,
        },
        state: row.word("state")?,
        beats: row.int("beats")?,
        seen_at: row.time("seen_at")?,
        running: row.int("running")?,
    })
}
