//! The two cells with which papermill points at the cell that failed.
//!
//! Text and rules are papermill's: readers of its notebooks search for them
//! (<https://papermill.readthedocs.io/en/latest/troubleshooting.html>).

use nbpress_format::cell::{Cell, CellKind};
use nbpress_format::json::Json;
use nbpress_format::notebook::Notebook;
use nbpress_format::output::OutputKind;

use crate::disk;
use crate::outcome::CellError;

/// The tag of both cells.
pub const ERROR_MARKER_TAG: &str = "papermill-error-cell-tag";

const STYLE: &str = r#"style="color:red; font-family:Helvetica Neue, Helvetica, Arial, sans-serif; font-size:2em;""#;

/// The error that a notebook shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotebookError {
    /// The cell's index.
    pub cell: usize,
    /// The number in its `In [ ]`.
    pub execution_count: Option<u64>,
    /// The exception; `CellExecutionError` without text where the kernel reported a failure but left
    /// no error output, as IPython does for an unknown magic.
    pub error: CellError,
}

/// The error that papermill would raise for a notebook.
///
/// An error output counts in whatever cell it is, the last cell's wins, and of one cell's outputs the
/// first. `SystemExit` with no value or `0` is no error. Without an error output, the first cell
/// whose `metadata.papermill.exception` is true counts, unless it ended with such a `SystemExit`.
pub fn find_error(notebook: &Notebook) -> Option<NotebookError> {
    let mut found = None;
    for (index, cell) in notebook.cells.iter().enumerate() {
        let (execution_count, outputs) = match &cell.kind {
            CellKind::Code {
                execution_count,
                outputs,
            } => (*execution_count, outputs.as_slice()),
            _ => (None, &[][..]),
        };
        let mut exited = false;
        let mut error = None;
        for output in outputs {
            let OutputKind::Error {
                ename,
                evalue,
                traceback,
            } = &output.kind
            else {
                continue;
            };
            if ename == "SystemExit" && matches!(evalue.as_str(), "" | "0") {
                exited = true;
                continue;
            }
            let (ename, evalue, traceback) = (ename.clone(), evalue.clone(), traceback.clone());
            error = Some(CellError {
                ename,
                evalue,
                traceback,
            });
            break;
        }
        let at = |error| {
            Some(NotebookError {
                cell: index,
                execution_count,
                error,
            })
        };
        if let Some(error) = error {
            found = at(error);
        } else if found.is_none() && !exited && was_exception(cell) {
            let ename = "CellExecutionError".to_owned();
            return at(CellError {
                ename,
                ..CellError::default()
            });
        }
    }
    found
}

fn was_exception(cell: &Cell) -> bool {
    let papermill = cell.metadata.get("papermill");
    papermill
        .and_then(|block| block.get("exception"))
        .and_then(Json::as_bool)
        == Some(true)
}

/// Puts a cell with a link at the top and one with its target before the cell that failed. Nothing
/// happens when [there is no error](find_error).
pub fn add_error_markers(notebook: &mut Notebook) {
    if let Some(found) = find_error(notebook) {
        mark_cell(notebook, found.cell);
    }
}

/// Puts the same two cells where the run is known to have ended: in this cell, if it failed. papermill
/// would search, and take an error that was tolerated before for the one that ended the run.
pub(crate) fn mark_end(notebook: &mut Notebook, cell: Option<usize>) {
    let failed = |cell: &usize| notebook.cells.get(*cell).is_some_and(was_exception);
    match cell.filter(failed) {
        Some(cell) => mark_cell(notebook, cell),
        None => add_error_markers(notebook),
    }
}

fn mark_cell(notebook: &mut Notebook, cell: usize) {
    let count = notebook.cells[cell]
        .execution_count()
        .map_or("None".to_owned(), |count| count.to_string());
    let anchor = format!(
        r#"<span id="papermill-error-cell" {STYLE}>Execution using papermill encountered an exception here and stopped:</span>"#
    );
    let link = format!(
        r##"<span {STYLE}>An Exception was encountered at '<a href="#papermill-error-cell">In [{count}]</a>'.</span>"##
    );
    let anchor = marker(notebook, anchor);
    notebook.cells.insert(cell, anchor);
    let link = marker(notebook, link);
    notebook.cells.insert(0, link);
}

/// The same run gives the same bytes whenever its notebook is asked for, so the ids are not random.
fn marker(notebook: &Notebook, text: String) -> Cell {
    let is_taken = |id: &str| {
        notebook
            .cells
            .iter()
            .any(|cell| cell.id.as_deref() == Some(id))
    };
    let mut id = disk::sha256(text.as_bytes());
    id.truncate(8);
    while is_taken(&id) {
        id = disk::sha256(id.as_bytes());
        id.truncate(8);
    }
    let mut cell = Cell::new_markdown(text);
    cell.id = Some(id);
    cell.metadata.insert(
        "tags".to_owned(),
        Json::Array(vec![ERROR_MARKER_TAG.into()]),
    );
    cell
}

/// Removes the markers of an earlier run.
pub fn remove_error_markers(notebook: &mut Notebook) {
    notebook
        .cells
        .retain(|cell| !cell.has_tag(ERROR_MARKER_TAG));
}

#[cfg(test)]
mod tests;
