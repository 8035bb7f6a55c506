//! What the record of an executed notebook says.

use nbpress_record::CellStatus::{Completed, Failed, NotRun};
use nbpress_record::find_error;

use super::super::papermill::read;
use super::*;

/// As papermill wrote it: the third cell failed, and two never ran.
const EXECUTED: &str = include_str!("tests/executed.ipynb");

#[test]
fn a_record_shows_what_the_notebook_shows() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (run, notebook) = read("out.ipynb", EXECUTED.as_bytes()).unwrap();
    let run_id = RunId::of_origin(run.started_at, &run.identity);
    let record = write(&store, run_id, &run, notebook.clone()).unwrap();

    let manifest = record.manifest().unwrap();
    assert_eq!(manifest.header.command, "import");
    assert_eq!(manifest.header.started_at, run.started_at);
    assert_eq!(manifest.finished_at, run.ended_at);
    let statuses: Vec<_> = manifest.cells.iter().map(|cell| cell.status).collect();
    assert_eq!(statuses, [Completed, Completed, Failed, NotRun, NotRun]);
    assert_eq!(manifest.outcome.cell, Some(2));
    assert_eq!(
        manifest.outcome.error.as_ref().unwrap().ename,
        "ZeroDivisionError"
    );

    // The notebook that comes out is the one that went in.
    let mut shown = record.notebook().unwrap();
    assert!(find_error(&shown).is_some());
    let original = Notebook::parse(EXECUTED.as_bytes()).unwrap();
    assert_eq!(
        shown.cells.len(),
        original.cells.len(),
        "the error marks are back"
    );
    shown.metadata.shift_remove("nbpress");
    assert_eq!(shown.metadata, original.metadata);
    for (shown, original) in shown.cells.iter().zip(&original.cells) {
        // The marks are new cells, with new ids.
        let parts = |cell: &Cell| {
            (
                cell.kind.clone(),
                cell.source.clone(),
                cell.metadata.clone(),
            )
        };
        assert_eq!(parts(shown), parts(original));
    }
    assert_eq!(store.verify().unwrap().problems, []);
}

#[test]
fn a_record_is_written_once_and_again_where_its_writer_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (run, notebook) = read("out.ipynb", EXECUTED.as_bytes()).unwrap();
    let run_id = RunId::of_origin(run.started_at, &run.identity);
    drop(store.begin(header(run_id, &run), notebook.clone()).unwrap());
    let half = store.find(&run_id.to_string()).unwrap();
    assert_eq!(half.state(), RunState::CutOff);
    let hash = |record: &Record| record.manifest().unwrap().record_id.clone();
    let first = write(&store, run_id, &run, notebook.clone()).unwrap();
    let second = write(&store, run_id, &run, notebook).unwrap();
    assert_eq!(hash(&first), hash(&second));
    assert_eq!(store.list().unwrap().len(), 1);
}
