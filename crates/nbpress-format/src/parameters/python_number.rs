//! What Python's `int(text)` and `float(text)` accept.
//!
//! <https://docs.python.org/3/library/functions.html#int>, <https://docs.python.org/3/library/functions.html#float>

use super::integer::Integer;

/// Python refuses to read decimal integers longer than this
/// (<https://docs.python.org/3/library/stdtypes.html#int-max-str-digits>).
const MAX_DIGITS: usize = 4300;

/// The character 0 of every script that has decimal digits; its nine successors are 1 to 9.
/// Generated from CPython 3.11's `unicodedata`, Unicode 14.
const ZEROS: &[u32] = &[
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
    0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
    0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0,
    0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Whether Python's `str.strip()` and `\s` take the character for white space.
pub fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// `int(text)`; `None` is its `ValueError`.
pub fn python_int(text: &str) -> Option<Integer> {
    let text = ascii(text);
    let (negative, digits) = sign(&text);
    let digits = without_underscores(digits)?;
    if digits.len() > MAX_DIGITS {
        return None;
    }
    Integer::from_digits(negative, &digits, 10)
}

/// `float(text)`; `None` is its `ValueError`.
pub fn python_float_of(text: &str) -> Option<f64> {
    let text = ascii(text);
    let (negative, number) = sign(&text);
    let lower = number.to_ascii_lowercase();
    let value = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => {
            let plain = without_underscores(&lower)?;
            let digit = plain.bytes().any(|byte| byte.is_ascii_digit());
            let number = plain
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b".e+-".contains(&byte));
            (digit && number && !plain.starts_with(['+', '-'])).then(|| plain.parse().ok())??
        }
    };
    Some(if negative { -value } else { value })
}

/// Without surrounding space, and with ASCII digits for those of other scripts. U+001C to U+001F are
/// space to `str.strip()`, but not here.
fn ascii(text: &str) -> String {
    text.trim().chars().map(ascii_digit).collect()
}

fn ascii_digit(character: char) -> char {
    let code = u32::from(character);
    if character.is_ascii() {
        return character;
    }
    let block = ZEROS.partition_point(|&zero| zero <= code);
    let value = ZEROS
        .get(block.wrapping_sub(1))
        .map(|zero| code - zero)
        .filter(|&value| value < 10);
    value
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or(character)
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Removes underscores; `None` where one is not between two digits.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let well_placed = |(at, _): (usize, &str)| digit(at.checked_sub(1)) && digit(Some(at + 1));
    text.match_indices('_')
        .all(well_placed)
        .then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::{python_float_of, python_int};

    #[test]
    fn integers_are_read_as_python_reads_them() {
        for (text, expected) in [
            ("1", Some("1")),
            ("+1", Some("1")),
            ("-0", Some("0")),
            (" 01\n", Some("1")),
            ("1_000", Some("1000")),
            ("\u{663}\u{660}", Some("30")),
            ("\u{1d7d9}", Some("1")),
            ("\x1c1", None),
            ("\u{85}1\u{2028}", Some("1")),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("+ 1", None),
            ("0x10", None),
            ("", None),
            ("1.0", None),
        ] {
            let read = python_int(text);
            assert_eq!(
                read.as_ref().map(super::Integer::as_str),
                expected,
                "{text:?}"
            );
        }
        assert!(python_int(&"9".repeat(4300)).is_some());
        assert!(python_int(&"9".repeat(4301)).is_none());
    }

    #[test]
    fn floats_are_read_as_python_reads_them() {
        for (text, expected) in [
            ("1.", Some(1.0)),
            (".5", Some(0.5)),
            ("1e5", Some(1e5)),
            ("1_0.5", Some(10.5)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e400", Some(f64::INFINITY)),
            ("1_.5", None),
            (".", None),
            ("e5", None),
            ("--1", None),
            ("1e", None),
            ("0x1p3", None),
        ] {
            assert_eq!(python_float_of(text), expected, "{text:?}");
        }
        assert!(python_float_of(" NaN ").is_some_and(f64::is_nan));
    }
}
