//! Processes that outlive the one that started them: runners, and hosts of interactive kernels.

mod lock;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub use lock::LifeLock;

/// Starts a program in a session of its own, so that neither a terminal nor the end of this process
/// reaches it. It gets `input` as standard input: where that file is locked, the lock is its own too,
/// from its first instruction to its last. `output` takes what it prints.
///
/// # Errors
/// The program cannot be started.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate is the one that starts processes"
)]
pub fn start(
    program: &Path,
    arguments: &[&std::ffi::OsStr],
    environment: &BTreeMap<String, String>,
    input: File,
    output: File,
) -> io::Result<Child> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output.try_clone()?))
        .stderr(Stdio::from(output));
    #[expect(unsafe_code, reason = "only way to run code between fork and exec")]
    // SAFETY: setsid is async-signal-safe and touches no memory of the parent.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            Ok(())
        });
    }
    command.spawn()
}

/// Sends a signal to a process only while `alive` holds: the process is looked up first, so that its
/// number cannot be another's by the time the signal is sent.
///
/// # Errors
/// The process is gone, or not ours.
pub fn signal_while(
    pid: u32,
    signal: rustix::process::Signal,
    alive: impl FnOnce() -> bool,
) -> io::Result<()> {
    let gone = || io::Error::from(rustix::io::Errno::SRCH);
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let descriptor =
        rustix::process::pidfd_open(pid.ok_or_else(gone)?, rustix::process::PidfdFlags::empty())?;
    if !alive() {
        return Err(gone());
    }
    Ok(rustix::process::pidfd_send_signal(&descriptor, signal)?)
}
