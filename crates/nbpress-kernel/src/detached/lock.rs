//! A lock that says whether a process lives.
//!
//! Whoever starts the process takes the lock and hands the open file over as its standard input
//! ([`start`](super::start)). So there is no moment at which the process lives without the lock, whoever
//! is killed, and a lock that can be taken means that it is gone.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// The file that a process locks as long as it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeLock {
    path: PathBuf,
}

impl LifeLock {
    /// The lock at a path.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Takes the lock, for a process that is to be started.
    ///
    /// # Errors
    /// Another process has it, or the file cannot be made.
    pub fn take(&self) -> io::Result<File> {
        let file = self.open()?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(io::Error::other("a process has it already")),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn open(&self) -> io::Result<File> {
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)
    }

    /// Notes which process it is; called by that process itself.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_process_id(&self) -> io::Result<()> {
        let mut file = self.open()?;
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    }

    /// The process that wrote its id; `None` while it has not.
    pub fn process_id(&self) -> Option<u32> {
        let mut text = String::new();
        File::open(&self.path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .ok()?;
        text.trim().parse().ok()
    }

    /// Whether the process lives.
    ///
    /// # Errors
    /// The lock cannot be looked at.
    pub fn is_held(&self) -> io::Result<bool> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until the process is gone. Takes a thread of its own: a lock cannot be waited for otherwise.
    ///
    /// # Errors
    /// The lock cannot be looked at.
    pub async fn released(&self) -> io::Result<()> {
        let path = self.path.clone();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("process-ends".to_owned())
            .stack_size(64 << 10)
            .spawn(move || {
                let released = match File::open(&path) {
                    Ok(file) => file.lock_shared(),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                    Err(error) => Err(error),
                };
                // Nobody waits any more: nothing to tell.
                let _gone = sender.send(released);
            })?;
        receiver
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the waiting thread died")))
    }

    /// Signals the process; whether there is one that could be signalled. It may not have said yet which
    /// one it is, or have ended.
    pub fn signal(&self, signal: rustix::process::Signal) -> bool {
        let alive = || self.is_held().unwrap_or(false);
        self.process_id()
            .is_some_and(|pid| super::signal_while(pid, signal, alive).is_ok())
    }
}
