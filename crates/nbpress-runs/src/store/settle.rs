//! A run is over: what waits for it goes on, who should know is told.
//!
//! Everything that follows from an end happens in the transaction of the end, so that a crash can leave
//! nothing half done.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::job::UpstreamRule;
use crate::plan::resolve_scraps;
use crate::run::{Run, Usage};
use crate::state::{FailureClass, NoticeKind, RunState};
use crate::store::audit::audit;
use crate::store::batches;
use crate::store::database::{Tx, args, to_json};
use crate::store::enqueue::{Ready, make_ready, parameter_text, profile_or_default};
use crate::store::finish::{By, locked_run};
use crate::store::firing;
use crate::store::insert::Insert;
use crate::store::outbox::notify;
use crate::store::pools::profiles;
use crate::store::schedules;

/// How a run ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    pub(crate) state: RunState,
    pub(crate) class: Option<FailureClass>,
    pub(crate) code: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) cell: Option<i64>,
    pub(crate) ename: Option<String>,
    pub(crate) evalue: Option<String>,
    pub(crate) record_sha256: Option<String>,
    pub(crate) usage: Usage,
}

impl End {
    pub(crate) fn cancelled(reason: &str) -> Self {
        Self {
            state: RunState::Cancelled,
            reason: Some(reason.to_owned()),
            ..Self::default()
        }
    }

    pub(crate) fn skipped(code: &str, reason: &str) -> Self {
        Self {
            state: RunState::Skipped,
            code: Some(code.to_owned()),
            reason: Some(reason.to_owned()),
            ..Self::default()
        }
    }

    pub(crate) fn failed(class: FailureClass, code: &str, reason: &str) -> Self {
        Self {
            state: RunState::Failed,
            class: Some(class),
            code: Some(code.to_owned()),
            reason: Some(reason.to_owned()),
            ..Self::default()
        }
    }
}

/// Ends a run and does everything that follows from it. Does nothing if the run is over already.
pub(crate) async fn settle(
    tx: &mut Tx,
    run: &str,
    end: &End,
    by: By<'_>,
) -> Result<(), StoreError> {
    settle_all(tx, vec![(run.to_owned(), end.clone())], by).await
}

/// Does what follows from the ends of tasks that were over when their flow's run began.
pub(crate) async fn go_on_after(
    tx: &mut Tx,
    flow: &str,
    tasks: &[String],
    by: By<'_>,
) -> Result<(), StoreError> {
    let mut ends = Vec::new();
    for task in tasks {
        let task = locked_run(tx, task).await?;
        ends.extend(release_downstream(tx, &task, by).await?);
    }
    settle_all(tx, ends, by).await?;
    if tasks.is_empty() {
        return Ok(());
    }
    // They may have been all there was to do.
    let end = parent_end(tx, flow).await?;
    settle_all(tx, end.into_iter().collect(), by).await
}

async fn settle_all(
    tx: &mut Tx,
    mut ends: Vec<(String, End)>,
    by: By<'_>,
) -> Result<(), StoreError> {
    // A run's end can end others: a list instead of recursion.
    while let Some((id, end)) = ends.pop() {
        let run = locked_run(tx, &id).await?;
        if run.state.is_terminal() {
            continue;
        }
        write_end(tx, &run, &end, by).await?;
        ends.extend(release_downstream(tx, &run, by).await?);
        if let Some(parent) = &run.parent {
            ends.extend(parent_end(tx, parent).await?);
        }
        if run.is_flow {
            ends.extend(tasks_left(tx, &run.id, &end).await?);
        }
        if run.parent.is_none() {
            release_lane(tx, &run.id, by).await?;
            if let Some(batch) = &run.batch {
                ends.extend(batches::point_ended(tx, batch, by).await?);
            }
            firing::after(tx, &run, end.state, by).await?;
            tell(tx, &run, end.state, by.1).await?;
        }
    }
    Ok(())
}

async fn write_end(tx: &mut Tx, run: &Run, end: &End, by: By<'_>) -> Result<(), StoreError> {
    let sql = "UPDATE run SET state = $1, ended_at = $2, class = $3, code = $4, reason = $5, cell = $6,
               ename = $7, evalue = $8, record_sha256 = COALESCE($9, record_sha256), cpu_seconds = $10,
               peak_memory_bytes = $11, wall_seconds = $12, disk_bytes = $13 WHERE id = $14";
    let values = args![
        end.state.as_str().to_owned(),
        by.1.as_microsecond(),
        end.class.map(|class| class.as_str().to_owned()),
        end.code.clone(),
        end.reason.clone(),
        end.cell,
        end.ename.clone(),
        end.evalue.clone(),
        end.record_sha256.clone(),
        end.usage.cpu_seconds,
        end.usage.peak_memory_bytes,
        end.usage.wall_seconds,
        end.usage.disk_bytes,
        run.id.clone(),
    ];
    tx.run(sql, values).await?;
    if !run.state.is_active() {
        tx.run("DELETE FROM ready WHERE run = $1", args![run.id.clone()])
            .await?;
    }
    tx.run("DELETE FROM timer WHERE run = $1", args![run.id.clone()])
        .await?;
    let detail = end.code.as_deref().or(end.reason.as_deref()).unwrap_or("");
    audit(tx, by, end.state.as_str(), ("run", &run.id), detail).await
}

/// Lets the runs that waited for this one begin, or says how they end without having begun.
async fn release_downstream(
    tx: &mut Tx,
    run: &Run,
    by: By<'_>,
) -> Result<Vec<(String, End)>, StoreError> {
    let sql = "SELECT run FROM upstream WHERE waits_for = $1 ORDER BY run";
    let rows = tx.rows(sql, args![run.id.clone()]).await?;
    let mut ends = Vec::new();
    for row in rows {
        let waiting = locked_run(tx, &row.text("run")?).await?;
        if waiting.state != RunState::Blocked {
            continue;
        }
        let sql = "SELECT run.state FROM upstream JOIN run ON run.id = upstream.waits_for
                   WHERE upstream.run = $1";
        let states = tx.rows(sql, args![waiting.id.clone()]).await?;
        let states: Vec<RunState> = states
            .iter()
            .map(|row| row.word("state"))
            .collect::<Result<_, _>>()?;
        if states.iter().any(|state| !state.is_terminal()) {
            continue;
        }
        if may_run(waiting.spec.rule, &states) {
            ends.extend(begin(tx, &waiting, by).await?);
        } else {
            let reason = match waiting.spec.rule {
                UpstreamRule::AnyFailed => "nothing it waited for failed",
                _ => "what it waited for did not succeed",
            };
            ends.push((waiting.id, End::skipped("upstream", reason)));
        }
    }
    Ok(ends)
}

fn may_run(rule: UpstreamRule, states: &[RunState]) -> bool {
    match rule {
        UpstreamRule::AllSuccess => states.iter().all(|state| *state == RunState::Succeeded),
        UpstreamRule::AllDone => true,
        UpstreamRule::AnyFailed => states.contains(&RunState::Failed),
    }
}

/// Lets a blocked run begin: into the queue, or, where it holds the runs of tasks, those of them that
/// wait for none.
pub(crate) async fn begin(
    tx: &mut Tx,
    run: &Run,
    by: By<'_>,
) -> Result<Option<(String, End)>, StoreError> {
    if run.is_flow {
        let sql = "UPDATE run SET state = 'running', started_at = $1 WHERE id = $2";
        tx.run(sql, args![by.1.as_microsecond(), run.id.clone()])
            .await?;
        audit(tx, by, "running", ("run", &run.id), "").await?;
        notify(tx, &run.id, &run.spec.notify, NoticeKind::Started, by.1).await?;
        let sql = "SELECT id FROM run WHERE parent = $1 AND state = 'blocked' AND NOT EXISTS
                   (SELECT 1 FROM upstream WHERE upstream.run = run.id) ORDER BY id";
        for row in tx.rows(sql, args![run.id.clone()]).await? {
            let task = locked_run(tx, &row.text("id")?).await?;
            queue(tx, &task, by).await?;
        }
        return Ok(None);
    }
    match take_over_scraps(tx, run).await? {
        Ok(()) => queue(tx, run, by).await.map(|()| None),
        Err(missing) => {
            let reason = format!("the scrap `{missing}` it needs was not reported");
            let end = End::failed(FailureClass::Invalid, "bad_param", &reason);
            Ok(Some((run.id.clone(), end)))
        }
    }
}

async fn queue(tx: &mut Tx, run: &Run, by: By<'_>) -> Result<(), StoreError> {
    let sql = "UPDATE run SET state = 'queued' WHERE id = $1";
    tx.run(sql, args![run.id.clone()]).await?;
    let profiles = profiles(tx).await?;
    let settings = &run.spec.settings;
    let row = tx
        .row(
            "SELECT start_at FROM run WHERE id = $1",
            args![run.id.clone()],
        )
        .await?;
    let start_at = row
        .map(|row| row.opt_time("start_at"))
        .transpose()?
        .flatten();
    let ready = Ready {
        run: run.id.clone(),
        workspace: run.workspace.clone(),
        priority: settings.priority,
        pool: settings.pool.clone(),
        profile: profile_or_default(&profiles, settings.profile.as_deref()),
        not_before: start_at,
        queue_seconds: settings.timeouts.queue_seconds,
    };
    make_ready(tx, &[ready], by.1).await?;
    audit(tx, by, "queued", ("run", &run.id), "").await
}

/// Replaces references to scraps of earlier tasks by their values; the inner error is the one that
/// is missing.
async fn take_over_scraps(tx: &mut Tx, run: &Run) -> Result<Result<(), String>, StoreError> {
    let Some(parent) = &run.parent else {
        return Ok(Ok(()));
    };
    let refers = |value: &serde_json::Value| {
        value
            .as_str()
            .is_some_and(|text| crate::plan::scrap_reference(text).is_some())
    };
    if !run.parameters.values().any(refers) {
        return Ok(Ok(()));
    }
    let sql = "SELECT run.task, scrap.name, scrap.value FROM scrap JOIN run ON run.id = scrap.run
               WHERE run.parent = $1";
    let mut known = std::collections::BTreeMap::new();
    for row in tx.rows(sql, args![parent.clone()]).await? {
        let task: Option<String> = row.get("task")?;
        let value: serde_json::Value = row.json("value")?;
        known.insert((task.unwrap_or_default(), row.text("name")?), value);
    }
    let mut parameters = run.parameters.clone();
    let resolved = resolve_scraps(&mut parameters, |task, name| {
        known.get(&(task.to_owned(), name.to_owned())).cloned()
    });
    if let Err(missing) = resolved {
        return Ok(Err(missing));
    }
    let sql = "UPDATE run SET parameters = $1 WHERE id = $2";
    tx.run(sql, args![to_json(&parameters)?, run.id.clone()])
        .await?;
    let mut rows = Insert::new(
        "INSERT INTO run_param (run, name, value)",
        "ON CONFLICT (run, name) DO UPDATE SET value = excluded.value",
    );
    for (name, value) in &parameters {
        rows.push(run.id.clone())
            .push(name.clone())
            .push(parameter_text(value));
        rows.end_row();
    }
    rows.write(tx).await?;
    Ok(Ok(()))
}

/// How the run of a whole job ends, once all its tasks are over.
async fn parent_end(tx: &mut Tx, parent: &str) -> Result<Option<(String, End)>, StoreError> {
    let flow = locked_run(tx, parent).await?;
    if flow.state.is_terminal() {
        return Ok(None);
    }
    let sql = "SELECT id, task, state, class, code, reason FROM run WHERE parent = $1 ORDER BY id";
    let mut worst: Option<End> = None;
    for row in tx.rows(sql, args![parent.to_owned()]).await? {
        let state: RunState = row.word("state")?;
        if !state.is_terminal() {
            return Ok(None);
        }
        let task: Option<String> = row.get("task")?;
        let task = task.unwrap_or_default();
        let failed = worst
            .as_ref()
            .is_some_and(|end| end.state == RunState::Failed);
        match state {
            RunState::Failed if !failed => {
                let reason: Option<String> = row.get("reason")?;
                let reason = format!("task {task}: {}", reason.unwrap_or_default());
                worst = Some(End {
                    class: row.opt_word("class")?,
                    code: row.get("code")?,
                    ..End::failed(FailureClass::User, "", &reason)
                });
            }
            RunState::Cancelled if worst.is_none() => {
                worst = Some(End::cancelled(&format!("task {task} was cancelled")));
            }
            _ => {}
        }
    }
    let end = match (flow.state, worst) {
        (RunState::Cancelling, _) => End::cancelled(flow.reason.as_deref().unwrap_or("cancelled")),
        (_, Some(end)) => end,
        (_, None) => End {
            state: RunState::Succeeded,
            ..End::default()
        },
    };
    Ok(Some((parent.to_owned(), end)))
}

/// The tasks of a run that is over without having run them: cancelled or skipped before it began.
async fn tasks_left(tx: &mut Tx, flow: &str, end: &End) -> Result<Vec<(String, End)>, StoreError> {
    let end = match end.state {
        RunState::Cancelled => End::cancelled("its job's run was cancelled"),
        RunState::Skipped => End::skipped("upstream", "its job's run was skipped"),
        // It ended because all its tasks have.
        _ => return Ok(Vec::new()),
    };
    let sql = "SELECT id FROM run WHERE parent = $1 AND state IN ('blocked', 'queued') ORDER BY id";
    let rows = tx.rows(sql, args![flow.to_owned()]).await?;
    rows.iter()
        .map(|row| Ok((row.text("id")?, end.clone())))
        .collect()
}

/// Lets the next run of a lane begin, if there is room in it.
async fn release_lane(tx: &mut Tx, ended: &str, by: By<'_>) -> Result<(), StoreError> {
    let row = tx
        .row(
            "SELECT lane FROM run WHERE id = $1",
            args![ended.to_owned()],
        )
        .await?;
    let lane = row
        .map(|row| row.get::<Option<String>>("lane"))
        .transpose()?
        .flatten();
    let Some(lane) = lane else {
        return Ok(());
    };
    let Some(width) = lane_width(tx, &lane).await? else {
        return Ok(());
    };
    while active_in_lane(tx, &lane).await? < width {
        let sql = "SELECT id FROM run WHERE lane = $1 AND state = 'blocked' ORDER BY id LIMIT 1";
        let Some(row) = tx.row(sql, args![lane.clone()]).await? else {
            return Ok(());
        };
        let next = locked_run(tx, &row.text("id")?).await?;
        if next.state == RunState::Blocked {
            begin(tx, &next, by).await?;
        }
    }
    Ok(())
}

/// How many runs of a lane may be on, with the lane locked: it is a schedule or a batch.
pub(crate) async fn lane_width(tx: &mut Tx, lane: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT width, state FROM batch WHERE id = $1 {lock}";
    if let Some(row) = tx.row(sql, args![lane.to_owned()]).await? {
        let active = row.text("state")? == "active";
        return Ok(active.then_some(row.int("width")?));
    }
    let sql = "SELECT definition FROM schedule WHERE id = $1 {lock}";
    match tx.row(sql, args![lane.to_owned()]).await? {
        Some(row) => Ok(Some(schedules::width(&row.json("definition")?))),
        // Its schedule is gone: nothing keeps them apart any more.
        None => Ok(Some(i64::MAX)),
    }
}

/// Runs of a lane that are on or may begin.
pub(crate) async fn active_in_lane(tx: &mut Tx, lane: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS active FROM run
               WHERE lane = $1 AND state IN ('queued', 'running', 'cancelling')";
    let row = tx.row(sql, args![lane.to_owned()]).await?;
    row.map_or(Ok(0), |row| row.int("active"))
}

/// Puts into the outbox what people asked to be told.
async fn tell(tx: &mut Tx, run: &Run, state: RunState, now: Timestamp) -> Result<(), StoreError> {
    let rules = &run.spec.notify;
    if rules.is_empty() {
        return Ok(());
    }
    match state {
        RunState::Succeeded => {
            notify(tx, &run.id, rules, NoticeKind::Succeeded, now).await?;
            if run.late || failed_before(tx, run).await? {
                notify(tx, &run.id, rules, NoticeKind::Recovered, now).await?;
            }
            Ok(())
        }
        RunState::Failed => notify(tx, &run.id, rules, NoticeKind::Failed, now).await,
        _ => Ok(()),
    }
}

/// Whether the run of the same job that ended before this one failed.
async fn failed_before(tx: &mut Tx, run: &Run) -> Result<bool, StoreError> {
    let Some(job) = &run.job else {
        return Ok(false);
    };
    let sql = "SELECT state FROM run WHERE job = $1 AND parent IS NULL AND ended_at IS NOT NULL AND id <> $2
               AND state IN ('succeeded', 'failed') ORDER BY ended_at DESC, id DESC LIMIT 1";
    let row = tx.row(sql, args![job.id.clone(), run.id.clone()]).await?;
    Ok(match row {
        Some(row) => row.word::<RunState>("state")? == RunState::Failed,
        None => false,
    })
}
