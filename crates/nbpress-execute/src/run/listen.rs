//! What a kernel sends, in the order in which it is taken.

use std::time::Duration;

use nbpress_kernel::kernel::is_idle;
use nbpress_kernel::{Exit, Kernel, KernelEvent};
use nbpress_protocol::Channel;
use nbpress_record::{NoteLevel, RecordError};
use tokio::time::Instant;

use super::messages::{output_of, stream_text};
use super::{IDLE_GRACE, OUTSIDE_CELLS, Run};
use crate::stop;

/// How long a kernel that is known to be late may be silent before its outputs count as complete.
const LATE_OUTPUT_GRACE: Duration = Duration::from_millis(200);

/// How long a kernel that never falls silent, a timer of Deno's say, is listened to all the same.
const LATE_OUTPUT_LIMIT: Duration = Duration::from_secs(2);

/// The most messages recorded by one write.
const BURST: usize = 4096;

impl Run<'_, '_> {
    /// Handles an event and everything that has arrived behind it, then records it all by one write.
    pub(super) async fn take(&mut self, event: KernelEvent) -> Result<Option<Exit>, RecordError> {
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

    /// Runs code without a trace: no cell, no history, no outputs. Returns what it printed. A kernel
    /// that dies or hangs here does so again, with a record, at the next cell.
    pub(super) async fn silently(&mut self, code: &str) -> Result<String, RecordError> {
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

    /// Waits for the outputs that some kernels send after the idle status of their last cell.
    pub(super) async fn late_outputs(&mut self) -> Result<(), RecordError> {
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

    /// What the kernel's process printed outside the protocol.
    fn log(&mut self, text: String) {
        let text = self.redactor.stream(OUTSIDE_CELLS, "log", text);
        self.push_note(NoteLevel::Info, text);
    }
}

pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
