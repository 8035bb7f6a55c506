//! Secrets never reach a record: their values are replaced in everything a kernel sends.
//!
//! A value is looked for as it is and in the encodings people print by accident: JSON and Python
//! string escapes, percent-encoding, HTML, hexadecimal, and base64 at each of its three alignments. A
//! stream may be cut anywhere, so the end of a chunk that could be the beginning of a secret is held
//! back until the next chunk, or the end of the cell, decides.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use nbpress_format::json::{Json, Object};

/// Shorter values are not searched for in encoded form: they would match by chance.
const SHORTEST_ENCODED: usize = 6;

/// A value that must reach the kernel and no file.
#[derive(Clone)]
pub struct Secret {
    /// The variable the notebook uses.
    pub name: String,
    /// The value; never printed.
    pub value: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Replaces secrets.
#[derive(Debug, Default)]
pub struct Redactor {
    /// What to look for, longest first, and what to write instead.
    needles: Vec<(String, String)>,
    /// Ends of streams held back, by cell and stream name.
    held: BTreeMap<(usize, String), String>,
}

impl Redactor {
    /// A redactor for these secrets; without any, everything passes unchanged and uncopied.
    pub fn new(secrets: &[Secret]) -> Self {
        let mut needles: Vec<(String, String)> = Vec::new();
        for secret in secrets.iter().filter(|secret| !secret.value.is_empty()) {
            let mark = format!("[secret {}]", secret.name);
            needles.extend(
                encodings(&secret.value)
                    .into_iter()
                    .map(|needle| (needle, mark.clone())),
            );
        }
        needles.sort_by_key(|(needle, _)| std::cmp::Reverse(needle.len()));
        needles.dedup();
        Self {
            needles,
            held: BTreeMap::new(),
        }
    }

    /// Redacts a whole text.
    pub fn text(&self, text: String) -> String {
        self.needles.iter().fold(text, |text, (needle, mark)| {
            if text.contains(needle.as_str()) {
                text.replace(needle.as_str(), mark)
            } else {
                text
            }
        })
    }

    /// Redacts the next chunk of a stream and returns what can be shown already.
    pub fn stream(&mut self, cell: usize, name: &str, chunk: String) -> String {
        if self.needles.is_empty() {
            return chunk;
        }
        let held = self
            .held
            .remove(&(cell, name.to_owned()))
            .unwrap_or_default();
        let mut text = self.text(held + &chunk);
        let hold = self.undecided(&text);
        let kept = text.split_off(text.len() - hold);
        if !kept.is_empty() {
            self.held.insert((cell, name.to_owned()), kept);
        }
        text
    }

    /// What is still held back of a cell's streams; nothing more will come.
    pub fn rest(&mut self, cell: usize) -> Vec<(String, String)> {
        let keys: Vec<_> = self
            .held
            .keys()
            .filter(|(of, _)| *of == cell)
            .cloned()
            .collect();
        keys.into_iter()
            .filter_map(|key| self.held.remove(&key).map(|text| (key.1, text)))
            .collect()
    }

    /// Length of the longest end of `text` that begins some needle.
    fn undecided(&self, text: &str) -> usize {
        let longest = self
            .needles
            .first()
            .map_or(0, |(needle, _)| needle.len() - 1);
        let from = text.len().saturating_sub(longest);
        (from..text.len())
            .filter(|&at| text.is_char_boundary(at))
            .find(|&at| {
                self.needles
                    .iter()
                    .any(|(needle, _)| needle.starts_with(&text[at..]))
            })
            .map_or(0, |at| text.len() - at)
    }

    /// Redacts every string inside a value, keys included.
    pub fn json(&self, value: Json) -> Json {
        if self.needles.is_empty() {
            return value;
        }
        match value {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => {
                Json::Array(items.into_iter().map(|item| self.json(item)).collect())
            }
            Json::Object(object) => Json::Object(self.object(object)),
            other => other,
        }
    }

    /// [`Redactor::json`] for an object.
    pub fn object(&self, object: Object) -> Object {
        if self.needles.is_empty() {
            return object;
        }
        object
            .into_iter()
            .map(|(key, value)| (self.text(key), self.json(value)))
            .collect()
    }
}

fn encodings(value: &str) -> Vec<String> {
    let mut found = vec![value.to_owned()];
    if value.len() >= SHORTEST_ENCODED {
        let json = Json::String(value.to_owned()).to_compact();
        found.push(json.trim_matches('"').to_owned());
        found.push(value.escape_default().to_string());
        let in_query = percent_encoded(value, b"-._~");
        found.push(in_query.replace("%20", "+"));
        found.push(in_query);
        found.push(percent_encoded(value, b"-._~/"));
        found.extend(html_escaped(value));
        found.push(hex::encode(value));
        found.push(hex::encode_upper(value));
        found.extend((0..3).map(|alignment| base64_core(value, alignment)));
    }
    found.retain(|needle| !needle.is_empty());
    found.sort();
    found.dedup();
    found
}

/// The characters of base64 that depend on `value` alone when `alignment` bytes come before it.
fn base64_core(value: &str, alignment: usize) -> String {
    let mut bytes = vec![0; alignment];
    bytes.extend_from_slice(value.as_bytes());
    // The first ceil(8a/6) characters mix in the bytes before, the last one those after.
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    let start = (alignment * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    encoded[start..end].to_owned()
}

/// As most libraries write it, and as Python's does.
fn html_escaped(value: &str) -> [String; 2] {
    let markup = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let quoted = markup.replace('"', "&quot;").replace('\'', "&#x27;");
    [markup, quoted]
}

fn percent_encoded(value: &str, kept: &[u8]) -> String {
    use std::fmt::Write;
    value.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "p@ss w\"örd/42";

    fn redactor() -> Redactor {
        Redactor::new(&[Secret {
            name: "token".into(),
            value: VALUE.into(),
        }])
    }

    #[test]
    fn every_encoding_is_found() {
        let prefixed = |prefix: &str| STANDARD_NO_PAD.encode(format!("{prefix}{VALUE} and more"));
        let leaks = [
            VALUE.to_owned(),
            Json::String(VALUE.into()).to_compact(),
            percent_encoded(VALUE, b"-._~"),
            percent_encoded(VALUE, b"/"),
            percent_encoded(VALUE, b"").replace("%20", "+"),
            VALUE.replace('"', "&quot;"),
            hex::encode(VALUE),
            prefixed(""),
            prefixed("a"),
            prefixed("ab"),
            prefixed("abc"),
        ];
        for leak in leaks {
            let shown = redactor().text(format!("<{leak}>"));
            assert!(
                shown.contains("[secret token]"),
                "{leak} was shown as {shown}"
            );
        }
    }

    #[test]
    fn a_stream_cut_anywhere_shows_nothing_and_loses_nothing() {
        let text = format!("before {VALUE} p@s after");
        for cut in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
            let mut redactor = redactor();
            let mut shown = redactor.stream(1, "stdout", text[..cut].to_owned());
            shown += &redactor.stream(1, "stdout", text[cut..].to_owned());
            shown.extend(redactor.rest(1).into_iter().map(|(_, text)| text));
            assert_eq!(shown, "before [secret token] p@s after");
        }
    }

    #[test]
    fn without_secrets_nothing_is_held_back() {
        let mut redactor = Redactor::new(&[]);
        assert_eq!(redactor.stream(0, "stdout", "p".into()), "p");
        assert!(redactor.rest(0).is_empty());
    }
}
