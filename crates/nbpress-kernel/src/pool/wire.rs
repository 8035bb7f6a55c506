//! What is said on the socket of a pool: one line of JSON each way, then the lease of a kernel.
//!
//! After a kernel was handed over the connection is its lease. When it closes, the pool ends the kernel with
//! everything it started. An empty line asks the pool to collect the process, and it answers how that ended;
//! the others are an [`OfLease`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nbpress_protocol::content::KernelInfoReply;
use nbpress_protocol::{ConnectionInfo, KernelSpec};
use serde::{Deserialize, Serialize};

use super::{NotFromPool, PoolStatus, Readiness};
use crate::find::FoundKernel;

/// The longest line that is accepted, in bytes: an environment can be large.
pub(super) const LONGEST_LINE: u64 = 8 << 20;

/// What is asked of a pool.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    Take(Box<Wanted>),
    Status,
    Stop,
}

/// The kernel somebody needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) kernelspec_folder: PathBuf,
    pub(super) kernelspec: KernelSpec,
    pub(super) working_directory: PathBuf,
    /// Whole, with the kernelspec's own.
    pub(super) environment: BTreeMap<String, String>,
    /// The process it is for, and what that inherits to those it starts.
    pub(super) parent: u32,
    pub(super) surroundings: BTreeMap<String, String>,
}

impl Wanted {
    pub(super) fn kernel(&self) -> FoundKernel {
        FoundKernel {
            name: self.name.clone(),
            folder: self.kernelspec_folder.clone(),
            spec: self.kernelspec.clone(),
        }
    }

    /// The kernel's command line, still without a connection file.
    pub(super) fn command_line(&self) -> Vec<String> {
        self.kernel().command_line(Path::new("{connection_file}"))
    }
}

/// What a pool answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// Comes with the reading end of the kernel's log.
    Kernel(Box<Handed>),
    NotFromPool(NotFromPool),
    Status(PoolStatus),
    Done,
}

/// What its user says of a kernel that was handed over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OfLease {
    /// The control groups that it is in.
    Groups(Vec<PathBuf>),
    /// It is over, and so is everything it started.
    Ended,
}

/// A kernel that changes hands.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Handed {
    pub(super) kernel_id: String,
    pub(super) process_id: i32,
    pub(super) folder: PathBuf,
    pub(super) connection: ConnectionInfo,
    pub(super) readiness: Readiness,
    /// See `Launched::told`.
    #[serde(default)]
    pub(super) told: Option<KernelInfoReply>,
}

/// What a template is started with.
#[derive(Debug, Serialize)]
pub(super) struct TemplateSettings<'a> {
    /// The command line up to the name of the module.
    pub(super) command: &'a [String],
    /// The kernelspec's arguments after the connection file.
    pub(super) arguments: &'a [String],
    pub(super) modules: &'a [String],
}

/// What a template says once.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Built {
    Ready {
        /// Files and folders, with the time of their change in nanoseconds since 1970.
        watched: BTreeMap<PathBuf, Option<i64>>,
        /// Names of variables.
        read: Vec<String>,
    },
    Refused(super::reason::Refusal),
}

/// An order to fork; comes with the kernel's end of a channel and the writing end of its log.
#[derive(Debug, Serialize)]
pub(super) struct Fork<'a> {
    pub(super) owner: u32,
    pub(super) kernel_id: &'a str,
    pub(super) connection_file: PathBuf,
    /// Whether it is to tell of itself.
    pub(super) tells: bool,
}

/// What a forked kernel says when it listens.
#[derive(Debug, Deserialize)]
pub(super) struct Listening {
    pub(super) pid: i32,
    pub(super) read: Vec<String>,
    /// What it answers to whoever asks what it is, if it greets those who subscribe.
    pub(super) told: Option<KernelInfoReply>,
}

/// What a forked kernel is told when it is handed over.
#[derive(Debug, Serialize)]
pub(super) struct Work<'a> {
    pub(super) working_directory: &'a Path,
    pub(super) environment: &'a BTreeMap<String, String>,
    pub(super) parent: u32,
}

/// What it answers.
#[derive(Debug, Deserialize)]
pub(super) struct Working {
    #[serde(default)]
    pub(super) failed: Option<String>,
}
