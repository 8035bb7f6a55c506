//! What this crate writes and reads, compared with papermill and scrapbook themselves.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its functions"
)]

mod markers;
mod metadata;
mod python;
mod scraps;
