//! What people read: the real program in a real terminal, its screens as snapshots.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test: it starts programs and reads their files"
)]

mod machine;
mod records;
mod refused;
mod running;
mod screen;
mod server;
mod sweep;
