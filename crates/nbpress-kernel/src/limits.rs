//! What one kernel may use of the machine, and by which means that is enforced.
//!
//! A control group holds a kernel with everything it starts, so it is used wherever one can be made
//! beneath our own. Elsewhere the system's limits on single processes must do.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Resource, Rlimit};
use serde::{Deserialize, Serialize};

mod delegate;
mod group;
mod hierarchy;

use group::{Entry, KernelGroups};
use hierarchy::{Version, own_groups};

pub(crate) use group::{
    bring_here, counting_memory_of, kills_in_own_group, remove, remove_if_over,
};

/// The most that a kernel, with everything it starts, may use; without bound where `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory of all its processes together, in bytes.
    pub memory_bytes: Option<u64>,
    /// Processors, as processor time per time: 1.5 is one and a half.
    pub cpus: Option<f64>,
    /// Length of the longest file one of its processes may write, in bytes.
    pub file_bytes: Option<u64>,
    /// Files one of its processes may have open.
    pub open_files: Option<u64>,
}

impl Limits {
    /// The smaller bound of each; the one there is where only one side has a bound.
    #[must_use]
    pub fn within(self, most: Self) -> Self {
        let smaller = |wanted: Option<u64>, most: Option<u64>| match (wanted, most) {
            (Some(wanted), Some(most)) => Some(wanted.min(most)),
            (wanted, most) => wanted.or(most),
        };
        let cpus = match (self.cpus, most.cpus) {
            (Some(wanted), Some(most)) => Some(wanted.min(most)),
            (wanted, most) => wanted.or(most),
        };
        Self {
            memory_bytes: smaller(self.memory_bytes, most.memory_bytes),
            cpus,
            file_bytes: smaller(self.file_bytes, most.file_bytes),
            open_files: smaller(self.open_files, most.open_files),
        }
    }
}

/// What became of the limits that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// One line for people: each limit and the means, or why there is none.
    pub text: String,
    /// Every limit holds for the kernel with all its processes.
    pub complete: bool,
}

/// The limits of one kernel, set up before its process starts and taken down after its end.
#[derive(Debug)]
pub(crate) struct Confinement {
    limits: Limits,
    groups: KernelGroups,
    process_limits: Vec<(Resource, Rlimit)>,
    enforcement: Option<Enforcement>,
}

/// What a control group counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The most memory that all processes held at one time, the files they had in memory included.
    pub(crate) peak_memory_bytes: Option<u64>,
    /// Processor time of all processes.
    pub(crate) cpu_microseconds: Option<u64>,
}

impl Confinement {
    /// Makes the groups, where that is wanted and possible. Never fails: what cannot be enforced is
    /// said by [`Confinement::enforcement`].
    pub(crate) fn prepare(limits: Limits, kernel_id: &str, control_groups: bool) -> Self {
        let mut confinement = Self {
            limits,
            groups: KernelGroups::default(),
            process_limits: Vec::new(),
            enforcement: None,
        };
        let mut report = Report::default();
        if limits.memory_bytes.is_some() || limits.cpus.is_some() {
            let made = if control_groups {
                KernelGroups::make(kernel_id)
            } else {
                Err(io::Error::other("control groups are switched off"))
            };
            let missing = match made {
                Ok(groups) => {
                    confinement.groups = groups;
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            confinement.limit_memory(&mut report, missing.as_deref());
            confinement.limit_cpus(&mut report, missing.as_deref());
        }
        confinement.limit_files(&mut report);
        confinement.enforcement = report.finish();
        confinement
    }

    fn limit_memory(&mut self, report: &mut Report, missing: Option<&str>) {
        let Some(bytes) = self.limits.memory_bytes else {
            return;
        };
        let wanted = format!("memory {}", size_in_words(bytes));
        let grouped = match missing {
            Some(why) => Err(why.to_owned()),
            None => self
                .groups
                .limit_memory(bytes)
                .map_err(|error| error.to_string()),
        };
        match grouped {
            Ok(version) => report.enforced(format!("{wanted} by {version}")),
            // RLIMIT_AS would count what is only reserved: gigabytes for V8, Go, Java and the arenas
            // of glibc. RLIMIT_DATA counts private memory that can be written (Linux 4.7).
            Err(why) => {
                self.limit_process(Resource::Data, bytes);
                report.partly(format!("{wanted} for each process by RLIMIT_DATA ({why})"));
            }
        }
    }

    fn limit_cpus(&mut self, report: &mut Report, missing: Option<&str>) {
        let Some(cpus) = self.limits.cpus else {
            return;
        };
        let grouped = match missing {
            Some(why) => Err(why.to_owned()),
            None => self
                .groups
                .limit_cpus(cpus)
                .map_err(|error| error.to_string()),
        };
        match grouped {
            Ok(version) => report.enforced(format!("{cpus} cpus by {version}")),
            // Pinning would put every kernel on the same processors while others idle.
            Err(why) => report.unenforced(format!("{cpus} cpus ({why})")),
        }
    }

    fn limit_files(&mut self, report: &mut Report) {
        if let Some(bytes) = self.limits.file_bytes {
            self.limit_process(Resource::Fsize, bytes);
            report.enforced(format!("files of {} by RLIMIT_FSIZE", size_in_words(bytes)));
        }
        if let Some(count) = self.limits.open_files {
            self.limit_process(Resource::Nofile, count);
            report.enforced(format!("{count} open files by RLIMIT_NOFILE"));
        }
    }

    fn limit_process(&mut self, resource: Resource, value: u64) {
        // The hard limit can only be lowered.
        let most = rustix::process::getrlimit(resource)
            .maximum
            .unwrap_or(u64::MAX);
        let value = Some(value.min(most));
        let limit = Rlimit {
            current: value,
            maximum: value,
        };
        self.process_limits.push((resource, limit));
    }

    /// What the new process does to itself between fork and exec, so that nothing it starts is ever
    /// outside.
    pub(crate) fn entry(&self) -> io::Result<ProcessEntry> {
        Ok(ProcessEntry {
            groups: self.groups.entry()?,
            process_limits: self.process_limits.clone(),
        })
    }

    /// Confines a process that runs already, with all its threads. What it holds stays counted where it
    /// was.
    ///
    /// # Errors
    /// The system does not let this process move that one.
    pub(crate) fn admit(&self, pid: Pid) -> io::Result<()> {
        self.groups.admit(pid)?;
        for (resource, limit) in &self.process_limits {
            rustix::process::prlimit(Some(pid), *resource, *limit)?;
        }
        Ok(())
    }

    /// Lets frozen copies of the kernel be in its groups, where they count and end before it, and outlive it; the files
    /// by which they enter.
    ///
    /// # Errors
    /// The system does not let us make groups within.
    pub(crate) fn hold_copies(&mut self) -> io::Result<Vec<PathBuf>> {
        self.groups.hold_copies()
    }

    /// Whether frozen copies may be in its groups.
    pub(crate) fn holds_copies(&self) -> bool {
        self.groups.hold_some()
    }

    /// The folders of its groups, for whoever must remove them should this process be killed.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.groups.folders()
    }

    pub(crate) fn enforcement(&self) -> Option<&Enforcement> {
        self.enforcement.as_ref()
    }

    /// What all processes used so far; `None` where no group counts.
    pub(crate) fn usage(&self) -> Usage {
        self.groups.usage()
    }

    /// How often the system killed a process of the kernel's own group for lack of memory.
    pub(crate) fn kills(&self) -> u64 {
        self.groups.kills()
    }

    /// The memory limit, where there is a group and its processes ran into it.
    pub(crate) fn memory_limit_reached(&self) -> Option<u64> {
        self.limits
            .memory_bytes
            .filter(|_| self.groups.ran_into_limit())
    }

    /// Becomes readable when the group is out of memory; only where the system would then kill one
    /// process and let the others live.
    pub(crate) fn exhaustion(&self) -> Option<OwnedFd> {
        self.groups.exhaustion()
    }

    /// Kills whatever is in the groups.
    pub(crate) fn kill_members(&self) {
        self.groups.folders().for_each(group::kill_members);
    }
}

/// See [`Confinement::entry`].
#[derive(Debug)]
pub(crate) struct ProcessEntry {
    groups: Entry,
    process_limits: Vec<(Resource, Rlimit)>,
}

impl ProcessEntry {
    /// Confines the calling process. Makes system calls only, and allocates nothing.
    pub(crate) fn enter(&self) -> io::Result<()> {
        self.groups.enter()?;
        for (resource, limit) in &self.process_limits {
            rustix::process::setrlimit(*resource, *limit)?;
        }
        Ok(())
    }
}

/// Collects the sentence of an [`Enforcement`].
#[derive(Debug, Default)]
struct Report {
    enforced: Vec<String>,
    unenforced: Vec<String>,
    partly: bool,
}

impl Report {
    fn enforced(&mut self, what: String) {
        self.enforced.push(what);
    }

    fn partly(&mut self, what: String) {
        self.partly = true;
        self.enforced.push(what);
    }

    fn unenforced(&mut self, what: String) {
        self.unenforced.push(what);
    }

    fn finish(self) -> Option<Enforcement> {
        let complete = self.unenforced.is_empty() && !self.partly;
        let unenforced = (!self.unenforced.is_empty())
            .then(|| format!("not enforced: {}", self.unenforced.join(", ")));
        let clauses = [
            (!self.enforced.is_empty()).then(|| self.enforced.join(", ")),
            unenforced,
        ];
        let text: Vec<String> = clauses.into_iter().flatten().collect();
        (!text.is_empty()).then(|| Enforcement {
            text: text.join("; "),
            complete,
        })
    }
}

/// Lets the processes that this one will start make control groups for their kernels. In version 2 a
/// group with processes of its own can limit no other, so this process moves into a leaf beneath its
/// group, where they will be too. Where that cannot be done, the enforcement of each kernel says why.
pub fn make_room_for_kernels() {
    let own = own_groups();
    let second = own
        .iter()
        .find(|group| group.version == Version::Two && group.controls("memory"));
    if let Some(own) = second {
        let _said_by_each_kernel = delegate::parent_of_kernels(&own.folder);
    }
}

/// `2.0 GiB`, `512 MiB`, `300 KiB`.
pub fn size_in_words(bytes: u64) -> String {
    if bytes >= 1 << 30 {
        format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
    } else if bytes >= 1 << 20 {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{} KiB", bytes >> 10)
    }
}

/// The name of a kernel's group.
fn group_name(kernel_id: &str) -> PathBuf {
    PathBuf::from(format!("{GROUP_PREFIX}{kernel_id}"))
}

/// How names of kernels' groups begin.
const GROUP_PREFIX: &str = "nbpress-";

#[cfg(test)]
mod tests;
