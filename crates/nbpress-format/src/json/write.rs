//! Values to text.

use super::scan;
use super::{Json, Object};

/// One line, insertion order.
pub(super) fn compact(value: &Json, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => out.push_str(number.as_str()),
        Json::String(text) => string(text, out),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                compact(item, out);
            }
            out.push(']');
        }
        Json::Object(object) => {
            out.push('{');
            for (index, (key, value)) in object.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(key, out);
                out.push(':');
                compact(value, out);
            }
            out.push('}');
        }
    }
}

/// Sorted keys, one space of indent a level, floats as Python prints them.
pub(super) fn python(value: &Json, depth: usize, out: &mut String) {
    match value {
        Json::Number(number) => out.push_str(&number.to_python()),
        Json::Array(items) if items.is_empty() => out.push_str("[]"),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                newline(depth + 1, out);
                python(item, depth + 1, out);
            }
            newline(depth, out);
            out.push(']');
        }
        Json::Object(object) if object.is_empty() => out.push_str("{}"),
        Json::Object(object) => {
            out.push('{');
            for (index, key) in sorted_keys(object).into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                newline(depth + 1, out);
                string(key, out);
                out.push_str(": ");
                python(&object[key], depth + 1, out);
            }
            newline(depth, out);
            out.push('}');
        }
        simple => compact(simple, out),
    }
}

/// Python sorts strings by code point, which is the order of their UTF-8 bytes.
fn sorted_keys(object: &Object) -> Vec<&str> {
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// A line break and the indent of a level.
pub(crate) fn newline(depth: usize, out: &mut String) {
    const SPACES: &str = "                                ";
    out.push('\n');
    let mut left = depth;
    while left > 0 {
        let step = left.min(SPACES.len());
        out.push_str(&SPACES[..step]);
        left -= step;
    }
}

/// A quoted string with `ensure_ascii=False`: only quotes, backslashes and C0 controls are escaped.
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    loop {
        let at = scan::plain(rest.as_bytes());
        out.push_str(&rest[..at]);
        let Some(&byte) = rest.as_bytes().get(at) else {
            break;
        };
        escape(byte, out);
        rest = &rest[at + 1..];
    }
    out.push('"');
}

fn escape(byte: u8, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push_str(match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        0x08 => "\\b",
        0x0c => "\\f",
        _ => {
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
            return;
        }
    });
}
