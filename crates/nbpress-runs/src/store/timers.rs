//! Moments at which something must happen to a run, and what people do to one.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::state::{FailureClass, NoticeKind, RunState};
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Tx, args};
use crate::store::enqueue::{Ready, make_ready, profile_or_default};
use crate::store::finish::{By, locked_run};
use crate::store::outbox::notify;
use crate::store::pools::profiles;
use crate::store::settle::{End, settle};

/// Timers of one transaction.
const AT_ONCE: i64 = 200;

impl Store {
    /// Does what is due: runs whose time has come enter the queue, those that waited too long fail,
    /// those that are late are told of. Returns how many timers fired; call it again while it is not 0.
    ///
    /// # Errors
    /// The database fails.
    pub async fn fire_timers(&self, now: Timestamp) -> Result<usize, StoreError> {
        let due = "SELECT run FROM timer WHERE at <= $1 ORDER BY at, run, kind LIMIT 1";
        if !self.database.has(due, args![now.as_microsecond()]).await? {
            return Ok(0);
        }
        transaction!(self, |tx| {
            let sql =
                "SELECT run, kind FROM timer WHERE at <= $1 ORDER BY at, run, kind LIMIT $2 {skip}";
            let rows = tx.rows(sql, args![now.as_microsecond(), AT_ONCE]).await?;
            for row in &rows {
                let (run, kind) = (row.text("run")?, row.text("kind")?);
                let sql = "DELETE FROM timer WHERE run = $1 AND kind = $2";
                tx.run(sql, args![run.clone(), kind.clone()]).await?;
                fire(tx, &run, &kind, ("scheduler", now)).await?;
            }
            Ok(rows.len())
        })
    }

    /// Ends a run: at once if no worker has it, else as soon as the worker has stopped it. Of the run of
    /// a whole job, every task.
    ///
    /// # Errors
    /// It is over already or unknown, or the database fails.
    pub async fn cancel(
        &self,
        run: &str,
        reason: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<RunState, StoreError> {
        transaction!(self, |tx| {
            let found = locked_run(tx, run).await?;
            if found.state.is_terminal() {
                let message = format!("the run has {} already", found.state);
                return Err(StoreError::conflict("already_terminal", message));
            }
            cancel(tx, run, reason, (actor, now)).await
        })
    }

    /// Keeps a run whatever the retention says, or lets it go.
    ///
    /// # Errors
    /// It is unknown, or the database fails.
    pub async fn hold(
        &self,
        run: &str,
        hold: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql = "UPDATE run SET legal_hold = $1 WHERE id = $2";
            if tx.run(sql, args![i64::from(hold), run.to_owned()]).await? == 0 {
                return Err(StoreError::not_found("run", run));
            }
            let action = if hold { "held" } else { "released" };
            audit(tx, (actor, now), action, ("run", run), "").await
        })
    }
}

/// Ends a run that is not over, and its tasks.
pub(crate) async fn cancel(
    tx: &mut Tx,
    run: &str,
    reason: &str,
    by: By<'_>,
) -> Result<RunState, StoreError> {
    let found = locked_run(tx, run).await?;
    match found.state {
        RunState::Blocked | RunState::Queued => {
            settle(tx, run, &End::cancelled(reason), by).await?;
            Ok(RunState::Cancelled)
        }
        RunState::Running => {
            let sql = "UPDATE run SET state = 'cancelling', reason = $1 WHERE id = $2";
            tx.run(sql, args![reason.to_owned(), run.to_owned()])
                .await?;
            audit(tx, by, "cancelling", ("run", run), reason).await?;
            if found.is_flow {
                return cancel_tasks(tx, run, reason, by).await;
            }
            Ok(RunState::Cancelling)
        }
        over => Ok(over),
    }
}

async fn cancel_tasks(
    tx: &mut Tx,
    flow: &str,
    reason: &str,
    by: By<'_>,
) -> Result<RunState, StoreError> {
    let sql = "SELECT id FROM run WHERE parent = $1
               AND state IN ('blocked', 'queued', 'running') ORDER BY id";
    for row in tx.rows(sql, args![flow.to_owned()]).await? {
        Box::pin(cancel(tx, &row.text("id")?, reason, by)).await?;
    }
    Ok(locked_run(tx, flow).await?.state)
}

async fn fire(tx: &mut Tx, run: &str, kind: &str, by: By<'_>) -> Result<(), StoreError> {
    let found = match locked_run(tx, run).await {
        Ok(found) => found,
        Err(StoreError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    match (kind, found.state) {
        ("ready", RunState::Queued) => {
            let profiles = profiles(tx).await?;
            let row = tx
                .row(
                    "SELECT profile FROM run WHERE id = $1",
                    args![run.to_owned()],
                )
                .await?;
            let profile = row
                .map(|row| row.get::<Option<String>>("profile"))
                .transpose()?;
            let settings = &found.spec.settings;
            let ready = Ready {
                run: found.id.clone(),
                workspace: found.workspace.clone(),
                priority: settings.priority,
                pool: settings.pool.clone(),
                profile: profile_or_default(&profiles, profile.flatten().as_deref()),
                not_before: None,
                queue_seconds: settings.timeouts.queue_seconds,
            };
            make_ready(tx, &[ready], by.1).await
        }
        ("queue", RunState::Queued) => {
            let reason = "no worker took it within the time it may wait";
            let end = End::failed(FailureClass::Timeout, "queue", reason);
            settle(tx, run, &end, by).await
        }
        ("late", state) if !state.is_terminal() => {
            tx.run(
                "UPDATE run SET late = 1 WHERE id = $1",
                args![run.to_owned()],
            )
            .await?;
            audit(tx, by, "late", ("run", run), "").await?;
            notify(tx, run, &found.spec.notify, NoticeKind::Late, by.1).await
        }
        _ => Ok(()),
    }
}
