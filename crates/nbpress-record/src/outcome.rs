//! How runs and cells end.

use jiff::Timestamp;
use nbpress_format::json::Json;

use crate::wire::{Fields, Wire, WireError, object, words};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// Every cell that was to run has run.
    Succeeded,
    /// It ended before that; [`FailureClass`] says who must act.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

words!(RunStatus, "how a run ends", {
    Succeeded => "succeeded",
    Failed => "failed",
    Cancelled => "cancelled",
});

/// Who must act so that the next run does not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The notebook's author: a cell raised an exception.
    User,
    /// Whoever set the time limit of the cell or the run.
    Timeout,
    /// Whoever gives the machine memory or disk.
    Resource,
    /// Whoever runs the machine: the kernel died, the runner was killed, a store refused.
    Platform,
    /// Whoever began the run: no such kernel, a bad parameter.
    Invalid,
}

words!(FailureClass, "a class of failures", {
    User => "user",
    Timeout => "timeout",
    Resource => "resource",
    Platform => "platform",
    Invalid => "invalid",
});

/// The end of a run: what happened, where and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: RunStatus,
    /// Who must act; present when the run failed.
    pub class: Option<FailureClass>,
    /// One sentence for people.
    pub reason: Option<String>,
    /// The cell in which it happened: an index into the prepared notebook.
    pub cell: Option<usize>,
    /// The exception that ended the run.
    pub error: Option<CellError>,
    /// The signal that killed the kernel.
    pub signal: Option<i32>,
    /// The status with which the kernel exited by itself.
    pub exit_code: Option<i32>,
    /// The most memory the kernel's processes held, in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// The processor time the kernel's processes used.
    pub cpu_seconds: Option<f64>,
    /// What the kernel's processes wrote to disks, in bytes; unknown in records before nbpress counted
    /// it.
    pub disk_bytes: Option<u64>,
}

impl Outcome {
    /// An outcome of which nothing but the status is known.
    pub fn new(status: RunStatus) -> Self {
        Self {
            status,
            class: None,
            reason: None,
            cell: None,
            error: None,
            signal: None,
            exit_code: None,
            peak_memory_bytes: None,
            cpu_seconds: None,
            disk_bytes: None,
        }
    }

    /// What a reader says of a run whose runner vanished in the middle of it.
    pub(crate) fn cut_off(cell: Option<usize>) -> Self {
        Self {
            class: Some(FailureClass::Platform),
            reason: Some("cut off: the runner was killed".to_owned()),
            cell,
            ..Self::new(RunStatus::Failed)
        }
    }
}

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellStatus {
    /// Its turn has not come.
    Pending,
    /// It runs.
    Running,
    /// It ran to its end; with `allow_errors` or the tag `raises-exception`, also with an error.
    Completed,
    /// It ended the run: an exception, a time limit, a dead kernel, a cancellation.
    Failed,
    /// It was not to run: a tag or the user's selection said so.
    Skipped,
    /// The run ended before its turn came.
    NotRun,
}

words!(CellStatus, "a cell's status", {
    Pending => "pending",
    Running => "running",
    Completed => "completed",
    Failed => "failed",
    Skipped => "skipped",
    NotRun => "not_run",
});

/// An exception as the kernel reported it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CellError {
    /// The exception's type.
    pub ename: String,
    /// Its text.
    pub evalue: String,
    /// The frames, with the kernel's colours.
    pub traceback: Vec<String>,
}

/// When the messages of a cell were sent, by the kernel's clock; each is absent when the kernel did
/// not send it. They become `cell.metadata.execution`
/// (<https://nbformat.readthedocs.io/en/latest/format_description.html#cell-metadata>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CellTiming {
    /// iopub `status: busy`.
    pub busy_at: Option<Timestamp>,
    /// iopub `execute_input`.
    pub input_at: Option<Timestamp>,
    /// shell `execute_reply`.
    pub reply_at: Option<Timestamp>,
    /// iopub `status: idle`.
    pub idle_at: Option<Timestamp>,
}

impl Wire for Outcome {
    fn to_json(&self) -> Json {
        object([
            ("status", self.status.to_json()),
            ("class", self.class.to_json()),
            ("reason", self.reason.to_json()),
            ("cell", self.cell.to_json()),
            ("error", self.error.to_json()),
            ("signal", self.signal.to_json()),
            ("exit_code", self.exit_code.to_json()),
            ("peak_memory_bytes", self.peak_memory_bytes.to_json()),
            ("cpu_seconds", self.cpu_seconds.to_json()),
            ("disk_bytes", self.disk_bytes.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            status: fields.get("status")?,
            class: fields.get("class")?,
            reason: fields.get("reason")?,
            cell: fields.get("cell")?,
            error: fields.get("error")?,
            signal: fields.get("signal")?,
            exit_code: fields.get("exit_code")?,
            peak_memory_bytes: fields.get("peak_memory_bytes")?,
            cpu_seconds: fields.get("cpu_seconds")?,
            disk_bytes: fields.get("disk_bytes")?,
        })
    }
}

impl Wire for CellError {
    fn to_json(&self) -> Json {
        object([
            ("ename", self.ename.to_json()),
            ("evalue", self.evalue.to_json()),
            ("traceback", self.traceback.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            ename: fields.get("ename")?,
            evalue: fields.get("evalue")?,
            traceback: fields.get("traceback")?,
        })
    }
}

impl Wire for CellTiming {
    fn to_json(&self) -> Json {
        object([
            ("busy_at", self.busy_at.to_json()),
            ("input_at", self.input_at.to_json()),
            ("reply_at", self.reply_at.to_json()),
            ("idle_at", self.idle_at.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            busy_at: fields.get("busy_at")?,
            input_at: fields.get("input_at")?,
            reply_at: fields.get("reply_at")?,
            idle_at: fields.get("idle_at")?,
        })
    }
}
