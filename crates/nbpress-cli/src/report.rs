//! How things that went wrong read: what happened, its causes, what to do next; and where in a cell
//! it was.

mod frame;

use std::error::Error;
use std::fmt::Write as _;

use nbpress_execute::path_template::PathTemplateError;
use nbpress_execute::sweep::SpaceError;
use nbpress_execute::sweep::values::ValuesError;
use nbpress_execute::yaml::YamlError;
use nbpress_execute::{ExecuteError, Finished, Kept};
use nbpress_format::json::Object;
use nbpress_record::{CellError, KernelInfo, Outcome, RecordError, Resumption, RunId, RunStatus};
use nbpress_runs::StoreError;
use nbpress_runs::jupyter_scheduler::ReadError;
use nbpress_scheduler::coordinator::CoordinatorError;
use nbpress_scheduler::import::crontab::CrontabError;
use nbpress_scheduler::notify::InvalidValue;
use nbpress_server::OpenIdError;
use nbpress_storage::{Location, LocationError, StorageError, StorageErrorKind};
use nbpress_trace::SettingsError;

use crate::api::{NoServer, Refusal};
use crate::commands::runs::local_time;
use crate::configuration::ConfigurationError;
use crate::printer::{Printer, Style, duration, fitted, plural, printable, without_ansi};

use crate::private_python::SetupError;

pub(crate) use frame::code_frame;

/// The most lines of an exception's text shown, and the most characters of each.
const REASON_LINES: usize = 8;
const REASON_LINE_LENGTH: usize = 1000;

/// The most columns of a parameter's value shown beside others.
const VALUE_WIDTH: usize = 60;

/// What helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fix {
    /// To be typed as it is.
    Command(String),
    /// To be read.
    Advice(String),
}

impl Fix {
    pub(crate) fn command(command: impl Into<String>) -> Self {
        Self::Command(command.into())
    }

    pub(crate) fn advice(advice: impl Into<String>) -> Self {
        Self::Advice(advice.into())
    }

    /// For a sentence: a command in backticks.
    fn into_words(self) -> String {
        match self {
            Self::Command(command) => format!("`{command}`"),
            Self::Advice(advice) => advice,
        }
    }
}

/// Prints an error with its causes and its hint.
pub(crate) fn error(printer: Printer, error: &anyhow::Error) {
    if let Some(error) = error.downcast_ref::<ExecuteError>() {
        return execute_error(printer, error);
    }
    causes(printer, error.as_ref());
    hint(printer, error.chain().find_map(hint_of));
}

/// [`error()`] of a run that could not be started, or not be written.
pub(crate) fn execute_error(printer: Printer, error: &ExecuteError) {
    causes(printer, error);
    let ExecuteError::Parameters { notebook, problems } = error else {
        return hint(printer, error.hint());
    };
    for problem in problems {
        printer.say_wrapped("  - ", 4, &printable(&problem.to_string()));
    }
    let inspect = format!("`nbpress inspect {notebook}` shows its parameters");
    hint(printer, Some(inspect));
}

fn causes(printer: Printer, error: &dyn Error) {
    let mut said = error.to_string();
    say_lines(printer, &lead(printer, Style::Red, "error:"), 2, &said);
    let mut above: Option<&(dyn Error + 'static)> = None;
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !said.contains(&text) && !repeats(cause, above) {
            say_lines(printer, "  cause: ", 4, &text);
            said.push_str(&text);
        }
        above = Some(cause);
        source = cause.source();
    }
}

/// A text of one or more lines, further ones indented.
fn say_lines(printer: Printer, lead: &str, indent: usize, text: &str) {
    let further = " ".repeat(indent);
    let mut lead = lead;
    for line in text.lines() {
        printer.say_wrapped(lead, indent, &printable(line));
        lead = &further;
    }
}

/// Whether a cause says what the one above has said: that of a file the location, that of a kind of
/// failure the system's words for it.
fn repeats(cause: &(dyn Error + 'static), above: Option<&(dyn Error + 'static)>) -> bool {
    let kind = above.and_then(|error| error.downcast_ref::<StorageErrorKind>());
    let explained = kind.is_some_and(|kind| {
        !matches!(
            kind,
            StorageErrorKind::Other { .. }
                | StorageErrorKind::Unreachable { .. }
                | StorageErrorKind::Settings { .. }
        )
    });
    cause.is::<StorageError>() || (cause.is::<std::io::Error>() && explained)
}

fn hint_of(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<StorageError>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<ExecuteError>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<OpenIdError>() {
        return error.hint();
    }
    let values = || error.downcast_ref().and_then(ValuesError::hint);
    let space = || error.downcast_ref().and_then(SpaceError::hint);
    let template = || error.downcast_ref().and_then(PathTemplateError::hint);
    let yaml = || error.downcast_ref().and_then(YamlError::hint);
    let location = || error.downcast_ref().and_then(LocationError::hint);
    let server = || error.downcast_ref().and_then(CoordinatorError::hint);
    let crontab = || error.downcast_ref().and_then(CrontabError::hint);
    let foreign = || error.downcast_ref().and_then(ReadError::hint);
    let setting = || error.downcast_ref().and_then(InvalidValue::hint);
    let configured = || error.downcast_ref().and_then(ConfigurationError::hint);
    let traces = || error.downcast_ref().and_then(SettingsError::hint);
    let refusal = || error.downcast_ref().and_then(Refusal::hint);
    let none = || error.is::<NoServer>().then(|| NoServer::HINT.to_owned());
    let database = || error.downcast_ref().and_then(StoreError::hint);
    let given = values()
        .or_else(space)
        .or_else(template)
        .or_else(yaml)
        .or_else(location)
        .or_else(crontab)
        .or_else(foreign)
        .or_else(setting)
        .or_else(configured)
        .or_else(traces)
        .or_else(server)
        .or_else(refusal)
        .or_else(none)
        .or_else(database);
    if given.is_some() {
        return given;
    }
    if let Some(error) = error.downcast_ref::<SetupError>() {
        return error.fix().map(Fix::into_words);
    }
    match error.downcast_ref::<RecordError>()? {
        RecordError::NotFound { .. } => Some("`nbpress runs` lists the runs".to_owned()),
        RecordError::Ambiguous { matches, .. } => {
            let names: Vec<String> = matches.iter().take(5).map(ToString::to_string).collect();
            Some(format!("write more of it: {}", names.join(", ")))
        }
        _ => None,
    }
}

fn hint(printer: Printer, hint: Option<String>) {
    if let Some(hint) = hint {
        printer.say("");
        printer.say_wrapped(&lead(printer, Style::Cyan, "hint:"), 2, &printable(&hint));
    }
}

fn lead(printer: Printer, style: Style, word: &str) -> String {
    format!("{} ", printer.paint(style, word))
}

/// Why a run did not succeed, with the code where it happened; empty where there is nothing to say.
pub(crate) fn failure(printer: Printer, finished: &Finished) -> Vec<String> {
    let outcome = &finished.outcome;
    if outcome.status == RunStatus::Succeeded {
        return Vec::new();
    }
    let frame = finished
        .failing_cell()
        .map(|cell| code_frame(printer, &finished.notebook, outcome, cell))
        .unwrap_or_default();
    // Who stops a run knows why; where it was may be news.
    let mut lines = match outcome.status {
        RunStatus::Failed => reason_lines(printer, &lead(printer, Style::Red, "error:"), outcome),
        _ => Vec::new(),
    };
    if !lines.is_empty() && !frame.is_empty() {
        lines.push(String::new());
    }
    lines.extend(frame);
    lines
}

/// The reason of an outcome: the first lines of an exception's text are the ones that matter.
pub(crate) fn reason_lines(printer: Printer, lead: &str, outcome: &Outcome) -> Vec<String> {
    let reason = outcome.reason.as_deref().unwrap_or("the run failed");
    let mut shown = Vec::new();
    let lines: Vec<&str> = reason.trim_end().lines().collect();
    for (index, line) in lines.iter().take(REASON_LINES).enumerate() {
        let lead = if index == 0 { lead } else { "  " };
        let line = fitted(&printable(line), REASON_LINE_LENGTH);
        shown.extend(printer.wrap(lead, 2, line.trim_end()));
    }
    if lines.len() > REASON_LINES {
        let more = plural(lines.len() - REASON_LINES, "more line");
        shown.push(format!("  ⋮ {more}"));
    }
    shown
}

/// How a run ended and where everything is.
pub(crate) fn ending(
    printer: Printer,
    finished: &Finished,
    output: Option<&Location>,
    seconds: f64,
) {
    let outcome = &finished.outcome;
    let status = match outcome.status {
        RunStatus::Succeeded => printer.paint(Style::Green, "succeeded"),
        RunStatus::Failed => printer.paint(Style::Red, "failed"),
        RunStatus::Cancelled => printer.paint(Style::Yellow, "cancelled"),
    };
    // Of a failure it has been said already.
    let why = outcome.reason.as_ref();
    let why = why.filter(|_| outcome.status != RunStatus::Failed);
    let why = why.map_or_else(String::new, |reason| format!(": {}", printable(reason)));
    printer.say("");
    printer.say_wrapped(
        &format!("{status} "),
        2,
        &format!("in {}{why}", duration(seconds)),
    );
    let fact = |name: &str, value: &str| {
        printer.say_all(&printer.fact(name, value));
    };
    if let Some(output) = output.filter(|_| finished.unpublished.is_none()) {
        fact("output", &output.to_string());
    }
    if finished.recorded {
        fact("record", &format!("nbpress show {}", finished.run_id));
    }
    let resume = format!("nbpress resume {}", finished.run_id);
    match &finished.kept {
        Some(Kept::Until(until)) => {
            let until = local_time(*until, "%H:%M");
            fact("resume", &format!("{resume}   (kept until {until})"));
        }
        Some(Kept::Nothing(reason)) => {
            fact(
                "resume",
                &format!("{resume}   (runs all cells again: {reason})"),
            );
        }
        None => {}
    }
}

/// `run_…, at cell 3 by fork; not carried: a pipe`.
pub(crate) fn resumed(parent: RunId, resumption: Option<&Resumption>) -> String {
    let Some(how) = resumption else {
        return parent.to_string();
    };
    let (cell, way) = (how.cell + 1, how.way);
    let mut text = format!("{parent}, at cell {cell} by {way}");
    if how.first < how.cell {
        let _infallible = write!(text, " from cell {}", how.first + 1);
    }
    if !how.changed.is_empty() {
        let changed: Vec<String> = how
            .changed
            .iter()
            .map(|cell| (cell + 1).to_string())
            .collect();
        let _infallible = write!(text, "; changed before: {}", changed.join(", "));
    }
    if !how.lost.is_empty() {
        let _infallible = write!(text, "; {}", how.lost.join(", "));
    }
    printable(&text)
}

/// `sys.exit()` and `sys.exit(0)` end a run well, as they end a program well.
pub(crate) fn is_clean_exit(error: &CellError) -> bool {
    error.ename == "SystemExit" && matches!(error.evalue.as_str(), "" | "0")
}

/// `python3 (ipython 9.18.1, python 3.14.0)`.
pub(crate) fn kernel(kernel: &KernelInfo) -> String {
    let with_version = |name: &str, version: &str| format!("{name} {version}").trim().to_owned();
    format!(
        "{} ({}, {})",
        kernel.name,
        with_version(&kernel.implementation, &kernel.implementation_version),
        with_version(&kernel.language, &kernel.language_version),
    )
}

/// `region = "west", days = 60`; long values cut.
pub(crate) fn pairs(object: &Object) -> String {
    object.iter().fold(String::new(), |mut out, (name, value)| {
        let gap = if out.is_empty() { "" } else { ", " };
        let value = fitted(&printable(&value.to_compact()), VALUE_WIDTH);
        // Writing to a string cannot fail.
        let _infallible = write!(out, "{gap}{name} = {value}");
        out
    })
}

/// The text of an exception's frames.
fn traceback(frames: &[String]) -> String {
    without_ansi(&frames.join("\n"))
}
