//! Two versions of a notebook made one, cell by cell.
//!
//! Each part that only one side changed is that side's: a cell's text, its metadata key by key, its
//! outputs, whether it is there at all, where it is. What both changed alike is no conflict.

mod order;

use std::collections::{HashMap, HashSet};
use std::mem::discriminant;

use nbpress_format::{Cell, CellKind, Notebook, Object};

/// Two versions made one.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// Both changes; where they contradict each other, theirs.
    pub notebook: Notebook,
    /// The ids of the cells that both changed, in order; empty when nothing contradicts.
    pub conflicts: Vec<String>,
}

/// Puts what `mine` changed in `base` and what `theirs` changed in it into one notebook. With one side
/// unchanged, the other is the result.
///
/// A cell that one side deleted and the other changed stays, and is a conflict. Of the notebook's own
/// metadata, a key that both changed is theirs. Notebooks without a cell in common cannot be compared
/// (formats before 4.5 have no ids): every cell of mine is a conflict then.
pub fn merge(base: &Notebook, mine: &Notebook, theirs: &Notebook) -> Merged {
    for (unchanged, other) in [(mine, theirs), (theirs, mine)] {
        if unchanged == base || unchanged == other {
            return Merged {
                notebook: other.clone(),
                conflicts: Vec::new(),
            };
        }
    }
    if !are_related(base, mine) || !are_related(base, theirs) {
        return Merged {
            notebook: theirs.clone(),
            conflicts: ids(mine).into_iter().map(str::to_owned).collect(),
        };
    }
    let sides = [base, mine, theirs].map(by_id);
    let order = order::merge(&ids(base), &ids(mine), &ids(theirs));
    let mut cells = Vec::new();
    let mut conflicts = Vec::new();
    for id in order.ids {
        let found = sides.each_ref().map(|side| side.get(id).copied());
        let (cell, contradicts) = merge_cell(found);
        if contradicts || (cell.is_some() && order.conflicts.contains(id)) {
            conflicts.push(id.to_owned());
        }
        cells.extend(cell);
    }
    let notebook = Notebook {
        metadata: merge_objects([&base.metadata, &mine.metadata, &theirs.metadata]).0,
        extra: merge_objects([&base.extra, &mine.extra, &theirs.extra]).0,
        cells,
        ..theirs.clone()
    };
    Merged {
        notebook,
        conflicts,
    }
}

fn ids(notebook: &Notebook) -> Vec<&str> {
    let ids = notebook.cells.iter().map(|cell| cell.id.as_deref());
    ids.flatten().collect()
}

fn by_id(notebook: &Notebook) -> HashMap<&str, &Cell> {
    let cells = notebook.cells.iter();
    cells
        .filter_map(|cell| Some((cell.id.as_deref()?, cell)))
        .collect()
}

/// Whether the cells of one can be found in the other by their ids.
fn are_related(base: &Notebook, side: &Notebook) -> bool {
    let all_have_ids = [base, side]
        .iter()
        .all(|notebook| notebook.cells.iter().all(|cell| cell.id.is_some()));
    let known: HashSet<&str> = ids(base).into_iter().collect();
    let is_empty = known.is_empty() || side.cells.is_empty();
    all_have_ids && (is_empty || ids(side).iter().any(|id| known.contains(id)))
}

/// The cell, if it stays, and whether both changed it. In the order base, mine, theirs.
fn merge_cell(sides: [Option<&Cell>; 3]) -> (Option<Cell>, bool) {
    match sides {
        [Some(base), Some(mine), Some(theirs)] => {
            let (cell, contradicts) = merge_parts([base, mine, theirs]);
            (Some(cell), contradicts)
        }
        [None, Some(mine), Some(theirs)] => (Some(theirs.clone()), mine != theirs),
        [None, mine, theirs] => (mine.or(theirs).cloned(), false),
        [Some(base), mine, theirs] => {
            let changed = mine.or(theirs).filter(|cell| *cell != base);
            (changed.cloned(), changed.is_some())
        }
    }
}

fn merge_parts(sides: [&Cell; 3]) -> (Cell, bool) {
    let (text, text_contradicts) = choose(sides, |one, other| {
        is_same_kind(&one.kind, &other.kind)
            && (&one.source, &one.extra) == (&other.source, &other.extra)
    });
    let (ran, ran_contradicts) = choose(sides, |one, other| {
        (one.outputs(), one.execution_count()) == (other.outputs(), other.execution_count())
    });
    let (metadata, metadata_contradicts) = merge_objects(sides.map(|cell| &cell.metadata));
    let mut cell = text.clone();
    cell.metadata = metadata;
    if cell.is_code() && ran.is_code() {
        cell.kind = ran.kind.clone();
    }
    let contradicts = text_contradicts || ran_contradicts || metadata_contradicts;
    (cell, contradicts)
}

/// The side that has changed; theirs, and a contradiction, when both have.
fn choose<T: Copy>([base, mine, theirs]: [T; 3], same: impl Fn(T, T) -> bool) -> (T, bool) {
    if same(theirs, base) {
        return (mine, false);
    }
    (theirs, !same(mine, base) && !same(mine, theirs))
}

fn is_same_kind(one: &CellKind, other: &CellKind) -> bool {
    match (one, other) {
        (CellKind::Other(one), CellKind::Other(other)) => one == other,
        _ => discriminant(one) == discriminant(other),
    }
}

/// Key by key.
fn merge_objects(sides: [&Object; 3]) -> (Object, bool) {
    let (chosen, contradicts) = choose(sides, |one, other| one == other);
    if !contradicts {
        return (chosen.clone(), false);
    }
    let [base, mine, theirs] = sides;
    let mut merged = Object::new();
    let mut any_contradicts = false;
    let added = mine.keys().filter(|key| !theirs.contains_key(*key));
    for key in theirs.keys().chain(added) {
        let values = [base.get(key), mine.get(key), theirs.get(key)];
        let (value, contradicts) = choose(values, |one, other| one == other);
        any_contradicts |= contradicts;
        if let Some(value) = value {
            merged.insert(key.clone(), value.clone());
        }
    }
    (merged, any_contradicts)
}

#[cfg(test)]
mod tests;
