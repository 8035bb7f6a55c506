//! What cells show while they run, for those who look: in pieces, each told once, and whole for whoever comes later.

use nbpress_format::Json;
use serde::Serialize;
use serde_json::value::RawValue;

use super::fold::{Change, Fold};

/// A cell that shows more, in bytes, is seen as it is saved.
const MOST: usize = 2 << 20;

/// What a cell shows has changed.
#[derive(Debug, Serialize)]
pub(crate) struct Piece {
    cell: String,
    /// They are counted: one that is not the next after the last is of what is known, or not for those who hear it.
    number: u64,
    count: Option<u64>,
    /// So many outputs stay; without any, and without `grow`, these are all.
    keep: usize,
    /// What the text of the output after those goes on with.
    grow: Option<String>,
    outputs: Vec<Box<RawValue>>,
}

/// What was told of a cell.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    number: u64,
    bytes: usize,
}

impl Pieces {
    /// Whether anything was told.
    pub(super) fn have_begun(&self) -> bool {
        self.number > 0
    }

    /// What has changed is known from now on, also where nobody looks. `Err` once it is too much.
    pub(super) fn next(
        &mut self,
        cell: &str,
        fold: &mut Fold,
        is_watched: bool,
    ) -> Result<Option<Piece>, ()> {
        let change = is_watched.then(|| fold.change());
        fold.is_known();
        self.number += 1;
        let Some(change) = change else {
            return Ok(None);
        };
        if change.keep == 0 && change.grow.is_none() {
            self.bytes = 0;
        }
        let was_too_much = self.bytes > MOST;
        let piece = self.counted(cell, change);
        if self.bytes <= MOST {
            return Ok(Some(piece));
        }
        if was_too_much { Ok(None) } else { Err(()) }
    }

    /// All that was told; none of what is too much.
    pub(super) fn whole(&mut self, cell: &str, fold: &Fold) -> Option<Piece> {
        self.bytes = 0;
        let piece = self.counted(cell, fold.whole());
        (self.bytes <= MOST).then_some(piece)
    }

    fn counted(&mut self, cell: &str, change: Change) -> Piece {
        let outputs: Vec<Box<RawValue>> = change.outputs.iter().filter_map(raw).collect();
        let long = outputs.iter().map(|output| output.get().len());
        self.bytes += long.sum::<usize>() + change.grow.as_deref().map_or(0, str::len);
        Piece {
            cell: cell.to_owned(),
            number: self.number,
            count: change.count,
            keep: change.keep,
            grow: change.grow,
            outputs,
        }
    }
}

fn raw(output: &Json) -> Option<Box<RawValue>> {
    RawValue::from_string(output.to_compact()).ok()
}
