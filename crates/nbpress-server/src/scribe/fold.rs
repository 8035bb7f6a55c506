//! The outputs of one cell as a fold over what the kernel says.

use std::collections::BTreeMap;

use nbpress_format::{Cell, Json, Output, OutputKind};
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
    known: Known,
}

/// What of the outputs is known to those who look at them.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// So many are as they were told.
    outputs: usize,
    /// Of the text of the next one so many bytes; it has grown since.
    text: usize,
}

/// What became of the outputs since they were told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    /// So many are as they were.
    pub(super) keep: usize,
    /// The text of the one after these goes on with this.
    pub(super) grow: Option<String>,
    /// What comes then.
    pub(super) outputs: Vec<Json>,
    pub(super) count: Option<u64>,
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
            if *place < self.known.outputs {
                self.known = Known {
                    outputs: *place,
                    text: 0,
                };
            }
        }
        !places.is_empty()
    }

    fn clear(&mut self, wait: bool) -> bool {
        self.clear_next = wait;
        if !wait {
            self.outputs.clear();
            self.displays.clear();
            self.known = Known::default();
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

    /// What is not known yet.
    pub(super) fn change(&self) -> Change {
        let Known { outputs, text } = self.known;
        let grown = self.outputs.get(outputs).filter(|_| text > 0);
        let grow = grown.and_then(text_of).and_then(|all| all.get(text..));
        let after = outputs + usize::from(grow.is_some());
        let rest = self.outputs.iter().skip(after);
        Change {
            keep: outputs,
            grow: grow.map(str::to_owned),
            outputs: rest.map(Output::to_json).collect(),
            count: self.execution_count,
        }
    }

    /// Everything, for those who know nothing.
    pub(super) fn whole(&self) -> Change {
        Change {
            outputs: self.outputs.iter().map(Output::to_json).collect(),
            count: self.execution_count,
            ..Change::default()
        }
    }

    /// All of it is known from now on.
    pub(super) fn is_known(&mut self) {
        let growing = self.outputs.last().and_then(text_of);
        self.known = Known {
            outputs: self.outputs.len() - usize::from(growing.is_some()),
            text: growing.map_or(0, str::len),
        };
    }

    /// Puts it into a cell of code.
    pub(super) fn write(&self, cell: &mut Cell) {
        if let Some(outputs) = cell.outputs_mut() {
            outputs.clone_from(&self.outputs);
            cell.set_execution_count(self.execution_count);
        }
    }
}

/// What was printed.
fn text_of(output: &Output) -> Option<&str> {
    match &output.kind {
        OutputKind::Stream { text, .. } => Some(text),
        _ => None,
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

    /// What somebody has who takes in changes, one after the other.
    #[derive(Default)]
    struct Watcher(Vec<Json>);

    impl Watcher {
        fn take(
            &mut self,
            Change {
                keep,
                grow,
                outputs,
                ..
            }: Change,
        ) {
            let mut kept: Vec<Json> = self
                .0
                .drain(..)
                .take(keep + usize::from(grow.is_some()))
                .collect();
            if let (Some(grow), Some(Json::Object(last))) = (grow, kept.last_mut()) {
                let before = last.get("text").and_then(Json::as_str).unwrap_or_default();
                let text = format!("{before}{grow}");
                last.insert("text".to_owned(), Json::from(text.as_str()));
            }
            self.0 = kept.into_iter().chain(outputs).collect();
        }
    }

    #[test]
    fn what_is_told_piece_by_piece_is_what_the_cell_shows() {
        let print = |text: &str| {
            (
                "stream",
                format!("{{\"name\":\"stdout\",\"text\":\"{text}\"}}"),
            )
        };
        let show = |kind, text: &str| {
            let content = format!(
                "{{\"data\":{{\"text/plain\":\"{text}\"}},\"metadata\":{{}},\"transient\":{{\"display_id\":\"d\"}}}}"
            );
            (kind, content)
        };
        let clear = |wait: bool| ("clear_output", format!("{{\"wait\":{wait}}}"));
        let said = [
            print(""),
            print("a"),
            print("ä"),
            print("b"),
            show("display_data", "1"),
            print("c"),
            print("d"),
            show("update_display_data", "2"),
            print("e"),
            clear(true),
            print("f"),
            print("g"),
            clear(false),
            print("h"),
        ];
        // Told after each message, after each second one, and so on.
        for every in 1..=said.len() {
            let (mut fold, mut watcher) = (Fold::default(), Watcher::default());
            for (at, (kind, content)) in said.iter().enumerate() {
                let message = message(kind, content);
                if *kind == "update_display_data" {
                    fold.update(&message);
                } else {
                    fold.take(&message);
                }
                if (at + 1) % every == 0 {
                    watcher.take(fold.change());
                    fold.is_known();
                    assert_eq!(watcher.0, fold.whole().outputs, "{every}, {at}");
                }
            }
        }
    }

    #[test]
    fn a_text_that_grows_is_not_told_twice() {
        let mut fold = Fold::default();
        for (text, grow) in [("a", None), ("b", Some("b")), ("c", Some("c"))] {
            let content = format!("{{\"name\":\"stdout\",\"text\":\"{text}\"}}");
            fold.take(&message("stream", &content));
            assert_eq!(fold.change().grow.as_deref(), grow);
            fold.is_known();
        }
        assert_eq!(
            fold.change(),
            Change {
                grow: Some(String::new()),
                ..Change::default()
            }
        );
    }

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
