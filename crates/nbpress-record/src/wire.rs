//! How the values of this crate look in JSON: what the journal, the manifest and `--json` contain.
//!
//! Readers ignore keys they do not know and take an absent key for `null`, so that a later version
//! may add keys.

use jiff::Timestamp;
use nbpress_format::json::{Json, Object};
use nbpress_format::output::Output;

use crate::run_id::RunId;

/// A JSON value that does not have the shape that the format prescribes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{place}` is not {expected}")]
pub struct WireError {
    /// Where, such as `cell_finished.timing.busy_at`.
    pub place: String,
    /// What should be there, with an article.
    pub expected: &'static str,
}

impl WireError {
    pub(crate) fn new(expected: &'static str) -> Self {
        Self {
            place: String::new(),
            expected,
        }
    }

    /// The same error, seen from one level further out.
    pub(crate) fn inside(mut self, outer: &str) -> Self {
        self.place = if self.place.is_empty() {
            outer.to_owned()
        } else {
            format!("{outer}.{}", self.place)
        };
        self
    }
}

/// A value with a JSON form.
pub(crate) trait Wire: Sized {
    fn to_json(&self) -> Json;
    fn from_json(json: &Json) -> Result<Self, WireError>;
}

/// An object of these pairs, in this order.
pub(crate) fn object<const N: usize>(pairs: [(&str, Json); N]) -> Json {
    Json::Object(
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

/// Reads the values of an object.
pub(crate) struct Fields<'a>(&'a Object);

impl<'a> Fields<'a> {
    pub(crate) fn of(json: &'a Json) -> Result<Self, WireError> {
        json.as_object()
            .map(Self)
            .ok_or(WireError::new("an object"))
    }

    pub(crate) fn get<T: Wire>(&self, key: &str) -> Result<T, WireError> {
        T::from_json(self.0.get(key).unwrap_or(&Json::Null)).map_err(|error| error.inside(key))
    }
}

/// Gives an enumeration its words, `as_str` and its JSON form.
macro_rules! words {
    ($name:ident, $expected:literal, { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// The word for it in files and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl $crate::wire::Wire for $name {
            fn to_json(&self) -> nbpress_format::json::Json {
                self.as_str().into()
            }

            fn from_json(
                json: &nbpress_format::json::Json,
            ) -> Result<Self, $crate::wire::WireError> {
                match json.as_str() {
                    $(Some($word) => Ok(Self::$variant),)+
                    _ => Err($crate::wire::WireError::new($expected)),
                }
            }
        }
    };
}
pub(crate) use words;

impl Wire for Json {
    fn to_json(&self) -> Json {
        self.clone()
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        Ok(json.clone())
    }
}

impl Wire for Object {
    fn to_json(&self) -> Json {
        Json::Object(self.clone())
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        json.as_object().cloned().ok_or(WireError::new("an object"))
    }
}

impl Wire for String {
    fn to_json(&self) -> Json {
        self.as_str().into()
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        json.as_str()
            .map(str::to_owned)
            .ok_or(WireError::new("a text"))
    }
}

impl Wire for bool {
    fn to_json(&self) -> Json {
        (*self).into()
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        json.as_bool().ok_or(WireError::new("`true` or `false`"))
    }
}

impl Wire for f64 {
    fn to_json(&self) -> Json {
        (*self).into()
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        json.as_f64().ok_or(WireError::new("a number"))
    }
}

impl Wire for u64 {
    fn to_json(&self) -> Json {
        (*self).into()
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        match json {
            Json::Number(number) => number.as_u64(),
            _ => None,
        }
        .ok_or(WireError::new("a whole number"))
    }
}

/// Integers that are smaller than the ones JSON is read into.
macro_rules! integer {
    ($($name:ty),+) => {$(
        impl Wire for $name {
            fn to_json(&self) -> Json {
                i64::try_from(*self).map_or(Json::Null, Json::from)
            }

            fn from_json(json: &Json) -> Result<Self, WireError> {
                json.as_i64()
                    .and_then(|value| Self::try_from(value).ok())
                    .ok_or(WireError::new("a whole number in range"))
            }
        }
    )+};
}
integer!(i32, u32, usize);

impl Wire for Timestamp {
    fn to_json(&self) -> Json {
        self.to_string().into()
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        json.as_str()
            .and_then(|text| text.parse().ok())
            .ok_or(WireError::new(
                "a time such as `2026-11-22T05:31:18.804896Z`",
            ))
    }
}

impl Wire for RunId {
    fn to_json(&self) -> Json {
        self.to_string().into()
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        json.as_str()
            .and_then(|text| Self::parse(text).ok())
            .ok_or(WireError::new("a run's name"))
    }
}

impl<T: Wire> Wire for Option<T> {
    fn to_json(&self) -> Json {
        self.as_ref().map_or(Json::Null, Wire::to_json)
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        if json.is_null() {
            Ok(None)
        } else {
            T::from_json(json).map(Some)
        }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn to_json(&self) -> Json {
        Json::Array(self.iter().map(Wire::to_json).collect())
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let items = json.as_array().ok_or(WireError::new("a list"))?;
        let read = |(index, item): (usize, &Json)| {
            T::from_json(item).map_err(|error| error.inside(&index.to_string()))
        };
        items.iter().enumerate().map(read).collect()
    }
}

impl Wire for Output {
    fn to_json(&self) -> Json {
        Self::to_json(self)
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        Self::from_json(json).map_err(|_| WireError::new("an output of a notebook"))
    }
}
