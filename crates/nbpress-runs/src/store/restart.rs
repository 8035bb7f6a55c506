//! A run is done again: whole, or, of a job of several tasks, from those that did not succeed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nbpress_record::RunId;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::run::{NewRun, Run, RunSpec, TriggerKind};
use crate::state::RunState;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Tx, args};
use crate::store::enqueue::{Enqueued, add_runs};
use crate::store::finish::locked_run;
use crate::store::settle::go_on_after;

impl Store {
    /// Makes a run like one that is over, with the same snapshot and its parameters, some replaced. Of the
    /// run of a whole job, tasks that succeeded are taken over with their records and scraps, unless `whole`.
    ///
    /// # Errors
    /// The run is not over, is part of another, or unknown; or the database fails.
    pub async fn restart(
        &self,
        run: &str,
        parameters: &Map<String, Value>,
        whole: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<Enqueued, StoreError> {
        transaction!(self, |tx| {
            let old = locked_run(tx, run).await?;
            is_over_and_whole(&old)?;
            let new = again(&old, parameters, old.id.clone());
            let id = new.id.clone();
            let mut runs = vec![new];
            let mut taken_over = Vec::new();
            if old.is_flow {
                let tasks = tasks(tx, &old.id).await?;
                taken_over = add_tasks(tx, &tasks, &mut runs, parameters, whole).await?;
            }
            let made = add_runs(tx, &runs, actor, now).await?;
            for (old, new) in &taken_over {
                take_over(tx, old, new, &id, now).await?;
            }
            audit(tx, (actor, now), "restarted", ("run", &old.id), &id).await?;
            let ended: Vec<String> = taken_over.into_iter().map(|(_, new)| new).collect();
            go_on_after(tx, &id, &ended, (actor, now)).await?;
            made.into_iter()
                .next()
                .ok_or_else(|| StoreError::not_found("run", run))
        })
    }
}

/// Whether a run can be done again.
///
/// # Errors
/// It is not over, is part of another, or was imported.
pub(super) fn is_over_and_whole(run: &Run) -> Result<(), StoreError> {
    if let Some(parent) = &run.parent {
        let message = format!("it is a task of {parent}; restart that");
        return Err(StoreError::conflict("is_a_task", message));
    }
    if !run.state.is_terminal() {
        let message = format!("the run is still {}", run.state);
        return Err(StoreError::conflict("not_terminal", message));
    }
    if run.snapshot.is_empty() && !run.is_flow {
        let message = "it was imported, and is only there to be read";
        return Err(StoreError::conflict("imported", message));
    }
    Ok(())
}

async fn tasks(tx: &mut Tx, flow: &str) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT id FROM run WHERE parent = $1 ORDER BY id";
    let mut tasks = Vec::new();
    for row in tx.rows(sql, args![flow.to_owned()]).await? {
        tasks.push(locked_run(tx, &row.text("id")?).await?);
    }
    Ok(tasks)
}

/// Adds the tasks that are to run; answers with those that are taken over, by old and new id.
async fn add_tasks(
    tx: &mut Tx,
    tasks: &[Run],
    runs: &mut Vec<NewRun>,
    parameters: &Map<String, Value>,
    whole: bool,
) -> Result<Vec<(String, String)>, StoreError> {
    let flow = runs.first().map(|run| run.id.clone()).unwrap_or_default();
    let kept = |task: &Run| !whole && task.state == RunState::Succeeded;
    let ids: BTreeMap<&str, String> = tasks
        .iter()
        .map(|task| (task.id.as_str(), RunId::new().to_string()))
        .collect();
    for task in tasks.iter().filter(|task| !kept(task)) {
        let sql = "SELECT waits_for FROM upstream WHERE run = $1 ORDER BY waits_for";
        let mut upstream = Vec::new();
        for row in tx.rows(sql, args![task.id.clone()]).await? {
            upstream.extend(ids.get(row.text("waits_for")?.as_str()).cloned());
        }
        // Only what the task has already: a value for one task need not be one of another.
        let known = parameters
            .iter()
            .filter(|(name, _)| task.parameters.contains_key(*name));
        let known: Map<String, Value> = known
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut new = again(task, &known, task.id.clone());
        new.id.clone_from(&ids[task.id.as_str()]);
        new.parent = Some(flow.clone());
        new.upstream = upstream;
        runs.push(new);
    }
    let taken = tasks.iter().filter(|task| kept(task));
    Ok(taken
        .map(|task| (task.id.clone(), ids[task.id.as_str()].clone()))
        .collect())
}

/// A run like another one, with some values replaced.
pub(super) fn again(old: &Run, parameters: &Map<String, Value>, triggered_by: String) -> NewRun {
    let mut values = old.parameters.clone();
    values.extend(parameters.clone());
    NewRun {
        id: RunId::new().to_string(),
        workspace: old.workspace.clone(),
        job: old.job.clone(),
        task: old.task.clone(),
        parent: None,
        upstream: Vec::new(),
        is_flow: old.is_flow,
        blocked: false,
        snapshot: old.snapshot.clone(),
        notebook: old.notebook.clone(),
        parameters: values,
        trigger: TriggerKind::Restart,
        triggered_by,
        logical: old.logical.clone(),
        lane: None,
        batch: None,
        idempotency_key: None,
        start_at: None,
        spec: RunSpec {
            trace: None,
            resume: None,
            ..old.spec.clone()
        },
        tags: old.tags.clone(),
    }
}

/// Copies a task that succeeded, with a pointer to its record.
async fn take_over(
    tx: &mut Tx,
    old: &str,
    new: &str,
    flow: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO run (id, workspace, job, job_version, task, parent, is_flow, snapshot, notebook,
                   parameters, tags, trigger_kind, triggered_by, logical_at, logical, state, attempt,
                   created_at, started_at, ended_at, record, record_sha256, cpu_seconds,
                   peak_memory_bytes, wall_seconds, disk_bytes, profile, spec)
               SELECT $1, workspace, job, job_version, task, $2, is_flow, snapshot, notebook,
                   parameters, tags, 'restart', id, logical_at, logical, state, 0,
                   $3, started_at, ended_at, record, record_sha256, cpu_seconds,
                   peak_memory_bytes, wall_seconds, disk_bytes, profile, spec
               FROM run WHERE id = $4";
    let values = args![
        new.to_owned(),
        flow.to_owned(),
        now.as_microsecond(),
        old.to_owned()
    ];
    tx.run(sql, values).await?;
    for table in [
        "scrap (run, name, value, number)",
        "run_param (run, name, value)",
    ] {
        let (name, columns) = table.split_once(" (run, ").unwrap_or((table, ""));
        let columns = columns.trim_end_matches(')');
        let sql = format!("INSERT INTO {table} SELECT $1, {columns} FROM {name} WHERE run = $2");
        tx.run(&sql, args![new.to_owned(), old.to_owned()]).await?;
    }
    Ok(())
}
