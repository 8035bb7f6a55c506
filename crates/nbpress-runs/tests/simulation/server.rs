//! The server: what it does by itself, and what it forgets when it dies.

use std::collections::BTreeMap;

use nbpress_runs::store::{Outgoing, WorkerState};

use crate::world::{Done, Fault, World};

/// Seconds a worker may be silent.
const LEASE: i64 = 30;
/// Seconds after which a notice that was taken and not delivered is taken again.
const NOTICE_LEASE: i64 = 20;

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) up: bool,
    /// Beats of each worker, and when they were first seen, by the monotonic clock.
    watched: BTreeMap<String, (i64, i64)>,
    /// Taken and not yet delivered.
    in_hand: Vec<Outgoing>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            up: true,
            watched: BTreeMap::new(),
            in_hand: Vec::new(),
        }
    }
}

impl World {
    pub(crate) async fn server_step(&mut self) -> Done {
        if !self.server.up {
            self.server.up = self.random.chance(40);
            return Ok(());
        }
        match self.random.below(7) {
            0 | 1 => self.fire_timers().await,
            2 => self.fire_schedules().await,
            3 => self.watch().await,
            4 => self.seal().await,
            5 => self.take_notices().await,
            _ => self.deliver().await,
        }
    }

    pub(crate) fn crash_server(&mut self) {
        if self.server.up {
            self.figures.crashes += 1;
            self.say("the server dies".to_owned());
            self.server = Server {
                up: false,
                ..Server::default()
            };
        }
    }

    async fn fire_timers(&mut self) -> Done {
        let fired = self.store.fire_timers(self.now).await?;
        if fired > 0 {
            self.say(format!("{fired} timers fire"));
        }
        Ok(())
    }

    async fn fire_schedules(&mut self) -> Done {
        for fired in self.store.fire_schedules(10, self.now).await? {
            self.figures.fires += fired.runs.len() as u64;
            self.say(format!(
                "a schedule makes {:?}, misses {}",
                fired.runs, fired.missed
            ));
        }
        Ok(())
    }

    /// Gives up workers whose beats have stood still for the length of the lease.
    async fn watch(&mut self) -> Done {
        for worker in self.store.workers(self.now).await? {
            if worker.state == WorkerState::Gone {
                continue;
            }
            let (id, beats) = (worker.introduced.id, worker.beats);
            let seen = self.server.watched.entry(id.clone());
            let seen = seen.or_insert((beats, self.passed));
            if seen.0 != beats {
                *seen = (beats, self.passed);
            } else if self.passed - seen.1 > LEASE {
                let lost = self.store.lose_worker(&id, beats, self.now).await?;
                self.figures.lost_workers += u64::from(lost);
                self.say(format!("worker {id} is given up: {lost}"));
            }
        }
        Ok(())
    }

    async fn seal(&mut self) -> Done {
        self.store.seal().await?;
        Ok(())
    }

    async fn take_notices(&mut self) -> Done {
        let taken = self.store.take_notices(3, NOTICE_LEASE, self.now).await?;
        if self.fault == Some(Fault::MarksBeforeTelling) {
            for notice in &taken {
                self.store.notice_sent(&notice.id, self.now).await?;
            }
        }
        self.server.in_hand.extend(taken);
        Ok(())
    }

    async fn deliver(&mut self) -> Done {
        let Some(notice) = self.server.in_hand.pop() else {
            return Ok(());
        };
        if !self.mended && self.random.chance(20) {
            let again = self.now + jiff::SignedDuration::from_secs(5);
            self.store
                .notice_failed(&notice.id, "away", Some(again))
                .await?;
            return Ok(());
        }
        self.figures.notices += 1;
        self.say(format!("{} is told of {}", notice.run, notice.kind));
        self.told.insert(notice.id.clone());
        // Dying here, it tells again.
        if !self.mended && self.random.chance(10) {
            self.crash_server();
            return Ok(());
        }
        self.store.notice_sent(&notice.id, self.now).await?;
        Ok(())
    }

    /// Everything a server has to do.
    pub(crate) async fn serve(&mut self) -> Done {
        self.fire_timers().await?;
        self.watch().await?;
        loop {
            self.take_notices().await?;
            if self.server.in_hand.is_empty() {
                break;
            }
            while !self.server.in_hand.is_empty() {
                self.deliver().await?;
            }
        }
        self.seal().await
    }
}
