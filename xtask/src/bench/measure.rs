//! What one process tree cost: wall time, CPU time, memory and bytes written.
#![expect(
    unsafe_code,
    reason = "only `wait4` and the CPU clock of another process tell these numbers"
)]

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// The cost of one run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) wall_seconds: f64,
    /// User and system time of the started process and of everything below it.
    pub(crate) tree_cpu_seconds: f64,
    /// User and system time of the started process alone.
    pub(crate) own_cpu_seconds: f64,
    /// The largest resident set of the started process alone.
    pub(crate) own_peak_bytes: u64,
    /// Bytes that the started process alone gave to `write`, to files and pipes.
    pub(crate) own_written_bytes: u64,
    pub(crate) exit: i32,
}

impl Cost {
    /// What the processes below the started one used: the kernel.
    pub(crate) fn kernel_cpu_seconds(&self) -> f64 {
        (self.tree_cpu_seconds - self.own_cpu_seconds).max(0.0)
    }
}

/// Makes orphans of the measured processes children of this one, so that their time is counted too.
pub(crate) fn adopt_orphans() {
    // SAFETY: a flag of this process is set; no memory is passed.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

/// Asks a process to end and waits for that: its CPU time, and with everything below it, in seconds. There
/// must be no other children.
pub(crate) fn end(process: &Child) -> Result<(f64, f64)> {
    let pid = process.id();
    // SAFETY: a signal to a child that has not been reaped.
    unsafe { libc::kill(i32::try_from(pid)?, libc::SIGTERM) };
    wait_without_reaping(pid)?;
    let own = cpu_clock(pid)?;
    let (exit, tree) = reap(i32::try_from(pid)?)?;
    ensure!(exit == 0, "the server ended with {exit}");
    Ok((own, tree + reap_orphans()))
}

/// CPU seconds of every process that `work` starts and waits for, and of what they leave behind.
pub(crate) fn children(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let before = reaped_seconds()?;
    work()?;
    reap_orphans();
    Ok(reaped_seconds()? - before)
}

/// CPU time of all children that have been reaped, with what they had reaped themselves.
fn reaped_seconds() -> Result<f64> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a local of the right type, written before it is read.
    let usage = unsafe {
        if libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error()).context("getrusage");
        }
        usage.assume_init()
    };
    Ok(seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<Cost> {
    let start = Instant::now();
    let child = command
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let pid = child.id();
    let (ended, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let wall = thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                peak.fetch_max(peak_bytes(pid).unwrap_or(0), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(5));
            }
        });
        let waited = wait_without_reaping(pid);
        ended.store(true, Ordering::Relaxed);
        waited.map(|()| start.elapsed())
    })?;
    // The process is a zombie now: its counters stand still and can still be read.
    let own_cpu_seconds = cpu_clock(pid)?;
    let own_written_bytes = field(&format!("/proc/{pid}/io"), "wchar:").unwrap_or(0);
    let (exit, mut tree_cpu_seconds) = reap(i32::try_from(pid)?)?;
    tree_cpu_seconds += reap_orphans();
    Ok(Cost {
        wall_seconds: wall.as_secs_f64(),
        tree_cpu_seconds,
        own_cpu_seconds,
        own_peak_bytes: peak.into_inner(),
        own_written_bytes,
        exit,
    })
}

fn wait_without_reaping(pid: u32) -> Result<()> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: `info` is large enough and is not read.
    let result = unsafe {
        libc::waitid(
            libc::P_PID,
            pid,
            info.as_mut_ptr(),
            libc::WEXITED | libc::WNOWAIT,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error()).context("waitid");
    }
    Ok(())
}

/// CPU time of all threads of a process that has not been reaped.
pub(crate) fn cpu_clock(pid: u32) -> Result<f64> {
    let mut clock = 0;
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: both pointers are to locals of the right type, written before they are read.
    let time = unsafe {
        if libc::clock_getcpuclockid(i32::try_from(pid)?, &raw mut clock) != 0 {
            bail!("process {pid} has no CPU clock");
        }
        if libc::clock_gettime(clock, time.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error()).context("clock_gettime");
        }
        time.assume_init()
    };
    Ok(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

/// Reaps one process; its exit code and the CPU time of itself and all descendants that it reaped.
fn reap(pid: i32) -> Result<(i32, f64)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to locals of the right type, written before they are read.
    let usage = unsafe {
        if libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) < 0 {
            return Err(io::Error::last_os_error()).context("wait4");
        }
        usage.assume_init()
    };
    let exit = if libc::WIFEXITED(status) {
        libc::WEXITSTATUS(status)
    } else {
        128 + libc::WTERMSIG(status)
    };
    Ok((exit, seconds(usage.ru_utime) + seconds(usage.ru_stime)))
}

/// Waits for what the run left behind, and counts it.
fn reap_orphans() -> f64 {
    let mut seconds = 0.0;
    while let Ok((_, more)) = reap(-1) {
        seconds += more;
    }
    seconds
}

fn peak_bytes(pid: u32) -> Option<u64> {
    field(&format!("/proc/{pid}/status"), "VmHWM:").map(|kilobytes| kilobytes * 1024)
}

/// The number after a name in a file of `/proc`.
pub(crate) fn field(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
