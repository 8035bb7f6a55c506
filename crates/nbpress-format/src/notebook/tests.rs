//! Small notebooks of every format, without nbformat at hand.

use super::Notebook;
use crate::ParseError;
use crate::cell::{Cell, CellKind};
use crate::json::{Json, Object};
use crate::output::{Output, OutputKind};

fn parse(text: &str) -> Notebook {
    Notebook::parse(text.as_bytes()).unwrap()
}

/// A notebook of format 4.5 with these cells.
fn with_cells(cells: &str) -> String {
    format!(r#"{{"cells": [{cells}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}"#)
}

/// One line per cell: kind, source, metadata and outputs.
fn sketch(notebook: &Notebook) -> Vec<String> {
    let sketch = |cell: &Cell| {
        let kind = match &cell.kind {
            CellKind::Code {
                execution_count, ..
            } => format!("code {execution_count:?}"),
            other => format!("{other:?}"),
        };
        let outputs: Vec<String> = cell
            .outputs()
            .iter()
            .map(|output| output.to_json().to_compact())
            .collect();
        let metadata = Json::from(cell.metadata.clone()).to_compact();
        format!(
            "{kind} {:?} {metadata} [{}]",
            cell.source,
            outputs.join(" ")
        )
    };
    notebook.cells.iter().map(sketch).collect()
}

#[test]
fn format_3_is_upgraded() {
    let notebook = parse(
        r#"{"nbformat": 3, "nbformat_minor": 0, "orig_nbformat": 2, "metadata": {"name": "n", "kept": 1}, "worksheets": [
            {"cells": [{"cell_type": "heading", "level": 2, "source": ["a\n", "b"]},
                       {"cell_type": "html", "source": "<b>", "metadata": {"x": 1}}]},
            {"cells": [{"cell_type": "code", "collapsed": true, "language": "python", "input": ["x\n", "y"],
                        "prompt_number": 4, "outputs": [
                {"output_type": "stream", "text": ["p", "q"]},
                {"output_type": "pyout", "prompt_number": 4, "text": "1", "json": "[2]", "metadata": {"png": 5}},
                {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["t"]}]}]}]}"#,
    );
    assert_eq!(
        sketch(&notebook),
        [
            "Markdown \"## a b\" {} []",
            r#"Markdown "<b>" {"x":1} []"#,
            concat!(
                r#"code Some(4) "x\ny" {"collapsed":true} ["#,
                r#"{"output_type":"stream","name":"stdout","text":"p\nq"} "#,
                r#"{"output_type":"execute_result","execution_count":4,"#,
                r#""data":{"text/plain":"1","application/json":[2]},"metadata":{"image/png":5}} "#,
                r#"{"output_type":"error","ename":"E","evalue":"v","traceback":["t"]}]"#
            ),
        ]
    );
    assert_eq!(
        Json::from(notebook.metadata.clone()).to_compact(),
        r#"{"kept":1}"#
    );
    assert_eq!((notebook.nbformat, notebook.nbformat_minor), (4, 5));
    assert!(notebook.extra.is_empty());
    assert!(notebook.validate().is_empty(), "{:?}", notebook.validate());
}

#[test]
fn format_2_keeps_lines_without_their_endings() {
    let notebook = parse(
        r#"{"nbformat": 2, "metadata": {}, "worksheets": [{"cells": [
            {"cell_type": "markdown", "source": ["a\n", "b"]}]}]}"#,
    );
    assert_eq!(sketch(&notebook), ["Markdown \"a\\n\\nb\" {} []"]);
}

#[test]
fn ids_are_replaced_before_4_5_and_completed_after() {
    let cells = r#"{"cell_type": "raw", "id": "a", "metadata": {}, "source": ""},
                   {"cell_type": "raw", "id": "a", "metadata": {}, "source": ""},
                   {"cell_type": "raw", "metadata": {}, "source": ""}"#;
    for (minor, kept) in [(4, 0), (5, 1), (99, 1)] {
        let text = with_cells(cells).replace("_minor\": 5", &format!("_minor\": {minor}"));
        let ids: Vec<String> = parse(&text)
            .cells
            .into_iter()
            .filter_map(|cell| cell.id)
            .collect();
        assert_eq!(ids.len(), 3);
        assert_eq!(
            ids.iter().filter(|id| *id == "a").count(),
            kept,
            "4.{minor}: {ids:?}"
        );
        assert_eq!(
            ids.iter().collect::<std::collections::HashSet<_>>().len(),
            3
        );
    }
}

#[test]
fn refusals_name_the_place() {
    for (text, expected) in [
        ("[]", "`notebook` must be object, not array"),
        ("{}", "`nbformat` is missing"),
        (
            r#"{"nbformat": "4"}"#,
            "`nbformat` must be integer, not string",
        ),
        (
            r#"{"nbformat": 5}"#,
            "notebook format 5 is not supported (only 2, 3 and 4 are)",
        ),
        (
            r#"{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}"#,
            "`cells` is missing",
        ),
        (&with_cells("7"), "`cells[0]` must be object, not integer"),
        (&with_cells("{}"), "`cells[0].cell_type` is missing"),
        (
            &with_cells(r#"{"cell_type": "raw", "source": ""}"#),
            "`cells[0].metadata` is missing",
        ),
        (
            &with_cells(r#"{"cell_type": "raw", "metadata": {}, "source": [1]}"#),
            "`cells[0].source` must be string or list of strings, not array",
        ),
        (
            &with_cells(r#"{"cell_type": "raw", "metadata": {}, "attachments": {"a b": 1}}"#),
            "`cells[0].attachments[\"a b\"]` must be object, not integer",
        ),
        (
            &with_cells(r#"{"cell_type": "code", "metadata": {}, "execution_count": -1}"#),
            "`cells[0].execution_count` must be integer from 0 or null, not integer",
        ),
        (
            &with_cells(
                r#"{"cell_type": "code", "metadata": {}, "outputs": [{"output_type": "stream", "text": 1}]}"#,
            ),
            "`cells[0].outputs[0].text` must be string or list of strings, not integer",
        ),
        (
            r#"{"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [
                {"cell_type": "code", "outputs": [{"output_type": "pyout", "json": "{"}]}]}]}"#,
            "`worksheets[0].cells[0].outputs[0].data[\"application/json\"]` is not JSON",
        ),
        (
            r#"{"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [
                {"cell_type": "markdown", "source": "", "attachments": 1}]}]}"#,
            "`worksheets[0].cells[0].attachments` must be object, not integer",
        ),
    ] {
        let error = Notebook::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn gaps_are_filled_and_reported() {
    let text = with_cells(
        r#"{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [{"output_type": "display_data"}]}"#,
    );
    let (notebook, problems) = Notebook::parse_and_validate(text.as_bytes()).unwrap();
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "`cells[0]`: `source` is missing",
            "`cells[0].outputs[0]`: `data` is missing",
            "`cells[0].outputs[0]`: `metadata` is missing",
            "`cells[0]`: `execution_count` is missing",
        ]
    );
    assert!(notebook.validate().is_empty());
}

#[test]
fn long_texts_are_split_into_lines_and_nothing_else_is() {
    let mut cell = Cell::new_code("a\nb");
    cell.id = Some("one".to_owned());
    let data: Object = [("text/plain", "x\ny"), ("image/png", "p\nq")]
        .map(|(mime, text)| (mime.to_owned(), text.into()))
        .into();
    if let Some(outputs) = cell.outputs_mut() {
        outputs.push(Output::display_data(data, Object::new()));
        outputs.push(Output::error("E\n", "v\n", vec!["t\nu".to_owned()]));
    }
    let notebook = Notebook {
        metadata: [("orig_nbformat".to_owned(), 3_u64.into())].into(),
        nbformat: 4,
        nbformat_minor: 5,
        cells: vec![cell],
        extra: Object::new(),
    };
    let text = String::from_utf8(notebook.to_bytes()).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(
        lines.join(" "),
        concat!(
            r#"{ "cells": [ { "cell_type": "code", "execution_count": null, "id": "one", "metadata": {}, "outputs": [ { "#,
            r#""data": { "image/png": "p\nq", "text/plain": [ "x\n", "y" ] }, "metadata": {}, "#,
            r#""output_type": "display_data" }, { "ename": "E\n", "evalue": "v\n", "output_type": "error", "#,
            r#""traceback": [ "t\nu" ] } ], "source": [ "a\n", "b" ] } ], "metadata": {}, "nbformat": 4, "#,
            r#""nbformat_minor": 5 }"#
        )
    );
}

#[test]
fn what_is_not_known_is_kept() {
    let cells = r#"{"cell_type": "chart", "id": "a", "metadata": {}, "rows": [1]},
        {"cell_type": "code", "execution_count": null, "id": "b", "metadata": {}, "new": 2, "source": [], "outputs": [
            {"output_type": "hologram", "depth": 3}, {"output_type": "stream", "name": "stdout", "text": [], "new": 4}]}"#;
    let text = with_cells(cells).replacen('{', r#"{"future": 5, "#, 1);
    let notebook = parse(&text);
    let canonical = |bytes: &[u8]| {
        let mut text = String::new();
        Json::parse(bytes).unwrap().write_python(0, &mut text);
        text
    };
    assert_eq!(canonical(&notebook.to_bytes()), canonical(text.as_bytes()));
    assert!(matches!(
        notebook.cells[1].outputs()[0].kind,
        OutputKind::Other(_)
    ));
}

#[test]
fn cells_and_names_are_found() {
    let notebook = parse(
        r#"{"nbformat": 4, "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}, "language_info": {"name": ""}},
            "cells": [{"cell_type": "code", "id": "a", "metadata": {"tags": "parameters"}},
                      {"cell_type": "code", "id": "b", "metadata": {"tags": ["x", "parameters"]}},
                      {"cell_type": "code", "id": "c", "metadata": {"tags": ["injected-parameters"]}}]}"#,
    );
    assert_eq!(notebook.language(), Some("R"));
    assert_eq!(notebook.kernel_name(), Some("ir"));
    assert_eq!(notebook.parameters_cell(), Some(1));
    assert_eq!(notebook.injected_parameters_cell(), Some(2));
}

/// A file is read with its texts joined on the way; a document that is JSON already is joined afterwards.
#[test]
fn lists_of_lines_are_texts_only_where_the_format_has_texts() {
    let lists = r#"["a\n", "b"]"#;
    let output = |kind: &str| {
        format!(
            r#"{{"data": {{"text/plain": {lists}, "a/b+json": {lists}, "application/x+json": {lists}}},
            "text": {lists}, "name": "stdout", "metadata": {{"text": {lists}}}, "output_type": "{kind}"}}"#
        )
    };
    let kinds = ["display_data", "execute_result", "stream", "hologram"];
    for kind in ["code", "markdown", "raw", "hologram"] {
        let outputs = kinds.map(output).join(",");
        let file = format!(
            r#"{{"cells": [{{"source": {lists}, "outputs": [{outputs}], "id": "a", "metadata": {{"source": {lists}}},
            "attachments": {{"f": {{"text/plain": {lists}, "x": [1, "a"]}}}}, "cell_type": "{kind}"}}],
            "metadata": {{"cells": [{{"source": {lists}}}]}}, "nbformat": 4, "nbformat_minor": 5, "source": {lists}}}"#
        );
        let read = Notebook::parse_and_validate(file.as_bytes()).unwrap();
        let json = Json::parse(file.as_bytes()).unwrap();
        assert_eq!(
            read,
            Notebook::from_json_and_validate(json).unwrap(),
            "{kind}"
        );
        assert_eq!(read.0.to_compact(), read.0.to_json().to_compact());
    }
    for source in [
        "[1]",
        r#"["a", 1]"#,
        "[\"a\\n\" \"b\"]",
        r#"["a",]"#,
        "[]",
        r#"["\ud800"]"#,
    ] {
        let file = format!(
            r#"{{"cells": [{{"source": {source}, "id": "a", "metadata": {{}}, "cell_type": "raw"}}],
            "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}"#
        );
        let whole = Json::parse(file.as_bytes());
        let whole = whole
            .map_err(ParseError::from)
            .and_then(Notebook::from_json);
        assert_eq!(Notebook::parse(file.as_bytes()), whole, "{source}");
    }
}
