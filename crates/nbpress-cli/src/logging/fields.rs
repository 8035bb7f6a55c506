//! What an event or a span says: its message and its named values.

use std::error::Error;
use std::fmt::{Debug, Write as _};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::Level;
use tracing::field::{Field, Visit};

/// The longest text of one value; more is cut, so that nobody fills a disk with one request.
const LONGEST: usize = 4000;

/// The values in the order in which they were recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    message: String,
    values: Vec<(&'static str, Value)>,
}

impl Fields {
    /// Takes over what a span says and the event does not.
    pub(super) fn add(&mut self, span: &Self) {
        for (name, value) in &span.values {
            if !self.values.iter().any(|(known, _)| known == name) {
                self.values.push((name, value.clone()));
            }
        }
    }

    /// `message  name=value name=value`.
    pub(super) fn to_text(&self) -> String {
        let mut text = self.message.clone();
        for (at, (name, value)) in self.values.iter().enumerate() {
            let gap = if at == 0 { "  " } else { " " };
            let value = match value {
                Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => {
                    text.clone()
                }
                value => value.to_string(),
            };
            let _never = write!(text, "{gap}{name}={value}");
        }
        text
    }

    /// One line: JSON has no control characters.
    pub(super) fn into_json(self, now: Timestamp, level: Level, target: &str) -> String {
        let mut line = Map::new();
        line.insert("time".to_owned(), json!(format!("{now:.6}")));
        line.insert(
            "level".to_owned(),
            json!(level.as_str().to_ascii_lowercase()),
        );
        line.insert("message".to_owned(), json!(self.message));
        line.insert("target".to_owned(), json!(target));
        let values = self.values.into_iter();
        line.extend(values.map(|(name, value)| (name.to_owned(), value)));
        Value::Object(line).to_string()
    }

    fn set(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if name == "message" {
            self.message = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            return;
        }
        self.values.retain(|(known, _)| *known != name);
        self.values.push((name, value));
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, json!(cut(value)));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let causes = std::iter::successors(Some(value), |cause| (*cause).source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        self.set(field, json!(cut(&causes.join(": "))));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, json!(cut(&format!("{value:?}"))));
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
