//! Exit codes: who must act, for scripts. The table in `docs/reference/exit-codes.md` is this file.

use nbpress_execute::{ExecuteError, Finished};
use nbpress_record::{FailureClass, Outcome, RunStatus};

/// The run succeeded, or the command did what it was asked.
pub(crate) const OK: u8 = 0;
/// A cell raised; fix the notebook.
pub(crate) const CELL_RAISED: u8 = 1;
/// Nothing was started: arguments, parameters, notebook, kernel or output are not usable.
pub(crate) const USAGE: u8 = 2;
/// The kernel did not start.
pub(crate) const KERNEL_START: u8 = 3;
/// The run ended, but its output or record could not be written.
pub(crate) const NOT_WRITTEN: u8 = 4;
/// A check found something: `verify`, `doctor`.
pub(crate) const FOUND_PROBLEMS: u8 = 5;
/// A cell or the run took longer than allowed (as `timeout(1)`).
pub(crate) const TIMED_OUT: u8 = 124;
/// The kernel ran out of memory (128 + SIGKILL).
pub(crate) const OUT_OF_MEMORY: u8 = 137;
/// The kernel died (papermill's code).
pub(crate) const KERNEL_DIED: u8 = 138;

/// The code of a run that ended and was, or was not, written.
pub(crate) fn of_finished(finished: &Finished) -> u8 {
    if finished.unpublished.is_some() || finished.unrecorded.is_some() {
        return NOT_WRITTEN;
    }
    of_run(&finished.outcome)
}

/// The code of a command that did nothing.
pub(crate) fn of_error(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<ExecuteError>() {
        Some(ExecuteError::Stopped { signal }) => {
            128_u8.saturating_add(u8::try_from(*signal).unwrap_or(2))
        }
        _ => USAGE,
    }
}

/// The code of a run that ended; stopped by signal `n` is 128 + n.
pub(crate) fn of_run(outcome: &Outcome) -> u8 {
    match (outcome.status, outcome.class) {
        (RunStatus::Succeeded, _) => OK,
        (RunStatus::Cancelled, _) => 128_u8.saturating_add(
            outcome
                .signal
                .and_then(|signal| u8::try_from(signal).ok())
                .unwrap_or(2),
        ),
        (RunStatus::Failed, Some(FailureClass::Timeout)) if outcome.cell.is_some() => TIMED_OUT,
        // Without a cell the kernel was killed before it answered, or the disk is full.
        (RunStatus::Failed, Some(FailureClass::Resource))
            if outcome.cell.is_some() || outcome.signal.is_some() =>
        {
            OUT_OF_MEMORY
        }
        (RunStatus::Failed, Some(FailureClass::Platform)) if outcome.cell.is_some() => KERNEL_DIED,
        (RunStatus::Failed, Some(FailureClass::User) | None) => CELL_RAISED,
        (RunStatus::Failed, Some(FailureClass::Resource)) => NOT_WRITTEN,
        (RunStatus::Failed, Some(_)) => KERNEL_START,
    }
}
