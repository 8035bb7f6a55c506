//! Following the journal of an attempt: what is there, what is added, until nothing can be any more.

use std::path::Path;
use std::time::Duration;

use axum::response::sse::Event;
use nbpress_record::{Event as RecordEvent, Events as Journal, Record};
use nbpress_runs::run::Attempt;
use tokio::time::{Instant, sleep};

use super::{LOOK, Sender};
use crate::App;

/// Events that are read before any of them is sent.
const AT_ONCE: usize = 64;
/// Between two questions whether an attempt is over whose journal does not grow.
const ASK: Duration = Duration::from_secs(1);

/// What a client wants of a journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// The number of the last event it has.
    pub(super) after: i64,
    /// Whether it waits for what is added.
    pub(super) live: bool,
}

/// Sends the events of an attempt until its end, or until nobody listens.
pub(super) async fn follow(app: App, attempt: Attempt, wish: Wish, sender: Sender) {
    let follower = Follower {
        app,
        attempt,
        wish,
        sender,
    };
    // Nobody listens any more, or the journal is damaged: its end is not announced.
    let _broken_off = follower.run().await;
}

struct Follower {
    app: App,
    attempt: Attempt,
    wish: Wish,
    sender: Sender,
}

/// Where reading is.
struct Place {
    journal: Journal,
    number: i64,
}

impl Follower {
    async fn run(mut self) -> Option<()> {
        let record = self.begun().await?;
        let mut place = Place {
            journal: record.events().ok()?,
            number: 0,
        };
        let path = record.folder().join("journal");
        loop {
            // Asked before the journal is read: nothing is written after that.
            let over = self.is_over().await;
            let length = length(&path);
            loop {
                let (read, batch) = self.read(place).await?;
                place = read;
                if batch.is_empty() {
                    break;
                }
                for (number, event) in batch {
                    self.send(number, &event).await?;
                    if matches!(event, RecordEvent::RunFinished { .. }) {
                        return self.end().await;
                    }
                }
            }
            if over || !self.wish.live {
                return self.end().await;
            }
            self.grown(&path, length).await?;
            place.journal.look_again().ok()?;
        }
    }

    /// The record, once it is there: an attempt is claimed before its runner has begun, and that of another
    /// machine may come only when it is over.
    async fn begun(&mut self) -> Option<Record> {
        let mut asked = Instant::now();
        loop {
            let hash = self.attempt.record_sha256.as_deref();
            let found = self.app.records.find(&self.attempt.record, hash).await;
            match found {
                Ok(found) => return Some(found),
                Err(_) if !self.wish.live || self.attempt.ended_at.is_some() => return None,
                Err(_) => {}
            }
            self.wait().await?;
            if asked.elapsed() > ASK {
                asked = Instant::now();
                self.is_over().await;
            }
        }
    }

    /// Whether the attempt's row says so.
    async fn is_over(&mut self) -> bool {
        if self.attempt.ended_at.is_none()
            && let Ok(attempts) = self.app.store.attempts(&self.attempt.run).await
            && let Some(now) = attempts
                .into_iter()
                .find(|attempt| attempt.number == self.attempt.number)
        {
            self.attempt = now;
        }
        self.attempt.ended_at.is_some()
    }

    /// The next events that the client does not have; none at the end.
    async fn read(&self, mut place: Place) -> Option<(Place, Vec<(i64, RecordEvent)>)> {
        let after = self.wish.after;
        let read = move || {
            let mut batch = Vec::new();
            while place.number < after && place.journal.pass_over().ok()? {
                place.number += 1;
            }
            while place.number >= after
                && batch.len() < AT_ONCE
                && let Some(event) = place.journal.next()
            {
                place.number += 1;
                batch.push((place.number, event.ok()?));
            }
            Some((place, batch))
        };
        tokio::task::spawn_blocking(read).await.ok()?
    }

    async fn send(&self, number: i64, event: &RecordEvent) -> Option<()> {
        let data = event.to_json().to_compact();
        let event = Event::default().id(number.to_string()).data(data);
        self.sender.send(Ok(event)).await.ok()
    }

    async fn end(&self) -> Option<()> {
        let end = Event::default().event("end").data("");
        self.sender.send(Ok(end)).await.ok()
    }

    /// Returns when the journal is longer, or when it is time to ask whether it is over.
    async fn grown(&self, journal: &Path, before: u64) -> Option<()> {
        let since = Instant::now();
        while length(journal) == before && since.elapsed() < ASK {
            self.wait().await?;
        }
        Some(())
    }

    /// `None` when nobody listens any more.
    async fn wait(&self) -> Option<()> {
        tokio::select! {
            () = self.sender.closed() => None,
            () = sleep(LOOK) => Some(()),
        }
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}
