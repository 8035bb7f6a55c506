//! A worker takes runs: one transaction per claim takes the row, the slot and the next attempt.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::StoreError;
use crate::profile::Profile;
use crate::run::{Claim, Resume, Run};
use crate::state::NoticeKind;
use crate::store::Store;
use crate::store::audit::Audit;
use crate::store::database::{Row, Tx, args};
use crate::store::enqueue::profile_or_default;
use crate::store::insert::{Insert, places};
use crate::store::outbox::notify;
use crate::store::pools::{free_slot, profiles, take_slot};
use crate::store::row::{self, FROM_RUN, RUN};

/// Most runs of one claim.
const MOST: usize = 64;

/// What a worker can take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClaimRequest {
    /// How many runs.
    pub most: usize,
    /// Processors that are free.
    pub cpus: f64,
    /// Bytes of memory that are free.
    pub memory_bytes: i64,
}

impl Store {
    /// Gives a worker runs that are ready and fit, at most as many as it asks for.
    ///
    /// Between workspaces the one that has fewest runs for its weight goes first; within one, the run of
    /// the highest priority, to which 15 minutes of waiting add one.
    ///
    /// # Errors
    /// The worker is unknown or drains, or the database fails.
    pub async fn claim(
        &self,
        worker: &str,
        request: &ClaimRequest,
        now: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        if request.most == 0 || !self.something_is_ready().await? {
            return Ok(Vec::new());
        }
        transaction!(self, |tx| {
            check_worker(tx, worker).await?;
            let chosen = choose(tx, request).await?;
            take(tx, worker, &chosen, now).await
        })
    }

    /// Asked before a transaction is begun: workers ask often, and mostly in vain.
    async fn something_is_ready(&self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 AS one FROM ready LIMIT 1";
        self.database.has(sql, args![]).await
    }
}

async fn check_worker(tx: &mut Tx, worker: &str) -> Result<(), StoreError> {
    let sql = "SELECT state FROM worker WHERE id = $1";
    let row = tx.row(sql, args![worker.to_owned()]).await?;
    match row.map(|row| row.text("state")).transpose()?.as_deref() {
        Some("up") => Ok(()),
        Some("draining") => {
            let message = format!("the worker `{worker}` is draining");
            Err(StoreError::conflict("draining", message))
        }
        Some(_) => {
            let message = format!("the worker `{worker}` was given up; it must register again");
            Err(StoreError::conflict("lost", message))
        }
        None => Err(StoreError::not_found("worker", worker)),
    }
}

/// A run that may be claimed.
#[derive(Clone, Debug)]
struct Candidate {
    run: String,
    workspace: String,
    pool: String,
    rank: i64,
    cpus: f64,
    memory_bytes: i64,
}

/// Picks runs and takes their slots.
async fn choose(tx: &mut Tx, request: &ClaimRequest) -> Result<Vec<String>, StoreError> {
    let mut queues = queues(tx, request).await?;
    let mut active = if queues.len() > 1 {
        active_by_workspace(tx).await?
    } else {
        BTreeMap::new()
    };
    let weights = if queues.len() > 1 {
        weights(tx).await?
    } else {
        BTreeMap::new()
    };
    let (mut cpus, mut memory) = (request.cpus, request.memory_bytes);
    let mut chosen = Vec::new();
    while chosen.len() < request.most.min(MOST) {
        let Some(workspace) = next_workspace(&queues, &active, &weights) else {
            break;
        };
        let Some(candidate) = queues.get_mut(&workspace).and_then(Vec::pop) else {
            break;
        };
        if candidate.cpus > cpus || candidate.memory_bytes > memory {
            continue;
        }
        let pool = &candidate.pool;
        if !pool.is_empty() && !take_slot(tx, pool, &candidate.run).await? {
            // Full: none of the others of this pool can have a slot either.
            let full = pool.clone();
            for queue in queues.values_mut() {
                queue.retain(|other| other.pool != full);
            }
            continue;
        }
        cpus -= candidate.cpus;
        memory -= candidate.memory_bytes;
        *active.entry(workspace).or_default() += 1;
        chosen.push(candidate.run);
    }
    Ok(chosen)
}

/// The workspace that has fewest runs for its weight, of those that have one waiting.
fn next_workspace(
    queues: &BTreeMap<String, Vec<Candidate>>,
    active: &BTreeMap<String, i64>,
    weights: &BTreeMap<String, i64>,
) -> Option<String> {
    let load = |workspace: &String| {
        let active = active.get(workspace).copied().unwrap_or_default();
        let weight = weights.get(workspace).copied().unwrap_or(1).max(1);
        active as f64 / weight as f64
    };
    queues
        .iter()
        .filter_map(|(workspace, queue)| Some((load(workspace), queue.last()?.rank, workspace)))
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
        .map(|(_, _, workspace)| workspace.clone())
}

/// The first few runs of each workspace that fit, last first; rows that another claim has are passed
/// over.
async fn queues(
    tx: &mut Tx,
    request: &ClaimRequest,
) -> Result<BTreeMap<String, Vec<Candidate>>, StoreError> {
    let mut queues: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for (workspace, pool) in waiting_pools(tx).await? {
        let sql = "SELECT run, workspace, pool, rank, cpus, memory_bytes FROM ready
                   WHERE workspace = $1 AND pool = $2 AND cpus <= $3 AND memory_bytes <= $4
                   ORDER BY rank, run LIMIT $5 {skip}";
        let most = i64::try_from(request.most.min(MOST)).unwrap_or(i64::MAX);
        let values = args![workspace, pool, request.cpus, request.memory_bytes, most];
        for row in tx.rows(sql, values).await? {
            let candidate = candidate(&row)?;
            queues
                .entry(candidate.workspace.clone())
                .or_default()
                .push(candidate);
        }
    }
    for queue in queues.values_mut() {
        queue.sort_by(|a, b| (b.rank, &b.run).cmp(&(a.rank, &a.run)));
    }
    Ok(queues)
}

/// Workspaces with the pools (`''` for none) for which something waits. One step per pair, however
/// long the queue.
async fn waiting_pools(tx: &mut Tx) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "WITH RECURSIVE workspaces (name) AS (
                   SELECT MIN(workspace) FROM ready
                   UNION ALL
                   SELECT (SELECT MIN(workspace) FROM ready WHERE workspace > workspaces.name)
                   FROM workspaces WHERE workspaces.name IS NOT NULL
               ), pairs (workspace, pool) AS (
                   SELECT name, (SELECT MIN(pool) FROM ready WHERE workspace = name)
                   FROM workspaces WHERE name IS NOT NULL
                   UNION ALL
                   SELECT pairs.workspace, (SELECT MIN(pool) FROM ready
                       WHERE ready.workspace = pairs.workspace AND ready.pool > pairs.pool)
                   FROM pairs WHERE pairs.pool IS NOT NULL
               )
               SELECT workspace, pool FROM pairs WHERE pool IS NOT NULL";
    let rows = tx.rows(sql, args![]).await?;
    rows.iter()
        .map(|row| Ok((row.text("workspace")?, row.text("pool")?)))
        .collect()
}

fn candidate(row: &Row) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        run: row.text("run")?,
        workspace: row.text("workspace")?,
        pool: row.text("pool")?,
        rank: row.int("rank")?,
        cpus: row.get("cpus")?,
        memory_bytes: row.int("memory_bytes")?,
    })
}

async fn active_by_workspace(tx: &mut Tx) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = "SELECT workspace, COUNT(*) AS active FROM attempt WHERE state = 'running'
               GROUP BY workspace";
    let rows = tx.rows(sql, args![]).await?;
    rows.iter()
        .map(|row| Ok((row.text("workspace")?, row.int("active")?)))
        .collect()
}

async fn weights(tx: &mut Tx) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = tx
        .rows("SELECT name, weight FROM workspace", args![])
        .await?;
    rows.iter()
        .map(|row| Ok((row.text("name")?, row.int("weight")?)))
        .collect()
}

/// Makes the next attempt of each run.
async fn take(
    tx: &mut Tx,
    worker: &str,
    runs: &[String],
    now: Timestamp,
) -> Result<Vec<Claim>, StoreError> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let profiles = profiles(tx).await?;
    let mut attempts = Insert::new(
        "INSERT INTO attempt (run, number, workspace, worker, record, state, profile, claimed_at)",
        "",
    );
    let mut audit = Audit::new(&format!("worker:{worker}"), now);
    let mut claims = Vec::with_capacity(runs.len());
    for run in runs {
        let Some(claim) = take_one(tx, run, &profiles, now).await? else {
            // It is not queued any more; a slot must not stay with it.
            free_slot(tx, run).await?;
            continue;
        };
        attempts
            .push(claim.run.clone())
            .push(claim.attempt)
            .push(claim.workspace.clone())
            .push(worker.to_owned())
            .push(claim.record.clone())
            .push("running".to_owned())
            .push(claim.profile.name.clone())
            .push(now.as_microsecond());
        attempts.end_row();
        audit.add("running", "run", run, &format!("attempt {}", claim.attempt));
        claims.push(claim);
    }
    attempts.write(tx).await?;
    leave_queue(tx, runs).await?;
    audit.write(tx).await?;
    Ok(claims)
}

async fn leave_queue(tx: &mut Tx, runs: &[String]) -> Result<(), StoreError> {
    let places = places(1, runs.len());
    for sql in [
        format!("DELETE FROM ready WHERE run IN ({places})"),
        format!("DELETE FROM timer WHERE kind IN ('queue', 'ready') AND run IN ({places})"),
    ] {
        let mut args = args![];
        for run in runs {
            args.push(run.clone());
        }
        tx.run(&sql, args).await?;
    }
    Ok(())
}

async fn take_one(
    tx: &mut Tx,
    run: &str,
    profiles: &BTreeMap<String, Profile>,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    let sql = format!("SELECT {RUN} FROM {FROM_RUN} WHERE run.id = $1");
    let Some(found) = tx.row(&sql, args![run.to_owned()]).await? else {
        return Ok(None);
    };
    let profile: Option<String> = found.get("profile")?;
    let found = row::run(&found)?;
    let attempt = found.attempt + 1;
    // The record of the first attempt has the run's own name: most runs have one.
    let record = match attempt {
        1 => found.id.clone(),
        _ => RunId::new().to_string(),
    };
    let sql = "UPDATE run SET state = 'running', attempt = $1, record = $2, record_sha256 = NULL,
               class = NULL, code = NULL, reason = NULL, cell = NULL, ename = NULL, evalue = NULL,
               started_at = COALESCE(started_at, $3) WHERE id = $4 AND state = 'queued'";
    let values = args![
        attempt,
        record.clone(),
        now.as_microsecond(),
        run.to_owned()
    ];
    if tx.run(sql, values).await? == 0 {
        return Ok(None);
    }
    if attempt == 1 && found.parent.is_none() {
        notify(tx, &found.id, &found.spec.notify, NoticeKind::Started, now).await?;
    }
    let resume = goes_on_from(&found);
    Ok(Some(Claim {
        run: found.id,
        attempt,
        record,
        workspace: found.workspace,
        job: found.job.map(|job| job.name),
        task: found.task,
        snapshot: found.snapshot,
        notebook: found.notebook,
        parameters: found.parameters,
        tags: found.tags,
        logical: found.logical,
        profile: profile_or_default(profiles, profile.as_deref()),
        settings: found.spec.settings,
        trace: found.spec.trace,
        resume,
    }))
}

/// The attempt before, where the policy says so; else the run that it was made to go on from.
fn goes_on_from(run: &Run) -> Option<Resume> {
    let before = run.record.as_ref().filter(|_| run.attempt > 0);
    match before.filter(|_| run.spec.settings.retry.resume) {
        Some(record) => Some(Resume {
            run: run.id.clone(),
            record: record.clone(),
            snapshot: run.snapshot.clone(),
            from: None,
        }),
        None => run.spec.resume.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_with_least_for_its_weight_is_next() {
        let queue = |rank| {
            vec![Candidate {
                run: String::new(),
                workspace: String::new(),
                pool: String::new(),
                rank,
                cpus: 1.0,
                memory_bytes: 1,
            }]
        };
        let queues = BTreeMap::from([("a".to_owned(), queue(5)), ("b".to_owned(), queue(9))]);
        for (active, weights, expected) in [
            (vec![], vec![], "a"),
            (vec![("a", 1)], vec![], "b"),
            (vec![("a", 1)], vec![("a", 2)], "b"),
            (vec![("a", 1), ("b", 1)], vec![("a", 2)], "a"),
            (vec![("a", 2), ("b", 1)], vec![("a", 2)], "a"),
        ] {
            let map = |pairs: &[(&str, i64)]| {
                pairs
                    .iter()
                    .map(|(name, n)| ((*name).to_owned(), *n))
                    .collect()
            };
            let next = next_workspace(&queues, &map(&active), &map(&weights));
            assert_eq!(next.as_deref(), Some(expected), "{active:?} {weights:?}");
        }
    }
}
