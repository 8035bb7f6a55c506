//! Schedules fire: by the clock, by a webhook, or after another job's run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::{Invalid, StoreError};
use crate::plan::{JobRun, plan};
use crate::run::{LogicalTime, NewRun, Run, TriggerKind};
use crate::schedule::{
    Due, Fire, Overlap, ScheduleDefinition, Timetable, Trigger, UpstreamEnd, jitter,
};
use crate::state::RunState;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args};
use crate::store::enqueue::{Enqueued, add_runs};
use crate::store::finish::By;
use crate::store::insert::{Insert, places};
use crate::store::jobs::{Job, live_job, live_jobs};
use crate::store::schedules::{hook_sha256, width};
use crate::store::settle::{End, active_in_lane, settle};
use crate::store::timers::cancel;

/// Fires of one schedule in one transaction.
const FIRES_AT_ONCE: usize = 50;

/// Schedules that are due at `$1`, in order.
const DUE: &str = "FROM schedule WHERE paused = 0 AND next_at IS NOT NULL AND next_at <= $1
     ORDER BY next_at, id";
/// The schedule `$2`, if it is due at `$1`.
const DUE_ONE: &str =
    "FROM schedule WHERE paused = 0 AND next_at IS NOT NULL AND next_at <= $1 AND id = $2";

/// Whether the next schedule may fare better: what is stored of this one cannot be used, such as a zone
/// that this machine does not know.
fn is_of_one(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Invalid(_) | StoreError::Unreadable { .. }
    )
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
    /// Why it cannot fire; it is paused now.
    pub fault: Option<String>,
}

impl Store {
    /// Fires the schedules that are due, at most `most`; call it again while it answers with some. One that
    /// cannot fire is paused, and keeps no other from firing.
    ///
    /// # Errors
    /// The database fails.
    pub async fn fire_schedules(
        &self,
        most: i64,
        now: Timestamp,
    ) -> Result<Vec<DueSchedule>, StoreError> {
        // In order, although one is enough: Postgres would else go through the table, which its statistics
        // say is due as a whole.
        let due = format!("SELECT id {DUE} LIMIT 1");
        if !self.database.has(&due, args![now.as_microsecond()]).await? {
            return Ok(Vec::new());
        }
        let fired = transaction!(self, |tx| {
            let sql = format!("SELECT * {DUE} LIMIT $2 {{skip}}");
            let rows = tx.rows(&sql, args![now.as_microsecond(), most]).await?;
            fire(tx, &rows, now).await
        });
        match fired {
            Err(error) if is_of_one(&error) => self.fire_one_by_one(most, now).await,
            fired => fired,
        }
    }

    /// After one of those that are due could not fire.
    async fn fire_one_by_one(
        &self,
        most: i64,
        now: Timestamp,
    ) -> Result<Vec<DueSchedule>, StoreError> {
        let sql = format!("SELECT id {DUE} LIMIT $2");
        let due = self.database.rows(&sql, args![now.as_microsecond(), most]);
        let mut fired = Vec::new();
        for row in due.await? {
            let id = row.text("id")?;
            let one = transaction!(self, |tx| {
                let sql = format!("SELECT * {DUE_ONE} {{skip}}");
                let rows = tx
                    .rows(&sql, args![now.as_microsecond(), id.clone()])
                    .await?;
                fire(tx, &rows, now).await
            });
            match one {
                Err(error) if is_of_one(&error) => fired.push(self.fault(&id, &error, now).await?),
                one => fired.extend(one?),
            }
        }
        Ok(fired)
    }

    /// Pauses a schedule that cannot fire.
    async fn fault(
        &self,
        id: &str,
        error: &StoreError,
        now: Timestamp,
    ) -> Result<DueSchedule, StoreError> {
        let fault = match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        transaction!(self, |tx| {
            let sql = "UPDATE schedule SET paused = 1 WHERE id = $1";
            tx.run(sql, args![id.to_owned()]).await?;
            audit(tx, ("scheduler", now), "paused", ("schedule", id), &fault).await
        })?;
        Ok(DueSchedule {
            schedule: id.to_owned(),
            runs: Vec::new(),
            missed: 0,
            fault: Some(fault),
        })
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
            let mut schedule = Firing::read(&row)?;
            schedule.parameters.extend(parameters.clone());
            let moment = Moment {
                kind: TriggerKind::Webhook,
                name: moment.to_owned(),
                logical: None,
            };
            trigger(tx, &schedule, &moment, by).await
        })
    }
}

/// A schedule that fires; its row is locked.
struct Firing {
    id: String,
    job: String,
    definition: ScheduleDefinition,
    parameters: Map<String, Value>,
}

/// What a schedule fires for; it does so once.
struct Moment {
    kind: TriggerKind,
    name: String,
    logical: Option<LogicalTime>,
}

impl Moment {
    fn of(fire: &Fire) -> Self {
        Self {
            kind: TriggerKind::Schedule,
            name: fire.logical_time.to_string(),
            logical: Some(LogicalTime {
                at: fire.logical_time,
                interval_start: fire.interval_start,
                interval_end: fire.interval_end,
                time_zone: fire.zone.clone(),
            }),
        }
    }
}

impl Firing {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            job: row.text("job")?,
            definition: row.json("definition")?,
            parameters: row.json("parameters")?,
        })
    }

    /// The runs of a moment; blocked where the schedule's lane is full.
    fn runs(&self, job: &Job, moment: &Moment, blocked: bool, now: Timestamp) -> Vec<NewRun> {
        let jitter_seconds = self.definition.jitter_seconds;
        let start_at = moment.logical.as_ref().map(|logical| {
            let wait = jitter(&self.id, logical.at, jitter_seconds);
            now.checked_add(wait).unwrap_or(now)
        });
        plan(&JobRun {
            workspace: &job.workspace,
            job: &job.reference(),
            definition: &job.definition,
            parameters: &self.parameters,
            trigger: moment.kind,
            triggered_by: &self.id,
            logical: moment.logical.clone(),
            lane: Some(&self.id),
            batch: None,
            idempotency_key: None,
            start_at: start_at.filter(|_| jitter_seconds > 0),
            blocked,
        })
    }
}

/// Makes the runs of schedules that are due and moves these on.
///
/// At the top of an hour there may be very many. Nearly all of them have one time to run for and nothing
/// that is on; their runs are made together, with a few statements. The others are seen to one by one.
async fn fire(tx: &mut Tx, rows: &[Row], now: Timestamp) -> Result<Vec<DueSchedule>, StoreError> {
    let mut schedules = Vec::with_capacity(rows.len());
    let mut moves = BTreeMap::<(i64, Option<i64>), Vec<String>>::new();
    for row in rows {
        let schedule = Firing::read(row)?;
        let timetable = Timetable::new(&schedule.definition).map_err(Invalid::from)?;
        let due = timetable.due(row.time("last_at")?, now, FIRES_AT_ONCE);
        let next = timetable.next_after(due.resume_from);
        let times = (
            due.resume_from.as_microsecond(),
            next.map(Timestamp::as_microsecond),
        );
        moves.entry(times).or_default().push(schedule.id.clone());
        schedules.push((schedule, due));
    }
    let mut made = fire_together(tx, &schedules, now).await?;
    let mut fired = Vec::with_capacity(schedules.len());
    for (schedule, due) in schedules {
        let runs = match made.remove(&schedule.id) {
            Some(runs) => runs,
            None => fire_alone(tx, &schedule, &due, now).await?,
        };
        fired.push(DueSchedule {
            schedule: schedule.id,
            runs,
            missed: due.missed,
            fault: None,
        });
    }
    for ((last, next), ids) in moves {
        move_on(tx, &ids, last, next).await?;
    }
    Ok(fired)
}

/// Makes the runs of those schedules that have one time to run for, a job, and room in their lane; by
/// schedule.
async fn fire_together(
    tx: &mut Tx,
    schedules: &[(Firing, Due)],
    now: Timestamp,
) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let single: Vec<_> = schedules
        .iter()
        .filter_map(|(schedule, due)| match due.fires.as_slice() {
            [fire] => Some((schedule, Moment::of(fire))),
            _ => None,
        })
        .collect();
    let jobs = live_jobs(tx, single.iter().map(|(schedule, _)| &schedule.job)).await?;
    let active = active_in_lanes(tx, single.iter().map(|(schedule, _)| &schedule.id)).await?;
    let mut ticks = Insert::new(
        "INSERT INTO tick (schedule, moment, run)",
        "ON CONFLICT DO NOTHING RETURNING run",
    );
    let mut planned = Vec::with_capacity(single.len());
    for (schedule, moment) in single {
        let on = active.get(&schedule.id).copied().unwrap_or_default();
        let Some(job) = jobs.get(&schedule.job) else {
            continue;
        };
        let runs = schedule.runs(job, &moment, false, now);
        let Some(first) = runs.first().filter(|_| on < width(&schedule.definition)) else {
            continue;
        };
        ticks
            .push(schedule.id.clone())
            .push(moment.name)
            .push(first.id.clone());
        ticks.end_row();
        planned.push((schedule.id.clone(), runs));
    }
    let first_time: BTreeSet<String> = ticks.write(tx).await?.into_iter().collect();
    let (mut made, mut all) = (BTreeMap::new(), Vec::new());
    for (schedule, mut runs) in planned {
        // A moment that was seen to before has its run already.
        runs.retain(|run| first_time.contains(run.parent.as_ref().unwrap_or(&run.id)));
        let first = runs.first().map(|run| run.id.clone());
        made.insert(schedule, first.into_iter().collect());
        all.append(&mut runs);
    }
    add_runs(tx, &all, "scheduler", now).await?;
    Ok(made)
}

/// Runs that are on or may begin, by lane.
async fn active_in_lanes(
    tx: &mut Tx,
    lanes: impl ExactSizeIterator<Item = &String>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    if lanes.len() == 0 {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "SELECT lane, COUNT(*) AS active FROM run
         WHERE lane IN ({}) AND state IN ('queued', 'running', 'cancelling') GROUP BY lane",
        places(1, lanes.len())
    );
    let mut values = args![];
    lanes.for_each(|lane| values.push(lane.clone()));
    let rows = tx.rows(&sql, values).await?;
    rows.iter()
        .map(|row| Ok((row.text("lane")?, row.int("active")?)))
        .collect()
}

/// Makes the runs of one schedule, one moment after the other; answers with the new ones.
async fn fire_alone(
    tx: &mut Tx,
    schedule: &Firing,
    due: &Due,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let mut runs = Vec::new();
    for fire in &due.fires {
        let made = trigger(tx, schedule, &Moment::of(fire), ("scheduler", now)).await?;
        runs.extend(made.into_iter().filter(|run| run.is_new).map(|run| run.id));
    }
    Ok(runs)
}

/// Schedules that went to the same times.
async fn move_on(
    tx: &mut Tx,
    schedules: &[String],
    last: i64,
    next: Option<i64>,
) -> Result<(), StoreError> {
    let places = places(3, schedules.len());
    let sql = format!("UPDATE schedule SET last_at = $1, next_at = $2 WHERE id IN ({places})");
    let mut values = args![last, next];
    for id in schedules {
        values.push(id.clone());
    }
    tx.run(&sql, values).await.map(drop)
}

/// Makes the run of one moment of a schedule, by its rule for runs that overlap.
async fn trigger(
    tx: &mut Tx,
    schedule: &Firing,
    moment: &Moment,
    by: By<'_>,
) -> Result<Vec<Enqueued>, StoreError> {
    let Some(job) = live_job(tx, &schedule.job).await? else {
        return Ok(Vec::new());
    };
    let busy = active_in_lane(tx, &schedule.id).await? >= width(&schedule.definition);
    let runs = schedule.runs(&job, moment, busy, by.1);
    let Some(first) = runs.first().map(|run| run.id.clone()) else {
        return Ok(Vec::new());
    };
    let sql = "INSERT INTO tick (schedule, moment, run) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let values = args![schedule.id.clone(), moment.name.clone(), first];
    if tx.run(sql, values).await? == 0 {
        return earlier(tx, &schedule.id, &moment.name).await;
    }
    let made = add_runs(tx, &runs, by.0, by.1).await?;
    if busy {
        overlap(tx, &schedule.definition, &runs, &schedule.id, by).await?;
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
            let moment = Moment {
                kind: TriggerKind::After,
                name: run.id.clone(),
                logical: run.logical.clone(),
            };
            Box::pin(trigger(tx, &Firing::read(&row)?, &moment, by)).await?;
        }
    }
    Ok(())
}
