//! Why a notebook could not be executed at all, as opposed to a run that ended badly: that is an
//! [`Outcome`](nbpress_record::Outcome), and has a record.

use nbpress_format::parameters::ParameterProblem;
use nbpress_kernel::KernelNotFound;
use nbpress_kernel::find::SpecError;
use nbpress_record::{RecordError, RunId};
use nbpress_storage::StorageError;

use crate::translate::TranslateError;

/// What prevented a run, or what prevented its output from being written.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The source notebook cannot be read.
    #[error("failed to read notebook `{notebook}`")]
    Read {
        /// Its location, without credentials.
        notebook: String,
        /// Why.
        #[source]
        source: StorageError,
    },
    /// The source is not a notebook.
    #[error("`{notebook}` is not a notebook nbpress can run")]
    Parse {
        /// Its location.
        notebook: String,
        /// Where and why.
        #[source]
        source: nbpress_format::ParseError,
    },
    /// Parameters do not fit the notebook.
    #[error("the parameters do not fit `{notebook}`")]
    Parameters {
        /// Its location.
        notebook: String,
        /// One entry per parameter that does not fit.
        problems: Vec<ParameterProblem>,
    },
    /// Parameters cannot be written in the kernel's language.
    #[error("failed to write the parameters as code")]
    Translate(#[from] TranslateError),
    /// The notebook names no kernel.
    #[error("`{notebook}` names no kernel and no language")]
    NoKernelNamed {
        /// Its location.
        notebook: String,
    },
    /// The kernel is not installed.
    #[error(transparent)]
    KernelNotFound(#[from] KernelNotFound),
    /// The kernelspec is broken.
    #[error(transparent)]
    Kernelspec(#[from] SpecError),
    /// The record cannot be written.
    #[error("failed to record the run")]
    Record(#[from] RecordError),
    /// The output exists and may not be replaced.
    #[error("`{output}` already exists")]
    OutputExists {
        /// Its location.
        output: String,
    },
    /// The output cannot be written; the record is complete.
    #[error("failed to write the output `{output}`")]
    Output {
        /// Its location.
        output: String,
        /// Why.
        #[source]
        source: StorageError,
    },
    /// The run to go on from succeeded, and nothing has changed since.
    #[error("`{parent}` ran every cell, and none has changed")]
    NothingToResume {
        /// Its id.
        parent: RunId,
    },
    /// A cell to go on at that comes after one that has not run as it is.
    #[error("cell {} cannot be the first: cell {} has not run as it is", from + 1, next + 1)]
    ResumeTooLate {
        /// The cell asked for, by its index.
        from: usize,
        /// The first one that has to run.
        next: usize,
    },
    /// A signal came before the run had begun.
    #[error("stopped by {} before anything was started", nbpress_kernel::process::signal_name(*signal))]
    Stopped {
        /// Its number.
        signal: i32,
    },
    /// A second signal came while the output was being written to a store that hangs.
    #[error("gave up writing the output `{output}` at the second signal")]
    OutputGivenUp {
        /// Its location.
        output: String,
    },
}

impl ExecuteError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } | Self::Output { source, .. } => source.hint(),
            Self::NoKernelNamed { .. } => {
                Some("say which with `--kernel NAME`; `nbpress kernels` lists them".to_owned())
            }
            Self::KernelNotFound(error) => Some(error.hint()),
            Self::OutputExists { .. } => Some("leave out `--if-absent` to replace it".to_owned()),
            Self::Translate(error) => error.hint(),
            Self::NothingToResume { .. } => Some(
                "`nbpress run` runs all of them again; `--from CELL` those from one on".to_owned(),
            ),
            Self::ResumeTooLate { next, .. } => Some(format!("say `--from {}` or less", next + 1)),
            _ => None,
        }
    }
}
