//! The copies in a folder: what each is, and its end.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};
use serde::Deserialize;

use super::described;
use crate::limits::remove_if_over;
use crate::pool::shelf::share_of_memory;

/// What a copy says about itself, in its folder.
const DESCRIPTION: &str = "copy.json";

/// The state of a kernel as it was before one cell, in a process that waits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FrozenCopy {
    /// Its socket and what it says about itself; the copy ends when the folder is removed.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The id of the `execute_request` that was about to run.
    pub request: String,
    /// What the cell would have been counted as.
    pub execution_count: u64,
    /// Its process.
    pub process_id: u32,
    /// When that process started, in ticks since the system did: its number can be another's later.
    started: u64,
    /// When it was made.
    pub taken_at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// How long its fork took, in milliseconds.
    pub fork_milliseconds: f64,
    /// The name of the kernelspec.
    pub kernel: String,
    /// The version of Python, e.g. `3.12.1`.
    pub python: String,
    /// How many threads the process had, those of numerical libraries included.
    pub threads: usize,
    /// What a kernel that is made of it does not get: connections, pipes and processes, in words.
    pub lost: Vec<String>,
    /// The files by which it entered the control groups it is in, within those of its kernel.
    #[serde(default)]
    groups: Vec<PathBuf>,
}

impl FrozenCopy {
    /// What it holds at this moment, in bytes; what several processes share is divided among them (PSS).
    /// `None` when it has ended.
    pub fn memory_bytes(&self) -> Option<u64> {
        share_of_memory(self.process_id).filter(|_| self.lives())
    }

    /// Whether its process is there.
    pub fn lives(&self) -> bool {
        started(self.process_id) == Some(self.started)
    }

    /// The socket at which it waits.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Ends it, and removes what it left. A kernel that was made of it goes on; how that one ends is then
    /// not known.
    pub fn drop_copy(self) {
        if let Some(pid) = i32::try_from(self.process_id).ok().and_then(Pid::from_raw)
            && let Ok(process) = rustix::process::pidfd_open(pid, PidfdFlags::empty())
            // The process that the descriptor is of cannot become another.
            && self.lives()
        {
            let _gone = rustix::process::pidfd_send_signal(&process, Signal::KILL);
            // In a container it may have become ours.
            let mut ended = [rustix::event::PollFd::new(
                &process,
                rustix::event::PollFlags::IN,
            )];
            let _ready = rustix::event::poll(&mut ended, None);
            let _other = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
        }
        let _absent = std::fs::remove_dir_all(&self.folder);
        self.leave_groups();
    }

    /// Whether it is in control groups that hold it to the limits of the kernel it was made of.
    pub(super) fn is_in_groups(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Removes the groups that were its kernel's if it was the last in them.
    fn leave_groups(&self) {
        let kernels = self
            .groups
            .iter()
            .filter_map(|file| file.ancestors().nth(2));
        kernels.for_each(remove_if_over);
    }
}

/// The copies in a folder that live, oldest first.
pub fn list(folder: &Path) -> Vec<FrozenCopy> {
    described(folder, DESCRIPTION)
        .into_iter()
        .map(|(folder, copy)| FrozenCopy { folder, ..copy })
        .filter(FrozenCopy::lives)
        .collect()
}

/// Ends the oldest copies in a folder until there are at most so many, holding together at most so many
/// bytes.
pub fn trim(folder: &Path, copies: usize, memory_bytes: u64) {
    let mut kept = list(folder);
    let excess = kept.len().saturating_sub(copies);
    for copy in kept.drain(..excess) {
        copy.drop_copy();
    }
    while !kept.is_empty() {
        // Fewer processes share the more.
        let held: u64 = kept.iter().filter_map(FrozenCopy::memory_bytes).sum();
        if held <= memory_bytes {
            return;
        }
        kept.remove(0).drop_copy();
    }
}

/// Ends all copies in a folder, and removes it.
pub fn drop_all(folder: &Path) {
    // Those that have ended left their groups to whoever comes.
    for (place, copy) in described::<FrozenCopy>(folder, DESCRIPTION) {
        FrozenCopy {
            folder: place,
            ..copy
        }
        .drop_copy();
    }
    let _absent = std::fs::remove_dir_all(folder);
}

/// A folder that only its user can enter.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

/// When a process started, in ticks since the system did; `None` for one that has ended.
#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The fields of proc_pid_stat(5) from the third on; the name before them may contain anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}
