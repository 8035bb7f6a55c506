//! What the file says about a notebook, a cell or an output, and its bytes.
//!
//! The bytes are those of Python's `json.dumps(indent=1, sort_keys=True, ensure_ascii=False)` after
//! nbformat has split long texts into lines. Nothing is copied before it is written: an output of
//! many megabytes is in memory once.

use crate::cell::Cell;
use crate::json::{Json, Object, python_newline, write_string};
use crate::multiline::{is_split, lines};
use crate::output::Output;

/// A value as the file has it.
#[derive(Clone, Copy)]
pub(crate) enum Field<'a> {
    Json(&'a Json),
    Text(&'a str),
    /// A text that the file splits into lines.
    Lines(&'a str),
    Texts(&'a [String]),
    Count(Option<u64>),
    /// Without the keys that belong in no file.
    Metadata(&'a Object, &'static [&'static str]),
    /// MIME type → representation.
    Bundle(&'a Object),
    /// File name → bundle.
    Bundles(&'a Object),
    Cells(&'a [Cell]),
    Outputs(&'a [Output]),
}

/// The fields of an object of the file. Known ones win over kept ones of the same name.
pub(crate) struct Fields<'a> {
    known: Vec<(&'a str, Field<'a>)>,
    kept: &'a Object,
}

impl<'a> Fields<'a> {
    /// Only the fields that are kept as they were.
    pub(crate) fn new(kept: &'a Object) -> Self {
        Self {
            known: Vec::new(),
            kept,
        }
    }

    pub(crate) fn push(&mut self, name: &'static str, field: Field<'a>) {
        self.known.push((name, field));
    }

    /// All fields, known ones first.
    fn all(&self) -> Vec<(&'a str, Field<'a>)> {
        let is_known = |key: &str| self.known.iter().any(|(name, _)| *name == key);
        let kept = self
            .kept
            .iter()
            .filter(|(key, _)| !is_known(key))
            .map(|(key, value)| (key.as_str(), Field::Json(value)));
        self.known.iter().copied().chain(kept).collect()
    }

    /// One object, texts whole.
    pub(crate) fn to_json(&self) -> Json {
        let entries = self.all().into_iter();
        let entries = entries.map(|(name, field)| (name.to_owned(), field.to_json()));
        Json::Object(entries.collect())
    }

    /// [`Fields::to_json`] as text, on one line.
    pub(crate) fn write_compact(&self, out: &mut String) {
        compact_object(self.all().into_iter(), out);
    }

    /// The file's text, inside `depth` levels.
    pub(crate) fn write(&self, depth: usize, out: &mut String) {
        write_object(self.all(), depth, out);
    }
}

impl Field<'_> {
    fn to_json(self) -> Json {
        match self {
            Self::Json(json) => json.clone(),
            Self::Text(text) | Self::Lines(text) => text.into(),
            Self::Texts(texts) => {
                Json::Array(texts.iter().map(|text| text.as_str().into()).collect())
            }
            Self::Count(count) => count.map_or(Json::Null, Json::from),
            Self::Metadata(object, transient) => without(object, transient)
                .map(|(key, value)| (key.to_owned(), value.clone()))
                .collect::<Object>()
                .into(),
            Self::Bundle(object) | Self::Bundles(object) => object.clone().into(),
            Self::Cells(cells) => Json::Array(
                cells
                    .iter()
                    .map(|cell| cell.to_fields().to_json())
                    .collect(),
            ),
            Self::Outputs(outputs) => Json::Array(outputs.iter().map(Output::to_json).collect()),
        }
    }

    fn write_compact(self, out: &mut String) {
        match self {
            Self::Json(json) => json.write_compact(out),
            Self::Text(text) | Self::Lines(text) => write_string(text, out),
            Self::Texts(texts) => compact_array(texts.iter(), out, |text, out| {
                write_string(text, out);
            }),
            Self::Count(count) => write_count(count, out),
            Self::Metadata(object, transient) => {
                let entries = without(object, transient);
                compact_object(entries.map(|(key, value)| (key, Field::Json(value))), out);
            }
            Self::Bundle(object) | Self::Bundles(object) => {
                let entries = object.iter();
                let entries = entries.map(|(key, value)| (key.as_str(), Field::Json(value)));
                compact_object(entries, out);
            }
            Self::Cells(cells) => compact_array(cells.iter(), out, |cell, out| {
                cell.to_fields().write_compact(out);
            }),
            Self::Outputs(outputs) => compact_array(outputs.iter(), out, |output, out| {
                output.to_fields().write_compact(out);
            }),
        }
    }

    fn write(self, depth: usize, out: &mut String) {
        match self {
            Self::Json(json) => json.write_python(depth, out),
            Self::Text(text) => write_string(text, out),
            Self::Lines(text) => write_array(lines(text), depth, out, |line, _, out| {
                write_string(line, out);
            }),
            Self::Texts(texts) => write_array(texts.iter(), depth, out, |text, _, out| {
                write_string(text, out);
            }),
            Self::Count(count) => write_count(count, out),
            Self::Metadata(object, transient) => {
                let entries = without(object, transient);
                let entries = entries.map(|(key, value)| (key, Field::Json(value)));
                write_object(entries.collect(), depth, out);
            }
            Self::Bundle(object) => {
                let entries = object.iter();
                let entries =
                    entries.map(|(mime, value)| (mime.as_str(), representation(mime, value)));
                write_object(entries.collect(), depth, out);
            }
            Self::Bundles(object) => {
                let entries = object.iter().map(|(name, value)| {
                    let bundle = value.as_object().map(Field::Bundle);
                    (name.as_str(), bundle.unwrap_or(Field::Json(value)))
                });
                write_object(entries.collect(), depth, out);
            }
            Self::Cells(cells) => write_array(cells.iter(), depth, out, |cell, depth, out| {
                cell.to_fields().write(depth, out);
            }),
            Self::Outputs(outputs) => {
                write_array(outputs.iter(), depth, out, |output, depth, out| {
                    output.to_fields().write(depth, out);
                });
            }
        }
    }
}

fn representation<'a>(mime: &str, value: &'a Json) -> Field<'a> {
    match value {
        Json::String(text) if is_split(mime) => Field::Lines(text),
        other => Field::Json(other),
    }
}

fn without<'a>(
    object: &'a Object,
    keys: &'static [&'static str],
) -> impl Iterator<Item = (&'a str, &'a Json)> {
    object
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .filter(|(key, _)| !keys.contains(key))
}

fn write_count(count: Option<u64>, out: &mut String) {
    match count {
        None => out.push_str("null"),
        Some(count) => out.push_str(&count.to_string()),
    }
}

fn compact_object<'a>(entries: impl Iterator<Item = (&'a str, Field<'a>)>, out: &mut String) {
    out.push('{');
    for (index, (key, field)) in entries.enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        write_string(key, out);
        out.push(':');
        field.write_compact(out);
    }
    out.push('}');
}

fn compact_array<T>(
    items: impl Iterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push('[');
    for (index, item) in items.enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        write(item, out);
    }
    out.push(']');
}

fn write_object(mut entries: Vec<(&str, Field<'_>)>, depth: usize, out: &mut String) {
    if entries.is_empty() {
        out.push_str("{}");
        return;
    }
    // Python sorts strings by code point, which is the order of their UTF-8 bytes.
    entries.sort_unstable_by_key(|(key, _)| *key);
    out.push('{');
    for (index, (key, field)) in entries.into_iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        python_newline(depth + 1, out);
        write_string(key, out);
        out.push_str(": ");
        field.write(depth + 1, out);
    }
    python_newline(depth, out);
    out.push('}');
}

fn write_array<T>(
    items: impl Iterator<Item = T>,
    depth: usize,
    out: &mut String,
    mut write: impl FnMut(T, usize, &mut String),
) {
    let mut empty = true;
    out.push('[');
    for item in items {
        out.push_str(if empty { "" } else { "," });
        empty = false;
        python_newline(depth + 1, out);
        write(item, depth + 1, out);
    }
    if !empty {
        python_newline(depth, out);
    }
    out.push(']');
}
