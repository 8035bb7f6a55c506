//! Stores written by earlier versions are still read, and today's are written the same way.
//!
//! `tests/formats/v1` is a store as version 1 of the formats wrote it, with what a reader must find in
//! it: `<run>.events.jsonl` and `<run>.ipynb`; later ones have the keys and events that were added. `docs/formats.md` says
//! how to change a format.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its functions"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::output::Output;
use nbpress_record::{
    CellError, CellStatus, CellTiming, Event, FailureClass, GitCommit, KernelInfo, NoteLevel,
    Outcome, Resumption, RunHeader, RunId, RunStatus, Source, Store, SweepPoint, Timestamp, Way,
};

const SUCCEEDED: &str = "run_01jd9m0000e8rta3vjzhxc5pk7";
const FAILED: &str = "run_01jd9m0001e8rta3vjzhxc5pk7";

/// Every folder of fixtures, oldest first. The last is what is written today.
const VERSIONS: [&str; 3] = ["v1", "v1.1", "v1.2"];

fn fixture(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/formats")
        .join(version)
}

#[test]
fn stores_of_every_version_are_read() {
    for version in VERSIONS {
        is_read(version);
    }
}

fn is_read(version: &str) {
    // Verifying takes a lock, which makes a file.
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture(version).join("store"), folder.path());
    let store = Store::open(folder.path()).unwrap();
    let report = store.verify().unwrap();
    assert!(report.is_intact(), "{version}: {report:?}");
    assert_eq!((report.records, report.blobs), (2, 3), "{version}");

    for run_id in [SUCCEEDED, FAILED] {
        let record = store.find(run_id).unwrap();
        let expected = fixture(version).join(run_id);
        let lines = read(&expected.with_extension("events.jsonl"));
        let expected_events: Vec<Json> = lines
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| without_nulls(Json::parse_lossy(line).unwrap()))
            .collect();
        let events: Vec<Json> = record
            .events()
            .unwrap()
            .map(|event| without_nulls(event.unwrap().to_json()))
            .collect();
        assert!(
            same(&events, &expected_events),
            "events of {run_id} of {version}"
        );
        let notebook = record.document().unwrap().notebook;
        assert!(
            notebook.to_bytes() == read(&expected.with_extension("ipynb")),
            "notebook of {run_id} of {version}"
        );
    }
    let manifest = store.find(SUCCEEDED).unwrap().manifest().unwrap().clone();
    let expected = header(SUCCEEDED);
    let parent = expected.parent.filter(|_| version == "v1.2");
    assert_eq!(manifest.header, RunHeader { parent, ..expected });
    assert_eq!(manifest.outcome.cpu_seconds, Some(0.25));
    let disk_bytes = (version != "v1").then_some(4_096);
    assert_eq!(manifest.outcome.disk_bytes, disk_bytes, "{version}");
    assert_eq!(manifest.scraps[0].name, "mean");
    let failed = store.find(FAILED).unwrap().manifest().unwrap().clone();
    assert_eq!(failed.previous, Some(manifest.record_id));
    assert_eq!(failed.outcome.class, Some(FailureClass::User));
}

/// A key that is absent means the same as `null`.
fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(object) => Json::Object(
            object
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// As text: `NaN` is equal to nothing.
fn same(left: &[Json], right: &[Json]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(left, right)| left.to_compact() == right.to_compact())
}

#[test]
fn the_same_run_is_written_as_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let (mut ours, expected) = (
        files(&folder.path().join("store")),
        files(&fixture(VERSIONS[VERSIONS.len() - 1]).join("store")),
    );
    ours.remove(Path::new("chain.lock"));
    if ours != expected {
        let kept = folder.keep();
        panic!(
            "the format has changed, see docs/formats.md; what is written today is in `{}`",
            kept.display()
        );
    }
}

/// Writes the fixture: the store and what a reader finds in it.
fn write(folder: &Path) {
    let store = Store::open(&folder.join("store")).unwrap();
    let environment = store.put_blob(br#"{"pandas":"2.3.3"}"#).unwrap();
    for (run_id, mut events, outcome) in [
        (SUCCEEDED, every_event(environment), succeeded()),
        (FAILED, vec![], failed()),
    ] {
        events.push(Event::RunFinished { outcome, at: at(9) });
        let mut recorder = store.begin(header(run_id), notebook()).unwrap();
        recorder.append_all(&events).unwrap();
        fs::create_dir_all(folder).unwrap();
        let notebook = recorder.document().notebook.to_bytes();
        put(&folder.join(run_id).with_extension("ipynb"), &notebook);
        recorder.finish().unwrap();
        let events = store.find(run_id).unwrap().events().unwrap();
        let lines: String = events
            .map(|event| event.unwrap().to_json().to_compact() + "\n")
            .collect();
        put(
            &folder.join(run_id).with_extension("events.jsonl"),
            lines.as_bytes(),
        );
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(1_795_325_478_804_896 + seconds * 1_000_000).unwrap()
}

fn object<const N: usize>(pairs: [(&str, Json); N]) -> Object {
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn notebook() -> Notebook {
    let text = br##"{
        "cells": [
            {"cell_type": "markdown", "id": "m", "metadata": {"tags": []}, "source": ["# Title\n", "text"]},
            {"cell_type": "code", "execution_count": null, "id": "c", "metadata": {"tags": ["parameters"]},
             "outputs": [], "source": "a = 1"}
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "papermill": {"version": "2.7.0"}},
        "nbformat": 4, "nbformat_minor": 5
    }"##;
    Notebook::parse(text).unwrap()
}

fn header(run_id: &str) -> RunHeader {
    RunHeader {
        run_id: RunId::parse(run_id).unwrap(),
        nbpress_version: "0.1.0".to_owned(),
        command: "sweep".to_owned(),
        source: Source {
            path: "s3://acme/daily.ipynb".to_owned(),
            sha256: "5".repeat(64),
        },
        output_path: Some("out.ipynb".to_owned()),
        parameters: object([("region", "n\u{f6}rd".into()), ("$blob", f64::NAN.into())]),
        working_directory: Some("reports".to_owned()),
        platform: "linux-x86_64".to_owned(),
        git_commit: Some(GitCommit {
            commit: "1".repeat(40),
        }),
        sweep: Some(SweepPoint {
            sweep_id: "swp_1".to_owned(),
            point: "region=n".to_owned(),
        }),
        parent: Some(RunId::parse(SUCCEEDED).unwrap()),
        tags: object([("team", "sales".into())]),
        started_at: at(0),
    }
}

fn kernel(environment: String) -> KernelInfo {
    KernelInfo {
        name: "python3".to_owned(),
        implementation: "ipython".to_owned(),
        implementation_version: "9.18.1".to_owned(),
        language: "python".to_owned(),
        language_version: "3.11.7".to_owned(),
        protocol_version: "5.3".to_owned(),
        environment: Some(environment),
        pid: Some(42),
        limits: Some("memory 2.0 GiB by cgroup v1".to_owned()),
    }
}

/// Every kind of event between the first and the last, a large text, and an image.
fn every_event(environment: String) -> Vec<Event> {
    let output = |output, display_id: Option<&str>| Event::Output {
        cell: 1,
        output,
        display_id: display_id.map(str::to_owned),
        at: at(3),
    };
    let scrap = object([
        ("name", "mean".into()),
        ("data", 1.5.into()),
        ("encoder", "json".into()),
        ("version", 1_i64.into()),
    ]);
    let glue = object([("application/scrapbook.scrap.json+json", scrap.into())]);
    let glue_metadata = object([
        ("name", "mean".into()),
        ("data", true.into()),
        ("display", false.into()),
    ]);
    let image = object([
        ("image/png", "iVBORw0K".repeat(9_000).into()),
        ("text/plain", "<img>".into()),
    ]);
    let error = CellError {
        ename: "ValueError".to_owned(),
        evalue: "no".to_owned(),
        traceback: vec!["\u{1b}[31mline\u{1b}[0m".to_owned()],
    };
    let raised = Output::error(&error.ename, &error.evalue, error.traceback.clone());
    vec![
        Event::KernelStarted {
            kernel: kernel(environment),
            at: at(1),
        },
        resumed(),
        carried(),
        Event::CellStarted { cell: 1, at: at(2) },
        Event::ExecuteInput {
            cell: 1,
            execution_count: 1,
            at: at(2),
        },
        Event::OutputCleared {
            cell: 1,
            wait: false,
        },
        output(Output::stream("stdout", "cleared\n"), None),
        Event::OutputCleared {
            cell: 1,
            wait: true,
        },
        output(Output::stream("stdout", "first\n"), None),
        output(
            Output::stream("stdout", "a long line \u{2028}\n".repeat(4_500)),
            None,
        ),
        output(Output::display_data(image, Object::new()), Some("plot")),
        Event::DisplayUpdated {
            display_id: "plot".to_owned(),
            data: object([("text/plain", "later".into())]),
            metadata: object([("width", 3_i64.into())]),
        },
        output(
            Output::display_data(glue, object([("scrapbook", glue_metadata.into())])),
            None,
        ),
        output(
            Output::execute_result(Some(1), object([("text/plain", "1".into())]), Object::new()),
            None,
        ),
        output(raised, None),
        finished(error),
        Event::NotebookMetadata {
            path: vec!["language_info".to_owned()],
            value: object([("name", "python".into())]).into(),
        },
        note(),
        usage(),
    ]
}

fn note() -> Event {
    Event::Note {
        level: NoteLevel::Warning,
        text: "slow".to_owned(),
        at: at(5),
    }
}

fn usage() -> Event {
    Event::Usage {
        memory_bytes: 82_000_000,
        cpu_seconds: 0.75,
        at: at(5),
    }
}

fn resumed() -> Event {
    Event::Resumed {
        resumption: Resumption {
            way: Way::Fork,
            cell: 1,
            first: 1,
            changed: vec![1],
            lost: vec!["a pipe".to_owned()],
        },
        at: at(1),
    }
}

fn carried() -> Event {
    Event::CellCarried {
        cell: 1,
        run: RunId::parse(FAILED).unwrap(),
        outputs: vec![Output::stream("stdout", "carried\n")],
        execution_count: Some(1),
        started_at: Some(at(-9)),
        finished_at: Some(at(-8)),
        at: at(1),
    }
}

fn finished(error: CellError) -> Event {
    Event::CellFinished {
        cell: 1,
        status: CellStatus::Completed,
        execution_count: Some(1),
        timing: CellTiming {
            busy_at: Some(at(2)),
            input_at: None,
            reply_at: Some(at(4)),
            idle_at: Some(at(4)),
        },
        error: Some(error),
        at: at(4),
    }
}

fn succeeded() -> Outcome {
    Outcome {
        peak_memory_bytes: Some(123_456_789),
        cpu_seconds: Some(0.25),
        disk_bytes: Some(4_096),
        ..Outcome::new(RunStatus::Succeeded)
    }
}

fn failed() -> Outcome {
    Outcome {
        class: Some(FailureClass::User),
        reason: Some("cell 1 raised `ValueError`".to_owned()),
        cell: Some(1),
        error: Some(CellError::default()),
        signal: Some(9),
        exit_code: Some(1),
        ..Outcome::new(RunStatus::Failed)
    }
}

#[expect(clippy::disallowed_methods, reason = "tests read local files")]
fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "tests write local files")]
fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        put(&to.join(path), &bytes);
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|(inner, bytes)| (name.join(inner), bytes)),
            );
        } else {
            found.insert(name, read(&path));
        }
    }
    found
}
