//! Why a file is not a notebook.

use crate::json::{Json, JsonError};

/// Why a file is not a notebook, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The file is not JSON.
    #[error("the file is not JSON")]
    Json(#[from] JsonError),
    /// A part has the wrong type.
    #[error("`{place}` must be {expected}, not {found}")]
    WrongType {
        /// E.g. `cells[3].outputs[0].text`.
        place: String,
        /// What the format asks for.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A part is missing.
    #[error("`{place}` is missing")]
    Missing {
        /// E.g. `cells[3].cell_type`.
        place: String,
    },
    /// A text that must hold JSON does not: format 3 keeps `application/json` so.
    #[error("`{place}` is not JSON")]
    EmbeddedJson {
        /// E.g. `worksheets[0].cells[3].outputs[0].json`.
        place: String,
        /// Why.
        #[source]
        source: JsonError,
    },
    /// A version this program does not know.
    #[error("notebook format {major} is not supported (only 2, 3 and 4 are)")]
    UnsupportedVersion {
        /// The major version.
        major: u64,
    },
}

impl ParseError {
    pub(crate) fn wrong(place: &str, expected: &'static str, found: &Json) -> Self {
        Self::WrongType {
            place: place.to_owned(),
            expected,
            found: found.kind(),
        }
    }

    pub(crate) fn missing(place: &str) -> Self {
        Self::Missing {
            place: place.to_owned(),
        }
    }

    /// The same error, seen from one level further out.
    pub(crate) fn within(self, outer: &str) -> Self {
        let join = |place: String| match place.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        match self {
            Self::WrongType {
                place,
                expected,
                found,
            } => Self::WrongType {
                place: join(place),
                expected,
                found,
            },
            Self::Missing { place } => Self::Missing { place: join(place) },
            Self::EmbeddedJson { place, source } => Self::EmbeddedJson {
                place: join(place),
                source,
            },
            other @ (Self::Json(_) | Self::UnsupportedVersion { .. }) => other,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Json(error) => return error.hint(),
            Self::Missing { place } if place == "nbformat" => {
                "this is JSON, but is it a Jupyter notebook?"
            }
            Self::Missing { place } if place == "nbformat_minor" => {
                "add `\"nbformat_minor\": 5` to the end of the file"
            }
            Self::UnsupportedVersion { major: 0 | 1 } => {
                "open it in a Jupyter of its time and save it again"
            }
            Self::UnsupportedVersion { .. } => "a newer nbpress may read it",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
