//! The promises, and how each is checked: by looking at the rows, not by asking the store.

use nbpress_runs::Run;
use nbpress_runs::run::AttemptEnd;
use sqlx::{AssertSqlSafe, Row as _};

use crate::world::{Broken, Done, World};

pub(crate) const RECORD: &str = "what a run says it recorded was stored before";
pub(crate) const CURRENT: &str = "only the current attempt changes its run";
pub(crate) const ENDS: &str = "no run is stuck";
pub(crate) const TOLD: &str = "who asked to be told is told";
pub(crate) const ASKED_ONCE: &str = "a repeated request makes no second run";
const ENDS_ONCE: &str = "a run ends once";
const SLOTS: &str = "a pool runs no more than its slots";
const FIRES_ONCE: &str = "a time of a schedule counts once";
const ATTEMPTS: &str = "each attempt is kept";
const AUDIT: &str = "the audit is whole";
const FLOWS: &str = "a run of several tasks ends as they did";

/// Each statement finds what must not be.
const FORBIDDEN: &[(&str, &str)] = &[
    (
        ENDS,
        "SELECT id, state, is_flow FROM run WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'skipped')",
    ),
    (ENDS, "SELECT run FROM ready"),
    (ENDS, "SELECT run, kind FROM timer"),
    (ENDS, "SELECT run, n FROM slot WHERE run IS NOT NULL"),
    (ENDS, "SELECT run FROM attempt WHERE state = 'running'"),
    (ENDS, "SELECT id FROM run WHERE ended_at IS NULL"),
    (
        ENDS,
        "SELECT id, state FROM batch WHERE state = 'active' OR ended_at IS NULL",
    ),
    // A task that was taken over from an earlier run was over from the beginning.
    (
        ENDS_ONCE,
        "SELECT run.id, (SELECT COUNT(*) FROM audit WHERE object = run.id
             AND action IN ('succeeded', 'failed', 'cancelled', 'skipped')) AS ends FROM run
         WHERE ends <> (NOT (trigger_kind = 'restart' AND attempt = 0 AND state = 'succeeded' AND NOT is_flow))",
    ),
    (
        FIRES_ONCE,
        "SELECT triggered_by, logical_at FROM run WHERE trigger_kind = 'schedule' AND parent IS NULL
         GROUP BY triggered_by, logical_at HAVING COUNT(*) > 1",
    ),
    (
        FIRES_ONCE,
        "SELECT moment FROM tick WHERE run NOT IN (SELECT id FROM run)",
    ),
    (
        FIRES_ONCE,
        "SELECT schedule.id, COUNT(*) FROM schedule JOIN run ON triggered_by = schedule.id AND parent IS NULL
         WHERE json_extract(schedule.definition, '$.catch_up') = 'all'
           AND json_extract(schedule.definition, '$.trigger.kind') = 'interval' GROUP BY schedule.id
         HAVING COUNT(*) <> (MAX(logical_at) - MIN(logical_at)) / 120000000 + 1",
    ),
    (
        ATTEMPTS,
        "SELECT run.id FROM run LEFT JOIN attempt ON attempt.run = run.id GROUP BY run.id
         HAVING COUNT(attempt.run) <> run.attempt OR COALESCE(MAX(attempt.number), 0) <> run.attempt",
    ),
    (
        ATTEMPTS,
        "SELECT run.id, attempt.class, COUNT(*) FROM attempt JOIN run ON run.id = attempt.run
         WHERE attempt.class IS NOT NULL GROUP BY run.id, attempt.class
         HAVING COUNT(*) > 1 + json_extract(run.spec, '$.settings.retry.' || attempt.class)",
    ),
    (
        ATTEMPTS,
        "SELECT run.id, run.state, attempt.state FROM run
         JOIN attempt ON attempt.run = run.id AND attempt.number = run.attempt
         WHERE run.state <> 'cancelled' AND (run.record_sha256 IS NOT attempt.record_sha256
             OR (run.state = 'succeeded') <> (attempt.state = 'succeeded'))
           AND NOT (run.code = 'queue')",
    ),
    (
        FLOWS,
        "SELECT flow.id, flow.state FROM run AS flow WHERE is_flow AND state = 'succeeded' AND EXISTS
             (SELECT 1 FROM run AS task WHERE task.parent = flow.id AND task.state IN ('failed', 'cancelled'))",
    ),
    (
        FLOWS,
        "SELECT flow.id FROM run AS flow WHERE is_flow AND state = 'failed' AND NOT EXISTS
             (SELECT 1 FROM run AS task WHERE task.parent = flow.id AND task.state = 'failed')",
    ),
    (
        FLOWS,
        "SELECT alarm.id FROM run AS alarm JOIN run AS load ON load.parent = alarm.parent AND load.task = 'load'
         WHERE alarm.task = 'alarm' AND alarm.attempt > 0 AND load.state <> 'failed'",
    ),
    (TOLD, "SELECT id FROM outbox WHERE state <> 'sent'"),
    (
        TOLD,
        "SELECT run, kind FROM outbox GROUP BY run, kind HAVING COUNT(*) > 1",
    ),
    (
        TOLD,
        "SELECT id, state FROM run WHERE json_extract(spec, '$.notify[0].channel') = 'ops'
           AND state IN ('succeeded', 'failed')
           AND state NOT IN (SELECT kind FROM outbox WHERE outbox.run = run.id)",
    ),
    (
        TOLD,
        "SELECT id, state FROM run WHERE json_extract(spec, '$.notify[0].channel') = 'ops'
           AND started_at IS NOT NULL
           AND 'started' NOT IN (SELECT kind FROM outbox WHERE outbox.run = run.id)",
    ),
    (
        TOLD,
        "SELECT run.id, kind FROM outbox JOIN run ON run.id = outbox.run
         WHERE kind IN ('succeeded', 'failed') AND kind <> run.state",
    ),
    (AUDIT, "SELECT id FROM audit WHERE link IS NULL"),
];

impl World {
    async fn text(&mut self, sql: &'static str) -> Result<Vec<Vec<String>>, sqlx::Error> {
        let rows = sqlx::query(sql).fetch_all(&mut self.raw).await?;
        let value = |row: &sqlx::sqlite::SqliteRow, at| {
            row.try_get_unchecked::<Option<String>, _>(at)
                .unwrap_or_default()
                .unwrap_or_default()
        };
        let cells = |row| (0..sqlx::Row::len(row)).map(|at| value(row, at)).collect();
        Ok(rows.iter().map(cells).collect())
    }

    async fn count(&mut self, sql: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut self.raw)
            .await
    }
}

/// A report that was taken down: its record is there, with this hash, and it is this attempt's.
pub(crate) fn stored(world: &World, run: &Run, end: &AttemptEnd) -> Done {
    let Some(hash) = &end.record_sha256 else {
        return Ok(());
    };
    let record = run.record.clone().unwrap_or_default();
    if world.objects.get(&record) == Some(hash) {
        return Ok(());
    }
    let found = world.objects.get(&record);
    let detail = format!("{}: {record} is {found:?}, not `{hash}`", run.id);
    Err(Broken::new(RECORD, detail))
}

/// After every step. A pool that became smaller lets runs end, and none begin.
pub(crate) async fn slots(world: &mut World) -> Done {
    let sql = "SELECT (SELECT COUNT(*) FROM slot WHERE run IS NOT NULL), (SELECT slots FROM pool),
        (SELECT COUNT(*) FROM attempt JOIN run ON run.id = attempt.run
         WHERE attempt.state = 'running' AND json_extract(run.spec, '$.settings.pool') = 'p')";
    let (held, slots, running): (i64, i64, i64) =
        sqlx::query_as(sql).fetch_one(&mut world.raw).await?;
    if running != held || (held > slots && held > world.held) {
        let before = world.held;
        let detail =
            format!("{running} run and hold {held} of {slots} slots, {before} before this step");
        return Err(Broken::new(SLOTS, detail));
    }
    world.held = held;
    Ok(())
}

/// Whether there is nothing left to do.
pub(crate) async fn is_quiet(world: &mut World) -> Result<bool, Broken> {
    let open = world
        .count(
            "SELECT (SELECT COUNT(*) FROM run WHERE state IN ('blocked', 'queued', 'running', 'cancelling'))
             + (SELECT COUNT(*) FROM outbox WHERE state = 'pending')
             + (SELECT COUNT(*) FROM timer) + (SELECT COUNT(*) FROM audit WHERE link IS NULL)",
        )
        .await?;
    Ok(open == 0)
}

/// Once everything is quiet.
pub(crate) async fn at_the_end(world: &mut World) -> Done {
    for (promise, sql) in FORBIDDEN {
        if let Some(found) = world.text(sql).await?.first() {
            return Err(Broken::new(promise, format!("{found:?} by {sql}")));
        }
    }
    let records = "SELECT record, record_sha256 FROM attempt WHERE record_sha256 IS NOT NULL";
    for row in world.text(records).await? {
        if world.objects.get(&row[0]) != Some(&row[1]) {
            return Err(Broken::new(RECORD, format!("{row:?}")));
        }
    }
    for row in world.text("SELECT id FROM outbox").await? {
        if !world.told.contains(&row[0]) {
            return Err(Broken::new(TOLD, format!("{} reached nobody", row[0])));
        }
    }
    let made = world
        .count("SELECT COUNT(*) FROM run WHERE idempotency_key IS NOT NULL")
        .await?;
    if usize::try_from(made) != Ok(world.asked) {
        let detail = format!("{made} runs of {} requests", world.asked);
        return Err(Broken::new(ASKED_ONCE, detail));
    }
    audit(world).await?;
    world.figures.runs += world
        .count("SELECT COUNT(*) FROM run")
        .await?
        .unsigned_abs();
    let attempts = world.count("SELECT COUNT(*) FROM attempt").await?;
    world.figures.attempts += attempts.unsigned_abs();
    Ok(())
}

async fn audit(world: &mut World) -> Done {
    let rows = world.count("SELECT COUNT(*) FROM audit").await?;
    let report = world.store.verify_audit().await?;
    if report.damaged.is_some() || report.rows != rows {
        return Err(Broken::new(AUDIT, format!("{report:?} of {rows} rows")));
    }
    Ok(())
}
