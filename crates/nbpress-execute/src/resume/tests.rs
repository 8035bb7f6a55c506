//! Where a run goes on, by what has changed since its parent.

use jiff::Timestamp;
use nbpress_format::cell::Cell;
use nbpress_format::json::Object;
use nbpress_record::{CellTiming, Event, FailureClass, Outcome, RunHeader, RunId, Source};

use super::*;

/// A parent whose cells before the failing one ran; all of them did when there is no failing one.
fn parent(sources: &[&str], failed: Option<usize>) -> Parent {
    let header = RunHeader {
        run_id: RunId::new(),
        nbpress_version: "0.1.0".to_owned(),
        command: "run".to_owned(),
        source: Source {
            path: "a.ipynb".to_owned(),
            sha256: "0".repeat(64),
        },
        output_path: None,
        parameters: Object::new(),
        working_directory: None,
        platform: "linux".to_owned(),
        git_commit: None,
        sweep: None,
        parent: None,
        tags: Object::new(),
        started_at: Timestamp::UNIX_EPOCH,
    };
    let at = Timestamp::UNIX_EPOCH;
    let mut document = Document::start(header, notebook(sources));
    for cell in 0..failed.unwrap_or(sources.len()) {
        document.apply(&Event::CellFinished {
            cell,
            status: CellStatus::Completed,
            execution_count: Some(cell as u64 + 1),
            timing: CellTiming::default(),
            error: None,
            at,
        });
    }
    let status = if failed.is_some() {
        RunStatus::Failed
    } else {
        RunStatus::Succeeded
    };
    let outcome = Outcome {
        cell: failed,
        class: failed.map(|_| FailureClass::User),
        ..Outcome::new(status)
    };
    document.apply(&Event::RunFinished { outcome, at });
    Parent {
        document,
        copies: PathBuf::new(),
        has_files: true,
        earlier: Vec::new(),
        from: None,
    }
}

fn notebook(sources: &[&str]) -> Notebook {
    let empty = br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let mut notebook = Notebook::parse(empty).unwrap();
    let cells = sources.iter().map(|source| match source.strip_prefix('#') {
        Some(text) => Cell::new_markdown(text),
        None => Cell::new_code(*source),
    });
    notebook.cells.extend(cells);
    notebook
}

fn place(parent: &Parent, sources: &[&str]) -> Result<Place, ExecuteError> {
    let notebook = notebook(sources);
    let step = |cell: &Cell| {
        if cell.is_code() {
            Step::Run
        } else {
            Step::Pass
        }
    };
    let plan: Vec<Step> = notebook.cells.iter().map(step).collect();
    parent.place(&notebook, &plan)
}

#[test]
fn a_run_goes_on_at_the_failing_cell_or_the_first_that_changed_before_it() {
    let failed = parent(&["a", "b", "c", "d"], Some(2));
    let cases: [(&[&str], usize, &[usize]); 8] = [
        (&["a", "b", "c", "d"], 2, &[]),
        (&["a", "b", "fixed", "d"], 2, &[]),
        (&["a", "changed", "c", "d"], 1, &[1]),
        (&["x", "y", "c"], 0, &[0, 1]),
        (&["#words", "a", "", "b", "c"], 4, &[]),
        (&["a", "new", "b", "c"], 1, &[1]),
        (&["b", "c", "d"], 0, &[0]),
        (&["a", "b"], 2, &[]),
    ];
    for (now, cell, changed) in cases {
        let place = place(&failed, now).unwrap();
        assert_eq!((place.cell, &place.changed[..]), (cell, changed), "{now:?}");
        let carried = place.carried(&[Step::Run; 8], cell);
        let kept = carried.iter().filter(|step| **step != Step::Run).count();
        assert_eq!(kept, place.same.len(), "{now:?}");
    }
}

#[test]
fn a_run_can_go_on_earlier_but_not_later() {
    let earlier = |from| Parent {
        from: Some(from),
        ..parent(&["a", "b", "c", "d"], Some(2))
    };
    let one = place(&earlier(1), &["a", "b", "c"]).unwrap();
    assert_eq!(
        (one.cell, one.same, one.parents),
        (1, vec![(0, 0)], Some(1))
    );
    let late = place(&earlier(3), &["a", "b", "c", "d"]).unwrap_err();
    assert_eq!(
        late.to_string(),
        "cell 4 cannot be the first: cell 3 has not run as it is"
    );
}

#[test]
fn there_is_nothing_to_do_after_a_success_unless_something_changed() {
    let succeeded = parent(&["a", "b"], None);
    assert!(matches!(
        place(&succeeded, &["a", "b"]),
        Err(ExecuteError::NothingToResume { .. })
    ));
    assert_eq!(place(&succeeded, &["a", "b", "c"]).unwrap().cell, 2);
}

#[test]
fn numbers_that_were_given_twice_name_no_cell() {
    let mut parent = parent(&["a", "b", "c"], Some(2));
    assert_eq!(parent.by_count(), HashMap::from([(1, 0), (2, 1)]));
    parent.document.apply(&Event::ExecuteInput {
        cell: 2,
        execution_count: 1,
        at: Timestamp::UNIX_EPOCH,
    });
    assert_eq!(parent.by_count(), HashMap::from([(2, 1)]));
}
