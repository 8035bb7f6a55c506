//! One cell of a notebook.

use crate::error::ParseError;
use crate::fields::{array_mut, each_object, object_mut, take_count, take_object, take_text, text};
use crate::id::new_id;
use crate::json::{Json, Object};
use crate::output::Output;
use crate::write::{Field, Fields};

/// Cell metadata that belongs in no file.
pub(crate) const TRANSIENT_METADATA: &[&str] = &["trusted"];

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Unique in the notebook; exists since format 4.5.
    pub id: Option<String>,
    /// What it is.
    pub kind: CellKind,
    /// Its text, whole.
    pub source: String,
    /// Tags and whatever tools keep there.
    pub metadata: Object,
    /// Fields not named here: `attachments`, and any the format does not know. The texts of
    /// attachments are whole.
    pub extra: Object,
}

/// The kinds of cell (<https://nbformat.readthedocs.io/en/latest/format_description.html#cell-types>).
#[derive(Clone, Debug, PartialEq)]
pub enum CellKind {
    /// Code and what it produced.
    Code {
        /// The counter, where it ran.
        execution_count: Option<u64>,
        /// What it produced, in order.
        outputs: Vec<Output>,
    },
    /// Markdown.
    Markdown,
    /// Text for a converter.
    Raw,
    /// A kind this version does not know. It need not have a text: what it has instead of a text
    /// that is not empty stays in [`Cell::extra`].
    Other(String),
}

impl CellKind {
    /// The file's `cell_type`.
    fn name(&self) -> &str {
        match self {
            Self::Code { .. } => "code",
            Self::Markdown => "markdown",
            Self::Raw => "raw",
            Self::Other(name) => name,
        }
    }
}

impl Cell {
    /// A code cell with a fresh id.
    pub fn new_code(source: impl Into<String>) -> Self {
        Self::new(
            CellKind::Code {
                execution_count: None,
                outputs: Vec::new(),
            },
            source.into(),
        )
    }

    /// A Markdown cell with a fresh id.
    pub fn new_markdown(source: impl Into<String>) -> Self {
        Self::new(CellKind::Markdown, source.into())
    }

    /// A raw cell with a fresh id.
    pub fn new_raw(source: impl Into<String>) -> Self {
        Self::new(CellKind::Raw, source.into())
    }

    fn new(kind: CellKind, source: String) -> Self {
        Self {
            id: Some(new_id()),
            kind,
            source,
            metadata: Object::new(),
            extra: Object::new(),
        }
    }

    /// Whether it is a code cell.
    pub fn is_code(&self) -> bool {
        matches!(self.kind, CellKind::Code { .. })
    }

    /// Its tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.metadata
            .get("tags")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
    }

    /// Whether it has a tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags().any(|own| own == tag)
    }

    /// What it produced; nothing where it is not a code cell.
    pub fn outputs(&self) -> &[Output] {
        if let CellKind::Code { outputs, .. } = &self.kind {
            outputs
        } else {
            &[]
        }
    }

    /// What it produced, where it is a code cell.
    pub fn outputs_mut(&mut self) -> Option<&mut Vec<Output>> {
        if let CellKind::Code { outputs, .. } = &mut self.kind {
            Some(outputs)
        } else {
            None
        }
    }

    /// The counter, where it ran.
    pub fn execution_count(&self) -> Option<u64> {
        if let CellKind::Code {
            execution_count, ..
        } = &self.kind
        {
            *execution_count
        } else {
            None
        }
    }

    /// Sets the counter of a code cell.
    pub fn set_execution_count(&mut self, count: Option<u64>) {
        if let CellKind::Code {
            execution_count, ..
        } = &mut self.kind
        {
            *execution_count = count;
        }
    }

    /// Makes a code cell as if it had never run.
    pub fn clear_outputs(&mut self) {
        if let CellKind::Code {
            execution_count,
            outputs,
        } = &mut self.kind
        {
            *execution_count = None;
            outputs.clear();
        }
    }
}

impl Cell {
    /// Reads a cell of format 4 whose texts are whole.
    pub(crate) fn from_fields(mut fields: Object) -> Result<Self, ParseError> {
        let kind = text(&fields, "cell_type")?.to_owned();
        fields.shift_remove("cell_type");
        let id = match fields.shift_remove("id") {
            Some(Json::String(id)) => Some(id),
            _ => None,
        };
        object_mut(&mut fields, "metadata")?;
        let metadata = take_object(&mut fields, "metadata")?;
        let kind = match kind.as_str() {
            "code" => CellKind::Code {
                execution_count: take_count(&mut fields, "execution_count")?,
                outputs: take_outputs(&mut fields)?,
            },
            "markdown" => CellKind::Markdown,
            "raw" => CellKind::Raw,
            _ => CellKind::Other(kind),
        };
        let source = match (&kind, fields.get("source")) {
            (CellKind::Other(_), Some(Json::String(source))) if source.is_empty() => {
                fields.insert("source".to_owned(), Json::Array(Vec::new()));
                String::new()
            }
            (CellKind::Other(_), source) if source.and_then(Json::as_str).is_none() => {
                String::new()
            }
            _ => take_text(&mut fields, "source")?,
        };
        Ok(Self {
            id,
            kind,
            source,
            metadata,
            extra: fields,
        })
    }

    /// The fields as the file names them.
    pub(crate) fn to_fields(&self) -> Fields<'_> {
        let mut fields = Fields::new(&self.extra);
        fields.push("cell_type", Field::Text(self.kind.name()));
        if let Some(id) = &self.id {
            fields.push("id", Field::Text(id));
        }
        fields.push(
            "metadata",
            Field::Metadata(&self.metadata, TRANSIENT_METADATA),
        );
        if !matches!(self.kind, CellKind::Other(_)) || !self.source.is_empty() {
            fields.push("source", Field::Lines(&self.source));
        }
        if let CellKind::Code {
            execution_count,
            outputs,
        } = &self.kind
        {
            fields.push("execution_count", Field::Count(*execution_count));
            fields.push("outputs", Field::Outputs(outputs));
        }
        if let Some(Json::Object(attachments)) = self.extra.get("attachments") {
            fields.push("attachments", Field::Bundles(attachments));
        }
        fields
    }
}

fn take_outputs(fields: &mut Object) -> Result<Vec<Output>, ParseError> {
    let mut outputs = Vec::new();
    if fields.contains_key("outputs") {
        each_object(array_mut(fields, "outputs")?, "outputs", |output| {
            outputs.push(Output::from_fields(std::mem::take(output))?);
            Ok(())
        })?;
        fields.shift_remove("outputs");
    }
    Ok(outputs)
}
