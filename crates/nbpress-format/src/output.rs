//! What a cell produced.

use crate::error::ParseError;
use crate::fields::{take_count, take_object, take_text, take_texts, text};
use crate::json::{Json, Object};
use crate::upgrade::join_output;
use crate::write::{Field, Fields};

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

    /// Reads an output as a notebook file or a kernel's message has it. Fields that are missing or
    /// null are read as empty, because kernels exist that send them so; so is an execution count
    /// that is no count, because the result is worth more than its number.
    ///
    /// # Errors
    /// It is not an object, has no `output_type`, or a field has the wrong type.
    pub fn from_json(json: &Json) -> Result<Self, ParseError> {
        let Json::Object(fields) = json else {
            return Err(ParseError::wrong("output", "object", json));
        };
        let mut fields = fields.clone();
        join_output(&mut fields)?;
        if let Some(count) = fields.get_mut("execution_count")
            && count.as_u64().is_none()
        {
            *count = Json::Null;
        }
        Self::from_fields(fields)
    }

    /// Reads what a kernel's `stream`, `display_data`, `update_display_data`, `execute_result` or `error` message
    /// shows, and the name under which the kernel may change it
    /// (<https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data>). What is transient does not
    /// belong into a notebook. None where no notebook could hold it.
    pub fn from_message(kind: &str, mut content: Json) -> Option<(Self, Option<String>)> {
        let fields = content.as_object_mut()?;
        let display_id = fields.shift_remove("transient").and_then(|transient| {
            let id = transient.get("display_id").and_then(Json::as_str);
            id.map(str::to_owned)
        });
        let kind = match kind {
            "update_display_data" => "display_data",
            kind => kind,
        };
        fields.insert("output_type".to_owned(), Json::from(kind));
        Some((Self::from_json(&content).ok()?, display_id))
    }

    /// Reads an output of format 4 whose texts are whole.
    pub(crate) fn from_fields(mut fields: Object) -> Result<Self, ParseError> {
        let kind = match text(&fields, "output_type")? {
            "stream" => OutputKind::Stream {
                name: take_text(&mut fields, "name")?,
                text: take_text(&mut fields, "text")?,
            },
            "display_data" => OutputKind::DisplayData {
                data: take_object(&mut fields, "data")?,
                metadata: take_object(&mut fields, "metadata")?,
            },
            "execute_result" => OutputKind::ExecuteResult {
                execution_count: take_count(&mut fields, "execution_count")?,
                data: take_object(&mut fields, "data")?,
                metadata: take_object(&mut fields, "metadata")?,
            },
            "error" => OutputKind::Error {
                ename: take_text(&mut fields, "ename")?,
                evalue: take_text(&mut fields, "evalue")?,
                traceback: take_texts(&mut fields, "traceback")?,
            },
            _ => return Ok(Self::new(OutputKind::Other(fields))),
        };
        fields.shift_remove("output_type");
        Ok(Self {
            kind,
            extra: fields,
        })
    }

    /// The output as one object, texts whole.
    pub fn to_json(&self) -> Json {
        self.to_fields().to_json()
    }

    /// The fields as the file names them.
    pub(crate) fn to_fields(&self) -> Fields<'_> {
        let mut fields = Fields::new(&self.extra);
        match &self.kind {
            OutputKind::Stream { name, text } => {
                fields.push("output_type", Field::Text("stream"));
                fields.push("name", Field::Text(name));
                fields.push("text", Field::Lines(text));
            }
            OutputKind::DisplayData { data, metadata } => {
                fields.push("output_type", Field::Text("display_data"));
                fields.push("data", Field::Bundle(data));
                fields.push("metadata", Field::Metadata(metadata, &[]));
            }
            OutputKind::ExecuteResult {
                execution_count,
                data,
                metadata,
            } => {
                fields.push("output_type", Field::Text("execute_result"));
                fields.push("execution_count", Field::Count(*execution_count));
                fields.push("data", Field::Bundle(data));
                fields.push("metadata", Field::Metadata(metadata, &[]));
            }
            OutputKind::Error {
                ename,
                evalue,
                traceback,
            } => {
                fields.push("output_type", Field::Text("error"));
                fields.push("ename", Field::Text(ename));
                fields.push("evalue", Field::Text(evalue));
                fields.push("traceback", Field::Texts(traceback));
            }
            OutputKind::Other(object) => return Fields::new(object),
        }
        fields
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

    /// Replaces the representations and metadata of something shown; of anything else nothing.
    pub fn set_data(&mut self, new_data: Object, new_metadata: Object) {
        if let OutputKind::DisplayData { data, metadata }
        | OutputKind::ExecuteResult { data, metadata, .. } = &mut self.kind
        {
            *data = new_data;
            *metadata = new_metadata;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let json = Json::parse(text.as_bytes()).unwrap();
        let output = Output::from_json(&json).map_err(|error| error.to_string())?;
        Ok(output.to_json().to_compact())
    }

    #[test]
    fn what_kernels_leave_out_is_read_as_empty() {
        for (text, expected) in [
            (
                r#"{"output_type": "stream", "text": ["a\n", "b"]}"#,
                r#"{"output_type":"stream","name":"","text":"a\nb"}"#,
            ),
            (
                r#"{"output_type": "display_data", "data": {"text/plain": ["a", "b"]}, "metadata": null, "transient": {}}"#,
                r#"{"output_type":"display_data","data":{"text/plain":"ab"},"metadata":{},"transient":{}}"#,
            ),
            (
                r#"{"output_type": "execute_result", "execution_count": "3", "data": {}}"#,
                r#"{"output_type":"execute_result","execution_count":null,"data":{},"metadata":{}}"#,
            ),
            (
                r#"{"output_type": "error", "evalue": null, "traceback": "one"}"#,
                r#"{"output_type":"error","ename":"","evalue":"","traceback":["one"]}"#,
            ),
            (
                r#"{"output_type": "hologram", "text": ["a", "b"], "depth": 3}"#,
                r#"{"output_type":"hologram","text":"ab","depth":3}"#,
            ),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_output_is_refused() {
        for (text, expected) in [
            ("[]", "`output` must be object, not array"),
            ("{}", "`output_type` is missing"),
            (
                r#"{"output_type": "stream", "text": {}}"#,
                "`text` must be string or list of strings, not object",
            ),
            (
                r#"{"output_type": "display_data", "data": "x"}"#,
                "`data` must be object, not string",
            ),
            (
                r#"{"output_type": "error", "traceback": [1]}"#,
                "`traceback` must be list of strings, not integer",
            ),
        ] {
            assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn streams_grow() {
        let mut output = Output::stream("stdout", "a");
        output.append_stream(&Output::stream("stdout", "b"));
        assert_eq!(output, Output::stream("stdout", "ab"));
        assert_eq!(output.stream_name(), Some("stdout"));
    }
}
