//! Tables in files, page by page: sorted, filtered and summarised without reading what is not asked for.
//!
//! What lives here: a file of rows ([`Table`]), what is asked of it ([`Query`], [`Filter`]), what comes
//! back ([`Page`], [`Summary`]). What does not: where files are, who may see them, HTTP.
//!
//! ```no_run
//! # fn example() -> Result<(), nbpress_tables::TableError> {
//! use nbpress_tables::{Format, Query, Table};
//!
//! let table = Table::open("sales.parquet".as_ref(), Format::Parquet)?;
//! let query: Query = serde_json::from_str(
//!     r#"{"limit": 50, "sort": [{"column": "revenue", "descending": true}],
//!         "filter": {"column": "region", "is": "=", "value": "west"}}"#,
//! ).unwrap_or_default();
//! let page = table.page(&query)?;
//! println!("{} of {} rows", page.matching, table.rows());
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

mod data_type;
mod error;
mod filter;
mod json;
mod orders;
mod page;
mod parquet_file;
mod query;
mod resource;
mod summary;
mod table;

pub use data_type::in_words;
pub use error::TableError;
pub use json::json_rows;
pub use orders::Orders;
pub use page::Page;
pub use query::{Filter, Operator, Query, SortKey};
pub use summary::{ColumnKind, Histogram, Summary, TopValue};
pub use table::{Format, Table};
