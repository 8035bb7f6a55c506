//! The rows of a database that jupyter-scheduler itself wrote.

use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;

const DUMP: &str = include_str!("../../../../fixtures/jupyter_scheduler/scheduler.sql");

/// A database file with these statements.
async fn database(folder: &Path, sql: &str) -> std::path::PathBuf {
    let path = folder.join("scheduler.sqlite");
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    path
}

#[tokio::test]
async fn definitions_and_jobs_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path(), DUMP).await;
    let (definitions, jobs) = read(&path).await.unwrap();

    let shown: Vec<_> = definitions
        .iter()
        .map(|row| {
            let zone = row.time_zone.as_deref();
            (
                row.name.as_deref(),
                row.schedule.as_deref(),
                zone,
                row.active,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                Some("Daily report"),
                Some("30 7 * * 1-5"),
                Some("Europe/Berlin"),
                true
            ),
            (Some("Daily report"), Some("@weekly"), Some("UTC"), false),
            (Some("lost/notebook"), Some("0 1 * * *"), Some("UTC"), true),
        ]
    );
    assert_eq!(definitions[0].parameters["days"], json!("60"));
    assert_eq!(definitions[0].environment.as_deref(), Some("base"));

    let shown: Vec<_> = jobs
        .iter()
        .map(|row| (row.status.as_str(), row.definition.is_some()))
        .collect();
    assert_eq!(
        shown,
        [
            ("STOPPED", true),
            ("IN_PROGRESS", false),
            ("COMPLETED", true),
            ("FAILED", false)
        ]
    );
    assert_eq!(jobs[0].started_at, "2025-11-26T01:20:00Z".parse().ok());
    // It has no end of its own; its row was changed last when it was stopped.
    assert_eq!(jobs[0].ended_at, "2025-11-26T01:21:00Z".parse().ok());
    assert_eq!(jobs[2].definition.as_ref(), Some(&definitions[0].id));
    assert!(jobs.iter().all(|row| row.started_at <= row.ended_at));
    let message = jobs[3].status_message.as_deref().unwrap();
    assert!(message.contains("ZeroDivisionError"));
}

#[tokio::test]
async fn columns_of_other_versions_and_values_of_any_type_are_no_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(
        folder.path(),
        "CREATE TABLE job_definitions (job_definition_id, create_time, schedule, parameters, active);
         INSERT INTO job_definitions VALUES (7, 'x', x'ff00', '{not json', 'yes');
         CREATE TABLE jobs (job_id, create_time, start_time, status);
         INSERT INTO jobs VALUES ('j', 1e300, 'never', NULL);",
    )
    .await;
    let (definitions, jobs) = read(&path).await.unwrap();
    assert_eq!((definitions.len(), jobs.len()), (1, 1));
    assert_eq!(definitions[0].id, "7");
    assert_eq!(definitions[0].schedule, None);
    assert_eq!(definitions[0].parameters, Map::new());
    assert_eq!(jobs[0].status, "");
}

#[tokio::test]
async fn what_is_no_such_database_is_refused_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let other = database(folder.path(), "CREATE TABLE t (x)").await;
    let missing = folder.path().join("missing.sqlite");
    let hint = read(&other).await.unwrap_err().hint().unwrap();
    assert!(hint.contains("scheduler.sqlite"));
    assert!(read(&missing).await.is_err() && !missing.exists());
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert!(read(&text).await.is_err());
}
