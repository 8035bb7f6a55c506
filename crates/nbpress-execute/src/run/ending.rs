//! From the end of a cell to the end of a run, in words.

use std::time::Duration;

use nbpress_kernel::limits::size_in_words;
use nbpress_kernel::process::signal_name;
use nbpress_kernel::{Exit, Kernel, Limits};
use nbpress_record::{CellError, FailureClass, Outcome, RecordError, RunStatus};

use crate::stop::Stop;

/// How a cell ended.
#[derive(Debug)]
pub(crate) enum CellEnd {
    /// Well.
    Finished,
    /// With an error.
    Raised(CellError),
    /// It took longer than a cell may.
    CellTimeout(Duration),
    /// The run took longer than it may.
    RunTimeout(Duration),
    /// Somebody wanted the run to end.
    Stopped(Stop),
    /// The same, before the cell's code was sent.
    StoppedBefore(Stop),
    /// With the kernel.
    Died(Exit),
}

/// What became of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// The cell ended.
    Obeyed,
    /// The kernel ended: xeus-python and Deno do.
    Killed,
    /// Nothing happened in time, or nobody wanted to wait.
    Ignored,
}

impl Interrupted {
    /// The end of a sentence: what happened that nobody asked for.
    fn aftermath(self) -> &'static str {
        match self {
            Self::Killed => "; the kernel died of the interrupt",
            Self::Ignored => "; the kernel did not react to the interrupt and was killed",
            Self::Obeyed => "",
        }
    }
}

impl CellEnd {
    /// How the run ends with this cell, counted from 0.
    pub(crate) fn outcome(self, cell: usize, interrupted: Option<Interrupted>) -> Outcome {
        let number = cell + 1;
        let rest = interrupted.map_or("", Interrupted::aftermath);
        let (outcome, reason) = match self {
            Self::Finished => return Outcome::new(RunStatus::Succeeded),
            Self::Raised(error) if is_clean_exit(&error) => (
                Outcome::new(RunStatus::Succeeded),
                format!("cell {number} ended the run with SystemExit"),
            ),
            Self::Raised(error) => {
                let reason = format!("cell {number} raised {}", summary(&error));
                let error = Some(error);
                let outcome = Outcome {
                    error,
                    ..failed(FailureClass::User)
                };
                (outcome, reason)
            }
            Self::CellTimeout(limit) => (
                failed(FailureClass::Timeout),
                format!(
                    "cell {number} ran longer than {} s{rest}",
                    limit.as_secs_f64()
                ),
            ),
            Self::RunTimeout(limit) => (
                failed(FailureClass::Timeout),
                format!(
                    "the run took longer than {} s; it was in cell {number}{rest}",
                    limit.as_secs_f64()
                ),
            ),
            Self::Stopped(stop) => (
                stopped(stop),
                format!(
                    "stopped by {} in cell {number}{rest}",
                    signal_name(stop.signal)
                ),
            ),
            Self::StoppedBefore(stop) => (
                stopped(stop),
                format!(
                    "stopped by {} before cell {number}",
                    signal_name(stop.signal)
                ),
            ),
            Self::Died(exit) => (
                died(exit),
                format!("the kernel died in cell {number}: {exit}"),
            ),
        };
        Outcome {
            cell: Some(cell),
            reason: Some(reason),
            ..outcome
        }
    }
}

/// `ValueError: no luck`, as far as the kernel said so: bash_kernel has no name for its errors,
/// IRkernel ends their text with a newline.
pub(crate) fn summary(error: &CellError) -> String {
    let (name, value) = (error.ename.trim(), error.evalue.trim());
    match (name.is_empty(), value.is_empty()) {
        (false, false) => format!("{name}: {value}"),
        (true, true) => "an error".to_owned(),
        (true, false) => format!("an error: {value}"),
        (false, true) => name.to_owned(),
    }
}

/// `sys.exit()` and `sys.exit(0)` end a run well, as they end a program well.
fn is_clean_exit(error: &CellError) -> bool {
    error.ename == "SystemExit" && matches!(error.evalue.as_str(), "" | "0")
}

fn died(exit: Exit) -> Outcome {
    let class = if exit.out_of_memory {
        FailureClass::Resource
    } else {
        FailureClass::Platform
    };
    Outcome {
        signal: exit.signal,
        exit_code: exit.code,
        ..failed(class)
    }
}

/// Adds to the outcome of a cell that raised what lack of memory had to do with it: the exception of a
/// pool whose worker vanished does not say why it did.
pub(super) fn explain_by_memory(outcome: &mut Outcome, kernel: Option<&Kernel>, limits: &Limits) {
    let refused = outcome
        .error
        .as_ref()
        .is_some_and(|error| is_memory_error(&error.ename));
    let explanation = if let Some(limit) = kernel.and_then(Kernel::memory_limit_reached) {
        outcome.class = Some(FailureClass::Resource);
        format!(
            "out of memory: the kernel reached its limit of {}",
            size_in_words(limit)
        )
    } else if let Some(limit) = limits.memory_bytes.filter(|_| refused) {
        outcome.class = Some(FailureClass::Resource);
        format!(
            "out of memory: the kernel's limit is {}",
            size_in_words(limit)
        )
    } else if kernel.is_some_and(Kernel::memory_ran_out) {
        "the system had killed a process for lack of memory".to_owned()
    } else {
        return;
    };
    let reason = outcome.reason.get_or_insert_default();
    reason.push_str("; ");
    reason.push_str(&explanation);
}

/// Python's `MemoryError`, numpy's `_ArrayMemoryError`, Julia's `OutOfMemoryError`.
fn is_memory_error(name: &str) -> bool {
    name.ends_with("MemoryError")
}

/// The outcome of a run of which nothing more can be written down.
pub(crate) fn record_failed(error: &RecordError) -> Outcome {
    let class = if error.is_disk_full() {
        FailureClass::Resource
    } else {
        FailureClass::Platform
    };
    let mut reason = format!("the run could not be recorded any further: {error}");
    if let Some(cause) = std::error::Error::source(error) {
        reason = format!("{reason}: {cause}");
    }
    Outcome {
        reason: Some(reason),
        ..failed(class)
    }
}

pub(crate) fn stopped(stop: Stop) -> Outcome {
    Outcome {
        signal: Some(stop.signal),
        ..Outcome::new(RunStatus::Cancelled)
    }
}

pub(crate) fn failed(class: FailureClass) -> Outcome {
    Outcome {
        class: Some(class),
        ..Outcome::new(RunStatus::Failed)
    }
}
