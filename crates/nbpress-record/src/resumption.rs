//! How a run went on where another one had failed.

use nbpress_format::json::Json;

use crate::wire::{Fields, Wire, WireError, object, words};

/// By which means a run has what the cells before its first one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Its kernel was made of a frozen copy of the other run's kernel.
    Fork,
    /// Its kernel read the other run's variables from a file.
    Pickle,
    /// It ran them again.
    Rerun,
}

words!(Way, "a way to go on", {
    Fork => "fork",
    Pickle => "pickle",
    Rerun => "rerun",
});

/// Where a run goes on, and by which means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumption {
    /// The means.
    pub way: Way,
    /// The cell it was asked to go on at, by its index: the one that had failed, or the first that was
    /// changed before it.
    pub cell: usize,
    /// The first cell that runs; before [`cell`](Self::cell) where the state just before that one was not to be
    /// had.
    pub first: usize,
    /// Cells before the one that had failed whose code is not what ran.
    pub changed: Vec<usize>,
    /// What is not as it was, or could not be used, each in words.
    pub lost: Vec<String>,
}

impl Wire for Resumption {
    fn to_json(&self) -> Json {
        object([
            ("way", self.way.to_json()),
            ("cell", self.cell.to_json()),
            ("first", self.first.to_json()),
            ("changed", self.changed.to_json()),
            ("lost", self.lost.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            way: fields.get("way")?,
            cell: fields.get("cell")?,
            first: fields.get("first")?,
            changed: fields.get("changed")?,
            lost: fields.get("lost")?,
        })
    }
}
