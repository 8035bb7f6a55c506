//! JSON as Python's `json` module reads and writes it.
//!
//! Notebooks are written by Python, so this reads what Python reads: the literals `NaN`, `Infinity`
//! and `-Infinity`, integers of any length, duplicate keys (the last value wins, in the place of the
//! first). Numbers keep their digits. <https://docs.python.org/3/library/json.html>

mod number;
mod parse;
mod place;
mod scan;
#[cfg(test)]
mod tests;
mod write;

pub use number::{Number, python_float};
pub use parse::{JsonError, JsonErrorKind, MAX_DEPTH};

use parse::Text;
use place::Place;

/// A JSON object; insertion order is kept.
pub type Object = indexmap::IndexMap<String, Json>;

/// Any JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number with all its digits.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Self>),
    /// An object.
    Object(Object),
}

impl Json {
    /// Parses a text strictly.
    ///
    /// # Errors
    /// Where and why it is not JSON; also bytes that are not UTF-8 and lone surrogates (`"\ud800"`),
    /// which no UTF-8 file can hold.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        parse::parse(bytes, Text::Strict, Place::Elsewhere)
    }

    /// Parses a kernel's message: bytes that are not UTF-8 and lone surrogates become U+FFFD.
    ///
    /// # Errors
    /// Where and why it is not JSON.
    pub fn parse_lossy(bytes: &[u8]) -> Result<Self, JsonError> {
        parse::parse(bytes, Text::Lossy, Place::Elsewhere)
    }

    /// As [`Json::parse`], but lists of lines where a notebook of format 4 has a text are that text.
    pub(crate) fn parse_notebook(bytes: &[u8]) -> Result<Self, JsonError> {
        parse::parse(bytes, Text::Strict, Place::Notebook)
    }

    /// As [`Json::parse`], for a model of Jupyter's contents API
    /// (<https://jupyter-server.readthedocs.io/en/latest/developers/contents.html#data-model>): where its `content` is
    /// a notebook of format 4, lists of lines that are texts are those texts, as whoever reads the notebook from it
    /// would make them.
    ///
    /// # Errors
    /// As [`Json::parse`].
    pub fn parse_model(bytes: &[u8]) -> Result<Self, JsonError> {
        parse::parse(bytes, Text::Strict, Place::Model)
    }

    /// One line, in insertion order, without spaces.
    pub fn to_compact(&self) -> String {
        let mut out = String::new();
        write::compact(self, &mut out);
        out
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The entries of an object.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self {
            Some(object)
        } else {
            None
        }
    }

    /// The entries of an object.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        if let Self::Object(object) = self {
            Some(object)
        } else {
            None
        }
    }

    /// The items of a list.
    pub fn as_array(&self) -> Option<&Vec<Self>> {
        if let Self::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The items of a list.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Self>> {
        if let Self::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// A number that is an integer and fits.
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Number(number) = self {
            number.as_i64()
        } else {
            None
        }
    }

    /// A number that is an integer and fits.
    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self {
            number.as_u64()
        } else {
            None
        }
    }

    /// Any number, rounded to the nearest `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self {
            Some(number.as_f64())
        } else {
            None
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value under a key, where this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// What kind of value it is, in JSON's own words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(number) if number.is_integer() => "integer",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// Appends [`Json::to_compact`].
    pub(crate) fn write_compact(&self, out: &mut String) {
        write::compact(self, out);
    }

    /// Appends the text Python's `json.dumps(indent=1, sort_keys=True, ensure_ascii=False)` gives.
    pub(crate) fn write_python(&self, depth: usize, out: &mut String) {
        write::python(self, depth, out);
    }
}

pub(crate) use parse::parse_embedded;
pub(crate) use scan::within_line;
pub(crate) use write::{newline as python_newline, string as write_string};

macro_rules! from {
    ($($source:ty, $value:ident => $json:expr;)*) => {$(
        impl From<$source> for Json {
            fn from($value: $source) -> Self {
                $json
            }
        }
    )*};
}

from! {
    bool, value => Self::Bool(value);
    &str, text => Self::String(text.to_owned());
    String, text => Self::String(text);
    i64, number => Self::Number(Number::from(number));
    u64, number => Self::Number(Number::from(number));
    usize, number => Self::Number(Number::from(number as u64));
    f64, number => Self::Number(Number::from(number));
    Vec<Json>, items => Self::Array(items);
    Object, object => Self::Object(object);
}
