//! Rows as runs and attempts.

use crate::error::StoreError;
use crate::run::{Attempt, JobVersionRef, Run, Usage};
use crate::store::database::Row;

/// Columns of a run, for statements that read whole ones from `run` with `job` beside it.
pub(crate) const RUN: &str = "run.id, run.workspace, run.job, job.name AS job_name, run.job_version, run.task,
    run.parent, run.is_flow, run.snapshot, run.notebook, run.parameters, run.tags, run.trigger_kind,
    run.triggered_by, run.logical, run.lane, run.batch, run.point, run.state, run.attempt, run.created_at,
    run.started_at, run.ended_at, run.class, run.code, run.reason, run.cell, run.ename, run.evalue,
    run.record, run.record_sha256, run.cpu_seconds, run.peak_memory_bytes, run.wall_seconds,
    run.disk_bytes, run.late, run.legal_hold, run.profile, run.spec";

/// Where they come from.
pub(crate) const FROM_RUN: &str = "run LEFT JOIN job ON job.id = run.job";

pub(crate) fn run(row: &Row) -> Result<Run, StoreError> {
    let job = match row.get::<Option<String>>("job")? {
        Some(id) => Some(JobVersionRef {
            id,
            name: row.get::<Option<String>>("job_name")?.unwrap_or_default(),
            version: row.get::<Option<i64>>("job_version")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Run {
        id: row.text("id")?,
        workspace: row.text("workspace")?,
        job,
        task: row.get("task")?,
        parent: row.get("parent")?,
        is_flow: row.flag("is_flow")?,
        snapshot: row.text("snapshot")?,
        notebook: row.text("notebook")?,
        parameters: row.json("parameters")?,
        tags: row.json("tags")?,
        trigger: row.word("trigger_kind")?,
        triggered_by: row.text("triggered_by")?,
        logical: row.opt_json("logical")?,
        batch: row.get("batch")?,
        point: row.get("point")?,
        state: row.word("state")?,
        attempt: row.int("attempt")?,
        created_at: row.time("created_at")?,
        started_at: row.opt_time("started_at")?,
        ended_at: row.opt_time("ended_at")?,
        class: row.opt_word("class")?,
        code: row.get("code")?,
        reason: row.get("reason")?,
        cell: row.get("cell")?,
        ename: row.get("ename")?,
        evalue: row.get("evalue")?,
        record: row.get("record")?,
        record_sha256: row.get("record_sha256")?,
        usage: usage(row)?,
        late: row.flag("late")?,
        legal_hold: row.flag("legal_hold")?,
        spec: row.json("spec")?,
    })
}

pub(crate) fn attempt(row: &Row) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        run: row.text("run")?,
        number: row.int("number")?,
        worker: row.text("worker")?,
        record: row.text("record")?,
        record_sha256: row.get("record_sha256")?,
        state: row.word("state")?,
        profile: row.text("profile")?,
        claimed_at: row.time("claimed_at")?,
        ended_at: row.opt_time("ended_at")?,
        class: row.opt_word("class")?,
        code: row.get("code")?,
        reason: row.get("reason")?,
        usage: usage(row)?,
    })
}

fn usage(row: &Row) -> Result<Usage, StoreError> {
    Ok(Usage {
        cpu_seconds: row.get("cpu_seconds")?,
        peak_memory_bytes: row.get("peak_memory_bytes")?,
        wall_seconds: row.get("wall_seconds")?,
        disk_bytes: row.get("disk_bytes")?,
    })
}
