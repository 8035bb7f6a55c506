//! The top of the hour: 100,000 schedules are due in the same minute.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use nbpress_runs::job::Task;
use nbpress_runs::schedule::{ScheduleDefinition, Trigger};
use nbpress_runs::store::{Job, NewSchedule};
use nbpress_runs::{JobDefinition, Store};
use serde_json::{Map, json};

use crate::direct::Direct;
use crate::samples::Samples;
use crate::{Bench, Result, print};

/// As many as the server fires in one transaction.
const AT_ONCE: i64 = 200;
/// Schedules of one job.
const OF_A_JOB: i64 = 10;

pub(crate) async fn measure(bench: &Bench) -> Result<()> {
    let store = Store::open(&bench.url).await?;
    let wanted = bench.amount(100_000);
    let begin: Timestamp = "2026-03-02T08:59:30Z".parse()?;
    let (job, schedule) = first(&store, begin).await?;
    let direct = Direct::careless(&bench.url).await?;
    multiply(&direct, &job, &schedule, wanted).await?;
    direct.pool.close().await;
    let hour: Timestamp = "2026-03-02T09:00:00Z".parse()?;
    let (start, mut lags) = (Instant::now(), Samples::default());
    loop {
        // Virtual time: it is nine o'clock when this begins, whatever other clocks say.
        let now = hour + SignedDuration::try_from(start.elapsed())?;
        let fired = store.fire_schedules(AT_ONCE, now).await?;
        if fired.is_empty() {
            break;
        }
        let lag = start.elapsed();
        for fired in &fired {
            lags.push(lag, fired.runs.len());
        }
    }
    lags.elapsed = start.elapsed();
    if i64::try_from(lags.things())? != wanted {
        return Err(format!("{} runs of {wanted} schedules", lags.things()).into());
    }
    print(json!({
        "what": "schedules due in one minute",
        "schedules": wanted,
        "all_after_seconds": lags.elapsed.as_secs_f64(),
        "per_second": lags.per_second(),
        "p50_ms": lags.quantile(0.5),
        "p99_ms": lags.quantile(0.99),
    }));
    idle(&store).await?;
    store.close().await;
    Ok(())
}

/// What a look costs when nothing is due, which the server does four times a second.
async fn idle(store: &Store) -> Result<()> {
    let now: Timestamp = "2026-03-02T09:30:00Z".parse()?;
    let (start, mut looks) = (Instant::now(), Samples::default());
    while start.elapsed() < Duration::from_millis(500) {
        let begun = Instant::now();
        let fired = store.fire_schedules(AT_ONCE, now).await?;
        if !fired.is_empty() {
            return Err("something was due at half past nine".into());
        }
        looks.push(begun.elapsed(), 1);
    }
    looks.elapsed = start.elapsed();
    print(json!({
        "what": "look when nothing is due",
        "per_second": looks.per_second(),
        "p50_ms": looks.quantile(0.5),
        "p99_ms": looks.quantile(0.99),
    }));
    Ok(())
}

/// The job and the schedule that the others are copies of.
async fn first(store: &Store, now: Timestamp) -> Result<(Job, String)> {
    let task: Task = serde_json::from_value(json!({
        "snapshot": "5a".repeat(32),
        "notebook": "daily.ipynb",
        "parameters": {"region": "west", "days": 60},
    }))?;
    let definition: JobDefinition = serde_json::from_value(json!({"tasks": [task]}))?;
    let job = store
        .put_job("main", "template", &definition, "bench", now)
        .await?;
    let schedule = NewSchedule {
        name: "template".to_owned(),
        definition: ScheduleDefinition::new(Trigger::Cron {
            expression: "0 * * * *".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
        }),
        parameters: Map::new(),
    };
    let made = store
        .put_schedule(&job, &schedule, None, "bench", now)
        .await?;
    Ok((job, made.id))
}

/// Copies until there are as many as wanted, of a tenth as many jobs.
async fn multiply(direct: &Direct, job: &Job, schedule: &str, wanted: i64) -> Result<()> {
    let (jobs, job) = (wanted / OF_A_JOB, &job.id);
    let numbers = |count| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        )
    };
    for sql in [
        format!(
            "INSERT INTO job (id, workspace, name, version, created_at, updated_at)
             {} SELECT 'job_' || i, workspace, 'job-' || i, version, created_at, updated_at
             FROM n CROSS JOIN job WHERE job.id = '{job}'",
            numbers(jobs)
        ),
        format!(
            "INSERT INTO job_version (job, version, definition, created_at, created_by)
             {} SELECT 'job_' || i, version, definition, created_at, created_by
             FROM n CROSS JOIN job_version WHERE job = '{job}'",
            numbers(jobs)
        ),
        format!(
            "INSERT INTO schedule (id, workspace, job, name, definition, parameters, last_at, next_at, created_at)
             {} SELECT 'sched_' || i, workspace, 'job_' || (1 + i % {jobs}), 'main-' || i, definition, parameters,
                 last_at, next_at, created_at
             FROM n CROSS JOIN schedule WHERE schedule.id = '{schedule}'",
            numbers(wanted)
        ),
        format!("DELETE FROM schedule WHERE id = '{schedule}'"),
    ] {
        direct.run(&sql).await?;
    }
    if direct.is_postgres {
        // As the server's own autovacuum does, a minute later.
        direct.run("ANALYZE").await?;
    }
    Ok(())
}
