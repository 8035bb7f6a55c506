//! What is read from notebooks.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use nbpress_storage::{Settings, WriteOptions};
use serde_json::json;

use super::*;

/// An output notebook: papermill's block, and one cell with its block and outputs.
fn output(block: &Value, cell: &Value, outputs: &Value) -> Vec<u8> {
    json!({
        "nbformat": 4, "nbformat_minor": 5,
        "metadata": {"papermill": block},
        "cells": [
            {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# title"},
            {"cell_type": "code", "id": "b", "metadata": {"papermill": cell}, "source": "x",
             "execution_count": 1, "outputs": outputs},
        ],
    })
    .to_string()
    .into_bytes()
}

fn block(changes: &Value) -> Value {
    let mut block = json!({
        "input_path": "in.ipynb",
        "output_path": "out.ipynb",
        "start_time": "2024-02-03T04:05:06.700000+00:00",
        "end_time": "2024-02-03T04:06:00+00:00",
        "exception": null,
        "parameters": {"days": 60, "region": "west"},
    });
    let changes = changes.as_object().unwrap().clone();
    block.as_object_mut().unwrap().extend(changes);
    block
}

fn run_of(changes: &Value) -> Result<PastRun, NotAnOutput> {
    let bytes = output(&block(changes), &json!({}), &json!([]));
    read("/out/out.ipynb", &bytes).map(|(run, _)| run)
}

#[test]
fn parameters_times_and_names_are_those_of_the_metadata() {
    let run = run_of(&json!({})).unwrap();
    assert_eq!(run.notebook, "in.ipynb");
    assert_eq!(run.origin, "/out/out.ipynb");
    assert_eq!(json!(run.parameters), json!({"days": 60, "region": "west"}));
    assert_eq!(run.started_at.to_string(), "2024-02-03T04:05:06.7Z");
    assert_eq!(run.ended_at.to_string(), "2024-02-03T04:06:00Z");
    assert_eq!((run.state, run.class), (AttemptState::Succeeded, None));
    for (time, expected) in [
        // Before version 2.3 papermill wrote no zone, and meant UTC.
        ("2019-01-01T00:00:00.000001", "2019-01-01T00:00:00.000001Z"),
        ("2019-01-01T02:00:00+02:00", "2019-01-01T00:00:00Z"),
    ] {
        let run = run_of(&json!({"start_time": time})).unwrap();
        assert_eq!(run.started_at.to_string(), expected);
    }
    // Clocks are put back.
    let run = run_of(&json!({"end_time": "2024-02-03T04:00:00+00:00"})).unwrap();
    assert_eq!(run.ended_at, run.started_at);
}

#[test]
fn a_run_is_the_same_wherever_its_output_lies() {
    let bytes = output(&block(&json!({})), &json!({}), &json!([]));
    let identity = |origin: &str| read(origin, &bytes).unwrap().0.identity;
    assert_eq!(identity("/out/out.ipynb"), identity("s3://acme/copy.ipynb"));
    let start = "2024-02-03T04:05:06.700001+00:00";
    let next = run_of(&json!({"start_time": start})).unwrap();
    assert_ne!(identity("/out/out.ipynb"), next.identity);
}

#[test]
fn a_failure_has_its_cell_and_exception() {
    let error = |ename: &str, evalue: &str| json!({"output_type": "error", "ename": ename, "evalue": evalue, "traceback": ["line"]});
    let failed = block(&json!({"exception": true}));
    let raised = json!([error("ValueError", "no"), error("Second", "later")]);
    for (cell, outputs, expected) in [
        (
            json!({"exception": true, "status": "failed"}),
            raised,
            (Some(1), Some("ValueError"), "ValueError: no"),
        ),
        // An unknown magic leaves no error output.
        (
            json!({"exception": true, "status": "failed"}),
            json!([]),
            (Some(1), Some("CellExecutionError"), "CellExecutionError: "),
        ),
        (json!({}), json!([]), (None, None, "no cell shows why")),
    ] {
        let (run, _) = read("o", &output(&failed, &cell, &outputs)).unwrap();
        assert_eq!(run.state, AttemptState::Failed);
        let class = if run.cell.is_some() {
            FailureClass::User
        } else {
            FailureClass::Platform
        };
        assert_eq!(run.class, Some(class));
        let found = (
            run.cell,
            run.ename.as_deref(),
            run.reason.as_deref().unwrap(),
        );
        assert_eq!(found, expected);
    }
    // An error that was tolerated did not end the run.
    let tolerated = json!([error("ValueError", "expected")]);
    let (run, _) = read("o", &output(&block(&json!({})), &json!({}), &tolerated)).unwrap();
    assert_eq!((run.state, run.cell), (AttemptState::Succeeded, None));
}

#[test]
fn what_is_no_output_says_why() {
    let plain = br#"{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}"#.to_vec();
    let ours = json!({
        "nbformat": 4, "nbformat_minor": 5, "cells": [],
        "metadata": {"papermill": block(&json!({})), "nbpress": {"run_id": "run_1"}},
    });
    let with = |changes: Value| output(&block(&changes), &json!({}), &json!([]));
    for (bytes, reason) in [
        (b"nope".to_vec(), "it is no notebook"),
        (b"\x00\xff".to_vec(), "it is no notebook"),
        (plain, "it is no output of papermill"),
        (ours.to_string().into_bytes(), "whose record is `run_1`"),
        (with(json!({"end_time": null})), "its run has no end"),
        (
            with(json!({"start_time": null})),
            "it is no output of papermill",
        ),
        (
            with(json!({"start_time": "soon"})),
            "its `start_time` is no time: `\"soon\"`",
        ),
        (
            with(json!({"end_time": 7})),
            "its `end_time` is no time: `7`",
        ),
    ] {
        let error = read("o", &bytes).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

fn storage(folder: &Path) -> Storage {
    Storage::new(Settings::new(BTreeMap::new(), folder.to_owned()))
}

#[tokio::test]
async fn a_folder_is_searched_to_its_ends_and_not_round_in_circles() {
    let folder = tempfile::tempdir().unwrap();
    let storage = storage(folder.path());
    let good = output(&block(&json!({})), &json!({}), &json!([]));
    for (name, bytes) in [
        ("b.ipynb", good.as_slice()),
        ("a/deep/er/A.IPYNB", &good),
        ("a/plain.ipynb", b"{}"),
        ("a/.ipynb_checkpoints/copy.ipynb", &good),
        ("a/notes.txt", b"no"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let (bytes, write) = (Bytes::from(bytes.to_vec()), WriteOptions::overwrite());
        storage
            .write(&Location::from(path), bytes, write)
            .await
            .unwrap();
    }
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/round")).unwrap();
    let base = Location::from(folder.path().to_owned());
    let found = plan(&storage, &base).await.unwrap();
    let names = |places: Vec<&str>| -> Vec<String> {
        let names = places
            .iter()
            .map(|place| Path::new(place).file_name().unwrap());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    };
    let runs = found
        .runs
        .iter()
        .map(|run| run.executed.as_deref().unwrap());
    assert_eq!(names(runs.collect()), ["A.IPYNB"]);
    let left_out = found.left_out.iter().map(|left| left.what.as_str());
    assert_eq!(names(left_out.collect()), ["plain.ipynb", "b.ipynb"]);
    let copy = &found.left_out[1].reason;
    assert!(
        copy.contains("same run as") && copy.contains("A.IPYNB"),
        "{copy}"
    );
    let one = plan(&storage, &base.join("b.ipynb")).await.unwrap();
    assert_eq!(one.runs.len(), 1);
    assert!(plan(&storage, &base.join("missing")).await.is_err());
}
