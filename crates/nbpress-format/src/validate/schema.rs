//! The rules, one shape per kind of object.

use std::collections::HashSet;

use super::check::{Check, Field, Shape};
use crate::json::Json;
use crate::multiline::is_json;

pub(super) const NOTEBOOK: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("cells", cells),
        Field::required("metadata", notebook_metadata),
        Field::required("nbformat", major_version),
        Field::required("nbformat_minor", minor_version),
    ],
};

const NOTEBOOK_METADATA: Shape = Shape {
    closed: false,
    fields: &[
        Field::optional("kernelspec", |check, value| check.shape(value, &KERNELSPEC)),
        Field::optional("language_info", |check, value| {
            check.shape(value, &LANGUAGE_INFO);
        }),
        Field::optional("orig_nbformat", positive),
        Field::optional("title", text).since(2),
        Field::optional("authors", |check, value| check.each(value, anything)).since(2),
    ],
};

const KERNELSPEC: Shape = Shape {
    closed: false,
    fields: &[
        Field::required("name", text),
        Field::required("display_name", text),
    ],
};

const LANGUAGE_INFO: Shape = Shape {
    closed: false,
    fields: &[
        Field::required("name", text),
        Field::optional("codemirror_mode", text_or_object),
        Field::optional("file_extension", text),
        Field::optional("mimetype", text),
        Field::optional("pygments_lexer", text),
    ],
};

const CODE: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("id", cell_id).since(5),
        Field::required("cell_type", anything),
        Field::required("metadata", |check, value| {
            check.shape(value, &CODE_METADATA);
        }),
        Field::required("source", multiline),
        Field::required("outputs", |check, value| check.each(value, output)),
        Field::required("execution_count", count),
    ],
};

const MARKDOWN: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("id", cell_id).since(5),
        Field::required("cell_type", anything),
        Field::required("metadata", |check, value| {
            check.shape(value, &MARKDOWN_METADATA);
        }),
        Field::optional("attachments", attachments),
        Field::required("source", multiline),
    ],
};

const RAW: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("id", cell_id).since(5),
        Field::required("cell_type", anything),
        Field::required("metadata", |check, value| check.shape(value, &RAW_METADATA)),
        Field::optional("attachments", attachments),
        Field::required("source", multiline),
    ],
};

/// The schema asks less of the kind and the id of a cell that it does not know; a cell in memory has
/// texts there.
const UNKNOWN_CELL: Shape = Shape {
    closed: false,
    fields: &[
        Field::optional("id", text),
        Field::required("cell_type", text),
        Field::required("metadata", |check, value| {
            check.shape(value, &UNKNOWN_METADATA);
        }),
    ],
};

const CODE_METADATA: Shape = Shape {
    closed: false,
    fields: &[
        Field::optional("jupyter", object).since(3),
        Field::optional("execution", |check, value| {
            check.each_value(value, |check, _, time| text(check, time));
        })
        .since(4),
        Field::optional("collapsed", flag),
        Field::optional("scrolled", flag_or_auto),
        Field::optional("name", name),
        Field::optional("tags", tags),
    ],
};

const MARKDOWN_METADATA: Shape = Shape {
    closed: false,
    fields: &[
        Field::optional("name", name),
        Field::optional("tags", tags),
        Field::optional("jupyter", object).since(3),
    ],
};

const RAW_METADATA: Shape = Shape {
    closed: false,
    fields: &[
        Field::optional("format", text),
        Field::optional("jupyter", object).since(3),
        Field::optional("name", name),
        Field::optional("tags", tags),
    ],
};

const UNKNOWN_METADATA: Shape = Shape {
    closed: false,
    fields: &[Field::optional("name", name), Field::optional("tags", tags)],
};

const EXECUTE_RESULT: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("output_type", anything),
        Field::required("execution_count", count),
        Field::required("data", bundle),
        Field::required("metadata", object),
    ],
};

const DISPLAY_DATA: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("output_type", anything),
        Field::required("data", bundle),
        Field::required("metadata", object),
    ],
};

const STREAM: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("output_type", anything),
        Field::required("name", text),
        Field::required("text", multiline),
    ],
};

const ERROR: Shape = Shape {
    closed: true,
    fields: &[
        Field::required("output_type", anything),
        Field::required("ename", text),
        Field::required("evalue", text),
        Field::required("traceback", |check, value| check.each(value, text)),
    ],
};

pub(super) fn notebook(check: &mut Check, value: &Json) {
    check.shape(value, &NOTEBOOK);
}

fn notebook_metadata(check: &mut Check, value: &Json) {
    check.shape(value, &NOTEBOOK_METADATA);
}

fn major_version(check: &mut Check, value: &Json) {
    if value.as_u64() != Some(4) {
        check.problem("must be 4");
    }
}

fn minor_version(check: &mut Check, value: &Json) {
    if value.as_u64().is_none() {
        check.wrong("integer from 0", value);
    }
}

fn cells(check: &mut Check, value: &Json) {
    check.each(value, cell);
    if check.minor() >= 5 {
        unique_ids(check, value);
    }
}

fn unique_ids(check: &mut Check, cells: &Json) {
    let mut seen = HashSet::new();
    for (index, cell) in cells.as_array().into_iter().flatten().enumerate() {
        if let Some(id) = cell.get("id").and_then(Json::as_str)
            && !seen.insert(id)
        {
            check.problem_at(
                &format!("[{index}].id"),
                format!("`{id}` is the id of an earlier cell"),
            );
        }
    }
}

fn cell(check: &mut Check, value: &Json) {
    if check.object(value).is_none() {
        return;
    }
    match value.get("cell_type") {
        None => check.problem("`cell_type` is missing"),
        Some(Json::String(kind)) if kind == "code" => check.shape(value, &CODE),
        Some(Json::String(kind)) if kind == "markdown" => check.shape(value, &MARKDOWN),
        Some(Json::String(kind)) if kind == "raw" => check.shape(value, &RAW),
        Some(_) if check.is_newer() => check.shape(value, &UNKNOWN_CELL),
        Some(kind) => check.problem(unknown("kind of cell", kind)),
    }
}

fn output(check: &mut Check, value: &Json) {
    if check.object(value).is_none() {
        return;
    }
    match value.get("output_type") {
        None => check.problem("`output_type` is missing"),
        Some(Json::String(kind)) if kind == "execute_result" => check.shape(value, &EXECUTE_RESULT),
        Some(Json::String(kind)) if kind == "display_data" => check.shape(value, &DISPLAY_DATA),
        Some(Json::String(kind)) if kind == "stream" => check.shape(value, &STREAM),
        Some(Json::String(kind)) if kind == "error" => check.shape(value, &ERROR),
        Some(_) if check.is_newer() => {}
        Some(kind) => check.problem(unknown("kind of output", kind)),
    }
}

fn unknown(what: &str, kind: &Json) -> String {
    format!("`{}` is no {what}", kind.as_str().unwrap_or(kind.kind()))
}

fn bundle(check: &mut Check, value: &Json) {
    check.each_value(value, |check, mime, value| {
        if !is_json(mime) && !check.is_newer() {
            multiline(check, value);
        }
    });
}

fn attachments(check: &mut Check, value: &Json) {
    check.each_value(value, |check, _, value| bundle(check, value));
}

fn multiline(check: &mut Check, value: &Json) {
    let is_lines = |items: &Vec<Json>| items.iter().all(|item| item.as_str().is_some());
    if value.as_str().is_none() && !value.as_array().is_some_and(is_lines) {
        check.wrong("string or list of strings", value);
    }
}

fn cell_id(check: &mut Check, value: &Json) {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match value.as_str() {
        None => check.wrong("string", value),
        Some(id) if !(1..=64).contains(&id.len()) || !id.bytes().all(is_allowed) => {
            check.problem("must be 1 to 64 letters, digits, `-` and `_`");
        }
        Some(_) => {}
    }
}

fn name(check: &mut Check, value: &Json) {
    match value.as_str() {
        None => check.wrong("string", value),
        Some(name) if name.is_empty() || name.contains('\n') => {
            check.problem("must be one line that is not empty");
        }
        Some(_) => {}
    }
}

fn tags(check: &mut Check, value: &Json) {
    check.each(value, |check, tag| match tag.as_str() {
        None => check.wrong("string", tag),
        Some(tag) if tag.is_empty() || tag.contains(',') => {
            check.problem("must not be empty and must have no comma");
        }
        Some(_) => {}
    });
    let mut seen = HashSet::new();
    let mut tags = value.as_array().into_iter().flatten();
    if let Some(tag) = tags.find_map(|tag| tag.as_str().filter(|tag| !seen.insert(*tag))) {
        check.problem(format!("`{tag}` is there twice"));
    }
}

fn anything(_: &mut Check, _: &Json) {}

fn object(check: &mut Check, value: &Json) {
    check.object(value);
}

fn text(check: &mut Check, value: &Json) {
    if value.as_str().is_none() {
        check.wrong("string", value);
    }
}

fn text_or_object(check: &mut Check, value: &Json) {
    if value.as_str().is_none() && value.as_object().is_none() {
        check.wrong("string or object", value);
    }
}

fn flag(check: &mut Check, value: &Json) {
    if value.as_bool().is_none() {
        check.wrong("boolean", value);
    }
}

fn flag_or_auto(check: &mut Check, value: &Json) {
    if value.as_bool().is_none() && value.as_str() != Some("auto") {
        check.problem("must be true, false or `auto`");
    }
}

/// An execution count may have any number of digits.
fn count(check: &mut Check, value: &Json) {
    let is_count = match value {
        Json::Null => true,
        Json::Number(number) => number.is_integer() && !number.as_str().starts_with('-'),
        _ => false,
    };
    if !is_count {
        check.wrong("integer from 0 or null", value);
    }
}

fn positive(check: &mut Check, value: &Json) {
    if value.as_i64().is_none_or(|number| number < 1) {
        check.problem("must be an integer from 1");
    }
}
