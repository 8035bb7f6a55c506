//! Workers and their runners: a worker may die and its runners live, or all of a machine sleep.

use nbpress_runs::run::{AttemptEnd, AttemptState, Finish};
use nbpress_runs::store::{Beat, ClaimRequest, NewWorker};
use nbpress_runs::{FailureClass, StoreError};

use crate::check;
use crate::world::{Broken, Done, Fault, Message, World};

#[expect(
    clippy::struct_excessive_bools,
    reason = "a worker may sleep, drain and be known in every combination"
)]
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) id: String,
    pub(crate) up: bool,
    /// The machine sleeps, or the network is gone: when it comes back it does not know.
    pub(crate) paused: bool,
    registered: bool,
    draining: bool,
    attempts: Vec<Attempt>,
}

#[derive(Debug)]
struct Attempt {
    run: String,
    number: i64,
    record: String,
    cancel: bool,
    phase: Phase,
}

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// The worker knows of it, its disk does not.
    Taken,
    Running,
    Ended(AttemptEnd),
    Stored(AttemptEnd),
}

impl Worker {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            up: true,
            paused: false,
            registered: false,
            draining: false,
            attempts: Vec::new(),
        }
    }
}

impl World {
    pub(crate) async fn worker_step(&mut self, at: usize) -> Done {
        let worker = &mut self.workers[at];
        if worker.paused {
            worker.paused = !self.random.chance(8);
            return Ok(());
        }
        if !worker.up {
            if self.random.chance(40) {
                (worker.up, worker.registered) = (true, false);
                let id = worker.id.clone();
                self.say(format!("worker {id} starts again"));
                return Ok(());
            }
            self.runner_step(at);
            return Ok(());
        }
        match (worker.registered, self.random.below(10)) {
            (_, 5..) => self.attempt_step(at).await,
            (false, _) => self.register(at).await,
            (true, 0..2) => self.beat(at).await,
            (true, _) => self.claim(at).await,
        }
    }

    async fn attempt_step(&mut self, at: usize) -> Done {
        let count = self.workers[at].attempts.len();
        if count == 0 {
            return Ok(());
        }
        let which = self.random.below(count);
        match self.workers[at].attempts[which].phase {
            Phase::Taken => {
                self.workers[at].attempts[which].phase = Phase::Running;
                Ok(())
            }
            Phase::Running | Phase::Ended(_) => {
                self.advance(at, which);
                Ok(())
            }
            Phase::Stored(_) => self.report(at, which).await,
        }
    }

    /// A runner goes on, though its worker is dead.
    fn runner_step(&mut self, at: usize) {
        let alive = |attempt: &Attempt| matches!(attempt.phase, Phase::Running | Phase::Ended(_));
        if let Some(which) = self.workers[at].attempts.iter().position(alive) {
            self.advance(at, which);
        }
    }

    fn advance(&mut self, at: usize, which: usize) {
        let attempt = &self.workers[at].attempts[which];
        let (record, cancel) = (attempt.record.clone(), attempt.cancel);
        let next = match attempt.phase.clone() {
            Phase::Running if !self.mended && self.random.chance(40) => Phase::Running,
            Phase::Running => {
                let end = self.some_end(&record, cancel);
                self.say(format!("{record} ends: {}", end.state));
                if self.fault == Some(Fault::ReportsBeforeStoring) {
                    Phase::Stored(end)
                } else {
                    Phase::Ended(end)
                }
            }
            Phase::Ended(end) => {
                if let Some(hash) = &end.record_sha256 {
                    self.objects.insert(record.clone(), hash.clone());
                    self.say(format!("{record} is stored"));
                }
                Phase::Stored(end)
            }
            other => other,
        };
        self.workers[at].attempts[which].phase = next;
    }

    fn some_end(&mut self, record: &str, cancel: bool) -> AttemptEnd {
        let end = match (cancel, self.random.below(20)) {
            (true, 5..) => AttemptEnd::new(AttemptState::Cancelled),
            (_, 0..2) => AttemptEnd::failed(FailureClass::Platform, "kernel_died", "it died"),
            (_, 2..4) => AttemptEnd::failed(FailureClass::Resource, "oom", "too large"),
            (_, 4) => AttemptEnd::failed(FailureClass::Timeout, "run", "too long"),
            (_, 5..8) => AttemptEnd::failed(FailureClass::User, "exception", "wrong"),
            _ => AttemptEnd::new(AttemptState::Succeeded),
        };
        AttemptEnd {
            record_sha256: Some(format!("{record} {}", end.code.as_deref().unwrap_or("ok"))),
            ..end
        }
    }

    /// Whether the answer to a request is heard; the request was done in any case.
    fn hears(&mut self) -> bool {
        let lost = !self.mended && self.random.chance(10);
        if lost {
            self.figures.lost_replies += 1;
            self.say("the reply is lost".to_owned());
        }
        !lost
    }

    async fn register(&mut self, at: usize) -> Done {
        if !self.server.up {
            return Ok(());
        }
        let id = self.workers[at].id.clone();
        let new = NewWorker {
            id: id.clone(),
            name: id.clone(),
            host: "here".to_owned(),
            version: "0".to_owned(),
            slots: 3,
            cpus: 64.0,
            memory_bytes: 1 << 40,
        };
        let beat = self.store.register_worker(&new, self.now).await?;
        self.say(format!("worker {id} registers"));
        if self.hears() {
            self.workers[at].registered = true;
            self.heed(at, &beat);
        }
        Ok(())
    }

    async fn beat(&mut self, at: usize) -> Done {
        if !self.server.up {
            return Ok(());
        }
        let id = self.workers[at].id.clone();
        match self.store.beat(&id, self.now).await {
            Ok(beat) => {
                if self.hears() {
                    self.heed(at, &beat);
                }
                Ok(())
            }
            Err(StoreError::Conflict { code: "lost", .. }) => {
                self.say(format!("worker {id} hears that it was given up"));
                self.workers[at].registered = false;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Stops what the worker must not have; what it should have and does not know was lost on the way.
    fn heed(&mut self, at: usize, beat: &Beat) {
        let worker = &mut self.workers[at];
        worker.draining = beat.draining;
        let held = |attempt: &Attempt| beat.held.iter().find(|held| held.record == attempt.record);
        // A runner that is killed after it has stored its record is reported all the same.
        worker
            .attempts
            .retain(|attempt| held(attempt).is_some() || matches!(attempt.phase, Phase::Stored(_)));
        for attempt in &mut worker.attempts {
            attempt.cancel = held(attempt).is_some_and(|held| held.cancel);
        }
        if self.fault == Some(Fault::ForgetsWhatItHolds) {
            return;
        }
        for held in &beat.held {
            if !worker.attempts.iter().any(|own| own.record == held.record) {
                let end = AttemptEnd::failed(FailureClass::Platform, "never_began", "it was lost");
                worker.attempts.push(Attempt {
                    run: held.run.clone(),
                    number: held.attempt,
                    record: held.record.clone(),
                    cancel: held.cancel,
                    phase: Phase::Stored(end),
                });
            }
        }
    }

    async fn claim(&mut self, at: usize) -> Done {
        let worker = &self.workers[at];
        let room = 3_usize.saturating_sub(worker.attempts.len());
        if !self.server.up || worker.draining || room == 0 {
            return Ok(());
        }
        let id = worker.id.clone();
        let request = ClaimRequest {
            most: room,
            cpus: 64.0,
            memory_bytes: 1 << 40,
        };
        let claims = match self.store.claim(&id, &request, self.now).await {
            Ok(claims) => claims,
            Err(StoreError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if claims.is_empty() {
            return Ok(());
        }
        for claim in &claims {
            self.say(format!("worker {id} has {} {}", claim.run, claim.attempt));
            self.figures.retries += u64::from(claim.attempt > 1);
        }
        if self.hears() {
            let taken = claims.into_iter().map(|claim| Attempt {
                run: claim.run,
                number: claim.attempt,
                record: claim.record,
                cancel: false,
                phase: Phase::Taken,
            });
            self.workers[at].attempts.extend(taken);
        }
        Ok(())
    }

    async fn report(&mut self, at: usize, which: usize) -> Done {
        let attempt = &self.workers[at].attempts[which];
        let Phase::Stored(end) = attempt.phase.clone() else {
            return Ok(());
        };
        let (run, number) = (attempt.run.clone(), attempt.number);
        if !self.mended && self.random.chance(10) {
            // It is on its way, and nobody knows; it is sent again.
            let attempt = number;
            self.network.push(Message::Report { run, attempt, end });
            return Ok(());
        }
        if !self.server.up {
            return Ok(());
        }
        let answer = self.finish(&run, number, &end).await?;
        if answer == Finish::Fenced && self.fault == Some(Fault::IgnoresFencing) {
            let current = self.store.run(&run).await?.attempt;
            self.finish(&run, current, &end).await?;
        }
        if self.hears() {
            self.workers[at].attempts.remove(which);
        }
        Ok(())
    }

    /// The server takes a report down. Of an attempt that is not current, nothing may change.
    pub(crate) async fn finish(
        &mut self,
        run: &str,
        attempt: i64,
        end: &AttemptEnd,
    ) -> Result<Finish, Broken> {
        let before = self.store.run(run).await?;
        let answer = self
            .store
            .finish(run, attempt, end, "worker", self.now)
            .await?;
        let after = self.store.run(run).await?;
        self.say(format!(
            "{run} {attempt} is reported {}: {answer:?}",
            end.state
        ));
        match answer {
            Finish::Fenced => self.figures.fenced += 1,
            Finish::Repeated => self.figures.repeated += 1,
            Finish::Recorded => check::stored(self, &after, end)?,
        }
        let current = before.attempt == attempt && before.state.is_active();
        let as_promised = match answer {
            Finish::Recorded => current && !after.state.is_active(),
            Finish::Repeated | Finish::Fenced => !current && before == after,
        };
        if as_promised {
            return Ok(answer);
        }
        let detail = format!("{run} {attempt}: {answer:?}, from {before:?} to {after:?}");
        Err(Broken::new(check::CURRENT, detail))
    }

    pub(crate) fn crash_worker(&mut self, at: usize) {
        let machine = self.random.chance(30);
        let worker = &mut self.workers[at];
        if !worker.up {
            return;
        }
        worker.up = false;
        worker.attempts.retain(|own| own.phase != Phase::Taken);
        let id = worker.id.clone();
        self.figures.crashes += 1;
        self.say(format!("worker {id} dies (its machine: {machine})"));
        if machine {
            for which in 0..self.workers[at].attempts.len() {
                self.die(at, which);
            }
        }
    }

    pub(crate) fn kill_runner(&mut self, at: usize) {
        let count = self.workers[at].attempts.len();
        if count > 0 {
            let which = self.random.below(count);
            self.die(at, which);
        }
    }

    /// A runner dies; the worker closes the record that it left.
    fn die(&mut self, at: usize, which: usize) {
        let attempt = &mut self.workers[at].attempts[which];
        if !matches!(attempt.phase, Phase::Running | Phase::Ended(_)) {
            return;
        }
        let record = attempt.record.clone();
        attempt.phase = Phase::Ended(AttemptEnd {
            record_sha256: Some(format!("{record} cut off")),
            ..AttemptEnd::failed(FailureClass::Platform, "runner_died", "it died")
        });
        self.figures.crashes += 1;
        self.say(format!("the runner of {record} dies"));
    }

    pub(crate) fn pause(&mut self, at: usize) {
        let worker = &mut self.workers[at];
        if !worker.paused {
            worker.paused = true;
            let id = worker.id.clone();
            self.figures.pauses += 1;
            self.say(format!("worker {id} sleeps"));
        }
    }

    /// Everything a worker has to do.
    pub(crate) async fn work_on(&mut self, at: usize) -> Done {
        if !self.workers[at].registered {
            self.register(at).await?;
        }
        if self.workers[at].registered {
            self.beat(at).await?;
            self.claim(at).await?;
        }
        for which in (0..self.workers[at].attempts.len()).rev() {
            let attempt = &mut self.workers[at].attempts[which];
            if attempt.phase == Phase::Taken {
                attempt.phase = Phase::Running;
            }
            self.advance(at, which);
            self.advance(at, which);
            self.report(at, which).await?;
        }
        Ok(())
    }
}
