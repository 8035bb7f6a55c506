use super::*;

fn notebook(json: &str) -> Notebook {
    Notebook::parse(json.as_bytes()).unwrap()
}

fn read(json: &str) -> Document {
    Document::new(DocumentKind::Notebook, "main", "a/b.ipynb", "a/b.ipynb")
        .with_notebook(&notebook(json))
}

#[test]
fn a_header_of_metadata_is_read() {
    let document = read(
        r#"{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {"title": " Revenue ",
            "description": "By month.", "authors": [{"name": "Ada"}, "Grace", {"name": "Ada"}, 7],
            "tags": ["finance", "", "monthly"]}}"#,
    );
    assert_eq!(document.title, "Revenue");
    assert_eq!(document.description, "By month.");
    assert_eq!(document.authors, ["Ada", "Grace"]);
    assert_eq!(document.tags, ["finance", "monthly"]);
}

#[test]
fn a_title_is_the_first_heading_or_the_name() {
    for (source, title) in [
        (r"# The *big* `plan` #", "The big plan"),
        (r"no\n\n  ## Second", "Second"),
        (r"```\n# a comment\n```\n#tag\n# Real", "Real"),
        ("#", "b"),
    ] {
        let json = format!(
            r#"{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [{{"id": "a",
                "cell_type": "markdown", "metadata": {{}}, "source": "{source}"}}]}}"#
        );
        assert_eq!(read(&json).title, title, "{source}");
    }
}

#[test]
fn outputs_are_bounded_by_cell() {
    let line = "word ".repeat(4000);
    let json = format!(
        r#"{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [{{"id": "a",
            "cell_type": "code", "metadata": {{}}, "execution_count": 1, "source": "x", "outputs": [
            {{"output_type": "error", "ename": "KeyError", "evalue": "'colour'", "traceback": []}},
            {{"output_type": "stream", "name": "stdout", "text": "{line}"}},
            {{"output_type": "stream", "name": "stdout", "text": "late"}}]}}]}}"#
    );
    let document = read(&json);
    let parts: Vec<_> = document.cells.iter().map(|text| text.part).collect();
    assert_eq!(parts, [Part::Source, Part::Output]);
    let output = &document.cells[1].text;
    assert!(output.starts_with("KeyError: 'colour'\nword "));
    assert!(output.len() < MOST_OF_OUTPUTS + 10 && !output.contains("late"));
}

#[test]
fn stamps_say_what_both_know() {
    let stamp = |size, etag: Option<&str>| Stamp {
        size,
        etag: etag.map(str::to_owned),
        ..Stamp::default()
    };
    for (one, other, same) in [
        (stamp(1, Some("a")), stamp(1, Some("a")), true),
        (stamp(1, Some("a")), stamp(1, Some("b")), false),
        (stamp(1, Some("a")), stamp(1, None), true),
        (stamp(1, None), stamp(2, None), false),
    ] {
        assert_eq!(one.matches(&other), same);
    }
}
