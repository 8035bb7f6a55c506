//! What can be asked of a table: which rows, in which order, which columns.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One page of a table.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Rows before the page, among those that match.
    pub offset: u64,
    /// Rows of the page; at most [`Query::MAX_LIMIT`] are given.
    pub limit: u64,
    /// The order; the file's own where keys are equal or absent.
    pub sort: Vec<SortKey>,
    /// Which rows; all of them if absent.
    pub filter: Option<Filter>,
    /// Which columns, in this order; all of them if absent.
    pub columns: Option<Vec<String>>,
    /// Whether the rows are taken evenly from all that match, in their order, instead of one after the other.
    pub sample: bool,
}

impl Query {
    /// The most rows on a page.
    pub const MAX_LIMIT: u64 = 10_000;
}

impl Default for Query {
    fn default() -> Self {
        Self {
            offset: 0,
            limit: 100,
            sort: Vec::new(),
            filter: None,
            columns: None,
            sample: false,
        }
    }
}

/// A column rows are ordered by. Nulls and NaN come last in both directions, as in pandas.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SortKey {
    /// Its name.
    pub column: String,
    /// Largest first.
    #[serde(default)]
    pub descending: bool,
}

/// Which rows: `{"column": "x", "is": "<", "value": 3}`, or several in `{"and": […]}` or `{"or": […]}`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Filter {
    /// Rows that all of them let through.
    All {
        /// None lets everything through.
        and: Vec<Self>,
    },
    /// Rows that one of them lets through.
    Any {
        /// None lets nothing through.
        or: Vec<Self>,
    },
    /// Rows whose value stands in this relation to a constant. A null and a NaN stand in none but
    /// [`Operator::Null`].
    Test {
        /// The column's name.
        column: String,
        /// The relation.
        is: Operator,
        /// The constant: text, a number, a truth value; ignored by the tests for null.
        #[serde(default)]
        value: Value,
    },
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Operator {
    /// Equal.
    #[serde(rename = "=")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
    /// Less.
    #[serde(rename = "<")]
    Less,
    /// Less or equal.
    #[serde(rename = "<=")]
    AtMost,
    /// Greater.
    #[serde(rename = ">")]
    Greater,
    /// Greater or equal.
    #[serde(rename = ">=")]
    AtLeast,
    /// The value as text contains the constant; upper and lower case are the same.
    #[serde(rename = "contains")]
    Contains,
    /// Null or NaN.
    #[serde(rename = "null")]
    Null,
    /// Neither null nor NaN.
    #[serde(rename = "not null")]
    NotNull,
}

impl Filter {
    /// The columns it looks at; one may come twice.
    pub(crate) fn columns(&self) -> Vec<&str> {
        match self {
            Self::All { and: parts } | Self::Any { or: parts } => {
                parts.iter().flat_map(Self::columns).collect()
            }
            Self::Test { column, .. } => vec![column],
        }
    }
}
