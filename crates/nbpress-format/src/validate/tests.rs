//! What each minor version of format 4 allows.

use super::{Problem, validate};
use crate::json::Json;

/// The problems of a notebook with one cell.
fn problems(minor: u64, cell: &str, metadata: &str) -> Vec<String> {
    let text = format!(
        r#"{{"cells": [{cell}], "metadata": {metadata}, "nbformat": 4, "nbformat_minor": {minor}}}"#
    );
    let notebook = Json::parse(text.as_bytes()).unwrap();
    validate(&notebook).iter().map(Problem::to_string).collect()
}

#[test]
fn a_minor_version_brings_its_rules() {
    let raw = r#"{"cell_type": "raw", "metadata": {"jupyter": 1}, "source": ["a"]}"#;
    let with_id = r#"{"cell_type": "raw", "id": "a", "metadata": {}, "source": "a"}"#;
    for (minor, cell, metadata, expected) in [
        (1, "", r#"{"title": 1}"#, vec![]),
        (
            2,
            "",
            r#"{"title": 1}"#,
            vec!["`metadata.title`: must be string, not integer"],
        ),
        (2, raw, "{}", vec![]),
        (
            3,
            raw,
            "{}",
            vec!["`cells[0].metadata.jupyter`: must be object, not integer"],
        ),
        (
            4,
            with_id,
            "{}",
            vec!["`cells[0]`: `id` is not a field of format 4.4"],
        ),
        (5, with_id, "{}", vec![]),
    ] {
        assert_eq!(
            problems(minor, cell, metadata),
            expected,
            "4.{minor} {cell} {metadata}"
        );
    }
}

#[test]
fn a_newer_version_may_bring_what_is_not_known() {
    let chart = r#"{"cell_type": "chart", "id": "a", "metadata": {}}"#;
    let field = r#"{"cell_type": "raw", "id": "a", "metadata": {}, "source": "", "new": 1}"#;
    assert_eq!(
        problems(5, chart, "{}"),
        ["`cells[0]`: `chart` is no kind of cell"]
    );
    assert_eq!(
        problems(5, field, "{}"),
        ["`cells[0]`: `new` is not a field of format 4.5"]
    );
    for cell in [chart, field] {
        assert_eq!(problems(6, cell, "{}"), [""; 0]);
    }
}

#[test]
fn places_lead_to_the_value() {
    let cell = r#"{"cell_type": "code", "id": "$", "execution_count": 1.5, "source": 1,
        "metadata": {"tags": ["a", "a", "b,c", 2], "name": ""}, "outputs": [
            {"output_type": "display_data", "metadata": [], "data": {"text/plain": 1, "application/json": 1}},
            {"output_type": "stream", "name": "stdout"}, 7]}"#;
    assert_eq!(
        problems(5, cell, r#"{"kernelspec": {"name": "x"}}"#),
        [
            "`cells[0].id`: must be 1 to 64 letters, digits, `-` and `_`",
            "`cells[0].metadata.name`: must be one line that is not empty",
            "`cells[0].metadata.tags[2]`: must not be empty and must have no comma",
            "`cells[0].metadata.tags[3]`: must be string, not integer",
            "`cells[0].metadata.tags`: `a` is there twice",
            "`cells[0].source`: must be string or list of strings, not integer",
            r#"`cells[0].outputs[0].data["text/plain"]`: must be string or list of strings, not integer"#,
            "`cells[0].outputs[0].metadata`: must be object, not array",
            "`cells[0].outputs[1]`: `text` is missing",
            "`cells[0].outputs[2]`: must be object, not integer",
            "`cells[0].execution_count`: must be integer from 0 or null, not number",
            "`metadata.kernelspec`: `display_name` is missing",
        ]
    );
}

#[test]
fn what_is_no_notebook_has_problems() {
    for text in ["7", "[]", "{}", r#"{"nbformat": 3, "worksheets": []}"#] {
        assert!(
            !validate(&Json::parse(text.as_bytes()).unwrap()).is_empty(),
            "{text}"
        );
    }
}

#[test]
fn a_file_with_many_problems_under_a_long_name_is_told_little() {
    let values: Vec<String> = (0..5000).map(|index| format!(r#""{index}": 1"#)).collect();
    let (name, values) = ("é".repeat(5000), values.join(","));
    let raw = format!(
        r#"{{"cell_type": "raw", "id": "a", "metadata": {{}}, "source": "", "attachments": {{"{name}": {{{values}}}}}}}"#
    );
    let found = problems(5, &raw, "{}");
    assert_eq!(found.len(), 100);
    let shown = "é".repeat(100);
    assert_eq!(
        found[99],
        format!(
            "`cells[0].attachments[\"{shown}…\"][\"99\"]`: must be string or list of strings, not integer"
        )
    );
}
