//! The courier: takes notices out of the outbox and delivers them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nbpress_record::Record;
use nbpress_runs::state::NoticeKind as Kind;
use nbpress_runs::store::Outgoing;
use nbpress_runs::{Run, Store, StoreError};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::archive::Records;
use crate::notify::{Channel, Deliverer, FailingCell, Failure, Notice, NoticeKind, next_try};
use crate::worker::{Complaint, stopped};

/// Between two looks into the outbox.
const LOOK: Duration = Duration::from_millis(500);
/// A notice that was taken and not reported on is due again after this long.
const LEASE_SECONDS: i64 = 120;
/// Notices taken at once.
const AT_ONCE: i64 = 20;

/// Delivers what is in the outbox.
#[derive(Debug)]
pub struct Courier {
    store: Store,
    records: Records,
    deliverer: Deliverer,
}

impl Courier {
    /// A courier that has not begun.
    pub fn new(store: Store, records: Records, deliverer: Deliverer) -> Self {
        Self {
            store,
            records,
            deliverer,
        }
    }

    /// Delivers until `stop` is true.
    pub async fn run(self, complain: Complaint, mut stop: watch::Receiver<bool>) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = looks.tick() => {}
            }
            if let Err(error) = self.deliver_due(&complain).await
                && !error.is_passing()
            {
                complain(&format!("the outbox: {error}"));
            }
        }
    }

    /// Delivers what is due.
    ///
    /// # Errors
    /// The database fails.
    pub async fn deliver_due(&self, complain: &Complaint) -> Result<(), StoreError> {
        let taken = self
            .store
            .take_notices(AT_ONCE, LEASE_SECONDS, Timestamp::now())
            .await?;
        for outgoing in taken {
            self.deliver(&outgoing, complain).await?;
        }
        Ok(())
    }

    async fn deliver(&self, outgoing: &Outgoing, complain: &Complaint) -> Result<(), StoreError> {
        let run = self.store.run(&outgoing.run).await?;
        let channels = self.store.channels(&run.workspace).await?;
        let channel = channels
            .into_iter()
            .find(|known| known.name == outgoing.channel);
        let channel: Option<Channel> =
            channel.and_then(|channel| serde_json::from_value(channel.definition).ok());
        let Some(channel) = channel else {
            let message = format!("there is no channel `{}`", outgoing.channel);
            return self.store.notice_failed(&outgoing.id, &message, None).await;
        };
        let notice = self.notice(outgoing, &run).await;
        let Err(error) = self.deliverer.deliver(&channel, &notice).await else {
            return self.store.notice_sent(&outgoing.id, Timestamp::now()).await;
        };
        let tries = u32::try_from(outgoing.tries).unwrap_or(u32::MAX);
        let again = next_try(&outgoing.id, tries, &error).and_then(|wait| {
            let wait = SignedDuration::try_from(wait).ok()?;
            Timestamp::now().checked_add(wait).ok()
        });
        let message = describe(&error);
        if again.is_none() {
            complain(&format!(
                "the notice {} was given up: {message}",
                outgoing.id
            ));
        }
        self.store
            .notice_failed(&outgoing.id, &message, again)
            .await
    }

    async fn notice(&self, outgoing: &Outgoing, run: &Run) -> Notice {
        let secrets: Vec<String> = run.spec.settings.secrets.keys().cloned().collect();
        let logical = run.logical.as_ref();
        let deadline = run.spec.deadline.as_ref();
        let from = logical.map_or(run.created_at, |logical| logical.at);
        let is_over = outgoing.kind != Kind::Started && outgoing.kind != Kind::Late;
        let notice = Notice {
            id: outgoing.id.clone(),
            kind: kind(outgoing.kind),
            workspace: run.workspace.clone(),
            job: run
                .job
                .as_ref()
                .map_or_else(|| run.notebook.clone(), |job| job.name.clone()),
            notebook: run.notebook.clone(),
            run_id: Some(run.id.clone()),
            attempt: u32::try_from(run.attempt).ok().filter(|number| *number > 0),
            parameters: run.parameters.clone().into_iter().collect(),
            logical_time: logical.map(|logical| logical.at),
            time_zone: logical.map(|logical| logical.time_zone.clone()),
            started_at: run.started_at,
            ended_at: run.ended_at.filter(|_| is_over),
            deadline: deadline.and_then(|deadline| deadline.after(from).ok()),
            failure: match outgoing.kind {
                Kind::Failed => Some(self.failure(run).await),
                _ => None,
            },
        };
        notice.prepared(&secrets)
    }

    async fn failure(&self, run: &Run) -> Failure {
        let mut failure = Failure::of_class(run.class.map_or("platform", |class| class.as_str()));
        failure.code.clone_from(&run.code);
        failure.reason.clone_from(&run.reason);
        if run.is_flow {
            return failure;
        }
        failure.cell = self.failing_cell(run).await;
        failure
    }

    async fn failing_cell(&self, run: &Run) -> Option<FailingCell> {
        let hash = run.record_sha256.as_deref();
        let record = self.records.find(run.record.as_deref()?, hash).await.ok()?;
        let read = tokio::task::spawn_blocking(move || failing_cell(&record));
        read.await.ok()?
    }
}

/// The cell a record ended in, with the line and the error.
fn failing_cell(record: &Record) -> Option<FailingCell> {
    let document = record.document().ok()?;
    let outcome = document.outcome()?;
    let (at, error) = (outcome.cell?, outcome.error.as_ref()?);
    let source = document
        .notebook
        .cells
        .get(at)
        .map(|cell| cell.source.clone());
    Some(FailingCell::raised(
        at,
        &source.unwrap_or_default(),
        None,
        error,
    ))
}

fn kind(kind: Kind) -> NoticeKind {
    match kind {
        Kind::Started => NoticeKind::Started,
        Kind::Succeeded => NoticeKind::Succeeded,
        Kind::Failed => NoticeKind::Failed,
        Kind::Late => NoticeKind::Late,
        Kind::Recovered => NoticeKind::Recovered,
    }
}

fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_same_word_in_the_outbox_and_in_the_message() {
        for known in Kind::ALL {
            let word = serde_json::to_value(kind(*known)).unwrap();
            assert_eq!(word, serde_json::json!(known.as_str()));
        }
    }
}
