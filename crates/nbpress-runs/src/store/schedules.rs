//! Schedules: when jobs run by themselves. What happens then is in `firing`.

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::job::check_name;
use crate::schedule::{Overlap, ScheduleDefinition, Timetable, Trigger};
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, args, to_json};
use crate::store::jobs::Job;

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
}

pub(crate) fn hook_sha256(hook: &str) -> String {
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
