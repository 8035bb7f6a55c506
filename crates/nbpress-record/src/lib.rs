//! One run's bytes: the append-only journal, the manifest, blobs and scraps.
//!
//! A run is recorded as it happens: a [`Recorder`] appends [`Event`]s to a journal, and a
//! [`Document`] folds them into the output notebook. When the run is over, a [`Manifest`] is written
//! that names journal and blobs by their hashes, and its own hash joins the chain of the [`Store`].
//! A [`Record`] reads a run back, whether it is over, on, or was cut off, through the same fold.
//!
//! Kernels, databases and sockets are unknown here.
//!
//! ```
//! use nbpress_format::notebook::Notebook;
//! use nbpress_record::{Event, Outcome, RunHeader, RunId, RunStatus, Source, Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let notebook = Notebook::parse(br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#)?;
//! let now = "2026-11-22T05:31:18Z".parse()?;
//! let header = RunHeader {
//!     run_id: RunId::new(),
//!     nbpress_version: "0.1.0".to_owned(),
//!     command: "run".to_owned(),
//!     source: Source { path: "daily.ipynb".to_owned(), sha256: "…".to_owned() },
//!     output_path: None,
//!     parameters: Default::default(),
//!     working_directory: None,
//!     platform: "linux-x86_64".to_owned(),
//!     git_commit: None,
//!     sweep: None,
//!     parent: None,
//!     tags: Default::default(),
//!     started_at: now,
//! };
//! let store = Store::open(folder)?;
//! let mut recorder = store.begin(header, notebook)?;
//! recorder.append(&Event::RunFinished { outcome: Outcome::new(RunStatus::Succeeded), at: now })?;
//! recorder.finish()?;
//! assert_eq!(store.find("latest")?.events()?.count(), 2);
//! # Ok(())
//! # }
//! ```

mod blob;
mod chain;
mod disk;
mod document;
mod error;
mod error_markers;
mod event;
mod header;
mod journal;
mod manifest;
mod outcome;
mod payload;
mod record;
mod recorder;
mod resumption;
mod run_id;
#[cfg(test)]
mod sample;
mod scraps;
mod store;
mod timestamp;
mod verify;
mod wire;

pub use document::{CellState, Document, Note};
pub use error::{PayloadError, RecordError};
pub use error_markers::{
    ERROR_MARKER_TAG, NotebookError, add_error_markers, find_error, remove_error_markers,
};
pub use event::{Event, NoteLevel};
pub use header::{GitCommit, KernelInfo, RunHeader, Source, SweepPoint};
/// A point in time; everything in a record is in UTC.
pub use jiff::Timestamp;
pub use journal::{HeadError, JournalReader, ReadError, Tail};
pub use manifest::{BlobSummary, JournalSummary, Manifest, ManifestCell};
pub use outcome::{CellError, CellStatus, CellTiming, FailureClass, Outcome, RunStatus};
pub use record::{Events, Record, RunState};
pub use recorder::Recorder;
pub use resumption::{Resumption, Way};
pub use run_id::{RunId, RunIdError};
pub use scraps::{Scrap, ScrapDisplay, read_scraps};
pub use store::{RunSummary, Store};
pub use verify::{Damage, Problem, VerifyReport};
pub use wire::WireError;
