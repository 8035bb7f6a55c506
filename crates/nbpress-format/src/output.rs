//! What a cell produced.

use crate::error::ParseError;
use crate::json::{Json, Object};
use crate::multiline;

/// One entry of a code cell's `outputs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The known fields.
    pub kind: OutputKind,
    /// Fields the format does not name; kept.
    pub extra: Object,
}

/// The kinds of output (<https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs>).
///
/// Texts that the file splits into lines are whole here.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputKind {
    /// Printed text.
    Stream {
        /// `stdout` or `stderr`.
        name: String,
        /// The text.
        text: String,
    },
    /// Something shown, in one or more representations.
    DisplayData {
        /// MIME type → representation.
        data: Object,
        /// Free, or per MIME type.
        metadata: Object,
    },
    /// The value of the cell.
    ExecuteResult {
        /// The counter of the cell.
        execution_count: Option<u64>,
        /// MIME type → representation.
        data: Object,
        /// Free, or per MIME type.
        metadata: Object,
    },
    /// An exception.
    Error {
        /// Its name.
        ename: String,
        /// Its message.
        evalue: String,
        /// Its lines, with ANSI colours.
        traceback: Vec<String>,
    },
    /// A kind this version does not know, kept whole.
    Other(Object),
}

impl Output {
    fn new(kind: OutputKind) -> Self {
        Self {
            kind,
            extra: Object::new(),
        }
    }

    /// Printed text.
    pub fn stream(name: &str, text: impl Into<String>) -> Self {
        Self::new(OutputKind::Stream {
            name: name.to_owned(),
            text: text.into(),
        })
    }

    /// An exception.
    pub fn error(ename: &str, evalue: &str, traceback: Vec<String>) -> Self {
        Self::new(OutputKind::Error {
            ename: ename.to_owned(),
            evalue: evalue.to_owned(),
            traceback,
        })
    }

    /// Something shown.
    pub fn display_data(data: Object, metadata: Object) -> Self {
        Self::new(OutputKind::DisplayData { data, metadata })
    }

    /// The value of a cell.
    pub fn execute_result(execution_count: Option<u64>, data: Object, metadata: Object) -> Self {
        Self::new(OutputKind::ExecuteResult {
            execution_count,
            data,
            metadata,
        })
    }

    /// Reads an output as a notebook file or a kernel's message has it.
    ///
    /// # Errors
    /// It is not an object, has no `output_type`, or a field has the wrong type.
    pub fn from_json(json: &Json) -> Result<Self, ParseError> {
        let object = json
            .as_object()
            .ok_or_else(|| ParseError::wrong("", "object", json))?;
        let mut fields = object.clone();
        let Some(Json::String(output_type)) = fields.shift_remove("output_type") else {
            return Err(ParseError::missing("output_type"));
        };
        let kind = match output_type.as_str() {
            "stream" => OutputKind::Stream {
                name: text(&mut fields, "name")?,
                text: multiline::take(&mut fields, "text")?,
            },
            "display_data" => OutputKind::DisplayData {
                data: bundle(&mut fields, "data")?,
                metadata: object_field(&mut fields, "metadata")?,
            },
            "execute_result" => OutputKind::ExecuteResult {
                execution_count: fields
                    .shift_remove("execution_count")
                    .and_then(|count| count.as_u64()),
                data: bundle(&mut fields, "data")?,
                metadata: object_field(&mut fields, "metadata")?,
            },
            "error" => OutputKind::Error {
                ename: text(&mut fields, "ename")?,
                evalue: text(&mut fields, "evalue")?,
                traceback: lines(&mut fields)?,
            },
            _ => return Ok(Self::new(OutputKind::Other(object.clone()))),
        };
        Ok(Self {
            kind,
            extra: fields,
        })
    }

    /// The output as one object, texts whole.
    pub fn to_json(&self) -> Json {
        Json::Object(self.to_object(|text| Json::from(text), |data| Json::Object(data.clone())))
    }

    /// The output as the file has it, texts split into lines.
    pub(crate) fn to_file(&self) -> Json {
        Json::Object(self.to_object(multiline::split, multiline::split_bundle))
    }

    fn to_object(&self, text: impl Fn(&str) -> Json, bundle: impl Fn(&Object) -> Json) -> Object {
        let mut out = self.extra.clone();
        let mut set = |key: &str, value: Json| {
            out.insert(key.to_owned(), value);
        };
        let count = |count: Option<u64>| count.map_or(Json::Null, Json::from);
        match &self.kind {
            OutputKind::Stream { name, text: value } => {
                set("output_type", "stream".into());
                set("name", name.as_str().into());
                set("text", text(value));
            }
            OutputKind::DisplayData { data, metadata } => {
                set("output_type", "display_data".into());
                set("data", bundle(data));
                set("metadata", metadata.clone().into());
            }
            OutputKind::ExecuteResult {
                execution_count,
                data,
                metadata,
            } => {
                set("output_type", "execute_result".into());
                set("execution_count", count(*execution_count));
                set("data", bundle(data));
                set("metadata", metadata.clone().into());
            }
            OutputKind::Error {
                ename,
                evalue,
                traceback,
            } => {
                set("output_type", "error".into());
                set("ename", ename.as_str().into());
                set("evalue", evalue.as_str().into());
                set(
                    "traceback",
                    traceback
                        .iter()
                        .map(|line| Json::from(line.as_str()))
                        .collect::<Vec<_>>()
                        .into(),
                );
            }
            OutputKind::Other(object) => return object.clone(),
        }
        out
    }

    /// The name of a stream.
    pub fn stream_name(&self) -> Option<&str> {
        if let OutputKind::Stream { name, .. } = &self.kind {
            Some(name)
        } else {
            None
        }
    }

    /// Name and text of a stream.
    pub fn as_stream_mut(&mut self) -> Option<(&str, &mut String)> {
        if let OutputKind::Stream { name, text } = &mut self.kind {
            Some((name, text))
        } else {
            None
        }
    }

    /// Appends the text of another stream output.
    pub fn append_stream(&mut self, more: &Self) {
        if let (OutputKind::Stream { text, .. }, OutputKind::Stream { text: next, .. }) =
            (&mut self.kind, &more.kind)
        {
            text.push_str(next);
        }
    }

    /// The representations and metadata of something shown.
    pub fn into_data(self) -> Option<(Object, Object)> {
        match self.kind {
            OutputKind::DisplayData { data, metadata }
            | OutputKind::ExecuteResult { data, metadata, .. } => Some((data, metadata)),
            _ => None,
        }
    }
}

fn text(fields: &mut Object, key: &str) -> Result<String, ParseError> {
    match fields.shift_remove(key) {
        Some(Json::String(text)) => Ok(text),
        // Kernels exist that send no value or a null one.
        None | Some(Json::Null) => Ok(String::new()),
        Some(other) => Err(ParseError::wrong(key, "string", &other)),
    }
}

fn object_field(fields: &mut Object, key: &str) -> Result<Object, ParseError> {
    match fields.shift_remove(key) {
        Some(Json::Object(object)) => Ok(object),
        None | Some(Json::Null) => Ok(Object::new()),
        Some(other) => Err(ParseError::wrong(key, "object", &other)),
    }
}

fn bundle(fields: &mut Object, key: &str) -> Result<Object, ParseError> {
    Ok(multiline::join_bundle(object_field(fields, key)?))
}

fn lines(fields: &mut Object) -> Result<Vec<String>, ParseError> {
    match fields.shift_remove("traceback") {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::String(text)) => Ok(vec![text]),
        Some(Json::Array(lines)) => lines
            .into_iter()
            .map(|line| match line {
                Json::String(line) => Ok(line),
                other => Err(ParseError::wrong("traceback", "string", &other)),
            })
            .collect(),
        Some(other) => Err(ParseError::wrong("traceback", "array", &other)),
    }
}
