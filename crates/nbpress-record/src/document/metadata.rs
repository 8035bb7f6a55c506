//! The metadata that the fold writes: papermill's, nbclient's and ours.
//!
//! | keys | whose |
//! |---|---|
//! | `metadata.papermill.{start_time,end_time,duration,exception}` | papermill |
//! | `cell.metadata.papermill.{status,start_time,end_time,duration,exception}` | papermill |
//! | `cell.metadata.execution.{iopub.status.busy,iopub.execute_input,shell.execute_reply,iopub.status.idle}` | nbclient |
//! | `metadata.nbpress.{run_id,status,class,reason,…}` | ours; not in a notebook of `nbpress papermill` |

use jiff::Timestamp;
use nbpress_format::cell::{Cell, CellKind};
use nbpress_format::json::{Json, Object};

use super::Document;
use crate::outcome::{CellStatus, CellTiming, Outcome, RunStatus};
use crate::timestamp::{isoformat, message_time, seconds_between};
use crate::wire::Wire as _;

impl Document {
    /// As papermill's `notebook_start`.
    pub(super) fn write_start(&mut self) {
        let papermill = block(&mut self.notebook.metadata, "papermill");
        set(papermill, "start_time", isoformat(self.header.started_at));
        set(papermill, "end_time", Json::Null);
        set(papermill, "duration", Json::Null);
        set(papermill, "exception", Json::Null);
        self.notebook.cells.iter_mut().for_each(reset_cell);
        if self.has_own_block() {
            let mut own = Object::new();
            set(&mut own, "run_id", self.header.run_id.to_string());
            set(&mut own, "status", "running");
            self.notebook
                .metadata
                .insert("nbpress".to_owned(), Json::Object(own));
        }
    }

    /// As papermill's `cell_start`.
    pub(super) fn start_cell(&mut self, cell: usize, at: Timestamp) {
        let Some(state) = self.cells.get_mut(cell) else {
            return;
        };
        state.status = CellStatus::Running;
        state.started_at = Some(at);
        let papermill = cell_block(&mut self.notebook.cells[cell]);
        set(papermill, "start_time", isoformat(at));
        set(papermill, "status", "running");
        set(papermill, "exception", false);
    }

    /// As papermill's `cell_exception` and `cell_complete`.
    pub(super) fn finish_cell(
        &mut self,
        cell: usize,
        status: CellStatus,
        timing: &CellTiming,
        at: Timestamp,
    ) {
        let with_own_words = self.has_own_block();
        let Some(state) = self.cells.get_mut(cell) else {
            return;
        };
        state.status = status;
        state.finished_at = Some(at);
        let notebook_cell = &mut self.notebook.cells[cell];
        write_timing(notebook_cell, timing);
        let papermill = cell_block(notebook_cell);
        set(
            papermill,
            "status",
            papermill_status(status, with_own_words),
        );
        set(papermill, "end_time", isoformat(at));
        if let Some(started_at) = state.started_at {
            set(papermill, "duration", seconds_between(started_at, at));
        }
        if status == CellStatus::Failed {
            set(papermill, "exception", true);
            set(
                block(&mut self.notebook.metadata, "papermill"),
                "exception",
                true,
            );
        }
    }

    /// As papermill's `notebook_complete`, but cells that never ran are not called completed.
    pub(super) fn finish(&mut self, outcome: &Outcome, at: Timestamp) {
        if let Some(cell) = self.running_cell() {
            self.finish_cell(cell, CellStatus::Failed, &CellTiming::default(), at);
        }
        for state in &mut self.cells {
            if state.status == CellStatus::Pending {
                state.status = CellStatus::NotRun;
            }
        }
        let papermill = block(&mut self.notebook.metadata, "papermill");
        set(papermill, "end_time", isoformat(at));
        set(
            papermill,
            "duration",
            seconds_between(self.header.started_at, at),
        );
        if outcome.status != RunStatus::Succeeded {
            set(papermill, "exception", true);
        }
        if self.has_own_block() {
            write_outcome(block(&mut self.notebook.metadata, "nbpress"), outcome);
        }
        self.outcome = Some(outcome.clone());
    }
}

fn reset_cell(cell: &mut Cell) {
    if let CellKind::Code {
        execution_count,
        outputs,
    } = &mut cell.kind
    {
        *execution_count = None;
        outputs.clear();
    }
    let mut papermill = Object::new();
    for key in ["exception", "start_time", "end_time", "duration"] {
        set(&mut papermill, key, Json::Null);
    }
    set(&mut papermill, "status", "pending");
    cell.metadata
        .insert("papermill".to_owned(), Json::Object(papermill));
}

/// papermill has four words, and calls a cell completed that a tag kept from running.
fn papermill_status(status: CellStatus, with_own_words: bool) -> &'static str {
    match status {
        CellStatus::Pending | CellStatus::NotRun => "pending",
        CellStatus::Running => "running",
        CellStatus::Failed => "failed",
        CellStatus::Skipped if with_own_words => "skipped",
        CellStatus::Completed | CellStatus::Skipped => "completed",
    }
}

/// Times that the kernel did not send stay away, as with nbclient.
fn write_timing(cell: &mut Cell, timing: &CellTiming) {
    let times = [
        ("iopub.status.busy", timing.busy_at),
        ("iopub.execute_input", timing.input_at),
        ("shell.execute_reply", timing.reply_at),
        ("iopub.status.idle", timing.idle_at),
    ];
    for (key, at) in times {
        if let Some(at) = at {
            set(
                block(&mut cell.metadata, "execution"),
                key,
                message_time(at),
            );
        }
    }
}

/// `status`, `class` and `reason` are always there, the rest when it is known.
fn write_outcome(own: &mut Object, outcome: &Outcome) {
    set(own, "status", outcome.status.as_str());
    set(own, "class", outcome.class.to_json());
    set(own, "reason", outcome.reason.to_json());
    let known = [
        ("cell", outcome.cell.to_json()),
        ("signal", outcome.signal.to_json()),
        ("exit_code", outcome.exit_code.to_json()),
        ("peak_memory_bytes", outcome.peak_memory_bytes.to_json()),
        ("cpu_seconds", outcome.cpu_seconds.to_json()),
        ("disk_bytes", outcome.disk_bytes.to_json()),
    ];
    for (key, value) in known.into_iter().filter(|(_, value)| !value.is_null()) {
        set(own, key, value);
    }
}

fn cell_block(cell: &mut Cell) -> &mut Object {
    block(&mut cell.metadata, "papermill")
}

fn set(object: &mut Object, key: &str, value: impl Into<Json>) {
    match object.get_mut(key) {
        Some(slot) => *slot = value.into(),
        None => drop(object.insert(key.to_owned(), value.into())),
    }
}

/// The object under a key; whatever else is there is replaced by an empty one.
pub(super) fn block<'a>(object: &'a mut Object, key: &str) -> &'a mut Object {
    let slot = object.entry(key.to_owned()).or_insert(Json::Null);
    if !matches!(slot, Json::Object(_)) {
        *slot = Json::Object(Object::new());
    }
    match slot {
        Json::Object(inner) => inner,
        _ => unreachable!("it was made an object above"),
    }
}

/// Sets the value under a path of keys and makes the objects on the way; nothing without a path.
pub(super) fn set_nested(object: &mut Object, path: &[String], value: Json) {
    match path {
        [] => {}
        [key] => drop(object.insert(key.clone(), value)),
        [key, rest @ ..] => set_nested(block(object, key), rest, value),
    }
}
