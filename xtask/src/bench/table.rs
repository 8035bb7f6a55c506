//! The result as a table for people and as JSON for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::measure::Cost;

/// A measure of a case on both sides.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) measure: &'static str,
    pub(crate) papermill: Sample,
    pub(crate) nbpress: Sample,
    /// What no runner can go below, measured in the same run, with its reason.
    pub(crate) floor: Option<(f64, &'static str)>,
    pub(crate) unit: Unit,
}

/// Several runs of one thing.
#[derive(Clone, Debug)]
pub(crate) struct Sample(pub(crate) Vec<f64>);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Seconds,
    Bytes,
    Lines,
    RunsPerSecond,
}

impl Sample {
    pub(crate) fn of(costs: &[Cost], measure: impl Fn(&Cost) -> f64) -> Self {
        Self(costs.iter().map(measure).collect())
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Seconds if value < 1.0 => format!("{:.0} ms", value * 1000.0),
            Self::Seconds => format!("{value:.2} s"),
            Self::Bytes if value < 1e6 => format!("{:.1} kB", value / 1e3),
            Self::Bytes if value < 1e9 => format!("{:.1} MB", value / 1e6),
            Self::Bytes => format!("{:.2} GB", value / 1e9),
            Self::Lines => format!("{value:.0}"),
            Self::RunsPerSecond => format!("{value:.2} /s"),
        }
    }

    /// Whether more is better.
    fn rises(self) -> bool {
        matches!(self, Self::Lines | Self::RunsPerSecond)
    }
}

impl Row {
    fn cells(&self) -> [String; 6] {
        let shown = |sample: &Sample| {
            let median = self.unit.show(sample.median());
            if sample.0.len() == 1 {
                median
            } else {
                format!("{median} ({})", self.unit.show(sample.min()))
            }
        };
        let (theirs, ours) = (self.papermill.median(), self.nbpress.median());
        let ratio = if self.unit.rises() {
            ours / theirs
        } else {
            theirs / ours
        };
        let floor = self.floor.map_or_else(String::new, |(value, why)| {
            format!("{} ({why})", self.unit.show(value))
        });
        [
            self.case.clone(),
            self.measure.to_owned(),
            shown(&self.papermill),
            shown(&self.nbpress),
            format!("{ratio:.1}×"),
            floor,
        ]
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "case": self.case, "measure": self.measure, "unit": format!("{:?}", self.unit),
            "papermill": self.papermill.0, "nbpress": self.nbpress.0, "floor": self.floor.map(|(value, _)| value),
        })
    }
}

/// The table of this comparison.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let header = [
        "case",
        "measure",
        "papermill 2.7",
        "nbpress",
        "better by",
        "floor",
    ]
    .map(str::to_owned);
    let cells: Vec<[String; 6]> = std::iter::once(header)
        .chain(rows.iter().map(Row::cells))
        .collect();
    aligned(&cells)
}

/// A Markdown table whose columns line up in a terminal too; the first row is its head.
pub(crate) fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(text, "|-{}-", "-".repeat(*width));
            }
            text.push_str("|\n");
        }
    }
    text
}
