//! Runs come into being.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::error::{Invalid, StoreError};
use crate::profile::{DEFAULT_PROFILE, Profile};
use crate::run::NewRun;
use crate::state::{NoticeKind, RunState};
use crate::store::Store;
use crate::store::audit::Audit;
use crate::store::database::{Tx, args, to_json};
use crate::store::insert::Insert;
use crate::store::outbox::notify;
use crate::store::pools::{check_places, profiles};

/// A run one priority higher goes before runs that have waited this much longer.
const PRIORITY_STEP: i64 = 15 * 60 * 1_000_000;

/// A run that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// Its name; of a repeated request, the name of the run that the first one made.
    pub id: String,
    /// Whether it was made now.
    pub is_new: bool,
}

const INSERT_RUN: &str =
    "INSERT INTO run (id, workspace, job, job_version, task, parent, is_flow, snapshot,
    notebook, parameters, tags, trigger_kind, triggered_by, logical_at, logical, lane, batch, point,
    idempotency_key, start_at, state, created_at, started_at, profile, spec)";

impl Store {
    /// Makes runs, all or none. A request whose idempotency key or point is known already makes none
    /// and answers with the run there is; the runs of its tasks are not made either.
    ///
    /// # Errors
    /// A pool or profile does not exist, or the database fails.
    pub async fn enqueue(
        &self,
        runs: &[NewRun],
        actor: &str,
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, StoreError> {
        transaction!(self, |tx| {
            check_places(tx, runs.iter().map(|run| ("", &run.spec.settings))).await?;
            add_runs(tx, runs, actor, now).await
        })
    }
}

/// Makes runs within a transaction. A pool they name that is gone makes them wait, and say so; nobody is
/// there to hear an error where the clock or the end of another run makes them.
pub(crate) async fn add_runs(
    tx: &mut Tx,
    runs: &[NewRun],
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Enqueued>, StoreError> {
    let profiles = profiles(tx).await?;
    let made = insert(tx, runs, now).await?;
    let is_made = |run: &NewRun| made.contains(&run.id);
    let mut audit = Audit::new(actor, now);
    let mut queued = Vec::new();
    for run in runs.iter().filter(|run| is_made(run)) {
        let state = first_state(run);
        audit.add(
            state_action(state),
            "run",
            &run.id,
            &run.trigger.to_string(),
        );
        match state {
            RunState::Queued => queued.push(Ready::of(run, &profiles)),
            // The run of a whole job begins with its first tasks; others when a worker takes them.
            RunState::Running => {
                notify(tx, &run.id, &run.spec.notify, NoticeKind::Started, now).await?;
            }
            _ => {}
        }
    }
    insert_labels(tx, runs.iter().filter(|run| is_made(run))).await?;
    insert_timers(tx, runs.iter().filter(|run| is_made(run)), now).await?;
    make_ready(tx, &queued, now).await?;
    audit.write(tx).await?;
    let mut answers = Vec::with_capacity(runs.len());
    for run in runs {
        answers.push(if is_made(run) {
            Enqueued {
                id: run.id.clone(),
                is_new: true,
            }
        } else {
            earlier(tx, run).await?
        });
    }
    Ok(answers)
}

/// The state a run begins in.
fn first_state(run: &NewRun) -> RunState {
    match (run.blocked || !run.upstream.is_empty(), run.is_flow) {
        (true, _) => RunState::Blocked,
        (false, true) => RunState::Running,
        (false, false) => RunState::Queued,
    }
}

fn state_action(state: RunState) -> &'static str {
    match state {
        RunState::Blocked => "blocked",
        RunState::Running => "running",
        _ => "queued",
    }
}

/// Inserts the runs that are not there yet and returns their ids. The run that stands for several
/// tasks comes first; where it is not made, theirs are not.
async fn insert(
    tx: &mut Tx,
    runs: &[NewRun],
    now: Timestamp,
) -> Result<BTreeSet<String>, StoreError> {
    let mut made = BTreeSet::new();
    for tasks in [false, true] {
        let mut rows = Insert::new(INSERT_RUN, "ON CONFLICT DO NOTHING RETURNING id");
        for run in runs.iter().filter(|run| run.parent.is_some() == tasks) {
            let orphan = |parent: &String| {
                runs.iter().any(|other| other.id == *parent) && !made.contains(parent)
            };
            if !run.parent.as_ref().is_some_and(orphan) {
                push_row(&mut rows, run, now)?;
            }
        }
        made.extend(rows.write(tx).await?);
    }
    Ok(made)
}

fn push_row(rows: &mut Insert, run: &NewRun, now: Timestamp) -> Result<(), StoreError> {
    let state = first_state(run);
    let job = run.job.as_ref();
    let started = (state == RunState::Running).then(|| now.as_microsecond());
    let profile = run
        .spec
        .settings
        .profile
        .as_deref()
        .unwrap_or(DEFAULT_PROFILE);
    rows.push(run.id.clone())
        .push(run.workspace.clone())
        .push(job.map(|job| job.id.clone()))
        .push(job.map(|job| job.version))
        .push(run.task.clone())
        .push(run.parent.clone())
        .push(i64::from(run.is_flow))
        .push(run.snapshot.clone())
        .push(run.notebook.clone())
        .push(to_json(&run.parameters)?)
        .push(to_json(&run.tags)?)
        .push(run.trigger.as_str().to_owned())
        .push(run.triggered_by.clone())
        .push(
            run.logical
                .as_ref()
                .map(|logical| logical.at.as_microsecond()),
        )
        .push(run.logical.as_ref().map(to_json).transpose()?)
        .push(run.lane.clone())
        .push(run.batch.as_ref().map(|(batch, _)| batch.clone()))
        .push(run.batch.as_ref().map(|(_, point)| *point))
        .push(run.idempotency_key.clone())
        .push(run.start_at.map(Timestamp::as_microsecond))
        .push(state.as_str().to_owned())
        .push(now.as_microsecond())
        .push(started)
        .push((!run.is_flow).then(|| profile.to_owned()))
        .push(to_json(&run.spec)?);
    rows.end_row();
    Ok(())
}

pub(crate) async fn insert_labels<'a>(
    tx: &mut Tx,
    runs: impl Iterator<Item = &'a NewRun>,
) -> Result<(), StoreError> {
    let mut parameters = Insert::new("INSERT INTO run_param (run, name, value)", "");
    let mut tags = Insert::new("INSERT INTO run_tag (run, name, value)", "");
    let mut upstream = Insert::new("INSERT INTO upstream (run, waits_for)", "");
    for run in runs {
        for (name, value) in &run.parameters {
            parameters
                .push(run.id.clone())
                .push(name.clone())
                .push(parameter_text(value));
            parameters.end_row();
        }
        for (name, value) in &run.tags {
            tags.push(run.id.clone())
                .push(name.clone())
                .push(value.clone());
            tags.end_row();
        }
        for other in &run.upstream {
            upstream.push(run.id.clone()).push(other.clone());
            upstream.end_row();
        }
    }
    parameters.write(tx).await?;
    tags.write(tx).await?;
    upstream.write(tx).await.map(drop)
}

/// A parameter as people filter by it: texts without quotes. Long values are found by their beginning.
pub(crate) fn parameter_text(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(200).collect()
}

/// The moments at which something must happen to a run that is new.
async fn insert_timers<'a>(
    tx: &mut Tx,
    runs: impl Iterator<Item = &'a NewRun>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut timers = Insert::new("INSERT INTO timer (run, kind, at)", "");
    for run in runs {
        if let Some(deadline) = &run.spec.deadline {
            let from = run.logical.as_ref().map_or(now, |logical| logical.at);
            let at = deadline
                .after(from)
                .map_err(Invalid::from)?
                .as_microsecond();
            timers.push(run.id.clone()).push("late".to_owned()).push(at);
            timers.end_row();
        }
    }
    timers.write(tx).await.map(drop)
}

/// A run that may be claimed, or may be at a later time.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) run: String,
    pub(crate) workspace: String,
    pub(crate) priority: i64,
    pub(crate) pool: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) queue_seconds: Option<u32>,
}

impl Ready {
    fn of(run: &NewRun, profiles: &BTreeMap<String, Profile>) -> Self {
        let settings = &run.spec.settings;
        Self {
            run: run.id.clone(),
            workspace: run.workspace.clone(),
            priority: settings.priority,
            pool: settings.pool.clone(),
            profile: profile_or_default(profiles, settings.profile.as_deref()),
            not_before: run.start_at,
            queue_seconds: settings.timeouts.queue_seconds,
        }
    }
}

/// A profile that may have been deleted since the run was made.
pub(crate) fn profile_or_default(
    profiles: &BTreeMap<String, Profile>,
    name: Option<&str>,
) -> Profile {
    let name = name.unwrap_or(DEFAULT_PROFILE);
    let found = profiles.get(name).or_else(|| profiles.get(DEFAULT_PROFILE));
    found.cloned().unwrap_or_else(|| Profile {
        name: name.to_owned(),
        cpus: 1.0,
        memory_bytes: 2 << 30,
        next: None,
    })
}

/// Puts runs in the queue, or lets a timer do it later.
pub(crate) async fn make_ready(
    tx: &mut Tx,
    runs: &[Ready],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut ready = Insert::new(
        "INSERT INTO ready (run, workspace, rank, pool, profile, cpus, memory_bytes, ready_at)",
        "",
    );
    let mut timers = Insert::new(
        "INSERT INTO timer (run, kind, at)",
        "ON CONFLICT (run, kind) DO UPDATE SET at = excluded.at",
    );
    for run in runs {
        if let Some(later) = run.not_before.filter(|later| *later > now) {
            let at = later.as_microsecond();
            timers
                .push(run.run.clone())
                .push("ready".to_owned())
                .push(at);
            timers.end_row();
            continue;
        }
        let now = now.as_microsecond();
        ready
            .push(run.run.clone())
            .push(run.workspace.clone())
            .push(now - run.priority * PRIORITY_STEP)
            .push(run.pool.clone().unwrap_or_default())
            .push(run.profile.name.clone())
            .push(run.profile.cpus)
            .push(run.profile.memory_bytes)
            .push(now);
        ready.end_row();
        if let Some(seconds) = run.queue_seconds {
            let at = now + i64::from(seconds) * 1_000_000;
            timers
                .push(run.run.clone())
                .push("queue".to_owned())
                .push(at);
            timers.end_row();
        }
    }
    ready.write(tx).await?;
    timers.write(tx).await.map(drop)
}

/// The run that an earlier, equal request made.
async fn earlier(tx: &mut Tx, run: &NewRun) -> Result<Enqueued, StoreError> {
    let row = match (&run.idempotency_key, &run.batch) {
        (Some(key), _) => {
            let sql = "SELECT id FROM run WHERE workspace = $1 AND idempotency_key = $2";
            tx.row(sql, args![run.workspace.clone(), key.clone()])
                .await?
        }
        (None, Some((batch, point))) => {
            let sql = "SELECT id FROM run WHERE batch = $1 AND point = $2 AND parent IS NULL";
            tx.row(sql, args![batch.clone(), *point]).await?
        }
        (None, None) => None,
    };
    let id = match row {
        Some(row) => row.text("id")?,
        // A task of a run that was made before.
        None => run.id.clone(),
    };
    Ok(Enqueued { id, is_new: false })
}
