//! A full-text index of notebooks and of what runs made of them, in one SQLite file that can be lost.
//!
//! What lives here: what of a notebook is found ([`Document`]), what people type ([`Query`]), and the
//! file that brings both together ([`Index`]). What does not: where notebooks are, who may see which, HTTP.
//!
//! ```
//! # async fn example() -> Result<(), nbpress_search::SearchError> {
//! use nbpress_search::{Index, Query, Search};
//!
//! let index = Index::open("/var/lib/nbpress/search.sqlite".as_ref()).await?;
//! let query = Query::parse("\"monthly revenue\" author:ada -draft in:output");
//! for hit in index.search(&Search { query, ..Search::default() }).await?.hits {
//!     println!("{} {}", hit.place, hit.title);
//! }
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

mod document;
mod error;
mod index;
mod query;
mod snippet;
mod text;

pub use document::{Document, DocumentKind, Stamp};
pub use error::SearchError;
pub use index::{Counts, Hit, Hits, Index, Label, LabelKind, Search};
pub use query::Query;
pub use snippet::{Part, Snippet, Span};
