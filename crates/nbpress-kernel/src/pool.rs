//! Kernels started ahead, each handed over once.
//!
//! A pool lives in a process of its own ([`serve`]) and is reached through a Unix socket of its user. It
//! starts what is asked for often enough that the next one waits, listens and has answered. Kernels of
//! CPython come from a template: a process that has built ipykernel's application and forks.
//! They take over working directory, environment and master when they are handed over. A kernel of another
//! language cannot, so it is handed over only where it was started with the very same.
//!
//! Whatever the pool cannot do exactly as a start would, it does not do: it says [why](NotFromPool), and
//! the kernel is started.

mod agent;
pub(crate) mod descriptors;
mod identity;
pub(crate) mod lease;
mod owner;
mod reason;
pub(crate) mod shelf;
mod surroundings;
mod template;
mod wire;

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use agent::{ServeError, serve};
pub(crate) use lease::take;
pub use lease::{PoolError, status, stop};
pub use reason::NotFromPool;

/// A path of a socket that fits: one has at most 107 bytes (unix(7)), and folders can be deep. It holds as
/// long as the folder, which comes with it, is open.
pub(crate) fn short(socket: &Path) -> io::Result<(File, PathBuf)> {
    let folder = File::open(socket.parent().unwrap_or(Path::new(".")))?;
    let name = socket.file_name().unwrap_or_default();
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    Ok((folder, short.join(name)))
}

/// How a kernel of the pool came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readiness {
    /// Forked from a template.
    Forked,
    /// Started ahead as a whole.
    Started,
}

/// What a pool may keep.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Modules that each Python template imports.
    pub modules: Vec<String>,
    /// How many kernels may wait, templates not counted.
    pub most_ready: usize,
    /// The memory, in bytes, that templates and waiting kernels may hold together; what several share
    /// counts once.
    pub most_memory_bytes: u64,
    /// What nobody asked for in this time is given up.
    pub idle: Duration,
    /// Where the private folders of kernels are made; the system's temporary folder when `None`.
    pub runtime_folder: Option<PathBuf>,
    /// See `LocalProvisioner::guard`.
    pub guard: Option<PathBuf>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            modules: Vec::new(),
            most_ready: 4,
            most_memory_bytes: 1 << 30,
            idle: Duration::from_mins(30),
            runtime_folder: None,
            guard: None,
        }
    }
}

/// What a pool has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolStatus {
    /// The process that owns it.
    pub process_id: u32,
    /// One per kernelspec and environment.
    pub shelves: Vec<ShelfStatus>,
    /// How many kernels were handed over.
    pub handed_over: u64,
    /// How many of them live.
    pub in_use: usize,
    /// Why somebody had to start a kernel of their own, last.
    pub last_reason: Option<NotFromPool>,
}

/// What a pool has of one kernelspec and environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfStatus {
    /// The kernelspec's name.
    pub kernel: String,
    /// The template's process, where it is Python.
    pub template: Option<u32>,
    /// The processes of the kernels that wait.
    pub ready: Vec<u32>,
    /// Memory in bytes, what processes share divided among them (PSS).
    pub memory_bytes: u64,
    /// Why kernels of this shelf are always started.
    pub refused: Option<String>,
}
