//! Parameters in paths: `runs/{region}/{day:03d}.ipynb`, filled in as papermill does.
//!
//! papermill passes both paths to Python's `str.format`, so all of its language works: keys and
//! indexes (`{bar[baz]}`, `{bar[0]}`), conversions (`{x!r}`), format specifications, also nested
//! (`{x:{width}}`), dates (`{pm[current_datetime_utc]:%Y%m%d}`), and `{{` for a brace.
//! <https://docs.python.org/3/library/string.html#format-string-syntax>
//!
//! Attributes are known only where they are data: parts of numbers and of points in time. Those that
//! would print the address of a method are an error here.

mod field;
mod moment;
mod number;
mod specification;
mod template;

use indexmap::IndexMap;
use jiff::Zoned;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use nbpress_format::parameters::ParameterValue;

use field::Scope;

/// What a path can name besides parameters, as `{pm[run_uuid]}`. A parameter `pm` hides it.
#[derive(Clone, Debug)]
pub struct Builtins {
    /// `pm[run_uuid]`.
    pub run_uuid: String,
    /// `pm[current_datetime_local]`: without a time zone.
    pub current_datetime_local: DateTime,
    /// `pm[current_datetime_utc]`: in UTC.
    pub current_datetime_utc: DateTime,
}

impl Builtins {
    /// A fresh id, and the time it is.
    pub fn now() -> Self {
        let now = Zoned::now();
        Self {
            run_uuid: uuid::Uuid::new_v4().to_string(),
            current_datetime_local: now.datetime(),
            current_datetime_utc: now.with_time_zone(TimeZone::UTC).datetime(),
        }
    }
}

/// Why a path cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathTemplateError {
    /// A parameter, or a key of one, that nobody gave. papermill's words.
    #[error("Missing parameter {name}")]
    Missing {
        /// In Python's notation: `'foo'`, or `0` where a number was the key.
        name: String,
    },
    /// Braces that do not fit together.
    #[error("{0}")]
    Syntax(&'static str),
    /// `{}` or `{0}`.
    #[error("parameters have names, no positions")]
    Positional,
    /// A list or text is shorter.
    #[error("there is no item {index}")]
    NoSuchItem {
        /// Counted from 0.
        index: usize,
    },
    /// `{x[key]}` of what has no items, or none by name.
    #[error("`{type_name}` has no item `{key}`")]
    NoItems {
        /// Python's name of the type.
        type_name: &'static str,
        /// As it stands in the path.
        key: String,
    },
    /// `{x.name}` of what has no such part.
    #[error("`{type_name}` has no attribute `{attribute}`")]
    NoAttribute {
        /// Python's name of the type.
        type_name: &'static str,
        /// As it stands in the path.
        attribute: String,
    },
    /// A format specification that does not fit the value.
    #[error("`{specification}` is not a format for `{type_name}`: {problem}")]
    Specification {
        /// What stands behind the colon.
        specification: String,
        /// Python's name of the type.
        type_name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A format specification for what has none.
    #[error("`{type_name}` takes no format")]
    NoFormat {
        /// Python's name of the type.
        type_name: &'static str,
    },
    /// A number that the format cannot show.
    #[error("the number is too large for its format")]
    TooLarge,
}

impl PathTemplateError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { name } => Some(format!(
                "give it with `-p {} VALUE`, or write `{{{{` and `}}}}` for braces in the path",
                name.trim_matches(['\'', '"'])
            )),
            Self::Syntax(_) | Self::Positional => {
                Some("write `{{` and `}}` for braces in the path".to_owned())
            }
            Self::NoFormat { .. } => Some("put `!s` before the colon".to_owned()),
            _ => None,
        }
    }

    /// The exception that Python raises. papermill turns every `KeyError` into one of its own.
    pub fn python_exception(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "PapermillMissingParameterException",
            Self::Syntax(_) | Self::Specification { .. } => "ValueError",
            Self::Positional | Self::NoSuchItem { .. } => "IndexError",
            Self::NoItems { .. } | Self::NoFormat { .. } => "TypeError",
            Self::NoAttribute { .. } => "AttributeError",
            Self::TooLarge => "OverflowError",
        }
    }
}

/// Fills parameters into a path. What is filled in is not looked at again.
///
/// # Errors
/// The path names a parameter that is not there, or is no format string.
pub fn format_path(
    template: &str,
    parameters: &IndexMap<String, ParameterValue>,
    builtins: &Builtins,
) -> Result<String, PathTemplateError> {
    let scope = Scope {
        parameters,
        builtins,
    };
    scope.fill(template, template::NESTING)
}

#[cfg(test)]
mod tests;
