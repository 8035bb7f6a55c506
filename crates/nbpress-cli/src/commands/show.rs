//! `nbpress show`: what happened in a run; `nbpress verify`: whether records are as they were.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use nbpress_format::json::{Json, Object};
use nbpress_format::output::OutputKind;
use nbpress_record::{
    CellStatus, Document, FailureClass, NoteLevel, Outcome, Record, RunState, RunStatus,
    read_scraps,
};

use super::runs::{local_time, seconds};
use crate::exit_code;
use crate::printer::{Printer, Style, duration, plural, printable, without_ansi};
use crate::report;
use crate::settings::Settings;

/// The most lines of one output shown.
const OUTPUT_LINES: usize = 12;

/// The most lines of the kernel's own output shown: the last ones.
const KERNEL_LINES: usize = 12;

/// The most characters of a line looked at.
const LINE_LENGTH: usize = 1000;

/// Show a recorded run: how it ended, with what, and its cells.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Run id, the beginning of one, or `latest`.
    #[arg(default_value = "latest")]
    run: String,
    /// Print every event of the journal as a line of JSON on stdout.
    #[arg(long)]
    json: bool,
    /// Leave out the cells.
    #[arg(long)]
    brief: bool,
}

pub(crate) fn show(printer: Printer, settings: &Settings, args: &ShowArgs) -> anyhow::Result<u8> {
    let record = settings.record(&args.run)?;
    if args.json {
        for event in record.events()? {
            printer.data(&event?.to_json().to_compact())?;
        }
        return Ok(exit_code::OK);
    }
    let document = record
        .document()
        .with_context(|| format!("failed to read the record of `{}`", args.run))?;
    let page = printer.for_data();
    let mut sections = vec![heading(page, &record, &document), notes(page, &document)];
    if !args.brief {
        let cells = 0..document.notebook.cells.len();
        sections.extend(cells.map(|cell| show_cell(page, &record, &document, cell)));
    }
    sections.push(scraps(page, &document));
    sections.push(failure(page, &document));
    let shown = sections.iter().filter(|section| !section.is_empty());
    for (index, section) in shown.enumerate() {
        if index > 0 {
            printer.data("")?;
        }
        section.iter().try_for_each(|line| printer.data(line))?;
    }
    Ok(exit_code::OK)
}

fn heading(page: Printer, record: &Record, document: &Document) -> Vec<String> {
    let header = document.header();
    let outcome = document.outcome();
    let mut lines = Vec::new();
    let mut fact = |name: &str, value: &str| lines.extend(page.fact(name, value));
    fact("run", &record.run_id().to_string());
    fact("notebook", &header.source.path);
    fact("status", &status_words(record.state(), outcome));
    if let Some(parent) = header.parent {
        fact("resumed", &report::resumed(parent, document.resumption()));
    }
    let reason = outcome.and_then(|outcome| outcome.reason.as_ref());
    // Of a run that was cut off there is nothing else to say.
    if let Some(reason) = reason.filter(|_| record.state() != RunState::CutOff) {
        fact("reason", reason.lines().next().unwrap_or_default());
    }
    let took = duration(seconds(header.started_at, document.last_at()));
    let started = local_time(header.started_at, "%Y-%m-%d %H:%M:%S %:z");
    fact("started", &format!("{started}, took {took}"));
    if !header.parameters.is_empty() {
        fact("parameters", &report::pairs(&header.parameters));
    }
    if !header.tags.is_empty() {
        fact("tags", &report::pairs(&header.tags));
    }
    if let Some(kernel) = document.kernel() {
        fact("kernel", &report::kernel(kernel));
    }
    if let Some(limits) = document.kernel().and_then(|kernel| kernel.limits.as_ref()) {
        fact("limits", limits);
    }
    if let Some(used) = outcome.and_then(used) {
        fact("used", &used);
    }
    if let Some(folder) = &header.working_directory {
        let folder = Path::new(folder).components().collect::<PathBuf>();
        fact("folder", &folder.display().to_string());
    }
    if let Some(commit) = &header.git_commit {
        fact("commit", &commit.commit);
    }
    let platform = format!("{}, nbpress {}", header.platform, header.nbpress_version);
    fact("platform", &platform);
    if let Some(output) = &header.output_path {
        fact("output", output);
    }
    lines
}

fn used(outcome: &Outcome) -> Option<String> {
    let peak = outcome.peak_memory_bytes?;
    let cpu = outcome.cpu_seconds.unwrap_or_default();
    Some(format!("{} MiB at most, {cpu:.1} s of CPU", peak >> 20))
}

fn status_words(state: RunState, outcome: Option<&Outcome>) -> String {
    let Some(outcome) = outcome.filter(|_| state == RunState::Finished) else {
        return match state {
            RunState::Running => "running".to_owned(),
            RunState::CutOff => "cut off: the runner was killed".to_owned(),
            RunState::Finished => "finished".to_owned(),
        };
    };
    match outcome.class {
        Some(class) => format!("{} ({})", outcome.status.as_str(), class_words(class)),
        None => outcome.status.as_str().to_owned(),
    }
}

/// Where somebody must act.
fn class_words(class: FailureClass) -> &'static str {
    match class {
        FailureClass::User => "in the notebook",
        FailureClass::Timeout => "took too long",
        FailureClass::Resource => "memory or disk",
        FailureClass::Platform => "on the machine",
        FailureClass::Invalid => "could not start",
    }
}

/// Warnings, and the end of what the kernel wrote outside the protocol.
fn notes(page: Printer, document: &Document) -> Vec<String> {
    let (words, warnings): (Vec<_>, Vec<_>) = document
        .notes()
        .iter()
        .partition(|note| note.level == NoteLevel::Info);
    let mut lines = Vec::new();
    for warning in warnings {
        let lead = format!("{} ", page.paint(Style::Yellow, "!"));
        lines.extend(page.wrap(&lead, 2, &printable(&warning.text)));
    }
    // A line and its end can come as two pieces.
    let words = words.iter().flat_map(|note| note.text.lines());
    let words: Vec<&str> = words.filter(|line| !line.trim().is_empty()).collect();
    if !words.is_empty() {
        lines.push("the kernel's own output".to_owned());
        let left_out = words.len().saturating_sub(KERNEL_LINES);
        if left_out > 0 {
            lines.push(format!("  ⋮ {}", plural(left_out, "earlier line")));
        }
        lines.extend(words[left_out..].iter().map(|line| cut(page, 2, line)));
    }
    lines
}

fn show_cell(page: Printer, record: &Record, document: &Document, index: usize) -> Vec<String> {
    let cell = &document.notebook.cells[index];
    if !cell.is_code() {
        return Vec::new();
    }
    let state = &document.cells()[index];
    let ended_well = document.outcome().is_some_and(|outcome| {
        outcome.status == RunStatus::Succeeded && outcome.cell == Some(index)
    });
    let (style, mark, words) = match state.status {
        CellStatus::Completed => (Style::Green, "✓", ""),
        CellStatus::Failed if ended_well => (Style::Green, "✓", "ended the run"),
        CellStatus::Failed | CellStatus::Running if record.state() == RunState::CutOff => {
            (Style::Red, "✗", "was running")
        }
        CellStatus::Failed => (Style::Red, "✗", "failed"),
        CellStatus::Skipped => (Style::Dim, "-", "skipped"),
        CellStatus::Running => (Style::Yellow, "…", "running"),
        CellStatus::Pending | CellStatus::NotRun => (Style::Dim, "·", "never ran"),
    };
    let mut title = vec![format!("{} cell {}", page.paint(style, mark), index + 1)];
    title.extend(cell.execution_count().map(|count| format!("In [{count}]")));
    if let (Some(started), Some(finished)) = (state.started_at, state.finished_at) {
        title.push(duration(seconds(started, finished)));
    }
    title.extend((!words.is_empty()).then(|| words.to_owned()));
    let mut lines = vec![title.join(" · ")];
    let code = cell.source.trim_end().lines();
    lines.extend(
        code.map(|line| page.paint(Style::Dim, cut(page, 2, &format!("│ {line}")).trim_end())),
    );
    for output in cell.outputs() {
        lines.extend(output_lines(page, &text_of(&output.kind)));
    }
    lines
}

fn text_of(kind: &OutputKind) -> String {
    match kind {
        OutputKind::Stream { text, .. } => without_ansi(text),
        OutputKind::Error { ename, evalue, .. } => format!("{ename}: {evalue}"),
        OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => {
            shown(data)
        }
        OutputKind::Other(_) => "(unknown output)".to_owned(),
    }
}

fn output_lines(page: Printer, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    // One line more is shown rather than counted.
    let shown = if lines.len() == OUTPUT_LINES + 1 {
        lines.len()
    } else {
        OUTPUT_LINES
    };
    let mut out: Vec<String> = lines
        .iter()
        .take(shown)
        .map(|line| cut(page, 4, line))
        .collect();
    if lines.len() > shown {
        out.push(format!(
            "    ⋮ {}",
            plural(lines.len() - shown, "more line")
        ));
    }
    out
}

/// A line of somebody else's, indented and cut where the terminal ends.
fn cut(page: Printer, indent: usize, line: &str) -> String {
    // Of a line that was redrawn, what was drawn last.
    let line = line
        .trim_end_matches('\r')
        .rsplit('\r')
        .next()
        .unwrap_or(line);
    let line: String = line.chars().take(LINE_LENGTH).collect();
    page.fit(&format!("{}{}", " ".repeat(indent), printable(&line)))
}

fn shown(data: &Object) -> String {
    if let Some(text) = data.get("text/plain").and_then(Json::as_str) {
        return without_ansi(text);
    }
    let kinds: Vec<&str> = data.keys().map(String::as_str).collect();
    format!("[{}]", kinds.join(", "))
}

fn scraps(page: Printer, document: &Document) -> Vec<String> {
    let scraps = read_scraps(&document.notebook);
    if scraps.is_empty() {
        return Vec::new();
    }
    let rows = super::scraps::table(&scraps);
    let rows = rows.iter().map(|row| page.fit(&format!("  {row}")));
    std::iter::once(page.paint(Style::Bold, "scraps"))
        .chain(rows)
        .collect()
}

fn failure(page: Printer, document: &Document) -> Vec<String> {
    let failed = |outcome: &&Outcome| outcome.status != RunStatus::Succeeded;
    let Some(outcome) = document.outcome().filter(failed) else {
        return Vec::new();
    };
    let lead = format!("{} ", page.paint(Style::Red, "error:"));
    let mut lines = Vec::new();
    if outcome.status == RunStatus::Failed {
        lines.extend(report::reason_lines(page, &lead, outcome));
    }
    if let Some(cell) = outcome.cell {
        let frame = report::code_frame(page, &document.notebook, outcome, cell);
        if !frame.is_empty() && !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(frame);
    }
    lines
}

/// Check that no byte of any finished record has changed.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {}

pub(crate) fn verify(
    printer: Printer,
    settings: &Settings,
    _args: &VerifyArgs,
) -> anyhow::Result<u8> {
    let report = settings.store()?.verify()?;
    for problem in &report.problems {
        printer.data(&problem.to_string())?;
    }
    if report.problems.is_empty() {
        let records = plural(report.records, "record");
        printer.say_wrapped(
            "",
            2,
            &format!("{records} checked: every byte is as it was written"),
        );
        return Ok(exit_code::OK);
    }
    Ok(exit_code::FOUND_PROBLEMS)
}
