//! Frozen copies of a live Python kernel, from each of which a kernel can be made that goes on there.
//!
//! [`Keep::install`] puts a hook into a kernel of CPython. Before a cell runs the hook forks: the child gives
//! up everything that is the kernel's, waits on a socket of its own, and outlives kernel and runner.
//! [`list`] says what waits in a folder, [`revive`] makes a kernel of it, as often as it is asked.
//! Where it cannot fork it writes the variables to a file instead: [`saved`].
//!
//! A copy ends when it is dropped, its time is over, its folder is removed, or newer ones need its room.

mod copy;
mod reason;
mod revive;
mod saved;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use copy::{FrozenCopy, drop_all, list, trim};
pub use reason::NotKept;
pub use revive::{Revival, ReviveError, revive};
pub use saved::{LoadError, Missing, SavedNamespace, saved};

use crate::kernel::Kernel;

/// Runs in the kernel: what a process does after a fork, the hook, and the life of a copy.
const PROGRAM: &str = concat!(
    include_str!("forked.py"),
    include_str!("kept/system.py"),
    include_str!("kept/files.py"),
    include_str!("kept/namespace.py"),
    include_str!("kept/hook.py"),
    include_str!("kept/frozen.py"),
    include_str!("kept/revive.py"),
    include_str!("kept/install.py"),
);

/// The name of the file in a folder of copies that says how the last cell was met.
const OUTCOME: &str = "outcome.json";

/// Before which cells a copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Each.
    EveryCell,
    /// Those before which cells ran for so long since the last copy; the first cell of all counts as
    /// such.
    After(Duration),
}

/// What is kept of a kernel, and where.
#[derive(Clone, Debug)]
pub struct Keep {
    /// The copies of this one kernel; made, for its user only, where it is not there.
    pub folder: PathBuf,
    /// Before which cells.
    pub policy: Policy,
    /// How many, at least one; the oldest are dropped first.
    pub copies: usize,
    /// What they may hold together, in bytes; what several processes share is divided among them (PSS).
    pub memory_bytes: u64,
    /// How long each lives.
    pub time: Duration,
}

/// How the last cell was met, as the hook wrote it down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The id of the request that asked for the cell; empty before the first one.
    pub request: String,
    /// What the cell waited for the hook, in milliseconds.
    pub milliseconds: f64,
    /// Why there is no copy; `None` where there is one, or the policy wanted none.
    pub not_kept: Option<NotKept>,
    /// Why the variables were not written instead; `None` where they were, or there is a copy.
    #[serde(default)]
    pub not_saved: Option<String>,
}

impl Keep {
    /// Three copies, before every cell, for an hour, together at most 2 GiB.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            policy: Policy::EveryCell,
            copies: 3,
            memory_bytes: 2 << 30,
            time: Duration::from_hours(1),
        }
    }

    /// Begins to keep copies of a kernel that runs nothing at this moment. Nothing of it can be seen in its
    /// namespace, history or counter. What else the kernel says meanwhile is lost.
    ///
    /// # Errors
    /// Nothing of it can be kept at all; what is before one cell is seen by [`outcome`].
    pub async fn install(&self, kernel: &mut Kernel) -> Result<(), NotKept> {
        if kernel.info().implementation != "ipython" {
            let kernel = kernel.info().implementation.clone();
            return Err(NotKept::Implementation(kernel));
        }
        let failed = |error: std::io::Error| NotKept::System(error.to_string());
        copy::make_private(&self.folder).map_err(failed)?;
        let _absent = std::fs::remove_file(self.folder.join(OUTCOME));
        let code = self.code(kernel).map_err(failed)?;
        kernel.execute_silently(&code).await;
        match outcome(&self.folder) {
            Some(outcome) => outcome.not_kept.map_or(Ok(()), Err),
            None => Err(NotKept::System("the kernel did not answer".to_owned())),
        }
    }

    /// One expression, with names of its own.
    fn code(&self, kernel: &mut Kernel) -> std::io::Result<String> {
        let groups = kernel.hold_copies();
        // In the kernel's own group a copy would end with it; a file does not.
        let refused = groups
            .as_ref()
            .err()
            .map(|why| ("confined", why.to_string()));
        let after = match self.policy {
            Policy::EveryCell => None,
            Policy::After(time) => Some(time.as_secs_f64()),
        };
        let settings = serde_json::json!({
            "folder": std::path::absolute(&self.folder)?,
            "kernel": kernel.name(),
            "refused": refused,
            "groups": groups.unwrap_or_default(),
            "counting": kernel.counting_memory(),
            "after": after,
            "copies": self.copies.max(1),
            "memory": self.memory_bytes,
            "time": self.time.as_secs_f64(),
        });
        // A string of JSON is one of Python, too.
        let settings = serde_json::Value::from(settings.to_string());
        let program = serde_json::Value::from(PROGRAM);
        Ok(format!(
            "exec(compile({program}, '<nbpress>', 'exec'), {{'__name__': 'nbpress', 'SETTINGS': {settings}}})"
        ))
    }
}

/// How the last cell of the kernel was met whose copies are in a folder.
pub fn outcome(folder: &Path) -> Option<Outcome> {
    read(&folder.join(OUTCOME))
}

/// The folders in a folder that have a description of this name, with what it says, oldest first.
fn described<T: DeserializeOwned>(folder: &Path, name: &str) -> Vec<(PathBuf, T)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path());
    let mut found: Vec<(PathBuf, T)> = folders
        .filter_map(|folder| Some((folder.clone(), read(&folder.join(name))?)))
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file of this crate, not a notebook location"
)]
fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}
