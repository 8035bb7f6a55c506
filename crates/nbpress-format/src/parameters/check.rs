//! Checks given values against a schema, before any kernel starts.

mod coerce;

use std::fmt;

use indexmap::IndexMap;

use self::coerce::coerce;
use super::kind::ParameterType;
use super::python_number::{python_float_of, python_int};
use super::schema::{Parameter, Schema};
use super::value::ParameterValue;

/// How alike two names must be for one to be suggested, from 0 to 1.
const ALIKE: f64 = 0.8;

/// Why a parameter does not fit. Prints as a sentence that names it, its value and what was expected.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterProblem {
    /// Its name.
    pub parameter: String,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ProblemKind {
    /// The notebook has no such parameter.
    Unknown {
        /// One with a similar name.
        suggestion: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// It has no default and was not given.
    Missing {
        /// Its type.
        expected: String,
    },
    /// The value is of another type.
    WrongType {
        /// The value, shortened.
        value: String,
        /// The type.
        expected: String,
    },
    /// The value is too small or too large.
    OutOfBounds {
        /// The value, shortened.
        value: String,
        /// The bounds.
        expected: String,
    },
    /// The value is none of the choices.
    NoChoice {
        /// The value, shortened.
        value: String,
        /// The choices.
        expected: String,
    },
}

impl fmt::Display for ParameterProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.parameter;
        match &self.kind {
            ProblemKind::Unknown {
                suggestion: Some(suggestion),
                ..
            } => {
                write!(
                    out,
                    "`{name}` is not a parameter of this notebook; did you mean `{suggestion}`?"
                )
            }
            ProblemKind::Unknown { known, .. } if known.is_empty() => {
                write!(
                    out,
                    "`{name}` is not a parameter of this notebook; it has none"
                )
            }
            ProblemKind::Unknown { known, .. } => {
                write!(
                    out,
                    "`{name}` is not a parameter of this notebook; it has `{}`",
                    known.join("`, `")
                )
            }
            ProblemKind::Missing { expected } => write!(
                out,
                "`{name}` has no default and must be given: expected `{expected}`"
            ),
            ProblemKind::WrongType { value, expected } => {
                write!(out, "`{name}` is `{value}`: expected `{expected}`")
            }
            ProblemKind::OutOfBounds { value, expected } => {
                write!(out, "`{name}` is `{value}`: expected {expected}")
            }
            ProblemKind::NoChoice { value, expected } => {
                write!(out, "`{name}` is `{value}`: expected one of {expected}")
            }
        }
    }
}

/// Checks the given values and gives each the type its parameter wants: an int for a float, a text
/// of the command line as the declared type reads it (`007` stays a text for `str`).
///
/// # Errors
/// Everything that does not fit, in the order given, then what is missing.
pub fn check(
    schema: &Schema,
    given: &IndexMap<String, ParameterValue>,
) -> Result<IndexMap<String, ParameterValue>, Vec<ParameterProblem>> {
    let mut checked = IndexMap::with_capacity(given.len());
    let mut problems = Vec::new();
    for (name, value) in given {
        match schema.get(name).map(|parameter| fit(parameter, value)) {
            Some(Ok(value)) => {
                checked.insert(name.clone(), value);
            }
            Some(Err(kind)) => problems.push(ParameterProblem {
                parameter: name.clone(),
                kind,
            }),
            None if schema.is_open() => {
                checked.insert(name.clone(), resolve_text(value));
            }
            None => problems.push(unknown(schema, name)),
        }
    }
    let missing = schema
        .iter()
        .filter(|parameter| parameter.is_required() && !given.contains_key(&parameter.name));
    problems.extend(missing.map(|parameter| ParameterProblem {
        parameter: parameter.name.clone(),
        kind: ProblemKind::Missing {
            expected: expectation(parameter),
        },
    }));
    if problems.is_empty() {
        Ok(checked)
    } else {
        Err(problems)
    }
}

/// Gives a text of the command line the type papermill gives it: `True`, `False` and `None`, what
/// Python's `int()` reads, what its `float()` reads, else a text. Other values stay as they are.
pub fn resolve_text(value: &ParameterValue) -> ParameterValue {
    let ParameterValue::Text(text) = value else {
        return value.clone();
    };
    match text.as_str() {
        "True" => ParameterValue::Bool(true),
        "False" => ParameterValue::Bool(false),
        "None" => ParameterValue::Null,
        _ => python_int(text)
            .map(ParameterValue::Int)
            .or_else(|| python_float_of(text).map(ParameterValue::Float))
            .unwrap_or_else(|| ParameterValue::String(text.clone())),
    }
}

fn fit(parameter: &Parameter, value: &ParameterValue) -> Result<ParameterValue, ProblemKind> {
    let shown = || value.to_string();
    let fitted = if parameter.declared {
        coerce(value, &parameter.kind)
    } else {
        loosely(value, &parameter.kind)
    };
    let fitted = fitted.ok_or_else(|| ProblemKind::WrongType {
        value: shown(),
        expected: expectation(parameter),
    })?;
    let fitted = choose(parameter, fitted).ok_or_else(|| ProblemKind::NoChoice {
        value: shown(),
        expected: choices(parameter),
    })?;
    if let Some(bounds) = &parameter.bounds {
        let parts = if let ParameterValue::List(items) = &fitted {
            items
        } else {
            std::slice::from_ref(&fitted)
        };
        if !parts.iter().all(|part| bounds.contain(part)) {
            return Err(ProblemKind::OutOfBounds {
                value: shown(),
                expected: bounds.to_string(),
            });
        }
    }
    Ok(as_the_default_is_written(parameter, fitted))
}

/// Against a type that only the default suggests.
fn loosely(value: &ParameterValue, kind: &ParameterType) -> Option<ParameterValue> {
    let number = ParameterType::Union(vec![ParameterType::Int, ParameterType::Float]);
    let kind = match kind {
        ParameterType::Int | ParameterType::Float => &number,
        ParameterType::List(_) => &ParameterType::any_list(),
        ParameterType::Dict(..) => &ParameterType::any_dict(),
        other => other,
    };
    match value {
        ParameterValue::Null => Some(ParameterValue::Null),
        ParameterValue::Text(text) if text == "None" => Some(ParameterValue::Null),
        _ => coerce(value, kind),
    }
}

/// The choice a value is; itself where there are none to choose from.
fn choose(parameter: &Parameter, value: ParameterValue) -> Option<ParameterValue> {
    let choices = &parameter.choices;
    if choices.is_empty() || value == ParameterValue::Null {
        return Some(value);
    }
    let fits = |item: &ParameterValue| {
        // A comment does not quote: `one of: 1, 2` for a text too.
        choices.iter().any(|choice| {
            choice.key_identity() == item.key_identity()
                || choice.to_python_str() == item.to_python_str()
        })
    };
    let inside = if let ParameterValue::List(items) = &value {
        items.iter().all(fits)
    } else {
        fits(&value)
    };
    inside.then_some(value)
}

fn choices(parameter: &Parameter) -> String {
    let choices: Vec<_> = parameter
        .choices
        .iter()
        .map(|choice| format!("`{}`", choice.to_python_str()))
        .collect();
    choices.join(", ")
}

/// A day stays a text where the notebook's default is one: then its code expects that.
fn as_the_default_is_written(parameter: &Parameter, value: ParameterValue) -> ParameterValue {
    match (value, &parameter.default) {
        (
            ParameterValue::Date(text) | ParameterValue::DateTime(text),
            Some(ParameterValue::String(_)),
        ) => ParameterValue::String(text),
        (value, _) => value,
    }
}

fn expectation(parameter: &Parameter) -> String {
    match (&parameter.kind, parameter.choices.is_empty()) {
        (ParameterType::Any, false) => choices(parameter).replace('`', ""),
        (kind, _) => kind.to_string(),
    }
}

fn unknown(schema: &Schema, name: &str) -> ParameterProblem {
    let closeness = |known: &str| strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase());
    let nearest = schema
        .iter()
        .max_by(|one, other| closeness(&one.name).total_cmp(&closeness(&other.name)));
    let suggestion = nearest
        .map(|parameter| parameter.name.clone())
        .filter(|known| closeness(known) >= ALIKE);
    let known = schema
        .iter()
        .map(|parameter| parameter.name.clone())
        .collect();
    ParameterProblem {
        parameter: name.to_owned(),
        kind: ProblemKind::Unknown { suggestion, known },
    }
}

#[cfg(test)]
mod tests;
