//! An attempt that a worker has, and how its runner is made to stop.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::attempt_folder::AttemptFolder;

/// After this long a runner that was asked to stop is asked again, and after as long again killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// An attempt this worker has.
#[derive(Debug)]
pub(super) struct Running {
    folder: AttemptFolder,
    /// The processors it may use.
    pub(super) cpus: f64,
    /// The memory it may use.
    pub(super) memory_bytes: i64,
    stopping: Option<Stopping>,
}

#[derive(Debug)]
struct Stopping {
    signals: u32,
    /// When the next one is due.
    due: Instant,
}

impl Running {
    pub(super) fn new(folder: AttemptFolder, cpus: f64, memory_bytes: i64) -> Self {
        Self {
            folder,
            cpus,
            memory_bytes,
            stopping: None,
        }
    }

    /// Whether its runner was asked to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// Asks the runner to stop: politely, then firmly, then not at all. A runner that does not hear yet,
    /// because it is only being started, is asked at the next call.
    pub(super) fn stop(&mut self) {
        let now = Instant::now();
        let stopping = self.stopping.get_or_insert(Stopping {
            signals: 0,
            due: now,
        });
        if now < stopping.due {
            return;
        }
        let signal = if stopping.signals < 2 {
            Signal::INT
        } else {
            Signal::KILL
        };
        if self.folder.signal(signal) {
            stopping.signals += 1;
            stopping.due = now + PATIENCE;
        }
    }

    /// Ends the runner at once.
    pub(super) fn kill(&self) {
        self.folder.signal(Signal::KILL);
    }
}
