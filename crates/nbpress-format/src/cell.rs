//! One cell of a notebook.

use crate::json::{Json, Object};
use crate::output::Output;

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
    /// Fields not named here: `attachments`, and any the format does not know.
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
    /// A kind this version does not know.
    Other(String),
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

/// Eight hexadecimal digits, as nbformat makes them.
pub(crate) fn new_id() -> String {
    use std::collections::hash_map::RandomState;
    use std::hash::{BuildHasher, Hasher};
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    // Every RandomState is seeded anew from the system's randomness; the counter keeps ids of one
    // process apart.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(COUNTER.fetch_add(1, Ordering::Relaxed));
    format!("{:08x}", hasher.finish() >> 32)
}
