//! One attempt on the disk of its worker: what is to be run, and whether its runner lives.
//!
//! ```text
//! <home>/attempts/<record>/spec.json     what to run
//! <home>/attempts/<record>/work/         the snapshot's files, where the kernel runs
//! <home>/attempts/<record>/lock          locked as long as the runner lives; holds its process id
//! <home>/attempts/<record>/refused.json  why nothing was started, if so
//! <home>/attempts/<record>/log           what the runner printed
//! ```
//!
//! The worker locks `lock` before it starts the runner and hands the open file over as the runner's
//! standard input. So there is no moment at which a living runner has no lock, whoever is killed, and a
//! lock that can be taken means that the runner is gone.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nbpress_runs::run::Claim;
use serde::{Deserialize, Serialize};

/// An attempt's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptFolder {
    path: PathBuf,
}

/// What a runner is to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptSpec {
    /// The attempt.
    pub claim: Claim,
    /// The notebook to run, beneath the folder's `work`.
    pub notebook: PathBuf,
    /// Whether `work` came with the kept state of the run it goes on from.
    #[serde(default)]
    pub goes_on: bool,
    /// The trace it is part of, where its worker traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traced: Option<Traced>,
}

/// An attempt that is traced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traced {
    /// Its place in the trace, as W3C's `traceparent`.
    pub context: String,
    /// When its worker got it.
    pub claimed_at: Timestamp,
}

/// Why nothing was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// A stable word: `bad_param`, `no_kernel`, …
    pub code: String,
    /// In a sentence or more.
    pub reason: String,
}

impl AttemptFolder {
    /// The folder of an attempt with this record.
    pub fn of(attempts: &Path, record: &str) -> Self {
        Self {
            path: attempts.join(record),
        }
    }

    /// The folder at a path.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Every attempt's folder there is, by the name of its record.
    ///
    /// # Errors
    /// The folder of attempts cannot be read.
    pub fn all(attempts: &Path) -> io::Result<Vec<(String, Self)>> {
        let entries = match std::fs::read_dir(attempts) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("run_") {
                folders.push((name, Self { path: entry.path() }));
            }
        }
        Ok(folders)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kernel's working directory.
    pub fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// Makes it, empty.
    pub(crate) fn create(&self) -> io::Result<()> {
        self.remove()?;
        std::fs::create_dir_all(&self.path)
    }

    /// Writes what is to be run.
    pub(crate) fn write_spec(&self, spec: &AttemptSpec) -> io::Result<()> {
        write(&self.path.join("spec.json"), &serde_json::to_vec(spec)?)
    }

    /// What is to be run.
    ///
    /// # Errors
    /// It was not written whole.
    pub(crate) fn spec(&self) -> io::Result<AttemptSpec> {
        Ok(serde_json::from_slice(&read(
            &self.path.join("spec.json"),
        )?)?)
    }

    /// What is to be run, and the notebook's bytes.
    ///
    /// # Errors
    /// It was not written whole.
    pub fn read_spec(&self) -> io::Result<(AttemptSpec, Vec<u8>)> {
        let spec = self.spec()?;
        let notebook = read(&spec.notebook)?;
        Ok((spec, notebook))
    }

    /// Locks the folder, for a runner that is to be started.
    pub(crate) fn lock(&self) -> io::Result<File> {
        let file = self.open_lock()?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(io::Error::other("a runner has it already")),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn open_lock(&self) -> io::Result<File> {
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.join("lock"))
    }

    /// Notes the process of the runner, who calls this itself.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_process_id(&self) -> io::Result<()> {
        let mut file = self.open_lock()?;
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    }

    /// Whether the runner lives.
    ///
    /// # Errors
    /// The lock cannot be looked at.
    pub fn is_running(&self) -> io::Result<bool> {
        let file = match File::open(self.path.join("lock")) {
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

    /// Waits until the runner is gone. Takes a thread of its own: a lock cannot be waited for otherwise.
    ///
    /// # Errors
    /// The lock cannot be looked at.
    pub async fn ended(&self) -> io::Result<()> {
        let path = self.path.join("lock");
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("runner-ends".to_owned())
            .stack_size(64 << 10)
            .spawn(move || {
                let ended = match File::open(&path) {
                    Ok(file) => file.lock_shared(),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                    Err(error) => Err(error),
                };
                // Nobody waits any more: nothing to tell.
                let _gone = sender.send(ended);
            })?;
        receiver
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the waiting thread died")))
    }

    /// Signals the runner; whether there is one that could be signalled. It may not have said yet which
    /// process it is, or have ended.
    pub fn signal(&self, signal: rustix::process::Signal) -> bool {
        let mut text = String::new();
        let read =
            File::open(self.path.join("lock")).and_then(|mut file| file.read_to_string(&mut text));
        let Some(pid) = read.ok().and_then(|_| text.trim().parse().ok()) else {
            return false;
        };
        let alive = || self.is_running().unwrap_or(false);
        nbpress_kernel::detached::signal_while(pid, signal, alive).is_ok()
    }

    /// Says why nothing was started.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_refused(&self, refused: &Refused) -> io::Result<()> {
        write(
            &self.path.join("refused.json"),
            &serde_json::to_vec(refused)?,
        )
    }

    /// Why nothing was started, if so.
    pub(crate) fn refused(&self) -> Option<Refused> {
        serde_json::from_slice(&read(&self.path.join("refused.json")).ok()?).ok()
    }

    /// Where the runner prints to.
    pub(crate) fn log_file(&self) -> io::Result<File> {
        File::options()
            .append(true)
            .create(true)
            .open(self.path.join("log"))
    }

    /// The last lines the runner printed.
    pub(crate) fn log_tail(&self) -> String {
        let bytes = read(&self.path.join("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.trim().lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }

    /// Removes it with everything in it.
    ///
    /// # Errors
    /// Something in it cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Appears whole or not at all, and is on the disk when this returns.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&unfinished, path)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_lock_says_whether_the_runner_lives() {
        let home = tempfile::tempdir().unwrap();
        let folder = AttemptFolder::of(home.path(), "run_x");
        assert!(!folder.is_running().unwrap());
        folder.create().unwrap();
        let lock = folder.lock().unwrap();
        assert!(folder.is_running().unwrap());
        assert!(folder.lock().is_err());
        let (ended, ()) = tokio::join!(folder.ended(), async { drop(lock) });
        ended.unwrap();
        assert!(!folder.is_running().unwrap());
        assert_eq!(AttemptFolder::all(home.path()).unwrap().len(), 1);
        folder.remove().unwrap();
        assert!(AttemptFolder::all(home.path()).unwrap().is_empty());
    }
}
