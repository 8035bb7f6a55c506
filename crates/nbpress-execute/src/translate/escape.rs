//! Escapes that several languages share.

use nbpress_format::parameters::numeric_escape;

/// Python's `unicode_escape` codec with `"` escaped too: what papermill writes for most languages.
pub(super) fn python(text: &str) -> String {
    quoted(text, |character| match character {
        '"' => Some("\\\"".to_owned()),
        _ => unicode_escape(character),
    })
}

/// How Python's `unicode_escape` codec writes a character it does not leave alone.
pub(super) fn unicode_escape(character: char) -> Option<String> {
    backslash(character).or_else(|| (!plain(character)).then(|| numeric_escape(character)))
}

/// As [`python`], but `\u00e9` for what Python writes as `\xe9`: there `\x` is a byte, or takes more
/// digits than two.
pub(super) fn four_digits(text: &str) -> String {
    quoted(text, four_digits_escape)
}

/// As [`four_digits`], with two escapes for what is beyond U+FFFF.
pub(super) fn surrogates(text: &str) -> String {
    quoted(text, |character| {
        let mut units = [0; 2];
        match character.encode_utf16(&mut units) {
            [high, low] => Some(format!("\\u{high:04x}\\u{low:04x}")),
            _ => four_digits_escape(character),
        }
    })
}

pub(super) fn four_digits_escape(character: char) -> Option<String> {
    let code = u32::from(character);
    match character {
        '"' => Some("\\\"".to_owned()),
        _ if code < 0x100 && !plain(character) => {
            backslash(character).or_else(|| Some(format!("\\u{code:04x}")))
        }
        _ => unicode_escape(character),
    }
}

/// A text in double quotes; characters for which nothing is given stay.
pub(super) fn quoted(text: &str, escape: impl FnMut(char) -> Option<String>) -> String {
    format!("\"{}\"", escaped(text, escape))
}

pub(super) fn escaped(text: &str, mut escape: impl FnMut(char) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match escape(character) {
            Some(escape) => out.push_str(&escape),
            None => out.push(character),
        }
    }
    out
}

fn backslash(character: char) -> Option<String> {
    let escape = match character {
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => return None,
    };
    Some(escape.to_owned())
}

/// Printable ASCII.
fn plain(character: char) -> bool {
    matches!(character, ' '..='~')
}

/// `L` behind what does not fit in 32 bits, as papermill writes it.
pub(super) fn long(value: &nbpress_format::parameters::Integer) -> String {
    match value.as_i64() {
        Some(small) if i32::try_from(small).is_ok() => value.to_string(),
        _ => format!("{value}L"),
    }
}
