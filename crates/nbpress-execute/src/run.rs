//! The cells of one run, one after the other, on one kernel.
//!
//! One task owns everything: it reads what the kernel sends, records it, tells the observer, and
//! decides. There is nothing to lock, and nothing is shown that is not on file.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use nbpress_format::json::Json;
use nbpress_format::output::Output;
use nbpress_kernel::kernel::is_idle;
use nbpress_kernel::{Exit, Kernel, KernelEvent};
use nbpress_protocol::Channel;
use nbpress_protocol::content::{ExecuteReply, ReplyStatus};
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
use crate::tables;
use crate::widgets::{STATE_MIME, Widgets};

mod ending;
mod messages;
mod usage;

pub(crate) use ending::{failed, record_failed, stopped};

use ending::{CellEnd, Interrupted, explain_by_memory, summary};
use messages::{output_of, stream_text};
use usage::Looks;

/// How long an interrupted cell may take to end before its kernel is killed.
const INTERRUPT_GRACE: Duration = Duration::from_secs(5);

/// How long the idle status may come after the reply. Kernels that lose it are gone on with.
const IDLE_GRACE: Duration = Duration::from_secs(10);

/// How long a kernel that is known to be late may be silent before its outputs count as complete.
const LATE_OUTPUT_GRACE: Duration = Duration::from_millis(200);

/// How long a kernel that never falls silent, a timer of Deno's say, is listened to all the same.
const LATE_OUTPUT_LIMIT: Duration = Duration::from_secs(2);

/// Where a redactor keeps what belongs to no cell.
const OUTSIDE_CELLS: usize = usize::MAX;

/// The most messages recorded by one write.
const BURST: usize = 4096;

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

    fn pass(&mut self, cell: usize, status: CellStatus) -> Result<CellEnd, RecordError> {
        if let Some(stopped) = self.stop_requested() {
            return Ok(stopped);
        }
        let at = Timestamp::now();
        if status != CellStatus::Skipped {
            self.pending.push(Event::CellStarted { cell, at });
        }
        self.pending.push(Event::CellFinished {
            cell,
            status,
            execution_count: None,
            timing: CellTiming::default(),
            error: None,
            at,
        });
        self.flush()?;
        Ok(CellEnd::Finished)
    }

    /// Records a cell whose effects the kernel has, as the run had it that this one goes on from.
    fn carry(&mut self, cell: usize, parents: usize) -> Result<CellEnd, RecordError> {
        if let Some(stopped) = self.stop_requested() {
            return Ok(stopped);
        }
        if let Some(parent) = &self.options.resume {
            let (carried, state) = (
                &parent.document.notebook.cells[parents],
                parent.state(parents),
            );
            let mut outputs = carried.outputs().to_vec();
            for output in &mut outputs {
                tables::hold(output, self.recorder);
            }
            self.pending.push(Event::CellCarried {
                cell,
                run: state.run.unwrap_or(parent.document.header().run_id),
                outputs,
                execution_count: carried.execution_count(),
                started_at: state.started_at,
                finished_at: state.finished_at,
                at: Timestamp::now(),
            });
            self.flush()?;
        }
        Ok(CellEnd::Finished)
    }

    fn stop_requested(&self) -> Option<CellEnd> {
        stop::standing(&self.stop).map(CellEnd::StoppedBefore)
    }

    async fn run_cell(&mut self, cell: usize) -> Result<CellEnd, RecordError> {
        if let Some(stopped) = self.stop_requested() {
            return Ok(stopped);
        }
        let source = self.recorder.document().notebook.cells[cell].source.clone();
        if source.trim().is_empty() {
            return self.pass(cell, CellStatus::Completed);
        }
        self.pending.push(Event::CellStarted {
            cell,
            at: Timestamp::now(),
        });
        self.flush()?;
        let Some(kernel) = &mut self.kernel else {
            return Ok(CellEnd::Died(Exit::default()));
        };
        let request = kernel.execute(&source, false).await;
        self.requests.insert(request.clone(), cell);
        self.current = Some(Current {
            cell,
            request,
            timing: CellTiming::default(),
            execution_count: None,
            reply: None,
            replied_at: None,
            idle: false,
            showed_error: false,
            wrote_to_stderr: false,
            suspected: String::new(),
        });
        let end = self.wait_for_cell().await?;
        let end = self.with_hidden_error(end).await?;
        self.close_cell(cell, end)
    }

    /// Records the end of the current cell, adding the error the kernel only told us in its reply.
    fn close_cell(&mut self, cell: usize, end: CellEnd) -> Result<CellEnd, RecordError> {
        let rest = self.redactor.rest(cell);
        let at = Timestamp::now();
        for (name, text) in rest {
            self.pending.push(Event::Output {
                cell,
                output: Output::stream(&name, text),
                display_id: None,
                at,
            });
        }
        let Some(current) = self.current.take() else {
            return Ok(end);
        };
        let error = match &end {
            CellEnd::Raised(error) => {
                if !current.showed_error && !current.wrote_to_stderr {
                    let output =
                        Output::error(&error.ename, &error.evalue, error.traceback.clone());
                    self.pending.push(Event::Output {
                        cell,
                        output,
                        display_id: None,
                        at,
                    });
                }
                Some(error.clone())
            }
            _ => None,
        };
        let tolerated = error
            .as_ref()
            .is_some_and(|error| self.tolerates(cell, error));
        let completed = matches!(end, CellEnd::Finished) || tolerated;
        self.pending.push(Event::CellFinished {
            cell,
            status: if completed {
                CellStatus::Completed
            } else {
                CellStatus::Failed
            },
            execution_count: current.execution_count,
            timing: current.timing,
            error,
            at,
        });
        self.flush()?;
        Ok(end)
    }

    async fn wait_for_cell(&mut self) -> Result<CellEnd, RecordError> {
        let cell_limit = self.options.cell_timeout.unwrap_or_default();
        let cell_deadline = self
            .options
            .cell_timeout
            .map(|limit| Instant::now() + limit);
        let run_limit = self.options.run_timeout.unwrap_or_default();
        loop {
            if let Some(end) = self.cell_end() {
                return Ok(end);
            }
            let idle_deadline = self
                .current
                .as_ref()
                .and_then(|current| current.replied_at)
                .map(|at| at + IDLE_GRACE);
            let autosave_at = self.publisher.as_ref().and_then(Publisher::autosave_at);
            let Some(kernel) = &mut self.kernel else {
                return Ok(CellEnd::Died(Exit::default()));
            };
            tokio::select! {
                event = kernel.next() => {
                    if let Some(exit) = self.take(event).await? {
                        return Ok(CellEnd::Died(exit));
                    }
                }
                () = until(cell_deadline) => return self.break_off(CellEnd::CellTimeout(cell_limit)).await,
                () = until(self.deadline) => return self.break_off(CellEnd::RunTimeout(run_limit)).await,
                () = until(autosave_at) => self.publish().await?,
                () = tokio::time::sleep_until(self.looks.next()) => self.look()?,
                () = until(idle_deadline) => {
                    self.note(NoteLevel::Warning, "the kernel replied but never reported that it is idle".to_owned())?;
                    if let Some(current) = &mut self.current {
                        current.idle = true;
                    }
                }
                stop = stop::asked(&mut self.stop) => return self.break_off(CellEnd::Stopped(stop)).await,
            }
        }
    }

    /// Records what the kernel uses now.
    fn look(&mut self) -> Result<(), RecordError> {
        self.looks.looked(Instant::now());
        if let Some(kernel) = &self.kernel {
            let usage = kernel.tree_usage();
            self.pending.push(Event::Usage {
                memory_bytes: usage.memory_bytes,
                cpu_seconds: usage.cpu_seconds,
                at: Timestamp::now(),
            });
        }
        self.flush()
    }

    /// How the current cell ended, once both the reply and the idle status are in.
    fn cell_end(&self) -> Option<CellEnd> {
        let current = self.current.as_ref().filter(|current| current.idle)?;
        let reply = current.reply.as_ref()?;
        Some(match reply.status() {
            ReplyStatus::Ok => CellEnd::Finished,
            ReplyStatus::Error | ReplyStatus::Aborted => CellEnd::Raised(self.reply_error(reply)),
        })
    }

    fn reply_error(&self, reply: &ExecuteReply) -> CellError {
        let redacted = |text: &Option<String>| self.redactor.text(text.clone().unwrap_or_default());
        let aborted = reply.status() == ReplyStatus::Aborted;
        CellError {
            ename: if aborted && reply.ename.is_none() {
                "Aborted".to_owned()
            } else {
                redacted(&reply.ename)
            },
            evalue: redacted(&reply.evalue),
            traceback: reply
                .traceback
                .iter()
                .flatten()
                .map(|line| self.redactor.text(line.clone()))
                .collect(),
        }
    }

    /// Interrupts the cell and reads on until it has ended; kills a kernel that does not obey, or at
    /// once when asked to stop a second time.
    async fn break_off(&mut self, why: CellEnd) -> Result<CellEnd, RecordError> {
        if let Some(kernel) = &mut self.kernel {
            kernel.interrupt().await;
        }
        let deadline = Instant::now() + INTERRUPT_GRACE;
        self.interrupted = Some(Interrupted::Ignored);
        while let Some(kernel) = &mut self.kernel {
            tokio::select! {
                event = kernel.next() => {
                    if self.take(event).await?.is_some() {
                        self.interrupted = Some(Interrupted::Killed);
                        break;
                    }
                }
                () = tokio::time::sleep_until(deadline) => break,
                _again = stop::asked(&mut self.stop) => break,
            }
            if self.cell_end().is_some() {
                self.interrupted = Some(Interrupted::Obeyed);
                break;
            }
        }
        Ok(why)
    }

    /// Handles an event and everything that has arrived behind it, then records it all by one write.
    async fn take(&mut self, event: KernelEvent) -> Result<Option<Exit>, RecordError> {
        match event {
            KernelEvent::Message(channel, message) => {
                self.message(channel, &message).await;
                for _ in 0..BURST {
                    let Some(message) = self.kernel.as_mut().and_then(Kernel::buffered_iopub)
                    else {
                        break;
                    };
                    self.message(Channel::Iopub, &message).await;
                }
            }
            KernelEvent::Log(text) => self.log(text),
            KernelEvent::Exited(exit) => {
                self.flush()?;
                return Ok(Some(exit));
            }
        }
        self.flush()?;
        Ok(None)
    }

    /// A cell's end, once the kernel has been asked whether suspicious text was an error.
    async fn with_hidden_error(&mut self, end: CellEnd) -> Result<CellEnd, RecordError> {
        let (CellEnd::Finished, Some(hidden), Some(current)) =
            (&end, self.quirks.hidden_error, &mut self.current)
        else {
            return Ok(end);
        };
        let text = std::mem::take(&mut current.suspected);
        if text.is_empty() || self.options.strict_compat {
            return Ok(end);
        }
        let last_error = self.silently(hidden.last_error).await?;
        Ok(match hidden.find(&text, &last_error) {
            None => end,
            Some(line) => CellEnd::Raised(CellError {
                ename: "Error".to_owned(),
                evalue: self.redactor.text(last_error.trim().to_owned()),
                traceback: vec![line.to_owned()],
            }),
        })
    }

    /// Runs code without a trace: no cell, no history, no outputs. Returns what it printed. A kernel
    /// that dies or hangs here does so again, with a record, at the next cell.
    async fn silently(&mut self, code: &str) -> Result<String, RecordError> {
        let mut printed = String::new();
        let Some(kernel) = &mut self.kernel else {
            return Ok(printed);
        };
        let request = kernel.execute(code, true).await;
        let deadline = Instant::now() + IDLE_GRACE;
        let mut stop = self.stop.clone();
        let (mut replied, mut idle) = (false, false);
        while let Some(kernel) = self.kernel.as_mut().filter(|_| !(replied && idle)) {
            let event = tokio::select! {
                event = kernel.next() => event,
                () = tokio::time::sleep_until(deadline) => break,
                _stop = stop::asked(&mut stop) => break,
            };
            match event {
                KernelEvent::Message(channel, message)
                    if message.parent_id().is_none_or(|parent| parent == request) =>
                {
                    replied |= channel == Channel::Shell;
                    idle |= is_idle(&message);
                    if let Some((output, _)) = output_of(&message) {
                        printed.push_str(stream_text(&output).unwrap_or_default());
                    }
                }
                // A late output of an earlier cell.
                KernelEvent::Message(channel, message) => self.message(channel, &message).await,
                KernelEvent::Log(text) => self.log(text),
                KernelEvent::Exited(_) => break,
            }
            self.flush()?;
        }
        Ok(printed)
    }

    /// What the kernel's process printed outside the protocol.
    fn log(&mut self, text: String) {
        let text = self.redactor.stream(OUTSIDE_CELLS, "log", text);
        self.push_note(NoteLevel::Info, text);
    }

    /// Waits for the outputs that some kernels send after the idle status of their last cell.
    async fn late_outputs(&mut self) -> Result<(), RecordError> {
        if !self.quirks.late_outputs {
            return Ok(());
        }
        let deadline = Instant::now() + LATE_OUTPUT_LIMIT;
        let mut stop = self.stop.clone();
        while let Some(kernel) = &mut self.kernel {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline) => break,
                _stop = stop::asked(&mut stop) => break,
                event = kernel.next() => {
                    if self.take(event).await?.is_some() {
                        break;
                    }
                }
                () = tokio::time::sleep(LATE_OUTPUT_GRACE) => break,
            }
        }
        Ok(())
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

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
