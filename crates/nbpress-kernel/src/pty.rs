//! A program in a pseudo-terminal: started, read, written to, and ended with everything it started.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::process::Signal;
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;
use tempfile::TempDir;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::guard::Guard;
use crate::limits::{Confinement, Limits};
use crate::process::{KERNEL_ID_VARIABLE, KernelProcess};

/// How long a program may take to end once its terminal hung up.
const PATIENCE: Duration = Duration::from_millis(500);

/// What to start, and where.
#[derive(Clone, Copy, Debug)]
pub struct PtyRequest<'a> {
    /// The program, usually a shell.
    pub program: &'a Path,
    /// What follows its name.
    pub arguments: &'a [&'a str],
    /// Its whole environment.
    pub environment: &'a BTreeMap<String, String>,
    /// The folder it starts in.
    pub working_directory: &'a Path,
    /// A program that calls [`guard::serve`](crate::guard::serve) first: it ends what was started should this
    /// process be killed.
    pub guard: Option<&'a Path>,
}

/// A program and the terminal it believes to sit at. Dropping it kills all that it started.
#[derive(Debug)]
pub struct Pty {
    terminal: AsyncFd<OwnedFd>,
    process: KernelProcess,
    // What follows is only held.
    _guard: Option<Guard>,
    _folder: TempDir,
}

impl Pty {
    /// Starts the program as the leader of a session whose terminal this is. The system kills it when the calling
    /// thread ends.
    ///
    /// # Errors
    /// There is no free terminal, or the program cannot be started.
    pub fn start(request: &PtyRequest<'_>) -> io::Result<Self> {
        let (ours, theirs) = open()?;
        let id = uuid::Uuid::new_v4().to_string();
        let confinement = Confinement::prepare(Limits::default(), &id, false);
        let folder = tempfile::Builder::new().prefix("nbpress-").tempdir()?;
        let guard = request.guard.and_then(|program| {
            Guard::start(program, &id, folder.path(), confinement.folders()).ok()
        });
        let mut command = command(request, theirs)?;
        let child = command.env(KERNEL_ID_VARIABLE, &id).spawn()?;
        // The command holds copies of their end: while it is open, ours never reads the end.
        drop(command);
        #[expect(unsafe_code, reason = "tokio's only way to watch a descriptor")]
        // SAFETY: an `OwnedFd` stays open and keeps its number for as long as it exists.
        let terminal = unsafe {
            AsyncFd::register_with_interest(ours, Interest::READABLE | Interest::WRITABLE)
        };
        Ok(Self {
            process: KernelProcess::adopt(&child, id, confinement)?,
            terminal: terminal.map_err(io::Error::from)?,
            _guard: guard,
            _folder: folder,
        })
    }

    /// The process id of the program.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Reads what was printed; 0 once nobody has the terminal open any more. Safe to cancel.
    ///
    /// # Errors
    /// The terminal cannot be read.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = |terminal: &OwnedFd| Ok(rustix::io::read(terminal, &mut *buffer)?);
        match self.terminal.async_io(Interest::READABLE, read).await {
            // What Linux says for the end of a terminal (ioctl_tty(2)).
            Err(error) if error.raw_os_error() == Some(libc::EIO) => Ok(0),
            read => read,
        }
    }

    /// Types as much as there is room for, and answers with how many bytes that were. Safe to cancel.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let write = |terminal: &OwnedFd| Ok(rustix::io::write(terminal, bytes)?);
        self.terminal.async_io(Interest::WRITABLE, write).await
    }

    /// Tells the program how large its terminal is, in characters.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn resize(&self, rows: u16, columns: u16) -> io::Result<()> {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        Ok(rustix::termios::tcsetwinsize(
            self.terminal.get_ref(),
            size,
        )?)
    }

    /// Hangs up, as when a terminal's window is closed; kills what is left after half a second.
    pub async fn end(mut self) {
        self.process.signal(Signal::HUP);
        let _ended = tokio::time::timeout(PATIENCE, self.process.exited()).await;
        self.process.kill_tree();
        self.process.exited().await;
    }
}

/// Both ends of a new terminal: ours does not block.
fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let ours = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&ours)?;
    rustix::pty::unlockpt(&ours)?;
    let name = rustix::pty::ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(&*name, flags, Mode::empty())?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}

#[expect(
    clippy::disallowed_methods,
    reason = "this crate is the one that starts processes"
)]
fn command(request: &PtyRequest<'_>, theirs: OwnedFd) -> io::Result<Command> {
    let theirs = File::from(theirs);
    let mut command = Command::new(request.program);
    command
        .args(request.arguments)
        .current_dir(request.working_directory)
        .env_clear()
        .envs(request.environment)
        .stdin(Stdio::from(theirs.try_clone()?))
        .stdout(Stdio::from(theirs.try_clone()?))
        .stderr(Stdio::from(theirs));
    let parent = rustix::process::getpid();
    #[expect(unsafe_code, reason = "only way to run code between fork and exec")]
    // SAFETY: system calls only (signal, setsid, ioctl, prctl, getppid), all async-signal-safe; none touches memory
    // of the parent.
    unsafe {
        command.pre_exec(move || {
            // A script's background job has interrupts ignored; what sits at a terminal must hear its keys.
            for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGHUP] {
                libc::signal(signal, libc::SIG_DFL);
            }
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin().as_fd())?;
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // A parent that died before that will send no signal.
            if rustix::process::getppid() != Some(parent) {
                return Err(rustix::io::Errno::SRCH.into());
            }
            Ok(())
        });
    }
    Ok(command)
}

#[cfg(test)]
mod tests;
