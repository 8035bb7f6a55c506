//! Why no copy of a kernel is kept.

use serde::{Deserialize, Serialize};

/// Why there is no copy. None of these is an error: the cell runs, and its state can be had again only by
/// other means.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "detail")]
pub enum NotKept {
    /// Not CPython with ipykernel.
    #[error("the kernel `{0}` cannot be copied")]
    Implementation(String),
    /// Its processes are in a control group of their own, which ends with the kernel, and none can be made within.
    #[error("the limits of the kernel would end its copies with it ({0})")]
    Confined(String),
    /// What a copy needs at once is not there.
    #[error("there is too little memory for a copy ({0})")]
    Memory(String),
    /// A fork copies only the thread that forks.
    #[error("threads are running ({0})")]
    Threads(String),
    /// A fork does not copy what other processes and the event loop know of them.
    #[error("tasks of the event loop are running ({0})")]
    Tasks(String),
    /// The state of a GPU is not copied.
    #[error("a CUDA device is in use ({0})")]
    Cuda(String),
    /// A Java process holds a part of the state.
    #[error("a Java process holds a part of the state ({0})")]
    Jvm(String),
    /// Modules that are known not to work in a fork.
    #[error("these modules do not work in a copy: {0}")]
    Modules(String),
    /// There is not so much memory, or not so many processes.
    #[error("the system refused: {0}")]
    System(String),
}
