//! nbpress against the real papermill 2.7, on the same notebooks with the same arguments.
//!
//! Compared are the exit code, standard output, which files appear, and the notebooks in them, after
//! taking out what differs between two runs of one program. What differs on purpose is listed in
//! `deliberate.rs` and nowhere else.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: it starts both programs and reads their files"
)]

mod command_line;
mod compare;
mod deliberate;
mod executed;
mod normalise;
mod own_tests;
mod translated;
