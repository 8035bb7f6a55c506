//! Schedules: when jobs run by themselves.

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::job::check_name;
use crate::plan::{JobRun, plan};
use crate::run::{LogicalTime, NewRun, Run, TriggerKind};
use crate::schedule::{Overlap, ScheduleDefinition, Timetable, Trigger, UpstreamEnd, jitter};
use crate::state::RunState;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args, to_json};
use crate::store::enqueue::{Enqueued, add_runs};
use crate::store::finish::By;
use crate::store::jobs::{Job, live_job};
use crate::store::settle::{End, active_in_lane, lane_width, settle};
use crate::store::timers::cancel;

/// Fires of one schedule in one transaction.
const FIRES_AT_ONCE: usize = 50;

/// A schedule that is to exist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// Its name in its job.
    #[serde(default = "main_schedule")]
    pub name: String,
    /// When it fires.
    pub definition: ScheduleDefinition,
    /// Values that replace the job's.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
}

fn main_schedule() -> String {
    "main".to_owned()
}

/// A schedule as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// Its id.
    pub id: String,
    /// The team or person it belongs to.
    pub workspace: String,
    /// The job, by id.
    pub job: String,
    /// The job's name.
    pub job_name: String,
    /// Its name in its job.
    pub name: String,
    /// When it fires.
    pub definition: ScheduleDefinition,
    /// Values that replace the job's.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Whether it fires at all.
    pub paused: bool,
    /// When it fires next; absent for triggers that are no times.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
}

/// A schedule that fired, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSchedule {
    /// The schedule, by id.
    pub schedule: String,
    /// The runs that were made.
    pub runs: Vec<String>,
    /// The times that were passed over.
    pub missed: u64,
}

/// How many runs of a schedule may be on at a time.
pub(crate) fn width(definition: &ScheduleDefinition) -> i64 {
    match definition.overlap {
        Overlap::Allow { n } => n.into(),
        Overlap::Queue | Overlap::Skip | Overlap::Replace => 1,
    }
}

const SCHEDULE: &str = "SELECT schedule.*, job.name AS job_name
    FROM schedule JOIN job ON job.id = schedule.job";

impl Store {
    /// Makes a schedule of a job, or changes the one of this name: it fires from now on, never back.
    /// `hook` is the secret of a webhook's address; only its hash is kept.
    ///
    /// # Errors
    /// Its name or definition is not usable, the other job is unknown, or the database fails.
    pub async fn put_schedule(
        &self,
        job: &Job,
        schedule: &NewSchedule,
        hook: Option<&str>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Schedule, StoreError> {
        check_name("name", &schedule.name)?;
        let timetable = Timetable::new(&schedule.definition).map_err(Invalid::from)?;
        let after = self.upstream_job(job, &schedule.definition).await?;
        let next = timetable.next_after(now);
        transaction!(self, |tx| {
            let sql =
                "INSERT INTO schedule (id, workspace, job, name, definition, parameters, after_job,
                           hook_sha256, last_at, next_at, created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9)
                       ON CONFLICT (job, name) DO UPDATE SET definition = excluded.definition,
                           parameters = excluded.parameters, after_job = excluded.after_job,
                           hook_sha256 = COALESCE(excluded.hook_sha256, schedule.hook_sha256),
                           last_at = excluded.last_at, next_at = excluded.next_at
                       RETURNING id";
            let values = args![
                RunId::new().to_string().replace("run_", "sched_"),
                job.workspace.clone(),
                job.id.clone(),
                schedule.name.clone(),
                to_json(&schedule.definition)?,
                to_json(&schedule.parameters)?,
                after.clone(),
                hook.map(hook_sha256),
                now.as_microsecond(),
                next.map(Timestamp::as_microsecond),
            ];
            let row = tx.row(sql, values).await?;
            let id = row.map_or(Ok(String::new()), |row| row.text("id"))?;
            audit(tx, (actor, now), "set", ("schedule", &id), &job.name).await?;
            let row = tx
                .row(&format!("{SCHEDULE} WHERE schedule.id = $1"), args![id])
                .await?;
            row.map_or_else(
                || Err(StoreError::not_found("schedule", &schedule.name)),
                |row| read(&row),
            )
        })
    }

    /// The job whose ends fire a schedule; jobs must not fire each other in a circle.
    async fn upstream_job(
        &self,
        job: &Job,
        definition: &ScheduleDefinition,
    ) -> Result<Option<String>, StoreError> {
        let Trigger::After { job: name, .. } = &definition.trigger else {
            return Ok(None);
        };
        let other = match self.job(&job.workspace, name).await {
            Ok(other) => other.id,
            Err(StoreError::NotFound { .. }) => {
                let message = format!("there is no job `{name}`");
                return Err(Invalid::new("definition.trigger.job", message).into());
            }
            Err(error) => return Err(error),
        };
        let mut seen = vec![job.id.clone()];
        let mut upstream = vec![other.clone()];
        while let Some(id) = upstream.pop() {
            if id == job.id {
                let message = format!("`{name}` runs after this job already: a circle");
                return Err(Invalid::new("definition.trigger.job", message).into());
            }
            if seen.contains(&id) {
                continue;
            }
            seen.push(id.clone());
            let sql = "SELECT after_job FROM schedule WHERE job = $1 AND after_job IS NOT NULL";
            for row in self.database.rows(sql, args![id]).await? {
                upstream.push(row.text("after_job")?);
            }
        }
        Ok(Some(other))
    }

    /// The schedules of a workspace, or of one of its jobs.
    ///
    /// # Errors
    /// The database fails.
    pub async fn schedules(
        &self,
        workspace: &str,
        job: Option<&str>,
    ) -> Result<Vec<Schedule>, StoreError> {
        let sql = format!(
            "{SCHEDULE} WHERE schedule.workspace = $1 AND ($2 = '' OR schedule.job = $2)
             ORDER BY job.name, schedule.name"
        );
        let values = args![workspace.to_owned(), job.unwrap_or_default().to_owned()];
        let rows = self.database.rows(&sql, values).await?;
        rows.iter().map(read).collect()
    }

    /// A schedule.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn schedule(&self, id: &str) -> Result<Schedule, StoreError> {
        let sql = format!("{SCHEDULE} WHERE schedule.id = $1");
        let row = self.database.row(&sql, args![id.to_owned()]).await?;
        row.map_or_else(
            || Err(StoreError::not_found("schedule", id)),
            |row| read(&row),
        )
    }

    /// Pauses a schedule, or lets it go on from now: times that passed meanwhile are not made up for.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn pause_schedule(
        &self,
        id: &str,
        paused: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let schedule = self.schedule(id).await?;
        let timetable = Timetable::new(&schedule.definition).map_err(Invalid::from)?;
        transaction!(self, |tx| {
            let sql = "UPDATE schedule SET paused = $1, last_at = $2, next_at = $3 WHERE id = $4";
            let next = timetable.next_after(now).map(Timestamp::as_microsecond);
            let values = args![i64::from(paused), now.as_microsecond(), next, id.to_owned()];
            tx.run(sql, values).await?;
            let action = if paused { "paused" } else { "resumed" };
            audit(tx, (actor, now), action, ("schedule", id), "").await
        })
    }

    /// Removes a schedule; its runs stay.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn delete_schedule(
        &self,
        id: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            if tx
                .run("DELETE FROM schedule WHERE id = $1", args![id.to_owned()])
                .await?
                == 0
            {
                return Err(StoreError::not_found("schedule", id));
            }
            audit(tx, (actor, now), "deleted", ("schedule", id), "").await
        })
    }

    /// Fires the schedules that are due, at most `most`; call it again while it answers with some.
    ///
    /// # Errors
    /// The database fails.
    pub async fn fire_schedules(
        &self,
        most: i64,
        now: Timestamp,
    ) -> Result<Vec<DueSchedule>, StoreError> {
        let due = "SELECT id FROM schedule WHERE paused = 0 AND next_at IS NOT NULL AND next_at <= $1 LIMIT 1";
        if self
            .database
            .row(due, args![now.as_microsecond()])
            .await?
            .is_none()
        {
            return Ok(Vec::new());
        }
        transaction!(self, |tx| {
            let sql =
                "SELECT * FROM schedule WHERE paused = 0 AND next_at IS NOT NULL AND next_at <= $1
                       ORDER BY next_at, id LIMIT $2 {skip}";
            let rows = tx.rows(sql, args![now.as_microsecond(), most]).await?;
            let mut fired = Vec::with_capacity(rows.len());
            for row in rows {
                fired.push(fire(tx, &row, now).await?);
            }
            Ok(fired)
        })
    }

    /// The job of the schedule with this webhook secret.
    ///
    /// # Errors
    /// No schedule has this secret, or the database fails.
    pub async fn hook_job(&self, hook: &str) -> Result<Job, StoreError> {
        let sql = "SELECT job FROM schedule WHERE hook_sha256 = $1";
        let row = self.database.row(sql, args![hook_sha256(hook)]).await?;
        let row = row.ok_or_else(|| StoreError::not_found("webhook", "…"))?;
        self.job_by_id(&row.text("job")?).await
    }

    /// Fires the schedule with this webhook secret. `moment` makes a repeated call harmless.
    ///
    /// # Errors
    /// No schedule has this secret, it is paused, or the database fails.
    pub async fn fire_hook(
        &self,
        hook: &str,
        moment: &str,
        parameters: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, StoreError> {
        transaction!(self, |tx| {
            let sql = "SELECT * FROM schedule WHERE hook_sha256 = $1 {lock}";
            let row = tx.row(sql, args![hook_sha256(hook)]).await?;
            let row = row.ok_or_else(|| StoreError::not_found("webhook", "…"))?;
            if row.flag("paused")? {
                return Err(StoreError::conflict("paused", "the schedule is paused"));
            }
            let by = ("webhook", now);
            let mut given: Map<String, Value> = row.json("parameters")?;
            given.extend(parameters.clone());
            trigger(tx, &row, &given, (TriggerKind::Webhook, moment), None, by).await
        })
    }
}

fn hook_sha256(hook: &str) -> String {
    hex::encode(Sha256::digest(hook))
}

fn read(row: &Row) -> Result<Schedule, StoreError> {
    Ok(Schedule {
        id: row.text("id")?,
        workspace: row.text("workspace")?,
        job: row.text("job")?,
        job_name: row.text("job_name")?,
        name: row.text("name")?,
        definition: row.json("definition")?,
        parameters: row.json("parameters")?,
        paused: row.flag("paused")?,
        next_at: row.opt_time("next_at")?,
    })
}

/// Makes the runs of a schedule that is due and moves it on.
async fn fire(tx: &mut Tx, row: &Row, now: Timestamp) -> Result<DueSchedule, StoreError> {
    let id = row.text("id")?;
    let definition: ScheduleDefinition = row.json("definition")?;
    let parameters: Map<String, Value> = row.json("parameters")?;
    let timetable = Timetable::new(&definition).map_err(Invalid::from)?;
    let due = timetable.due(row.time("last_at")?, now, FIRES_AT_ONCE);
    let mut runs = Vec::new();
    for fire in &due.fires {
        let logical = LogicalTime {
            at: fire.logical_time,
            interval_start: fire.interval_start,
            interval_end: fire.interval_end,
            time_zone: fire.zone.clone(),
        };
        let moment = fire.logical_time.to_string();
        let by = ("scheduler", now);
        let kind = (TriggerKind::Schedule, moment.as_str());
        let made = trigger(tx, row, &parameters, kind, Some(logical), by).await?;
        runs.extend(made.into_iter().filter(|run| run.is_new).map(|run| run.id));
    }
    let next = timetable
        .next_after(due.resume_from)
        .map(Timestamp::as_microsecond);
    let sql = "UPDATE schedule SET last_at = $1, next_at = $2 WHERE id = $3";
    tx.run(
        sql,
        args![due.resume_from.as_microsecond(), next, id.clone()],
    )
    .await?;
    Ok(DueSchedule {
        schedule: id,
        runs,
        missed: due.missed,
    })
}

/// Makes the run of one moment of a schedule, by its rule for runs that overlap.
async fn trigger(
    tx: &mut Tx,
    row: &Row,
    parameters: &Map<String, Value>,
    (kind, moment): (TriggerKind, &str),
    logical: Option<LogicalTime>,
    by: By<'_>,
) -> Result<Vec<Enqueued>, StoreError> {
    let (id, job) = (row.text("id")?, row.text("job")?);
    let definition: ScheduleDefinition = row.json("definition")?;
    let Some(job) = live_job(tx, &job).await? else {
        return Ok(Vec::new());
    };
    let width = lane_width(tx, &id).await?.unwrap_or(1);
    let busy = active_in_lane(tx, &id).await? >= width;
    let start_at = logical.as_ref().map(|logical| {
        let wait = jitter(&id, logical.at, definition.jitter_seconds);
        by.1.checked_add(wait).unwrap_or(by.1)
    });
    let runs = plan(&JobRun {
        workspace: &job.workspace,
        job: &job.reference(),
        definition: &job.definition,
        parameters,
        trigger: kind,
        triggered_by: &id,
        logical,
        lane: Some(&id),
        batch: None,
        idempotency_key: None,
        start_at: start_at.filter(|_| definition.jitter_seconds > 0),
        blocked: busy,
    });
    let Some(first) = runs.first().map(|run| run.id.clone()) else {
        return Ok(Vec::new());
    };
    let sql = "INSERT INTO tick (schedule, moment, run) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    if tx
        .run(sql, args![id.clone(), moment.to_owned(), first.clone()])
        .await?
        == 0
    {
        return earlier(tx, &id, moment).await;
    }
    let made = add_runs(tx, &runs, by.0, by.1).await?;
    if busy {
        overlap(tx, &definition, &runs, &id, by).await?;
    }
    Ok(made.into_iter().take(1).collect())
}

async fn earlier(tx: &mut Tx, schedule: &str, moment: &str) -> Result<Vec<Enqueued>, StoreError> {
    let sql = "SELECT run FROM tick WHERE schedule = $1 AND moment = $2";
    let row = tx
        .row(sql, args![schedule.to_owned(), moment.to_owned()])
        .await?;
    row.iter()
        .map(|row| {
            Ok(Enqueued {
                id: row.text("run")?,
                is_new: false,
            })
        })
        .collect()
}

/// What happens to a new run, or to those before it, while others of its schedule are on.
async fn overlap(
    tx: &mut Tx,
    definition: &ScheduleDefinition,
    runs: &[NewRun],
    lane: &str,
    by: By<'_>,
) -> Result<(), StoreError> {
    let Some(first) = runs.first() else {
        return Ok(());
    };
    match definition.overlap {
        Overlap::Skip => {
            let end = End::skipped("overlap", "the run before was still on");
            settle(tx, &first.id, &end, by).await
        }
        Overlap::Replace => {
            let sql = "SELECT id FROM run WHERE lane = $1 AND id <> $2
                       AND state IN ('blocked', 'queued', 'running') ORDER BY id";
            let rows = tx
                .rows(sql, args![lane.to_owned(), first.id.clone()])
                .await?;
            // Those that wait first: else the end of one that runs would let them begin.
            for row in rows.iter().rev() {
                cancel(
                    tx,
                    &row.text("id")?,
                    "replaced by the next run of its schedule",
                    by,
                )
                .await?;
            }
            Ok(())
        }
        Overlap::Queue | Overlap::Allow { .. } => {
            let sql = "SELECT id FROM run WHERE lane = $1 AND state = 'blocked' ORDER BY id DESC";
            let rows = tx.rows(sql, args![lane.to_owned()]).await?;
            let most = usize::try_from(definition.max_queued).unwrap_or(usize::MAX);
            for row in rows.iter().skip(most) {
                let end = End::skipped("overlap", "too many runs of its schedule were waiting");
                settle(tx, &row.text("id")?, &end, by).await?;
            }
            Ok(())
        }
    }
}

/// Fires the schedules that wait for the end of a run's job.
pub(crate) async fn after(
    tx: &mut Tx,
    run: &Run,
    state: RunState,
    by: By<'_>,
) -> Result<(), StoreError> {
    let Some(job) = run
        .job
        .as_ref()
        .filter(|_| run.trigger != TriggerKind::Import)
    else {
        return Ok(());
    };
    let sql = "SELECT * FROM schedule WHERE after_job = $1 AND paused = 0 ORDER BY id {lock}";
    for row in tx.rows(sql, args![job.id.clone()]).await? {
        let definition: ScheduleDefinition = row.json("definition")?;
        let counts = match &definition.trigger {
            Trigger::After {
                on: UpstreamEnd::Success,
                ..
            } => state == RunState::Succeeded,
            Trigger::After {
                on: UpstreamEnd::Any,
                ..
            } => state != RunState::Skipped,
            _ => false,
        };
        if counts {
            let parameters: Map<String, Value> = row.json("parameters")?;
            let kind = (TriggerKind::After, run.id.as_str());
            let logical = run.logical.clone();
            Box::pin(trigger(tx, &row, &parameters, kind, logical, by)).await?;
        }
    }
    Ok(())
}
