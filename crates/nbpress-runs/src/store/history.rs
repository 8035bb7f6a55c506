//! What there was: single runs and their attempts; why one waits; how much runs use; what may be forgotten.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::profile::DEFAULT_PROFILE;
use crate::run::{Attempt, CellSummary, Run};
use crate::state::RunState;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::args;
use crate::store::list::RunFilter;
use crate::store::row::{self, FROM_RUN, RUN};

/// Runs that need not be kept. The shortest time of all workspaces ends the part of the index that is
/// read.
const FORGETTABLE: &str =
    "SELECT run.id FROM run LEFT JOIN workspace ON workspace.name = run.workspace
    WHERE run.ended_at IS NOT NULL AND run.ended_at < $1 - 86400000000 * (SELECT MIN(days) FROM
        (SELECT 90 AS days UNION ALL SELECT keep_succeeded_days FROM workspace
         UNION ALL SELECT keep_failed_days FROM workspace) AS kept)
    AND run.ended_at < $1 - 86400000000 *
        CASE WHEN run.state = 'failed' THEN COALESCE(workspace.keep_failed_days, 365)
             ELSE COALESCE(workspace.keep_succeeded_days, 90) END
    AND run.legal_hold = 0 AND COALESCE(workspace.legal_hold, 0) = 0
    AND run.parent IS NULL
    AND (run.job IS NULL OR run.state <> 'succeeded' OR EXISTS (SELECT 1
         FROM run AS newer WHERE newer.job = run.job AND newer.parent IS NULL
         AND newer.state = 'succeeded' AND newer.id > run.id
         ORDER BY newer.id LIMIT 1 OFFSET 19))
    ORDER BY run.ended_at LIMIT $2";

/// Runs by state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Runs that are not over, by state.
    pub live: BTreeMap<RunState, i64>,
}

/// How runs fit the profiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProfileFit {
    /// Runs that were looked at: those of the last 30 days whose use is known.
    pub runs: i64,
    /// How many of them would have fit the default profile.
    pub fit_default: i64,
    /// Their share, from 0 to 1; absent without runs.
    pub share: Option<f64>,
    /// The smallest profile that would have held this notebook's last 20 runs, with a fifth to spare.
    pub suggested: Option<String>,
    /// The most memory one of those 20 held, in bytes.
    pub peak_memory_bytes: Option<i64>,
}

impl Store {
    /// A run.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn run(&self, id: &str) -> Result<Run, StoreError> {
        let sql = format!("SELECT {RUN} FROM {FROM_RUN} WHERE run.id = $1");
        let row = self.database.row(&sql, args![id.to_owned()]).await?;
        row.map_or_else(
            || Err(StoreError::not_found("run", id)),
            |row| row::run(&row),
        )
    }

    /// The one run whose id begins like this; `run_` may be left out, `latest` is the newest.
    ///
    /// # Errors
    /// None or several do, or the database fails.
    pub async fn find_run(&self, workspace: &str, wanted: &str) -> Result<Run, StoreError> {
        if wanted == "latest" {
            let filter = RunFilter {
                workspace: workspace.to_owned(),
                ..RunFilter::default()
            };
            let page = self.list_runs(&filter, None, 1).await?;
            let newest = page.runs.into_iter().next();
            return newest.ok_or_else(|| StoreError::not_found("run", wanted));
        }
        let lower = wanted.to_ascii_lowercase();
        let begin = format!("run_{}", lower.strip_prefix("run_").unwrap_or(&lower));
        let sql = format!(
            "SELECT {RUN} FROM {FROM_RUN} WHERE run.id >= $1 AND run.id < $2 ORDER BY run.id LIMIT 2"
        );
        let values = args![begin.clone(), format!("{begin}~")];
        let rows = self.database.rows(&sql, values).await?;
        match rows.as_slice() {
            [row] => row::run(row),
            [] => Err(StoreError::not_found("run", wanted)),
            _ => {
                let message = format!("several runs begin with `{wanted}`");
                Err(Invalid::new("run", message)
                    .with_hint("give more of its name")
                    .into())
            }
        }
    }

    /// The logical times of a range for which a job has runs, and whether one of them has succeeded or may
    /// still do.
    ///
    /// # Errors
    /// The database fails.
    pub async fn logical_times(
        &self,
        job: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeMap<Timestamp, bool>, StoreError> {
        let sql = "SELECT logical_at, CAST(MAX(CASE WHEN state IN ('failed', 'cancelled', 'skipped') THEN 0
                       ELSE 1 END) AS BIGINT) AS good
                   FROM run WHERE job = $1 AND parent IS NULL AND logical_at >= $2 AND logical_at < $3
                   GROUP BY logical_at";
        let values = args![job.to_owned(), from.as_microsecond(), to.as_microsecond()];
        let rows = self.database.rows(sql, values).await?;
        rows.iter()
            .map(|row| Ok((row.time("logical_at")?, row.get::<i64>("good")? != 0)))
            .collect()
    }

    /// The attempts of a run, first to last.
    ///
    /// # Errors
    /// The database fails.
    pub async fn attempts(&self, run: &str) -> Result<Vec<Attempt>, StoreError> {
        let sql = "SELECT * FROM attempt WHERE run = $1 ORDER BY number";
        let rows = self.database.rows(sql, args![run.to_owned()]).await?;
        rows.iter().map(row::attempt).collect()
    }

    /// The cells of an attempt that is over.
    ///
    /// # Errors
    /// The database fails.
    pub async fn cells(&self, run: &str, attempt: i64) -> Result<Vec<CellSummary>, StoreError> {
        let sql = "SELECT cells FROM attempt WHERE run = $1 AND number = $2";
        let row = self
            .database
            .row(sql, args![run.to_owned(), attempt])
            .await?;
        let cells = row.map(|row| row.opt_json("cells")).transpose()?.flatten();
        Ok(cells.unwrap_or_default())
    }

    /// Runs that are not over, by state.
    ///
    /// # Errors
    /// The database fails.
    pub async fn totals(&self, workspace: &str) -> Result<Totals, StoreError> {
        let sql = "SELECT state, COUNT(*) AS runs FROM run WHERE workspace = $1
                   AND state IN ('blocked', 'queued', 'running', 'cancelling') GROUP BY state";
        let rows = self.database.rows(sql, args![workspace.to_owned()]).await?;
        let live = rows
            .iter()
            .map(|row| Ok((row.word("state")?, row.int("runs")?)));
        Ok(Totals {
            live: live.collect::<Result<_, StoreError>>()?,
        })
    }

    /// Since when the run waits that waits longest; none where none does.
    ///
    /// # Errors
    /// The database fails.
    pub async fn oldest_queued(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql =
            "SELECT MIN(CASE WHEN start_at > created_at THEN start_at ELSE created_at END) AS since
                   FROM run WHERE state = 'queued'";
        let rows = self.database.rows(sql, args![]).await?;
        rows.first().map_or(Ok(None), |row| row.opt_time("since"))
    }

    /// One sentence that says what a run waits for; none for a run that does not wait.
    ///
    /// # Errors
    /// There is no such run, or the database fails.
    pub async fn why_waiting(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let run = self.run(id).await?;
        match run.state {
            RunState::Blocked => self.why_blocked(&run).await.map(Some),
            RunState::Queued => self.why_queued(&run, now).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn why_blocked(&self, run: &Run) -> Result<String, StoreError> {
        let sql = "SELECT run.task FROM upstream JOIN run ON run.id = upstream.waits_for
                   WHERE upstream.run = $1 AND run.state IN ('blocked', 'queued', 'running', 'cancelling')";
        let rows = self.database.rows(sql, args![run.id.clone()]).await?;
        let tasks: Vec<String> = rows
            .iter()
            .filter_map(|row| row.get::<Option<String>>("task").ok().flatten())
            .collect();
        if !tasks.is_empty() {
            return Ok(format!("waits for the task {}", tasks.join(", ")));
        }
        let sql = "SELECT other.id FROM run AS me JOIN run AS other ON other.lane = me.lane
                   WHERE me.id = $1 AND other.state IN ('queued', 'running', 'cancelling')
                   ORDER BY other.id LIMIT 1";
        let other = self.database.row(sql, args![run.id.clone()]).await?;
        let whose = if run.batch.is_some() {
            "sweep or backfill"
        } else {
            "schedule"
        };
        Ok(match other {
            Some(row) => format!("waits for {} of the same {whose}", row.text("id")?),
            None => "waits for the run it is part of".to_owned(),
        })
    }

    /// What a run waits for that needs a slot of a pool (`""` for none).
    async fn why_of_pool(&self, name: &str) -> Result<Option<String>, StoreError> {
        let pools = self.pools().await?;
        let Some(pool) = pools.iter().find(|pool| pool.name == name) else {
            let gone = format!("waits for the pool {name}, which does not exist any more");
            return Ok(Some(gone).filter(|_| !name.is_empty()));
        };
        let held = i64::try_from(pool.held.len()).unwrap_or(i64::MAX);
        if held < pool.slots {
            return Ok(None);
        }
        let by: Vec<&str> = pool
            .held
            .iter()
            .take(3)
            .map(|slot| slot.run.as_str())
            .collect();
        let by = if by.is_empty() {
            "nobody".to_owned()
        } else {
            by.join(", ")
        };
        Ok(Some(format!(
            "waits for the pool {} ({held}/{} used by {by})",
            pool.name, pool.slots
        )))
    }

    async fn why_queued(&self, run: &Run, now: Timestamp) -> Result<String, StoreError> {
        let sql = "SELECT at FROM timer WHERE run = $1 AND kind = 'ready'";
        if let Some(row) = self.database.row(sql, args![run.id.clone()]).await? {
            let at = row.time("at")?;
            let next = run.attempt + 1;
            return Ok(format!("attempt {next} begins at {at:.0}"));
        }
        let sql = "SELECT pool, cpus, memory_bytes, workspace, rank FROM ready WHERE run = $1";
        let Some(ready) = self.database.row(sql, args![run.id.clone()]).await? else {
            return Ok("is being taken by a worker".to_owned());
        };
        let pool = ready.text("pool")?;
        if let Some(why) = self.why_of_pool(&pool).await? {
            return Ok(why);
        }
        let workers = self.workers(now).await?;
        let (cpus, memory): (f64, i64) = (ready.get("cpus")?, ready.int("memory_bytes")?);
        let mut up = workers
            .iter()
            .filter(|worker| worker.state == super::WorkerState::Up);
        if up.clone().next().is_none() {
            return Ok("no worker is there to take it".to_owned());
        }
        let fits = |worker: &super::Worker| {
            worker.introduced.cpus >= cpus && worker.introduced.memory_bytes >= memory
        };
        if !up.any(fits) {
            let gib = memory as f64 / f64::from(1 << 30);
            return Ok(format!(
                "no worker has {cpus} processors and {gib:.1} GiB of memory"
            ));
        }
        let sql = "SELECT COUNT(*) AS before FROM ready WHERE workspace = $1 AND rank < $2";
        let values = args![ready.text("workspace")?, ready.int("rank")?];
        let before = self.database.row(sql, values).await?;
        let before = before.map_or(Ok(0), |row| row.int("before"))?;
        Ok(match before {
            0 => "is next, as soon as a worker has room".to_owned(),
            1 => "waits for a worker; 1 run goes before it".to_owned(),
            n => format!("waits for a worker; {n} runs go before it"),
        })
    }

    /// How the runs of a workspace fit the default profile, and which profile a notebook needs.
    ///
    /// # Errors
    /// The database fails.
    pub async fn profile_fit(
        &self,
        workspace: &str,
        notebook: Option<&str>,
        now: Timestamp,
    ) -> Result<ProfileFit, StoreError> {
        let profiles = self.profiles().await?;
        let default = profiles
            .iter()
            .find(|profile| profile.name == DEFAULT_PROFILE);
        let (cpus, memory) = default.map_or((1.0, 2 << 30), |p| (p.cpus, p.memory_bytes));
        let sql = "SELECT COUNT(*) AS runs, COALESCE(CAST(SUM(CASE WHEN peak_memory_bytes <= $1
                       AND (wall_seconds IS NULL OR wall_seconds = 0
                            OR COALESCE(cpu_seconds, 0) / wall_seconds <= $2)
                       THEN 1 ELSE 0 END) AS BIGINT), 0) AS fit
                   FROM run WHERE workspace = $3 AND ended_at > $4 AND peak_memory_bytes IS NOT NULL";
        let month_ago = now.as_microsecond() - 30 * 86_400_000_000;
        let values = args![memory, cpus, workspace.to_owned(), month_ago];
        let row = self.database.row(sql, values).await?;
        let (runs, fit_default) = match row {
            Some(row) => (row.int("runs")?, row.int("fit")?),
            None => (0, 0),
        };
        let peak = match notebook {
            Some(notebook) => self.peak_of(workspace, notebook).await?,
            None => None,
        };
        let holds = |peak: i64| {
            let needed = peak + peak / 5;
            let fits = profiles
                .iter()
                .find(|profile| profile.memory_bytes >= needed);
            fits.map(|profile| profile.name.clone())
        };
        Ok(ProfileFit {
            runs,
            fit_default,
            share: (runs > 0).then(|| fit_default as f64 / runs as f64),
            suggested: peak.and_then(holds),
            peak_memory_bytes: peak,
        })
    }

    async fn peak_of(&self, workspace: &str, notebook: &str) -> Result<Option<i64>, StoreError> {
        let sql =
            "SELECT CAST(MAX(peak_memory_bytes) AS BIGINT) AS peak FROM (SELECT peak_memory_bytes
                   FROM run WHERE workspace = $1 AND notebook = $2 AND peak_memory_bytes IS NOT NULL
                   ORDER BY id DESC LIMIT 20) AS last";
        let values = args![workspace.to_owned(), notebook.to_owned()];
        let row = self.database.row(sql, values).await?;
        row.map_or(Ok(None), |row| row.get("peak"))
    }

    /// Forgets runs that their workspace need not keep, at most `most`, and answers with the names of
    /// their records, which may be removed then. Held runs stay, and the last 20 that succeeded of each
    /// job.
    ///
    /// # Errors
    /// The database fails.
    pub async fn forget_runs(&self, most: i64, now: Timestamp) -> Result<Vec<String>, StoreError> {
        // Asked before a transaction is begun: mostly there is nothing.
        let values = || args![now.as_microsecond(), most];
        if self.database.rows(FORGETTABLE, values()).await?.is_empty() {
            return Ok(Vec::new());
        }
        transaction!(self, |tx| {
            let rows = tx.rows(FORGETTABLE, values()).await?;
            let mut records = Vec::new();
            for row in rows {
                let id = row.text("id")?;
                let sql = "SELECT attempt.record FROM attempt JOIN run ON run.id = attempt.run
                           WHERE run.id = $1 OR run.parent = $1";
                for row in tx.rows(sql, args![id.clone()]).await? {
                    records.push(row.text("record")?);
                }
                forget(tx, &id).await?;
                audit(tx, ("scheduler", now), "forgotten", ("run", &id), "").await?;
            }
            Ok(records)
        })
    }

    /// For how many days the runs of a workspace are kept that succeeded, and those that failed; and whether all of
    /// them must be.
    ///
    /// # Errors
    /// The database fails.
    pub async fn retention(&self, workspace: &str) -> Result<((i64, i64), bool), StoreError> {
        let sql = "SELECT keep_succeeded_days, keep_failed_days, legal_hold FROM workspace WHERE name = $1";
        let row = self.database.row(sql, args![workspace.to_owned()]).await?;
        let Some(row) = row else {
            return Ok(((90, 365), false));
        };
        let days = (
            row.int("keep_succeeded_days")?,
            row.int("keep_failed_days")?,
        );
        Ok((days, row.flag("legal_hold")?))
    }

    /// Sets that.
    ///
    /// # Errors
    /// A number is not usable, or the database fails.
    pub async fn set_retention(
        &self,
        workspace: &str,
        (succeeded, failed): (i64, i64),
        legal_hold: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for (field, days) in [
            ("keep_succeeded_days", succeeded),
            ("keep_failed_days", failed),
        ] {
            if !(1..=36_500).contains(&days) {
                let message = format!("`{days}` is not between 1 and 36500 days");
                return Err(Invalid::new(field, message).into());
            }
        }
        transaction!(self, |tx| {
            let sql =
                "INSERT INTO workspace (name, keep_succeeded_days, keep_failed_days, legal_hold)
                       VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET
                           keep_succeeded_days = excluded.keep_succeeded_days,
                           keep_failed_days = excluded.keep_failed_days,
                           legal_hold = excluded.legal_hold";
            let values = args![
                workspace.to_owned(),
                succeeded,
                failed,
                i64::from(legal_hold)
            ];
            tx.run(sql, values).await?;
            audit(
                tx,
                (actor, now),
                "set",
                ("workspace", workspace),
                "retention",
            )
            .await
        })
    }
}

async fn forget(tx: &mut super::database::Tx, run: &str) -> Result<(), StoreError> {
    for table in [
        "run_param",
        "run_tag",
        "upstream",
        "attempt",
        "scrap",
        "timer",
        "outbox",
    ] {
        let sql = format!(
            "DELETE FROM {table} WHERE run IN (SELECT id FROM run WHERE id = $1 OR parent = $1)"
        );
        tx.run(&sql, args![run.to_owned()]).await?;
    }
    let sql = "DELETE FROM run WHERE id = $1 OR parent = $1";
    tx.run(sql, args![run.to_owned()]).await.map(drop)
}
