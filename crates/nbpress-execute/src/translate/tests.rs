//! Texts for languages whose interpreter no test starts, the names each language has, and what differs
//! from papermill on purpose. The rest is compared with papermill and run by interpreters.

use indexmap::IndexMap;
use nbpress_format::parameters::{Integer, ParameterValue as Value};

use super::{Compat, TranslateError, translate, translate_over};

/// The code of one parameter `x`, without the comment.
fn written(language: &str, value: Value, mode: Compat) -> String {
    let parameters = IndexMap::from([("x".to_owned(), value)]);
    match translate(language, language, &parameters, "Parameters", mode) {
        Ok(code) => code.split_once('\n').unwrap().1.trim_end().to_owned(),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(language: &str, value: impl Into<Value>, safe: &str, strict: &str) {
    let value = value.into();
    assert_eq!(
        written(language, value.clone(), Compat::Safe),
        safe,
        "{language}"
    );
    assert_eq!(
        written(language, value, Compat::Strict),
        strict,
        "{language}"
    );
}

fn big() -> Value {
    Value::Int(Integer::from_digits(false, "123456789012345678901234567890", 10).unwrap())
}

fn mixed() -> Value {
    Value::List(vec![Value::from(1), Value::from("a")])
}

#[test]
fn texts_cannot_run() {
    let attack = "a$(rm)`b`\"${c}\\\n\u{e9}\u{1b}\u{1f600}";
    check(
        "julia",
        attack,
        r#"x = "a\$(rm)`b`\"\${c}\\\n\u00e9\x1b\U0001f600""#,
        r#"x = "a$(rm)`b`\"${c}\\\n\xe9\x1b\U0001f600""#,
    );
    check(
        ".net-powershell",
        attack,
        "$x = \"a`$(rm)``b```\"`${c}\\`n`u{e9}`u{1b}`u{1f600}\"",
        "$x = \"a$(rm)`b``\"${c}\\\\\\n\\xe9\\x1b\\U0001f600\"",
    );
    check(
        "scala",
        attack,
        r#"val x = "a$(rm)`b`\"${c}\\\n\u00e9\u001b\ud83d\ude00""#,
        r#"val x = "a$(rm)`b`\"${c}\\\n\xe9\x1b\U0001f600""#,
    );
    check(
        ".net-csharp",
        attack,
        r#"var x = "a$(rm)`b`\"${c}\\\n\u00e9\u001b\U0001f600";"#,
        r#"var x = "a$(rm)`b`\"${c}\\\n\xe9\x1b\U0001f600";"#,
    );
    check(
        ".net-fsharp",
        attack,
        r#"let x = "a$(rm)`b`\"${c}\\\n\xe9\x1b\U0001f600""#,
        r#"let x = "a$(rm)`b`\"${c}\\\n\xe9\x1b\U0001f600""#,
    );
    check(
        "matlab",
        "a\"\\\n\r\u{e9}",
        r#"x = "a""\" + char([10, 13]) + "é";"#,
        r#"x = "a""\\\n\r\xe9";"#,
    );
    check("matlab", "\n", "x = \"\" + char(10);", "x = \"\\n\";");
    // PowerShell takes curly quotes for quotes.
    check(
        ".net-powershell",
        "\u{201d}; rm",
        "$x = \"`u{201d}; rm\"",
        "$x = \"\\u201d; rm\"",
    );
    check("R", "\u{e9}", r#"x = "\u00e9""#, r#"x = "\xe9""#);
    check(
        "R",
        "\0",
        "parameter `x` cannot be written in R: its texts cannot hold the character U+0000",
        r#"x = "\x00""#,
    );
    check(
        "python",
        Value::Other("{'\"', 'a'}".to_owned()),
        r#"x = "{'\"', 'a'}""#,
        r#"x = "{'"', 'a'}""#,
    );
}

#[test]
fn numbers_that_are_not_finite() {
    for (language, nan, infinite) in [
        ("R", "x = NaN", "x = -Inf"),
        ("julia", "x = NaN", "x = -Inf"),
        (
            "scala",
            "val x = Double.NaN",
            "val x = Double.NegativeInfinity",
        ),
        (
            ".net-csharp",
            "var x = double.NaN;",
            "var x = double.NegativeInfinity;",
        ),
        (".net-fsharp", "let x = nan", "let x = -infinity"),
        (
            ".net-powershell",
            "$x = [double]::NaN",
            "$x = [double]::NegativeInfinity",
        ),
        ("matlab", "x = nan;", "x = -inf;"),
        ("octave", "x = nan;", "x = -inf;"),
        (
            "sql",
            "SET VARIABLE x = CAST('NaN' AS DOUBLE);",
            "SET VARIABLE x = CAST('-Infinity' AS DOUBLE);",
        ),
        ("rust", "let x = f64::NAN;", "let x = f64::NEG_INFINITY;"),
    ] {
        assert_eq!(written(language, Value::Float(f64::NAN), Compat::Safe), nan);
        assert_eq!(
            written(language, Value::Float(f64::NEG_INFINITY), Compat::Safe),
            infinite
        );
    }
}

#[test]
fn values_that_papermill_writes_as_code_that_does_not_compile() {
    check(
        "scala",
        big(),
        "val x = BigInt(\"123456789012345678901234567890\")",
        "val x = 123456789012345678901234567890L",
    );
    check(
        ".net-fsharp",
        big(),
        "let x = 123456789012345678901234567890I",
        "let x = 123456789012345678901234567890L",
    );
    check(
        ".net-csharp",
        mixed(),
        "var x = new object[] { 1, \"a\" };",
        "var x = new [] { 1, \"a\" };",
    );
    check(
        ".net-csharp",
        Value::Null,
        "object x = null;",
        "parameter `x` cannot be written in C#: papermill writes no null there",
    );
    check(
        ".net-fsharp",
        mixed(),
        "let x = [ box (1); box (\"a\") ]",
        "let x = [ 1; \"a\" ]",
    );
    let map = Value::Map(vec![(Value::from("k"), Value::from("a b"))]);
    let refused = "parameter `x` cannot be written in bash: it has no mappings inside others, and papermill writes none at all";
    check("bash", map.clone(), "declare -A x=(['k']='a b')", refused);
    check(
        "bash",
        Value::List(vec![Value::List(vec![])]),
        "parameter `x` cannot be written in bash: its arrays hold texts only",
        "x=(())",
    );
    check(
        "R",
        Value::Map(vec![(Value::from(""), Value::from(1))]),
        "x = structure(list(1), names = c(\"\"))",
        "x = list(\"\" = 1)",
    );
    assert_eq!(
        written("rust", mixed(), Compat::Safe),
        "parameter `x` cannot be written in Rust: its lists and maps hold values of one type"
    );
}

#[test]
fn days_are_days_where_the_language_has_them() {
    for (language, expected) in [
        (
            "python",
            "x = __import__(\"datetime\").date.fromisoformat(\"2026-01-31\")",
        ),
        ("R", "x = as.Date(\"2026-01-31\")"),
        ("javascript", "let x = new Date(\"2026-01-31\");"),
        ("sql", "SET VARIABLE x = DATE '2026-01-31';"),
        ("julia", "x = \"2026-01-31\""),
    ] {
        assert_eq!(
            written(language, Value::Date("2026-01-31".to_owned()), Compat::Safe),
            expected
        );
    }
}

#[test]
fn names_that_could_be_code_are_refused_in_both_modes() {
    let bad = [
        "x=1;print('INJ')#",
        "",
        " ",
        "a b",
        "1a",
        "a-b",
        "a;b",
        "a\nb",
        "a(b)",
        "$(x)",
        "a\u{2028}b",
        "a\"",
        "a[0]",
        "a#",
    ];
    let languages = [
        "python",
        "R",
        "scala",
        "julia",
        "matlab",
        ".net-csharp",
        ".net-fsharp",
        ".net-powershell",
        "bash",
        "sql",
        "javascript",
        "rust",
        "octave",
    ];
    let reserved = [
        ("python", "class"),
        ("R", "TRUE"),
        ("R", "if"),
        ("R", ".1"),
        ("R", "___"),
        ("scala", "val"),
        ("julia", "end"),
        ("matlab", "end"),
        ("matlab", "_x"),
        (".net-csharp", "new"),
        (".net-fsharp", "let"),
        (".net-powershell", "TRUE"),
        ("bash", "UID"),
        ("bash", "\u{e9}"),
        ("javascript", "await"),
        ("rust", "fn"),
        ("octave", "endif"),
        ("python", "a.b"),
    ];
    let refused = |language: &str, name: &str| {
        for mode in [Compat::Safe, Compat::Strict] {
            let parameters = IndexMap::from([(name.to_owned(), Value::from(1))]);
            let result = translate(language, language, &parameters, "Parameters", mode);
            assert!(
                matches!(result, Err(TranslateError::InvalidName { .. })),
                "{language} {name:?}: {result:?}"
            );
        }
    };
    let everywhere = languages
        .iter()
        .flat_map(|&language| bad.map(|name| (language, name)));
    for (language, name) in everywhere.chain(reserved) {
        refused(language, name);
    }
    for (language, name) in [
        ("R", "my.name"),
        ("R", "__x"),
        ("python", "\u{e9}t\u{e9}"),
        ("python", "_x"),
        ("javascript", "$x"),
    ] {
        let parameters = IndexMap::from([(name.to_owned(), Value::from(1))]);
        assert!(
            translate(language, language, &parameters, "", Compat::Safe).is_ok(),
            "{language} {name}"
        );
    }
}

#[test]
fn javascript_declares_as_the_parameters_cell_does() {
    let parameters = |name: &str| IndexMap::from([(name.to_owned(), Value::from(1))]);
    for (cell, name, expected) in [
        ("const x = 2;", "x", "const x = 1;"),
        ("let y = 1, x: number = 2;", "x", "let x = 1;"),
        ("var x = 2", "x", "var x = 1;"),
        ("x = 2", "x", "x = 1;"),
        ("const xy = 2", "x", "let x = 1;"),
        ("", "x", "let x = 1;"),
    ] {
        let code = translate_over(
            cell,
            "deno",
            "typescript",
            &parameters(name),
            ("Parameters", Compat::Safe),
        )
        .unwrap();
        assert_eq!(code, format!("// Parameters\n{expected}\n"), "{cell}");
    }
}

#[test]
fn the_comment_stays_a_comment() {
    let none = IndexMap::new();
    for (language, expected) in [
        ("python", "# a b\n"),
        (".net-fsharp", "(* a b *)\n"),
        ("sql", "-- a b\n"),
        ("matlab", "% a b\n"),
    ] {
        assert_eq!(
            translate(language, "", &none, "a\nb", Compat::Safe).unwrap(),
            expected
        );
    }
    let error = translate("k", "cobol", &none, "", Compat::Safe).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no translator writes parameters for kernel `k` or language `cobol`"
    );
}
