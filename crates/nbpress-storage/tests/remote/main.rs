//! The contract on real servers of object stores, and on web servers.

mod azure;
mod gcs;
mod http;
mod s3;
mod server;
