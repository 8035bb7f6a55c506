//! The kernel's process: waited for without polling, its death explained, its tree ended.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Child;

use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Every process a kernel starts inherits this variable, which is how its tree is recognised even
/// where a child left the process group or was orphaned.
pub const KERNEL_ID_VARIABLE: &str = "NBPRESS_KERNEL_ID";

/// How a kernel's process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// The exit status, when it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Largest resident set of the process or one of its waited-for children, in bytes.
    pub peak_memory_bytes: u64,
    /// User and system time of the process and its waited-for children, in microseconds.
    pub cpu_microseconds: u64,
    /// The system's out-of-memory killer struck in the kernel's control group while it ran.
    pub out_of_memory: bool,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            _ if self.out_of_memory => write!(
                f,
                "killed by the system for lack of memory (peak {} MiB)",
                self.peak_memory_bytes >> 20
            ),
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

/// A running kernel process, leader of its own session.
#[derive(Debug)]
pub struct KernelProcess {
    pid: Pid,
    pidfd: AsyncFd<OwnedFd>,
    kernel_id: String,
    oom_kills_before: u64,
    exit: Option<Exit>,
}

impl KernelProcess {
    /// Takes over a child just spawned with `NBPRESS_KERNEL_ID=kernel_id`.
    ///
    /// # Errors
    /// The system refuses a pidfd (Linux before 5.3).
    pub fn adopt(child: &Child, kernel_id: String) -> io::Result<Self> {
        let pid = Pid::from_child(child);
        let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        let oom_kills_before = control_group::oom_kills();
        #[expect(unsafe_code, reason = "tokio's only way to watch a descriptor")]
        // SAFETY: an `OwnedFd` stays open and keeps its number for as long as it exists.
        let pidfd = unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }?;
        Ok(Self {
            pid,
            pidfd,
            kernel_id,
            oom_kills_before,
            exit: None,
        })
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
        // A pidfd is readable once the process has ended; an error here can only mean that too.
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
    /// control group that it shares with this one: what it started may have been killed.
    pub fn memory_ran_out(&self) -> bool {
        control_group::oom_kills() > self.oom_kills_before
    }

    fn reap(&mut self) -> Exit {
        let mut exit = wait_with_usage(self.pid);
        exit.out_of_memory = exit.signal == Some(libc::SIGKILL) && self.memory_ran_out();
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
        end_marked(&self.kernel_id, Some(self.pid));
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
        self.kill_tree();
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
        .filter(|pid| environment_has(*pid, marker.as_bytes()))
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
fn environment_has(pid: Pid, entry: &[u8]) -> bool {
    std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).is_ok_and(|environ| {
        environ
            .split(|&byte| byte == 0)
            .any(|variable| variable == entry)
    })
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
        out_of_memory: false,
    }
}

mod control_group {
    //! The out-of-memory counter of the control group this process and its kernels are in.

    use std::path::{Path, PathBuf};

    /// Kills so far, 0 where no counter can be read.
    pub(super) fn oom_kills() -> u64 {
        counter_files()
            .into_iter()
            .filter_map(|path| read_counter(&path))
            .sum()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "/proc is not a notebook location"
    )]
    fn counter_files() -> Vec<PathBuf> {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        groups.lines().filter_map(counter_file).collect()
    }

    /// <https://docs.kernel.org/admin-guide/cgroup-v2.html> `memory.events`;
    /// version 1 keeps the count in `memory.oom_control`.
    fn counter_file(line: &str) -> Option<PathBuf> {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.events"),
            _ if controllers
                .split(',')
                .any(|controller| controller == "memory") =>
            {
                ("/sys/fs/cgroup/memory", "memory.oom_control")
            }
            _ => return None,
        };
        let own = Path::new(root)
            .join(path.trim_start_matches('/'))
            .join(name);
        // In a container the path may be the host's, and the group be mounted as the root.
        let mounted = Path::new(root).join(name);
        Some(if own.exists() { own } else { mounted })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a control group is not a notebook location"
    )]
    fn read_counter(path: &PathBuf) -> Option<u64> {
        let text = std::fs::read_to_string(path).ok()?;
        text.lines()
            .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
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
