//! Find kernelspecs, start a kernel, talk to it, interrupt it and stop its whole process tree.
//!
//! What lives here: processes, sockets, the life of one kernel. What does not: containers, HTTP,
//! notebook files. The steps of a start are types: a [`find::FoundKernel`] is launched by a
//! [`provision::LocalProvisioner`] into a [`provision::Launched`] process, and becomes a
//! [`Kernel`] once it answered and its output channel is proven to deliver.

pub mod client;
pub mod detached;
pub mod find;
pub mod guard;
pub mod host;
pub mod kept;
pub mod kernel;
pub mod kernels;
pub mod limits;
pub mod pool;
pub mod process;
pub mod provision;
pub mod pty;
pub mod tables;
pub mod transport;

pub use client::{ClientError, KernelClient};
pub use find::{FoundKernel, KernelFinder, KernelNotFound};
pub use kernel::{Kernel, KernelEvent, StartError};
pub use limits::{Enforcement, Limits};
pub use process::{Exit, KernelProcess};
pub use provision::{LaunchError, LaunchRequest, LocalProvisioner, Origin};
