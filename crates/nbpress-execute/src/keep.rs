//! Keeping the state of a run's kernel, so that another run can go on from it should this one fail.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nbpress_kernel::Kernel;
use nbpress_kernel::kept::{self, Keep, NotKept, Policy};
use nbpress_record::{Outcome, RunId, RunStatus};

use crate::options::ExecuteOptions;

/// How the state of a run's kernel is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// The folder of the copies of all runs, each run's in one of its name.
    pub folder: PathBuf,
    /// Before which cells.
    pub policy: Policy,
    /// Whether somebody asked for it, and wants to know when it cannot be done.
    pub asked: bool,
}

/// What is kept of a run that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There are copies, or saved variables; the last one ends then.
    Until(Timestamp),
    /// There are none, for this reason.
    Nothing(NotKept),
}

/// The folder of one run's copies.
pub fn folder_of(copies: &Path, run: RunId) -> PathBuf {
    copies.join(run.to_string())
}

impl Keeping {
    /// Begins to keep the state of a kernel; returns what its user should be told.
    pub(crate) async fn begin(
        &self,
        kernel: &mut Kernel,
        run: RunId,
        options: &ExecuteOptions,
    ) -> Option<String> {
        self.remove_what_is_over();
        let begun = if options.secrets.is_empty() {
            let keep = Keep {
                policy: self.policy,
                ..Keep::in_folder(folder_of(&self.folder, run))
            };
            keep.install(kernel)
                .await
                .map_err(|reason| reason.to_string())
        } else {
            // A run that goes on does not know what it must not write.
            Err("the kernel is told secrets".to_owned())
        };
        let reason = begun.err().filter(|_| self.asked)?;
        Some(format!("the state is not kept: {reason}"))
    }

    /// Copies end by themselves; files of variables do not.
    fn remove_what_is_over(&self) {
        let runs = std::fs::read_dir(&self.folder).into_iter().flatten();
        for run in runs.flatten() {
            let _those_that_are_left = kept::saved(&run.path());
        }
    }

    /// Drops what nobody needs once a run has ended, and says what is kept.
    pub(crate) fn end(&self, run: RunId, outcome: &Outcome) -> Option<Kept> {
        let folder = folder_of(&self.folder, run);
        if outcome.status == RunStatus::Succeeded {
            kept::drop_all(&folder);
            return None;
        }
        let copied = kept::list(&folder).pop().map(|copy| copy.until);
        let saved = kept::saved(&folder).pop().map(|saved| saved.until);
        if let Some(until) = copied.max(saved) {
            return Some(Kept::Until(until));
        }
        let reason = kept::outcome(&folder).and_then(|outcome| outcome.not_kept);
        reason.map(Kept::Nothing)
    }
}
