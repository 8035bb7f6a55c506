//! The control groups of one kernel: made, limited, entered, read, removed.
//!
//! Each is a folder `nbpress-<kernel id>` beneath the group this process is in. Whoever made it holds
//! it locked, so that a group whose maker is dead can be told from one in use.
//!
//! Where states of the kernel are kept, its frozen copies are in a group `copies` within: they count, and they stay
//! when the kernel ends. In version 2 the kernel is then in one beside it, `kernel`, since a group that hands memory
//! down may have no processes of its own.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::EventfdFlags;
use rustix::fs::FlockOperation;
use rustix::process::{Pid, Signal};

use super::hierarchy::{OwnGroup, Version, groups_of, own_groups, read};
use super::{GROUP_PREFIX, Usage, delegate, group_name};

/// The time in which a share of the processors is counted, in microseconds; the system's own default.
const CPU_PERIOD: f64 = 100_000.0;

/// The shortest share the system accepts, in microseconds.
const SHORTEST_SHARE: f64 = 1_000.0;

/// A group that has less room than this, in bytes, is full: some allocations need many pages at once.
const NO_ROOM: u64 = 1 << 20;

/// The group of the frozen copies, within that of their kernel.
const COPIES: &str = "copies";

/// The group of the kernel within its own, where it is not there itself.
const KERNEL: &str = "kernel";

/// How often processes that fork meanwhile are looked for while a group is emptied.
const MOVES: u32 = 100;

const PEAK_OF_VERSION_ONE: &str = "memory.max_usage_in_bytes";

/// How long the last processes of a group may take to vanish, and how often that is looked at.
const REMOVAL_TRIES: u32 = 500;
const REMOVAL_PAUSE: Duration = Duration::from_millis(2);

/// The groups of one kernel: one in version 2, one per controller in version 1. Removed when dropped,
/// with every process in them.
#[derive(Debug, Default)]
pub(super) struct KernelGroups(Vec<Group>);

impl KernelGroups {
    /// Makes the groups that memory and processor time are limited and counted in, as far as this
    /// machine has them, and removes those that dead runners left.
    ///
    /// # Errors
    /// There is none that could be made.
    pub(super) fn make(kernel_id: &str) -> io::Result<Self> {
        let mut groups = Self::default();
        let mut refused = None;
        let own = own_groups();
        for controller in ["memory", "cpu", "cpuacct"] {
            let Some(own) = own.iter().find(|group| group.controls(controller)) else {
                continue;
            };
            if groups.with(controller).is_ok() {
                continue;
            }
            match Group::make(own, kernel_id) {
                Ok(group) => groups.0.push(group),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if groups.0.is_empty() => Err(error),
            None if groups.0.is_empty() => {
                Err(io::Error::other("this machine has no such control groups"))
            }
            _ => Ok(groups),
        }
    }

    fn with(&self, controller: &str) -> io::Result<&Group> {
        self.0
            .iter()
            .find(|group| group.kind.controls(controller))
            .ok_or_else(|| io::Error::other(format!("there is none for `{controller}`")))
    }

    pub(super) fn limit_memory(&self, bytes: u64) -> io::Result<Version> {
        self.with("memory")?.limit_memory(bytes)
    }

    pub(super) fn limit_cpus(&self, cpus: f64) -> io::Result<Version> {
        self.with("cpu")?.limit_cpus(cpus)
    }

    pub(super) fn admit(&self, pid: Pid) -> io::Result<()> {
        for file in &self.entry()?.0 {
            rustix::io::write(file, pid.as_raw_nonzero().to_string().as_bytes())?;
        }
        Ok(())
    }

    /// Makes room for frozen copies; the files by which they enter.
    ///
    /// # Errors
    /// The system does not let us make groups within.
    pub(super) fn hold_copies(&mut self) -> io::Result<Vec<PathBuf>> {
        self.0.iter_mut().map(Group::hold_copies).collect()
    }

    pub(super) fn hold_some(&self) -> bool {
        self.0.iter().any(|group| group.holds_copies)
    }

    pub(super) fn entry(&self) -> io::Result<Entry> {
        let open = |group: &Group| {
            OpenOptions::new()
                .write(true)
                .open(group.folder().join("cgroup.procs"))
        };
        self.0
            .iter()
            .map(open)
            .collect::<io::Result<_>>()
            .map(Entry)
    }

    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(Group::folder)
    }

    pub(super) fn usage(&self) -> Usage {
        let memory = self.with("memory").ok();
        let time = self.with("cpuacct").or_else(|_| self.with("cpu")).ok();
        Usage {
            peak_memory_bytes: memory.and_then(|group| peak(&group.kind)),
            cpu_microseconds: time.and_then(|group| cpu_microseconds(&group.kind)),
        }
    }

    pub(super) fn kills(&self) -> u64 {
        self.with("memory").ok().and_then(Group::kills).unwrap_or(0)
    }

    pub(super) fn ran_into_limit(&self) -> bool {
        self.with("memory")
            .ok()
            .and_then(|group| ran_into_limit(&group.kind))
            .unwrap_or(false)
    }

    pub(super) fn exhaustion(&self) -> Option<OwnedFd> {
        self.with("memory").ok()?.exhaustion()
    }
}

/// The open `cgroup.procs` of the groups a process is to enter.
#[derive(Debug)]
pub(super) struct Entry(Vec<File>);

impl Entry {
    /// Moves the calling process, between fork and exec: one write per group.
    pub(super) fn enter(&self) -> io::Result<()> {
        for file in &self.0 {
            // 0 is whoever writes it.
            rustix::io::write(file, b"0")?;
        }
        Ok(())
    }
}

/// One group, held locked.
#[derive(Debug)]
pub(super) struct Group {
    /// Where it is, with the version and the controllers of its parent.
    kind: OwnGroup,
    holds_copies: bool,
    _lock: File,
}

impl Group {
    fn make(own: &OwnGroup, kernel_id: &str) -> io::Result<Self> {
        let parent = match own.version {
            Version::One => own.folder.clone(),
            Version::Two => delegate::parent_of_kernels(&own.folder)?,
        };
        remove_abandoned(&parent);
        let folder = parent.join(group_name(kernel_id));
        let named = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("`{}` cannot be made: {error}", folder.display()),
            )
        };
        let lock = make_locked(&folder).map_err(named)?;
        let kind = OwnGroup {
            folder,
            ..own.clone()
        };
        Ok(Self {
            kind,
            holds_copies: false,
            _lock: lock,
        })
    }

    /// Takes over a folder that is there.
    #[cfg(test)]
    pub(super) fn at(kind: OwnGroup) -> io::Result<Self> {
        let lock = File::open(&kind.folder)?;
        Ok(Self {
            kind,
            holds_copies: false,
            _lock: lock,
        })
    }

    fn folder(&self) -> &Path {
        &self.kind.folder
    }

    pub(super) fn limit_memory(&self, bytes: u64) -> io::Result<Version> {
        let bytes = bytes.to_string();
        let folder = self.folder();
        match self.kind.version {
            Version::One => {
                write(folder, "memory.limit_in_bytes", &bytes)?;
                // Memory and swap together: none may go to swap.
                write_if_there(folder, "memory.memsw.limit_in_bytes", &bytes)?;
            }
            Version::Two => {
                write(folder, "memory.max", &bytes)?;
                write_if_there(folder, "memory.swap.max", "0")?;
                write_if_there(folder, "memory.oom.group", "1")?;
            }
        }
        Ok(self.kind.version)
    }

    pub(super) fn limit_cpus(&self, cpus: f64) -> io::Result<Version> {
        let share = (cpus * CPU_PERIOD).max(SHORTEST_SHARE).round();
        let folder = self.folder();
        match self.kind.version {
            Version::One => {
                write(folder, "cpu.cfs_period_us", &CPU_PERIOD.to_string())?;
                write(folder, "cpu.cfs_quota_us", &share.to_string())?;
            }
            Version::Two => write(folder, "cpu.max", &format!("{share} {CPU_PERIOD}"))?,
        }
        Ok(self.kind.version)
    }

    /// See [`KernelGroups::hold_copies`].
    pub(super) fn hold_copies(&mut self) -> io::Result<PathBuf> {
        let folder = self.folder();
        if self.kind.version == Version::One {
            // Long the default: https://docs.kernel.org/admin-guide/cgroup-v1/memory.html#hierarchy-support.
            write_if_there(folder, "memory.use_hierarchy", "1")?;
        }
        let copies = folder.join(COPIES);
        make_if_absent(&copies)?;
        if self.kind.version == Version::Two && self.kind.controls("memory") {
            self.move_kernel_beside_copies()?;
        }
        self.holds_copies = true;
        Ok(copies.join("cgroup.procs"))
    }

    /// Lets the system end copies one by one before it ends the kernel, and that one as a whole.
    fn move_kernel_beside_copies(&self) -> io::Result<()> {
        let folder = self.folder();
        let kernel = folder.join(KERNEL);
        make_if_absent(&kernel)?;
        for _ in 0..MOVES {
            let inside = members(folder);
            if inside.is_empty() {
                break;
            }
            for pid in inside {
                let pid = pid.as_raw_nonzero().to_string();
                // One that stays makes that nothing can be handed down.
                let _ended = write(&kernel, "cgroup.procs", &pid);
            }
        }
        write(folder, "cgroup.subtree_control", "+memory")?;
        write_if_there(&kernel, "memory.oom.group", "1")?;
        write_if_there(folder, "memory.oom.group", "0")
    }

    /// How often the system killed a process of the kernel; copies do not count.
    pub(super) fn kills(&self) -> Option<u64> {
        if self.holds_copies && self.kind.version == Version::Two {
            // Version 2 adds up what is within; version 1 does not.
            let folder = self.folder().join(KERNEL);
            return kills(&OwnGroup {
                folder,
                ..self.kind.clone()
            });
        }
        kills(&self.kind)
    }

    /// Version 1 has no `memory.oom.group`, but tells who listens:
    /// <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html#oom-control>.
    fn exhaustion(&self) -> Option<OwnedFd> {
        if self.kind.version != Version::One {
            return None;
        }
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let notice = rustix::event::eventfd(0, flags).ok()?;
        let control = File::open(self.folder().join("memory.oom_control")).ok()?;
        let registration = format!("{} {}", notice.as_raw_fd(), control.as_raw_fd());
        write(self.folder(), "cgroup.event_control", &registration).ok()?;
        Some(notice)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        remove(self.folder());
    }
}

/// Somebody who takes a new group for an abandoned one may remove it before it is locked.
fn make_locked(folder: &Path) -> io::Result<File> {
    loop {
        match std::fs::create_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        let lock = match File::open(folder) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        rustix::fs::flock(&lock, FlockOperation::LockExclusive)?;
        if folder.is_dir() {
            return Ok(lock);
        }
    }
}

/// Ends what is left in groups whose makers are dead, and removes them.
fn remove_abandoned(parent: &Path) {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let groups = entries.filter(|entry| {
        let name = entry.file_name();
        name.to_str()
            .and_then(|name| name.strip_prefix(GROUP_PREFIX))
            .is_some_and(|id| uuid::Uuid::parse_str(id).is_ok())
    });
    for folder in groups.map(|entry| entry.path()) {
        let Ok(lock) = File::open(&folder) else {
            continue;
        };
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            remove(&folder);
        }
    }
}

/// Kills every process of the kernel in a group and removes it; gives up after a second. It stays as long as frozen
/// copies are in it.
pub(crate) fn remove(folder: &Path) {
    for _ in 0..REMOVAL_TRIES {
        kill_members(folder);
        match remove_empty(folder) {
            // Killed processes leave their group a moment later.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && !is_the_copies(folder) => {
                std::thread::sleep(REMOVAL_PAUSE);
            }
            _ => return,
        }
    }
}

/// Removes a group whose maker has gone and that nobody is in any more.
pub(crate) fn remove_if_over(folder: &Path) {
    if let Ok(lock) = File::open(folder)
        && rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok()
    {
        let _used = remove_empty(folder);
    }
}

fn remove_empty(folder: &Path) -> io::Result<()> {
    for within in [COPIES, KERNEL] {
        let _absent_or_used = std::fs::remove_dir(folder.join(within));
    }
    std::fs::remove_dir(folder)
}

/// Whether only frozen copies are left in a group.
fn is_the_copies(folder: &Path) -> bool {
    let kernels = [folder.to_owned(), folder.join(KERNEL)];
    kernels.iter().all(|group| members(group).is_empty())
        && !members(&folder.join(COPIES)).is_empty()
}

/// Kills every process of the kernel in a group.
pub(super) fn kill_members(folder: &Path) {
    for pid in members(folder)
        .into_iter()
        .chain(members(&folder.join(KERNEL)))
    {
        let _gone = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Brings a process into the groups that this one is in.
pub(crate) fn bring_here(pid: Pid) -> io::Result<()> {
    for own in own_groups() {
        if ["memory", "cpu", "cpuacct"]
            .iter()
            .any(|name| own.controls(name))
        {
            let pid = pid.as_raw_nonzero().to_string();
            write(&own.folder, "cgroup.procs", &pid)?;
        }
    }
    Ok(())
}

/// The groups in which the memory of a process is counted, its own first.
pub(crate) fn counting_memory_of(pid: Pid) -> Vec<PathBuf> {
    let groups = groups_of(&pid.as_raw_nonzero().to_string());
    let Some(own) = groups.iter().find(|group| group.controls("memory")) else {
        return Vec::new();
    };
    let limit = match own.version {
        Version::One => "memory.limit_in_bytes",
        Version::Two => "memory.max",
    };
    let upwards = own.folder.ancestors();
    upwards
        .filter(|folder| folder.join(limit).exists())
        .map(Path::to_owned)
        .collect()
}

fn make_if_absent(folder: &Path) -> io::Result<()> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(io::Error::new(
            error.kind(),
            format!("`{}` cannot be made: {error}", folder.display()),
        )),
        _ => Ok(()),
    }
}

fn members(folder: &Path) -> Vec<Pid> {
    read(&folder.join("cgroup.procs"))
        .unwrap_or_default()
        .lines()
        .filter_map(|line| Pid::from_raw(line.parse().ok()?))
        .collect()
}

/// How often the system has killed a process for lack of memory in the group this process is in.
pub(crate) fn kills_in_own_group() -> u64 {
    own_groups()
        .iter()
        .find(|group| group.controls("memory"))
        .and_then(kills)
        .unwrap_or(0)
}

fn kills(group: &OwnGroup) -> Option<u64> {
    let name = match group.version {
        Version::One => "memory.oom_control",
        Version::Two => "memory.events",
    };
    keyed(&read(&group.folder.join(name))?, "oom_kill")
}

/// Whether it was this group's own limit at which memory ran out, and not one above it.
fn ran_into_limit(group: &OwnGroup) -> Option<bool> {
    let folder = &group.folder;
    match group.version {
        // Not by `memory.failcnt`: Linux 6.18 leaves it at 0.
        Version::One => {
            let limit = number(folder, "memory.limit_in_bytes")?;
            let most = ["memory.memsw.max_usage_in_bytes", PEAK_OF_VERSION_ONE]
                .iter()
                .filter_map(|name| number(folder, name))
                .max()?;
            Some(most.saturating_add(NO_ROOM) >= limit)
        }
        Version::Two => Some(keyed(&read(&folder.join("memory.events"))?, "oom")? > 0),
    }
}

fn peak(group: &OwnGroup) -> Option<u64> {
    let name = match group.version {
        Version::One => PEAK_OF_VERSION_ONE,
        Version::Two => "memory.peak",
    };
    number(&group.folder, name)
}

fn cpu_microseconds(group: &OwnGroup) -> Option<u64> {
    match group.version {
        Version::One => {
            number(&group.folder, "cpuacct.usage").map(|nanoseconds| nanoseconds / 1000)
        }
        Version::Two => keyed(&read(&group.folder.join("cpu.stat"))?, "usage_usec"),
    }
}

fn number(folder: &Path, name: &str) -> Option<u64> {
    read(&folder.join(name))?.trim().parse().ok()
}

/// The value of a line `key value`.
pub(super) fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        (name == key).then(|| value.trim().parse().ok()).flatten()
    })
}

pub(super) fn write(folder: &Path, name: &str, value: &str) -> io::Result<()> {
    let path: PathBuf = folder.join(name);
    OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|file| Ok(rustix::io::write(&file, value.as_bytes()).map(drop)?))
        .map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("`{}` refuses: {error}", path.display()),
            )
        })
}

/// Some files are there only where the system was configured so.
fn write_if_there(folder: &Path, name: &str, value: &str) -> io::Result<()> {
    if folder.join(name).exists() {
        write(folder, name, value)
    } else {
        Ok(())
    }
}
