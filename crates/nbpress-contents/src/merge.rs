//! Two versions of a notebook made one, cell by cell.

use nbpress_format::Notebook;

/// Two versions made one.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// Both changes; where they contradict each other, theirs.
    pub notebook: Notebook,
    /// The ids of the cells that both changed, in order; empty when nothing contradicts.
    pub conflicts: Vec<String>,
}

/// Puts what `mine` changed in `base` and what `theirs` changed in it into one notebook.
pub fn merge(base: &Notebook, mine: &Notebook, theirs: &Notebook) -> Merged {
    let _ = (base, mine, theirs);
    todo!()
}
