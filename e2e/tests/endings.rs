//! How runs end: whatever happens to the kernel, the runner, the disk or the store, the output is a
//! valid notebook that says what happened, no process is left, and the exit code says who must act.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "test code: a failure here is a failed test"
)]

#[path = "endings/kernels.rs"]
mod kernels;
#[path = "endings/machine.rs"]
mod machine;
#[path = "endings/scenario.rs"]
mod scenario;
#[path = "endings/signals.rs"]
mod signals;
#[path = "endings/stores.rs"]
mod stores;
