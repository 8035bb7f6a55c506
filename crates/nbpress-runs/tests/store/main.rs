//! One suite for both databases: whatever the store promises, it promises on SQLite and on Postgres.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::assigning_clones,
    clippy::default_trait_access,
    clippy::too_many_lines,
    reason = "test code: a failure here is a failed test"
)]

mod batches;
mod flows;
mod history;
mod imports;
mod people;
mod postgres;
mod queue;
mod resumes;
mod samples;
mod schedules;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nbpress_runs::job::{RetryPolicy, RunSettings};
use nbpress_runs::run::{AttemptEnd, AttemptState, Claim};
use nbpress_runs::store::{ClaimRequest, NewWorker};
use nbpress_runs::{FailureClass, NewRun, RunState, Store};
use serde_json::Map;
use tempfile::TempDir;

/// A store that is empty, and what must live as long as it.
struct Place {
    store: Store,
    url: String,
    _folder: Option<TempDir>,
}

async fn sqlite() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/nbpress.db", folder.path().display());
    Place {
        store: Store::open(&url).await.unwrap(),
        url,
        _folder: Some(folder),
    }
}

async fn postgres_place() -> Place {
    let url = tokio::task::spawn_blocking(postgres::new_database)
        .await
        .unwrap();
    Place {
        store: Store::open(&url).await.unwrap(),
        url,
        _folder: None,
    }
}

/// Makes a test of the suite into one for each database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::postgres_place().await).await;
            })+
        }
    };
}
use on_both;

/// Some instant; tests count from it.
fn at(seconds: i64) -> Timestamp {
    let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    begin + SignedDuration::from_secs(seconds)
}

fn new_run(workspace: &str) -> NewRun {
    NewRun::of_notebook(workspace, "5a", "daily.ipynb", Map::new(), "test")
}

fn with_settings(run: NewRun, change: impl FnOnce(&mut RunSettings)) -> NewRun {
    let mut settings = run.spec.settings.clone();
    change(&mut settings);
    run.with_settings(settings)
}

async fn worker(store: &Store, id: &str) {
    let worker = NewWorker {
        id: id.to_owned(),
        name: id.to_owned(),
        host: "here".to_owned(),
        version: "0".to_owned(),
        slots: 100,
        cpus: 1000.0,
        memory_bytes: 1 << 50,
    };
    store.register_worker(&worker, at(0)).await.unwrap();
}

fn room(most: usize) -> ClaimRequest {
    ClaimRequest {
        most,
        cpus: 1000.0,
        memory_bytes: 1 << 50,
    }
}

async fn enqueue(store: &Store, run: NewRun, now: Timestamp) -> String {
    let made = store.enqueue(&[run], "test", now).await.unwrap();
    made[0].id.clone()
}

/// Takes the one run that is ready.
async fn claim_one(store: &Store, worker: &str, now: Timestamp) -> Claim {
    let mut claims = store.claim(worker, &room(1), now).await.unwrap();
    claims.pop().expect("nothing is ready")
}

async fn state(store: &Store, run: &str) -> RunState {
    store.run(run).await.unwrap().state
}

fn succeeded() -> AttemptEnd {
    AttemptEnd {
        record_sha256: Some("abc".to_owned()),
        ..AttemptEnd::new(AttemptState::Succeeded)
    }
}

fn failed(class: FailureClass) -> AttemptEnd {
    AttemptEnd {
        record_sha256: Some("abc".to_owned()),
        ..AttemptEnd::failed(class, class.as_str(), "because")
    }
}

async fn finish(
    store: &Store,
    claim: &Claim,
    end: &AttemptEnd,
    now: Timestamp,
) -> nbpress_runs::Finish {
    store
        .finish(&claim.run, claim.attempt, end, "worker:test", now)
        .await
        .unwrap()
}

/// How often a run's audit says that it ended.
async fn terminal_transitions(store: &Store, run: &str) -> usize {
    while store.seal().await.unwrap() > 0 {}
    let entries = store.audit_of(run).await.unwrap();
    entries
        .iter()
        .filter(|entry| entry.action.parse().is_ok_and(RunState::is_terminal))
        .count()
}

fn no_retries() -> RetryPolicy {
    RetryPolicy {
        user: 0,
        platform: 0,
        timeout: 0,
        resource: 0,
        delay_seconds: 10,
        resume: false,
    }
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
