//! Runs of other programs: written as they were, and only there to be read.
//!
//! The row looks like that of a run of ours, with the times at which the other program ran it. It has no
//! snapshot, so nothing can run it again, and is held: a run of two years ago would else be forgotten at once.

use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::job::check_name;
use crate::run::{AttemptEnd, AttemptState, JobVersionRef, NewRun, RunSpec, TriggerKind};
use crate::state::RunState;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Tx, args, to_json};
use crate::store::enqueue::{Enqueued, insert_labels};
use crate::store::finish::keep_scraps;

/// A run that another program did.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedRun {
    /// Its name, which must be the same when it is imported again; also that of its record, if it has one.
    pub id: String,
    /// The team or person it is to belong to.
    pub workspace: String,
    /// The job it is to be listed with.
    pub job: Option<JobVersionRef>,
    /// The notebook, as the other program named it.
    pub notebook: String,
    /// Values for its parameters cell.
    pub parameters: Map<String, Value>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// Where it was read.
    pub origin: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How it ended.
    pub end: AttemptEnd,
}

impl Store {
    /// Adds a run that another program did; one that is there already stays as it is.
    ///
    /// # Errors
    /// The workspace's name is not usable, or the database fails.
    pub async fn import_run(
        &self,
        run: &ImportedRun,
        actor: &str,
        now: Timestamp,
    ) -> Result<Enqueued, StoreError> {
        check_name("workspace", &run.workspace)?;
        let id = run.id.clone();
        transaction!(self, |tx| {
            let is_new = insert_run(tx, run).await?;
            if is_new {
                insert_attempt(tx, run).await?;
                insert_labels(tx, std::iter::once(&labels(run))).await?;
                keep_scraps(tx, &run.id, &run.end).await?;
                let detail = format!("imported from {}", run.origin);
                let state = state(&run.end).as_str();
                audit(tx, (actor, now), state, ("run", &run.id), &detail).await?;
            }
            let id = id.clone();
            Ok(Enqueued { id, is_new })
        })
    }
}

fn state(end: &AttemptEnd) -> RunState {
    match end.state {
        AttemptState::Succeeded => RunState::Succeeded,
        AttemptState::Cancelled => RunState::Cancelled,
        AttemptState::Failed | AttemptState::Lost | AttemptState::Running => RunState::Failed,
    }
}

/// What parameters and tags are filed under.
fn labels(run: &ImportedRun) -> NewRun {
    NewRun {
        id: run.id.clone(),
        tags: run.tags.clone(),
        ..NewRun::of_notebook(
            &run.workspace,
            "",
            &run.notebook,
            run.parameters.clone(),
            "",
        )
    }
}

async fn insert_run(tx: &mut Tx, run: &ImportedRun) -> Result<bool, StoreError> {
    let sql = "INSERT INTO run (id, workspace, job, job_version, is_flow, snapshot, notebook, parameters,
                   tags, trigger_kind, triggered_by, state, attempt, created_at, started_at, ended_at,
                   class, code, reason, cell, ename, evalue, record, record_sha256, cpu_seconds,
                   peak_memory_bytes, wall_seconds, disk_bytes, legal_hold, spec)
               VALUES ($1, $2, $3, $4, 0, '', $5, $6, $7, $8, $9, $10, 1, $11, $11, $12, $13, $14, $15,
                   $16, $17, $18, $1, $19, $20, $21, $22, $23, 1, $24)
               ON CONFLICT DO NOTHING RETURNING id";
    let (end, job) = (&run.end, run.job.as_ref());
    let values = args![
        run.id.clone(),
        run.workspace.clone(),
        job.map(|job| job.id.clone()),
        job.map(|job| job.version),
        visible(&run.notebook),
        to_json(&run.parameters)?,
        to_json(&run.tags)?,
        TriggerKind::Import.as_str().to_owned(),
        visible(&run.origin),
        state(end).as_str().to_owned(),
        run.started_at.as_microsecond(),
        run.ended_at.as_microsecond(),
        end.class.map(|class| class.as_str().to_owned()),
        end.code.clone(),
        end.reason.as_deref().map(visible),
        end.cell,
        end.ename.as_deref().map(visible),
        end.evalue.as_deref().map(visible),
        end.record_sha256.clone(),
        end.usage.cpu_seconds,
        end.usage.peak_memory_bytes,
        end.usage.wall_seconds,
        end.usage.disk_bytes,
        to_json(&RunSpec::default())?,
    ];
    Ok(tx.row(sql, values).await?.is_some())
}

async fn insert_attempt(tx: &mut Tx, run: &ImportedRun) -> Result<(), StoreError> {
    let sql = "INSERT INTO attempt (run, number, workspace, worker, record, record_sha256, state, profile,
                   claimed_at, ended_at, class, code, reason, cpu_seconds, peak_memory_bytes,
                   wall_seconds, disk_bytes, cells)
               VALUES ($1, 1, $2, '', $1, $3, $4, '', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let end = &run.end;
    let cells = (!end.cells.is_empty())
        .then(|| to_json(&end.cells))
        .transpose()?;
    let values = args![
        run.id.clone(),
        run.workspace.clone(),
        end.record_sha256.clone(),
        end.state.as_str().to_owned(),
        run.started_at.as_microsecond(),
        run.ended_at.as_microsecond(),
        end.class.map(|class| class.as_str().to_owned()),
        end.code.clone(),
        end.reason.as_deref().map(visible),
        end.usage.cpu_seconds,
        end.usage.peak_memory_bytes,
        end.usage.wall_seconds,
        end.usage.disk_bytes,
        cells,
    ];
    tx.run(sql, values).await.map(drop)
}

/// Postgres keeps no text with a NUL, which any exception may have.
fn visible(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
