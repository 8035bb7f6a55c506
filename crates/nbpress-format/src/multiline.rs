//! Long texts: whole in memory, lists of lines in the file.
//!
//! The same rules as nbformat's reader and writer
//! (<https://nbformat.readthedocs.io/en/latest/format_description.html>).

use crate::error::ParseError;
use crate::json::{Json, Object, within_line};

/// Joins a text that the file may hold as a list of lines.
pub(crate) fn join_field(fields: &mut Object, key: &str) -> Result<(), ParseError> {
    if let Some(value @ Json::Array(_)) = fields.get_mut(key) {
        let Some(text) = join(value) else {
            return Err(ParseError::wrong(key, "string or list of strings", value));
        };
        *value = Json::String(text);
    }
    Ok(())
}

/// Joins the representations of a MIME bundle that are lists of lines.
pub(crate) fn join_bundle(bundle: &mut Object) {
    for (mime, value) in bundle {
        if !is_json(mime)
            && let Some(text) = join(value)
        {
            *value = Json::String(text);
        }
    }
}

/// The text that a list of strings holds.
fn join(value: &Json) -> Option<String> {
    value.as_array()?.iter().map(Json::as_str).collect()
}

/// Whether the representation of a MIME type is a JSON value, not a text.
pub(crate) fn is_json(mime: &str) -> bool {
    mime == "application/json" || (mime.starts_with("application/") && mime.ends_with("+json"))
}

/// Whether the file splits the representation of a MIME type into lines.
pub(crate) fn is_split(mime: &str) -> bool {
    mime.starts_with("text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

/// The lines of a text with their endings, as Python's `str.splitlines(True)` cuts them
/// (<https://docs.python.org/3/library/stdtypes.html#str.splitlines>).
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    cut(text).map(|(line, _)| line)
}

/// The same lines without their endings.
pub(crate) fn bare_lines(text: &str) -> impl Iterator<Item = &str> {
    cut(text).map(|(line, bare)| &line[..bare])
}

/// Lines with their endings, and the length of each without it.
fn cut(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (bare, ending) = first_line(rest.as_bytes());
        let (line, after) = rest.split_at(bare + ending);
        rest = after;
        Some((line, bare))
    })
}

/// Lengths of the first line and of its ending.
fn first_line(text: &[u8]) -> (usize, usize) {
    let mut at = within_line(text);
    while at < text.len() {
        match ending_length(&text[at..]) {
            0 => at += 1 + within_line(&text[at + 1..]),
            length => return (at, length),
        }
    }
    (text.len(), 0)
}

/// How many bytes of line ending a text starts with.
fn ending_length(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | 0x0b | 0x0c | b'\r' | 0x1c..=0x1e, ..] => 1,
        // U+0085, U+2028 and U+2029.
        [0xc2, 0x85, ..] => 2,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_as_python_cuts_them() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a\nb", vec!["a\n", "b"]),
            ("\n\n", vec!["\n", "\n"]),
            ("a\r\nb\rc\n", vec!["a\r\n", "b\r", "c\n"]),
            ("a\n\rb", vec!["a\n", "\r", "b"]),
            (
                "a\u{2028}b\x0bc\x1dd\u{85}",
                vec!["a\u{2028}", "b\x0b", "c\x1d", "d\u{85}"],
            ),
            ("é\u{2027}\x1f‰\u{2029}", vec!["é\u{2027}\x1f‰\u{2029}"]),
        ] {
            assert_eq!(lines(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn bare_lines_have_no_endings() {
        for (text, expected) in [
            ("", vec![]),
            ("a\r\nb\n\nc", vec!["a", "b", "", "c"]),
            ("a\u{2028}\u{85}", vec!["a", ""]),
        ] {
            assert_eq!(bare_lines(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn only_lists_of_texts_outside_json_types_are_joined() {
        let mut bundle = Json::parse(
            br#"{"text/plain": ["a\n", "b"], "image/png": [], "text/x": ["a", 1], "application/json": ["a"], "application/vnd.x+json": ["a"], "image/x+json": ["a"]}"#,
        )
        .unwrap();
        join_bundle(bundle.as_object_mut().unwrap());
        assert_eq!(
            bundle.to_compact(),
            r#"{"text/plain":"a\nb","image/png":"","text/x":["a",1],"application/json":["a"],"application/vnd.x+json":["a"],"image/x+json":"a"}"#
        );
    }
}
