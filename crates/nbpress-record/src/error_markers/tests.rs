//! papermill's rules one by one; made-up notebooks are compared with papermill.

use nbpress_format::json::Object;
use nbpress_format::output::Output;

use super::*;
use crate::sample;

/// A notebook of code cells with these error outputs (`ename`, `evalue`); `!` marks a cell whose
/// metadata says that there was an exception.
fn notebook(cells: &[&[(&str, &str)]]) -> Notebook {
    let mut notebook = sample::notebook(&[]);
    for (index, errors) in cells.iter().enumerate() {
        let mut cell = Cell::new_code("");
        cell.set_execution_count(Some(index as u64 + 1));
        for (ename, evalue) in *errors {
            if *ename == "!" {
                let block = sample::object([("exception", true.into())]);
                cell.metadata.insert("papermill".to_owned(), block.into());
            } else {
                cell.outputs_mut()
                    .unwrap()
                    .push(Output::error(ename, evalue, Vec::new()));
            }
        }
        notebook.cells.push(cell);
    }
    notebook
}

#[test]
fn papermills_rules() {
    let exit = |value| ("SystemExit", value);
    for (cells, expected) in [
        (vec![], None),
        (vec![&[][..]], None),
        (vec![&[("A", "1")][..], &[][..]], Some((1, "A"))),
        // The last cell's error, the first of its outputs.
        (
            vec![&[("A", "1")], &[("B", "2"), ("C", "3")]],
            Some((2, "B")),
        ),
        (vec![&[exit("")]], None),
        (vec![&[exit("0")]], None),
        (vec![&[exit("1")]], Some((1, "SystemExit"))),
        (vec![&[exit("0"), ("A", "1")]], Some((1, "A"))),
        (vec![&[exit("0"), ("!", "")]], None),
        (vec![&[("!", "")]], Some((1, "CellExecutionError"))),
        // Metadata ends the search, but only while nothing was found.
        (
            vec![&[("!", "")], &[("A", "1")]],
            Some((1, "CellExecutionError")),
        ),
        (vec![&[("A", "1")], &[("!", "")]], Some((1, "A"))),
        (
            vec![&[("A", "1"), ("!", "")], &[("B", "2")]],
            Some((2, "B")),
        ),
    ] {
        let found = find_error(&notebook(&cells));
        let found = found
            .as_ref()
            .map(|found| (found.cell, found.error.ename.as_str()));
        assert_eq!(found, expected, "{cells:?}");
    }
}

#[test]
fn markers_come_and_go() {
    let original = notebook(&[&[], &[("A", "1")]]);
    let mut marked = original.clone();
    add_error_markers(&mut marked);
    assert_eq!(marked.cells.len(), original.cells.len() + 2);
    for place in [0, 3] {
        let cell = &marked.cells[place];
        assert_eq!(cell.kind, CellKind::Markdown);
        assert_eq!(cell.tags().collect::<Vec<_>>(), [ERROR_MARKER_TAG]);
        assert_eq!(cell.metadata.len(), 1);
        assert!(cell.id.is_some());
    }
    assert_eq!(marked.cells[4], original.cells[2]);
    remove_error_markers(&mut marked);
    assert_eq!(marked, original);
}

#[test]
fn a_cell_without_a_number_is_called_none() {
    let mut notebook = notebook(&[&[("!", "")]]);
    notebook.cells[1].set_execution_count(None);
    add_error_markers(&mut notebook);
    assert!(notebook.cells[0].source.contains("In [None]"));
}

#[test]
fn nothing_is_added_without_an_error() {
    let mut unmarked = notebook(&[&[("SystemExit", "0")]]);
    let before = unmarked.clone();
    add_error_markers(&mut unmarked);
    assert_eq!(unmarked, before);
    assert_eq!(before.extra, Object::new());
}

#[test]
fn the_cell_in_which_the_run_ended_is_marked_always_alike() {
    let cells = [&[("A", "tolerated")][..], &[("!", "")][..], &[][..]];
    for (ended_in, marked) in [
        (Some(2), 2),
        (Some(1), 1),
        (None, 1),
        (Some(3), 1),
        (Some(9), 1),
    ] {
        let source = notebook(&cells);
        // The sample's first cell makes the others count from 1.
        let mut ours = source.clone();
        mark_end(&mut ours, ended_in);
        let markers: Vec<usize> = (0..ours.cells.len())
            .filter(|&index| ours.cells[index].has_tag(ERROR_MARKER_TAG))
            .collect();
        assert_eq!(markers, [0, marked + 1], "{ended_in:?}");
        let mut again = source;
        mark_end(&mut again, ended_in);
        assert_eq!(ours.to_bytes(), again.to_bytes());
    }
}
