//! The types a parameter can be declared with, in any language's words.

use std::fmt;

use super::value::ParameterValue;

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterType {
    /// Anything.
    Any,
    /// Only `None`.
    Null,
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A text.
    String,
    /// A day.
    Date,
    /// A point in time.
    DateTime,
    /// A list of one type; tuples and sets are given as lists.
    List(Box<Self>),
    /// A mapping.
    Dict(Box<Self>, Box<Self>),
    /// One of these values.
    Literal(Vec<ParameterValue>),
    /// This or `None`.
    Optional(Box<Self>),
    /// One of these types.
    Union(Vec<Self>),
    /// A type that cannot be checked here, as it is written in the notebook.
    Other(String),
}

impl ParameterType {
    /// A list of anything.
    pub fn any_list() -> Self {
        Self::List(Box::new(Self::Any))
    }

    /// A mapping of anything.
    pub fn any_dict() -> Self {
        Self::Dict(Box::new(Self::Any), Box::new(Self::Any))
    }

    /// The type of a value, for a parameter that declares none: of a default `7`, `int`.
    pub fn of(value: &ParameterValue) -> Self {
        match value {
            ParameterValue::Null => Self::Any,
            ParameterValue::Bool(_) => Self::Bool,
            ParameterValue::Int(_) => Self::Int,
            ParameterValue::Float(_) => Self::Float,
            ParameterValue::String(_) | ParameterValue::Text(_) => Self::String,
            ParameterValue::Date(_) => Self::Date,
            ParameterValue::DateTime(_) => Self::DateTime,
            ParameterValue::Other(_) => Self::Any,
            ParameterValue::List(items) => Self::List(Box::new(Self::shared_by(items.iter()))),
            ParameterValue::Map(entries) => Self::Dict(
                Box::new(Self::shared_by(entries.iter().map(|(key, _)| key))),
                Box::new(Self::shared_by(entries.iter().map(|(_, value)| value))),
            ),
        }
    }

    fn shared_by<'a>(mut values: impl Iterator<Item = &'a ParameterValue>) -> Self {
        let Some(first) = values.next().map(Self::of) else {
            return Self::Any;
        };
        values
            .map(Self::of)
            .try_fold(first, Self::joined)
            .unwrap_or(Self::Any)
    }

    fn joined(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, other) if one == other => Some(one),
            (Self::Int, Self::Float) | (Self::Float, Self::Int) => Some(Self::Float),
            _ => None,
        }
    }

    /// One type out of several; flat, without repetitions, `None` as `Optional`.
    pub(crate) fn union(members: Vec<Self>) -> Self {
        let mut optional = false;
        let mut flat: Vec<Self> = Vec::new();
        let mut literals: Vec<ParameterValue> = Vec::new();
        let mut pending: Vec<Self> = members.into_iter().rev().collect();
        while let Some(member) = pending.pop() {
            match member {
                Self::Null => optional = true,
                Self::Any => return Self::Any,
                Self::Optional(inner) => {
                    optional = true;
                    pending.push(*inner);
                }
                Self::Union(inner) => pending.extend(inner.into_iter().rev()),
                Self::Literal(values) => literals.extend(values),
                other if flat.contains(&other) => {}
                other => flat.push(other),
            }
        }
        if !literals.is_empty() {
            flat.insert(0, Self::Literal(literals));
        }
        let inner = match flat.len() {
            0 => return Self::Null,
            1 => flat.swap_remove(0),
            _ => Self::Union(flat),
        };
        if optional {
            Self::Optional(Box::new(inner))
        } else {
            inner
        }
    }
}

/// As people write it in Python.
impl fmt::Display for ParameterType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.write_str("any"),
            Self::Null => out.write_str("None"),
            Self::Bool => out.write_str("bool"),
            Self::Int => out.write_str("int"),
            Self::Float => out.write_str("float"),
            Self::String => out.write_str("str"),
            Self::Date => out.write_str("date"),
            Self::DateTime => out.write_str("datetime"),
            Self::List(item) if **item == Self::Any => out.write_str("list"),
            Self::List(item) => write!(out, "list[{item}]"),
            Self::Dict(key, value) if **key == Self::Any && **value == Self::Any => {
                out.write_str("dict")
            }
            Self::Dict(key, value) => write!(out, "dict[{key}, {value}]"),
            Self::Literal(values) => write!(
                out,
                "Literal[{}]",
                joined(values.iter().map(ParameterValue::to_python_repr), ", ")
            ),
            Self::Optional(inner) => write!(out, "{inner} | None"),
            Self::Union(members) => out.write_str(&joined(members.iter(), " | ")),
            Self::Other(name) => out.write_str(name),
        }
    }
}

fn joined<T: fmt::Display>(items: impl Iterator<Item = T>, separator: &str) -> String {
    items
        .map(|item| item.to_string())
        .collect::<Vec<_>>()
        .join(separator)
}
