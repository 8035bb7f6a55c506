//! A million runs that are over, written past the store: making them one by one would take an hour.

use std::time::Instant;

use jiff::Timestamp;
use nbpress_runs::{NewRun, Store};
use serde_json::{Map, json};

use crate::direct::Direct;
use crate::{Bench, Result, print};

/// 1 January 2026: the first of them was made then.
const BEGIN_MILLIS: i64 = 1_767_225_600_000;
/// Between two of them: a million in 90 days.
const STEP_MILLIS: i64 = 7_776;
/// Rows of one statement.
const AT_ONCE: i64 = 100_000;
/// Runs there are after a whole fill.
pub(crate) const RUNS: i64 = 1_000_000;
/// How many of each there are; `pages` asks for them.
pub(crate) const JOBS: i64 = 1_000;
pub(crate) const REGIONS: i64 = 20;
pub(crate) const ACCOUNTS: i64 = 100_000;
pub(crate) const TEAMS: i64 = 10;

/// When run number `n` was made.
pub(crate) fn made_at(n: i64) -> Result<Timestamp> {
    Ok(Timestamp::from_millisecond(BEGIN_MILLIS + n * STEP_MILLIS)?)
}

pub(crate) async fn fill(bench: &Bench) -> Result<()> {
    let store = Store::open(&bench.url).await?;
    let template = NewRun::of_notebook(
        "template",
        &"5a".repeat(32),
        "daily.ipynb",
        Map::new(),
        "bench",
    );
    store
        .enqueue(std::slice::from_ref(&template), "bench", Timestamp::now())
        .await?;
    store
        .cancel(&template.id, "", "bench", Timestamp::now())
        .await?;
    store.close().await;
    let direct = Direct::careless(&bench.url).await?;
    let (start, runs) = (Instant::now(), bench.amount(RUNS));
    direct.run(&jobs()).await?;
    for from in (0..runs).step_by(usize::try_from(AT_ONCE)?) {
        let to = (from + AT_ONCE).min(runs);
        for sql in [
            run_rows(from, to, &template.id),
            attempt_rows(from, to),
            label_rows(
                "run_param",
                "region",
                &format!("'region-' || (h / 7 % {REGIONS})"),
                from,
                to,
            ),
            label_rows(
                "run_param",
                "account",
                &format!("'account-' || (h / 11 % {ACCOUNTS})"),
                from,
                to,
            ),
            label_rows(
                "run_tag",
                "team",
                &format!("'team-' || (h / 13 % {TEAMS})"),
                from,
                to,
            ),
        ] {
            direct.run(&sql).await?;
        }
    }
    if direct.is_postgres {
        // As the server's own autovacuum does, sooner or later.
        direct.run("VACUUM ANALYZE").await?;
    }
    direct.pool.close().await;
    print(json!({
        "what": "fill",
        "runs": runs,
        "seconds": start.elapsed().as_secs_f64(),
    }));
    Ok(())
}

/// Numbers from `from` to just under `to`, each with its run's id and a number `h` that looks like chance.
fn rows(from: i64, to: i64) -> String {
    format!(
        "WITH RECURSIVE n (n) AS (
             SELECT CAST({from} AS BIGINT) UNION ALL SELECT n + 1 FROM n WHERE n < {to} - 1
         ), made (n, h, ms) AS (
             SELECT n, (n + 1) * 48271 % 2147483647, {BEGIN_MILLIS} + n * {STEP_MILLIS} FROM n
         ), r (n, h, ms, id) AS (SELECT n, h, ms, {id} FROM made)",
        id = id_of("ms")
    )
}

/// A run's name is its time in ten digits of Crockford's base 32, and sixteen that are chance.
fn id_of(millis: &str) -> String {
    let digit = |at| {
        format!(
            "substr('0123456789abcdefghjkmnpqrstvwxyz', CAST({millis} >> {} & 31 AS INTEGER) + 1, 1)",
            5 * at
        )
    };
    let time: Vec<String> = (0..10).rev().map(digit).collect();
    format!("'run_' || {} || '0000000000000000'", time.join(" || "))
}

fn jobs() -> String {
    format!(
        "INSERT INTO job (id, workspace, name, version, created_at, updated_at)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {JOBS} - 1)
         SELECT 'job_' || i, CASE WHEN i % 5 = 0 THEN 'research' ELSE 'main' END, 'job-' || i, 1, 0, 0 FROM n"
    )
}

/// Of a thousand runs 940 succeed, 55 fail (50 of them by their notebook's fault, one for want of memory),
/// 5 are cancelled. One job in five is another workspace's; job 1 has a tenth of all runs.
fn run_rows(from: i64, to: i64, template: &str) -> String {
    let job = format!("CASE WHEN h % 10 = 0 THEN 1 ELSE h / 17 % {JOBS} END");
    format!(
        "INSERT INTO run (id, workspace, job, job_version, is_flow, snapshot, notebook, parameters, tags,
             trigger_kind, triggered_by, state, attempt, created_at, started_at, ended_at, class, code, reason,
             cell, ename, evalue, record, record_sha256, cpu_seconds, peak_memory_bytes, wall_seconds,
             disk_bytes, profile, spec)
         {rows}, d (n, h, ms, id, job, luck) AS (SELECT n, h, ms, id, {job}, h / 3 % 1000 FROM r)
         SELECT d.id, CASE WHEN d.job % 5 = 0 THEN 'research' ELSE 'main' END, 'job_' || d.job, 1, 0, run.snapshot,
             run.notebook,
             '{{\"region\":\"region-' || (h / 7 % {REGIONS}) || '\",\"account\":\"account-' || (h / 11 % {ACCOUNTS}) || '\"}}',
             '{{\"team\":\"team-' || (h / 13 % {TEAMS}) || '\"}}',
             'schedule', 'sched_' || d.job,
             CASE WHEN luck < 940 THEN 'succeeded' WHEN luck < 995 THEN 'failed' ELSE 'cancelled' END,
             1, ms * 1000, ms * 1000 + 40000, ms * 1000 + 900000,
             CASE WHEN luck < 940 OR luck > 994 THEN NULL WHEN luck < 990 THEN 'user'
                  WHEN luck < 994 THEN 'platform' ELSE 'resource' END,
             CASE WHEN luck BETWEEN 940 AND 994 THEN 'exception' END,
             CASE WHEN luck BETWEEN 940 AND 994 THEN 'cell 3 raised ValueError: no such region' END,
             CASE WHEN luck BETWEEN 940 AND 994 THEN 3 END,
             CASE WHEN luck BETWEEN 940 AND 994 THEN 'ValueError' END,
             CASE WHEN luck BETWEEN 940 AND 994 THEN 'no such region' END,
             d.id, run.snapshot, 0.7, 80000000, 0.86, 16000, 'small', run.spec
         FROM d CROSS JOIN run WHERE run.id = '{template}'",
        rows = rows(from, to)
    )
}

fn attempt_rows(from: i64, to: i64) -> String {
    format!(
        "INSERT INTO attempt (run, number, workspace, worker, record, record_sha256, state, profile, claimed_at,
             ended_at, cpu_seconds, peak_memory_bytes, wall_seconds, disk_bytes)
         {} SELECT id, 1, 'main', 'worker-1', id, '5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a',
             'succeeded', 'small', ms * 1000 + 40000, ms * 1000 + 900000, 0.7, 80000000, 0.86, 16000 FROM r",
        rows(from, to)
    )
}

fn label_rows(table: &str, name: &str, value: &str, from: i64, to: i64) -> String {
    format!(
        "INSERT INTO {table} (run, name, value) {} SELECT id, '{name}', {value} FROM r",
        rows(from, to)
    )
}
