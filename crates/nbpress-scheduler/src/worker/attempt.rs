//! One attempt at its worker: its folder is filled, its runner started, its end reported.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nbpress_runs::run::{AttemptEnd, Claim, Finish};
use nbpress_runs::state::FailureClass;
use nbpress_trace::Tracer;

use super::{Complaint, LONGEST_WAIT, WorkerSettings, trace};
use crate::attempt_folder::{AttemptFolder, AttemptSpec};
use crate::causes::with_causes;
use crate::coordinator::{Attempted, Coordinator, CoordinatorError};
use crate::kept_state::{KeptState, move_over, remove_old};
use crate::report;

/// One attempt, from its claim to its report.
pub(super) struct AttemptTask<C> {
    pub(super) coordinator: C,
    pub(super) settings: Arc<WorkerSettings>,
    pub(super) complain: Complaint,
    pub(super) folder: AttemptFolder,
    pub(super) tracer: Tracer,
    pub(super) attempted: Attempted,
}

impl<C: Coordinator> AttemptTask<C> {
    pub(super) async fn run(&self, claim: Claim) {
        log_claim(&claim);
        match self.prepare(claim).await {
            Ok(()) => match self.start() {
                Ok(child) => {
                    tracing::info!(
                        run = self.attempted.run,
                        runner = child.id(),
                        "a run was started"
                    );
                    self.watch(Some(child)).await;
                }
                Err(error) => {
                    let reason = format!("the runner cannot be started: {error}");
                    self.report(platform("runner_start", reason)).await;
                }
            },
            Err(end) => self.report(end).await,
        }
    }

    /// Never the reason: what a notebook said is in its record.
    fn log_end(&self, end: &AttemptEnd, finish: Finish) {
        let (run, attempt) = (&self.attempted.run, self.attempted.attempt);
        if finish == Finish::Fenced {
            return tracing::warn!(run, attempt, "a run had been given to another worker");
        }
        let state = end.state.as_str();
        let (class, code) = (end.class.map(FailureClass::as_str), end.code.as_deref());
        tracing::info!(run, attempt, state, class, code, "a run ended");
    }

    async fn prepare(&self, claim: Claim) -> Result<(), AttemptEnd> {
        let traced = trace::begin(&self.tracer, &claim);
        let disk = |error: io::Error| platform("worker_disk", format!("no room to begin: {error}"));
        self.folder.create().map_err(disk)?;
        let (notebook, goes_on) = match claim.resume.as_ref() {
            Some(resume) if self.take_up(&resume.record).await => {
                let changed = resume.snapshot != claim.snapshot;
                (self.fetch_over(&claim, changed).await?, true)
            }
            _ => (self.fetch(&claim, &self.folder.work()).await?, false),
        };
        self.folder
            .write_spec(&AttemptSpec {
                claim,
                notebook,
                goes_on,
                traced,
            })
            .map_err(disk)
    }

    async fn fetch(&self, claim: &Claim, folder: &Path) -> Result<PathBuf, AttemptEnd> {
        let fetched = self.coordinator.fetch(&claim.snapshot, folder).await;
        fetched.map_err(|error| {
            let reason = format!("its snapshot cannot be read: {}", with_causes(&error));
            match error {
                CoordinatorError::NotFound(_) => {
                    AttemptEnd::failed(FailureClass::Invalid, "missing_snapshot", reason)
                }
                _ => platform("store_error", reason),
            }
        })
    }

    /// Goes on in the folder where an earlier attempt worked; whether that is here and its state is kept.
    async fn take_up(&self, record: &str) -> bool {
        let (state, folder) = (
            KeptState::of(&self.settings.records, record),
            self.folder.clone(),
        );
        let taken = tokio::task::spawn_blocking(move || state.take_up(&folder));
        taken.await.unwrap_or(false)
    }

    /// Fetches into the folder where an earlier attempt worked: the notebook, and, where the files beside it are
    /// not those it had, these.
    async fn fetch_over(&self, claim: &Claim, changed: bool) -> Result<PathBuf, AttemptEnd> {
        let (fetched, work) = (self.folder.path().join("fetched"), self.folder.work());
        let notebook = self.fetch(claim, &fetched).await?;
        let place = work.join(notebook.strip_prefix(&fetched).unwrap_or(&notebook));
        let target = place.clone();
        let moved = tokio::task::spawn_blocking(move || {
            if changed {
                return move_over(&fetched, &work);
            }
            std::fs::rename(notebook, target)?;
            std::fs::remove_dir_all(fetched)
        });
        let moved = moved.await.unwrap_or_else(|error| Err(error.into()));
        match moved {
            Ok(()) => Ok(place),
            Err(error) => Err(platform(
                "worker_disk",
                format!("no room to begin: {error}"),
            )),
        }
    }

    /// Puts by what a run could go on from, before anybody hears that this one has ended.
    async fn put_by(&self) {
        let (records, folder) = (self.settings.records.clone(), self.folder.clone());
        let record = self.attempted.record.clone();
        let put_by = tokio::task::spawn_blocking(move || {
            remove_old(&records);
            let own = KeptState::of(&records, &record);
            let spec = folder.spec().ok().filter(|spec| spec.goes_on);
            let parent = spec.and_then(|spec| spec.claim.resume);
            let Some(parent) = parent.map(|parent| KeptState::of(&records, &parent.record)) else {
                return own.put_by(&folder);
            };
            if records.find(&record).is_err() {
                // It did not begin: the next one can have the state.
                return parent.put_by(&folder);
            }
            parent.drop_all();
            own.put_by(&folder)
        });
        if let Err(error) = put_by.await.unwrap_or_else(|error| Err(error.into())) {
            (self.complain)(&format!(
                "nothing is kept of {}: {error}",
                self.attempted.run
            ));
        }
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
    pub(super) async fn watch(&self, child: Option<std::process::Child>) {
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
        self.put_by().await;
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
                Ok(finish) => {
                    self.log_end(&end, finish);
                    self.trace(end).await;
                    break;
                }
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

impl<C> AttemptTask<C> {
    async fn trace(&self, end: AttemptEnd) {
        let (tracer, folder) = (self.tracer.clone(), self.folder.clone());
        let (records, record) = (self.settings.records.clone(), self.attempted.record.clone());
        let traced = move || trace::record(&tracer, &folder, records.find(&record).ok(), &end);
        // Nobody misses a trace so much that a run would be told of it.
        let _untraced = tokio::task::spawn_blocking(traced).await;
    }
}

fn log_claim(claim: &Claim) {
    let (run, attempt, job) = (&claim.run, claim.attempt, claim.job.as_deref());
    tracing::info!(run, attempt, job, "a run was claimed");
}

fn platform(code: &str, reason: String) -> AttemptEnd {
    AttemptEnd::failed(FailureClass::Platform, code, reason)
}
