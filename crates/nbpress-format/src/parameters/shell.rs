//! Reads a shell's words: `abc`, `'a b'`, `"a b"`, `(one two)`.

use super::python_number::{python_float_of, python_int};
use super::value::ParameterValue;

/// The value of what stands behind `name=`; `None` where the shell would compute it.
pub(super) fn parse(text: &str) -> Option<ParameterValue> {
    let text = text.trim();
    if let Some(inside) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let mut items = Vec::new();
        let mut rest = inside.trim_start();
        while !rest.is_empty() {
            let (item, behind) = word(rest)?;
            items.push(item);
            rest = behind.trim_start();
        }
        return Some(ParameterValue::List(items));
    }
    let (value, rest) = word(text)?;
    rest.is_empty().then_some(value)
}

fn word(text: &str) -> Option<(ParameterValue, &str)> {
    let mut value = String::new();
    let mut quoted = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        rest = match first {
            _ if first.is_whitespace() => break,
            '\'' => {
                quoted = true;
                let (inside, behind) = behind.split_once('\'')?;
                value.push_str(inside);
                behind
            }
            '"' => {
                quoted = true;
                double_quoted(behind, &mut value)?
            }
            '\\' => {
                let escaped = behind.chars().next()?;
                value.push(escaped);
                &behind[escaped.len_utf8()..]
            }
            '$' | '`' | '(' | ')' | '&' | '|' | '<' | '>' | '*' | '?' | '~' => return None,
            other => {
                value.push(other);
                behind
            }
        };
    }
    Some((
        if quoted {
            ParameterValue::String(value)
        } else {
            bare(value)
        },
        rest,
    ))
}

fn double_quoted<'a>(text: &'a str, value: &mut String) -> Option<&'a str> {
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some(characters.as_str()),
            '$' | '`' => return None,
            '\\' => match characters.next()? {
                '\n' => {}
                escaped @ ('"' | '\\' | '$' | '`') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
}

/// A bare word is a text to the shell; numbers and truth values say what is meant.
fn bare(word: String) -> ParameterValue {
    let canonical = |value: &ParameterValue| value.to_python_str() == word;
    match word.as_str() {
        "true" => return ParameterValue::Bool(true),
        "false" => return ParameterValue::Bool(false),
        _ => {}
    }
    let number = python_int(&word)
        .map(ParameterValue::Int)
        .or_else(|| python_float_of(&word).map(ParameterValue::Float));
    // `007` and `1e5` are texts that look like numbers.
    number
        .filter(canonical)
        .unwrap_or(ParameterValue::String(word))
}
