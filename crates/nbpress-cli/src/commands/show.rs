//! `nbpress show` and `nbpress runs`: what happened.

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::Args;
use nbpress_format::cell::Cell;
use nbpress_format::json::{Json, Object};
use nbpress_format::output::OutputKind;
use nbpress_record::{CellStatus, Document, Record, RunState, RunStatus, RunSummary, read_scraps};

use crate::exit_code;
use crate::printer::{Printer, Style, duration, fitted, padded, printable, without_ansi};
use crate::report;
use crate::settings::Settings;

/// The most lines of one output shown.
const OUTPUT_LINES: usize = 12;

/// Show a recorded run: how it ended, with what it ran, and its cells with their output.
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

/// List the runs of the local store, newest first.
#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// The most runs listed.
    #[arg(short = 'n', long, default_value_t = 20)]
    limit: usize,
    /// Print JSON on stdout, one run per line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn show(printer: Printer, settings: &Settings, args: &ShowArgs) -> anyhow::Result<u8> {
    let store = settings.store()?;
    let record = store.find(&args.run)?;
    if args.json {
        for event in record.events()? {
            printer.data(&event?.to_json().to_compact())?;
        }
        return Ok(exit_code::OK);
    }
    let document = record
        .document()
        .with_context(|| format!("failed to read the record of `{}`", args.run))?;
    for line in heading(printer, &record, &document) {
        printer.data(&line)?;
    }
    if !args.brief {
        for (index, cell) in document.notebook.cells.iter().enumerate() {
            show_cell(printer, index, cell, document.cells()[index].status)?;
        }
    }
    let scraps = read_scraps(&document.notebook);
    if !scraps.is_empty() {
        printer.data(&printer.paint(Style::Bold, "\nscraps"))?;
        for row in super::scraps::table(printer, &scraps) {
            printer.data(&format!("  {row}"))?;
        }
    }
    if let Some(outcome) = document
        .outcome()
        .filter(|outcome| outcome.status != RunStatus::Succeeded)
        && let Some(cell) = outcome.cell
    {
        report::code_frame(printer, &document.notebook, outcome, cell);
    }
    Ok(exit_code::OK)
}

fn heading(printer: Printer, record: &Record, document: &Document) -> Vec<String> {
    let header = document.header();
    let mut lines = vec![format!(
        "{}  {}",
        printer.paint(Style::Bold, &record.run_id().to_string()),
        header.source.path
    )];
    let mut fact = |name: &str, value: String| {
        lines.push(format!(
            "  {}  {}",
            printer.paint(Style::Dim, &padded(name, 11)),
            printable(&value)
        ));
    };
    fact("status", status_words(record.state(), document));
    let reason = document
        .outcome()
        .and_then(|outcome| outcome.reason.clone());
    if let Some(reason) = reason {
        fact("reason", reason);
    }
    let seconds = document
        .last_at()
        .duration_since(header.started_at)
        .as_secs_f64();
    fact(
        "started",
        format!("{:.0}, took {}", header.started_at, duration(seconds)),
    );
    if !header.parameters.is_empty() {
        fact("parameters", pairs(&header.parameters));
    }
    if let Some(kernel) = document.kernel() {
        fact(
            "kernel",
            format!(
                "{} ({} {}, {} {})",
                kernel.name,
                kernel.implementation,
                kernel.implementation_version,
                kernel.language,
                kernel.language_version
            ),
        );
    }
    if let Some(peak) = document
        .outcome()
        .and_then(|outcome| outcome.peak_memory_bytes)
    {
        let cpu = document
            .outcome()
            .and_then(|outcome| outcome.cpu_seconds)
            .unwrap_or_default();
        fact(
            "used",
            format!("{} MiB at most, {cpu:.1} s of CPU", peak >> 20),
        );
    }
    if let Some(commit) = &header.git_commit {
        fact("commit", commit.commit.clone());
    }
    fact(
        "platform",
        format!("{}, nbpress {}", header.platform, header.nbpress_version),
    );
    if let Some(output) = &header.output_path {
        fact("output", output.clone());
    }
    lines
}

fn status_words(state: RunState, document: &Document) -> String {
    match (state, document.outcome()) {
        (RunState::Running, _) => "running".to_owned(),
        (RunState::CutOff, _) => "cut off: the runner was killed".to_owned(),
        (RunState::Finished, Some(outcome)) => match outcome.class {
            Some(class) => format!("{} ({})", outcome.status.as_str(), class.as_str()),
            None => outcome.status.as_str().to_owned(),
        },
        (RunState::Finished, None) => "finished".to_owned(),
    }
}

fn pairs(object: &Object) -> String {
    object.iter().fold(String::new(), |mut out, (name, value)| {
        let gap = if out.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _infallible = write!(out, "{gap}{name} = {}", value.to_compact());
        out
    })
}

fn show_cell(
    printer: Printer,
    index: usize,
    cell: &Cell,
    status: CellStatus,
) -> anyhow::Result<()> {
    if !cell.is_code() {
        return Ok(());
    }
    let mark = match status {
        CellStatus::Completed => printer.paint(Style::Green, "✓"),
        CellStatus::Failed => printer.paint(Style::Red, "✗"),
        CellStatus::Skipped => printer.paint(Style::Dim, "-"),
        CellStatus::Running => printer.paint(Style::Yellow, "…"),
        _ => printer.paint(Style::Dim, "·"),
    };
    let note = if matches!(status, CellStatus::Pending | CellStatus::NotRun) {
        "  (never ran)"
    } else {
        ""
    };
    printer.data(&format!("\n{mark} cell {}{note}", index + 1))?;
    for line in cell.source.lines() {
        printer.data(&printer.paint(
            Style::Dim,
            &fitted(&format!("  │ {}", printable(line)), printer.width()),
        ))?;
    }
    for output in cell.outputs() {
        let text = match &output.kind {
            OutputKind::Stream { text, .. } => without_ansi(text),
            OutputKind::Error { ename, evalue, .. } => format!("{ename}: {evalue}"),
            OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => {
                shown(data)
            }
            OutputKind::Other(_) => "(unknown output)".to_owned(),
        };
        let lines: Vec<&str> = text.lines().collect();
        for line in lines.iter().take(OUTPUT_LINES) {
            printer.data(&fitted(
                &format!("    {}", printable(line)),
                printer.width(),
            ))?;
        }
        if lines.len() > OUTPUT_LINES {
            printer.data(&format!("    ⋮ {} more lines", lines.len() - OUTPUT_LINES))?;
        }
    }
    Ok(())
}

fn shown(data: &Object) -> String {
    match data.get("text/plain").and_then(Json::as_str) {
        Some(text) => without_ansi(text),
        None => format!(
            "[{}]",
            data.keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

pub(crate) fn runs(printer: Printer, settings: &Settings, args: &RunsArgs) -> anyhow::Result<u8> {
    let summaries = settings.store()?.list()?;
    if summaries.is_empty() {
        printer.say(&format!("no runs yet in {}", settings.home.display()));
    }
    for run in summaries.iter().take(args.limit) {
        if args.json {
            printer.data(&to_json(run).to_compact())?;
            continue;
        }
        let status = match (
            run.state,
            run.outcome.as_ref().map(|outcome| outcome.status),
        ) {
            (RunState::Running, _) => printer.paint(Style::Yellow, &padded("running", 9)),
            (RunState::CutOff, _) => printer.paint(Style::Red, &padded("cut off", 9)),
            (_, Some(RunStatus::Succeeded)) => printer.paint(Style::Green, &padded("succeeded", 9)),
            (_, Some(RunStatus::Cancelled)) => {
                printer.paint(Style::Yellow, &padded("cancelled", 9))
            }
            (_, _) => printer.paint(Style::Red, &padded("failed", 9)),
        };
        let started = run.header.started_at.strftime("%Y-%m-%d %H:%M");
        let room = printer.width().saturating_sub(30 + 2 + 9 + 2 + 16 + 2);
        printer.data(&format!(
            "{}  {status}  {started}  {}",
            run.run_id,
            fitted(&run.header.source.path, room.max(12))
        ))?;
    }
    Ok(exit_code::OK)
}

fn to_json(run: &RunSummary) -> Json {
    let text = |value: Option<String>| value.map_or(Json::Null, Json::from);
    let outcome = run.outcome.as_ref();
    let state = match run.state {
        RunState::Running => "running",
        RunState::CutOff => "cut_off",
        RunState::Finished => outcome.map_or("finished", |outcome| outcome.status.as_str()),
    };
    let fields = [
        ("run_id", Json::from(run.run_id.to_string())),
        ("state", Json::from(state)),
        (
            "class",
            text(
                outcome
                    .and_then(|outcome| outcome.class)
                    .map(|class| class.as_str().to_owned()),
            ),
        ),
        (
            "reason",
            text(outcome.and_then(|outcome| outcome.reason.clone())),
        ),
        ("source", Json::from(run.header.source.path.as_str())),
        ("output", text(run.header.output_path.clone())),
        ("parameters", Json::Object(run.header.parameters.clone())),
        ("tags", Json::Object(run.header.tags.clone())),
        ("started_at", Json::from(run.header.started_at.to_string())),
        (
            "finished_at",
            text(run.finished_at.map(|at| at.to_string())),
        ),
        ("record_id", text(run.record_id.clone())),
    ];
    Json::Object(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// Check that no byte of any finished record has changed since it was written.
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
        printer.say(&format!(
            "{} records are as they were written",
            report.records
        ));
        return Ok(exit_code::OK);
    }
    Ok(exit_code::FOUND_PROBLEMS)
}
