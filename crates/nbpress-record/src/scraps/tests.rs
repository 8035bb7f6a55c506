//! What is a scrap; scrapbook's own notebooks are compared with scrapbook.

use nbpress_format::cell::Cell;

use super::*;
use crate::sample::{self, object};

/// The scraps of a notebook with one output per pair of MIME bundle and metadata.
fn scraps(outputs: &[(&str, &str)]) -> Vec<Scrap> {
    let parse = |text: &str| {
        Json::parse(text.as_bytes())
            .unwrap()
            .as_object()
            .unwrap()
            .clone()
    };
    let mut notebook = sample::notebook(&[]);
    for (data, metadata) in outputs {
        let mut cell = Cell::new_code("");
        cell.outputs_mut()
            .unwrap()
            .push(Output::display_data(parse(data), parse(metadata)));
        notebook.cells.push(cell);
    }
    read_scraps(&notebook)
}

fn glued(name: &str, data: &str, encoder: &str) -> String {
    format!(
        r#"{{"application/scrapbook.scrap.{encoder}+json": {{"name": "{name}", "data": {data}, "encoder": "{encoder}", "version": 1}}}}"#
    )
}

#[test]
fn data_is_read_with_its_encoder() {
    for (data, encoder, expected) in [
        ("1", "json", "1"),
        (r#"{"a": [1, 2]}"#, "json", r#"{"a":[1,2]}"#),
        (r#""[1, 2]""#, "json", "[1,2]"),
        (r#""plain""#, "json", r#""plain""#),
        (r#""[1, 2]""#, "text", r#""[1, 2]""#),
        ("[1]", "text", r#""[1]""#),
        (r#""UEFSMQ==""#, "pandas", r#""UEFSMQ==""#),
        ("NaN", "json", "NaN"),
    ] {
        let found = scraps(&[(&glued("x", data, encoder), "{}")]);
        assert_eq!(found.len(), 1, "{data}");
        assert_eq!(found[0].data.as_ref().unwrap().to_compact(), expected);
        assert_eq!(found[0].encoder, encoder);
        assert_eq!(found[0].display, None);
    }
}

#[test]
fn what_is_no_scrap_is_left_out() {
    for data in [
        r#"{"text/plain": "1"}"#,
        r#"{"application/scrapbook.scrap.json+json": 1}"#,
        r#"{"application/scrapbook.scrap.json+json": {"data": 1, "encoder": "json"}}"#,
        r#"{"application/scrapbook.scrap.json+json": {"name": "x", "encoder": "json"}}"#,
        r#"{"application/scrapbook.scrap.json+json": {"name": "x", "data": null, "encoder": "json"}}"#,
        r#"{"application/papermill.record+json": {}}"#,
    ] {
        assert_eq!(scraps(&[(data, "{}")]), [], "{data}");
    }
}

#[test]
fn displays_have_names() {
    let shown = r#"{"text/plain": "a table"}"#;
    for (metadata, name) in [
        (
            r#"{"scrapbook": {"name": "x", "data": false, "display": true}}"#,
            Some("x"),
        ),
        (r#"{"papermill": {"name": "x"}}"#, Some("x")),
        (
            r#"{"scrapbook": {"name": "x", "data": true, "display": false}}"#,
            None,
        ),
        (r#"{"scrapbook": {"name": "", "display": true}}"#, None),
        (
            r#"{"papermill": {}, "scrapbook": {"name": "x", "display": true}}"#,
            None,
        ),
        ("{}", None),
    ] {
        let found = scraps(&[(shown, metadata)]);
        assert_eq!(
            found.first().map(|scrap| scrap.name.as_str()),
            name,
            "{metadata}"
        );
        if let Some(scrap) = found.first() {
            assert_eq!((scrap.encoder.as_str(), &scrap.data), ("display", &None));
            assert_eq!(scrap.text(), "a table");
        }
    }
}

#[test]
fn the_last_of_a_name_counts_in_the_place_of_the_first() {
    let found = scraps(&[
        (&glued("a", "1", "json"), "{}"),
        (&glued("b", "2", "json"), "{}"),
        (&glued("a", "3", "json"), "{}"),
        (r#"{"application/papermill.record+json": {"c": [4]}}"#, "{}"),
    ]);
    let texts: Vec<String> = found
        .iter()
        .map(|scrap| format!("{} {}", scrap.name, scrap.text()))
        .collect();
    assert_eq!(texts, ["a 3", "b 2", "c [4]"]);
    assert_eq!(
        found.iter().map(Scrap::metric).collect::<Vec<_>>(),
        [Some(3.0), Some(2.0), None]
    );
}

#[test]
fn one_output_can_have_data_and_a_display() {
    let both = r#"{"application/scrapbook.scrap.json+json": {"name": "x", "data": 1, "encoder": "json", "version": 1}, "text/html": "<b>1</b>"}"#;
    let found = scraps(&[(
        both,
        r#"{"scrapbook": {"name": "x", "data": true, "display": true}}"#,
    )]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text(), "1");
    assert!(
        found[0]
            .display
            .as_ref()
            .unwrap()
            .data
            .contains_key("text/html")
    );
    let json = found[0].to_json();
    assert_eq!(Scrap::from_json(&json).unwrap(), found[0]);
}

#[test]
fn a_display_without_text_shows_its_types() {
    let scrap = Scrap {
        name: "x".to_owned(),
        data: None,
        encoder: "display".to_owned(),
        display: Some(ScrapDisplay {
            data: object([("image/png", "…".into()), ("text/html", "…".into())]),
            metadata: Object::new(),
        }),
    };
    assert_eq!(scrap.text(), "image/png, text/html");
}
