//! What a run does with each kind of message.

use jiff::Timestamp;
use nbpress_format::json::Json;
use nbpress_format::output::{Output, OutputKind};
use nbpress_kernel::kernel::is_idle;
use nbpress_protocol::content::ExecuteReply;
use nbpress_protocol::{Channel, Message};
use nbpress_record::{Event, NoteLevel};
use tokio::time::Instant;

use super::{Current, Run};
use crate::execute::kernels_run;
use crate::tables;

impl Run<'_, '_> {
    pub(super) async fn message(&mut self, channel: Channel, message: &Message) {
        let cell = match message.parent_id() {
            Some(request) => self.requests.get(request).copied(),
            None => self.begun(),
        };
        let Some(cell) = cell else { return };
        let at = Timestamp::now();
        match (channel, message.kind()) {
            (Channel::Shell, "execute_reply") => self.reply(message, at),
            (Channel::Iopub, "status") => self.status(message, at),
            (Channel::Iopub, "execute_input") => self.execute_input(cell, message, at),
            (Channel::Iopub, "stream" | "display_data" | "execute_result" | "error") => {
                self.output(cell, message, at).await;
            }
            (Channel::Iopub, "update_display_data") => self.update_display(message),
            (Channel::Iopub, "clear_output") => self.clear_output(cell, message).await,
            (Channel::Iopub, "comm_open" | "comm_msg" | "comm_close") => self.widgets.comm(message),
            _ => {}
        }
    }

    /// The cell that the kernel has begun, which outputs without a parent belong to: xeus kernels send such. What
    /// was printed while a kernel started (Octave's remark on a missing display) may be read only after the
    /// first cell was sent, and belongs to none.
    fn begun(&self) -> Option<usize> {
        let current = self.current.as_ref()?;
        current.timing.busy_at.map(|_| current.cell)
    }

    fn of_current(&mut self, message: &Message) -> Option<&mut Current> {
        self.current
            .as_mut()
            .filter(|current| message.parent_id() == Some(current.request.as_str()))
    }

    fn reply(&mut self, message: &Message, at: Timestamp) {
        let Some(current) = self.of_current(message) else {
            return;
        };
        let reply: ExecuteReply = message.view().unwrap_or_default();
        current.timing.reply_at = Some(at);
        current.execution_count = reply.execution_count.or(current.execution_count);
        current.replied_at = Some(Instant::now());
        current.reply = Some(reply);
    }

    fn status(&mut self, message: &Message, at: Timestamp) {
        let idle = is_idle(message);
        let Some(current) = self.of_current(message) else {
            return;
        };
        if idle {
            current.idle = true;
            current.timing.idle_at = Some(at);
        } else {
            current.timing.busy_at.get_or_insert(at);
        }
    }

    fn execute_input(&mut self, cell: usize, message: &Message, at: Timestamp) {
        let Ok(content) = Json::parse_lossy(&message.content) else {
            return;
        };
        let Some(execution_count) = content.get("execution_count").and_then(Json::as_u64) else {
            return;
        };
        if let Some(current) = self.of_current(message) {
            current.timing.input_at = Some(at);
            current.execution_count = Some(execution_count);
        }
        self.pending.push(Event::ExecuteInput {
            cell,
            execution_count,
            at,
        });
    }

    async fn output(&mut self, cell: usize, message: &Message, at: Timestamp) {
        let Some((mut output, display_id)) = output_of(message) else {
            self.malformed(cell, message, at);
            return;
        };
        self.adopt_table(&mut output);
        if let Some(request) = message.parent_id()
            && self.widgets.captures(request)
        {
            let reply = self.widgets.capture(request, output);
            self.tell_widget(reply).await;
            return;
        }
        if let Some(current) = self.current.as_mut().filter(|current| current.cell == cell) {
            current.showed_error |= message.kind() == "error";
            current.wrote_to_stderr |= output.stream_name() == Some("stderr");
        }
        if !self.redact(cell, &mut output) {
            return;
        }
        self.suspect(cell, &output);
        if let (
            Some(Event::Output {
                cell: last_cell,
                output: last,
                ..
            }),
            Some(name),
        ) = (self.pending.last_mut(), output.stream_name())
            && *last_cell == cell
            && last.stream_name() == Some(name)
        {
            last.append_stream(&output);
            return;
        }
        self.pending.push(Event::Output {
            cell,
            output,
            display_id,
            at,
        });
    }

    fn adopt_table(&mut self, output: &mut Output) {
        if self.options.tables.is_some()
            && let Some(data) = tables::data_of(output)
        {
            let run = kernels_run(self.options, self.recorder.run_id());
            tables::adopt(data, self.recorder, &run);
        }
    }

    /// Removes secrets; false when nothing is left to show yet.
    fn redact(&mut self, cell: usize, output: &mut Output) -> bool {
        if self.options.secrets.is_empty() {
            return true;
        }
        if let Some((name, text)) = output.as_stream_mut() {
            *text = self.redactor.stream(cell, name, std::mem::take(text));
            return !text.is_empty();
        }
        if let Ok(clean) = Output::from_json(&self.redactor.json(output.to_json())) {
            *output = clean;
        }
        true
    }

    /// An output no notebook can hold is not shown, but what the kernel sent is kept.
    fn malformed(&mut self, cell: usize, message: &Message, at: Timestamp) {
        let content = self
            .redactor
            .text(String::from_utf8_lossy(&message.content).into_owned());
        let text = format!(
            "cell {} sent a malformed {}: {content}",
            cell + 1,
            message.kind()
        );
        self.pending.push(Event::Note {
            level: NoteLevel::Warning,
            text,
            at,
        });
    }

    fn update_display(&mut self, message: &Message) {
        let Some((mut output, Some(display_id))) = output_of(message) else {
            return;
        };
        self.adopt_table(&mut output);
        let Some((data, metadata)) = output.into_data() else {
            return;
        };
        let (data, metadata) = (self.redactor.object(data), self.redactor.object(metadata));
        self.pending.push(Event::DisplayUpdated {
            display_id,
            data,
            metadata,
        });
    }

    async fn clear_output(&mut self, cell: usize, message: &Message) {
        let wait = Json::parse_lossy(&message.content)
            .ok()
            .and_then(|content| content.get("wait").and_then(Json::as_bool))
            .unwrap_or(false);
        if let Some(request) = message.parent_id()
            && self.widgets.captures(request)
        {
            let reply = self.widgets.clear(request, wait);
            self.tell_widget(reply).await;
            return;
        }
        self.pending.push(Event::OutputCleared { cell, wait });
    }

    async fn tell_widget(&mut self, reply: Option<crate::widgets::Reply>) {
        if let (Some(reply), Some(kernel)) = (reply, &mut self.kernel) {
            kernel
                .request(Channel::Shell, "comm_msg", reply.content.to_compact())
                .await;
        }
    }

    /// Keeps text in which the kernel's quirks say an error may be.
    fn suspect(&mut self, cell: usize, output: &Output) {
        let (Some(hidden), Some(text)) = (self.quirks.hidden_error, stream_text(output)) else {
            return;
        };
        if hidden.is_suspected(text)
            && let Some(current) = self.current.as_mut().filter(|current| current.cell == cell)
        {
            current.suspected.push_str(text);
        }
    }
}

pub(super) fn stream_text(output: &Output) -> Option<&str> {
    match &output.kind {
        OutputKind::Stream { text, .. } => Some(text),
        _ => None,
    }
}

/// The output a message carries, and its display id.
pub(super) fn output_of(message: &Message) -> Option<(Output, Option<String>)> {
    let content = Json::parse_lossy(&message.content).ok()?;
    Output::from_message(message.kind(), content)
}
