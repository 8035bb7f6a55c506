//! What a pool has and does: a shelf per kernelspec and environment, filled as it is asked for.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::reason::Refusal;
use super::shelf::{ReadyKernel, Shelf, Source, share_of_memory};
use super::template::Template;
use super::wire::Wanted;
use super::{NotFromPool, PoolSettings, PoolStatus, Readiness, surroundings};
use crate::kernel::Kernel;
use crate::provision::{LaunchRequest, LocalProvisioner};

/// How many kernelspecs and environments are prepared for at once.
const MOST_SHELVES: usize = 8;

/// How long a kernel that is started ahead may take until it answers.
const START_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(2);

/// Where the kernel that is asked for goes.
pub(super) type Reply = oneshot::Sender<Result<ReadyKernel, NotFromPool>>;

/// Work that has come to its end.
#[derive(Debug)]
pub(super) enum Finished {
    Template(u64, Result<Template, Refusal>),
    Kernel(u64, Result<ReadyKernel, Refusal>),
}

/// See the module.
pub(super) struct Owner {
    settings: Arc<PoolSettings>,
    surroundings: std::collections::BTreeMap<String, String>,
    shelves: Vec<Shelf>,
    next_number: u64,
    work: JoinSet<Finished>,
    handed_over: u64,
    last_reason: Option<NotFromPool>,
}

impl Owner {
    pub(super) fn new(settings: PoolSettings) -> Self {
        Self {
            settings: Arc::new(settings),
            surroundings: surroundings::own(),
            shelves: Vec::new(),
            next_number: 0,
            work: JoinSet::new(),
            handed_over: 0,
            last_reason: None,
        }
    }

    /// Hands the kernel to whoever asks, or says why there is none. Another is prepared afterwards
    /// ([`Owner::refill`]): nobody should wait for that.
    pub(super) fn asked(&mut self, wanted: Wanted, reply: Reply) {
        let found = self.find(wanted);
        match &found {
            Ok(_) => self.handed_over += 1,
            Err(reason) => self.last_reason = Some(reason.clone()),
        }
        // Where nobody waits any more, the kernel ends with the answer.
        let _gone = reply.send(found);
    }

    fn find(&mut self, wanted: Wanted) -> Result<ReadyKernel, NotFromPool> {
        if let Some(what) = surroundings::difference(&self.surroundings, &wanted.surroundings) {
            let what = what.to_owned();
            return Err(NotFromPool::Surroundings { what });
        }
        let now = Instant::now();
        let same = self
            .shelves
            .iter()
            .enumerate()
            .filter(|(_, shelf)| shelf.is_of(&wanted));
        let compared: Vec<_> = same
            .map(|(at, shelf)| (at, shelf.difference(&wanted)))
            .collect();
        let fitting = compared.iter().find(|(_, difference)| difference.is_none());
        let Some(shelf) = fitting.and_then(|(at, _)| self.shelves.get_mut(*at)) else {
            let difference = compared
                .into_iter()
                .next()
                .and_then(|(_, difference)| difference);
            self.add(wanted, now);
            return Err(difference.unwrap_or(NotFromPool::Preparing));
        };
        shelf.ask(now);
        match &shelf.source {
            Source::Refused(why) => return Err(NotFromPool::Refused { why: why.clone() }),
            Source::Template(template) => {
                if let Some(change) = template.outdated() {
                    let number = shelf.number;
                    self.shelves.retain(|shelf| shelf.number != number);
                    self.add(wanted, now);
                    return Err(change);
                }
            }
            Source::Building | Source::Start => {}
        }
        if let Some(kernel) = shelf.pop() {
            return Ok(kernel);
        }
        Err(if self.is_full() {
            NotFromPool::Full
        } else {
            NotFromPool::Preparing
        })
    }

    fn add(&mut self, wanted: Wanted, now: Instant) {
        if self.shelves.len() >= MOST_SHELVES {
            let oldest = self.shelves.iter().map(|shelf| shelf.last_asked).min();
            self.shelves
                .retain(|shelf| Some(shelf.last_asked) != oldest);
        }
        let mut shelf = Shelf::new(self.next_number, Arc::new(wanted));
        self.next_number += 1;
        shelf.ask(now);
        if matches!(shelf.source, Source::Building) {
            let (number, sample) = (shelf.number, Arc::clone(&shelf.sample));
            let settings = Arc::clone(&self.settings);
            self.work.spawn(async move {
                Finished::Template(number, Template::build(&sample, &settings).await)
            });
        }
        self.shelves.push(shelf);
    }

    fn is_full(&self) -> bool {
        let waiting: usize = self
            .shelves
            .iter()
            .map(|shelf| shelf.ready.len() + shelf.filling)
            .sum();
        waiting >= self.settings.most_ready
    }

    fn exceeds_memory(&self) -> bool {
        let held: u64 = self.shelves.iter().map(Shelf::memory_bytes).sum();
        held >= self.settings.most_memory_bytes
    }

    /// Starts what is missing, within what may be kept.
    pub(super) fn refill(&mut self) {
        let now = Instant::now();
        for at in 0..self.shelves.len() {
            loop {
                let full = self.is_full();
                let Some(shelf) = self.shelves.get_mut(at) else {
                    return;
                };
                if full || shelf.ready.len() + shelf.filling >= shelf.demand(now) {
                    break;
                }
                if self.exceeds_memory() {
                    return;
                }
                self.fill(at);
            }
        }
    }

    fn fill(&mut self, at: usize) {
        let Some(shelf) = self.shelves.get_mut(at) else {
            return;
        };
        let (number, sample) = (shelf.number, Arc::clone(&shelf.sample));
        match &shelf.source {
            Source::Template(template) => {
                let template = Arc::clone(template);
                self.work
                    .spawn(async move { Finished::Kernel(number, template.fork(&sample).await) });
            }
            Source::Start => {
                let settings = Arc::clone(&self.settings);
                self.work.spawn(async move {
                    Finished::Kernel(number, start(&sample, &settings).await)
                });
            }
            Source::Building | Source::Refused(_) => return,
        }
        shelf.filling += 1;
    }

    /// The next piece of work that has come to its end; waits for ever while there is none.
    pub(super) async fn finished(&mut self) -> Option<Finished> {
        match self.work.join_next().await {
            Some(finished) => finished.ok(),
            None => std::future::pending().await,
        }
    }

    /// Takes in what was made. What nobody wants any more ends here.
    pub(super) fn take_in(&mut self, finished: Finished) {
        let number = match &finished {
            Finished::Template(number, _) | Finished::Kernel(number, _) => *number,
        };
        let Some(shelf) = self.shelves.iter_mut().find(|shelf| shelf.number == number) else {
            return;
        };
        match finished {
            Finished::Template(_, Ok(template)) => {
                shelf.source = Source::Template(Arc::new(template));
            }
            Finished::Template(_, Err(refusal)) => shelf.source = Source::Refused(refusal),
            Finished::Kernel(_, Ok(kernel)) => {
                shelf.filling -= 1;
                shelf.ready.push_back(kernel);
            }
            // The template may be gone: begin again when it is asked for again.
            Finished::Kernel(..) => self.shelves.retain(|shelf| shelf.number != number),
        }
        self.refill();
    }

    /// Gives up what nobody asked for in a long time, what has died, and what is too many.
    pub(super) fn tidy(&mut self) {
        let (now, idle) = (Instant::now(), self.settings.idle);
        self.shelves.retain(|shelf| now - shelf.last_asked < idle);
        for shelf in &mut self.shelves {
            shelf.drop_dead();
            let demand = shelf.demand(now);
            shelf.ready.truncate(demand);
        }
        self.refill();
    }

    /// Ends everything that was not handed over.
    pub(super) fn drain(&mut self) {
        self.work.abort_all();
        self.shelves.clear();
    }

    pub(super) fn status(&self) -> PoolStatus {
        PoolStatus {
            process_id: std::process::id(),
            shelves: self.shelves.iter().map(Shelf::status).collect(),
            handed_over: self.handed_over,
            in_use: 0,
            last_reason: self.last_reason.clone(),
        }
    }
}

/// A whole kernel, started where and as it is wanted.
async fn start(wanted: &Wanted, settings: &PoolSettings) -> Result<ReadyKernel, Refusal> {
    let provisioner = LocalProvisioner {
        runtime_folder: settings.runtime_folder.clone(),
        guard: settings.guard.clone(),
        ..LocalProvisioner::default()
    };
    let kernel = wanted.kernel();
    let request = LaunchRequest {
        kernel: &kernel,
        working_directory: &wanted.working_directory,
        environment: &wanted.environment,
        limits: crate::limits::Limits::default(),
    };
    let failed = |why: String| Refusal::Start(why);
    let kernel = Kernel::start(&provisioner, &request, START_TIMEOUT).await;
    let kernel = kernel.map_err(|error| failed(error.to_string()))?;
    let launched = kernel.into_launched();
    let launched = launched.ok_or_else(|| failed("its log has ended".to_owned()))?;
    let log = launched.log.into_blocking_fd();
    let process_id = launched.process.id();
    Ok(ReadyKernel {
        process: launched.process,
        connection: launched.connection,
        log: log.map_err(|error| failed(error.to_string()))?,
        folder: launched.folder,
        guard: launched.guard,
        note: None,
        channel: None,
        read: Vec::new(),
        readiness: Readiness::Started,
        told: None,
        memory_bytes: share_of_memory(process_id).unwrap_or(0),
    })
}
