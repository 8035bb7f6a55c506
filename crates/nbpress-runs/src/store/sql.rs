//! Read-only SQL over the views `runs`, `params`, `scraps` and `cells`, by the database itself.
//!
//! In Postgres a statement runs in a read-only transaction with a time limit; the server must not be
//! connected as a superuser, who could read files. In SQLite it runs on a connection of its own whose
//! authorizer lets it read the views and nothing else.

mod postgres;
mod sqlite;

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::store::{Dialect, Store};

/// The views that may be read.
const VIEWS: &[&str] = &["runs", "params", "scraps", "cells"];

/// Longest statement, in bytes.
const LONGEST: usize = 100_000;

/// What a statement may use.
#[derive(Clone, Copy, Debug)]
pub struct QueryLimits {
    /// Rows of the answer; more are cut off, and it is said.
    pub rows: usize,
    /// Bytes of the answer.
    pub bytes: usize,
    /// How long it may take.
    pub time: Duration,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            rows: 10_000,
            bytes: 16 << 20,
            time: Duration::from_secs(10),
        }
    }
}

/// What a statement answered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QueryResult {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values: texts, numbers and nulls.
    #[schema(value_type = Vec<Vec<Object>>)]
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more rows than the limit lets through.
    pub truncated: bool,
}

impl Store {
    /// Answers one `SELECT`.
    ///
    /// # Errors
    /// It is not one, it is refused by the database, or it takes too long: all [`Invalid`], with the
    /// database's own words.
    pub async fn query(&self, sql: &str, limits: QueryLimits) -> Result<QueryResult, StoreError> {
        check(sql)?;
        match self.database.dialect {
            Dialect::Sqlite => sqlite::query(&self.url, sql, limits).await,
            Dialect::Postgres => postgres::query(&self.url, sql, limits).await,
        }
    }
}

fn check(sql: &str) -> Result<(), Invalid> {
    let refused = |message: String| Invalid::new("sql", message).with_hint(what_is_there());
    if sql.len() > LONGEST {
        return Err(refused(format!(
            "the statement has more than {LONGEST} bytes"
        )));
    }
    let text = sql.trim().trim_end_matches(';').trim_end();
    let first = text
        .split(|char: char| !char.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    if !["select", "with", "values"].contains(&first.to_ascii_lowercase().as_str()) {
        return Err(refused("only SELECT is answered".to_owned()));
    }
    Ok(())
}

/// An answer within its limits.
struct Answer {
    result: QueryResult,
    bytes: usize,
    limits: QueryLimits,
}

impl Answer {
    fn new(limits: QueryLimits) -> Self {
        Self {
            result: QueryResult {
                columns: Vec::new(),
                rows: Vec::new(),
                truncated: false,
            },
            bytes: 0,
            limits,
        }
    }

    /// Whether there is room for more.
    fn push(&mut self, row: Vec<Value>) -> bool {
        self.bytes += row
            .iter()
            .map(|value| value.as_str().map_or(16, str::len))
            .sum::<usize>();
        if self.result.rows.len() >= self.limits.rows || self.bytes > self.limits.bytes {
            self.result.truncated = true;
            return false;
        }
        self.result.rows.push(row);
        true
    }
}

fn refused(error: &sqlx::Error, limits: QueryLimits) -> StoreError {
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    // SQLITE_INTERRUPT; Postgres' query_canceled.
    if matches!(code.as_deref(), Some("9" | "57014")) {
        let message = format!("it took longer than {} s", limits.time.as_secs_f64());
        return Invalid::new("sql", message)
            .with_hint("narrow it down")
            .into();
    }
    let message = match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    };
    Invalid::new("sql", message)
        .with_hint(what_is_there())
        .into()
}

fn what_is_there() -> String {
    format!("one SELECT over the views {}", VIEWS.join(", "))
}
