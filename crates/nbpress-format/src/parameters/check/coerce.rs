//! Makes a value one of a type, where that loses nothing.

use super::resolve_text;
use crate::parameters::calendar::{is_date, is_datetime};
use crate::parameters::dialect;
use crate::parameters::integer::Integer;
use crate::parameters::kind::ParameterType;
use crate::parameters::literal;
use crate::parameters::python_number::{python_float_of, python_int};
use crate::parameters::value::ParameterValue;

/// Integers up to this size are floats too.
const EXACT: i128 = 1 << 53;

/// The value as one of the type; `None` where it is not.
pub(super) fn coerce(value: &ParameterValue, kind: &ParameterType) -> Option<ParameterValue> {
    match kind {
        ParameterType::Any | ParameterType::Other(_) => Some(resolve_text(value)),
        ParameterType::Null => is_null(value).then_some(ParameterValue::Null),
        ParameterType::Bool => bool(value),
        ParameterType::Int => int(value),
        ParameterType::Float => float(value),
        ParameterType::String => value.as_text().map(ParameterValue::from),
        ParameterType::Date => text(value)
            .filter(|text| is_date(text))
            .map(|text| ParameterValue::Date(text.to_owned())),
        ParameterType::DateTime => text(value)
            .filter(|text| is_datetime(text))
            .map(|text| ParameterValue::DateTime(text.to_owned())),
        ParameterType::List(item) => list(value, item),
        ParameterType::Dict(key, item) => dict(value, key, item),
        ParameterType::Literal(choices) => choice(value, choices),
        ParameterType::Optional(_) if is_null(value) => Some(ParameterValue::Null),
        ParameterType::Optional(inner) => coerce(value, inner),
        ParameterType::Union(members) => union(value, members),
    }
}

fn is_null(value: &ParameterValue) -> bool {
    match value {
        ParameterValue::Null => true,
        ParameterValue::Text(text) => matches!(text.as_str(), "None" | "none" | "null"),
        _ => false,
    }
}

/// What reads as a text: also YAML's `!!timestamp`, which is known by its text only.
fn text(value: &ParameterValue) -> Option<&str> {
    match value {
        ParameterValue::Other(text)
        | ParameterValue::Date(text)
        | ParameterValue::DateTime(text) => Some(text),
        _ => value.as_text(),
    }
}

fn bool(value: &ParameterValue) -> Option<ParameterValue> {
    if let ParameterValue::Bool(_) = value {
        return Some(value.clone());
    }
    match value.as_text()?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(ParameterValue::Bool(true)),
        "false" | "no" | "off" | "0" => Some(ParameterValue::Bool(false)),
        _ => None,
    }
}

fn int(value: &ParameterValue) -> Option<ParameterValue> {
    match value {
        ParameterValue::Int(_) => Some(value.clone()),
        ParameterValue::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT as f64 => {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
            let whole = *number as i64;
            Some(ParameterValue::from(whole))
        }
        _ => python_int(value.as_text()?).map(ParameterValue::Int),
    }
}

fn float(value: &ParameterValue) -> Option<ParameterValue> {
    let exact = |number: &Integer| number.as_i128().is_some_and(|number| number.abs() <= EXACT);
    match value {
        ParameterValue::Float(_) => Some(value.clone()),
        ParameterValue::Int(number) if exact(number) => {
            Some(ParameterValue::Float(number.as_f64()))
        }
        ParameterValue::Int(_) => Some(value.clone()),
        _ => python_float_of(value.as_text()?).map(ParameterValue::Float),
    }
}

/// A text is read as `[1, 2]`, or as `1,2`.
fn list(value: &ParameterValue, item: &ParameterType) -> Option<ParameterValue> {
    let written;
    let items = match value {
        ParameterValue::List(items) => items,
        ParameterValue::Text(text) => {
            written = written_list(text);
            &written
        }
        _ => return None,
    };
    items
        .iter()
        .map(|value| coerce(value, item))
        .collect::<Option<_>>()
        .map(ParameterValue::List)
}

fn written_list(text: &str) -> Vec<ParameterValue> {
    match literal::parse(text.trim(), dialect::python()) {
        Some(ParameterValue::List(items)) => items,
        _ if text.trim().is_empty() => Vec::new(),
        _ => text
            .split(',')
            .map(|part| ParameterValue::Text(part.trim().to_owned()))
            .collect(),
    }
}

/// A text is read as `{"a": 1}`, or as `a=1,b=2`.
fn dict(
    value: &ParameterValue,
    key: &ParameterType,
    item: &ParameterType,
) -> Option<ParameterValue> {
    let written;
    let entries = match value {
        ParameterValue::Map(entries) => entries,
        ParameterValue::Text(text) => {
            written = written_dict(text)?;
            &written
        }
        _ => return None,
    };
    let entry = |(given, value): &(ParameterValue, ParameterValue)| {
        Some((coerce(given, key)?, coerce(value, item)?))
    };
    entries
        .iter()
        .map(entry)
        .collect::<Option<_>>()
        .map(ParameterValue::Map)
}

fn written_dict(text: &str) -> Option<Vec<(ParameterValue, ParameterValue)>> {
    if let Some(ParameterValue::Map(entries)) = literal::parse(text.trim(), dialect::python()) {
        return Some(entries);
    }
    let part = |text: &str| ParameterValue::Text(text.trim().to_owned());
    text.split(',')
        .map(|entry| {
            entry
                .split_once('=')
                .map(|(key, value)| (part(key), part(value)))
        })
        .collect()
}

fn choice(value: &ParameterValue, choices: &[ParameterValue]) -> Option<ParameterValue> {
    let same = |choice: &&ParameterValue| match value {
        ParameterValue::Text(text) => choice.to_python_str() == *text,
        _ => *choice == value,
    };
    choices.iter().find(same).cloned()
}

/// The member that takes the value as it is, else the first that can be made of it. Texts of the
/// command line are texts last: `5` is an int for `str | int`.
fn union(value: &ParameterValue, members: &[ParameterType]) -> Option<ParameterValue> {
    let is_text = |member: &&ParameterType| **member == ParameterType::String;
    let (texts, others): (Vec<_>, Vec<_>) = members.iter().partition(is_text);
    let unchanged = members
        .iter()
        .filter_map(|member| coerce(value, member))
        .find(|made| made == value);
    unchanged.or_else(|| {
        others
            .into_iter()
            .chain(texts)
            .find_map(|member| coerce(value, member))
    })
}
