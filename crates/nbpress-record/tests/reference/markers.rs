//! Which error counts, and what the markers say: papermill's own function on made-up notebooks.

use nbpress_format::cell::Cell;
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::output::Output;
use nbpress_record::{ERROR_MARKER_TAG, NotebookError, add_error_markers, find_error};

use crate::python::{printed, read};

/// Prints, for every notebook given, what papermill raises; it writes the marked notebook beside it.
const PAPERMILL: &str = r#"
import json, sys, nbformat
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors
for path in sys.argv[1:]:
    nb = nbformat.read(path, as_version=4)
    try:
        raise_for_execution_errors(nb, path[:-len(".ipynb")] + ".marked.ipynb")
        print("null")
    except PapermillExecutionError as e:
        print(json.dumps([e.cell_index, e.exec_count, e.ename, e.evalue]))
"#;

#[test]
fn errors_are_found_and_marked_as_papermill_does() {
    let folder = tempfile::tempdir().unwrap();
    let notebooks: Vec<Notebook> = (0..300).map(notebook).collect();
    let paths: Vec<_> = (0..notebooks.len())
        .map(|index| folder.path().join(format!("{index}.ipynb")))
        .collect();
    for (path, notebook) in paths.iter().zip(&notebooks) {
        let mut file = std::fs::File::create(path).unwrap();
        notebook.write(&mut file).unwrap();
    }
    let answers = String::from_utf8(printed(PAPERMILL, &paths)).unwrap();
    let mut errors = 0;
    for ((path, notebook), answer) in paths.iter().zip(&notebooks).zip(answers.lines()) {
        let found = find_error(notebook);
        assert_eq!(
            as_answer(found.as_ref()),
            Json::parse(answer.as_bytes()).unwrap(),
            "{}",
            path.display()
        );
        if found.is_some() {
            errors += 1;
            let expected = read(&path.with_extension("marked.ipynb"));
            assert_eq!(marked(notebook, &expected), expected);
        }
    }
    assert_eq!(answers.lines().count(), notebooks.len());
    assert!(
        (100..250).contains(&errors),
        "{errors} of the notebooks have an error"
    );
}

/// Our marked notebook, with the made-up ids of their marker cells.
fn marked(notebook: &Notebook, theirs: &[u8]) -> Vec<u8> {
    let theirs = Notebook::parse(theirs).unwrap();
    let mut ours = notebook.clone();
    add_error_markers(&mut ours);
    for (cell, their_cell) in ours.cells.iter_mut().zip(&theirs.cells) {
        if cell.has_tag(ERROR_MARKER_TAG) {
            cell.id.clone_from(&their_cell.id);
        }
    }
    ours.to_bytes()
}

fn as_answer(found: Option<&NotebookError>) -> Json {
    found.map_or(Json::Null, |found| {
        Json::Array(vec![
            found.cell.into(),
            found.execution_count.map_or(Json::Null, Json::from),
            found.error.ename.as_str().into(),
            found.error.evalue.as_str().into(),
        ])
    })
}

/// A notebook of up to five cells with outputs and metadata that matter to papermill's rules; the
/// same for the same number.
fn notebook(number: u64) -> Notebook {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let empty = br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let mut notebook = Notebook::parse(empty).unwrap();
    for index in 0..=dice.throw(5) {
        let mut cell = match dice.throw(6) {
            0 => Cell::new_markdown("text"),
            _ => Cell::new_code("code"),
        };
        // Two made-up ids of one notebook may be equal, which nbformat refuses.
        cell.id = Some(format!("cell{index}"));
        if cell.is_code() {
            cell.set_execution_count([None, Some(index as u64 + 3)][dice.throw(2)]);
            for _ in 0..dice.throw(3) {
                cell.outputs_mut().unwrap().push(output(&mut dice));
            }
            let exception = [Json::Null, false.into(), true.into()][dice.throw(3)].clone();
            if dice.throw(3) == 0 {
                let block = Object::from_iter([("exception".to_owned(), exception)]);
                cell.metadata.insert("papermill".to_owned(), block.into());
            }
        }
        notebook.cells.push(cell);
    }
    notebook
}

fn output(dice: &mut Dice) -> Output {
    match dice.throw(6) {
        0 => Output::error("SystemExit", "", Vec::new()),
        1 => Output::error("SystemExit", "0", Vec::new()),
        2 => Output::error("SystemExit", "1", Vec::new()),
        3 => Output::error("ValueError", "no", vec!["line".to_owned()]),
        _ => Output::stream("stdout", "text"),
    }
}

/// xorshift64: <https://www.jstatsoft.org/article/view/v008i14>.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides).unwrap()
    }
}
