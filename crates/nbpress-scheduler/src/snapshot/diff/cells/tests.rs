//! Edits of a list of cells, and how they are told.

use std::time::Duration;

use nbpress_format::Json;

use super::*;

/// Cells of `id:text` or, without an id, of `text`.
fn cells(texts: &[&str]) -> Vec<Cell> {
    let cell = |text: &&str| match text.split_once(':') {
        Some((id, source)) => Cell {
            id: Some(id.to_owned()),
            ..Cell::new_code(source)
        },
        None => Cell {
            id: None,
            ..Cell::new_code(*text)
        },
    };
    texts.iter().map(cell).collect()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

/// `kind before>after` of every change.
fn told(before: &[Cell], now: &[Cell]) -> Vec<String> {
    let at = |at: Option<usize>| at.map_or("-".to_owned(), |at| at.to_string());
    let changes = compare(before, now, soon()).into_iter();
    changes
        .map(|change| {
            let (before, after) = (at(change.before), at(change.after));
            format!("{:?} {before}>{after}", change.change)
        })
        .collect()
}

#[test]
fn edits() {
    type Texts = &'static [&'static str];
    let cases: &[(Texts, Texts, Texts)] = &[
        (&[], &[], &[]),
        (&["a:1", "b:2"], &["a:1", "b:2"], &[]),
        (&[], &["a:1"], &["Added ->0"]),
        (&["a:1"], &[], &["Removed 0>-"]),
        (&["a:1", "b:2"], &["a:1", "x:9", "b:2"], &["Added ->1"]),
        (&["a:1", "b:2", "c:3"], &["a:1", "c:3"], &["Removed 1>-"]),
        // By its id, however little of it is left.
        (&["a:old"], &["a:entirely new"], &["Changed 0>0"]),
        (&["a:1", "b:2"], &["b:2", "a:other"], &["Changed 0>1"]),
        (
            &["a:1", "b:2", "c:3"],
            &["c:3", "a:1", "b:2"],
            &["Moved 2>0"],
        ),
        // Without ids, by likeness.
        (&["x = load(path)"], &["x = load(file)"], &["Changed 0>0"]),
        (
            &["x = load(path)"],
            &["import os"],
            &["Removed 0>-", "Added ->0"],
        ),
        // Ids that a tool made anew do not hide that nothing changed.
        (&["a:1", "b:2"], &["x:1", "y:2"], &[]),
        (&["a:1", "a:1"], &["a:1"], &["Removed 1>-"]),
    ];
    for (before, now, expected) in cases {
        assert_eq!(
            told(&cells(before), &cells(now)),
            *expected,
            "{before:?} {now:?}"
        );
    }
}

#[test]
fn type_and_tags_count_and_outputs_do_not() {
    let before = cells(&["a:days = 30"]);
    let mut tagged = before.clone();
    let tags = Json::parse(b"[\"parameters\"]").unwrap();
    tagged[0].metadata.insert("tags".to_owned(), tags);
    let changes = compare(&before, &tagged, soon());
    assert_eq!(changes[0].change, CellChangeKind::Changed);
    assert!(
        changes[0].diff.contains("+tags: parameters\n"),
        "{}",
        changes[0].diff
    );

    let mut text = before.clone();
    text[0].kind = CellKind::Markdown;
    let changes = compare(&before, &text, soon());
    assert!(
        changes[0].diff.contains("-type: code\n+type: markdown\n"),
        "{}",
        changes[0].diff
    );

    let mut collapsed = before.clone();
    collapsed[0]
        .metadata
        .insert("collapsed".to_owned(), Json::from(true));
    assert_eq!(compare(&before, &collapsed, soon()), []);
}

#[test]
fn every_cell_is_told_of_once() {
    let before: Vec<String> = (0..60).map(|at| format!("c{at}:x = {at}")).collect();
    let mut now = before.clone();
    now.rotate_left(20);
    now.truncate(50);
    now[7].push_str(" + 1");
    now.insert(3, "new:y".to_owned());
    let list = |texts: &[String]| cells(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let (before, now) = (list(&before), list(&now));
    let changes = compare(&before, &now, soon());
    let was: Vec<usize> = changes.iter().filter_map(|change| change.before).collect();
    let is: Vec<usize> = changes.iter().filter_map(|change| change.after).collect();
    assert_eq!(was.iter().collect::<HashSet<_>>().len(), was.len());
    assert!(is.is_sorted() && is.iter().collect::<HashSet<_>>().len() == is.len());
    let count = |kind| {
        changes
            .iter()
            .filter(|change| change.change == kind)
            .count()
    };
    assert_eq!(count(CellChangeKind::Added), 1);
    assert_eq!(count(CellChangeKind::Removed), 10);
    assert_eq!(count(CellChangeKind::Changed), 1);
}

/// Ten thousand lines with nothing in common, three times: the worst there is.
#[test]
fn patience_ends() {
    let text = |begin: usize| -> String {
        let lines = (begin..begin + 10_000).map(|line| format!("line {line}\n"));
        lines.collect()
    };
    let [a, b, c] = [0, 1, 2].map(|part| text(part * 10_000));
    let before = cells(&[&a, &b, &c]);
    let now = cells(&[&c, &a.replace("line", "row"), &b.replace("line", "row")]);
    let changes = compare(&before, &now, Instant::now());
    assert!(!changes.is_empty());
    assert!(
        changes
            .iter()
            .all(|change| change.diff.len() <= LONGEST_DIFF)
    );
}
