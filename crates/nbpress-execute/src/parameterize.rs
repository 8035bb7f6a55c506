//! Parameters become a cell: papermill's rules for where it goes and what it is tagged.

use nbpress_format::cell::Cell;
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;

/// The tag of the cell that holds a run's parameters.
pub const INJECTED_TAG: &str = "injected-parameters";

/// Puts `source` into the notebook as its injected-parameters cell: in place of an earlier one, else
/// after the first parameters cell, else on top. Returns its position.
pub fn inject(notebook: &mut Notebook, source: String, hidden: bool) -> usize {
    let mut cell = Cell::new_code(source);
    cell.metadata.insert(
        "tags".to_owned(),
        Json::Array(vec![Json::from(INJECTED_TAG)]),
    );
    if hidden {
        hide_source(&mut cell);
    }
    if let Some(earlier) = notebook.injected_parameters_cell() {
        notebook.cells[earlier] = cell;
        return earlier;
    }
    let position = notebook
        .parameters_cell()
        .map_or(0, |parameters| parameters + 1);
    notebook.cells.insert(position, cell);
    position
}

/// Report mode: asks viewers to fold the source of a code cell away.
pub fn hide_source(cell: &mut Cell) {
    let jupyter = cell
        .metadata
        .entry("jupyter".to_owned())
        .or_insert_with(|| Json::Object(Object::new()));
    if let Some(jupyter) = jupyter.as_object_mut() {
        jupyter.insert("source_hidden".to_owned(), Json::from(true));
    }
}
