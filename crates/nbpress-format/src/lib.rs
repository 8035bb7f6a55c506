//! The notebook document: parse, validate, upgrade, edit and write `.ipynb` files; the parameters
//! cell and its typed schema.
//!
//! What lives here: bytes to [`Notebook`] and back, exactly as the reference
//! implementation does it. What does not: files, sockets, kernels, async.
//!
//! ```
//! use nbpress_format::notebook::Notebook;
//!
//! let file = br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
//! let notebook = Notebook::parse(file)?;
//! assert!(notebook.cells.is_empty());
//! # Ok::<(), nbpress_format::ParseError>(())
//! ```
//!
//! The format: <https://nbformat.readthedocs.io/en/latest/format_description.html>.

pub mod cell;
pub mod error;
mod fields;
mod id;
pub mod json;
mod multiline;
pub mod notebook;
pub mod output;
pub mod parameters;
mod upgrade;
pub mod validate;
mod write;

pub use cell::{Cell, CellKind};
pub use error::ParseError;
pub use json::{Json, Object};
pub use notebook::Notebook;
pub use output::{Output, OutputKind};
pub use validate::{MOST_PROBLEMS, Problem, validate};
