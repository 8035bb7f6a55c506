//! The state of ipywidgets, kept while a notebook runs so that the saved copy can show them.
//!
//! A front end would keep this state; a run has none, so the runner plays its part as nbclient does:
//! it follows the comms of the target `jupyter.widget`, and routes outputs that an `Output` widget
//! captures into that widget's state. Messages:
//! <https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema/messages.md>.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use nbpress_format::json::{Json, Object};
use nbpress_format::output::{Output, OutputKind};
use nbpress_protocol::Message;

/// The MIME type of saved widget state in a notebook's metadata.
pub const STATE_MIME: &str = "application/vnd.jupyter.widget-state+json";

/// The widgets of one kernel.
#[derive(Debug, Default)]
pub struct Widgets {
    models: IndexMap<String, Model>,
    /// Request id → the `Output` widget that captures what that request prints.
    captures: HashMap<String, String>,
}

#[derive(Debug, Default)]
struct Model {
    state: Object,
    buffers: IndexMap<String, (Json, bytes::Bytes)>,
    outputs: Vec<Output>,
    clear_before_next: bool,
}

/// What an `Output` widget's kernel side must be told: its new `outputs`.
#[derive(Debug, PartialEq)]
pub struct Reply {
    /// The widget's comm.
    pub comm_id: String,
    /// Content of a `comm_msg` for the shell channel.
    pub content: Json,
}

impl Widgets {
    /// Follows a `comm_open`, `comm_msg` or `comm_close`.
    pub fn comm(&mut self, message: &Message) {
        let Ok(content) = Json::parse_lossy(&message.content) else {
            return;
        };
        let Some(comm_id) = content.get("comm_id").and_then(Json::as_str) else {
            return;
        };
        match message.kind() {
            "comm_open"
                if content.get("target_name").and_then(Json::as_str) == Some("jupyter.widget") =>
            {
                self.models.insert(comm_id.to_owned(), Model::default());
                self.update(comm_id, &content, &message.buffers);
            }
            "comm_msg" => self.update(comm_id, &content, &message.buffers),
            _ => {}
        }
    }

    fn update(&mut self, comm_id: &str, content: &Json, buffers: &[bytes::Bytes]) {
        let Some(model) = self.models.get_mut(comm_id) else {
            return;
        };
        let Some(data) = content.get("data") else {
            return;
        };
        let Some(state) = data.get("state").and_then(Json::as_object) else {
            return;
        };
        for (key, value) in state {
            model.state.insert(key.clone(), value.clone());
        }
        let paths = data
            .get("buffer_paths")
            .and_then(Json::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for (path, buffer) in paths.iter().zip(buffers) {
            model
                .buffers
                .insert(path.to_compact(), (path.clone(), buffer.clone()));
        }
        self.follow_capture(comm_id);
    }

    /// An `Output` widget captures while its `msg_id` names a request.
    fn follow_capture(&mut self, comm_id: &str) {
        let Some(model) = self.models.get_mut(comm_id) else {
            return;
        };
        if model.state.get("_model_name").and_then(Json::as_str) != Some("OutputModel") {
            return;
        }
        self.captures.retain(|_, captor| captor != comm_id);
        if let Some(request) = model.state.get("msg_id").and_then(Json::as_str)
            && !request.is_empty()
        {
            self.captures.insert(request.to_owned(), comm_id.to_owned());
        }
    }

    /// Whether what this request prints is captured by an `Output` widget.
    pub fn captures(&self, request: &str) -> bool {
        self.captures.contains_key(request)
    }

    /// Puts a captured output into its widget.
    pub fn capture(&mut self, request: &str, output: Output) -> Option<Reply> {
        let comm_id = self.captures.get(request)?.clone();
        let model = self.models.get_mut(&comm_id)?;
        if std::mem::take(&mut model.clear_before_next) {
            model.outputs.clear();
        }
        match (
            model.outputs.last_mut().map(|last| &mut last.kind),
            &output.kind,
        ) {
            (
                Some(OutputKind::Stream { name, text }),
                OutputKind::Stream {
                    name: next_name,
                    text: next,
                },
            ) if name == next_name => text.push_str(next),
            _ => model.outputs.push(output),
        }
        Some(model.reply(comm_id))
    }

    /// A captured `clear_output`.
    pub fn clear(&mut self, request: &str, wait: bool) -> Option<Reply> {
        let comm_id = self.captures.get(request)?.clone();
        let model = self.models.get_mut(&comm_id)?;
        if wait {
            model.clear_before_next = true;
            return None;
        }
        model.outputs.clear();
        Some(model.reply(comm_id))
    }

    /// The state to save, in the notebook format's shape; `None` without widgets.
    pub fn saved_state(&self) -> Option<Json> {
        if self.models.is_empty() {
            return None;
        }
        let state = self
            .models
            .iter()
            .map(|(id, model)| (id.clone(), model.saved()))
            .collect();
        Some(object([
            ("state", Json::Object(state)),
            ("version_major", Json::from(2_i64)),
            ("version_minor", Json::from(0_i64)),
        ]))
    }
}

impl Model {
    fn reply(&mut self, comm_id: String) -> Reply {
        let outputs = Json::Array(self.outputs.iter().map(Output::to_json).collect());
        self.state.insert("outputs".to_owned(), outputs.clone());
        let data = object([
            ("method", Json::from("update")),
            ("state", object([("outputs", outputs)])),
            ("buffer_paths", Json::Array(Vec::new())),
        ]);
        let content = object([("comm_id", Json::from(comm_id.as_str())), ("data", data)]);
        Reply { comm_id, content }
    }

    fn saved(&self) -> Json {
        let text = |key: &str| self.state.get(key).cloned().unwrap_or(Json::Null);
        let mut saved = Object::new();
        saved.insert("model_name".to_owned(), text("_model_name"));
        saved.insert("model_module".to_owned(), text("_model_module"));
        saved.insert(
            "model_module_version".to_owned(),
            text("_model_module_version"),
        );
        saved.insert("state".to_owned(), Json::Object(self.state.clone()));
        if !self.buffers.is_empty() {
            let buffers = self.buffers.values().map(|(path, bytes)| {
                object([
                    ("data", Json::from(STANDARD.encode(bytes))),
                    ("encoding", Json::from("base64")),
                    ("path", path.clone()),
                ])
            });
            saved.insert("buffers".to_owned(), Json::Array(buffers.collect()));
        }
        Json::Object(saved)
    }
}

fn object<const N: usize>(entries: [(&str, Json); N]) -> Json {
    Json::Object(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}
