//! The end of a run: its outcome is recorded, its output published, its record closed.

use jiff::Timestamp;
use nbpress_format::notebook::Notebook;
use nbpress_record::{Event, Outcome, RecordError, RunId, RunStatus};

use super::{Finished, Observer, OpenRun, output_error, output_name};
use crate::error::ExecuteError;
use crate::keep::Kept;
use crate::options::ExecuteOptions;
use crate::run::record_failed;

impl OpenRun<'_> {
    /// Records the outcome, publishes the output, closes the record: each whether or not the one
    /// before could be done.
    pub(super) async fn finish(
        mut self,
        options: &ExecuteOptions,
        observer: &mut dyn Observer,
        mut outcome: Outcome,
    ) -> Finished {
        let run_id = self.recorder.run_id();
        let kept = settle_kept(options, run_id, &outcome);
        let mut unrecorded = self.record_outcome(observer, &mut outcome).err();
        let notebook = self.notebook(&outcome);
        let unpublished = self.publish(options, &notebook).await.err();
        let recorded = options.keep_record || unpublished.is_some();
        // A journal without an end stays as it is; its readers say that the run was cut off.
        if unrecorded.is_none() {
            let closed = if recorded {
                self.recorder.finish().map(drop)
            } else {
                self.recorder.discard()
            };
            unrecorded = closed.err();
        }
        Finished {
            run_id,
            outcome,
            notebook,
            unpublished,
            unrecorded: unrecorded.map(ExecuteError::Record),
            recorded,
            kept,
        }
    }

    fn record_outcome(
        &mut self,
        observer: &mut dyn Observer,
        outcome: &mut Outcome,
    ) -> Result<(), RecordError> {
        let event = run_finished(outcome);
        let written = match self.recorder.append(&event) {
            // A full disk has room now: the run's reserve.
            Err(error) if error.is_disk_full() => self.recorder.append(&event),
            written => written,
        };
        match &written {
            Ok(()) => observer.event(&event, self.recorder.document()),
            Err(error) if outcome.status == RunStatus::Succeeded => {
                *outcome = record_failed(error);
            }
            Err(_) => {}
        }
        written
    }

    /// The output notebook; it says how the run ended even where the journal could not.
    fn notebook(&self, outcome: &Outcome) -> Notebook {
        let document = self.recorder.document();
        if document.outcome().is_some() {
            return document.finished_notebook();
        }
        let mut document = document.clone();
        document.apply(&run_finished(outcome));
        document.into_finished_notebook()
    }

    async fn publish(
        &mut self,
        options: &ExecuteOptions,
        notebook: &Notebook,
    ) -> Result<(), ExecuteError> {
        let Some(publisher) = &mut self.publisher else {
            return Ok(());
        };
        // The signal that ended the run does not end this; another one does.
        self.stop.mark_unchanged();
        let saved = publisher.publish_unless(notebook, self.stop.clone()).await;
        let given_up = || ExecuteError::OutputGivenUp {
            output: output_name(options),
        };
        saved
            .ok_or_else(given_up)?
            .map_err(|source| output_error(options, source))
    }
}

/// What is kept of a run that has ended. Once it went on well from its parent, that one's state is not needed.
fn settle_kept(options: &ExecuteOptions, run_id: RunId, outcome: &Outcome) -> Option<Kept> {
    if let Some(parent) = options.resume.as_ref()
        && outcome.status == RunStatus::Succeeded
    {
        let earlier = parent.earlier.iter().map(|earlier| &earlier.copies);
        for copies in earlier.chain([&parent.copies]) {
            nbpress_kernel::kept::drop_all(copies);
        }
    }
    let keeping = options.keep.as_ref()?;
    keeping.end(run_id, outcome)
}

fn run_finished(outcome: &Outcome) -> Event {
    Event::RunFinished {
        outcome: outcome.clone(),
        at: Timestamp::now(),
    }
}
