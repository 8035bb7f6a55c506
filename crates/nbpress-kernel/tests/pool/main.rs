//! Kernels from a pool: the same as those that are started, and gone with whoever is killed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a failure here is a failed test"
)]

mod faults;
mod place;
mod same;
