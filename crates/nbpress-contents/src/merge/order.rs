//! The order of the cells of a notebook whose cells two have moved, added and deleted.

use std::collections::{HashMap, HashSet};

/// All cells of both sides, also those that one side deleted.
pub(super) struct Order<'a> {
    pub(super) ids: Vec<&'a str>,
    /// Cells that both moved, to different places.
    pub(super) conflicts: HashSet<&'a str>,
}

/// The side that moved cells gives the order, theirs when both did; what only the other side has
/// follows the cell it follows there.
pub(super) fn merge<'a>(base: &[&'a str], mine: &[&'a str], theirs: &[&'a str]) -> Order<'a> {
    let mine_moved = common(mine, base) != common(base, mine);
    let theirs_moved = common(theirs, base) != common(base, theirs);
    let (leading, following) = if mine_moved && !theirs_moved {
        (mine, theirs)
    } else {
        (theirs, mine)
    };
    let conflicts = if mine_moved && theirs_moved {
        let (mine, theirs) = (common(mine, theirs), common(theirs, mine));
        let pairs = mine.into_iter().zip(theirs);
        pairs
            .filter(|(mine, theirs)| mine != theirs)
            .map(|(mine, _)| mine)
            .collect()
    } else {
        HashSet::new()
    };
    Order {
        ids: insert(leading, following),
        conflicts,
    }
}

/// The cells of `one` that are in `other`, too.
fn common<'a>(one: &[&'a str], other: &[&str]) -> Vec<&'a str> {
    let known: HashSet<&str> = other.iter().copied().collect();
    let cells = one.iter().copied();
    cells.filter(|id| known.contains(id)).collect()
}

/// `leading`, with the other cells of `following` behind those they follow there.
fn insert<'a>(leading: &[&'a str], following: &[&'a str]) -> Vec<&'a str> {
    let known: HashSet<&str> = leading.iter().copied().collect();
    // What comes behind each cell, the begin at first; one pass, however long the notebook.
    let mut behind: HashMap<Option<&str>, Vec<&'a str>> = HashMap::new();
    let mut anchor = None;
    for id in following {
        if known.contains(id) {
            anchor = Some(*id);
        } else {
            behind.entry(anchor).or_default().push(id);
        }
    }
    let mut ids = behind.remove(&None).unwrap_or_default();
    for id in leading {
        ids.push(id);
        ids.extend(behind.remove(&Some(*id)).unwrap_or_default());
    }
    ids
}
