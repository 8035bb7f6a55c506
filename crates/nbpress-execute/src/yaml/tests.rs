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
    let mut lists = "a0: &a0 [1]\n".to_owned();
    let mut merges = "a0: &a0 {x: 1, y: 2}\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        lists += &format!("a{level}: &a{level} [*a{below}, *a{below}, *a{below}]\n");
        merges += &format!("a{level}: &a{level} {{<<: [*a{below}, *a{below}, *a{below}]}}\n");
    }
    assert_eq!(load(&lists).unwrap_err().kind, YamlErrorKind::Large);
    assert_eq!(load(&merges).unwrap_err().kind, YamlErrorKind::Large);
    assert_eq!(
        load(&"[".repeat(201)).unwrap_err().kind,
        YamlErrorKind::Deep
    );
    assert!(load(&"[".repeat(100_000)).is_err());
    assert!(load("a: &a {<<: *a}").is_err());

    let long = format!("a: &a {}\nb: [{}]", "x".repeat(100_000), "*a, ".repeat(11));
    assert_eq!(load(&long).unwrap_err().kind, YamlErrorKind::Large);
    let chain: String = (1..400).map(|level| format!("- &a{level} [*a{}]\n", level - 1)).collect();
    let inside_out = format!("- &a0 x\n{chain}");
    assert_eq!(load(&inside_out).unwrap_err().kind, YamlErrorKind::Deep);
}
