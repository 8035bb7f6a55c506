//! Kernels that wait, all of one kernelspec and environment.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nbpress_protocol::ConnectionInfo;
use nbpress_protocol::content::KernelInfoReply;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use super::reason::Refusal;
use super::template::{ForkableCommand, Note, Template, line};
use super::wire::{Wanted, Work, Working};
use super::{NotFromPool, Readiness, ShelfStatus, identity};
use crate::guard::Guard;
use crate::process::KernelProcess;
use crate::provision::PrivateFolder;

/// Requests of this time say how many come at once.
const RECENTLY: Duration = Duration::from_secs(10);

/// How long a kernel may take to change hands.
const HAND_OVER_TIME: Duration = Duration::from_secs(1);

/// A kernel that listens and belongs to nobody.
#[derive(Debug)]
pub(super) struct ReadyKernel {
    pub(super) process: KernelProcess,
    pub(super) connection: ConnectionInfo,
    pub(super) log: OwnedFd,
    pub(super) folder: PrivateFolder,
    pub(super) guard: Option<Guard>,
    /// Has the template's guard remove its folder.
    pub(super) note: Option<Note>,
    /// Where a forked one is told for whom it is.
    pub(super) channel: Option<UnixStream>,
    /// The variables that mattered to it.
    pub(super) read: Vec<String>,
    pub(super) readiness: Readiness,
    /// See `Launched::told`.
    pub(super) told: Option<KernelInfoReply>,
    /// What it held when it was ready, in bytes.
    pub(super) memory_bytes: u64,
}

impl ReadyKernel {
    /// Gives it the place and the environment that are wanted.
    pub(super) async fn hand_over(&mut self, wanted: &Wanted) -> Result<(), NotFromPool> {
        let Some(mut channel) = self.channel.take() else {
            return Ok(());
        };
        let work = Work {
            working_directory: &wanted.working_directory,
            environment: &wanted.environment,
            parent: wanted.parent,
        };
        let told = async {
            let mut order = serde_json::to_vec(&work)?;
            order.push(b'\n');
            channel.write_all(&order).await?;
            let answer: Working = serde_json::from_str(&line(&mut channel).await?)?;
            answer
                .failed
                .map_or(Ok(()), |why| Err(io::Error::other(why)))
        };
        match tokio::time::timeout(HAND_OVER_TIME, told).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(NotFromPool::Died),
        }
    }
}

/// Where the kernels of a shelf come from.
#[derive(Debug)]
pub(super) enum Source {
    /// A template that is being built.
    Building,
    Template(Arc<Template>),
    /// Each is started.
    Start,
    Refused(Refusal),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) number: u64,
    /// The first that was asked for.
    pub(super) sample: Arc<Wanted>,
    pub(super) source: Source,
    pub(super) ready: VecDeque<ReadyKernel>,
    /// How many are on their way.
    pub(super) filling: usize,
    pub(super) last_asked: Instant,
    asked: VecDeque<Instant>,
    times_asked: u64,
}

impl Shelf {
    pub(super) fn new(number: u64, sample: Arc<Wanted>) -> Self {
        let forkable = ForkableCommand::of(&sample.command_line()).is_some();
        Self {
            number,
            sample,
            source: if forkable {
                Source::Building
            } else {
                Source::Start
            },
            ready: VecDeque::new(),
            filling: 0,
            last_asked: Instant::now(),
            asked: VecDeque::new(),
            times_asked: 0,
        }
    }

    /// Whether its kernels are of a kernelspec.
    pub(super) fn is_of(&self, wanted: &Wanted) -> bool {
        self.sample.command_line() == wanted.command_line()
            && self.sample.kernelspec.env == wanted.kernelspec.env
    }

    /// Why its kernels are not what is wanted, as far as kernels differ that are of one kernelspec.
    pub(super) fn difference(&self, wanted: &Wanted) -> Option<NotFromPool> {
        let (one, other) = (&self.sample.environment, &wanted.environment);
        let place = || {
            (self.sample.working_directory != wanted.working_directory).then(|| "PWD".to_owned())
        };
        let name = match &self.source {
            Source::Template(template) => {
                let late = self.ready.front().map_or(&[][..], |kernel| &kernel.read);
                identity::different_variable(one, other, template.read())
                    .or_else(|| identity::different_variable(one, other, late))
            }
            Source::Building | Source::Refused(_) => identity::different_variable(one, other, &[]),
            Source::Start => identity::any_different_variable(one, other).or_else(place),
        };
        name.map(|name| NotFromPool::Variable { name })
    }

    /// Notes that a kernel was asked for.
    pub(super) fn ask(&mut self, now: Instant) {
        self.last_asked = now;
        self.times_asked += 1;
        self.asked.push_back(now);
    }

    /// How many kernels should wait: as many as were asked for recently. One that has to be started as a
    /// whole, for one place and environment, waits only where the same was asked for before.
    pub(super) fn demand(&mut self, now: Instant) -> usize {
        while self
            .asked
            .front()
            .is_some_and(|&asked| now - asked > RECENTLY)
        {
            self.asked.pop_front();
        }
        match self.source {
            Source::Template(_) => self.asked.len().max(1),
            Source::Start if self.times_asked > 1 => 1,
            _ => 0,
        }
    }

    /// The next that lives.
    pub(super) fn pop(&mut self) -> Option<ReadyKernel> {
        self.drop_dead();
        self.ready.pop_front()
    }

    pub(super) fn drop_dead(&mut self) {
        self.ready
            .retain_mut(|kernel| kernel.process.try_exited().is_none());
    }

    /// What all of it held when it was made, in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let template = match &self.source {
            Source::Template(template) => template.memory_bytes(),
            _ => 0,
        };
        let ready = self.ready.iter().map(|kernel| kernel.memory_bytes);
        template + ready.sum::<u64>()
    }

    pub(super) fn status(&self) -> ShelfStatus {
        let template = match &self.source {
            Source::Template(template) => Some(template.process_id()),
            _ => None,
        };
        let refused = match &self.source {
            Source::Refused(refusal) => Some(refusal.to_string()),
            _ => None,
        };
        let ready: Vec<u32> = self
            .ready
            .iter()
            .map(|kernel| kernel.process.id())
            .collect();
        ShelfStatus {
            kernel: self.sample.name.clone(),
            memory_bytes: ready
                .iter()
                .chain(&template)
                .filter_map(|&pid| share_of_memory(pid))
                .sum(),
            template,
            ready,
            refused,
        }
    }
}

/// What a process holds, in bytes; what is shared is divided among those who share it.
#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
pub(crate) fn share_of_memory(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
