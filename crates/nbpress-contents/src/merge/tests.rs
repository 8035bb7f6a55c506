use nbpress_format::{Cell, Json, Notebook, Output};
use proptest::prelude::*;

use super::{Merged, merge};

/// A notebook of cells written `id:source`, `id:source>output` or `id!` for Markdown.
fn notebook(cells: &str) -> Notebook {
    let mut notebook =
        Notebook::parse(br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#)
            .unwrap();
    notebook.cells = cells.split_whitespace().map(cell).collect();
    notebook
}

fn cell(text: &str) -> Cell {
    let (id, source) = text.split_once(':').unwrap_or((text, ""));
    let (source, output) = match source.split_once('>') {
        Some((source, output)) => (source, Some(output)),
        None => (source, None),
    };
    let mut cell = match id.strip_suffix('!') {
        Some(_) => Cell::new_markdown(source),
        None => Cell::new_code(source),
    };
    cell.id = Some(id.trim_end_matches('!').to_owned());
    if let (Some(outputs), Some(output)) = (cell.outputs_mut(), output) {
        outputs.push(Output::stream("stdout", output));
    }
    cell
}

fn shown(notebook: &Notebook) -> String {
    let cells = notebook.cells.iter().map(|cell| {
        let mut text = cell.id.clone().unwrap();
        if !cell.is_code() {
            text.push('!');
        }
        if !cell.source.is_empty() {
            text = format!("{text}:{}", cell.source);
        }
        for output in cell.outputs() {
            let output = output.to_json();
            text = format!("{text}>{}", output.get("text").unwrap().as_str().unwrap());
        }
        text
    });
    cells.collect::<Vec<_>>().join(" ")
}

#[test]
fn each_part_is_that_of_who_changed_it() {
    for (base, mine, theirs, expected) in [
        // Text, and outputs, and both of one cell.
        ("a:1 b:2", "a:m b:2", "a:1 b:t", "a:m b:t"),
        ("a:1 b:2", "a:m b:2", "a:1>out b:2", "a:m>out b:2"),
        ("a:1>old", "a:1>old", "a:1>new", "a:1>new"),
        ("a:1 b:2", "a:x b:2", "a:x b:2", "a:x b:2"),
        // Cells that came and went.
        ("a b c", "a m b c", "a b c t", "a m b c t"),
        ("a b", "a m b", "a t b", "a m t b"),
        ("a b", "m a b", "t a b", "m t a b"),
        ("a b c", "a c", "a b c:t", "a c:t"),
        ("a b c d", "a b c", "a c d", "a c"),
        ("a b", "a b new:1", "a b new:1", "a b new:1"),
        // Cells that moved, and changed elsewhere.
        ("a b c", "c a b", "a b:t c", "c a b:t"),
        ("a b c", "a b:m c t", "b a c", "b:m a c t"),
        ("a b c d", "d a b c", "a x b c d", "d a x b c"),
        // Another kind of cell.
        ("a:1>out b", "a!:1 b", "a:1>out b:t", "a!:1 b:t"),
    ] {
        let merged = merge(&notebook(base), &notebook(mine), &notebook(theirs));
        let conflicts = merged.conflicts;
        assert_eq!(
            conflicts,
            Vec::<String>::new(),
            "{base} | {mine} | {theirs}"
        );
        assert_eq!(
            shown(&merged.notebook),
            expected,
            "{base} | {mine} | {theirs}"
        );
    }
}

#[test]
fn what_contradicts_is_theirs_and_named() {
    for (base, mine, theirs, expected, conflicts) in [
        ("a:1 b:2", "a:m b:2", "a:t b:2", "a:t b:2", vec!["a"]),
        ("a:1>o b", "a:1>m b", "a:1>t b", "a:1>t b", vec!["a"]),
        ("a b:1", "a", "a b:t", "a b:t", vec!["b"]),
        ("a b:1", "a b:m", "a", "a b:m", vec!["b"]),
        ("a b", "a b n:m", "a b n:t", "a b n:t", vec!["n"]),
        ("a b c", "b a c", "a c b", "a c b", vec!["a", "b", "c"]),
        ("a:1", "x:1", "a:2", "a:2", vec!["x"]),
    ] {
        let merged = merge(&notebook(base), &notebook(mine), &notebook(theirs));
        assert_eq!(
            shown(&merged.notebook),
            expected,
            "{base} | {mine} | {theirs}"
        );
        let mut found = merged.conflicts;
        found.sort_unstable();
        assert_eq!(found, conflicts, "{base} | {mine} | {theirs}");
    }
}

#[test]
fn metadata_is_merged_key_by_key() {
    let with = |pairs: &[(&str, &str)]| {
        let mut notebook = notebook("a b");
        for (key, value) in pairs {
            let value = Json::String((*value).to_owned());
            notebook.metadata.insert((*key).to_owned(), value.clone());
            notebook.cells[0].metadata.insert((*key).to_owned(), value);
        }
        notebook
    };
    let base = with(&[("kept", "1"), ("gone", "1"), ("mine", "1"), ("theirs", "1")]);
    let mine = with(&[("kept", "1"), ("mine", "2"), ("theirs", "1"), ("new", "m")]);
    let theirs = with(&[("kept", "1"), ("gone", "1"), ("mine", "1"), ("theirs", "2")]);
    let expected = with(&[("kept", "1"), ("mine", "2"), ("theirs", "2"), ("new", "m")]);
    let Merged {
        notebook,
        conflicts,
    } = merge(&base, &mine, &theirs);
    assert_eq!(conflicts, Vec::<String>::new());
    assert_eq!(notebook, expected);
    let other = with(&[("kept", "1"), ("gone", "1"), ("mine", "3"), ("theirs", "1")]);
    assert_eq!(merge(&base, &mine, &other).conflicts, ["a"]);
}

#[test]
fn notebooks_without_ids_are_not_mixed() {
    let old = br##"{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# a"}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 4}"##;
    let [base, mine, theirs] = [(); 3].map(|()| Notebook::parse(old).unwrap());
    let merged = merge(&base, &mine, &theirs);
    assert_eq!(merged.notebook, theirs);
    assert_eq!(merged.conflicts.len(), 1);
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let kinds = prop_oneof![Just(""), Just("!")];
    (
        "[a-h]",
        kinds,
        "[xyz]{0,2}",
        proptest::option::of("[pq]"),
        0..3_u64,
    )
        .prop_map(|(id, kind, source, output, count)| {
            let output = output
                .map(|output| format!(">{output}"))
                .unwrap_or_default();
            let mut cell = cell(&format!("{id}{kind}:{source}{output}"));
            cell.set_execution_count(Some(count));
            if count > 1 {
                cell.metadata.insert("k".to_owned(), Json::Bool(true));
            }
            cell
        })
}

fn any_notebook() -> impl Strategy<Value = Notebook> {
    proptest::collection::vec(any_cell(), 0..7).prop_map(|mut cells| {
        let mut seen = std::collections::HashSet::new();
        cells.retain(|cell| seen.insert(cell.id.clone()));
        let mut notebook = notebook("");
        notebook.cells = cells;
        notebook
    })
}

/// A key that tells apart a side that is unchanged but for this from one that is the same.
fn marked(mut notebook: Notebook) -> Notebook {
    notebook.metadata.insert("mark".to_owned(), Json::Null);
    notebook
}

proptest! {
    #[test]
    fn with_one_side_unchanged_the_other_is_the_result(base in any_notebook(), side in any_notebook()) {
        for (mine, theirs) in [(&base, &side), (&side, &base), (&side, &side)] {
            let merged = merge(&base, mine, theirs);
            prop_assert_eq!(&merged.notebook, &side);
            prop_assert!(merged.conflicts.is_empty());
        }
    }

    /// The cells merge so without the short cut for equal notebooks, too.
    #[test]
    fn cells_follow_the_side_that_changed(base in any_notebook(), side in any_notebook()) {
        prop_assume!(super::are_related(&base, &side));
        for (mine, theirs) in [
            (marked(base.clone()), side.clone()),
            (side.clone(), marked(base.clone())),
        ] {
            let merged = merge(&base, &mine, &theirs);
            prop_assert!(merged.conflicts.is_empty());
            prop_assert_eq!(&merged.notebook.cells, &side.cells);
        }
    }

    #[test]
    fn no_cell_is_lost_or_doubled(base in any_notebook(), mine in any_notebook(), theirs in any_notebook()) {
        let merged = merge(&base, &mine, &theirs);
        let mut seen = std::collections::HashSet::new();
        for cell in &merged.notebook.cells {
            prop_assert!(seen.insert(cell.id.clone()));
        }
        if !merged.conflicts.is_empty() {
            return Ok(());
        }
        let has = |notebook: &Notebook, cell: &Cell| notebook.cells.iter().any(|other| other.id == cell.id);
        for added in mine.cells.iter().chain(&theirs.cells) {
            if !has(&base, added) {
                prop_assert!(has(&merged.notebook, added));
            }
        }
        for kept in &base.cells {
            let stays = has(&mine, kept) && has(&theirs, kept);
            prop_assert_eq!(stays, has(&merged.notebook, kept));
        }
    }
}
