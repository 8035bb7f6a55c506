//! Two lists of cells compared: what was edited, added, removed or moved.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Instant;

use nbpress_format::{Cell, CellKind};
use similar::{Algorithm, DiffOp, TextDiff, capture_diff_slices_deadline};

use super::{CellChange, CellChangeKind};

/// The share of words two cells must have in common for one to be the other's later version, where
/// no id tells.
const LIKE: f32 = 0.5;
/// The longest diff of one cell, in bytes.
const LONGEST_DIFF: usize = 64 * 1024;

/// What makes a cell the same for a run. Outputs, counters and the rest of the metadata do not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Content<'a> {
    kind: &'a str,
    source: &'a str,
    tags: Vec<&'a str>,
}

impl<'a> Content<'a> {
    fn of(cell: &'a Cell) -> Self {
        Self {
            kind: match &cell.kind {
                CellKind::Code { .. } => "code",
                CellKind::Markdown => "markdown",
                CellKind::Raw => "raw",
                CellKind::Other(kind) => kind,
            },
            source: &cell.source,
            tags: cell.tags().collect(),
        }
    }

    fn head(&self) -> String {
        format!("type: {}\ntags: {}\n", self.kind, self.tags.join(", "))
    }
}

struct Comparison<'a> {
    before: &'a [Cell],
    now: &'a [Cell],
    deadline: Instant,
}

/// A run of cells that were replaced, by position: those that were there and those that are.
struct Region {
    before: Vec<usize>,
    now: Vec<usize>,
}

/// What has become of the cells, in their present order.
pub(super) fn compare(before: &[Cell], now: &[Cell], deadline: Instant) -> Vec<CellChange> {
    let comparison = Comparison {
        before,
        now,
        deadline,
    };
    let regions = comparison.regions();
    let pairs = comparison.pairs(&regions);
    let mut changes = Vec::new();
    let kept: HashSet<usize> = pairs.values().copied().collect();
    for region in regions {
        let removed = region.before.iter().filter(|at| !kept.contains(at));
        changes.extend(removed.map(|&at| comparison.change(Some(at), None)));
        for at in region.now {
            changes.push(comparison.change(pairs.get(&at).copied(), Some(at)));
        }
    }
    changes
}

impl Comparison<'_> {
    /// The longest common sequence of cells is left out.
    fn regions(&self) -> Vec<Region> {
        let before: Vec<Content<'_>> = self.before.iter().map(Content::of).collect();
        let now: Vec<Content<'_>> = self.now.iter().map(Content::of).collect();
        let deadline = Some(self.deadline);
        let operations = capture_diff_slices_deadline(Algorithm::Myers, &before, &now, deadline);
        let differing = operations
            .iter()
            .filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
        differing
            .map(|operation| Region {
                before: operation.old_range().collect(),
                now: operation.new_range().collect(),
            })
            .collect()
    }

    /// Which present cell was which: by id wherever it went, else by likeness in the same place.
    fn pairs(&self, regions: &[Region]) -> BTreeMap<usize, usize> {
        let mut free: HashMap<&str, usize> = regions
            .iter()
            .flat_map(|region| &region.before)
            .filter_map(|&at| Some((self.before[at].id.as_deref()?, at)))
            .collect();
        let mut pairs = BTreeMap::new();
        for &at in regions.iter().flat_map(|region| &region.now) {
            let id = self.now[at].id.as_deref();
            if let Some(before) = id.and_then(|id| free.remove(id)) {
                pairs.insert(at, before);
            }
        }
        let taken: HashSet<usize> = pairs.values().copied().collect();
        for region in regions {
            let before = region.before.iter().filter(|at| !taken.contains(at));
            let now: Vec<usize> = region.now.clone();
            let now = now.into_iter().filter(|at| !pairs.contains_key(at));
            let alike: Vec<(usize, usize)> = now
                .zip(before.copied())
                .filter(|&(now, before)| self.is_like(before, now))
                .collect();
            pairs.extend(alike);
        }
        pairs
    }

    fn is_like(&self, before: usize, now: usize) -> bool {
        let (before, now) = (&self.before[before].source, &self.now[now].source);
        let diff = TextDiff::configure()
            .deadline(self.deadline)
            .diff_words(before.as_str(), now.as_str());
        diff.ratio() >= LIKE
    }

    fn change(&self, before: Option<usize>, now: Option<usize>) -> CellChange {
        let was = before.map(|at| &self.before[at]);
        let is = now.map(|at| &self.now[at]);
        let (change, diff) = match (was.map(Content::of), is.map(Content::of)) {
            (Some(was), Some(is)) if was == is => (CellChangeKind::Moved, String::new()),
            (Some(was), Some(is)) if was.source == is.source => {
                let diff = self.unified(&was.head(), &is.head());
                (CellChangeKind::Changed, diff)
            }
            (Some(was), Some(is)) => {
                let diff = self.unified(was.source, is.source);
                (CellChangeKind::Changed, diff)
            }
            (Some(was), None) => (CellChangeKind::Removed, self.unified(was.source, "")),
            (None, is) => {
                let source = is.map(|is| is.source).unwrap_or_default();
                (CellChangeKind::Added, self.unified("", source))
            }
        };
        CellChange {
            change,
            id: is.or(was).and_then(|cell| cell.id.clone()),
            before,
            after: now,
            diff,
        }
    }

    fn unified(&self, before: &str, now: &str) -> String {
        let diff = TextDiff::configure()
            .deadline(self.deadline)
            .diff_lines(before, now);
        let mut text = diff.unified_diff().missing_newline_hint(false).to_string();
        text.truncate(text.floor_char_boundary(LONGEST_DIFF));
        text
    }
}

#[cfg(test)]
mod tests;
