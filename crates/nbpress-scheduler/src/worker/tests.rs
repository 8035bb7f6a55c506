//! A worker whose next regular beat is an hour away: what it does is what it was woken for.

use std::path::Path;

use nbpress_runs::{NewRun, RunState, Store};
use nbpress_storage::{Location, Settings, Storage};
use tempfile::TempDir;

use super::*;
use crate::coordinator::Local;
use crate::snapshot::{PublishRequest, SnapshotStore};
use crate::wake::Wake;

/// A runner as a shell script: its standard input is the lock, as for every runner.
const LISTENS: &str = "
trap 'echo heard >> \"$2/../../said\"; printf %s \"$STOPPED\" > \"$2/refused.json\"; exit' INT
printf %s $$ > \"$2/lock\"
echo listens >> \"$2/../../said\"
while :; do sleep 0.05; done
";
/// It says which process it is only when the gate opens.
const SLOW: &str = "
echo started >> \"$2/../../said\"
read line < \"$2/../../gate\"
";
const STOPPED: &str = r#"{"code": "stopped", "reason": "stopped before its first cell"}"#;

struct Bench {
    home: TempDir,
    store: Store,
    wake: Wake,
    stop: watch::Sender<bool>,
    worker: JoinSet<()>,
}

impl Bench {
    /// A worker on a store of its own, and the run it is going to have.
    async fn start(script: &str) -> (Self, String) {
        let home = TempDir::new().unwrap();
        let url = format!("sqlite:{}/db", home.path().display());
        let store = Store::open(&url).await.unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, home.path().join("gate"), 0o600.into()).unwrap();
        let run = enqueue(home.path(), &store).await;
        let program = home.path().join("runner");
        write_program(&program, &format!("#!/bin/sh\n{script}"));
        let wake = Wake::default();
        let records = Records::open(home.path()).unwrap();
        let coordinator = Local::new(
            store.clone(),
            snapshots(home.path()),
            crate::records::Records::open(records.clone()).unwrap(),
            wake.clone(),
        );
        let settings = WorkerSettings {
            introduction: NewWorker {
                id: "w".to_owned(),
                name: "w".to_owned(),
                host: "here".to_owned(),
                version: "0".to_owned(),
                slots: 1,
                cpus: 8.0,
                memory_bytes: 1 << 40,
            },
            attempts: home.path().join("attempts"),
            records,
            program,
            environment: [("STOPPED".to_owned(), STOPPED.to_owned())].into(),
        };
        let complain: Complaint = Arc::new(|text| panic!("{text}"));
        let mut worker = Worker::new(coordinator, settings, complain);
        worker.beat = Duration::from_hours(1);
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(worker.run(stopped));
        let bench = Self {
            home,
            store,
            wake,
            stop,
            worker: tasks,
        };
        (bench, run)
    }

    async fn cancel(&self, run: &str) {
        let now = jiff::Timestamp::now();
        self.store.cancel(run, "enough", "test", now).await.unwrap();
        self.wake.everybody();
    }

    /// Waits until the runners have said this, in this order.
    async fn said(&self, words: &[&str]) {
        until(async || lines(&self.home.path().join("said")) == words).await;
    }

    async fn is(&self, run: &str, state: RunState) {
        until(async || self.store.run(run).await.unwrap().state == state).await;
    }

    async fn end(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.worker.join_next().await {
            ended.unwrap();
        }
    }
}

fn snapshots(home: &Path) -> SnapshotStore {
    let storage = Arc::new(Storage::new(Settings::new(BTreeMap::new(), home.into())));
    let base = Location::parse(&home.join("snapshots").to_string_lossy()).unwrap();
    SnapshotStore::new(storage, &base)
}

async fn enqueue(home: &Path, store: &Store) -> String {
    let notebook = home.join("n.ipynb");
    let empty = r#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    write(&notebook, empty);
    let location = Location::parse(&notebook.to_string_lossy()).unwrap();
    let request = PublishRequest::new(location);
    let published = snapshots(home).publish(&request).await.unwrap();
    let (snapshot, none) = (published.id.to_string(), serde_json::Map::new());
    let runs = [NewRun::of_notebook(
        "team", &snapshot, "n.ipynb", none, "test",
    )];
    let made = store.enqueue(&runs, "test", jiff::Timestamp::now()).await;
    made.unwrap()[0].id.clone()
}

#[expect(clippy::disallowed_methods, reason = "the test's own files")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// By another process: what this one has open for writing, the child of another test may have for a moment
/// too, and then the system does not execute it.
#[expect(clippy::disallowed_methods, reason = "the test's own files")]
fn write_program(path: &Path, script: &str) {
    let text = path.with_extension("text");
    write(&text, script);
    let copied = std::process::Command::new("install")
        .args(["-m", "755"])
        .args([&text, path])
        .status();
    assert!(copied.unwrap().success());
}

#[expect(clippy::disallowed_methods, reason = "the test's own files")]
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Asks until it is so; a minute is more than anything here takes.
async fn until(ask: impl AsyncFn() -> bool) {
    let asked = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let minute = Duration::from_mins(1);
    assert!(tokio::time::timeout(minute, asked).await.is_ok());
}

#[tokio::test]
async fn a_cancelled_run_is_stopped_without_a_beat() {
    let (bench, run) = Bench::start(LISTENS).await;
    bench.said(&["listens"]).await;
    bench.cancel(&run).await;
    bench.said(&["listens", "heard"]).await;
    bench.is(&run, RunState::Cancelled).await;
    bench.end().await;
}

#[tokio::test]
async fn a_runner_that_is_being_started_hears_of_the_cancel_as_soon_as_it_can() {
    let (bench, run) = Bench::start(&format!("{SLOW}{LISTENS}")).await;
    let gate = bench.home.path().join("gate");
    bench.said(&["started"]).await;
    bench.cancel(&run).await;
    bench.is(&run, RunState::Cancelling).await;
    // Opening a FIFO waits for its reader.
    let opened = tokio::task::spawn_blocking(move || write(&gate, "go\n"));
    opened.await.unwrap();
    bench.said(&["started", "listens", "heard"]).await;
    bench.is(&run, RunState::Cancelled).await;
    bench.end().await;
}
