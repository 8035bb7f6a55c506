//! A file of format 2, 3 or 4 as one object of format 4, with texts whole.

mod v3;
mod v4;

pub(crate) use self::v4::join_output;
use crate::error::ParseError;
use crate::json::{Json, Object};

/// A notebook of format 4 as nbformat holds it in memory.
pub(crate) struct Document {
    /// Its fields.
    pub(crate) fields: Object,
    /// The minor version its cells follow.
    pub(crate) minor: u64,
}

/// Does what `nbformat.reads(…, as_version=4)` does before it validates.
pub(crate) fn to_v4(json: Json) -> Result<Document, ParseError> {
    let Json::Object(fields) = json else {
        return Err(ParseError::wrong("notebook", "object", &json));
    };
    match major(&fields)? {
        2 => v3::upgrade(fields, v3::Join::V2),
        3 => v3::upgrade(fields, v3::Join::V3),
        4 => v4::read(fields),
        major => Err(ParseError::UnsupportedVersion { major }),
    }
}

fn major(fields: &Object) -> Result<u64, ParseError> {
    let number = fields
        .get("nbformat")
        .ok_or_else(|| ParseError::missing("nbformat"))?;
    number
        .as_u64()
        .ok_or_else(|| ParseError::wrong("nbformat", "integer", number))
}
