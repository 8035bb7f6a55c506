//! Taking typed fields out of an object, with the place in the error.

use crate::error::ParseError;
use crate::json::{Json, Object};

/// The list under a key.
pub(crate) fn array_mut<'a>(
    fields: &'a mut Object,
    key: &str,
) -> Result<&'a mut Vec<Json>, ParseError> {
    match fields.get_mut(key) {
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(ParseError::wrong(key, "array", other)),
        None => Err(ParseError::missing(key)),
    }
}

/// The object under a key.
pub(crate) fn object_mut<'a>(
    fields: &'a mut Object,
    key: &str,
) -> Result<&'a mut Object, ParseError> {
    match fields.get_mut(key) {
        Some(Json::Object(object)) => Ok(object),
        Some(other) => Err(ParseError::wrong(key, "object", other)),
        None => Err(ParseError::missing(key)),
    }
}

/// The text under a key, without a default.
pub(crate) fn text<'a>(fields: &'a Object, key: &str) -> Result<&'a str, ParseError> {
    match fields.get(key) {
        Some(Json::String(text)) => Ok(text),
        Some(other) => Err(ParseError::wrong(key, "string", other)),
        None => Err(ParseError::missing(key)),
    }
}

/// Does something to every item of a list of objects.
pub(crate) fn each_object(
    items: &mut [Json],
    list: &str,
    mut act: impl FnMut(&mut Object) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    for (index, item) in items.iter_mut().enumerate() {
        let done = match item {
            Json::Object(object) => act(object),
            other => Err(ParseError::wrong("", "object", other)),
        };
        done.map_err(|error| error.within(&format!("{list}[{index}]")))?;
    }
    Ok(())
}

/// A text; empty where it is missing or null, as some kernels and hand-made files have it.
pub(crate) fn take_text(fields: &mut Object, key: &str) -> Result<String, ParseError> {
    match fields.shift_remove(key) {
        Some(Json::String(text)) => Ok(text),
        None | Some(Json::Null) => Ok(String::new()),
        Some(other) => Err(ParseError::wrong(key, "string or list of strings", &other)),
    }
}

/// An object; empty where it is missing or null.
pub(crate) fn take_object(fields: &mut Object, key: &str) -> Result<Object, ParseError> {
    match fields.shift_remove(key) {
        Some(Json::Object(object)) => Ok(object),
        None | Some(Json::Null) => Ok(Object::new()),
        Some(other) => Err(ParseError::wrong(key, "object", &other)),
    }
}

/// An execution count; none where it is missing or null.
pub(crate) fn take_count(fields: &mut Object, key: &str) -> Result<Option<u64>, ParseError> {
    match fields.shift_remove(key) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(count) => Ok(Some(count)),
            None => Err(ParseError::wrong(key, "integer from 0 or null", &value)),
        },
    }
}

/// A list of texts; empty where it is missing or null, one where it is a single text.
pub(crate) fn take_texts(fields: &mut Object, key: &str) -> Result<Vec<String>, ParseError> {
    match fields.shift_remove(key) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::String(text)) => Ok(vec![text]),
        Some(Json::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Json::String(text) => Ok(text),
                other => Err(ParseError::wrong(key, "list of strings", &other)),
            })
            .collect(),
        Some(other) => Err(ParseError::wrong(key, "list of strings", &other)),
    }
}
