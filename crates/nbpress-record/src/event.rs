//! What happens in a run, one value per step: the words of the journal and of `--json`.

use jiff::Timestamp;
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::output::Output;

use crate::header::{KernelInfo, RunHeader};
use crate::outcome::{CellError, CellStatus, CellTiming, Outcome};
use crate::resumption::Resumption;
use crate::run_id::RunId;
use crate::wire::words;

mod wire;

/// One step of a run.
///
/// Cells are named by their index in the prepared notebook, the one in [`Event::RunStarted`].
/// `at` is the runner's clock.
///
/// In JSON an event is an object whose `type` is the variant's name in snake case, with the
/// variant's fields as its other keys: `{"type":"cell_started","cell":2,"at":"2026-11-22T05:31:18Z"}`.
/// Times are RFC 3339 in UTC, absent values `null`.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "the large variant is made once per run"
)]
pub enum Event {
    /// The run begins; the first event of every journal, and only the first.
    RunStarted {
        /// What the run is.
        header: RunHeader,
        /// The source notebook with its parameters injected and its outputs cleared.
        notebook: Notebook,
    },
    /// The kernel answered.
    KernelStarted {
        /// How it introduced itself.
        kernel: KernelInfo,
        /// When.
        at: Timestamp,
    },
    /// It is known how the run goes on where its parent failed; before the first cell.
    Resumed {
        /// Where and by which means.
        resumption: Resumption,
        /// When.
        at: Timestamp,
    },
    /// A code cell is not run, because the kernel has what it did: it and its outputs are those of an
    /// earlier run.
    CellCarried {
        /// The cell.
        cell: usize,
        /// The run that ran it.
        run: RunId,
        /// What it had put out there.
        outputs: Vec<Output>,
        /// The number in its `In [ ]`.
        execution_count: Option<u64>,
        /// When it began, in that run.
        started_at: Option<Timestamp>,
        /// When it was done, in that run.
        finished_at: Option<Timestamp>,
        /// When it was carried over.
        at: Timestamp,
    },
    /// A cell's turn has come; of cells of every kind.
    CellStarted {
        /// The cell.
        cell: usize,
        /// When.
        at: Timestamp,
    },
    /// The kernel announced that it computes a cell.
    ExecuteInput {
        /// The cell.
        cell: usize,
        /// The number in `In [ ]`.
        execution_count: u64,
        /// When.
        at: Timestamp,
    },
    /// A cell has a new output. Text of a stream that directly follows text of the same stream
    /// continues it.
    Output {
        /// The cell.
        cell: usize,
        /// What the kernel sent.
        output: Output,
        /// The name under which the kernel may change it later; outputs that have it already are
        /// changed to this one (messaging spec, *display_data*:
        /// <https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data>).
        display_id: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Every output of this name, in all cells, is replaced (messaging spec, *update_display_data*:
    /// <https://jupyter-client.readthedocs.io/en/stable/messaging.html#update-display-data>).
    DisplayUpdated {
        /// The outputs' name.
        display_id: String,
        /// Their new MIME bundle.
        data: Object,
        /// Its metadata.
        metadata: Object,
    },
    /// A cell's outputs so far are removed.
    OutputCleared {
        /// The cell.
        cell: usize,
        /// Whether they stay until the cell's next output arrives.
        wait: bool,
    },
    /// A cell is done.
    CellFinished {
        /// The cell.
        cell: usize,
        /// `Completed`, `Failed` or `Skipped`.
        status: CellStatus,
        /// The number in `In [ ]`, as the reply has it.
        execution_count: Option<u64>,
        /// The kernel's own times.
        timing: CellTiming,
        /// The exception, when it raised one.
        error: Option<CellError>,
        /// When.
        at: Timestamp,
    },
    /// A value of the notebook's metadata is set, such as `["language_info"]`.
    NotebookMetadata {
        /// Keys, from the outermost; never empty.
        path: Vec<String>,
        /// The new value.
        value: Json,
    },
    /// What the kernel used at a moment; the runner looks now and then while cells run.
    Usage {
        /// Resident memory of all its processes, in bytes; what they share is counted for each.
        memory_bytes: u64,
        /// Processor time of all its processes since they began.
        cpu_seconds: f64,
        /// When.
        at: Timestamp,
    },
    /// Something the user should know: a warning, a line of the kernel's own standard error.
    Note {
        /// How much it matters.
        level: NoteLevel,
        /// What is to be known.
        text: String,
        /// When.
        at: Timestamp,
    },
    /// The run is over; the last event of every journal that was not cut off.
    RunFinished {
        /// How it ended.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteLevel {
    /// Worth knowing.
    Info,
    /// Perhaps not what the user wants.
    Warning,
    /// Something failed.
    Error,
}

words!(NoteLevel, "a level of notes", {
    Info => "info",
    Warning => "warning",
    Error => "error",
});

impl Event {
    /// When it happened, for events that have a time.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::RunStarted { header, .. } => Some(header.started_at),
            Self::KernelStarted { at, .. }
            | Self::Resumed { at, .. }
            | Self::CellCarried { at, .. }
            | Self::CellStarted { at, .. }
            | Self::ExecuteInput { at, .. }
            | Self::Output { at, .. }
            | Self::CellFinished { at, .. }
            | Self::Usage { at, .. }
            | Self::Note { at, .. }
            | Self::RunFinished { at, .. } => Some(*at),
            Self::DisplayUpdated { .. }
            | Self::OutputCleared { .. }
            | Self::NotebookMetadata { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
