//! A small run for tests.

use jiff::Timestamp;
use nbpress_format::cell::Cell;
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::output::Output;

use crate::event::{Event, NoteLevel};
use crate::header::{GitCommit, KernelInfo, RunHeader, Source, SweepPoint};
use crate::outcome::{CellError, CellStatus, CellTiming, FailureClass, Outcome, RunStatus};
use crate::resumption::{Resumption, Way};
use crate::run_id::RunId;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(1_795_325_478_804_896 + seconds * 1_000_000).unwrap()
}

pub(crate) fn header() -> RunHeader {
    RunHeader {
        run_id: RunId::new(),
        nbpress_version: "0.1.0".to_owned(),
        command: "run".to_owned(),
        source: Source {
            path: "daily.ipynb".to_owned(),
            sha256: "0".repeat(64),
        },
        output_path: Some("out.ipynb".to_owned()),
        parameters: object([("region", "north".into())]),
        working_directory: Some("reports".to_owned()),
        platform: "linux-x86_64".to_owned(),
        git_commit: Some(GitCommit {
            commit: "1".repeat(40),
        }),
        sweep: Some(SweepPoint {
            sweep_id: "swp_1".to_owned(),
            point: "region=north".to_owned(),
        }),
        parent: None,
        tags: object([("team", "sales".into())]),
        started_at: at(0),
    }
}

/// A markdown cell and code cells with these sources.
pub(crate) fn notebook(sources: &[&str]) -> Notebook {
    let empty = br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let mut notebook = Notebook::parse(empty).unwrap();
    notebook.cells.push(Cell::new_markdown("# Title"));
    notebook
        .cells
        .extend(sources.iter().map(|source| Cell::new_code(*source)));
    notebook
}

pub(crate) fn object<const N: usize>(pairs: [(&str, Json); N]) -> Object {
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

pub(crate) fn kernel(environment: Option<String>) -> Event {
    let kernel = KernelInfo {
        name: "python3".to_owned(),
        implementation: "ipython".to_owned(),
        implementation_version: "9.18.1".to_owned(),
        language: "python".to_owned(),
        language_version: "3.11.7".to_owned(),
        protocol_version: "5.3".to_owned(),
        environment,
        pid: Some(42),
        limits: None,
    };
    Event::KernelStarted { kernel, at: at(1) }
}

pub(crate) fn resumed() -> Event {
    let resumption = Resumption {
        way: Way::Fork,
        cell: 2,
        first: 2,
        changed: vec![2],
        lost: vec!["a pipe".to_owned()],
    };
    Event::Resumed {
        resumption,
        at: at(1),
    }
}

/// A cell that another run ran, five seconds long, an hour before.
pub(crate) fn carried(cell: usize, run: RunId) -> Event {
    Event::CellCarried {
        cell,
        run,
        outputs: vec![Output::stream("stdout", "before\n")],
        execution_count: Some(4),
        started_at: Some(at(-3600)),
        finished_at: Some(at(-3595)),
        at: at(1),
    }
}

pub(crate) fn started(cell: usize) -> Event {
    Event::CellStarted { cell, at: at(2) }
}

pub(crate) fn output(cell: usize, output: Output) -> Event {
    Event::Output {
        cell,
        output,
        display_id: None,
        at: at(3),
    }
}

pub(crate) fn stdout(cell: usize, text: &str) -> Event {
    output(cell, Output::stream("stdout", text))
}

pub(crate) fn display(cell: usize, id: &str, text: &str) -> Event {
    let data = object([("text/plain", text.into())]);
    let output = Output::display_data(data, Object::new());
    Event::Output {
        cell,
        output,
        display_id: Some(id.to_owned()),
        at: at(3),
    }
}

pub(crate) fn completed(cell: usize) -> Event {
    finished(cell, CellStatus::Completed, None)
}

pub(crate) fn failed(cell: usize) -> Event {
    let error = CellError {
        ename: "ValueError".to_owned(),
        evalue: "no".to_owned(),
        traceback: vec!["line 1".to_owned()],
    };
    finished(cell, CellStatus::Failed, Some(error))
}

fn finished(cell: usize, status: CellStatus, error: Option<CellError>) -> Event {
    let timing = CellTiming {
        busy_at: Some(at(2)),
        input_at: Some(at(2)),
        reply_at: Some(at(4)),
        idle_at: None,
    };
    Event::CellFinished {
        cell,
        status,
        execution_count: Some(7),
        timing,
        error,
        at: at(4),
    }
}

pub(crate) fn ended(outcome: Outcome) -> Event {
    Event::RunFinished { outcome, at: at(5) }
}

pub(crate) fn succeeded() -> Event {
    ended(Outcome::new(RunStatus::Succeeded))
}

/// One event of every kind but the first, with every field in use.
pub(crate) fn every_event() -> Vec<Event> {
    let bundle = object([
        ("text/plain", "two\nlines".into()),
        (
            "application/json",
            Json::Array(vec![Json::Null, 1_i64.into(), f64::NAN.into()]),
        ),
    ]);
    vec![
        kernel(None),
        resumed(),
        carried(1, RunId::new()),
        started(1),
        Event::ExecuteInput {
            cell: 1,
            execution_count: 7,
            at: at(2),
        },
        stdout(1, "hello\n"),
        output(
            1,
            Output::execute_result(Some(7), bundle.clone(), object([("a", true.into())])),
        ),
        display(1, "progress", "1 %"),
        Event::DisplayUpdated {
            display_id: "progress".to_owned(),
            data: bundle,
            metadata: Object::new(),
        },
        Event::OutputCleared {
            cell: 1,
            wait: true,
        },
        output(
            1,
            Output::error("ValueError", "no", vec!["line 1".to_owned()]),
        ),
        failed(1),
        Event::NotebookMetadata {
            path: vec!["language_info".to_owned(), "name".to_owned()],
            value: "python".into(),
        },
        Event::Usage {
            memory_bytes: u64::MAX,
            cpu_seconds: 0.1,
            at: at(3),
        },
        Event::Note {
            level: NoteLevel::Warning,
            text: "late".to_owned(),
            at: at(4),
        },
        ended(Outcome {
            class: Some(FailureClass::User),
            reason: Some("cell 1 raised `ValueError`".to_owned()),
            cell: Some(1),
            error: Some(CellError {
                ename: "ValueError".to_owned(),
                evalue: "no".to_owned(),
                traceback: vec!["line 1".to_owned()],
            }),
            signal: Some(9),
            exit_code: Some(-1),
            peak_memory_bytes: Some(u64::MAX),
            cpu_seconds: Some(0.1),
            disk_bytes: Some(4096),
            ..Outcome::new(RunStatus::Failed)
        }),
    ]
}
