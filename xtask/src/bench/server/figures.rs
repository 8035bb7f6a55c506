//! What was measured of both servers, one row for each thing and measure.

use serde_json::{Value, json};

/// Everything, in the order in which it was measured.
#[derive(Debug, Default)]
pub(in crate::bench) struct Figures(Vec<Value>);

/// One measure of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bench) struct Name<'a> {
    pub(in crate::bench) what: &'a str,
    pub(in crate::bench) measure: &'a str,
    pub(in crate::bench) unit: &'a str,
}

impl Figures {
    /// What was measured of one server, or of the machine alone.
    pub(in crate::bench) fn add(&mut self, of: &str, figures: Vec<Value>) {
        for mut figure in figures {
            figure["of"] = json!(of);
            eprintln!("{figure}");
            self.0.push(figure);
        }
    }

    pub(in crate::bench) fn all(&self) -> &[Value] {
        &self.0
    }

    /// Every measure of a server, once.
    pub(in crate::bench) fn names(&self) -> Vec<Name<'_>> {
        let mut names: Vec<Name<'_>> = Vec::new();
        for figure in self.0.iter().filter(|figure| figure["of"] != "floor") {
            let field = |field: &str| figure[field].as_str().unwrap_or_default();
            let name = Name {
                what: field("what"),
                measure: field("measure"),
                unit: field("unit"),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The median of the turns; nothing where there was none.
    pub(in crate::bench) fn value(&self, of: &str, what: &str, measure: &str) -> Option<f64> {
        let mut values = self.numbers(of, what, measure, "value");
        values.sort_by(f64::total_cmp);
        let (half, count) = (values.len() / 2, values.len());
        let upper = values.get(half).copied()?;
        let lower = values.get(half.saturating_sub(1)).copied()?;
        Some(if count.is_multiple_of(2) {
            f64::midpoint(lower, upper)
        } else {
            upper
        })
    }

    /// The highest load of the machine at any of the turns.
    pub(in crate::bench) fn load(&self, of: &str, what: &str, measure: &str) -> Option<f64> {
        let loads = self.numbers(of, what, measure, "load");
        loads.into_iter().reduce(f64::max)
    }

    fn numbers(&self, of: &str, what: &str, measure: &str, field: &str) -> Vec<f64> {
        self.0
            .iter()
            .filter(|figure| {
                figure["of"] == of && figure["what"] == what && figure["measure"] == measure
            })
            .filter_map(|figure| figure[field].as_f64())
            .collect()
    }
}
