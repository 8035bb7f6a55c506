//! A worker: claims runs, starts a runner for each, watches over them, and reports how they ended.
//!
//! It may be killed at any moment. Its runners go on; when it starts again it finds them in their folders,
//! by their locks, and goes on where it was. What it holds by the server's word and does not have, it
//! reports as lost; what it has and should not hold, it kills.

mod attempt;
mod running;
mod trace;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nbpress_record::Store as Records;
use nbpress_runs::run::Claim;
use nbpress_runs::store::{Beat, ClaimRequest, Held, NewWorker};
use nbpress_trace::Tracer;
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::attempt_folder::AttemptFolder;
use crate::causes::with_causes;
use crate::coordinator::{Attempted, Coordinator, CoordinatorError};
use crate::kept_state::KeptState;

use attempt::AttemptTask;
use running::Running;

/// Between two beats. The lease is many of them.
const BEAT: Duration = Duration::from_secs(2);
/// Between two looks at runners that are to stop.
const STOP_LOOK: Duration = Duration::from_millis(100);
/// Longest wait between two tries to reach the server.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a worker is and has.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// How it introduces itself.
    pub introduction: NewWorker,
    /// Where the folders of its attempts are.
    pub attempts: PathBuf,
    /// Where its runners write their records.
    pub records: Records,
    /// The program that is a runner when it is called with `runner FOLDER`.
    pub program: PathBuf,
    /// The environment of runners.
    pub environment: BTreeMap<String, String>,
}

/// Told of what goes wrong without ending the worker.
pub type Complaint = Arc<dyn Fn(&str) + Send + Sync>;

/// Returns when whoever holds the other end says stop, or is gone.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _said = stop.wait_for(|stop| *stop).await.is_ok();
}

/// A worker that is on.
pub struct Worker<C> {
    coordinator: C,
    settings: Arc<WorkerSettings>,
    complain: Complaint,
    running: BTreeMap<String, Running>,
    tasks: JoinSet<String>,
    draining: bool,
    beat: Duration,
    tracer: Tracer,
    /// Said last, until something succeeds.
    complaint: String,
}

impl<C: Coordinator> Worker<C> {
    /// A worker that has not begun.
    pub fn new(coordinator: C, settings: WorkerSettings, complain: Complaint) -> Self {
        Self {
            coordinator,
            settings: Arc::new(settings),
            complain,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            draining: false,
            beat: BEAT,
            tracer: Tracer::default(),
            complaint: String::new(),
        }
    }

    /// Says what became of its runs, as spans of the traces they belong to.
    #[must_use]
    pub fn with_tracer(self, tracer: Tracer) -> Self {
        Self { tracer, ..self }
    }

    /// Works until `stop` is true. Runners that are on go on after that.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        nbpress_kernel::limits::make_room_for_kernels();
        let mut beats = tokio::time::interval(self.beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop_looks = tokio::time::interval(STOP_LOOK);
        stop_looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut registered = false;
        // A question that was asked goes on being answered while something else is done.
        let coordinator = self.coordinator.clone();
        let mut woken = pin!(coordinator.woken());
        loop {
            if !registered {
                registered = self.register().await;
            }
            tokio::select! {
                () = stopped(&mut stop) => break,
                _ = beats.tick() => registered = registered && self.beat().await,
                () = &mut woken => {
                    woken.set(coordinator.woken());
                    registered = registered && self.look().await;
                }
                Some(ended) = self.tasks.join_next() => self.ended(ended),
                _ = stop_looks.tick(), if self.stopping().next().is_some() => {
                    self.stopping().for_each(Running::stop);
                    continue;
                }
            }
            if registered {
                self.claim().await;
            }
        }
        // The tasks only watch; runners do not notice.
        self.tasks.abort_all();
    }

    fn stopping(&mut self) -> impl Iterator<Item = &mut Running> {
        self.running
            .values_mut()
            .filter(|running| running.is_stopping())
    }

    fn ended(&mut self, ended: Result<String, tokio::task::JoinError>) {
        match ended {
            Ok(record) => drop(self.running.remove(&record)),
            Err(error) if error.is_cancelled() => {}
            Err(error) => (self.complain)(&format!("watching a run broke off: {error}")),
        }
    }

    async fn register(&mut self) -> bool {
        match self.coordinator.register(&self.settings.introduction).await {
            Ok(beat) => {
                self.adopt(&beat.held);
                self.heed(&beat);
                true
            }
            Err(error) => {
                self.complain_of("registering", &error);
                false
            }
        }
    }

    fn complain_of(&mut self, what: &str, error: &CoordinatorError) {
        let complaint = format!("{what}: {}", with_causes(error));
        if complaint != self.complaint {
            (self.complain)(&complaint);
        }
        self.complaint = complaint;
    }

    /// Whether it is still a worker of this server.
    async fn beat(&mut self) -> bool {
        let beat = self.coordinator.beat(&self.settings.introduction.id).await;
        self.heard(beat)
    }

    /// A beat that nobody has to remember.
    async fn look(&mut self) -> bool {
        let beat = self.coordinator.held(&self.settings.introduction.id).await;
        self.heard(beat)
    }

    fn heard(&mut self, beat: Result<Beat, CoordinatorError>) -> bool {
        match beat {
            Ok(beat) => {
                self.complaint.clear();
                self.heed(&beat);
                true
            }
            Err(CoordinatorError::Lost) => false,
            Err(error) => {
                self.complain_of("beat", &error);
                true
            }
        }
    }

    /// Goes on with what an earlier life of this worker left behind.
    fn adopt(&mut self, held: &[Held]) {
        let folders = AttemptFolder::all(&self.settings.attempts).unwrap_or_default();
        for (record, folder) in folders {
            if self.running.contains_key(&record) {
                continue;
            }
            match held.iter().find(|held| held.record == record) {
                Some(held) => {
                    let profile = folder.spec().ok().map(|spec| spec.claim.profile);
                    let (cpus, memory) = profile.map_or((1.0, 0), |p| (p.cpus, p.memory_bytes));
                    self.watch(held, folder, (cpus, memory));
                }
                None => self.kill(record, folder),
            }
        }
        for held in held {
            // Claimed, and killed before anything was written down.
            if !self.running.contains_key(&held.record) {
                let folder = AttemptFolder::of(&self.settings.attempts, &held.record);
                self.watch(held, folder, (0.0, 0));
            }
        }
    }

    fn watch(&mut self, held: &Held, folder: AttemptFolder, (cpus, memory_bytes): (f64, i64)) {
        let attempt = self.attempt(held.run.clone(), held.attempt, held.record.clone(), &folder);
        self.tasks.spawn(async move {
            attempt.watch(None).await;
            attempt.attempted.record
        });
        self.running.insert(
            held.record.clone(),
            Running::new(folder, cpus, memory_bytes),
        );
    }

    fn attempt(
        &self,
        run: String,
        attempt: i64,
        record: String,
        folder: &AttemptFolder,
    ) -> AttemptTask<C> {
        AttemptTask {
            coordinator: self.coordinator.clone(),
            settings: Arc::clone(&self.settings),
            complain: Arc::clone(&self.complain),
            folder: folder.clone(),
            tracer: self.tracer.clone(),
            attempted: Attempted {
                run,
                attempt,
                record,
            },
        }
    }

    /// Ends a runner whose attempt is not current any more.
    fn kill(&mut self, record: String, folder: AttemptFolder) {
        let complain = Arc::clone(&self.complain);
        let coordinator = self.coordinator.clone();
        let kept = KeptState::of(&self.settings.records, &record);
        self.tasks.spawn(async move {
            folder.signal(Signal::KILL);
            let mut removed = folder.ended().await;
            if removed.is_ok() {
                kept.drop_all();
                coordinator.forget(&record).await;
                removed = folder.remove();
            }
            if let Err(error) = removed {
                complain(&format!("`{}` stays: {error}", folder.path().display()));
            }
            String::new()
        });
    }

    /// Does as the server says.
    fn heed(&mut self, beat: &Beat) {
        self.draining = beat.draining;
        for (record, running) in &mut self.running {
            match beat.held.iter().find(|held| held.record == *record) {
                Some(held) if held.cancel => running.stop(),
                Some(_) => {}
                // Fenced: somebody else has the run now, or it is over.
                None => running.kill(),
            }
        }
        for held in &beat.held {
            if !self.running.contains_key(&held.record) {
                // The answer to our claim was lost on its way.
                let folder = AttemptFolder::of(&self.settings.attempts, &held.record);
                self.watch(held, folder, (0.0, 0));
            }
        }
    }

    async fn claim(&mut self) {
        let Some(request) = self.room() else {
            return;
        };
        let claims = self
            .coordinator
            .claim(&self.settings.introduction.id, &request)
            .await;
        match claims {
            Ok(claims) => claims.into_iter().for_each(|claim| self.begin(claim)),
            // A draining worker is refused; a lost one hears it at the next beat.
            Err(CoordinatorError::Refused(_) | CoordinatorError::Lost) => {}
            Err(error) => self.complain_of("claiming", &error),
        }
    }

    /// What is free.
    fn room(&self) -> Option<ClaimRequest> {
        let introduction = &self.settings.introduction;
        let slots = usize::try_from(introduction.slots).unwrap_or(1);
        let most = slots.saturating_sub(self.running.len());
        let cpus: f64 = self.running.values().map(|running| running.cpus).sum();
        let memory: i64 = self
            .running
            .values()
            .map(|running| running.memory_bytes)
            .sum();
        (most > 0 && !self.draining).then_some(ClaimRequest {
            most,
            cpus: introduction.cpus - cpus,
            memory_bytes: introduction.memory_bytes - memory,
        })
    }

    fn begin(&mut self, claim: Claim) {
        let folder = AttemptFolder::of(&self.settings.attempts, &claim.record);
        let task = self.attempt(
            claim.run.clone(),
            claim.attempt,
            claim.record.clone(),
            &folder,
        );
        self.running.insert(
            claim.record.clone(),
            Running::new(folder, claim.profile.cpus, claim.profile.memory_bytes),
        );
        self.tasks.spawn(async move {
            task.run(claim).await;
            task.attempted.record
        });
    }
}

impl<C> std::fmt::Debug for Worker<C> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Worker")
            .field("settings", &self.settings)
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
