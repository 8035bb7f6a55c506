//! Formats 2 and 3: worksheets are flattened, fields and outputs renamed
//! (<https://nbformat.readthedocs.io/en/latest/changelog.html>).

use super::Document;
use super::v4::each_attachment;
use crate::error::ParseError;
use crate::fields::{array_mut, each_object, object_mut, text};
use crate::id::new_id;
use crate::json::{Json, MAX_DEPTH, Object, parse_embedded};
use crate::multiline::bare_lines;

/// The output fields whose texts may be lists of lines.
const MULTILINE: &[&str] = &["text", "html", "svg", "latex", "javascript", "json"];

/// Short names of MIME types.
const MIME_TYPES: &[(&str, &str)] = &[
    ("text", "text/plain"),
    ("html", "text/html"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpeg", "image/jpeg"),
    ("latex", "text/latex"),
    ("json", "application/json"),
    ("javascript", "application/javascript"),
];

/// Headings deeper than this are cut; the format names no limit, but a file must not ask for
/// gigabytes of `#`.
const DEEPEST_HEADING: usize = 512;

/// Where the value of a MIME type stands in a file of format 4: notebook, cells, cell, outputs,
/// output, data.
const DATA_DEPTH: usize = 6;
const _: () = assert!(DATA_DEPTH < MAX_DEPTH);

/// How the lines of a text are put together.
#[derive(Clone, Copy)]
pub(super) enum Join {
    /// Lines come without their endings.
    V2,
    /// Lines come with their endings; early writers left them out.
    V3,
}

impl Join {
    fn field(self, fields: &mut Object, key: &str) -> Result<(), ParseError> {
        if let Some(value @ Json::Array(_)) = fields.get_mut(key) {
            let lines = value.as_array().into_iter().flatten().map(Json::as_str);
            let Some(lines) = lines.collect::<Option<Vec<&str>>>() else {
                return Err(ParseError::wrong(key, "string or list of strings", value));
            };
            *value = Json::String(self.lines(&lines));
        }
        Ok(())
    }

    fn lines(self, lines: &[&str]) -> String {
        let with_endings = lines
            .first()
            .is_some_and(|line| line.ends_with(['\n', '\r']));
        match self {
            Self::V3 if with_endings => lines.concat(),
            Self::V2 | Self::V3 => lines.join("\n"),
        }
    }
}

pub(super) fn upgrade(mut fields: Object, join: Join) -> Result<Document, ParseError> {
    let mut cells = Vec::new();
    each_object(
        array_mut(&mut fields, "worksheets")?,
        "worksheets",
        |worksheet| {
            let own = array_mut(worksheet, "cells")?;
            each_object(own, "cells", |cell| upgrade_cell(cell, join))?;
            cells.append(own);
            Ok(())
        },
    )?;
    let metadata = object_mut(&mut fields, "metadata")?;
    metadata.shift_remove("name");
    metadata.shift_remove("signature");
    for key in ["worksheets", "orig_nbformat", "orig_nbformat_minor"] {
        fields.shift_remove(key);
    }
    for (key, value) in [
        ("cells", Json::Array(cells)),
        ("nbformat", 4_u64.into()),
        ("nbformat_minor", 5_u64.into()),
    ] {
        fields.insert(key.to_owned(), value);
    }
    Ok(Document { fields, minor: 5 })
}

fn upgrade_cell(cell: &mut Object, join: Join) -> Result<(), ParseError> {
    let kind = text(cell, "cell_type")?.to_owned();
    if kind == "code" {
        upgrade_code(cell, join)?;
    } else {
        join.field(cell, "source")?;
        join.field(cell, "rendered")?;
    }
    if kind == "heading" {
        upgrade_heading(cell)?;
    }
    if kind == "heading" || kind == "html" {
        cell.insert("cell_type".to_owned(), "markdown".into());
    }
    // They came with format 4, which reads nothing else under this name; their texts stay as nbformat leaves them.
    each_attachment(cell, |_| ())?;
    cell.insert("id".to_owned(), new_id().into());
    cell.entry("metadata".to_owned())
        .or_insert_with(|| Object::new().into());
    Ok(())
}

fn upgrade_code(cell: &mut Object, join: Join) -> Result<(), ParseError> {
    join.field(cell, "input")?;
    each_object(array_mut(cell, "outputs")?, "outputs", |output| {
        upgrade_output(output, join)
    })?;
    cell.shift_remove("language");
    if let Some(collapsed) = cell.shift_remove("collapsed") {
        cell.entry("metadata".to_owned())
            .or_insert_with(|| Object::new().into());
        object_mut(cell, "metadata")?.insert("collapsed".to_owned(), collapsed);
    }
    let source = cell.shift_remove("input").unwrap_or_else(|| "".into());
    cell.insert("source".to_owned(), source);
    let count = cell.shift_remove("prompt_number").unwrap_or(Json::Null);
    cell.insert("execution_count".to_owned(), count);
    Ok(())
}

fn upgrade_heading(cell: &mut Object) -> Result<(), ParseError> {
    let level = match cell.shift_remove("level") {
        None => 1,
        Some(level) => level
            .as_i64()
            .ok_or_else(|| ParseError::wrong("level", "integer", &level))?,
    };
    let level = usize::try_from(level).unwrap_or(0).min(DEEPEST_HEADING);
    let source = match cell.get("source") {
        None => "",
        Some(_) => text(cell, "source")?,
    };
    let line: Vec<&str> = bare_lines(source).collect();
    let source = format!("{} {}", "#".repeat(level), line.join(" "));
    cell.insert("source".to_owned(), source.into());
    Ok(())
}

fn upgrade_output(output: &mut Object, join: Join) -> Result<(), ParseError> {
    for key in MULTILINE {
        join.field(output, key)?;
    }
    let kind = match text(output, "output_type")? {
        "pyout" => {
            let count = output.shift_remove("prompt_number").unwrap_or(Json::Null);
            output.insert("execution_count".to_owned(), count);
            gather_data(output)?;
            "execute_result"
        }
        "display_data" => return gather_data(output),
        "pyerr" => "error",
        "stream" => {
            let name = output.shift_remove("stream");
            output.insert("name".to_owned(), name.unwrap_or_else(|| "stdout".into()));
            return Ok(());
        }
        _ => return Ok(()),
    };
    output.insert("output_type".to_owned(), kind.into());
    Ok(())
}

/// Moves the representations, which stood beside the other fields, into `data`.
fn gather_data(output: &mut Object) -> Result<(), ParseError> {
    let is_data = |key: &str| !["output_type", "execution_count", "metadata"].contains(&key);
    let (mut data, rest): (Object, Object) = output.drain(..).partition(|(key, _)| is_data(key));
    *output = rest;
    name_mime_types(&mut data);
    if let Some(json) = data.get_mut("application/json") {
        let place = "data[\"application/json\"]";
        let Json::String(text) = json else {
            return Err(ParseError::wrong(place, "string", json));
        };
        *json = parse_embedded(text, DATA_DEPTH).map_err(|source| ParseError::EmbeddedJson {
            place: place.to_owned(),
            source,
        })?;
    }
    output.insert("data".to_owned(), data.into());
    output
        .entry("metadata".to_owned())
        .or_insert_with(|| Object::new().into());
    name_mime_types(object_mut(output, "metadata")?);
    Ok(())
}

fn name_mime_types(bundle: &mut Object) {
    for (short, mime) in MIME_TYPES {
        if let Some(value) = bundle.shift_remove(*short) {
            bundle.insert((*mime).to_owned(), value);
        }
    }
}
