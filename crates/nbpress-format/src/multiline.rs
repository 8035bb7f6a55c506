//! Long texts: whole in memory, lists of lines in the file.

use crate::error::ParseError;
use crate::json::{Json, Object};

/// Takes a text that may be split into lines.
pub(crate) fn take(fields: &mut Object, key: &str) -> Result<String, ParseError> {
    match fields.shift_remove(key) {
        None | Some(Json::Null) => Ok(String::new()),
        Some(Json::String(text)) => Ok(text),
        Some(value) => {
            join(&value).ok_or_else(|| ParseError::wrong(key, "string or list of strings", &value))
        }
    }
}

fn join(value: &Json) -> Option<String> {
    value.as_array()?.iter().map(Json::as_str).collect()
}

/// Joins the representations whose file form is a list of lines.
pub(crate) fn join_bundle(bundle: Object) -> Object {
    bundle
        .into_iter()
        .map(|(mime, value)| {
            let joined = if is_json(&mime) { None } else { join(&value) };
            (mime, joined.map_or(value, Json::String))
        })
        .collect()
}

/// Splits a bundle's texts as nbformat does: `text/…` and the two text formats below `application`
/// and `image`.
pub(crate) fn split_bundle(bundle: &Object) -> Json {
    let split_one = |(mime, value): (&String, &Json)| {
        let value = match value {
            Json::String(text) if is_text(mime) => split(text),
            other => other.clone(),
        };
        (mime.clone(), value)
    };
    Json::Object(bundle.iter().map(split_one).collect())
}

fn is_text(mime: &str) -> bool {
    mime.starts_with("text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

fn is_json(mime: &str) -> bool {
    mime == "application/json" || (mime.starts_with("application/") && mime.ends_with("+json"))
}

/// The lines of a text, as Python's `str.splitlines(True)` cuts them.
pub(crate) fn split(text: &str) -> Json {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line = &rest[..line_length(rest)];
        lines.push(Json::from(line));
        rest = &rest[line.len()..];
    }
    Json::Array(lines)
}

/// Length in bytes of the first line with its ending
/// (<https://docs.python.org/3/library/stdtypes.html#str.splitlines>).
fn line_length(text: &str) -> usize {
    let Some((at, ending)) = text.char_indices().find(|(_, char)| is_line_ending(*char)) else {
        return text.len();
    };
    let crlf = ending == '\r' && text.as_bytes().get(at + 1) == Some(&b'\n');
    at + ending.len_utf8() + usize::from(crlf)
}

fn is_line_ending(char: char) -> bool {
    matches!(
        char,
        '\n' | '\x0b' | '\x0c' | '\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_as_python_cuts_them() {
        for (text, lines) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a\nb", vec!["a\n", "b"]),
            ("a\r\nb\rc\n", vec!["a\r\n", "b\r", "c\n"]),
            (
                "a\u{2028}b\x0bc\x1dd\u{85}",
                vec!["a\u{2028}", "b\x0b", "c\x1d", "d\u{85}"],
            ),
        ] {
            assert_eq!(
                split(text),
                Json::Array(lines.into_iter().map(Json::from).collect()),
                "{text:?}"
            );
        }
    }
}
