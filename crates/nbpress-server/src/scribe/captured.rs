//! What `Output` widgets capture of the cells that this server runs: it plays the part of a page, as a run does, since
//! no page need be there.

use nbpress_execute::widgets::Widgets;
use nbpress_format::{Json, Output};
use nbpress_protocol::{Message, Parts};

/// The widgets that were made by cells, and what they were given.
#[derive(Debug, Default)]
pub(super) struct Captured {
    widgets: Widgets,
}

/// What becomes of a message of a cell.
#[derive(Debug, PartialEq)]
pub(super) enum Kept {
    /// It is the cell's.
    ByCell,
    /// A widget has it; its kernel side is told with this content of a `comm_msg`.
    ByWidget(Option<String>),
}

impl Captured {
    /// The state of all widgets, as a document has it; none without any.
    pub(super) fn state(&self) -> Option<Json> {
        self.widgets.saved_state()
    }

    /// Follows widgets, and takes what one of them captures.
    pub(super) fn take(&mut self, parts: &Parts) -> Kept {
        let kind = parts.label().msg_type;
        let request = parts.parent_label().msg_id;
        match kind.as_ref() {
            "comm_open" | "comm_msg" => {
                if let Ok(message) = Message::from_parts(parts.clone()) {
                    self.widgets.comm(&message);
                }
                Kept::ByWidget(None)
            }
            _ if !self.widgets.captures(&request) => Kept::ByCell,
            "clear_output" => {
                let wait = Json::parse_lossy(&parts.content)
                    .is_ok_and(|content| content.get("wait").and_then(Json::as_bool) == Some(true));
                let reply = self.widgets.clear(&request, wait);
                Kept::ByWidget(reply.map(|reply| reply.content.to_compact()))
            }
            "stream" | "display_data" | "execute_result" | "error" => {
                let content = Json::parse_lossy(&parts.content).ok();
                let read = content.and_then(|content| Output::from_message(&kind, content));
                let Some((output, _)) = read else {
                    return Kept::ByCell;
                };
                let reply = self.widgets.capture(&request, output);
                Kept::ByWidget(reply.map(|reply| reply.content.to_compact()))
            }
            _ => Kept::ByCell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, content: &str) -> Parts {
        let header = |kind: &str, id: &str| {
            format!(
                "{{\"msg_id\":\"{id}\",\"msg_type\":\"{kind}\",\"session\":\"s\",\"username\":\"u\",\
                 \"date\":\"2026-11-27T00:00:00Z\",\"version\":\"5.3\"}}"
            )
        };
        Parts {
            header: header(kind, "m").into(),
            parent: header("execute_request", "r").into(),
            metadata: "{}".into(),
            content: content.to_owned().into(),
            buffers: Vec::new(),
        }
    }

    #[test]
    fn what_is_printed_within_a_widget_is_the_widgets() {
        let mut captured = Captured::default();
        let print = message("stream", r#"{"name":"stdout","text":"a"}"#);
        let says = |id: &str| {
            let content = format!(
                r#"{{"comm_id":"w","data":{{"method":"update","state":{{"msg_id":"{id}"}},"buffer_paths":[]}}}}"#
            );
            message("comm_msg", &content)
        };
        let open = r#"{"comm_id":"w","target_name":"jupyter.widget","data":{"state":{"_model_name":"OutputModel","msg_id":""}}}"#;
        let told = |outputs: &str| {
            let content = format!(
                r#"{{"comm_id":"w","data":{{"method":"update","state":{{"outputs":{outputs}}},"buffer_paths":[]}}}}"#
            );
            Kept::ByWidget(Some(content))
        };

        assert_eq!(captured.take(&print), Kept::ByCell);
        assert_eq!(
            captured.take(&message("comm_open", open)),
            Kept::ByWidget(None)
        );
        assert_eq!(captured.take(&print), Kept::ByCell);
        captured.take(&says("r"));
        let once = r#"[{"output_type":"stream","name":"stdout","text":"a"}]"#;
        let twice = r#"[{"output_type":"stream","name":"stdout","text":"aa"}]"#;
        assert_eq!(captured.take(&print), told(once));
        assert_eq!(captured.take(&print), told(twice));
        let waits = message("clear_output", r#"{"wait":true}"#);
        assert_eq!(captured.take(&waits), Kept::ByWidget(None));
        assert_eq!(captured.take(&print), told(once));
        let at_once = message("clear_output", r#"{"wait":false}"#);
        assert_eq!(captured.take(&at_once), told("[]"));
        assert_eq!(captured.take(&message("status", "{}")), Kept::ByCell);
        captured.take(&says(""));
        assert_eq!(captured.take(&print), Kept::ByCell);
    }
}
