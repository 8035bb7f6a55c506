//! Where in a notebook a value stands, while the file is read.
//!
//! A notebook's long texts are lists of lines in the file. Read as one text at once they cost a copy; read as
//! lists they cost an allocation a line.

use super::Object;
use crate::multiline::is_json;

/// What a value is to a notebook of format 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What Jupyter's contents API sends, with the notebook under `content`.
    Model,
    Notebook,
    Cells,
    Cell,
    Outputs,
    Output,
    /// File name → bundle.
    Bundles,
    /// MIME type → representation.
    Bundle,
    /// A text, or the list of its lines.
    Text,
    /// Whatever it is, it is kept as it is.
    Elsewhere,
}

impl Place {
    /// The place of what is under a key.
    pub(super) fn under(self, key: &str) -> Self {
        match (self, key) {
            (Self::Model, "content") => Self::Notebook,
            (Self::Notebook, "cells") => Self::Cells,
            (Self::Cell, "source") | (Self::Output, "text") => Self::Text,
            (Self::Cell, "outputs") => Self::Outputs,
            (Self::Cell, "attachments") => Self::Bundles,
            (Self::Output, "data") | (Self::Bundles, _) => Self::Bundle,
            (Self::Bundle, mime) if !is_json(mime) => Self::Text,
            _ => Self::Elsewhere,
        }
    }

    /// The place of an item of a list.
    pub(super) fn item(self) -> Self {
        match self {
            Self::Cells => Self::Cell,
            Self::Outputs => Self::Output,
            _ => Self::Elsewhere,
        }
    }

    /// Whether an object turned out to be one whose lists of lines are no texts: kinds of cell and of output
    /// that the format does not know are kept as they are.
    pub(super) fn misjudged(self, object: &Object) -> bool {
        let has = |key: &str| object.contains_key(key);
        let is = |key: &str, kinds: &[&str]| {
            let kind = object.get(key).and_then(super::Json::as_str);
            kind.is_some_and(|kind| kinds.contains(&kind))
        };
        let shows = || is("output_type", &["display_data", "execute_result"]);
        match self {
            Self::Cell => has("outputs") && !is("cell_type", &["code"]),
            Self::Output => {
                (has("data") && !shows()) || (has("text") && (shows() || !is_named(object)))
            }
            _ => false,
        }
    }
}

/// Whether an output has a kind at all.
fn is_named(output: &Object) -> bool {
    let kind = output.get("output_type").and_then(super::Json::as_str);
    kind.is_some_and(|kind| !kind.is_empty())
}
