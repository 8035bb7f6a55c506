//! The contract on real servers of object stores, and on web servers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod azure;
mod gcs;
mod http;
mod s3;
mod server;
