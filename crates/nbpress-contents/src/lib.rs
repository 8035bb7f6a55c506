//! Workspaces of notebooks and files with Jupyter's contents semantics, in a folder or in a bucket.
//!
//! What lives here: listing, reading, atomic and conditional saves, uploads in chunks, copies,
//! checkpoints, the history of every file, and the merge of a notebook that two wrote. What does
//! not: HTTP, kernels, who may do what.
//!
//! - [`ContentsPath`]: a path inside a workspace that cannot lead out of it.
//! - [`Workspace`]: everything that can be done with one.
//! - [`Watch`]: what happens in a directory, whoever does it.
//! - [`merge()`]: two versions of a notebook made one, cell by cell.
//! - [`ContentsError`]: what went wrong, and what to do about it.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use nbpress_contents::{Condition, ContentsPath, Workspace};
//! use nbpress_storage::{Location, Settings, Storage};
//!
//! let settings = Settings::new(std::env::vars().collect(), std::env::current_dir()?);
//! let root = Location::parse("/srv/notebooks")?;
//! let history = Location::parse("/var/lib/nbpress/history")?;
//! let workspace = Workspace::open(Arc::new(Storage::new(settings)), &root, &history).await?;
//! let path = ContentsPath::parse("a/b.ipynb")?;
//! let (entry, bytes) = workspace.read(&path).await?;
//! let unchanged = Condition::IfMatch(entry.etag.unwrap_or_default());
//! workspace.acting_as("ada").save(&path, bytes, unchanged).await?;
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

mod bucket;
mod checkpoint;
mod entry;
mod error;
mod folder;
mod history;
mod listing;
mod merge;
mod mimetype;
mod path;
mod place;
mod staged;
mod watch;
mod workspace;

pub use entry::{
    Checkpoint, Column, Condition, Entry, Kind, ListOptions, Order, Page, Resolution, Saved,
    Version,
};
pub use error::ContentsError;
pub use merge::{Merged, merge};
pub use path::{ContentsPath, PathError};
pub use watch::{Change, Happened, Watch};
pub use workspace::Workspace;
