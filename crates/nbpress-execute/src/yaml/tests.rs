//! What differs from the reference, and what must not happen. Everything else is compared with PyYAML.

use super::{YamlErrorKind, load, parameters, parameters_from_base64};

#[test]
fn errors_say_where_and_why() {
    for (text, expected) in [
        ("a: [1", "line 2, column 1: while parsing a flow sequence"),
        (
            "a: 1\nb: !foo 2",
            "line 2, column 4: the tag `!foo` is not supported",
        ),
        (
            "a: !!python/object/apply:os.system [ls]",
            "line 1, column 4: the tag `tag:yaml.org,2002:python/object/apply:os.system` is not supported",
        ),
        (
            "a: =",
            "line 1, column 4: `=` is not a value for the tag `value`",
        ),
        (
            "a: !!int x",
            "line 1, column 4: `x` is not a value for the tag `int`",
        ),
        (
            "? [1]\n: 2",
            "line 1, column 3: a key cannot be a list or a mapping",
        ),
        (
            "<<: 1",
            "line 1, column 5: `<<` merges only a mapping or a list of mappings",
        ),
        ("a: &a [*a]", "line 1, column 4: a value contains itself"),
        (
            "a: 1\n---\nb: 2",
            "line 2, column 1: there is more than one document",
        ),
        (
            "é: \u{7}",
            "line 1, column 4: the character U+0007 is not allowed",
        ),
    ] {
        let found = load(text).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{text}: {found}");
    }
    assert_eq!(
        parameters("- 1").unwrap_err().kind,
        YamlErrorKind::NotMapping("a list")
    );
    let names = parameters("{1: a, yes: b, ~: c, 1.5: d}").unwrap();
    assert_eq!(names.keys().collect::<Vec<_>>(), ["1", "None", "1.5"]);
    assert_eq!(
        parameters_from_base64("YTog").unwrap()["a"],
        super::ParameterValue::Null
    );
    assert_eq!(
        parameters_from_base64("YTogM").unwrap_err().kind,
        YamlErrorKind::Base64
    );
    assert_eq!(
        parameters_from_base64("/w==").unwrap_err().kind,
        YamlErrorKind::Encoding
    );
}

#[test]
fn small_documents_cannot_become_large_values() {
    let lines =
        |levels, line: fn(usize) -> String| (1..levels).map(line).collect::<Vec<_>>().join("\n");
    let lists = lines(40, |n| {
        format!("a{n}: &a{n} [*a{m}, *a{m}, *a{m}]", m = n - 1)
    });
    let merges = lines(40, |n| {
        format!("a{n}: &a{n} {{<<: [*a{m}, *a{m}, *a{m}]}}", m = n - 1)
    });
    let chain = lines(400, |n| format!("- &a{n} [*a{}]", n - 1));
    let long = "x".repeat(100_000);
    for (document, expected) in [
        (format!("a0: &a0 [1]\n{lists}"), YamlErrorKind::Large),
        (format!("a0: &a0 {{x: 1}}\n{merges}"), YamlErrorKind::Large),
        (
            format!("a: &a {long}\nb: [{}]", "*a, ".repeat(11)),
            YamlErrorKind::Large,
        ),
        (format!("- &a0 x\n{chain}"), YamlErrorKind::Deep),
        ("[".repeat(201), YamlErrorKind::Deep),
        ("a: &a {<<: *a}".to_owned(), YamlErrorKind::Recursive),
    ] {
        assert_eq!(load(&document).unwrap_err().kind, expected);
    }
    assert!(load(&"[".repeat(100_000)).is_err());
}
