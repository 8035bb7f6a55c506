//! The database of jupyter-scheduler, as far as it says what ran and what is to run.
//!
//! Its tables are those of its `orm.py` (<https://github.com/jupyter-server/jupyter-scheduler>), to which
//! versions have added columns: one that is missing reads as absent. Times are milliseconds since 1970.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

/// A job definition: a notebook, and when it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionRow {
    /// A UUID.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// The notebook's file name.
    pub input_filename: String,
    /// The environment it ran in.
    pub environment: Option<String>,
    /// Values for its parameters cell.
    pub parameters: Map<String, Value>,
    /// Files that were copied with it.
    pub packaged_files: Vec<String>,
    /// A cron expression.
    pub schedule: Option<String>,
    /// An IANA name; UTC where there is none.
    pub time_zone: Option<String>,
    /// Whether the schedule fires.
    pub active: bool,
}

/// A job: one run.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRow {
    /// A UUID.
    pub id: String,
    /// The definition it was made of.
    pub definition: Option<String>,
    /// The notebook's file name.
    pub input_filename: String,
    /// Values for its parameters cell.
    pub parameters: Map<String, Value>,
    /// `COMPLETED`, `FAILED`, `STOPPED`, or of one that is not over.
    pub status: String,
    /// The exception, where it failed.
    pub status_message: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended; of one that failed, when its row was last changed.
    pub ended_at: Option<Timestamp>,
}

/// Why the database cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read a database of jupyter-scheduler")]
pub struct ReadError(#[from] sqlx::Error);

impl ReadError {
    /// What can be done.
    pub fn hint(&self) -> Option<String> {
        Some("its file is `scheduler.sqlite` in Jupyter's data folder; `jupyter --data-dir` tells which".to_owned())
    }
}

/// Reads definitions and jobs, oldest first. The file is opened for reading only; SQLite may need to write
/// beside it, so give a copy.
///
/// # Errors
/// It is no such database.
pub async fn read(path: &Path) -> Result<(Vec<DefinitionRow>, Vec<JobRow>), ReadError> {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = options.connect().await?;
    let rows = rows(&mut connection).await;
    connection.close().await?;
    rows
}

async fn rows(
    connection: &mut SqliteConnection,
) -> Result<(Vec<DefinitionRow>, Vec<JobRow>), ReadError> {
    let definitions = sqlx::query("SELECT * FROM job_definitions ORDER BY create_time")
        .fetch_all(&mut *connection)
        .await?;
    let jobs = sqlx::query("SELECT * FROM jobs ORDER BY create_time")
        .fetch_all(connection)
        .await?;
    Ok((
        definitions.iter().map(definition).collect(),
        jobs.iter().map(job).collect(),
    ))
}

fn definition(row: &SqliteRow) -> DefinitionRow {
    DefinitionRow {
        id: text(row, "job_definition_id").unwrap_or_default(),
        name: text(row, "name"),
        input_filename: text(row, "input_filename").unwrap_or_default(),
        environment: text(row, "runtime_environment_name"),
        parameters: json(row, "parameters").unwrap_or_default(),
        packaged_files: json(row, "packaged_files").unwrap_or_default(),
        schedule: text(row, "schedule"),
        time_zone: text(row, "timezone"),
        active: int(row, "active") != Some(0),
    }
}

fn job(row: &SqliteRow) -> JobRow {
    let time = |name| Timestamp::from_millisecond(int(row, name)?).ok();
    JobRow {
        id: text(row, "job_id").unwrap_or_default(),
        definition: text(row, "job_definition_id"),
        input_filename: text(row, "input_filename").unwrap_or_default(),
        parameters: json(row, "parameters").unwrap_or_default(),
        status: text(row, "status").unwrap_or_default(),
        status_message: text(row, "status_message"),
        created_at: time("create_time"),
        started_at: time("start_time"),
        ended_at: time("end_time").or_else(|| time("update_time")),
    }
}

/// SQLite keeps any type in any column: what is not as it should be is absent.
fn text(row: &SqliteRow, name: &str) -> Option<String> {
    let value = row.try_get_unchecked::<Option<String>, _>(name).ok()?;
    value.filter(|text| !text.is_empty())
}

fn int(row: &SqliteRow, name: &str) -> Option<i64> {
    row.try_get_unchecked::<Option<i64>, _>(name).ok()?
}

fn json<T: serde::de::DeserializeOwned>(row: &SqliteRow, name: &str) -> Option<T> {
    serde_json::from_str(&text(row, name)?).ok()
}

#[cfg(test)]
mod tests;
