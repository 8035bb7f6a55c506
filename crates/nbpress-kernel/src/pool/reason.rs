//! Why a kernel was started instead of taken from a pool.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why a pool did not hand a kernel over. None of these is an error: the kernel is started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NotFromPool {
    /// Nobody listens at its socket.
    #[error("no pool is running")]
    NotRunning,
    /// It belongs to somebody else, did not answer in time, or answered something else.
    #[error("the pool did not answer: {why}")]
    NoAnswer {
        /// What happened instead.
        why: String,
    },
    /// It was not asked for before, or too many were at the same time.
    #[error("no kernel is ready yet")]
    Preparing,
    /// Another one would exceed what the pool may hold.
    #[error("the pool is full")]
    Full,
    /// Python packages were installed or removed, or configuration was changed, since the template was
    /// built.
    #[error("`{path}` has changed since kernels were prepared")]
    Changed {
        /// What has changed.
        path: PathBuf,
    },
    /// A variable that mattered when the kernel started has another value.
    #[error("the variable `{name}` is different from the one that kernels were prepared with")]
    Variable {
        /// The variable.
        name: String,
    },
    /// The process that asks runs under other conditions than the pool.
    #[error("`{what}` of the pool's process is different")]
    Surroundings {
        /// Which.
        what: String,
    },
    /// This kernel cannot be made ready ahead.
    #[error("not safe to prepare: {why}")]
    Refused {
        /// What it was.
        #[serde(flatten)]
        why: Refusal,
    },
    /// The kernel could not be put under the limits that were asked for.
    #[error("a running kernel cannot be limited: {why}")]
    Limits {
        /// What the system said.
        why: String,
    },
    /// The kernel ended before it could be used.
    #[error("the kernel that was ready has ended")]
    Died,
}

/// Why no kernel can be forked from a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "refused", content = "detail")]
pub enum Refusal {
    /// Imported modules run threads, which a fork does not copy.
    #[error("threads run after the imports ({0})")]
    Threads(String),
    /// Imported modules hold sockets or the like, which kernels would share.
    #[error("descriptors are open after the imports ({0})")]
    Descriptors(String),
    /// Modules that are known not to work after a fork.
    #[error("these modules do not work in a forked process: {0}")]
    Modules(String),
    /// A module to be imported ahead could not be.
    #[error("a module cannot be imported ({0})")]
    Import(String),
    /// Startup files or configuration of the user, which must run in each kernel's own place and time.
    #[error("the user's own configuration runs at each start ({0})")]
    Configuration(String),
    /// Arguments of the kernelspec that change what the application is.
    #[error("arguments of the kernelspec ({0})")]
    Arguments(String),
    /// The template, or a kernel on its way to be ready, ended.
    #[error("it did not start: {0}")]
    Start(String),
}
