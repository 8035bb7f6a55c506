//! papermill runs notebooks; the events of its runs, folded, must give papermill's files byte by byte.

use std::thread;

use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_record::{
    CellStatus, CellTiming, Document, ERROR_MARKER_TAG, Event, Outcome, RunHeader, RunId,
    RunStatus, Source, Timestamp, find_error, remove_error_markers,
};

use crate::python::{python, read, reference};

/// papermill's own fixtures; whether its runs of them fail.
const NOTEBOOKS: [(&str, bool); 5] = [
    ("simple_execute", false),
    ("broken1", true),
    ("line_magic_error", true),
    ("sysexit", false),
    ("sysexit1", true),
];

#[test]
fn the_fold_of_a_papermill_run_is_papermills_file() {
    thread::scope(|scope| {
        for (name, fails) in NOTEBOOKS {
            scope.spawn(move || check(name, fails));
        }
    });
}

fn check(name: &str, fails: bool) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.ipynb");
    let input = reference(&format!(
        "sdist/papermill-2.7.0/papermill/tests/notebooks/{name}.ipynb"
    ));
    let arguments = [
        "-m",
        "papermill",
        "--no-progress-bar",
        "-k",
        "python3",
        "-p",
        "msg",
        "hello",
    ];
    let run = python(
        arguments
            .iter()
            .map(AsRef::as_ref)
            .chain([input.as_os_str(), output.as_os_str()]),
    );
    assert_eq!(
        run.status.success(),
        !fails,
        "{name}: {}",
        String::from_utf8_lossy(&run.stderr)
    );

    let expected = read(&output);
    let theirs = Notebook::parse(&expected).unwrap();
    assert_eq!(
        theirs.to_bytes(),
        expected,
        "{name}: the writer must be exact for this test to mean anything"
    );
    let ours = replay(&theirs, fails);
    assert_eq!(
        String::from_utf8(ours.to_bytes()).unwrap(),
        String::from_utf8(expected).unwrap(),
        "{name}"
    );
}

/// Folds the events of a run of which this is the output.
fn replay(theirs: &Notebook, fails: bool) -> Notebook {
    let mut unmarked = theirs.clone();
    remove_error_markers(&mut unmarked);
    assert_eq!(find_error(&unmarked).is_some(), fails);
    let run = Times::of(&theirs.metadata["papermill"]);
    let mut document = Document::start(header(run.start.unwrap()), prepared(&unmarked));
    for event in events(&unmarked) {
        document.apply(&event);
    }
    let status = if fails {
        RunStatus::Failed
    } else {
        RunStatus::Succeeded
    };
    document.apply(&Event::RunFinished {
        outcome: Outcome::new(status),
        at: run.end.unwrap(),
    });
    let mut ours = document.finished_notebook();
    // The ids of marker cells are made up.
    for (cell, their_cell) in ours.cells.iter_mut().zip(&theirs.cells) {
        if cell.has_tag(ERROR_MARKER_TAG) {
            cell.id.clone_from(&their_cell.id);
        }
    }
    ours
}

fn header(started_at: Timestamp) -> RunHeader {
    RunHeader {
        run_id: RunId::new(),
        nbpress_version: "0.1.0".to_owned(),
        command: "papermill".to_owned(),
        source: Source {
            path: "in.ipynb".to_owned(),
            sha256: String::new(),
        },
        output_path: None,
        parameters: Object::new(),
        working_directory: None,
        platform: String::new(),
        git_commit: None,
        sweep: None,
        parent: None,
        tags: Object::new(),
        started_at,
    }
}

/// The notebook before the run: nothing of what the fold must write is left in it.
fn prepared(finished: &Notebook) -> Notebook {
    let mut notebook = finished.clone();
    notebook.metadata.shift_remove("language_info");
    let papermill = notebook.metadata["papermill"].as_object_mut().unwrap();
    for key in ["start_time", "end_time", "duration", "exception"] {
        papermill.shift_remove(key).unwrap();
    }
    for cell in &mut notebook.cells {
        cell.metadata.shift_remove("papermill").unwrap();
        cell.metadata.shift_remove("execution");
        cell.clear_outputs();
    }
    notebook
}

fn events(finished: &Notebook) -> Vec<Event> {
    let mut events = Vec::new();
    for (index, cell) in finished.cells.iter().enumerate() {
        let times = Times::of(&cell.metadata["papermill"]);
        let Some(start) = times.start else { continue };
        events.push(Event::CellStarted {
            cell: index,
            at: start,
        });
        for output in cell.outputs() {
            let output = output.clone();
            events.push(Event::Output {
                cell: index,
                output,
                display_id: None,
                at: start,
            });
        }
        events.push(Event::CellFinished {
            cell: index,
            status: times.status,
            execution_count: cell.execution_count(),
            timing: timing(cell.metadata.get("execution")),
            error: None,
            at: times.end.unwrap(),
        });
    }
    let info = &finished.metadata["language_info"];
    events.push(Event::NotebookMetadata {
        path: vec!["language_info".to_owned()],
        value: info.clone(),
    });
    events
}

struct Times {
    status: CellStatus,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Times {
    fn of(block: &Json) -> Self {
        Self {
            status: match block.get("status").and_then(Json::as_str) {
                Some("failed") => CellStatus::Failed,
                _ => CellStatus::Completed,
            },
            start: time(block.get("start_time")),
            end: time(block.get("end_time")),
        }
    }
}

fn timing(execution: Option<&Json>) -> CellTiming {
    let at = |key| time(execution?.get(key));
    CellTiming {
        busy_at: at("iopub.status.busy"),
        input_at: at("iopub.execute_input"),
        reply_at: at("shell.execute_reply"),
        idle_at: at("iopub.status.idle"),
    }
}

fn time(json: Option<&Json>) -> Option<Timestamp> {
    json.and_then(Json::as_str)
        .map(|text| text.parse().unwrap())
}
