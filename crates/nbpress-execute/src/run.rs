//! The cells of one run, one after the other, on one kernel.
//!
//! One task owns everything: it reads what the kernel sends, records it, tells the observer, and
//! decides. There is nothing to lock, and nothing is shown that is not on file.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use nbpress_format::json::Json;
use nbpress_kernel::{Exit, Kernel};
use nbpress_protocol::content::ExecuteReply;
use nbpress_record::{
    CellError, CellStatus, CellTiming, Event, FailureClass, NoteLevel, Outcome, RecordError,
    Recorder, RunStatus,
};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::execute::{Observer, Step};
use crate::options::{ExecuteOptions, Manners};
use crate::publish::Publisher;
use crate::quirks::Quirks;
use crate::redact::Redactor;
use crate::stop::{self, Stop};
use crate::widgets::{STATE_MIME, Widgets};

mod cell;
mod ending;
mod listen;
mod messages;
mod usage;

pub(crate) use ending::{failed, record_failed, stopped};

use ending::{CellEnd, Interrupted, explain_by_memory, summary};
use usage::Looks;

/// How long the idle status may come after the reply. Kernels that lose it are gone on with.
const IDLE_GRACE: Duration = Duration::from_secs(10);

/// Where a redactor keeps what belongs to no cell.
const OUTSIDE_CELLS: usize = usize::MAX;

/// The cell that runs now.
#[derive(Debug)]
struct Current {
    cell: usize,
    request: String,
    timing: CellTiming,
    execution_count: Option<u64>,
    reply: Option<ExecuteReply>,
    replied_at: Option<Instant>,
    idle: bool,
    showed_error: bool,
    wrote_to_stderr: bool,
    /// Text in which an error may hide; empty for all but a few kernels.
    suspected: String,
}

/// One run on one kernel.
pub(crate) struct Run<'a, 'o> {
    kernel: Option<Kernel>,
    recorder: &'o mut Recorder,
    publisher: &'o mut Option<Publisher<'a>>,
    observer: &'o mut dyn Observer,
    options: &'a ExecuteOptions,
    stop: watch::Receiver<Stop>,
    redactor: Redactor,
    quirks: Quirks,
    widgets: Widgets,
    /// Request id → cell: outputs may arrive after their cell has ended.
    requests: HashMap<String, usize>,
    current: Option<Current>,
    pending: Vec<Event>,
    deadline: Option<Instant>,
    looks: Looks,
    /// Set once the run has been broken off.
    interrupted: Option<Interrupted>,
}

impl<'a, 'o> Run<'a, 'o> {
    pub(crate) fn new(
        kernel: Kernel,
        (recorder, publisher): (&'o mut Recorder, &'o mut Option<Publisher<'a>>),
        observer: &'o mut dyn Observer,
        options: &'a ExecuteOptions,
        stop: watch::Receiver<Stop>,
    ) -> Self {
        Self {
            quirks: Quirks::of(&kernel.info().implementation),
            kernel: Some(kernel),
            recorder,
            publisher,
            observer,
            options,
            stop,
            redactor: Redactor::new(&options.secrets),
            widgets: Widgets::default(),
            requests: HashMap::new(),
            current: None,
            pending: Vec::new(),
            deadline: options.run_timeout.map(|limit| Instant::now() + limit),
            looks: Looks::from(Instant::now()),
            interrupted: None,
        }
    }

    /// Runs the cells of the plan and ends the kernel. Never fails: what went wrong is the outcome.
    pub(crate) async fn cells(
        &mut self,
        plan: &[Step],
        secrets: Option<&(usize, String)>,
    ) -> Outcome {
        let ended = self.run_plan(plan, secrets).await;
        let exit = self.end_kernel().await;
        let mut outcome = match ended {
            Ok(outcome) => outcome,
            Err(error) => record_failed(&error),
        };
        outcome.peak_memory_bytes = Some(exit.peak_memory_bytes).filter(|&bytes| bytes > 0);
        outcome.cpu_seconds = Some(exit.cpu_microseconds as f64 / 1e6);
        outcome.disk_bytes = exit.disk_bytes;
        outcome
    }

    async fn run_plan(
        &mut self,
        plan: &[Step],
        secrets: Option<&(usize, String)>,
    ) -> Result<Outcome, RecordError> {
        let mut tolerated = None;
        for (cell, step) in plan.iter().enumerate() {
            if let Some((_, code)) = secrets.filter(|(before, _)| *before == cell) {
                self.silently(code).await?;
            }
            let end = match step {
                Step::Run => self.run_cell(cell).await?,
                Step::Pass => self.pass(cell, CellStatus::Completed)?,
                Step::Skip => self.pass(cell, CellStatus::Skipped)?,
                Step::Carry(parents) => self.carry(cell, *parents)?,
            };
            match end {
                CellEnd::Finished => {}
                CellEnd::Raised(error) if self.tolerates(cell, &error) => {
                    tolerated.get_or_insert((cell, error));
                }
                end => {
                    self.save_metadata()?;
                    return Ok(self.outcome(cell, end));
                }
            }
            if self.publisher.as_ref().is_some_and(Publisher::is_due) {
                self.publish().await?;
            }
        }
        self.late_outputs().await?;
        self.save_metadata()?;
        Ok(self.all_cells_ran(tolerated))
    }

    fn outcome(&self, cell: usize, end: CellEnd) -> Outcome {
        let raised = matches!(end, CellEnd::Raised(_));
        let mut outcome = end.outcome(cell, self.interrupted);
        if raised && outcome.status == RunStatus::Failed {
            explain_by_memory(&mut outcome, self.kernel.as_ref(), &self.options.limits);
        }
        outcome
    }

    /// Saves the output as it is now. A store that refuses may accept the next save.
    async fn publish(&mut self) -> Result<(), RecordError> {
        let Some(publisher) = self.publisher.as_mut() else {
            return Ok(());
        };
        let notebook = &self.recorder.document().notebook;
        let saved = publisher.publish_unless(notebook, self.stop.clone()).await;
        if let Some(Err(error)) = saved {
            self.note(
                NoteLevel::Warning,
                format!("the output could not be saved yet: {error}"),
            )?;
        }
        Ok(())
    }

    fn all_cells_ran(&self, tolerated: Option<(usize, CellError)>) -> Outcome {
        match tolerated {
            // papermill looks for error outputs at the end, whoever was meant to tolerate them.
            Some((cell, error)) if self.options.manners == Manners::Papermill => Outcome {
                reason: Some(summary(&error)),
                cell: Some(cell),
                error: Some(error),
                ..failed(FailureClass::User)
            },
            _ => Outcome::new(RunStatus::Succeeded),
        }
    }

    fn tolerates(&self, cell: usize, _error: &CellError) -> bool {
        self.options.allow_errors
            || self.recorder.document().notebook.cells[cell].has_tag("raises-exception")
    }

    fn save_metadata(&mut self) -> Result<(), RecordError> {
        for (_, text) in self.redactor.rest(OUTSIDE_CELLS) {
            self.push_note(NoteLevel::Info, text);
        }
        if let Some(kernel) = &self.kernel {
            let language = serde_json::to_vec(&kernel.info().language_info).unwrap_or_default();
            if let Ok(value) = Json::parse_lossy(&language) {
                let path = vec!["language_info".to_owned()];
                self.pending.push(Event::NotebookMetadata { path, value });
            }
        }
        if let Some(state) = self.widgets.saved_state() {
            let value = self.redactor.json(state);
            let path = vec!["widgets".to_owned(), STATE_MIME.to_owned()];
            self.pending.push(Event::NotebookMetadata { path, value });
        }
        self.flush()
    }

    fn note(&mut self, level: NoteLevel, text: String) -> Result<(), RecordError> {
        self.push_note(level, text);
        self.flush()
    }

    fn push_note(&mut self, level: NoteLevel, text: String) {
        if !text.is_empty() {
            let at = Timestamp::now();
            self.pending.push(Event::Note { level, text, at });
        }
    }

    /// Records what happened, then tells.
    fn flush(&mut self) -> Result<(), RecordError> {
        let events = std::mem::take(&mut self.pending);
        self.recorder.append_all(&events)?;
        if let Some(publisher) = self.publisher.as_mut() {
            publisher.recorded(&events);
        }
        for event in &events {
            self.observer.event(event, self.recorder.document());
        }
        Ok(())
    }

    /// Asks a kernel that still listens to end, so that it can clean up; a further signal cuts that
    /// short. One that did not obey an interrupt is not asked.
    async fn end_kernel(&mut self) -> Exit {
        let Some(kernel) = self.kernel.take() else {
            return Exit::default();
        };
        if self
            .interrupted
            .is_some_and(|what| what != Interrupted::Obeyed)
        {
            return kernel.kill().await;
        }
        let hurry = async {
            stop::asked(&mut self.stop).await;
        };
        kernel.shutdown(hurry).await
    }
}
