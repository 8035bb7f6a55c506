//! A worker: claims runs, starts a runner for each, watches over them, and reports how they ended.
//!
//! It may be killed at any moment. Its runners go on; when it starts again it finds them in their folders,
//! by their locks, and goes on where it was. What it holds by the server's word and does not have, it
//! reports as lost; what it has and should not hold, it kills.

mod running;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nbpress_record::Store as Records;
use nbpress_runs::run::{AttemptEnd, Claim, Finish};
use nbpress_runs::state::FailureClass;
use nbpress_runs::store::{Beat, ClaimRequest, Held, NewWorker};
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::attempt_folder::{AttemptFolder, AttemptSpec};
use crate::causes::with_causes;
use crate::coordinator::{Attempted, Coordinator, CoordinatorError};
use crate::report;

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
            complaint: String::new(),
        }
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
                    let profile = folder.read_spec().ok().map(|(spec, _)| spec.claim.profile);
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
        self.tasks.spawn(async move {
            folder.signal(Signal::KILL);
            let mut removed = folder.ended().await;
            if removed.is_ok() {
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

/// One attempt, from its claim to its report.
struct AttemptTask<C> {
    coordinator: C,
    settings: Arc<WorkerSettings>,
    complain: Complaint,
    folder: AttemptFolder,
    attempted: Attempted,
}

impl<C: Coordinator> AttemptTask<C> {
    async fn run(&self, claim: Claim) {
        match self.prepare(claim).await {
            Ok(()) => match self.start() {
                Ok(child) => self.watch(Some(child)).await,
                Err(error) => {
                    let reason = format!("the runner cannot be started: {error}");
                    self.report(platform("runner_start", reason)).await;
                }
            },
            Err(end) => self.report(end).await,
        }
    }

    async fn prepare(&self, claim: Claim) -> Result<(), AttemptEnd> {
        let disk = |error: io::Error| platform("worker_disk", format!("no room to begin: {error}"));
        self.folder.create().map_err(disk)?;
        let fetched = self
            .coordinator
            .fetch(&claim.snapshot, &self.folder.work())
            .await;
        let notebook = fetched.map_err(|error| {
            let reason = format!("its snapshot cannot be read: {}", with_causes(&error));
            match error {
                CoordinatorError::NotFound(_) => {
                    AttemptEnd::failed(FailureClass::Invalid, "missing_snapshot", reason)
                }
                _ => platform("store_error", reason),
            }
        })?;
        self.folder
            .write_spec(&AttemptSpec { claim, notebook })
            .map_err(disk)
    }

    fn start(&self) -> io::Result<std::process::Child> {
        let lock = self.folder.lock()?;
        let arguments = ["runner".as_ref(), self.folder.path().as_os_str()];
        nbpress_kernel::detached::start(
            &self.settings.program,
            &arguments,
            &self.settings.environment,
            lock,
            self.folder.log_file()?,
        )
    }

    /// Waits for the runner's end, whoever started it, and reports it.
    async fn watch(&self, child: Option<std::process::Child>) {
        let ended = tokio::select! {
            ended = self.folder.ended() => ended,
            never = self.coordinator.replicate(&self.attempted) => match never {},
        };
        if let Err(error) = ended {
            (self.complain)(&format!("{}: {error}", self.folder.path().display()));
        }
        if let Some(mut child) = child {
            // It is over: this only takes its entry out of the process table.
            let _reaped = tokio::task::spawn_blocking(move || child.wait()).await;
        }
        let (folder, records) = (self.folder.clone(), self.settings.records.clone());
        let record = self.attempted.record.clone();
        let read = move || report::of_attempt(&folder, &records, &record);
        let end = match tokio::task::spawn_blocking(read).await {
            Ok(end) => end,
            Err(error) => platform("store_error", format!("its record cannot be read: {error}")),
        };
        self.report(end).await;
    }

    /// Reports until somebody has heard it. The folder is kept until then: a worker that is killed here
    /// reports again.
    async fn report(&self, end: AttemptEnd) {
        let mut wait = Duration::from_millis(100);
        let mut complained = String::new();
        loop {
            let worker = &self.settings.introduction.id;
            match self.coordinator.finish(worker, &self.attempted, &end).await {
                Ok(Finish::Recorded | Finish::Repeated | Finish::Fenced) => break,
                Err(CoordinatorError::NotFound(_)) => break,
                Err(error) => {
                    let reason = with_causes(&error);
                    if reason != complained {
                        (self.complain)(&format!("reporting {}: {reason}", self.attempted.run));
                    }
                    complained = reason;
                }
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        // The folder is last: should the worker be killed here, it is told again what to drop.
        self.coordinator.forget(&self.attempted.record).await;
        if let Err(error) = self.folder.remove() {
            (self.complain)(&format!(
                "`{}` stays: {error}",
                self.folder.path().display()
            ));
        }
    }
}

fn platform(code: &str, reason: String) -> AttemptEnd {
    AttemptEnd::failed(FailureClass::Platform, code, reason)
}

#[cfg(test)]
mod tests;
