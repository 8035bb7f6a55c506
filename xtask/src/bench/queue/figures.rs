//! What was measured: a list of JSON objects, each with the database or program it is about.

use serde_json::{Value, json};

/// Everything that was measured, in the order in which it was.
#[derive(Debug, Default)]
pub(super) struct Figures(Vec<Value>);

impl Figures {
    pub(super) fn add(&mut self, about: &str, figures: Vec<Value>) {
        for mut figure in figures {
            figure["of"] = json!(about);
            eprintln!("{figure}");
            self.0.push(figure);
        }
    }

    pub(super) fn all(&self) -> &[Value] {
        &self.0
    }

    /// Those about one thing that have a certain field.
    pub(super) fn of<'a>(
        &'a self,
        about: &'a str,
        field: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        self.0
            .iter()
            .filter(move |figure| figure["of"] == about && !figure[field].is_null())
    }

    /// The one with this name.
    pub(super) fn one<'a>(&'a self, about: &'a str, what: &'a str) -> Option<&'a Value> {
        self.of(about, "what").find(|figure| figure["what"] == what)
    }
}
