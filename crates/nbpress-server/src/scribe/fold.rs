//! The outputs of one cell as a fold over what the kernel says.

use std::collections::BTreeMap;

use nbpress_format::{Cell, Json, Output};
use nbpress_protocol::Parts;
use serde::Deserialize;

/// The cell a request is for, as JupyterLab and this server say it.
pub(super) fn cell_of(request: &Parts) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata {
        cell_id: Option<String>,
    }
    let metadata: Metadata = serde_json::from_slice(&request.metadata).ok()?;
    metadata.cell_id.filter(|id| !id.is_empty())
}

/// What a cell has shown since it was asked to run.
#[derive(Clone, Debug, Default)]
pub(super) struct Fold {
    outputs: Vec<Output>,
    execution_count: Option<u64>,
    clear_next: bool,
    /// Places of outputs by the names under which the kernel may change them.
    displays: BTreeMap<String, Vec<usize>>,
}

impl Fold {
    /// Takes a message in. Answers whether the cell looks otherwise now.
    pub(super) fn take(&mut self, parts: &Parts) -> bool {
        let kind = parts.label().msg_type;
        let Ok(content) = Json::parse_lossy(&parts.content) else {
            return false;
        };
        match kind.as_ref() {
            "execute_input" => {
                self.execution_count = content.get("execution_count").and_then(Json::as_u64);
                true
            }
            "clear_output" => self.clear(content.get("wait").and_then(Json::as_bool) == Some(true)),
            "stream" | "display_data" | "execute_result" | "error" => {
                let read = Output::from_message(&kind, content);
                read.is_some_and(|(output, display)| self.add(output, display))
            }
            _ => false,
        }
    }

    /// Changes the outputs of a name. Answers whether there were any.
    pub(super) fn update(&mut self, parts: &Parts) -> bool {
        let Ok(content) = Json::parse_lossy(&parts.content) else {
            return false;
        };
        let Some((output, Some(name))) = Output::from_message("display_data", content) else {
            return false;
        };
        let places = self.displays.get(&name).cloned().unwrap_or_default();
        let Some((data, metadata)) = output.into_data() else {
            return false;
        };
        for place in &places {
            if let Some(shown) = self.outputs.get_mut(*place) {
                shown.set_data(data.clone(), metadata.clone());
            }
        }
        !places.is_empty()
    }

    fn clear(&mut self, wait: bool) -> bool {
        self.clear_next = wait;
        if !wait {
            self.outputs.clear();
            self.displays.clear();
        }
        !wait
    }

    fn add(&mut self, output: Output, display: Option<String>) -> bool {
        if self.clear_next {
            self.clear(false);
        }
        if let (Some(last), Some(name)) = (self.outputs.last_mut(), output.stream_name())
            && last.stream_name() == Some(name)
        {
            last.append_stream(&output);
            return true;
        }
        if let Some(display) = display {
            let places = self.displays.entry(display).or_default();
            places.push(self.outputs.len());
        }
        self.outputs.push(output);
        true
    }

    /// Puts it into a cell of code.
    pub(super) fn write(&self, cell: &mut Cell) {
        if let Some(outputs) = cell.outputs_mut() {
            outputs.clone_from(&self.outputs);
            cell.set_execution_count(self.execution_count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, content: &str) -> Parts {
        Parts {
            header: format!("{{\"msg_type\":\"{kind}\"}}").into(),
            parent: "{}".into(),
            metadata: "{}".into(),
            content: content.to_owned().into(),
            buffers: Vec::new(),
        }
    }

    fn shown(messages: Messages<'_>) -> Vec<String> {
        let mut fold = Fold::default();
        for (kind, content) in messages {
            let message = message(kind, content);
            if *kind == "update_display_data" {
                fold.update(&message);
            } else {
                fold.take(&message);
            }
        }
        let mut cell = Cell::new_code("");
        fold.write(&mut cell);
        let outputs = cell
            .outputs()
            .iter()
            .map(|output| output.to_json().to_compact());
        outputs.collect()
    }

    /// Kinds and contents.
    type Messages<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn outputs_come_out_as_a_notebook_has_them() {
        let text = |text: &str| format!("{{\"name\":\"stdout\",\"text\":\"{text}\"}}");
        let (a, b) = (text("a"), text("b"));
        let (at_once, wait) = ("{\"wait\":false}", "{\"wait\":true}");
        let named = |text: &str| {
            format!(
                "{{\"data\":{{\"text/plain\":\"{text}\"}},\"metadata\":{{}},\"transient\":{{\"display_id\":\"d\"}}}}"
            )
        };
        let (one, two) = (named("1"), named("2"));
        let stream = |text: &str| {
            format!("{{\"output_type\":\"stream\",\"name\":\"stdout\",\"text\":\"{text}\"}}")
        };
        let (s_a, s_b, s_ab) = (stream("a"), stream("b"), stream("ab"));
        let display =
            "{\"output_type\":\"display_data\",\"data\":{\"text/plain\":\"2\"},\"metadata\":{}}";
        let cases: [(Messages<'_>, &[&str]); 6] = [
            (&[("stream", &a), ("stream", &b)], &[&s_ab]),
            (&[("stream", &a), ("clear_output", at_once)], &[]),
            (&[("stream", &a), ("clear_output", wait)], &[&s_a]),
            (
                &[("stream", &a), ("clear_output", wait), ("stream", &b)],
                &[&s_b],
            ),
            (&[("stream", "[]"), ("unknown", "{}")], &[]),
            (
                &[("display_data", &one), ("update_display_data", &two)],
                &[display],
            ),
        ];
        for (messages, expected) in cases {
            assert_eq!(shown(messages), expected, "{messages:?}");
        }
    }
}
