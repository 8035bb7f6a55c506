//! A run goes on where another one failed, perhaps with its notebook mended.

use jiff::Timestamp;
use serde_json::Map;

use crate::error::StoreError;
use crate::run::Resume;
use crate::state::RunState;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::enqueue::{Enqueued, add_runs};
use crate::store::finish::locked_run;
use crate::store::restart::{again, is_over_and_whole};

/// How a run goes on from one that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoOn {
    /// The snapshot and the notebook's path in it; those of the other run when `None`.
    pub notebook: Option<(String, String)>,
    /// The cell to go on at, from 0 in the executed notebook; the one that failed when `None`.
    pub from: Option<usize>,
    /// Makes a repeated request harmless, within the workspace.
    pub idempotency_key: Option<String>,
    /// The request that asks for it, as W3C's `traceparent`, where that is traced.
    pub trace: Option<String>,
}

impl Store {
    /// Makes a run that goes on from one that is over, with its parameters and settings.
    ///
    /// # Errors
    /// The run is not over, did not begin, is or has tasks, succeeded with the notebook it is to go on with, or is
    /// unknown; or the database fails.
    pub async fn resume(
        &self,
        run: &str,
        how: &GoOn,
        actor: &str,
        now: Timestamp,
    ) -> Result<Enqueued, StoreError> {
        transaction!(self, |tx| {
            let old = locked_run(tx, run).await?;
            is_over_and_whole(&old)?;
            if old.is_flow {
                let message =
                    "it is of several tasks; restart goes on at those that did not succeed";
                return Err(StoreError::conflict("has_tasks", message));
            }
            if old.state == RunState::Succeeded && how.notebook.is_none() && how.from.is_none() {
                let message = "all its cells ran";
                return Err(StoreError::conflict("nothing_to_resume", message));
            }
            let Some(record) = old.record.clone() else {
                return Err(StoreError::conflict("not_begun", "it did not begin"));
            };
            let mut new = again(&old, &Map::new(), old.id.clone());
            new.spec.resume = Some(Resume {
                run: old.id.clone(),
                record,
                snapshot: old.snapshot.clone(),
                from: how.from,
            });
            if let Some((snapshot, notebook)) = &how.notebook {
                new.snapshot.clone_from(snapshot);
                new.notebook.clone_from(notebook);
            }
            new.idempotency_key.clone_from(&how.idempotency_key);
            new.spec.trace.clone_from(&how.trace);
            let made = add_runs(tx, &[new], actor, now).await?;
            let made = made.into_iter().next();
            let made = made.ok_or_else(|| StoreError::not_found("run", run))?;
            if made.is_new {
                audit(tx, (actor, now), "resumed", ("run", &old.id), &made.id).await?;
            }
            Ok(made)
        })
    }
}
