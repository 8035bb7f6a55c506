//! The difference between two looks, without a directory.

use super::*;

fn seen(files: &[(&str, &str)]) -> Seen {
    let found = |etag: &str| Found {
        kind: Kind::File,
        etag: Some(etag.to_owned()).filter(|etag| !etag.is_empty()),
        size: None,
        modified: None,
    };
    let files = files.iter();
    files
        .map(|(name, etag)| ((*name).to_owned(), found(etag)))
        .collect()
}

#[test]
fn what_happened_is_what_differs() {
    let before = &[("a", "1"), ("b", "2"), ("c", "3")][..];
    for (now, expected) in [
        (before, ""),
        (&[("a", "1"), ("b", "9"), ("c", "3")], "b changed"),
        (&[("a", "1"), ("c", "3")], "b deleted"),
        (
            &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")],
            "d created",
        ),
        (&[("a", "1"), ("c", "3"), ("d", "2")], "d renamed from b"),
        (&[("a", "1"), ("c", "2")], "b deleted, c changed"),
        (
            &[("x", "1"), ("y", "2"), ("z", "4")],
            "c deleted, x renamed from a, y renamed from b, z created",
        ),
    ] {
        let changes = difference(&seen(before), &seen(now), &ContentsPath::root());
        let told = changes.iter().map(|change| {
            let from = match &change.happened {
                Happened::Renamed { from } => format!(" from {from}"),
                _ => String::new(),
            };
            format!("{} {}{from}", change.path, change.happened.as_str())
        });
        assert_eq!(told.collect::<Vec<_>>().join(", "), expected);
    }
}

#[test]
fn what_has_no_tag_has_no_old_name() {
    let changes = difference(
        &seen(&[("a", "")]),
        &seen(&[("b", "")]),
        &ContentsPath::root(),
    );
    let happened: Vec<&str> = changes
        .iter()
        .map(|change| change.happened.as_str())
        .collect();
    assert_eq!(happened, ["deleted", "created"]);
}
