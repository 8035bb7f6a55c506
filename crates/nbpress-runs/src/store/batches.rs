//! Sweeps and backfills: many runs of a job, a few at a time.

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use std::fmt;
use std::str::FromStr;

use crate::error::{Invalid, StoreError};
use crate::plan::{JobRun, plan};
use crate::run::{LogicalTime, TriggerKind};
use crate::state::{RunState, UnknownWord, words};
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args, to_json};
use crate::store::enqueue::add_runs;
use crate::store::finish::By;
use crate::store::jobs::Job;
use crate::store::pools::check_places;
use crate::store::settle::End;
use crate::store::timers::cancel;

/// Most runs of a batch.
const MOST_POINTS: usize = 100_000;

/// Whether runs differ by parameters or by the time they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchKind {
    /// By parameters.
    Sweep,
    /// By logical time.
    Backfill,
}

words!(BatchKind, "a kind of batch", {
    Sweep => "sweep",
    Backfill => "backfill",
});

/// Whether a batch goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Runs begin as others end.
    Active,
    /// No further run begins.
    Cancelled,
    /// Every run is over.
    Done,
}

words!(BatchState, "a state of batches", {
    Active => "active",
    Cancelled => "cancelled",
    Done => "done",
});

/// One run of a batch that is to exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchPoint {
    /// Values that replace the job's.
    pub parameters: Map<String, Value>,
    /// The instant it stands for.
    pub logical: Option<LogicalTime>,
}

/// A batch that is to exist.
#[derive(Clone, Debug)]
pub struct NewBatch<'a> {
    /// What its runs differ by.
    pub kind: BatchKind,
    /// What they run.
    pub job: &'a Job,
    /// For people: what was asked for.
    pub label: String,
    /// What was asked for, as it was.
    pub definition: Value,
    /// The runs.
    pub points: Vec<BatchPoint>,
    /// How many run at once.
    pub width: i64,
    /// After this many failures no further run begins.
    pub max_failures: Option<i64>,
}

/// A batch as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// The team or person it belongs to.
    pub workspace: String,
    /// What its runs differ by.
    pub kind: BatchKind,
    /// The job, by id.
    pub job: Option<String>,
    /// For people: what was asked for.
    pub label: String,
    /// How many run at once.
    pub width: i64,
    /// Whether it goes on.
    pub state: BatchState,
    /// Runs by state.
    pub runs: std::collections::BTreeMap<RunState, i64>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When its last run ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

impl Store {
    /// Makes a batch and all its runs; the first few may begin at once.
    ///
    /// # Errors
    /// It has no runs or too many, a pool or profile does not exist, or the database fails.
    pub async fn create_batch(
        &self,
        new: &NewBatch<'_>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Batch, StoreError> {
        let count = new.points.len();
        if count == 0 {
            return Err(Invalid::new("points", "there is nothing to run").into());
        }
        if count > MOST_POINTS {
            let message = format!("{count} runs are more than the {MOST_POINTS} of a batch");
            return Err(Invalid::new("points", message).into());
        }
        if !(1..=1000).contains(&new.width) {
            let message = format!("`{}` is not between 1 and 1000", new.width);
            return Err(Invalid::new("concurrency", message).into());
        }
        let id = RunId::new().to_string().replace("run_", "batch_");
        transaction!(self, |tx| {
            insert_batch(tx, &id, new, actor, now).await?;
            let runs = batch_runs(new, &id, actor);
            check_places(tx, runs.iter().map(|run| ("", &run.spec.settings))).await?;
            add_runs(tx, &runs, actor, now).await?;
            let detail = format!("{count} runs, {} at a time", new.width);
            audit(tx, (actor, now), "created", ("batch", &id), &detail).await
        })?;
        self.batch(&id).await
    }

    /// A batch.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn batch(&self, id: &str) -> Result<Batch, StoreError> {
        let row = self
            .database
            .row("SELECT * FROM batch WHERE id = $1", args![id.to_owned()])
            .await?;
        let row = row.ok_or_else(|| StoreError::not_found("batch", id))?;
        self.with_counts(&row).await
    }

    /// The batches of a workspace, newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn batches(&self, workspace: &str, most: i64) -> Result<Vec<Batch>, StoreError> {
        let sql = "SELECT * FROM batch WHERE workspace = $1 ORDER BY id DESC LIMIT $2";
        let rows = self
            .database
            .rows(sql, args![workspace.to_owned(), most])
            .await?;
        let mut batches = Vec::with_capacity(rows.len());
        for row in &rows {
            batches.push(self.with_counts(row).await?);
        }
        Ok(batches)
    }

    async fn with_counts(&self, row: &Row) -> Result<Batch, StoreError> {
        let id = row.text("id")?;
        let sql = "SELECT state, COUNT(*) AS runs FROM run WHERE lane = $1 GROUP BY state";
        let counts = self.database.rows(sql, args![id.clone()]).await?;
        Ok(Batch {
            id,
            workspace: row.text("workspace")?,
            kind: row.word("kind")?,
            job: row.get("job")?,
            label: row.text("label")?,
            width: row.int("width")?,
            state: row.word("state")?,
            runs: counts
                .iter()
                .map(|row| Ok((row.word("state")?, row.int("runs")?)))
                .collect::<Result<_, StoreError>>()?,
            created_at: row.time("created_at")?,
            created_by: row.text("created_by")?,
            ended_at: row.opt_time("ended_at")?,
        })
    }

    /// Ends a batch and its runs.
    ///
    /// # Errors
    /// It is over or unknown, or the database fails.
    pub async fn cancel_batch(
        &self,
        id: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql = "UPDATE batch SET state = 'cancelled' WHERE id = $1 AND state = 'active'";
            if tx.run(sql, args![id.to_owned()]).await? == 0 {
                let message = format!("the batch `{id}` is over or unknown");
                return Err(StoreError::conflict("already_terminal", message));
            }
            audit(tx, (actor, now), "cancelled", ("batch", id), "").await?;
            let sql =
                "SELECT id FROM run WHERE lane = $1 AND state IN ('blocked', 'queued', 'running')
                       ORDER BY id";
            for row in tx.rows(sql, args![id.to_owned()]).await? {
                cancel(
                    tx,
                    &row.text("id")?,
                    "its batch was cancelled",
                    (actor, now),
                )
                .await?;
            }
            Ok(())
        })
    }
}

async fn insert_batch(
    tx: &mut Tx,
    id: &str,
    new: &NewBatch<'_>,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO batch (id, workspace, kind, job, label, definition, width, max_failures, state,
               created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $10)";
    let values = args![
        id.to_owned(),
        new.job.workspace.clone(),
        new.kind.as_str().to_owned(),
        new.job.id.clone(),
        new.label.clone(),
        to_json(&new.definition)?,
        new.width,
        new.max_failures,
        now.as_microsecond(),
        actor.to_owned(),
    ];
    tx.run(sql, values).await.map(drop)
}

fn batch_runs(new: &NewBatch<'_>, id: &str, actor: &str) -> Vec<crate::run::NewRun> {
    let trigger = match new.kind {
        BatchKind::Sweep => TriggerKind::Sweep,
        BatchKind::Backfill => TriggerKind::Backfill,
    };
    let job = new.job.reference();
    let run = |(point, at): (&BatchPoint, i64)| {
        plan(&JobRun {
            workspace: &new.job.workspace,
            job: &job,
            definition: &new.job.definition,
            parameters: &point.parameters,
            trigger,
            triggered_by: actor,
            logical: point.logical.clone(),
            lane: Some(id),
            batch: Some((id, at)),
            idempotency_key: None,
            start_at: None,
            blocked: at >= new.width,
        })
    };
    new.points.iter().zip(0..).flat_map(run).collect()
}

/// A run of a batch is over: the batch may be, or may have failed too often.
pub(crate) async fn point_ended(
    tx: &mut Tx,
    batch: &str,
    by: By<'_>,
) -> Result<Vec<(String, End)>, StoreError> {
    let sql = "SELECT max_failures, state FROM batch WHERE id = $1 {lock}";
    let Some(row) = tx.row(sql, args![batch.to_owned()]).await? else {
        return Ok(Vec::new());
    };
    let mut ends = Vec::new();
    if let Some(most) = row.get::<Option<i64>>("max_failures")? {
        let sql = "SELECT COUNT(*) AS failures FROM run WHERE lane = $1 AND state = 'failed'";
        let failures = tx.row(sql, args![batch.to_owned()]).await?;
        if failures.map_or(Ok(0), |row| row.int("failures"))? >= most.max(1) {
            let sql = "SELECT id FROM run WHERE lane = $1 AND state = 'blocked' ORDER BY id";
            for row in tx.rows(sql, args![batch.to_owned()]).await? {
                let end = End::skipped("max_failures", "too many runs of its batch failed");
                ends.push((row.text("id")?, end));
            }
        }
    }
    let sql = "SELECT 1 AS one FROM run WHERE lane = $1
               AND state IN ('blocked', 'queued', 'running', 'cancelling') LIMIT 1";
    if tx.row(sql, args![batch.to_owned()]).await?.is_none() {
        let sql = "UPDATE batch SET ended_at = $1, state = CASE state WHEN 'active' THEN 'done' ELSE state END
                   WHERE id = $2 AND ended_at IS NULL";
        let values = args![by.1.as_microsecond(), batch.to_owned()];
        if tx.run(sql, values).await? == 1 {
            audit(tx, by, "ended", ("batch", batch), "").await?;
        }
    }
    Ok(ends)
}
