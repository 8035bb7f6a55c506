//! What the database and the staging folder that jupyter-scheduler made become.

use std::collections::BTreeMap;
use std::path::Path;

use nbpress_runs::state::FailureClass;
use nbpress_storage::Settings;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::*;

const DUMP: &str = include_str!("../../../../../fixtures/jupyter_scheduler/scheduler.sql");

fn staging() -> Location {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/jupyter_scheduler");
    Location::from(
        fixtures
            .canonicalize()
            .unwrap()
            .join("scheduler_staging_area"),
    )
}

/// The plan of a database that is the dump, and more statements.
async fn plan_of(journal: &str, more: &str) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheduler.sqlite");
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .pragma("journal_mode", journal.to_owned())
        .create_if_missing(true);
    // It stays open: the server goes on while its database is read.
    let mut connection = options.connect().await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("{DUMP}{more}"));
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    let storage = Storage::new(Settings::new(BTreeMap::new(), folder.path().to_owned()));
    let found = plan(&storage, &Location::from(path), &staging())
        .await
        .unwrap();
    connection.close().await.unwrap();
    found
}

#[tokio::test]
async fn definitions_become_jobs_and_jobs_become_runs() {
    // What is in the log beside the database counts.
    for journal in ["DELETE", "WAL"] {
        let found = plan_of(journal, "").await;
        let jobs: Vec<_> = found
            .jobs
            .iter()
            .map(|job| {
                let schedule = job.schedule.as_ref().unwrap();
                let when = (schedule.expression.as_str(), schedule.time_zone.as_str());
                (job.name.as_str(), when, schedule.paused)
            })
            .collect();
        assert_eq!(
            jobs,
            [
                ("Daily report", ("30 7 * * 1-5", "Europe/Berlin"), false),
                ("Daily report", ("@weekly", "UTC"), true),
            ]
        );
        assert_ne!(found.jobs[0].identity, found.jobs[1].identity);
        assert_eq!(found.jobs[0].parameters["days"], "60");

        let runs: Vec<_> = found
            .runs
            .iter()
            .map(|proposed| {
                (
                    proposed.run.state,
                    proposed.run.cell,
                    proposed.executed.is_some(),
                )
            })
            .collect();
        assert_eq!(
            runs,
            [
                (AttemptState::Cancelled, None, false),
                (AttemptState::Succeeded, None, true),
                (AttemptState::Failed, Some(1), true),
            ]
        );
        assert_eq!(
            found.runs[1].run.job.as_ref(),
            Some(&found.jobs[0].identity)
        );
        let failed = &found.runs[2].run;
        assert_eq!(failed.class, Some(FailureClass::User));
        assert_eq!(
            failed.reason.as_deref(),
            Some("ZeroDivisionError: division by zero")
        );

        let reasons: Vec<_> = found.left_out.iter().map(|left| &left.reason).collect();
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert!(reasons[0].contains("broken.ipynb` is not there"));
        assert!(reasons[1].contains("`IN_PROGRESS`"));
    }
}

#[tokio::test]
async fn names_that_lead_elsewhere_and_schedules_that_are_none_are_left_out() {
    let columns = "(job_definition_id, input_filename, runtime_environment_name, schedule)";
    let definition = |id: &str, file: &str, schedule: &str| {
        format!(
            "INSERT INTO job_definitions {columns} VALUES ('{id}', '{file}', 'base', '{schedule}');"
        )
    };
    let real = "3d58255f-0659-4016-bdcf-0bdfcc0b1564";
    let more = [
        definition("../..", "Cargo.toml", "@daily"),
        definition("x", "../../../etc/passwd", "@daily"),
        format!(
            "UPDATE job_definitions SET schedule = 'whenever' WHERE job_definition_id = '{real}';"
        ),
    ];
    let found = plan_of("DELETE", &more.concat()).await;
    assert_eq!(found.jobs.len(), 1);
    let reasons: Vec<_> = found
        .left_out
        .iter()
        .map(|left| left.reason.as_str())
        .collect();
    let none = |reason: &&&str| **reason == "its id or file name is none";
    assert_eq!(reasons.iter().filter(none).count(), 2, "{reasons:?}");
    assert!(
        reasons
            .iter()
            .any(|reason| reason.starts_with("its schedule cannot be kept"))
    );
}
