//! The values a parameter can have: what YAML and the command line can say.

use std::fmt;

use super::integer::Integer;
use crate::json::{Json, Object, python_float};

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    /// Python's `None`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number of any size.
    Int(Integer),
    /// A float; may be NaN or infinite.
    Float(f64),
    /// A text.
    String(String),
    /// A list.
    List(Vec<Self>),
    /// A mapping in order; keys can be anything that YAML allows, and are distinct.
    Map(Vec<(Self, Self)>),
    /// A day, `2026-01-31`. Only [`check`](super::check()) makes it, where the notebook wants more
    /// than a text.
    Date(String),
    /// A point in time as ISO 8601. Only [`check`](super::check()) makes it.
    DateTime(String),
    /// Text of a command line whose type is not decided yet. [`check`](super::check()) decides by the
    /// declared type, [`resolve_text`](super::resolve_text) as papermill does; anything else takes it
    /// for a `String`.
    Text(String),
    /// What has no counterpart here (YAML sets, bytes, ordered maps), as Python's `str()` prints it.
    Other(String),
}

impl ParameterValue {
    /// As `json.dumps` writes it. Mapping keys become strings as there: `true`, `null`, `1`, `1.5`.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            // Digits are JSON.
            Self::Int(value) => Json::parse(value.as_str().as_bytes()).unwrap_or(Json::Null),
            Self::Float(value) => Json::from(*value),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.json_key(), value.to_json()))
                    .collect::<Object>(),
            ),
            Self::String(text)
            | Self::Date(text)
            | Self::DateTime(text)
            | Self::Text(text)
            | Self::Other(text) => Json::from(text.as_str()),
        }
    }

    fn json_key(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Float(value) => python_float(*value),
            _ => self.to_python_str(),
        }
    }

    /// A JSON value as Python reads it.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) if number.is_integer() => {
                let digits = number.as_str().trim_start_matches('-');
                let negative = number.as_str().starts_with('-');
                Integer::from_digits(negative, digits, 10).map_or(Self::Null, Self::Int)
            }
            Json::Number(number) => Self::Float(number.as_f64()),
            Json::String(text) => Self::String(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Self::String(key.clone()), Self::from_json(value)))
                    .collect(),
            ),
        }
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of its type in Python.
    pub fn python_type(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::String(_) | Self::Text(_) | Self::Other(_) => "str",
            Self::List(_) => "list",
            Self::Map(_) => "dict",
            Self::Date(_) => "date",
            Self::DateTime(_) => "datetime",
        }
    }

    /// As Python's `str()` prints it.
    pub fn to_python_str(&self) -> String {
        match self.as_text() {
            Some(text) => text.to_owned(),
            None => self.to_python_repr(),
        }
    }

    /// As Python's `repr()` prints it.
    pub fn to_python_repr(&self) -> String {
        let mut out = String::new();
        self.write_repr(&mut out);
        out
    }

    fn write_repr(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("None"),
            Self::Bool(true) => out.push_str("True"),
            Self::Bool(false) => out.push_str("False"),
            Self::Int(value) => out.push_str(value.as_str()),
            Self::Float(value) => out.push_str(&python_float_repr(*value)),
            Self::String(text) | Self::Text(text) => write_string_repr(text, out),
            Self::Date(text) | Self::DateTime(text) | Self::Other(text) => out.push_str(text),
            Self::List(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    out.push_str(if position > 0 { ", " } else { "" });
                    item.write_repr(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (position, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if position > 0 { ", " } else { "" });
                    key.write_repr(out);
                    out.push_str(": ");
                    value.write_repr(out);
                }
                out.push('}');
            }
        }
    }

    /// A text that two values share exactly where Python takes them for the same dictionary key:
    /// `1`, `1.0` and `True` do. `None` where a value equals nothing (NaN) or cannot be a key.
    pub fn key_identity(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(format!("number {}", u8::from(*value))),
            Self::Int(value) => Some(format!("number {value}")),
            Self::Float(value) if value.is_nan() => None,
            Self::Float(value) if value.fract() == 0.0 => Some(format!("number {}", value + 0.0)),
            Self::Float(value) => Some(format!("number {value:?}")),
            Self::Null => Some("null".to_owned()),
            Self::String(text) | Self::Text(text) => Some(format!("text {text}")),
            Self::Date(text) | Self::DateTime(text) | Self::Other(text) => {
                Some(format!("other {text}"))
            }
            Self::List(_) | Self::Map(_) => None,
        }
    }
}

/// As people see it in a message: Python's notation, cut where it is long.
impl fmt::Display for ParameterValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 60;
        let text = if let Self::Text(text) = self {
            text.clone()
        } else {
            self.to_python_repr()
        };
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(out, "{}…", &text[..end]),
            None => out.write_str(&text),
        }
    }
}

impl From<bool> for ParameterValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for ParameterValue {
    fn from(value: i64) -> Self {
        Self::Int(Integer::from(value))
    }
}

impl From<f64> for ParameterValue {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for ParameterValue {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

/// `repr(float)`: as in JSON, but `nan` and `inf`.
pub fn python_float_repr(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else {
        python_float(value)
    }
}

/// `repr(str)`: single quotes unless only those are inside, escapes for what cannot be seen.
pub fn write_string_repr(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => out.extend(['\\', quote]),
            _ if is_printable(character) => out.push(character),
            _ => out.push_str(&numeric_escape(character)),
        }
    }
    out.push(quote);
}

/// `str.isprintable`. Rust's `escape_debug` is built from the same Unicode categories.
fn is_printable(character: char) -> bool {
    // Behind another character it leaves combining marks alone, as Python does.
    let text: String = ['a', character].iter().collect();
    matches!(character, '\'' | '"' | '\\') || text.escape_debug().count() == 2
}

/// `\x1b`, `\u2028` or `\U0001f600`: the shortest numeric escape Python has.
pub fn numeric_escape(character: char) -> String {
    match u32::from(character) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::ParameterValue as Value;

    fn map() -> Value {
        Value::Map(vec![
            (Value::Null, Value::from("it's")),
            (
                Value::Bool(true),
                Value::List(vec![Value::from(1), Value::from(0.5)]),
            ),
            (Value::from(1.5), Value::from("a\"'\n\u{e9}\u{200b}")),
            (Value::from(7), Value::Float(f64::NAN)),
        ])
    }

    #[test]
    fn python_prints_values_as_python() {
        let printed = r#"{None: "it's", True: [1, 0.5], 1.5: 'a"\'\né\u200b', 7: nan}"#;
        assert_eq!(map().to_python_str(), printed);
        assert_eq!(Value::from("x").to_python_str(), "x");
        assert_eq!(Value::from("x").to_python_repr(), "'x'");
    }

    #[test]
    fn keys_become_json_strings_as_in_python() {
        let json = map().to_json();
        let keys: Vec<_> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(keys, ["null", "true", "1.5", "7"]);
        let big = Value::from_json(&crate::Json::parse(b"123456789012345678901234567890").unwrap());
        assert_eq!(big.to_json().to_compact(), "123456789012345678901234567890");
    }

    #[test]
    fn equal_numbers_are_one_key() {
        let one = Value::from(1).key_identity();
        assert_eq!(Value::from(1.0).key_identity(), one);
        assert_eq!(Value::Bool(true).key_identity(), one);
        assert_ne!(Value::from("1").key_identity(), one);
        assert_eq!(
            Value::from(-0.0).key_identity(),
            Value::from(0).key_identity()
        );
        assert_eq!(Value::Float(f64::NAN).key_identity(), None);
    }
}
