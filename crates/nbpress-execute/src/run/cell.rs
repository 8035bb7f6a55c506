//! One cell, from its request to its end.

use std::time::Duration;

use jiff::Timestamp;
use nbpress_format::output::Output;
use nbpress_kernel::Exit;
use nbpress_protocol::content::{ExecuteReply, ReplyStatus};
use nbpress_record::{CellError, CellStatus, CellTiming, Event, NoteLevel, RecordError};
use tokio::time::Instant;

use super::ending::{CellEnd, Interrupted};
use super::listen::until;
use super::{Current, IDLE_GRACE, Run};
use crate::publish::Publisher;
use crate::stop;
use crate::tables;

/// How long an interrupted cell may take to end before its kernel is killed.
const INTERRUPT_GRACE: Duration = Duration::from_secs(5);

impl Run<'_, '_> {
    pub(super) async fn run_cell(&mut self, cell: usize) -> Result<CellEnd, RecordError> {
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

    pub(super) fn pass(&mut self, cell: usize, status: CellStatus) -> Result<CellEnd, RecordError> {
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
    pub(super) fn carry(&mut self, cell: usize, parents: usize) -> Result<CellEnd, RecordError> {
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
}
