//! The kernel's process: waited for without polling, its death explained, its tree ended.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};
use serde::{Deserialize, Serialize};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::limits::{
    Confinement, Enforcement, counting_memory_of, kills_in_own_group, size_in_words,
};
use crate::pool::lease::{self, Lease};

/// Every process a kernel starts inherits this variable, which is how its tree is recognised even
/// where a child left the process group or was orphaned.
pub const KERNEL_ID_VARIABLE: &str = "NBPRESS_KERNEL_ID";

/// What /proc counts processor time in, on every architecture nbpress is built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// How often, and after which time each, it is looked at whom the system ends in a group that is full.
const LOOKS_AT_WHO_ENDS: u32 = 200;
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(20);

/// How a kernel's process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The exit status, when it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The most memory that the kernel's control group held, in bytes; without one the largest
    /// resident set of the process or one of its waited-for children.
    pub peak_memory_bytes: u64,
    /// User and system time, in microseconds, of everything in the kernel's control group; without
    /// one of the process and its waited-for children.
    pub cpu_microseconds: u64,
    /// What the process and its waited-for children wrote to disks, in bytes; `None` where the
    /// system does not count it.
    pub disk_bytes: Option<u64>,
    /// The system's out-of-memory killer struck in the kernel's control group while it ran.
    pub out_of_memory: bool,
    /// The memory limit of the kernel, in bytes, where that is what it ran out of.
    pub memory_limit_reached: Option<u64>,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let peak = size_in_words(self.peak_memory_bytes);
        match (self.code, self.signal) {
            _ if let Some(limit) = self.memory_limit_reached => write!(
                f,
                "out of memory: the kernel reached its limit of {} (peak {peak})",
                size_in_words(limit)
            ),
            _ if self.out_of_memory => {
                write!(f, "killed by the system for lack of memory (peak {peak})")
            }
            (_, Some(signal)) => write!(f, "killed by signal {signal} ({})", signal_name(signal)),
            (Some(code), _) => write!(f, "exit status {code}"),
            _ => f.write_str("unknown exit"),
        }
    }
}

/// The name of a signal, e.g. `SIGKILL`.
pub fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        _ => "unnamed signal",
    }
}

/// What the processes of a kernel's tree use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeUsage {
    /// Resident memory in bytes; what processes share is counted for each.
    pub memory_bytes: u64,
    /// Processor time so far of those that live and of the children they waited for, in seconds.
    pub cpu_seconds: f64,
    /// How many processes there are.
    pub processes: usize,
}

impl TreeUsage {
    /// Adds one process; `None` where it is gone. The fields are those of proc_pid_stat(5), the status
    /// that of proc_pid_status(5).
    #[expect(
        clippy::disallowed_methods,
        reason = "/proc is not a notebook location"
    )]
    fn add(&mut self, pid: Pid) -> Option<()> {
        let file =
            |name| std::fs::read_to_string(format!("/proc/{}/{name}", pid.as_raw_nonzero())).ok();
        // The name before it may contain anything.
        let stat = file("stat")?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let times = fields.get(11..15)?.iter();
        let ticks: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
        let status = file("status")?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .and_then(|kibibytes| kibibytes.parse::<u64>().ok());
        self.cpu_seconds += ticks as f64 / TICKS_PER_SECOND;
        self.memory_bytes += resident.unwrap_or(0) * 1024;
        self.processes += 1;
        Some(())
    }
}

/// A running kernel process, leader of its own session.
#[derive(Debug)]
pub struct KernelProcess {
    pid: Pid,
    pidfd: AsyncFd<OwnedFd>,
    kernel_id: String,
    oom_kills_before: u64,
    exit: Option<Exit>,
    confinement: Confinement,
    exhaustion: Option<AsyncFd<OwnedFd>>,
    exhausted: bool,
    parent: Parent,
    /// It was looked for what the process left behind, after its end.
    tree_ended: bool,
}

/// Who collects a process that has ended.
#[derive(Debug)]
pub(crate) enum Parent {
    /// This process.
    Own,
    /// The frozen copy that the process was made of, at the other end: it collects when it is asked, so that
    /// the number of the process is not another's before.
    Lender(UnixStream),
    /// The owner of a pool, in the same way. It also ends what the kernel started, should this process be killed.
    Pool(Lease),
}

impl KernelProcess {
    /// Takes over a child just spawned with `NBPRESS_KERNEL_ID=kernel_id` in its confinement.
    ///
    /// # Errors
    /// The system refuses a pidfd (Linux before 5.3).
    pub(crate) fn adopt(
        child: &Child,
        kernel_id: String,
        confinement: Confinement,
    ) -> io::Result<Self> {
        Self::watch(Pid::from_child(child), kernel_id, confinement, Parent::Own)
    }

    /// The same of a process that this one did not spawn.
    pub(crate) fn watch(
        pid: Pid,
        kernel_id: String,
        confinement: Confinement,
        parent: Parent,
    ) -> io::Result<Self> {
        let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        if matches!(parent, Parent::Own) {
            let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
            watched.insert(pid.as_raw_nonzero().get().unsigned_abs());
        }
        Ok(Self {
            pid,
            pidfd: watched(pidfd)?,
            kernel_id,
            oom_kills_before: kills_in_own_group(),
            exit: None,
            exhaustion: confinement.exhaustion().map(watched).transpose()?,
            exhausted: false,
            confinement,
            parent,
            tree_ended: false,
        })
    }

    /// How its limits are enforced; `None` when it has none.
    pub fn enforcement(&self) -> Option<&Enforcement> {
        self.confinement.enforcement()
    }

    /// Lets frozen copies of it be in its control groups; the files by which they enter.
    pub(crate) fn hold_copies(&mut self) -> io::Result<Vec<PathBuf>> {
        self.confinement.hold_copies()
    }

    /// The control groups in which its memory is counted.
    pub(crate) fn counting_memory(&self) -> Vec<PathBuf> {
        counting_memory_of(self.pid)
    }

    /// The id that it and everything it starts carry.
    pub(crate) fn kernel_id(&self) -> &str {
        &self.kernel_id
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for the end of the process. Safe to cancel; later calls give the same answer.
    pub async fn exited(&mut self) -> Exit {
        if let Some(exit) = self.exit {
            return exit;
        }
        loop {
            tokio::select! {
                biased;
                // A pidfd is readable once the process has ended; an error here can only mean that too.
                _ready = self.pidfd.readable() => return self.reap(),
                () = exhaustion(self.exhaustion.as_ref(), &self.confinement) => break,
                () = self.parent.gone() => self.replace_parent(),
            }
        }
        // The system kills one process, and whoever waits for that one could wait for ever.
        self.exhausted = true;
        self.kill_tree();
        let _ready = self.pidfd.readable().await;
        self.reap()
    }

    /// How it ended, if it has.
    pub fn try_exited(&mut self) -> Option<Exit> {
        if self.exit.is_none() {
            let mut fds = [rustix::event::PollFd::new(
                self.pidfd.get_ref(),
                rustix::event::PollFlags::IN,
            )];
            let now = rustix::event::Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            if rustix::event::poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0) {
                self.reap();
            }
        }
        self.exit
    }

    /// Whether the system's out-of-memory killer has struck since the process was started, in the
    /// control group of its own or the one that it shares with this process: what it started may
    /// have been killed.
    pub fn memory_ran_out(&self) -> bool {
        self.exhausted
            || self.confinement.kills() > 0
            || kills_in_own_group() > self.oom_kills_before
    }

    /// The memory limit in bytes, where it was that limit because of which memory ran out.
    pub fn memory_limit_reached(&self) -> Option<u64> {
        self.confinement
            .memory_limit_reached()
            .filter(|_| self.memory_ran_out())
    }

    /// What the kernel and everything it started use at this moment.
    pub fn tree_usage(&self) -> TreeUsage {
        let mut usage = TreeUsage::default();
        for pid in marked_processes(&self.kernel_id) {
            // One that ends meanwhile uses nothing.
            usage.add(pid).unwrap_or_default();
        }
        usage
    }

    fn reap(&mut self) -> Exit {
        let disk_bytes = disk_bytes(self.pid);
        let mut exit = match &self.parent {
            Parent::Own => {
                let exit = wait_with_usage(self.pid);
                let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
                watched.remove(&self.id());
                exit
            }
            // Where the lender itself is gone, nobody knows.
            Parent::Lender(lender) => lease::collect(lender).unwrap_or_default(),
            Parent::Pool(lease) => lease::collect(lease.stream()).unwrap_or_default(),
        };
        exit.disk_bytes = disk_bytes;
        exit.out_of_memory = exit.signal == Some(libc::SIGKILL) && self.memory_ran_out();
        exit.memory_limit_reached = self.memory_limit_reached().filter(|_| exit.out_of_memory);
        let usage = self.confinement.usage();
        exit.peak_memory_bytes = usage.peak_memory_bytes.unwrap_or(exit.peak_memory_bytes);
        exit.cpu_microseconds = usage.cpu_microseconds.unwrap_or(exit.cpu_microseconds);
        self.exit = Some(exit);
        exit
    }

    /// Sends a signal to the kernel's process group, as jupyter_client does; nothing where it has
    /// ended.
    pub fn signal(&mut self, signal: Signal) {
        if self.try_exited().is_none() {
            let _gone = rustix::process::kill_process_group(self.pid, signal);
        }
    }

    /// Kills every process the kernel ever started, in or out of its process group.
    pub fn kill_tree(&mut self) {
        if self.exit.is_none() {
            let _gone = rustix::process::kill_process_group(self.pid, Signal::KILL);
        }
        self.confinement.kill_members();
        end_marked(&self.kernel_id, Some(self.pid));
        if self.exit.is_some() {
            self.tree_ended = true;
            if let Parent::Pool(lease) = &self.parent {
                lease.end();
            }
        }
    }

    /// Its user has ended whatever it left behind.
    pub(crate) fn tree_was_ended(&mut self) {
        self.tree_ended = self.exit.is_some();
    }

    /// Has a guard do what the owner of the pool did, who is gone.
    fn replace_parent(&mut self) {
        if let Parent::Pool(lease) = &mut self.parent {
            lease.start_guard(&self.kernel_id, self.confinement.folders());
        }
    }
}

impl Parent {
    /// Waits until the owner of the pool is gone; for ever where there is none. Safe to cancel.
    async fn gone(&self) {
        match self {
            Self::Pool(lease) => lease.owner_gone().await,
            Self::Own | Self::Lender(_) => std::future::pending().await,
        }
    }
}

/// The children that a [`KernelProcess`] is going to collect.
static WATCHED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Collects the children of this process that have ended and that nobody watches: those of others, which
/// it got because it adopts what its own leave behind.
#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
pub(crate) fn reap_adopted() {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return;
    };
    let lists = threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    for child in lists.flat_map(|list| {
        let ids: Vec<u32> = list.split_whitespace().flat_map(str::parse).collect();
        ids
    }) {
        let watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        if !watched.contains(&child)
            && let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw)
        {
            let _alive = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}

/// Kills every process that carries a kernel's id, except one that is waited for elsewhere.
pub(crate) fn end_marked(kernel_id: &str, except: Option<Pid>) {
    let mut killed = Vec::new();
    // A process may fork while it is looked for, so look again until none is left.
    for _ in 0..100 {
        let mut descendants = marked_processes(kernel_id);
        descendants.retain(|&pid| Some(pid) != except);
        for &pid in &descendants {
            let _gone = rustix::process::kill_process(pid, Signal::KILL);
        }
        // Orphans are handed to the first process of a container: do not leave zombies there.
        killed.extend_from_slice(&descendants);
        killed.retain(|&pid| {
            rustix::process::waitpid(Some(pid), WaitOptions::NOHANG)
                .is_ok_and(|dead| dead.is_none())
        });
        if descendants.is_empty() {
            return;
        }
    }
}

impl Drop for KernelProcess {
    fn drop(&mut self) {
        if !self.tree_ended {
            self.kill_tree();
        }
        if self.exit.is_none() {
            self.reap();
        }
    }
}

/// Running processes whose environment carries the kernel's id; zombies have no environment.
fn marked_processes(kernel_id: &str) -> Vec<Pid> {
    let marker = format!("{KERNEL_ID_VARIABLE}={kernel_id}");
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    // Files of /proc tell no length, so with an empty buffer each would be read in a dozen small pieces.
    let mut environ = Vec::with_capacity(64 * 1024);
    entries
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .parse::<i32>()
                .ok()
                .and_then(Pid::from_raw)
        })
        .filter(|pid| environment_has(*pid, marker.as_bytes(), &mut environ))
        .collect()
}

fn environment_has(pid: Pid, entry: &[u8], environ: &mut Vec<u8>) -> bool {
    environ.clear();
    File::open(format!("/proc/{}/environ", pid.as_raw_nonzero()))
        .and_then(|mut file| file.read_to_end(environ))
        .is_ok_and(|_| {
            environ
                .split(|&byte| byte == 0)
                .any(|variable| variable == entry)
        })
}

/// Watches a descriptor for something to read.
pub(crate) fn watched(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[expect(unsafe_code, reason = "tokio's only way to watch a descriptor")]
    // SAFETY: an `OwnedFd` stays open and keeps its number for as long as it exists.
    unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }
        .map_err(io::Error::from)
}

/// Waits until a kernel's group has reached its limit. Safe to cancel.
async fn exhaustion(notice: Option<&AsyncFd<OwnedFd>>, confinement: &Confinement) {
    while let Some(notice) = notice
        && let Ok(mut ready) = notice.readable().await
    {
        let reached = confinement.memory_limit_reached().is_some();
        if reached && (!confinement.holds_copies() || ends_the_kernel(confinement).await) {
            return;
        }
        // Copies of the kernel have ended, or a group above ours is out of memory: the system chooses whom that ends.
        let _count = rustix::io::read(notice.get_ref(), &mut [0; 8]);
        ready.clear_ready();
    }
    std::future::pending::<()>().await;
}

/// Whether the system ends a process of the kernel because its group is full, and not only frozen copies; it tells
/// before it does.
async fn ends_the_kernel(confinement: &Confinement) -> bool {
    for _ in 0..LOOKS_AT_WHO_ENDS {
        if confinement.kills() > 0 {
            return true;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    false
}

/// What a process that was not collected yet, and the children it waited for, caused to be written.
/// Not from the control group: version 1 does not attribute what was buffered, and version 2 counts
/// it only when it reaches the disk, which may be after the kernel's end.
#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
fn disk_bytes(pid: Pid) -> Option<u64> {
    let counts = std::fs::read_to_string(format!("/proc/{}/io", pid.as_raw_nonzero())).ok()?;
    let written = counts
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes:"))?;
    written.trim().parse().ok()
}

/// Collects an ended child and what it used.
#[expect(
    unsafe_code,
    reason = "wait4 is the only call that returns the usage of one child"
)]
fn wait_with_usage(pid: Pid) -> Exit {
    let mut status: libc::c_int = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to live locals of the right type; an all-zero rusage is valid, so
    // it is initialised whether or not the call succeeds.
    let (waited, usage) = unsafe {
        let waited = libc::wait4(
            pid.as_raw_nonzero().get(),
            &raw mut status,
            0,
            usage.as_mut_ptr(),
        );
        (waited, usage.assume_init())
    };
    if waited <= 0 {
        return Exit::default();
    }
    let microseconds = |time: libc::timeval| {
        u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000
            + u64::try_from(time.tv_usec).unwrap_or(0)
    };
    Exit {
        code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
        // Linux gives kibibytes: getrusage(2).
        peak_memory_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024,
        cpu_microseconds: microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
        ..Exit::default()
    }
}

/// What a helper program printed, and whether it was content.
#[derive(Debug)]
pub struct ProgramOutput {
    /// Exit status 0.
    pub success: bool,
    /// Standard output, then standard error.
    pub text: String,
}

/// Runs a helper program (a package installer, say) to its end.
///
/// # Errors
/// The program cannot be started.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate is the one that starts processes"
)]
pub fn run_to_end(
    program: &std::path::Path,
    arguments: &[&str],
    environment: &std::collections::BTreeMap<String, String>,
) -> io::Result<ProgramOutput> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment)
        .stdin(std::process::Stdio::null())
        .output()?;
    let text = [output.stdout, output.stderr].concat();
    Ok(ProgramOutput {
        success: output.status.success(),
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// Starts a program at this process's own terminal, for a person. It is killed when the value is dropped.
///
/// # Errors
/// The program cannot be started.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate is the one that starts processes"
)]
pub fn start_at_terminal(
    program: &std::path::Path,
    arguments: &[&std::ffi::OsStr],
    environment: &std::collections::BTreeMap<String, String>,
) -> io::Result<tokio::process::Child> {
    tokio::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment)
        .kill_on_drop(true)
        .spawn()
}
