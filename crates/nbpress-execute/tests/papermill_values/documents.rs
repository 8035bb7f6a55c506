//! YAML: `-f`, `-y` and `-b`.

use nbpress_execute::yaml::{load, parameters_from_base64};
use nbpress_format::parameters::ParameterValue;
use serde_json::Value;

use super::{Compared, told};

/// Values of the key of a mapping.
#[rustfmt::skip]
const SCALARS: &[&str] = &[
    // Null and truth.
    "", "~", "null", "Null", "NULL", "nULL", "None", "nil", "~~", "true", "True", "TRUE", "tRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "yES",
    "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "t", "f", "'yes'", "\"no\"", "yes no", "true.", "yes!",
    // Whole numbers.
    "0", "1", "-1", "+1", "-0", "+0", "00", "01", "012", "-012", "+012", "0o12", "08", "09", "0_8", "0_7", "0_", "0__", "-0_1", "1_000", "1__0", "1_", "_1", "-_1",
    "1_000_000", "0x1F", "0X1F", "-0x1f", "+0xfF", "0x_1", "0x1_", "0xg", "0b11", "0B11", "-0b101", "0b1_0", "0b12", "0b2", "12345678901234567890123",
    "-98765432109876543210987654321", "0x123456789abcdef0123456789", "07777777777777777777777777", "0b1111111111111111111111111111111111111111111111111111111111111111111",
    "1L", "1e5", "1E5", "1e+5", "1e-5", "1.0e5", "1.0e+5", "1.0E+5", "1.0e-5", "1.e+5", "1.5e+300", "1.5e+400", "-1.5e+400", "1.0e+", "1.0e5.", "1.0e+5_0",
    // Floats.
    "1.0", "-1.5", "+1.5", "1.", "-1.", ".5", "-.5", "+.5", "._5", ".5_", ".5_0", "._", ".", "..", "...x", "1_0.5", "1_.5", "1._5", "1.5_", "1.2.3", ".5e+3", ".5e3", "00.5",
    "08.5", "0.1", "0.30000000000000004", "5.0e-324", "123456789012345678.0", "1.e", "-0.0", "0.0", "1,000", "1 000",
    ".nan", ".NaN", ".NAN", ".Nan", "nan", "NaN", "-.nan", "+.nan", ".inf", ".Inf", ".INF", ".iNF", "-.inf", "+.Inf", "inf", "Infinity", ".infinity",
    // Base 60.
    "12:30", "12:30:00", "-12:30:45", "+1:00", "1:60", "1:59", "1:5", "1:5:9", "0:30", "09:30", "12:3a", "12:30:", "12::30", "190:20:30", "1_0:30", "12:30.5", "12:30:15.5", "0:30.5", "-1:30.25",
    "12:30._5", "12:60.5", "1:30.5e+2", "99999999999999999:59:59", "1:2:3:4:5:6:7:8", "1.5:30",
    // Days and times stay texts.
    "2026-01-31", "2026-01-31 12:30:00", "2026-01-31T12:30:00Z", "2026-1-3", "2001-12-14t21:59:43.10-05:00", "20260131",
    // Texts.
    "hello", "hello world", "a:b", "a#b", "a #b", "a\tb", "'it''s'", "\"a\\tb\\n\\u00e9\\x41\\U0001F600\\0\\e\\_\\N\\L\\P\\/\\\"\\\\\"", "\"a \\\n    b\"", "'single\n\n  quoted'", "é", "日本", "\u{1f600}",
    "\"\"", "''", "- x", "-x", "?x", "-", "a, b", "a]", "a}", "a{b", "@x", "`x`", "%x", "!", "&a", "!!str", "|\n  a\n  b\n", ">\n  a\n  b\n\n  c\n", "|-\n  a\n\n", "|+\n  a\n\n", ">-\n  a\n   b\n  c\n", "|2\n    a\n   b\n",
    "a\n  b\n\n  c", "\"a\n  b\n\n  c\"", "{a: 1, b: [2, 3]}", "[1, 2.5, x, yes, ~, '1']", "[]", "{}", "[,]", "[a,]", "{a}", "{a,}", "{a:}", "{a:1}", "{\"a\":1}", "[a: 1, b]", "[{a: 1}, [2]]", "{? a : 1}", "{a: 1, a: 2}", "[? a, b]",
    "<<", "=", "'<<'", "'='", "==", "<<<", "=a",
    // Tags.
    "!!str 1", "!!str yes", "!!str", "!!str [1]", "!!str {a: 1}", "!!str {=: x, a: 1}", "!!int '12'", "!!int 12", "!!int x", "!!int ''", "!!int '0x1f'", "!!int '0b'", "!!int '08'", "!!int ' 12 '", "!!int '1:30'", "!!int 1.5", "!!int [1]", "!!int '1_0'", "!!int -",
    "!!int {=: 3}", "!!int {=: {=: 4}}", "!!float 3", "!!float '1e5'", "!!float x", "!!float ''", "!!float nan", "!!float inf", "!!float .inf", "!!float '-.INF'", "!!float '1:30'", "!!float 012", "!!float 1_0", "!!float '+.nan'", "!!bool yes", "!!bool y", "!!bool YeS", "!!bool oN", "!!bool ''", "!!bool 1",
    "!!null x", "!!null ''", "!!null [1]", "!!seq [1, 2]", "!!seq 1", "!!seq {a: 1}", "!!map {a: 1}", "!!map [1]", "!!map x", "! 12", "! '12'", "! [1]", "! {a: 1}", "! yes", "! \"yes\"", "! '!'", "!<tag:yaml.org,2002:int> '7'", "!<!int> 7", "!int 7", "!local x", "!local [1]", "!!foo x", "!x!y z", "!!merge x", "!!value x", "!!yaml x",
    "!!set {a}", "!!set {a: 1}", "!!set {}", "!!set {1: x}", "!!set [a]", "!!set a", "!!set {1.5}", "!!set {~}", "[!!set {a}]", "{k: !!set {\"it's\"}}",
    "!!binary aGVsbG8=", "!!binary ''", "!!binary aGVsbG8", "!!binary \"aGVs\\nbG8=\"", "!!binary /////w==", "!!binary a", "!!binary aa=", "!!binary aa==", "!!binary aa==bbbb", "!!binary 'aG*Vs'", "!!binary é", "!!binary =", "!!binary [a]", "!!binary J3F1b3RlJw==", "!!binary JyI=", "!!binary XAoNCQ==", "!!binary AH8gfg==", "!!binary 'a=GVs'",
    "!!omap [a: 1, b: 2]", "!!omap [a: 1, a: 2]", "!!omap [{a: 1, b: 2}]", "!!omap [a]", "!!omap {a: 1}", "!!omap []", "!!omap [x: [1, {y: 2}]]", "!!pairs [a: 1, a: 2]", "!!pairs [[a, 1]]", "!!pairs x", "!!omap [1: yes, ~: .nan]",
    "!!python/none x", "!!python/object/apply:os.system ['true']", "!!python/tuple [1, 2]", "!!python/name:os.system", "!!python/str x", "!!python/bool True",
    // Anchors.
    "&a 1", "&a [1, 2]", "&a !!str 1", "!!str &a 1", "*missing", "[&a 1, *a]", "[&a [1], *a, *a]", "{x: &a {y: 1}, z: *a}", "&a [*a]", "[&a yes, !!str x, *a]", "[&a x, *a : 1]", "{&a k: 1, j: *a}", "&a {k: *a}",
];

/// Whole documents.
#[rustfmt::skip]
const DOCUMENTS: &[&str] = &[
    "", " ", "\n", "# comment", "# a\n# b\n", "---", "---\n", "---\n...", "...", "--- x", "--- # c\na: 1", "\u{feff}a: 1", "a: 1\n...\n", "a: 1\n---\nb: 2", "---\na: 1\n---\n", "--- 1\n--- 2\n", "a: 1\n--- \n",
    "%YAML 1.1\n---\na: yes", "%YAML 1.2\n---\na: yes", "%TAG ! tag:yaml.org,2002:\n---\na: !int '1'", "%TAG !y! tag:yaml.org,2002:\n---\na: !y!int '1'", "%FOO bar\n---\na: 1",
    "1", "x", "yes", "~", "[1, 2]", "- 1\n- 2", "a", "a: b", "a:b", "a : b", "a:  b  ", "a: b # c", "a: b#c", "'a': b", "\"a\": b", "'a':b", "? a\n: b", "? a\n", "? [a, b]\n: c", "? {a: 1}\n: c", "[a, b]: c", "? !!set {a}\n: c", "? !!binary YQ==\n: c", "? |\n  a\n: b",
    "a: 1\nb: 2\nc: 3", "b: 1\na: 2", "a: 1\nb: 2\na: 3", "a: 1\n\n\nb: 2\n", "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a:\n  b: 1\n  c:\n    - d\n    - e: 1\n      f: 2\n", "a:\n- 1\n- 2\n", "a:\n  - 1\n  - 2\n", "a: - 1", "a: b: c", "a:\n b\n c", "a: 1\n b: 2", "a: 1\n  b", "  a: 1\n  b: 2", "  a: 1\n b: 2", "a: 1\n  b: 2\n", "- a\n- b\nc: 1", "a:\n\tb: 1", "\ta: 1", "a:\t1", "- \ta", "a: [1,\n2]", "a: [1,\n  2\n]", "a: {b: 1,\n  c: 2}", "a: [1", "a: {b: 1", "a: ]", "a: 'x", "a: \"x", "a: \"\\q\"", "a: \"\\x4\"", "a: 'x' y", "a: \"x\" # c", "a: [x]#c", "a: [x] #c", "'a' 'b'", "a\nb", "a\nb: 1", "a: |x\n b", "a: |\n b\n  c\n d\n", "a: |\n\n\n  b\n", "a: >\n\n  b\n  c\n\n\n  d\n", "a: |\n  b\n c", "a: >+\n  b\n\n\nc: 1", "a: |1-\n  b\n", "a: |\nb: 1", "a: |\n  # no comment\nb: 1", "a: |-\n\n", "key with spaces: 1", "a b: c d", "a?b: 1", "-a: 1", "?a: 1", ":a: 1", "a:: 1", "a: :b", "a: b:", "a: ::", "{a: b, c}", "{a b: c}", "[a b, c d]", "{'a': 1}", "{'a':1}", "{a: , b: }", "[, a]", "[a,, b]", "{, a}", "{a: 1}}", "[1] [2]", "{a: 1} {b: 2}", "[1]: 2", "{\n}", "[\n]", "{a: 1,\n}", "- - 1\n  - 2\n- 3", "- a: 1\n  b: 2\n- c", "-\n  a: 1", "-\n- a", "- -", "-", "- ", "-a", "a:\n  -", "a:\n-\nb: 1", "a:\nb:\n", "a: #c\n  1", "a: &x 1\nb: *x", "a: &x {y: 1}\nb: *x\nc: [*x, *x]", "a: *x\nb: &x 1", "&x a: 1\nb: *x", "a: &x\n  b: 1\nc: *x", "a: & 1", "a: * x", "a: &x &y 1", "a: &x *x",
    // Keys of other types.
    "1: a", "1.5: a", "yes: a", "~: a", "null: a", ": a", "12:30: a", "0x10: a", ".inf: a", ".nan: a", "2026-01-31: a", "'1': a\n1: b", "1: a\n1.0: b", "1: a\ntrue: b", "0: a\nfalse: b\n0.0: c", "yes: a\nYES: b\ntrue: c", ".nan: 1\n.nan: 2", "1e5: a", "{1: {2: {3: 4}}}", "1: a\nb: 2\n1.0: c", "-0.0: a\n0: b",
    // Merging.
    "a: &a {x: 1, y: 2}\nb: {<<: *a, z: 3}", "a: &a {x: 1}\nb: {<<: *a, x: 2}", "a: &a {x: 1}\nb: {x: 2, <<: *a}", "a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc: {<<: [*a, *b], z: 4}", "a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc: {<<: [*b, *a]}", "a: &a {x: 1}\nb: {<<: *a, <<: {y: 2}}", "a: {<<: {<<: {x: 1}, y: 2}, z: 3}", "<<: {a: 1}\nb: 2", "<<: [{a: 1}, {b: 2}]", "<<: []", "<<: {}", "<<: 1", "<<: x", "<<: [1]", "<<: ~", "<<: [[{a: 1}]]", "'<<': {a: 1}", "<<: {a: 1}\na: 2\n<<: {a: 3, b: 4}", "a: !!set {<<: {x: 1}}", "a: !!omap [<<: {x: 1}]", "!!merge x: {a: 1}", "? !!str <<\n: {a: 1}", "a: &a {1: x}\nb: {<<: *a, 1.0: y}", "a: &a [1]\nb: {<<: *a}", "<<: !!set {a}", "a: &a {x: &x [1]}\nb: {<<: *a, y: *x}",
    // The default value.
    "=: 1", "{=: 1, a: 2}", "a: {=: 1}", "!!str {a: 1, =: z}", "!!str {=: [1]}", "!!value x: 1", "? = \n: 1", "a: !!null {=: 1}", "a: !!binary {=: YQ==}",
    // The root's tag.
    "!!map {a: 1}", "!!set {a}", "!!omap [a: 1]", "!!str x", "! x", "!foo x", "--- !!map\na: 1", "--- &x\na: 1", "--- |\n  text\n", "--- >\n  text\n",
    // Characters.
    "a: \u{7}", "a: \u{0}", "a: \u{7f}", "a: \u{1b}[1m", "a: \u{fffe}", "a: \u{fffd}", "a: \u{10ffff}", "a: \u{a0}", "é: ü", "a: \"\\u0007\"", "a: \"\\ud83d\"", "a: x\u{feff}y",
    // JSON.
    "{\"a\": 1, \"b\": [true, false, null], \"c\": {\"d\": \"e\\n\"}}", "{\"a\": 1e5, \"b\": 1.5e5, \"c\": -1.5e-3, \"d\": 1E+2}", "[\n  {\n    \"a\": \"\\u00e9\"\n  }\n]", "{\"a\":{\"b\":[1,2,{\"c\":3}]}}", "{\"a\": \"x: y\", \"b\": \"# no\"}", "{\n\t\"a\": 1\n}", "\"text\"", "{\"a\\/b\": 1}",
];

/// Where a YAML 1.2 parser reads a document that PyYAML cannot, or reads it in another way: ours.
#[rustfmt::skip]
const DIFFERENT: &[(&str, &str)] = &[
    // Tabs that separate or indent nothing.
    ("k: a\tb", "{'k': 'a\\tb'}"), ("[a\tb]", "['a\\tb']"), ("\ta: 1", "{'a': 1}"), ("- \ta", "['a']"), ("{\n\t\"a\": 1\n}", "{'a': 1}"),
    // Signs that are texts or mean something only in one of the two versions.
    ("k: ! '!'", "{'k': '!'}"), ("[! '!']", "['!']"), ("[?x]", "['?x']"), ("[-]", "raises"), ("[!]", "[None]"), ("[!!str]", "['']"), (": a", "{None: 'a'}"), ("...", "None"),
    // Items are indented below their key, comments behind a space.
    ("a: [1,\n2]", "raises"), ("a: [x]#c", "raises"),
    // A mark inside of a text, and half a character.
    ("a: x\u{feff}y", "raises"), ("a: \"\\ud83d\"", "raises"),
    // papermill cannot write a value that contains itself either.
    ("k: &a [*a]", "raises"), ("k: &a {k: *a}", "raises"), ("[&a [*a]]", "raises"), ("[&a {k: *a}]", "raises"),
];

pub(crate) const ENCODED: &[&str] = &[
    // {foo: 54321, bar: value}, and a date.
    "e2ZvbzogNTQzMjEsIGJhcjogdmFsdWV9",
    "YV9kYXRlOiAyMDE5LTAxLTAx",
    "",
    " ",
    "====",
    "fg==",
    "MA==",
    "W10=",
    "bm8=",
    // Text and numbers are no parameters.
    "MQ==",
    "eA",
    "abc",
    "e2E6IDF9\n",
    "e2E6 IDF9",
    "e2E6*IDF9",
    "é",
    // 1: a, ~: b, yes: c and 1.5: d.
    "ezE6IGEsIH46IGIsIHllczogYywgMS41OiBkfQ==",
    // !!omap [a: 1, b: 2] and !!pairs of the same name.
    "ISFvbWFwIFthOiAxLCBiOiAyXQ==",
    "ISFwYWlycyBbYTogMSwgYTogMl0=",
    // UTF-16, both ways, then half a character.
    "//5hADoAIAAxAA==",
    "/v8AYQA6ACAAMQ==",
    "//5hADoAIAAxAAo=",
    // UTF-8 with a mark, and what is no UTF-8.
    "77u/YTogMQ==",
    "YTog/w==",
    "YTogIgc=",
];

pub(crate) fn documents() -> Vec<String> {
    let as_values = SCALARS.iter().map(|scalar| format!("k: {scalar}"));
    let in_lists = SCALARS
        .iter()
        .filter(|scalar| !scalar.contains('\n'))
        .map(|scalar| format!("[{scalar}]"));
    as_values
        .chain(in_lists)
        .chain(DOCUMENTS.iter().map(|&text| text.to_owned()))
        .collect()
}

pub(crate) fn compare(answers: &Value) -> Compared {
    let mut compared = Compared::new("YAML");
    for (index, text) in documents().iter().enumerate() {
        let ours = match load(text) {
            Ok(value) => value.to_python_repr(),
            Err(_) => "raises".to_owned(),
        };
        let theirs = told(&answers[index]);
        let theirs = if theirs.starts_with("raises") {
            "raises"
        } else {
            &theirs
        };
        match DIFFERENT.iter().find(|(different, _)| different == text) {
            Some((_, expected)) if theirs != *expected => compared.case(text, &ours, expected),
            _ => compared.case(text, &ours, theirs),
        }
    }
    compared
}

/// Names and values in order, as `repr` of a list of pairs.
pub(crate) fn compare_encoded(answers: &Value) -> Compared {
    let mut compared = Compared::new("-b");
    for (index, text) in ENCODED.iter().enumerate() {
        let pair = |(name, value): (String, ParameterValue)| {
            let name = ParameterValue::String(name).to_python_repr();
            format!("({name}, {})", value.to_python_repr())
        };
        let ours = match parameters_from_base64(text) {
            Ok(found) => format!(
                "[{}]",
                found.into_iter().map(pair).collect::<Vec<_>>().join(", ")
            ),
            Err(_) => "raises".to_owned(),
        };
        let theirs = told(&answers[index]);
        compared.case(
            text,
            &ours,
            if theirs.starts_with("raises") {
                "raises"
            } else {
                &theirs
            },
        );
    }
    compared
}
