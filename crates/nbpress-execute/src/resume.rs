//! Going on where another run failed: at which cell, and with which state.
//!
//! [`Parent`] is the run that failed. Code cells that it completed, and that are the same in the notebook as it is
//! now, need not run again where a frozen copy of the parent's kernel still has what they did.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use nbpress_format::cell::Cell;
use nbpress_format::notebook::Notebook;
use nbpress_record::{CellState, CellStatus, Document, RunId, RunStatus};

use crate::error::ExecuteError;
use crate::execute::Step;
use crate::keep::folder_of;

pub mod outside;
pub mod revisit;
mod state;

pub(crate) use state::{Begun, begin};

/// The run to go on from.
#[derive(Clone, Debug)]
pub struct Parent {
    /// What it was and did.
    pub document: Document,
    /// Where the frozen copies of its kernel are, if there are any.
    pub copies: PathBuf,
    /// Whether the files it worked with are there; saved variables are of no use without them.
    pub has_files: bool,
    /// What is kept of the runs that it went on from itself.
    pub earlier: Vec<Earlier>,
    /// The cell to go on at, by its index in the prepared notebook, instead of the one that failed.
    pub from: Option<usize>,
}

/// What is kept of a run that another went on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Where its frozen copies are.
    pub copies: PathBuf,
    /// The last cell, by its number in `In [ ]`, before which its state is that of the later run, too: what came
    /// after was not carried over.
    pub last: u64,
}

impl Earlier {
    /// What is kept of the runs that a run went on from, the oldest first, in the folder of the copies of all runs.
    pub fn of(
        document: &Document,
        copies: &Path,
        read: impl Fn(RunId) -> Option<Document>,
    ) -> Vec<Self> {
        let (mut earlier, mut last) = (Vec::new(), u64::MAX);
        let mut carried = last_carried(document);
        let mut parent = document.header().parent;
        while let (Some(run), Some(count)) = (parent, carried) {
            last = last.min(count + 1);
            let copies = folder_of(copies, run);
            earlier.push(Self { copies, last });
            let document = read(run);
            carried = document.as_ref().and_then(last_carried);
            parent = document.and_then(|document| document.header().parent);
        }
        earlier.reverse();
        earlier
    }
}

/// The number of the last cell that a run carried over from its parent.
fn last_carried(document: &Document) -> Option<u64> {
    let first = document.resumption()?.first;
    let cells = document.notebook.cells.iter().take(first);
    cells.filter_map(Cell::execution_count).max()
}

/// Where a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The cell to go on at; the number of cells when all of them are done.
    pub(crate) cell: usize,
    /// Cells before the one that had failed whose code is not what ran.
    pub(crate) changed: Vec<usize>,
    /// The code cells before `cell`, each with the cell of the parent that did the same, in order.
    pub(crate) same: Vec<(usize, usize)>,
    /// The cell of the parent that takes the place of `cell`, where it has one.
    pub(crate) parents: Option<usize>,
}

impl Parent {
    /// Compares what the parent ran with what is to be run.
    ///
    /// # Errors
    /// Everything ran and nothing has changed, or the cell asked for comes after the one that is next.
    pub(crate) fn place(&self, notebook: &Notebook, plan: &[Step]) -> Result<Place, ExecuteError> {
        let ran = self.completed();
        let runs = to_run(notebook, plan);
        let old = |cell: &usize| self.document.notebook.cells[*cell].source.as_str();
        let new = |cell: &usize| notebook.cells[*cell].source.as_str();
        let alike = runs.iter().zip(&ran);
        let same = alike.take_while(|&(mine, parents)| new(mine) == old(parents));
        let mut same: Vec<(usize, usize)> = same.map(|(mine, parents)| (*mine, *parents)).collect();

        let ended_well = |outcome: &nbpress_record::Outcome| outcome.status == RunStatus::Succeeded;
        let next = runs.get(same.len()).copied();
        if next.is_none() && self.from.is_none() && self.document.outcome().is_some_and(ended_well)
        {
            let parent = self.document.header().run_id;
            return Err(ExecuteError::NothingToResume { parent });
        }
        let next = next.unwrap_or(notebook.cells.len());
        let failed = self.failed();
        let known: HashSet<&str> = ran.iter().chain(&failed).map(old).collect();
        let mut changed: Vec<usize> = runs[same.len()..runs.len().min(ran.len())].to_vec();
        changed.retain(|cell| !known.contains(new(cell)));
        // One was taken out.
        if changed.is_empty() && same.len() < ran.len() && next < notebook.cells.len() {
            changed.push(next);
        }
        let cell = match self.from {
            Some(from) if from > next => return Err(ExecuteError::ResumeTooLate { from, next }),
            Some(from) => from,
            None => next,
        };
        same.retain(|(mine, _)| *mine < cell);
        let parents = ran.get(same.len()).copied().or(failed);
        Ok(Place {
            cell,
            changed,
            same,
            parents,
        })
    }

    /// The code cells whose code ran to its end, in order; before the cell the run ended in.
    fn completed(&self) -> Vec<usize> {
        let cells = self.document.notebook.cells.iter();
        let states = cells.zip(self.document.cells()).enumerate();
        let completed = states.filter(|(_, (cell, state))| {
            cell.is_code()
                && !cell.source.trim().is_empty()
                && state.status == CellStatus::Completed
        });
        completed.map(|(index, _)| index).collect()
    }

    /// The cell the run ended in.
    fn failed(&self) -> Option<usize> {
        self.document.outcome().and_then(|outcome| outcome.cell)
    }

    /// The parent's code cells by the number in their `In [ ]`; without numbers that were given twice.
    fn by_count(&self) -> HashMap<u64, usize> {
        let mut found: HashMap<u64, Option<usize>> = HashMap::new();
        for (index, cell) in self.document.notebook.cells.iter().enumerate() {
            if let Some(count) = cell.execution_count() {
                let twice = found.contains_key(&count);
                found.insert(count, (!twice).then_some(index));
            }
        }
        let once = found.into_iter();
        once.filter_map(|(count, cell)| Some((count, cell?)))
            .collect()
    }

    /// What is known of one of its cells.
    pub(crate) fn state(&self, cell: usize) -> &CellState {
        &self.document.cells()[cell]
    }
}

impl Place {
    /// The plan when the kernel has the state from just before `first`.
    pub(crate) fn carried(&self, plan: &[Step], first: usize) -> Vec<Step> {
        let mut plan = plan.to_vec();
        for &(mine, parents) in self.same.iter().filter(|(mine, _)| *mine < first) {
            plan[mine] = Step::Carry(parents);
        }
        plan
    }
}

/// The cells of which code is sent to the kernel.
fn to_run(notebook: &Notebook, plan: &[Step]) -> Vec<usize> {
    let cells = notebook.cells.iter().zip(plan).enumerate();
    let run =
        cells.filter(|(_, (cell, step))| **step == Step::Run && !cell.source.trim().is_empty());
    run.map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests;
