//! How a point ended, and what is kept of it.

use indexmap::IndexMap;
use nbpress_execute::Finished;
use nbpress_format::json::{Json, Object};
use nbpress_record::{FailureClass, Outcome, RunId, RunStatus, RunSummary, Scrap, read_scraps};

use super::plan::{Plan, PlannedPoint};
use super::table::Value;
use crate::printer::{Printer, Style, duration, fitted, plural, printable};

/// The most failures listed at the end, and the longest reason.
const MOST_LISTED: usize = 10;
const LONGEST_REASON: usize = 300;

/// What became of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PointStatus {
    /// Its turn did not come.
    #[default]
    NotStarted,
    /// Another process is at it.
    Running,
    /// Its run succeeded, and its output is written.
    Succeeded,
    /// Its run failed, could not begin, or could not be written.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl PointStatus {
    /// In JSON and CSV.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            other => other.as_str(),
        }
    }

    pub(crate) fn style(self) -> Style {
        match self {
            Self::NotStarted => Style::Dim,
            Self::Running | Self::Cancelled => Style::Yellow,
            Self::Succeeded => Style::Green,
            Self::Failed => Style::Red,
        }
    }

    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Succeeded => "✓",
            Self::Failed => "✗",
            _ => "-",
        }
    }
}

/// How a point ended.
#[derive(Clone, Debug)]
pub(crate) struct PointResult {
    pub(crate) status: PointStatus,
    pub(crate) class: Option<FailureClass>,
    pub(crate) reason: Option<String>,
    pub(crate) run_id: Option<RunId>,
    pub(crate) seconds: Option<f64>,
    /// Whether an earlier sweep ran it.
    pub(crate) reused: bool,
    pub(crate) scraps: Vec<Scrap>,
}

/// What is kept of a point until the end, however much it reported.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) status: PointStatus,
    pub(crate) reason: Option<String>,
    pub(crate) run_id: Option<RunId>,
    pub(crate) seconds: Option<f64>,
    pub(crate) reused: bool,
    /// By name, shortened.
    pub(crate) scraps: IndexMap<String, Value>,
}

impl PointResult {
    pub(crate) fn new(status: PointStatus) -> Self {
        Self {
            status,
            class: None,
            reason: None,
            run_id: None,
            seconds: None,
            reused: false,
            scraps: Vec::new(),
        }
    }

    fn of_outcome(outcome: &Outcome) -> Self {
        let status = match outcome.status {
            RunStatus::Succeeded => PointStatus::Succeeded,
            RunStatus::Failed => PointStatus::Failed,
            RunStatus::Cancelled => PointStatus::Cancelled,
        };
        Self {
            class: outcome.class,
            reason: outcome.reason.clone(),
            ..Self::new(status)
        }
    }

    /// A run that has just ended.
    pub(crate) fn of_run(finished: &Finished, seconds: f64) -> Self {
        let mut result = Self {
            run_id: finished.recorded.then_some(finished.run_id),
            seconds: Some(seconds),
            scraps: read_scraps(&finished.notebook),
            ..Self::of_outcome(&finished.outcome)
        };
        let unwritten = finished
            .unrecorded
            .as_ref()
            .or(finished.unpublished.as_ref());
        if let Some(error) = unwritten
            && result.status == PointStatus::Succeeded
        {
            result.status = PointStatus::Failed;
            result.class = Some(FailureClass::Platform);
            result.reason = Some(chained(error));
        }
        result
    }

    /// A run of an earlier sweep.
    pub(crate) fn of_record(run: &RunSummary, scraps: Vec<Scrap>) -> Self {
        let outcome = run.outcome.as_ref();
        let seconds = run
            .finished_at
            .map(|at| at.duration_since(run.header.started_at).as_secs_f64());
        Self {
            run_id: Some(run.run_id),
            seconds,
            reused: true,
            scraps,
            ..outcome.map_or_else(|| Self::new(PointStatus::Failed), Self::of_outcome)
        }
    }

    /// Nothing was started.
    pub(crate) fn not_run(error: &(dyn std::error::Error + 'static)) -> Self {
        Self {
            class: Some(FailureClass::Invalid),
            reason: Some(chained(error)),
            ..Self::new(PointStatus::Failed)
        }
    }

    /// One object; values that are not known are `null`.
    pub(crate) fn to_json(&self, sweep: &str, point: &PlannedPoint) -> Json {
        let text = |value: Option<String>| value.map_or(Json::Null, Json::from);
        let values = point.parameters.iter();
        let parameters: Object = values
            .map(|(name, value)| (name.clone(), value.to_json()))
            .collect();
        let data = |scrap: &Scrap| Some((scrap.name.clone(), scrap.data.clone()?));
        let scraps: Object = self.scraps.iter().filter_map(data).collect();
        let fields = [
            ("sweep_id", Json::from(sweep)),
            ("point", Json::from(point.name.as_str())),
            ("parameters", Json::Object(parameters)),
            ("status", Json::from(self.status.as_str())),
            (
                "class",
                text(self.class.map(|class| class.as_str().to_owned())),
            ),
            ("reason", text(self.reason.clone())),
            ("run_id", text(self.run_id.map(|id| id.to_string()))),
            (
                "output",
                text(point.output.as_ref().map(ToString::to_string)),
            ),
            (
                "duration_seconds",
                self.seconds.map_or(Json::Null, Json::from),
            ),
            ("reused", Json::from(self.reused)),
            ("scraps", Json::Object(scraps)),
        ];
        let named = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Json::Object(named.collect())
    }

    pub(crate) fn into_row(self) -> Row {
        let shown = |scrap: &Scrap| Some((scrap.name.clone(), Value::of_scrap(scrap)?));
        Row {
            scraps: self.scraps.iter().filter_map(shown).collect(),
            status: self.status,
            reason: self.reason,
            run_id: self.run_id,
            seconds: self.seconds,
            reused: self.reused,
        }
    }
}

/// An error with its causes, on one line.
fn chained(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What is said behind the table: the failures, then how many ended how.
pub(crate) fn summary(
    printer: Printer,
    plan: &Plan,
    rows: &[Row],
    seconds: f64,
    quiet: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    let failed = || {
        rows.iter()
            .zip(&plan.points)
            .filter(|(row, _)| row.status == PointStatus::Failed)
    };
    for (row, point) in failed().take(MOST_LISTED) {
        let reason = row.reason.as_deref().unwrap_or("failed");
        // The rest of an exception's text is in the record.
        let reason = reason.lines().next().unwrap_or_default();
        let reason = fitted(&printable(reason), LONGEST_REASON);
        let mark = printer.paint(Style::Red, PointStatus::Failed.mark());
        let text = format!("{}: {reason}", point.label);
        lines.extend(printer.wrap(&format!("{mark} "), 2, &text));
        if let Some(run_id) = row.run_id {
            lines.extend(printer.command(2, &format!("nbpress show {run_id}")));
        }
    }
    let more = failed().count().saturating_sub(MOST_LISTED);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    if !quiet {
        lines.extend(printer.wrap("", 2, &counts(rows, seconds)));
    }
    lines
}

fn counts(rows: &[Row], seconds: f64) -> String {
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    let statuses = [
        PointStatus::Succeeded,
        PointStatus::Failed,
        PointStatus::Cancelled,
        PointStatus::Running,
        PointStatus::NotStarted,
    ];
    let mut words: Vec<String> = statuses
        .into_iter()
        .map(|status| (count(status), status.words()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let reused = rows.iter().filter(|row| row.reused).count();
    if reused > 0 {
        words[0] = format!("{} ({reused} before)", words[0]);
    }
    format!(
        "{}: {} in {}",
        plural(rows.len(), "point"),
        words.join(", "),
        duration(seconds)
    )
}
