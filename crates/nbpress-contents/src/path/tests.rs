use std::path::{Component, Path};

use proptest::prelude::*;

use super::{ContentsPath, PathError};

#[test]
fn slashes_at_the_ends_mean_nothing() {
    for (text, expected) in [
        ("", ""),
        ("/", ""),
        ("a", "a"),
        ("/a/b.ipynb", "a/b.ipynb"),
        ("a/b/", "a/b"),
        ("12:30 é ünï.ipynb", "12:30 é ünï.ipynb"),
        ("console/auxiliary.txt", "console/auxiliary.txt"),
        ("com10", "com10"),
        ("...", "..."),
    ] {
        assert_eq!(ContentsPath::parse(text).unwrap().as_str(), expected);
    }
}

#[test]
fn what_leads_elsewhere_is_refused_by_name() {
    for (text, part) in [
        ("..", "`..` leads elsewhere"),
        ("a/../b", "`..` leads elsewhere"),
        ("a/./b", "`.` leads elsewhere"),
        ("a//b", "is empty"),
        ("a\0b", "`\\0`"),
        ("a/b\nc", "`\\n`"),
        ("a\u{85}b", "`\\u{85}`"),
        ("..\\..\\b", "`\\\\`"),
        ("\\\\host\\share", "`\\\\`"),
        ("C:/Windows", "`C:` begins with a drive letter"),
        ("c:b", "`c:b` begins with a drive letter"),
        ("a/NUL", "`NUL` is that of a device"),
        ("con.ipynb", "`con.ipynb` is that of a device"),
        ("Com1 .txt", "`Com1 .txt` is that of a device"),
        ("lpt²", "`lpt²` is that of a device"),
    ] {
        let error = ContentsPath::parse(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text:?}: {error}");
    }
    let long = "x".repeat(256);
    let refused = PathError::Long {
        length: 256,
        most: 255,
    };
    assert_eq!(ContentsPath::parse(&long), Err(refused));
    assert!(ContentsPath::parse(&"abc/".repeat(1200)).is_err());
}

#[test]
fn a_joined_name_is_one_name() {
    let directory = ContentsPath::parse("a").unwrap();
    assert_eq!(directory.join("b").unwrap().as_str(), "a/b");
    assert_eq!(ContentsPath::root().join("b").unwrap().as_str(), "b");
    for name in ["", "..", "b/c", "/b", "b/"] {
        assert!(directory.join(name).is_err(), "{name:?}");
    }
}

#[test]
fn parts_of_a_path() {
    for (text, parent, name, split, hidden) in [
        ("", None, "", ("", ""), false),
        ("a.txt", Some(""), "a.txt", ("a", ".txt"), false),
        (
            "a/.b/c.tar.gz",
            Some("a/.b"),
            "c.tar.gz",
            ("c.tar", ".gz"),
            true,
        ),
        (".profile", Some(""), ".profile", (".profile", ""), true),
        ("a/b.", Some("a"), "b.", ("b", "."), false),
    ] {
        let path = ContentsPath::parse(text).unwrap();
        let found = path.parent();
        assert_eq!(found.as_ref().map(ContentsPath::as_str), parent, "{text}");
        assert_eq!(path.name(), name);
        assert_eq!(path.stem_and_extension(), split);
        assert_eq!(path.is_hidden(), hidden);
    }
}

#[test]
fn a_sibling_is_not_beneath() {
    for (path, directory, expected) in [
        ("a/b/c", "a", Some("b/c")),
        ("ab/c", "a", None),
        ("a", "a", None),
        ("a", "", Some("a")),
        ("", "", None),
    ] {
        let path = ContentsPath::parse(path).unwrap();
        let directory = ContentsPath::parse(directory).unwrap();
        assert_eq!(path.beneath(&directory), expected);
    }
}

proptest! {
    /// Of any text, also of one made of what is dangerous.
    #[test]
    fn what_is_taken_stays_beneath(text in prop_oneof![
        any::<String>(),
        "(\\.|\\.\\.|/|//|a|b|C:|nul|\\\\|%2e|~| ){1,12}",
    ]) {
        if let Ok(path) = ContentsPath::parse(&text) {
            let joined = Path::new("/root").join(path.as_str());
            let below = joined.strip_prefix("/root").unwrap();
            prop_assert!(below.components().all(|part| matches!(part, Component::Normal(_))));
            prop_assert_eq!(below.components().count(), path.components().count());
            prop_assert_eq!(ContentsPath::parse(path.as_str()), Ok(path));
        }
    }
}
