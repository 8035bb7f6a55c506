//! The courier: takes notices out of the outbox and delivers them.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nbpress_format::cell::CellKind;
use nbpress_record::Record;
use nbpress_runs::state::NoticeKind as Kind;
use nbpress_runs::store::Outgoing;
use nbpress_runs::{Run, Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::causes::with_causes;
use crate::notify::{
    Channel, Deliverer, DeliveryError, FailingCell, Failure, Notice, NoticeKind, next_try,
    retry_delay,
};
use crate::records::Records;
use crate::worker::{Complaint, stopped};

/// Between two looks into the outbox.
const LOOK: Duration = Duration::from_millis(500);
/// A notice that was taken and not reported on is due again after this long.
const LEASE_SECONDS: i64 = 120;
/// How long a record may take to be read; the notice goes without the failing cell then. Together with
/// the longest delivery it is shorter than the lease.
const READ: Duration = Duration::from_secs(30);
/// Deliveries at the same time. No more notices are taken than can begin at once, so that none waits
/// here until its lease is over.
const AT_ONCE: usize = 16;

/// Delivers what is in the outbox.
#[derive(Clone, Debug)]
pub struct Courier {
    store: Store,
    records: Records,
    deliverer: Arc<Deliverer>,
}

/// Deliveries that are under way.
type UnderWay = JoinSet<Result<(), StoreError>>;

/// Why a notice did not get through.
#[derive(Debug, thiserror::Error)]
enum Obstacle {
    #[error("there is no channel `{0}`")]
    NoChannel(String),
    #[error("`{recipient}` is not told by the channel `{channel}` any more")]
    NoRecipient { channel: String, recipient: String },
    #[error("the definition of the channel `{channel}` cannot be read")]
    Unreadable {
        channel: String,
        source: serde_json::Error,
    },
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl Obstacle {
    /// How long to wait before the next try, if there is a point in one.
    fn next_try(&self, outgoing: &Outgoing) -> Option<Duration> {
        let tries = u32::try_from(outgoing.tries).unwrap_or(u32::MAX);
        match self {
            Self::NoChannel(_) | Self::NoRecipient { .. } => None,
            // Perhaps a newer server wrote it, and delivers.
            Self::Unreadable { .. } => retry_delay(&outgoing.id, tries),
            Self::Delivery(error) => next_try(&outgoing.id, tries, error),
        }
    }
}

impl Courier {
    /// A courier that has not begun.
    pub fn new(store: Store, records: Records, deliverer: Deliverer) -> Self {
        Self {
            store,
            records,
            deliverer: Arc::new(deliverer),
        }
    }

    /// Delivers until `stop` is true.
    pub async fn run(self, complain: Complaint, mut stop: watch::Receiver<bool>) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut under_way = UnderWay::new();
        loop {
            let ended = tokio::select! {
                () = stopped(&mut stop) => return,
                _ = looks.tick() => Ok(()),
                Some(ended) = under_way.join_next() => result_of(ended, &complain),
            };
            let taken = self.take(&mut under_way, &complain).await;
            if let Err(error) = ended.and(taken)
                && !error.is_passing()
            {
                complain(&format!("the outbox: {}", with_causes(&error)));
            }
        }
    }

    /// Delivers all that is due.
    ///
    /// # Errors
    /// The database fails.
    pub async fn deliver_due(&self, complain: &Complaint) -> Result<(), StoreError> {
        let mut under_way = UnderWay::new();
        self.take(&mut under_way, complain).await?;
        while let Some(ended) = under_way.join_next().await {
            result_of(ended, complain)?;
            self.take(&mut under_way, complain).await?;
        }
        Ok(())
    }

    /// Begins as many deliveries as may be under way.
    async fn take(&self, under_way: &mut UnderWay, complain: &Complaint) -> Result<(), StoreError> {
        let room = AT_ONCE.saturating_sub(under_way.len());
        let Some(most) = i64::try_from(room).ok().filter(|room| *room > 0) else {
            return Ok(());
        };
        let now = Timestamp::now();
        for outgoing in self.store.take_notices(most, LEASE_SECONDS, now).await? {
            let (courier, complain) = (self.clone(), Arc::clone(complain));
            under_way.spawn(async move { courier.deliver(&outgoing, &complain).await });
        }
        Ok(())
    }

    async fn deliver(&self, outgoing: &Outgoing, complain: &Complaint) -> Result<(), StoreError> {
        let run = self.store.run(&outgoing.run).await?;
        let obstacle = match self.channel(outgoing, &run).await? {
            Ok(channel) if channel.recipients().len() > 1 => {
                let (to, now) = (channel.recipients(), Timestamp::now());
                return self.store.split_notice(outgoing, to, now).await;
            }
            Ok(channel) => {
                let notice = self.notice(outgoing, &run).await;
                match self.deliverer.deliver(&channel, &notice).await {
                    Ok(()) => return self.store.notice_sent(&outgoing.id, Timestamp::now()).await,
                    Err(error) => error.into(),
                }
            }
            Err(obstacle) => obstacle,
        };
        self.failed(outgoing, &obstacle, complain).await
    }

    /// Where a notice goes: the channel it names, or one recipient of it.
    async fn channel(
        &self,
        outgoing: &Outgoing,
        run: &Run,
    ) -> Result<Result<Channel, Obstacle>, StoreError> {
        let channels = self.store.channels(&run.workspace).await?;
        let (name, recipient) = match outgoing.channel.split_once('/') {
            Some((name, recipient)) => (name, Some(recipient)),
            None => (outgoing.channel.as_str(), None),
        };
        let found = channels.into_iter().find(|channel| channel.name == name);
        let Some(stored) = found else {
            return Ok(Err(Obstacle::NoChannel(name.to_owned())));
        };
        Ok(destination(name, recipient, stored.definition))
    }

    async fn failed(
        &self,
        outgoing: &Outgoing,
        obstacle: &Obstacle,
        complain: &Complaint,
    ) -> Result<(), StoreError> {
        let again = obstacle.next_try(outgoing).and_then(|wait| {
            let wait = SignedDuration::try_from(wait).ok()?;
            Timestamp::now().checked_add(wait).ok()
        });
        let message = with_causes(obstacle);
        if again.is_none() {
            let id = &outgoing.id;
            complain(&format!("the notice {id} was given up: {message}"));
        }
        let (id, store) = (&outgoing.id, &self.store);
        store.notice_failed(id, &message, again).await
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
        failure.cell = tokio::time::timeout(READ, self.failing_cell(run))
            .await
            .unwrap_or_default();
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
    let cell = document.notebook.cells.get(at)?;
    let count = match cell.kind {
        CellKind::Code {
            execution_count, ..
        } => execution_count,
        _ => None,
    };
    Some(FailingCell::raised(at, &cell.source, count, error))
}

fn destination(
    channel: &str,
    recipient: Option<&str>,
    definition: serde_json::Value,
) -> Result<Channel, Obstacle> {
    let read = serde_json::from_value(definition).map_err(|source| Obstacle::Unreadable {
        channel: channel.to_owned(),
        source,
    });
    let read: Channel = read?;
    let Some(recipient) = recipient else {
        return Ok(read);
    };
    read.only(recipient).ok_or_else(|| Obstacle::NoRecipient {
        channel: channel.to_owned(),
        recipient: recipient.to_owned(),
    })
}

fn result_of(
    ended: Result<Result<(), StoreError>, tokio::task::JoinError>,
    complain: &Complaint,
) -> Result<(), StoreError> {
    ended.unwrap_or_else(|error| {
        complain(&format!("a delivery broke off: {error}"));
        Ok(())
    })
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
