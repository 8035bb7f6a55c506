//! Bytes at a location: local files, S3, GCS, Azure, HTTP and standard streams, with atomic and conditional writes.
//!
//! What lives here: reading, writing, listing and deleting bytes at a [`Location`], with one
//! contract for all kinds of store. What does not: notebooks, and reading the process environment
//! (the caller hands it over in [`Settings`]).
//!
//! - [`Location`]: where bytes are; prints itself without credentials.
//! - [`Storage`]: reads and writes; built once per process.
//! - [`StorageError`]: what failed, while doing what, where, and what to do about it.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use nbpress_storage::{Location, Settings, Storage, WriteOptions};
//!
//! let storage = Storage::new(Settings::new(std::env::vars().collect(), std::env::current_dir()?));
//! let output = Location::parse("out.ipynb")?;
//! let version = storage.write(&output, "{}".into(), WriteOptions::overwrite()).await?;
//! let again = storage.write(&output, "{}".into(), WriteOptions::if_match(version)).await?;
//! # drop(again);
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod http;
mod local;
mod location;
mod object;
mod storage;
mod stream;

pub use error::{Cause, Operation, StorageError, StorageErrorKind};
pub use location::{Location, LocationError};
pub use storage::{
    Entry, Meta, Page, Settings, Storage, Support, Version, WriteMode, WriteOptions,
};
