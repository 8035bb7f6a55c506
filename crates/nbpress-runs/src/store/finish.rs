//! An attempt ends: its run is tried again or over, in one transaction.

use jiff::{SignedDuration, Timestamp};

use crate::error::StoreError;
use crate::run::{AttemptEnd, AttemptState, Finish, Run};
use crate::state::{FailureClass, RunState};
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Tx, args, to_json};
use crate::store::enqueue::{Ready, make_ready, profile_or_default};
use crate::store::insert::Insert;
use crate::store::pools::{free_slot, profiles};
use crate::store::row::{self, FROM_RUN, RUN};
use crate::store::settle::{End, settle};

impl Store {
    /// Takes down how an attempt ended. The record must be stored before this is called: a run that is
    /// over points to it.
    ///
    /// # Errors
    /// The run is unknown, or the database fails. Reports of attempts that are not current any more are
    /// no errors: see [`Finish`].
    pub async fn finish(
        &self,
        run: &str,
        attempt: i64,
        end: &AttemptEnd,
        actor: &str,
        now: Timestamp,
    ) -> Result<Finish, StoreError> {
        transaction!(self, |tx| {
            finish(tx, run, attempt, end, (actor, now)).await
        })
    }
}

/// Who does something, and when.
pub(crate) type By<'a> = (&'a str, Timestamp);

/// A run, locked until the end of the transaction.
pub(crate) async fn locked_run(tx: &mut Tx, id: &str) -> Result<Run, StoreError> {
    // An outer join cannot be locked, so the row is first.
    let lock = "SELECT id FROM run WHERE id = $1 {lock}";
    if tx.row(lock, args![id.to_owned()]).await?.is_none() {
        return Err(StoreError::not_found("run", id));
    }
    let sql = format!("SELECT {RUN} FROM {FROM_RUN} WHERE run.id = $1");
    match tx.row(&sql, args![id.to_owned()]).await? {
        Some(row) => row::run(&row),
        None => Err(StoreError::not_found("run", id)),
    }
}

pub(crate) async fn finish(
    tx: &mut Tx,
    run: &str,
    attempt: i64,
    end: &AttemptEnd,
    by: By<'_>,
) -> Result<Finish, StoreError> {
    let run = locked_run(tx, run).await?;
    if run.attempt != attempt || !run.state.is_active() {
        return repeated_or_fenced(tx, &run, attempt, end).await;
    }
    end_attempt(tx, &run, end, by.1).await?;
    free_slot(tx, &run.id).await?;
    if let Some(retry) = retry(tx, &run, end, by.1).await? {
        again(tx, &run, &retry, end, by).await?;
    } else {
        keep_scraps(tx, &run.id, end).await?;
        settle(tx, &run.id, &run_end(&run, end), by).await?;
    }
    Ok(Finish::Recorded)
}

async fn repeated_or_fenced(
    tx: &mut Tx,
    run: &Run,
    attempt: i64,
    end: &AttemptEnd,
) -> Result<Finish, StoreError> {
    let sql = "SELECT state, record_sha256 FROM attempt WHERE run = $1 AND number = $2";
    let Some(row) = tx.row(sql, args![run.id.clone(), attempt]).await? else {
        return Ok(Finish::Fenced);
    };
    let state: AttemptState = row.word("state")?;
    let same = row.get::<Option<String>>("record_sha256")? == end.record_sha256;
    Ok(if same && state == end.state {
        Finish::Repeated
    } else {
        Finish::Fenced
    })
}

async fn end_attempt(
    tx: &mut Tx,
    run: &Run,
    end: &AttemptEnd,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE attempt SET state = $1, ended_at = $2, class = $3, code = $4, reason = $5,
               record_sha256 = $6, cpu_seconds = $7, peak_memory_bytes = $8, wall_seconds = $9,
               disk_bytes = $10, cells = $11 WHERE run = $12 AND number = $13";
    let cells = (!end.cells.is_empty())
        .then(|| to_json(&end.cells))
        .transpose()?;
    let values = args![
        end.state.as_str().to_owned(),
        now.as_microsecond(),
        end.class.map(|class| class.as_str().to_owned()),
        end.code.clone(),
        end.reason.clone(),
        end.record_sha256.clone(),
        end.usage.cpu_seconds,
        end.usage.peak_memory_bytes,
        end.usage.wall_seconds,
        end.usage.disk_bytes,
        cells,
        run.id.clone(),
        run.attempt,
    ];
    tx.run(sql, values).await.map(drop)
}

/// When and how large the next attempt is.
struct Retry {
    at: Timestamp,
    profile: String,
}

/// The next attempt, where the policy gives one.
async fn retry(
    tx: &mut Tx,
    run: &Run,
    end: &AttemptEnd,
    now: Timestamp,
) -> Result<Option<Retry>, StoreError> {
    let failed = matches!(end.state, AttemptState::Failed | AttemptState::Lost);
    let (Some(class), true) = (end.class, failed && run.state == RunState::Running) else {
        return Ok(None);
    };
    let sql = "SELECT COUNT(*) AS failures FROM attempt WHERE run = $1 AND class = $2";
    let row = tx
        .row(sql, args![run.id.clone(), class.as_str().to_owned()])
        .await?;
    let failures = row.map_or(Ok(0), |row| row.int("failures"))?;
    let policy = run.spec.settings.retry;
    if failures > i64::from(policy.attempts(class)) {
        return Ok(None);
    }
    let current = current_profile(tx, &run.id).await?;
    let profile = match class {
        FailureClass::Resource => {
            let known = profiles(tx).await?;
            let next = known.get(&current).and_then(|profile| profile.next.clone());
            // The same size would fail the same way.
            let Some(next) = next.filter(|next| known.contains_key(next)) else {
                return Ok(None);
            };
            next
        }
        _ => current,
    };
    let failures = u32::try_from(failures).unwrap_or(u32::MAX);
    let delay = SignedDuration::from_secs(policy.delay(failures));
    Ok(Some(Retry {
        at: now.checked_add(delay).unwrap_or(now),
        profile,
    }))
}

async fn current_profile(tx: &mut Tx, run: &str) -> Result<String, StoreError> {
    let row = tx
        .row(
            "SELECT profile FROM run WHERE id = $1",
            args![run.to_owned()],
        )
        .await?;
    let profile = row
        .map(|row| row.get::<Option<String>>("profile"))
        .transpose()?;
    Ok(profile.flatten().unwrap_or_default())
}

async fn again(
    tx: &mut Tx,
    run: &Run,
    retry: &Retry,
    end: &AttemptEnd,
    by: By<'_>,
) -> Result<(), StoreError> {
    let sql = "UPDATE run SET state = 'queued', profile = $1, class = $2, code = $3, reason = $4,
               cell = $5, ename = $6, evalue = $7, record_sha256 = $8 WHERE id = $9";
    let values = args![
        retry.profile.clone(),
        end.class.map(|class| class.as_str().to_owned()),
        end.code.clone(),
        end.reason.clone(),
        end.cell,
        end.ename.clone(),
        end.evalue.clone(),
        end.record_sha256.clone(),
        run.id.clone(),
    ];
    tx.run(sql, values).await?;
    let profiles = profiles(tx).await?;
    let ready = Ready {
        run: run.id.clone(),
        workspace: run.workspace.clone(),
        priority: run.spec.settings.priority,
        pool: run.spec.settings.pool.clone(),
        profile: profile_or_default(&profiles, Some(&retry.profile)),
        not_before: Some(retry.at),
        queue_seconds: run.spec.settings.timeouts.queue_seconds,
    };
    make_ready(tx, &[ready], by.1).await?;
    let detail = format!(
        "attempt {} ended: {}; again on {}",
        run.attempt,
        end.code.as_deref().unwrap_or("failed"),
        retry.profile
    );
    audit(tx, by, "queued", ("run", &run.id), &detail).await
}

pub(crate) async fn keep_scraps(
    tx: &mut Tx,
    run: &str,
    end: &AttemptEnd,
) -> Result<(), StoreError> {
    let mut rows = Insert::new(
        "INSERT INTO scrap (run, name, value, number)",
        "ON CONFLICT (run, name) DO UPDATE SET value = excluded.value, number = excluded.number",
    );
    // One statement must not name a row twice; the last report counts, as in the notebook.
    let mut seen = std::collections::BTreeSet::new();
    for scrap in end
        .scraps
        .iter()
        .rev()
        .filter(|scrap| seen.insert(&scrap.name))
    {
        rows.push(run.to_owned())
            .push(scrap.name.clone())
            .push(to_json(&scrap.value)?)
            .push(scrap.number);
        rows.end_row();
    }
    rows.write(tx).await.map(drop)
}

/// How the run ends with its last attempt. A run that succeeded before its cancellation arrived
/// succeeded.
fn run_end(run: &Run, end: &AttemptEnd) -> End {
    let state = match (end.state, run.state) {
        (AttemptState::Succeeded, _) => RunState::Succeeded,
        (_, RunState::Cancelling) | (AttemptState::Cancelled, _) => RunState::Cancelled,
        _ => RunState::Failed,
    };
    End {
        state,
        class: end.class,
        code: end.code.clone(),
        reason: end.reason.clone(),
        cell: end.cell,
        ename: end.ename.clone(),
        evalue: end.evalue.clone(),
        record_sha256: end.record_sha256.clone(),
        usage: end.usage,
    }
}
