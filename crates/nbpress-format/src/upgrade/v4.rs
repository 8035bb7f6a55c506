//! Reading format 4: texts are joined, fields that belong in no file are dropped.

use super::Document;
use crate::error::ParseError;
use crate::fields::{array_mut, each_object, object_mut, text};
use crate::json::{Json, Object};
use crate::multiline::{join_bundle, join_field};
use crate::{cell, notebook};

pub(super) fn read(mut fields: Object) -> Result<Document, ParseError> {
    each_object(array_mut(&mut fields, "cells")?, "cells", read_cell)?;
    let metadata = object_mut(&mut fields, "metadata")?;
    for key in notebook::TRANSIENT_METADATA {
        metadata.shift_remove(*key);
    }
    let minor = match fields.get("nbformat_minor") {
        None => return Err(ParseError::missing("nbformat_minor")),
        Some(minor) => minor
            .as_u64()
            .ok_or_else(|| ParseError::wrong("nbformat_minor", "integer", minor))?,
    };
    Ok(Document { fields, minor })
}

fn read_cell(cell: &mut Object) -> Result<(), ParseError> {
    join_field(cell, "source")?;
    each_attachment(cell, join_bundle)?;
    if text(cell, "cell_type")? == "code" && cell.contains_key("outputs") {
        each_object(array_mut(cell, "outputs")?, "outputs", join_output)?;
    }
    let metadata = object_mut(cell, "metadata")?;
    for key in cell::TRANSIENT_METADATA {
        metadata.shift_remove(*key);
    }
    Ok(())
}

/// Does something to the bundle of every attachment of a cell.
pub(super) fn each_attachment(
    cell: &mut Object,
    act: impl Fn(&mut Object),
) -> Result<(), ParseError> {
    if !cell.contains_key("attachments") {
        return Ok(());
    }
    for (name, attachment) in object_mut(cell, "attachments")? {
        let Json::Object(bundle) = attachment else {
            let place = format!("attachments[{}]", Json::from(name.as_str()).to_compact());
            return Err(ParseError::wrong(&place, "object", attachment));
        };
        act(bundle);
    }
    Ok(())
}

/// Joins the texts of an output.
pub(crate) fn join_output(output: &mut Object) -> Result<(), ParseError> {
    match text(output, "output_type")? {
        "display_data" | "execute_result" => {
            if let Some(Json::Object(data)) = output.get_mut("data") {
                join_bundle(data);
            }
            Ok(())
        }
        "" => Ok(()),
        _ => join_field(output, "text"),
    }
}
