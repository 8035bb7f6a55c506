//! What the notebook looks like after which events.

use nbpress_format::json::Json;

use super::*;
use crate::outcome::{CellTiming, FailureClass};
use crate::sample::{
    self, at, completed, display, ended, every_event, failed, started, stdout, succeeded,
};

/// The document after a run of a notebook with three code cells (1, 2, 3) after a markdown cell.
fn document(events: &[Event]) -> Document {
    let mut document = Document::start(sample::header(), sample::notebook(&["a", "b", "c"]));
    for event in events {
        document.apply(event);
    }
    document
}

fn outputs(document: &Document, cell: usize) -> Vec<String> {
    let text = |output: &Output| match &output.kind {
        OutputKind::Stream { name, text } => format!("{name}: {text}"),
        OutputKind::DisplayData { data, .. } => data["text/plain"].as_str().unwrap().to_owned(),
        other => format!("{other:?}"),
    };
    document.notebook.cells[cell]
        .outputs()
        .iter()
        .map(text)
        .collect()
}

fn papermill(metadata: &Object) -> String {
    metadata["papermill"].to_compact()
}

fn clear(cell: usize, wait: bool) -> Event {
    Event::OutputCleared { cell, wait }
}

fn stderr(cell: usize, text: &str) -> Event {
    sample::output(cell, Output::stream("stderr", text))
}

fn update(id: &str, text: &str) -> Event {
    let data = sample::object([("text/plain", text.into())]);
    Event::DisplayUpdated {
        display_id: id.to_owned(),
        data,
        metadata: Object::new(),
    }
}

#[test]
fn a_carried_cell_has_outputs_count_and_times_of_the_run_that_ran_it() {
    let run = crate::run_id::RunId::new();
    let document = document(&[sample::resumed(), sample::carried(1, run), started(2)]);
    assert_eq!(outputs(&document, 1), ["stdout: before\n"]);
    let (cell, state) = (&document.notebook.cells[1], &document.cells()[1]);
    assert_eq!(cell.execution_count(), Some(4));
    assert_eq!(state.status, CellStatus::Completed);
    assert_eq!(state.run, Some(run));
    assert!(papermill(&cell.metadata).contains("\"duration\":5.0"));
    assert_eq!(document.resumption().unwrap().first, 2);
    assert_eq!(document.cells()[2].run, None);
}

#[test]
fn text_of_one_stream_is_one_output() {
    let document = document(&[
        stdout(1, "a"),
        stdout(1, "b\n"),
        stderr(1, "!"),
        stdout(1, "c"),
        stdout(2, "d"),
        stdout(1, "e"),
        display(1, "x", "shown"),
        stdout(1, "f"),
    ]);
    assert_eq!(
        outputs(&document, 1),
        [
            "stdout: ab\n",
            "stderr: !",
            "stdout: ce",
            "shown",
            "stdout: f"
        ]
    );
    assert_eq!(outputs(&document, 2), ["stdout: d"]);
}

/// Copying what is there for each of these would move a terabyte.
#[test]
fn text_is_appended_without_copying_what_is_there() {
    let mut document = document(&[stdout(1, &"x".repeat(10 << 20))]);
    let more = stdout(1, "y");
    (0..100_000).for_each(|_| document.apply(&more));
    let OutputKind::Stream { text, .. } = &document.notebook.cells[1].outputs()[0].kind else {
        panic!()
    };
    assert_eq!(text.len(), (10 << 20) + 100_000);
}

/// Each update must find its output without a look at the others.
#[test]
fn updates_cost_the_same_however_many_displays_there_are() {
    let mut document = document(&[]);
    for index in 0..50_000 {
        document.apply(&display(1, &format!("id {index}"), "old"));
    }
    for index in 0..50_000 {
        document.apply(&update(&format!("id {index}"), "new"));
    }
    assert!(outputs(&document, 1).iter().all(|text| text == "new"));
}

#[test]
fn clearing_again_and_again_does_not_grow_the_index() {
    let mut document = document(&[]);
    for _ in 0..10_000 {
        document.apply(&display(1, "progress", "…"));
        document.apply(&clear(1, false));
    }
    assert!(document.displays["progress"].len() <= 1);
}

#[test]
fn displays_are_updated_in_all_cells() {
    let events = [
        display(1, "x", "one"),
        display(1, "y", "other"),
        stdout(1, "text"),
        display(2, "x", "two"),
        update("x", "three"),
        update("unknown", "nobody"),
    ];
    // A second display of a name changes the first one too.
    assert_eq!(
        outputs(&document(&events[..4]), 1),
        ["two", "other", "stdout: text"]
    );
    let document = document(&events);
    assert_eq!(outputs(&document, 1), ["three", "other", "stdout: text"]);
    assert_eq!(outputs(&document, 2), ["three"]);
}

#[test]
fn cleared_displays_are_forgotten() {
    let document = document(&[
        display(1, "x", "one"),
        display(2, "x", "two"),
        clear(1, false),
        stdout(1, "text"),
        display(1, "z", "new"),
        update("x", "three"),
    ]);
    assert_eq!(outputs(&document, 1), ["stdout: text", "new"]);
    assert_eq!(outputs(&document, 2), ["three"]);
}

#[test]
fn clearing_with_wait_happens_at_the_next_output_of_the_cell() {
    let events = [
        stdout(1, "old"),
        stdout(2, "kept"),
        clear(1, true),
        stdout(2, "!"),
        clear(3, true),
        stdout(1, "new"),
        stdout(1, "er"),
    ];
    assert_eq!(outputs(&document(&events[..5]), 1), ["stdout: old"]);
    let document = document(&events);
    assert_eq!(outputs(&document, 1), ["stdout: newer"]);
    assert_eq!(outputs(&document, 2), ["stdout: kept!"]);
}

#[test]
fn metadata_of_a_run_that_succeeded() {
    let mut events = vec![started(0), completed(0)];
    for cell in 1..4 {
        events.extend([started(cell), completed(cell)]);
    }
    events.push(succeeded());
    let document = document(&events);
    assert_eq!(
        papermill(&document.notebook.metadata),
        concat!(
            r#"{"start_time":"2026-11-22T05:31:18.804896+00:00","end_time":"2026-11-22T05:31:23.804896+00:00","#,
            r#""duration":5.0,"exception":null}"#
        )
    );
    for cell in &document.notebook.cells {
        assert_eq!(
            papermill(&cell.metadata),
            concat!(
                r#"{"exception":false,"start_time":"2026-11-22T05:31:20.804896+00:00","#,
                r#""end_time":"2026-11-22T05:31:22.804896+00:00","duration":2.0,"status":"completed"}"#
            )
        );
        assert_eq!(
            cell.metadata["execution"].to_compact(),
            concat!(
                r#"{"iopub.status.busy":"2026-11-22T05:31:20.804896Z","#,
                r#""iopub.execute_input":"2026-11-22T05:31:20.804896Z","#,
                r#""shell.execute_reply":"2026-11-22T05:31:22.804896Z"}"#
            )
        );
    }
    assert_eq!(document.notebook.cells[1].execution_count(), Some(7));
    assert_eq!(document.finished_notebook().cells.len(), 4);
    let own = &document.notebook.metadata["nbpress"];
    let run_id = document.header().run_id;
    assert_eq!(
        own.to_compact(),
        format!(r#"{{"run_id":"{run_id}","status":"succeeded","class":null,"reason":null}}"#)
    );
}

#[test]
fn a_cell_that_raised_ends_the_run_and_the_rest_stays_pending() {
    let error = Output::error("ValueError", "no", Vec::new());
    let outcome = Outcome {
        class: Some(FailureClass::User),
        reason: Some("cell 2".to_owned()),
        cell: Some(2),
        ..Outcome::new(RunStatus::Failed)
    };
    let document = document(&[
        started(1),
        completed(1),
        started(2),
        sample::output(2, error),
        failed(2),
        ended(outcome),
    ]);
    let statuses = [
        CellStatus::NotRun,
        CellStatus::Completed,
        CellStatus::Failed,
        CellStatus::NotRun,
    ];
    assert_eq!(
        document
            .cells()
            .iter()
            .map(|cell| cell.status)
            .collect::<Vec<_>>(),
        statuses
    );
    let pending = r#"{"exception":null,"start_time":null,"end_time":null,"duration":null,"status":"pending"}"#;
    assert_eq!(papermill(&document.notebook.cells[3].metadata), pending);
    assert!(papermill(&document.notebook.cells[2].metadata).contains(r#""exception":true"#));
    assert!(papermill(&document.notebook.metadata).ends_with(r#""exception":true}"#));
    let finished = document.finished_notebook();
    assert_eq!(finished.cells.len(), 6);
    assert!(finished.cells[0].source.contains("In [7]"));
    assert!(
        finished.cells[3]
            .source
            .contains("id=\"papermill-error-cell\"")
    );
    assert_eq!(document.clone().into_finished_notebook().cells.len(), 6);
}

#[test]
fn the_cell_that_ran_when_the_run_ended_has_failed() {
    for (status, class) in [
        (RunStatus::Failed, Some(FailureClass::Platform)),
        (RunStatus::Cancelled, None),
    ] {
        let outcome = Outcome {
            class,
            signal: Some(9),
            ..Outcome::new(status)
        };
        let document = document(&[
            started(1),
            Event::ExecuteInput {
                cell: 1,
                execution_count: 3,
                at: at(2),
            },
            stdout(1, "last words"),
            ended(outcome),
        ]);
        assert_eq!(document.cells()[1].status, CellStatus::Failed);
        assert_eq!(
            papermill(&document.notebook.cells[1].metadata),
            concat!(
                r#"{"exception":true,"start_time":"2026-11-22T05:31:20.804896+00:00","#,
                r#""end_time":"2026-11-22T05:31:23.804896+00:00","duration":3.0,"status":"failed"}"#
            )
        );
        assert!(papermill(&document.notebook.metadata).ends_with(r#""exception":true}"#));
        let own = document.notebook.metadata["nbpress"].as_object().unwrap();
        assert_eq!(own["status"], status.as_str().into());
        assert_eq!(own["signal"], 9_i64.into());
        assert!(
            document.finished_notebook().cells[0]
                .source
                .contains("In [3]")
        );
    }
}

#[test]
fn a_run_that_never_got_a_kernel_has_no_markers() {
    let outcome = Outcome {
        class: Some(FailureClass::Invalid),
        ..Outcome::new(RunStatus::Failed)
    };
    let document = document(&[ended(outcome)]);
    assert_eq!(document.finished_notebook().cells.len(), 4);
    assert!(papermill(&document.notebook.metadata).ends_with(r#""exception":true}"#));
}

/// A cell may raise where the author allowed it; then there is nothing to point at.
#[test]
fn a_run_that_succeeded_has_no_markers() {
    let error = Output::error("ValueError", "no", Vec::new());
    let document = document(&[
        started(1),
        sample::output(1, error),
        completed(1),
        succeeded(),
    ]);
    assert_eq!(document.finished_notebook().cells.len(), 4);
}

#[test]
fn skipped_cells_have_a_word_of_ours() {
    let skipped = |cell| Event::CellFinished {
        cell,
        status: CellStatus::Skipped,
        execution_count: None,
        timing: CellTiming::default(),
        error: None,
        at: at(4),
    };
    for (command, word) in [("run", "skipped"), ("papermill", "completed")] {
        let header = RunHeader {
            command: command.to_owned(),
            ..sample::header()
        };
        let mut document = Document::start(header, sample::notebook(&["a"]));
        document.apply(&skipped(1));
        document.apply(&succeeded());
        let metadata = &document.notebook.cells[1].metadata;
        assert_eq!(metadata["papermill"].get("status"), Some(&word.into()));
        assert!(!metadata.contains_key("execution"));
        assert_eq!(
            document.notebook.metadata.contains_key("nbpress"),
            command == "run"
        );
    }
}

#[test]
fn metadata_is_set_along_a_path() {
    let set = |path: &[&str], value: Json| Event::NotebookMetadata {
        path: path.iter().map(|&key| key.to_owned()).collect(),
        value,
    };
    let mut document = document(&[]);
    document.notebook.metadata.clear();
    for event in [
        set(
            &["language_info"],
            sample::object([("name", "R".into())]).into(),
        ),
        set(&["language_info", "version"], "4.4".into()),
        set(
            &[
                "widgets",
                "application/vnd.jupyter.widget-state+json",
                "state",
            ],
            Json::Null,
        ),
        set(
            &[
                "widgets",
                "application/vnd.jupyter.widget-state+json",
                "version_major",
            ],
            2_i64.into(),
        ),
        set(&[], "nothing".into()),
    ] {
        document.apply(&event);
    }
    assert_eq!(
        Json::from(document.notebook.metadata).to_compact(),
        concat!(
            r#"{"language_info":{"name":"R","version":"4.4"},"#,
            r#""widgets":{"application/vnd.jupyter.widget-state+json":{"state":null,"version_major":2}}}"#
        )
    );
}

#[test]
fn what_an_earlier_run_left_in_the_notebook_is_gone() {
    let mut notebook = sample::notebook(&["a"]);
    notebook.cells[1].set_execution_count(Some(9));
    notebook.cells[1]
        .outputs_mut()
        .unwrap()
        .push(Output::stream("stdout", "old"));
    notebook.cells[1].metadata =
        sample::object([("papermill", "odd".into()), ("tags", Vec::new().into())]);
    notebook.metadata = sample::object([
        (
            "papermill",
            sample::object([("input_path", "a.ipynb".into()), ("exception", true.into())]).into(),
        ),
        ("nbpress", sample::object([("signal", 9_i64.into())]).into()),
    ]);
    let document = Document::start(sample::header(), notebook);
    let cell = &document.notebook.cells[1];
    assert_eq!((cell.execution_count(), cell.outputs().len()), (None, 0));
    assert!(papermill(&cell.metadata).ends_with(r#""status":"pending"}"#));
    assert!(cell.metadata.contains_key("tags"));
    let block = document.notebook.metadata["papermill"].as_object().unwrap();
    assert_eq!(
        (&block["input_path"], &block["exception"]),
        (&"a.ipynb".into(), &Json::Null)
    );
    assert!(
        document.notebook.metadata["nbpress"]
            .get("signal")
            .is_none()
    );
}

#[test]
fn events_that_make_no_sense_change_nothing() {
    let before = document(&[]).notebook.to_bytes();
    let far = 1 << 40;
    for event in [
        started(far),
        Event::ExecuteInput {
            cell: far,
            execution_count: 1,
            at: at(1),
        },
        stdout(far, "text"),
        stdout(0, "text in a markdown cell"),
        display(far, "id", "text"),
        display(0, "id", "text"),
        update("id", "text"),
        clear(far, true),
        clear(far, false),
        completed(far),
    ] {
        let mut document = document(&[]);
        let mut expected = Notebook::parse(&before).unwrap();
        document.apply(&event);
        // Cell ids and the run's name are made up anew each time.
        for (cell, other) in expected.cells.iter_mut().zip(&document.notebook.cells) {
            cell.id.clone_from(&other.id);
        }
        expected.metadata["nbpress"] = document.notebook.metadata["nbpress"].clone();
        assert_eq!(document.notebook, expected, "{event:?}");
    }
}

/// What is read back is what the runner had: the fold over the JSON forms gives the same notebook.
#[test]
fn the_fold_over_what_was_written_is_the_same() {
    let start = Event::RunStarted {
        header: sample::header(),
        notebook: sample::notebook(&["a"]),
    };
    let read = |event: &Event| Event::from_json(&event.to_json()).unwrap();
    let (
        Event::RunStarted { header, notebook },
        Event::RunStarted {
            header: h,
            notebook: n,
        },
    ) = (start.clone(), read(&start))
    else {
        panic!()
    };
    let (mut live, mut later) = (Document::start(header, notebook), Document::start(h, n));
    for event in every_event() {
        live.apply(&event);
        later.apply(&read(&event));
        assert_eq!(
            live.notebook.to_bytes(),
            later.notebook.to_bytes(),
            "{event:?}"
        );
    }
    assert_eq!(live.cells(), later.cells());
    assert_eq!(live.notes().len(), 1);
    assert_eq!(live.kernel(), later.kernel());
}
