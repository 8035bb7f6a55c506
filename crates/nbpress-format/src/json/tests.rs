//! Reading and writing JSON, without Python at hand.

use super::{Json, JsonErrorKind, MAX_DEPTH, Number};

#[test]
fn what_python_reads_is_read() {
    for (text, compact) in [
        ("null", "null"),
        (" \t\r\n[true , false]\n", "[true,false]"),
        ("[NaN, Infinity, -Infinity]", "[NaN,Infinity,-Infinity]"),
        ("-0", "-0"),
        ("1.50e+3", "1.50e+3"),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
        (r#"{"a": 1, "b": 2, "a": 3}"#, r#"{"a":3,"b":2}"#),
        (r#""\ud83d\ude00\u00e9\/""#, "\"😀é/\""),
        (r#""\u0000\u001f\u007f""#, "\"\\u0000\\u001f\u{7f}\""),
        (r#""\b\f\n\r\t\"\\""#, r#""\b\f\n\r\t\"\\""#),
        ("{}", "{}"),
        ("[]", "[]"),
    ] {
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(json.to_compact(), compact, "{text}");
    }
}

#[test]
fn errors_say_where_and_why() {
    use JsonErrorKind as Kind;
    let cases: &[(&[u8], usize, usize, Kind)] = &[
        (b"", 1, 1, Kind::UnexpectedEnd),
        (b"[1,\n 2", 2, 3, Kind::UnexpectedEnd),
        (b"[1,]", 1, 4, Kind::ExpectedValue),
        (b"nul", 1, 1, Kind::ExpectedValue),
        (b"{a: 1}", 1, 2, Kind::ExpectedKey),
        (b"{\"a\": 1,}", 1, 9, Kind::ExpectedKey),
        (b"{\"a\" 1}", 1, 6, Kind::ExpectedColon),
        (b"[1 2]", 1, 4, Kind::ExpectedCommaOrEnd),
        (b"01", 1, 3, Kind::BadNumber),
        (b"1.", 1, 3, Kind::BadNumber),
        (b"1e+", 1, 4, Kind::BadNumber),
        (b"-", 1, 2, Kind::BadNumber),
        (b"\"\\x\"", 1, 3, Kind::BadEscape),
        (b"\"\\u12g4\"", 1, 4, Kind::BadEscape),
        (b"\"a\nb\"", 1, 3, Kind::ControlCharacter),
        (b"\"\\ud83d x\"", 1, 8, Kind::LoneSurrogate),
        (b"\"\\ude00\"", 1, 8, Kind::LoneSurrogate),
        ("\n\n[\"é😀\" x]".as_bytes(), 3, 7, Kind::ExpectedCommaOrEnd),
        (b"{\n\"\xff\"}", 2, 2, Kind::NotUtf8),
        ("\u{feff}{}".as_bytes(), 1, 1, Kind::ByteOrderMark),
        (b"{} {}", 1, 4, Kind::TrailingText),
    ];
    for (text, line, column, kind) in cases {
        let error = Json::parse(text).unwrap_err();
        let shown = String::from_utf8_lossy(text);
        assert_eq!(
            (error.line, error.column, error.kind),
            (*line, *column, *kind),
            "{shown}"
        );
    }
}

#[test]
fn what_is_not_unicode_is_replaced_in_messages() {
    for (text, expected) in [
        (&b"\"a\xffb\""[..], "a\u{fffd}b"),
        (br#""\ud83d""#, "\u{fffd}"),
        (br#""\ude00x""#, "\u{fffd}x"),
        (br#""\ud83d\n""#, "\u{fffd}\n"),
        (br#""\ud83d\u0041""#, "\u{fffd}A"),
        (br#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
    ] {
        let json = Json::parse_lossy(text).unwrap();
        assert_eq!(json.as_str(), Some(expected));
    }
}

#[test]
fn the_deepest_value_can_be_read_copied_and_written() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let json = Json::parse(nested(MAX_DEPTH).as_bytes()).unwrap();
    assert_eq!(json.clone().to_compact(), nested(MAX_DEPTH));
    let mut text = String::new();
    json.write_python(0, &mut text);
    assert_eq!(Json::parse(text.as_bytes()).unwrap(), json);
    for depth in [MAX_DEPTH + 1, 1_000_000] {
        let error = Json::parse(nested(depth).as_bytes()).unwrap_err();
        assert_eq!(error.kind, JsonErrorKind::TooDeep);
    }
}

#[test]
fn python_text_is_sorted_and_indented() {
    let json =
        Json::parse(br#"{"b": [], "a": {"\u00e9": [1.50, -0, 1e999], "z": {}}, "B": "\u2028"}"#);
    let mut text = String::new();
    json.unwrap().write_python(0, &mut text);
    assert_eq!(
        text,
        "{\n \"B\": \"\u{2028}\",\n \"a\": {\n  \"z\": {},\n  \"é\": [\n   1.5,\n   0,\n   Infinity\n  ]\n },\n \"b\": []\n}"
    );
}

#[test]
fn numbers_are_integers_only_where_python_has_an_int() {
    for (text, is_integer, signed, unsigned) in [
        ("7", true, Some(7), Some(7)),
        ("-7", true, Some(-7), None),
        ("7.0", false, None, None),
        ("7e0", false, None, None),
        ("18446744073709551615", true, None, Some(u64::MAX)),
        ("99999999999999999999", true, None, None),
        ("NaN", false, None, None),
        ("-Infinity", false, None, None),
    ] {
        let Json::Number(number) = Json::parse(text.as_bytes()).unwrap() else {
            panic!("{text} is a number");
        };
        assert_eq!(
            (number.is_integer(), number.as_i64(), number.as_u64()),
            (is_integer, signed, unsigned),
            "{text}"
        );
    }
    assert_eq!(Number::from(0.5).as_str(), "0.5");
}
