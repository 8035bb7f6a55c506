//! The output notebook as a fold over a run's events.
//!
//! The runner applies events as they happen, a reader of a journal applies them again: both see the
//! same notebook. It has papermill's metadata
//! (<https://papermill.readthedocs.io/en/latest/usage-workflow.html>), filled in truthfully: a cell
//! that never ran stays `pending`, the one that ran when the run ended is `failed`.

use std::collections::HashMap;

use jiff::Timestamp;
use nbpress_format::cell::{Cell, CellKind};
use nbpress_format::json::Object;
use nbpress_format::notebook::Notebook;
use nbpress_format::output::{Output, OutputKind};

use crate::error_markers::mark_end;
use crate::event::{Event, NoteLevel};
use crate::header::{KernelInfo, RunHeader};
use crate::outcome::{CellStatus, CellTiming, Outcome, RunStatus};
use crate::resumption::Resumption;
use crate::run_id::RunId;

mod metadata;

use metadata::set_nested;

/// The command whose notebooks have papermill's metadata only.
const PAPERMILL: &str = "papermill";

/// A run's notebook and state after some of its events.
#[derive(Clone, Debug)]
pub struct Document {
    /// The notebook so far, without error markers.
    pub notebook: Notebook,
    header: RunHeader,
    kernel: Option<KernelInfo>,
    cells: Vec<CellState>,
    /// Outputs by display id. Entries of outputs that were cleared are dropped when they are met.
    displays: HashMap<String, Vec<Place>>,
    notes: Vec<Note>,
    resumption: Option<Resumption>,
    outcome: Option<Outcome>,
    last_at: Timestamp,
}

/// What is known of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellState {
    /// What became of it.
    pub status: CellStatus,
    /// When its turn came.
    pub started_at: Option<Timestamp>,
    /// When it was done.
    pub finished_at: Option<Timestamp>,
    /// The earlier run that ran it, where this one did not.
    pub run: Option<RunId>,
    /// Clear when the next output arrives.
    clear_next: bool,
    /// How often the outputs were cleared.
    generation: u64,
}

/// Something the user should know, see [`Event::Note`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// What is to be known.
    pub text: String,
    /// When it was said.
    pub at: Timestamp,
}

/// One output; stale when its cell's outputs were cleared since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    cell: usize,
    generation: u64,
    output: usize,
}

impl Document {
    /// The state after [`Event::RunStarted`]: no outputs, no counts, every cell pending.
    pub fn start(header: RunHeader, notebook: Notebook) -> Self {
        let pending = CellState {
            status: CellStatus::Pending,
            started_at: None,
            finished_at: None,
            run: None,
            clear_next: false,
            generation: 0,
        };
        let mut document = Self {
            cells: vec![pending; notebook.cells.len()],
            last_at: header.started_at,
            notebook,
            header,
            kernel: None,
            displays: HashMap::new(),
            notes: Vec::new(),
            resumption: None,
            outcome: None,
        };
        document.write_start();
        document
    }

    /// Takes the next event in. Costs as much as the event is large, whatever came before. Events
    /// that make no sense, such as an output of a cell that is not there, change nothing.
    pub fn apply(&mut self, event: &Event) {
        if let Some(at) = event.at() {
            self.last_at = at;
        }
        match event {
            Event::RunStarted { header, notebook } => {
                *self = Self::start(header.clone(), notebook.clone());
            }
            Event::KernelStarted { kernel, .. } => self.kernel = Some(kernel.clone()),
            Event::Resumed { resumption, .. } => self.resumption = Some(resumption.clone()),
            Event::CellCarried {
                cell,
                run,
                outputs,
                execution_count,
                started_at,
                finished_at,
                at,
            } => {
                self.carry_cell(*cell, *run, outputs, *execution_count);
                let finished_at = finished_at.unwrap_or(*at);
                self.start_cell(*cell, started_at.unwrap_or(finished_at));
                let timing = CellTiming::default();
                self.finish_cell(*cell, CellStatus::Completed, &timing, finished_at);
            }
            Event::CellStarted { cell, at } => self.start_cell(*cell, *at),
            Event::ExecuteInput {
                cell,
                execution_count,
                ..
            } => self.set_count(*cell, *execution_count),
            Event::Output {
                cell,
                output,
                display_id,
                ..
            } => {
                self.add_output(*cell, output, display_id.as_deref());
            }
            Event::DisplayUpdated {
                display_id,
                data,
                metadata,
            } => {
                self.update_displays(display_id, data, metadata);
            }
            Event::OutputCleared { cell, wait: true } => {
                if let Some(state) = self.cells.get_mut(*cell) {
                    state.clear_next = true;
                }
            }
            Event::OutputCleared { cell, wait: false } => self.clear_outputs(*cell),
            Event::CellFinished {
                cell,
                status,
                execution_count,
                timing,
                at,
                ..
            } => {
                if let Some(count) = execution_count {
                    self.set_count(*cell, *count);
                }
                self.finish_cell(*cell, *status, timing, *at);
            }
            Event::NotebookMetadata { path, value } => {
                set_nested(&mut self.notebook.metadata, path, value.clone());
            }
            Event::Note { level, text, at } => {
                self.notes.push(Note {
                    level: *level,
                    text: text.clone(),
                    at: *at,
                });
            }
            // How it went, which is no part of what came out.
            Event::Usage { .. } => {}
            Event::RunFinished { outcome, at } => self.finish(outcome, *at),
        }
    }

    /// What the run is.
    pub fn header(&self) -> &RunHeader {
        &self.header
    }

    /// The kernel, once it answered.
    pub fn kernel(&self) -> Option<&KernelInfo> {
        self.kernel.as_ref()
    }

    /// Where and how the run went on from its parent, once that is known.
    pub fn resumption(&self) -> Option<&Resumption> {
        self.resumption.as_ref()
    }

    /// Every cell's state.
    pub fn cells(&self) -> &[CellState] {
        &self.cells
    }

    /// The cell that runs.
    pub fn running_cell(&self) -> Option<usize> {
        self.cells
            .iter()
            .position(|cell| cell.status == CellStatus::Running)
    }

    /// What the user should know, oldest first.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How the run ended, when it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The time of the latest event that has one.
    pub fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// A copy of the notebook as it is given away, with [error markers](crate::add_error_markers) unless the
    /// run succeeded.
    pub fn finished_notebook(&self) -> Notebook {
        mark(self.notebook.clone(), self.outcome.as_ref())
    }

    /// [`finished_notebook`](Self::finished_notebook) without the copy.
    pub fn into_finished_notebook(self) -> Notebook {
        mark(self.notebook, self.outcome.as_ref())
    }

    /// The state of a run whose runner vanished.
    pub(crate) fn cut_off(&mut self) {
        let outcome = Outcome::cut_off(self.running_cell());
        let at = self.last_at;
        self.finish(&outcome, at);
    }

    /// Whether the notebook gets our own metadata.
    fn has_own_block(&self) -> bool {
        self.header.command != PAPERMILL
    }

    fn outputs_mut(&mut self, cell: usize) -> Option<&mut Vec<Output>> {
        match &mut self.notebook.cells.get_mut(cell)?.kind {
            CellKind::Code { outputs, .. } => Some(outputs),
            _ => None,
        }
    }

    fn set_count(&mut self, cell: usize, count: u64) {
        if let Some(Cell {
            kind: CellKind::Code {
                execution_count, ..
            },
            ..
        }) = self.notebook.cells.get_mut(cell)
        {
            *execution_count = Some(count);
        }
    }

    fn carry_cell(
        &mut self,
        cell: usize,
        run: RunId,
        carried: &[Output],
        execution_count: Option<u64>,
    ) {
        if let Some(state) = self.cells.get_mut(cell) {
            state.run = Some(run);
        }
        if let Some(outputs) = self.outputs_mut(cell) {
            *outputs = carried.to_vec();
        }
        if let Some(count) = execution_count {
            self.set_count(cell, count);
        }
    }

    fn add_output(&mut self, cell: usize, output: &Output, display_id: Option<&str>) {
        if let Some(id) = display_id
            && let OutputKind::DisplayData { data, metadata }
            | OutputKind::ExecuteResult { data, metadata, .. } = &output.kind
        {
            self.update_displays(id, data, metadata);
        }
        if self.cells.get(cell).is_some_and(|state| state.clear_next) {
            self.clear_outputs(cell);
        }
        let Some(outputs) = self.outputs_mut(cell) else {
            return;
        };
        if continue_stream(outputs.last_mut(), output) {
            return;
        }
        outputs.push(output.clone());
        let place = outputs.len() - 1;
        if let Some(id) = display_id {
            let place = Place {
                cell,
                generation: self.cells[cell].generation,
                output: place,
            };
            self.displays.entry(id.to_owned()).or_default().push(place);
        }
    }

    fn update_displays(&mut self, id: &str, new_data: &Object, new_metadata: &Object) {
        let Some(places) = self.displays.get_mut(id) else {
            return;
        };
        places.retain(|place| self.cells[place.cell].generation == place.generation);
        for place in places {
            let CellKind::Code { outputs, .. } = &mut self.notebook.cells[place.cell].kind else {
                continue;
            };
            if let OutputKind::DisplayData { data, metadata }
            | OutputKind::ExecuteResult { data, metadata, .. } = &mut outputs[place.output].kind
            {
                data.clone_from(new_data);
                metadata.clone_from(new_metadata);
            }
        }
    }

    fn clear_outputs(&mut self, cell: usize) {
        let Some(state) = self.cells.get_mut(cell) else {
            return;
        };
        state.clear_next = false;
        state.generation += 1;
        if let Some(outputs) = self.outputs_mut(cell) {
            outputs.clear();
        }
    }
}

/// Appends the text of a stream to the output before it, if that is text of the same stream.
fn continue_stream(last: Option<&mut Output>, next: &Output) -> bool {
    match (last.map(|output| &mut output.kind), &next.kind) {
        (
            Some(OutputKind::Stream { name, text }),
            OutputKind::Stream {
                name: next_name,
                text: next_text,
            },
        ) if name == next_name => {
            text.push_str(next_text);
            true
        }
        _ => false,
    }
}

fn mark(mut notebook: Notebook, outcome: Option<&Outcome>) -> Notebook {
    if let Some(outcome) = outcome.filter(|outcome| outcome.status != RunStatus::Succeeded) {
        mark_end(&mut notebook, outcome.cell);
    }
    notebook
}

#[cfg(test)]
mod tests;
