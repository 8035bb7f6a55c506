//! Texts and numbers that readers and writers of JSON get wrong, each inside a small notebook.

use std::fmt::Write as _;

use crate::reference::Case;

/// Values put into the notebook's metadata as they stand; some are not JSON.
const VALUES: &[&str] = &[
    "NaN",
    "Infinity",
    "-Infinity",
    "-NaN",
    "+1",
    "nan",
    "Inf",
    "0",
    "-0",
    "00",
    "01",
    "-01",
    "1.",
    ".5",
    "-",
    "1e",
    "1e+",
    "1E5",
    "1e-7",
    "1e400",
    "-1e400",
    "0e0",
    "-0.0",
    "1_000",
    "0x10",
    "١",
    "123456789012345678901234567890123456789",
    "-123456789012345678901234567890",
    "{}",
    "[]",
    "[1,]",
    "[,]",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1,\"a\":2,\"b\":3}",
    "[1 2]",
    "tru",
    "True",
    "null",
    "nullx",
    "\"\\u00e9\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\ud83d\\ude00\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\x41\"",
    "\"\\'\"",
    "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
    "\"a\tb\"",
    "\"a\nb\"",
    "\"\u{7f}\u{80}\u{9f}\u{a0}\u{feff}\u{fffe}\u{10ffff}\"",
    "\"unclosed",
    "[[[[]]]",
    "\u{a0}1",
    "\u{b}1",
    "1 // x",
];

/// Floats whose shortest digits or exponents are easy to get wrong.
const FLOATS: &[f64] = &[
    0.1,
    0.2,
    0.3,
    1.0,
    100.0,
    1e15,
    123_456_789_012_345_680.0,
    1e16,
    9_999_999_999_999_998.0,
    1e17,
    1e21,
    1e22,
    1e23,
    1e-4,
    1e-5,
    0.000_123_4,
    0.000_012_34,
    5e-324,
    f64::MIN_POSITIVE,
    f64::MAX,
    f64::MIN,
    f64::EPSILON,
    2.225_073_858_507_201e-308,
    1.797_693_134_862_315_7e308,
    9_007_199_254_740_993.0,
    4.35,
    0.5,
    2.5,
    1e100,
    1.5e-10,
    5e15,
    123_456.789,
    8.41e21,
    2e-9,
    6.02e23,
    2.989_102_097_996e-312,
    9.5e-7,
    1e-7,
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = VALUES
        .iter()
        .map(|value| case(value, &notebook(value, "")))
        .collect();
    cases.push(case("floats", &notebook(&floats(), "")));
    cases.push(case("strings", &notebook(&strings(), "")));
    for text in texts() {
        cases.push(case(&format!("lines of {text}"), &notebook("0", &text)));
    }
    for (name, text) in [
        ("empty", ""),
        ("space", " \n"),
        ("list", "[]"),
        ("text", "\"x\""),
        ("number", "4"),
        ("no version", r#"{"metadata": {}}"#),
        (
            "version 5",
            r#"{"metadata": {}, "nbformat": 5, "nbformat_minor": 0, "cells": []}"#,
        ),
        (
            "version 0",
            r#"{"metadata": {}, "nbformat": 0, "nbformat_minor": 0, "cells": []}"#,
        ),
        (
            "version text",
            r#"{"metadata": {}, "nbformat": "4", "nbformat_minor": 0, "cells": []}"#,
        ),
        (
            "space around",
            " \t\r\n{\"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5, \"cells\": []}\r\n ",
        ),
        ("two", "{} {}"),
        (
            "byte order mark",
            "\u{feff}{\"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5, \"cells\": []}",
        ),
    ] {
        cases.push(case(name, text));
    }
    let mut not_utf8 = notebook("\"x\"", "").into_bytes();
    let at = not_utf8.iter().position(|byte| *byte == b'x').unwrap();
    not_utf8[at] = 0xff;
    cases.push(Case {
        name: "not UTF-8".to_owned(),
        bytes: not_utf8,
    });
    cases
}

fn case(name: &str, text: &str) -> Case {
    Case {
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// `source` is JSON text without its quotes; it is put wherever texts are split into lines.
fn notebook(value: &str, source: &str) -> String {
    format!(
        r#"{{"cells": [
            {{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {{}}, "source": "{source}", "outputs": [
                {{"output_type": "stream", "name": "stdout", "text": "{source}"}},
                {{"output_type": "display_data", "metadata": {{}}, "data": {{
                    "text/plain": "{source}", "text/x": ["{source}", "{source}"], "image/svg+xml": "{source}",
                    "application/javascript": "{source}", "application/json": "{source}",
                    "application/x+json": ["{source}"], "image/png": "{source}"}}}},
                {{"output_type": "error", "ename": "{source}", "evalue": "{source}", "traceback": ["{source}"]}}]}},
            {{"cell_type": "markdown", "id": "b", "metadata": {{}}, "source": ["{source}", "{source}"],
              "attachments": {{"{source}": {{"text/plain": "{source}", "image/png": ["{source}"]}}}}}}
           ], "metadata": {{"value": {value}}}, "nbformat": 4, "nbformat_minor": 5}}"#
    )
}

fn floats() -> String {
    let mut text =
        "[1.50, 1.5E+3, -2.0e-05, 1000000000000000000000.0, 0.30000000000000004".to_owned();
    // A spread over the whole range, from a fixed generator.
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    let spread = std::iter::from_fn(|| {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        Some(f64::from_bits(bits))
    });
    let finite = spread.filter(|float| float.is_finite()).take(2000);
    for float in FLOATS.iter().copied().chain(finite) {
        write!(text, ", {float:e}, -{:?}", float.abs()).unwrap();
    }
    text + "]"
}

/// Every character below U+0100, and those that Python treats in a special way, escaped and raw.
fn strings() -> String {
    let special = "\u{2028}\u{2029}\u{d7ff}\u{e000}\u{fffd}\u{ffff}\u{1f600}\u{10ffff}";
    let mut text = "[\"\"".to_owned();
    for char in (0..0x100).filter_map(char::from_u32).chain(special.chars()) {
        let mut units = [0; 2];
        let mut escapes = String::new();
        for unit in char.encode_utf16(&mut units) {
            write!(escapes, "\\u{unit:04x}").unwrap();
        }
        write!(text, ", \"{escapes}\", {{\"{escapes}\": \"x{escapes}y\"}}").unwrap();
        if char >= ' ' && char != '"' && char != '\\' {
            write!(text, ", \"{char}\"").unwrap();
        }
    }
    text + "]"
}

/// Texts with everything that ends a line for Python or for others.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "a",
        "a\\n",
        "\\n",
        "\\n\\n",
        "a\\r\\nb",
        "\\r\\r\\n\\n",
        "a\\n\\rb",
    ]
    .map(str::to_owned)
    .to_vec();
    for unit in (0..0x20).chain([
        0x7f, 0x84, 0x85, 0x86, 0xa0, 0x2027, 0x2028, 0x2029, 0x202a, 0x3000, 0xfeff,
    ]) {
        texts.push(format!("a\\u{unit:04x}b\\u{unit:04x}"));
    }
    texts
}
