//! What a field of a format string stands for.

use std::borrow::Cow;

use indexmap::IndexMap;
use nbpress_format::parameters::{
    Integer, ParameterValue, numeric_escape, python_int, write_string_repr,
};

use super::moment::Moment;
use super::specification::Problem;
use super::template::{Field, Step, pieces, steps};
use super::{Builtins, PathTemplateError, number, specification};

type Found<'a> = Result<Operand<'a>, PathTemplateError>;

/// What names mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) parameters: &'a IndexMap<String, ParameterValue>,
    pub(super) builtins: &'a Builtins,
}

#[derive(Debug)]
enum Operand<'a> {
    Value(Cow<'a, ParameterValue>),
    Builtins(&'a Builtins),
    Moment(Moment),
}

impl<'a> Scope<'a> {
    /// Fills in the fields of a text, and so many levels of fields in their specifications.
    pub(super) fn fill(self, template: &str, nesting: usize) -> Result<String, PathTemplateError> {
        let Some(nesting) = nesting.checked_sub(1) else {
            return Err(PathTemplateError::Syntax("fields nested too deep"));
        };
        let mut filled = String::with_capacity(template.len());
        for piece in pieces(template) {
            let piece = piece?;
            filled.push_str(piece.text);
            if let Some(field) = piece.field {
                filled.push_str(&self.field(&field, nesting)?);
            }
        }
        Ok(filled)
    }

    fn field(self, field: &Field<'_>, nesting: usize) -> Result<String, PathTemplateError> {
        let operand = self.operand(field.name)?;
        let operand = match field.conversion {
            None => operand,
            Some('r') => Operand::text(operand.repr()),
            Some('s') => Operand::text(operand.str()),
            Some('a') => Operand::text(ascii(&operand.repr())),
            Some(_) => {
                return Err(PathTemplateError::Syntax(
                    "a conversion other than `!r`, `!s`, `!a`",
                ));
            }
        };
        if field.specification.contains('{') {
            operand.format(&self.fill(field.specification, nesting)?)
        } else {
            operand.format(field.specification)
        }
    }

    fn operand(self, name: &str) -> Found<'a> {
        let (first, mut steps) = steps(name);
        if first.is_empty() || index(first)?.is_some() {
            return Err(PathTemplateError::Positional);
        }
        let start = match self.parameters.get(first) {
            Some(value) => Operand::Value(Cow::Borrowed(value)),
            None if first == "pm" => Operand::Builtins(self.builtins),
            None => return Err(missing(first)),
        };
        steps.try_fold(start, |operand, step| match step? {
            Step::Attribute(attribute) => operand.attribute(attribute),
            Step::Item(key) => operand.item(key),
        })
    }
}

impl<'a> Operand<'a> {
    fn value(value: impl Into<ParameterValue>) -> Self {
        Self::Value(Cow::Owned(value.into()))
    }

    fn text(text: String) -> Self {
        Self::Value(Cow::Owned(ParameterValue::String(text)))
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Value(value) => value.python_type(),
            Self::Builtins(_) => "dict",
            Self::Moment(_) => "datetime",
        }
    }

    fn str(&self) -> String {
        match self {
            Self::Value(value) => value.to_python_str(),
            Self::Builtins(_) => self.repr(),
            Self::Moment(moment) => moment.str(),
        }
    }

    fn repr(&self) -> String {
        match self {
            Self::Value(value) => value.to_python_repr(),
            Self::Moment(moment) => moment.repr(),
            Self::Builtins(builtins) => {
                let mut repr = "{'run_uuid': ".to_owned();
                write_string_repr(&builtins.run_uuid, &mut repr);
                let local = Moment::local(builtins.current_datetime_local).repr();
                let utc = Moment::utc(builtins.current_datetime_utc).repr();
                repr + &format!(
                    ", 'current_datetime_local': {local}, 'current_datetime_utc': {utc}}}"
                )
            }
        }
    }

    /// `operand[key]`; digits are a number.
    fn item(self, key: &str) -> Found<'a> {
        let index = index(key)?;
        let none = |operand: &Self| PathTemplateError::NoItems {
            type_name: operand.type_name(),
            key: key.to_owned(),
        };
        let value = match &self {
            Self::Builtins(builtins) => return builtin(builtins, key),
            Self::Moment(_) => return Err(none(&self)),
            Self::Value(value) => value,
        };
        let found = match (value.as_ref(), index) {
            (ParameterValue::Map(entries), _) => {
                let wanted = match index {
                    Some(_) => ParameterValue::Int(python_int(key).unwrap_or_else(|| 0_i64.into())),
                    None => ParameterValue::from(key),
                };
                let identity = wanted.key_identity();
                let entry = entries
                    .iter()
                    .find(|(key, _)| key.key_identity() == identity);
                let name = || PathTemplateError::Missing {
                    name: wanted.to_python_repr(),
                };
                entry.map(|(_, value)| value.clone()).ok_or_else(name)?
            }
            (ParameterValue::List(items), Some(index)) => items
                .get(index)
                .cloned()
                .ok_or(PathTemplateError::NoSuchItem { index })?,
            (value, Some(index)) if value.as_text().is_some() => {
                let character = value.as_text().and_then(|text| text.chars().nth(index));
                let character = character.ok_or(PathTemplateError::NoSuchItem { index })?;
                ParameterValue::String(character.to_string())
            }
            _ => return Err(none(&self)),
        };
        Ok(Self::Value(Cow::Owned(found)))
    }

    /// `operand.attribute`.
    fn attribute(self, attribute: &str) -> Found<'a> {
        let found = match &self {
            Self::Moment(moment) => moment.attribute(attribute),
            Self::Builtins(_) => None,
            Self::Value(value) => number_part(value, attribute),
        };
        match found {
            Some(value) => Ok(Self::Value(Cow::Owned(value))),
            None => Err(PathTemplateError::NoAttribute {
                type_name: self.type_name(),
                attribute: attribute.to_owned(),
            }),
        }
    }

    /// `format(operand, specification)`.
    fn format(&self, specification: &str) -> Result<String, PathTemplateError> {
        if specification.is_empty() {
            return Ok(self.str());
        }
        let type_name = self.type_name();
        let value = match self {
            Self::Moment(moment) => return Ok(moment.strftime(specification)),
            Self::Builtins(_) => return Err(PathTemplateError::NoFormat { type_name }),
            Self::Value(value) => value.as_ref(),
        };
        let formatted = match value {
            ParameterValue::Int(value) => number::integer(value, specification),
            ParameterValue::Bool(value) => {
                number::integer(&Integer::from(i64::from(*value)), specification)
            }
            ParameterValue::Float(value) => number::float(*value, specification),
            other => {
                let text = other.as_text();
                let text = text.ok_or(PathTemplateError::NoFormat { type_name })?;
                specification::text(text, specification)
            }
        };
        formatted.map_err(|problem| match problem {
            Problem::TooLarge => PathTemplateError::TooLarge,
            Problem::Wrong(problem) => PathTemplateError::Specification {
                specification: specification.to_owned(),
                type_name,
                problem,
            },
        })
    }
}

fn builtin<'a>(builtins: &'a Builtins, key: &str) -> Found<'a> {
    match key {
        "run_uuid" => Ok(Operand::value(builtins.run_uuid.as_str())),
        "current_datetime_local" => Ok(Operand::Moment(Moment::local(
            builtins.current_datetime_local,
        ))),
        "current_datetime_utc" => Ok(Operand::Moment(Moment::utc(builtins.current_datetime_utc))),
        _ => match index(key)? {
            Some(index) => Err(PathTemplateError::Missing {
                name: index.to_string(),
            }),
            None => Err(missing(key)),
        },
    }
}

/// The attributes of numbers that are data.
fn number_part(value: &ParameterValue, attribute: &str) -> Option<ParameterValue> {
    let whole = match value {
        ParameterValue::Float(value) => {
            return match attribute {
                "real" => Some(ParameterValue::Float(*value)),
                "imag" => Some(ParameterValue::Float(0.0)),
                _ => None,
            };
        }
        ParameterValue::Bool(value) => Integer::from(i64::from(*value)),
        ParameterValue::Int(value) => value.clone(),
        _ => return None,
    };
    match attribute {
        "real" | "numerator" => Some(ParameterValue::Int(whole)),
        "imag" => Some(ParameterValue::from(0_i64)),
        "denominator" => Some(ParameterValue::from(1_i64)),
        _ => None,
    }
}

fn missing(name: &str) -> PathTemplateError {
    let name = ParameterValue::from(name).to_python_repr();
    PathTemplateError::Missing { name }
}

/// The number that a text of nothing but digits is.
fn index(text: &str) -> Result<Option<usize>, PathTemplateError> {
    if text.is_empty() || !text.chars().all(char::is_numeric) {
        return Ok(None);
    }
    let Some(number) = python_int(text) else {
        return Ok(None);
    };
    let index = number
        .as_i64()
        .and_then(|index| usize::try_from(index).ok());
    index
        .map(Some)
        .ok_or(PathTemplateError::Syntax("a number of too many digits"))
}

/// `ascii()` of what `repr()` gave.
fn ascii(repr: &str) -> String {
    let mut ascii = String::with_capacity(repr.len());
    for character in repr.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            ascii.push_str(&numeric_escape(character));
        }
    }
    ascii
}
