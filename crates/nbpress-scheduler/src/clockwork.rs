//! What happens by itself: schedules fire, timers ring, silent workers are given up, the audit is chained.
//!
//! Any number of servers may do this on one database at the same time: every step is a transaction that
//! takes its rows, and nobody leads.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nbpress_runs::store::WorkerState;
use nbpress_runs::{Store, StoreError};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::records::Records;
use crate::wake::Wake;
use crate::worker::{Complaint, stopped};

/// Between two looks at what is due.
const TICK: Duration = Duration::from_millis(250);
/// A worker that was not heard for this long is given up.
pub const LEASE: Duration = Duration::from_secs(30);
/// Schedules of one transaction.
const SCHEDULES_AT_ONCE: i64 = 200;
/// Between two looks at what may be forgotten.
const RETENTION: Duration = Duration::from_mins(10);

/// The part of a server that needs nobody to ask.
pub struct Clockwork {
    store: Store,
    records: Records,
    wake: Wake,
    complain: Complaint,
    watched: Watched,
    lease: Duration,
}

impl std::fmt::Debug for Clockwork {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Clockwork").finish_non_exhaustive()
    }
}

impl Clockwork {
    /// A clockwork that has not begun.
    pub fn new(store: Store, records: Records, wake: Wake, complain: Complaint) -> Self {
        Self {
            store,
            records,
            wake,
            complain,
            watched: Watched::default(),
            lease: LEASE,
        }
    }

    /// With another lease, for tests that cannot wait.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Goes on until `stop` is true. An error of the database is complained of, and the step is tried
    /// again at the next tick.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_complaint = String::new();
        let mut retention = Instant::now();
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = ticks.tick() => {}
            }
            let done = self.tick().await;
            let complaint = done.err().map(|error| describe(&error)).unwrap_or_default();
            if !complaint.is_empty() && complaint != last_complaint {
                (self.complain)(&complaint);
            }
            last_complaint = complaint;
            if retention.elapsed() > RETENTION {
                retention = Instant::now();
                self.forget().await;
            }
        }
    }

    /// Everything that is due now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn tick(&mut self) -> Result<(), StoreError> {
        let mut woke = false;
        loop {
            let fired = self
                .store
                .fire_schedules(SCHEDULES_AT_ONCE, Timestamp::now())
                .await?;
            woke |= fired.iter().any(|fired| !fired.runs.is_empty());
            for (schedule, fault) in fired
                .iter()
                .filter_map(|fired| Some((&fired.schedule, fired.fault.as_ref()?)))
            {
                (self.complain)(&format!("the schedule {schedule} is paused: {fault}"));
            }
            if fired.is_empty() {
                break;
            }
        }
        while self.store.fire_timers(Timestamp::now()).await? > 0 {
            woke = true;
        }
        woke |= self.watch_workers().await?;
        while self.store.seal().await? > 0 {}
        if woke {
            self.wake.everybody();
        }
        Ok(())
    }

    async fn watch_workers(&mut self) -> Result<bool, StoreError> {
        if !self.watched.is_due() {
            return Ok(false);
        }
        let now = Timestamp::now();
        let workers = self.store.workers(now).await?;
        let heard = workers
            .iter()
            .filter(|worker| worker.state != WorkerState::Gone)
            .map(|worker| (worker.introduced.id.clone(), worker.beats));
        let mut lost = false;
        for (worker, beats) in self
            .watched
            .silent(heard.collect(), Instant::now(), self.lease)
        {
            if self.store.lose_worker(&worker, beats, now).await? {
                (self.complain)(&format!("the worker {worker} went silent and was given up"));
                lost = true;
            }
        }
        Ok(lost)
    }

    /// Removes what need not be kept.
    async fn forget(&self) {
        loop {
            let records = match self.store.forget_runs(100, Timestamp::now()).await {
                Ok(records) if records.is_empty() => break,
                Ok(records) => records,
                Err(error) => return (self.complain)(&describe(&error)),
            };
            for record in records {
                if let Err(error) = self.records.remove(&record).await {
                    (self.complain)(&format!("the record {record} stays: {}", describe(&error)));
                }
            }
        }
        if let Err(error) = self.records.trim().await {
            (self.complain)(&describe(&error));
        }
    }
}

/// How long workers have been silent, by this process's own clock. It does not run while the machine
/// sleeps, and nobody can set it.
#[derive(Debug, Default)]
struct Watched {
    seen: BTreeMap<String, (i64, Instant)>,
    looked: Option<Instant>,
}

impl Watched {
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = self
            .looked
            .is_none_or(|last| now.duration_since(last) > Duration::from_secs(1));
        if due {
            self.looked = Some(now);
        }
        due
    }

    /// The workers whose count has stood still for the length of the lease.
    fn silent(
        &mut self,
        heard: BTreeMap<String, i64>,
        now: Instant,
        lease: Duration,
    ) -> Vec<(String, i64)> {
        self.seen.retain(|worker, _| heard.contains_key(worker));
        let mut silent = Vec::new();
        for (worker, beats) in heard {
            let (count, since) = self.seen.entry(worker.clone()).or_insert((beats, now));
            if *count != beats {
                (*count, *since) = (beats, now);
            } else if now.duration_since(*since) > lease {
                silent.push((worker, beats));
            }
        }
        silent
    }
}

fn describe(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_silent_when_its_count_stood_still_for_the_lease() {
        let (mut watched, start) = (Watched::default(), Instant::now());
        let lease = Duration::from_secs(30);
        let mut look = |seconds, beats| {
            let heard = BTreeMap::from([("w".to_owned(), beats)]);
            watched.silent(heard, start + Duration::from_secs(seconds), lease)
        };
        for (seconds, beats, silent) in [
            (0, 1, false),
            // This process was away for an hour: it has not watched.
            (3_600, 2, false),
            (3_620, 2, false),
            (3_631, 2, true),
            (3_632, 3, false),
            (3_662, 3, false),
            (3_663, 3, true),
        ] {
            assert_eq!(!look(seconds, beats).is_empty(), silent, "{seconds}");
        }
    }
}
