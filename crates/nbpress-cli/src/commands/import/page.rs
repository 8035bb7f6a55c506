//! What an import shows: jobs with their schedules, runs, and what is left out.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nbpress_scheduler::import::{Plan, ProposedJob, ProposedRun, Tool, run_id};
use nbpress_server::DEFAULT_WORKSPACE;
use serde_json::{Value, json};

use super::carry_out::{Outcome, Taken};
use crate::printer::{Printer, Style, duration, padded, plural, printable};

/// Columns of the word before each line.
const WORD: usize = 7;

/// Prints the plan and what became of it.
pub(crate) fn print(
    printer: Printer,
    plan: &Plan,
    taken: &Taken,
    json: bool,
) -> anyhow::Result<()> {
    if json {
        printer.data(&as_json(plan, taken)?.to_string())?;
        return Ok(());
    }
    let page = printer.for_data();
    let mut lines = Vec::new();
    for (job, (name, outcome)) in plan.jobs.iter().zip(&taken.jobs) {
        lines.extend(job_lines(page, job, name, outcome));
    }
    for (proposed, outcome) in plan.runs.iter().zip(&taken.runs) {
        lines.extend(run_lines(page, proposed, outcome));
    }
    for left_out in &plan.left_out {
        let lead = format!("{}  ", page.paint(Style::Dim, &padded("skip", WORD)));
        let text = format!("{}: {}", left_out.what, left_out.reason);
        lines.extend(page.wrap(&lead, WORD + 2, &printable(&text)));
    }
    for line in lines {
        printer.data(&line)?;
    }
    Ok(())
}

fn as_json(plan: &Plan, taken: &Taken) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(plan)?;
    for (at, (name, outcome)) in taken.jobs.iter().enumerate() {
        value["jobs"][at]["name"] = json!(name);
        value["jobs"][at]["outcome"] = json!(outcome);
    }
    for (at, outcome) in taken.runs.iter().enumerate() {
        let id = run_id(DEFAULT_WORKSPACE, &plan.runs[at].run);
        value["runs"][at]["id"] = json!(id.to_string());
        value["runs"][at]["outcome"] = json!(outcome);
    }
    Ok(value)
}

/// The word that says what becomes of a thing, padded, and two blanks.
fn lead(page: Printer, outcome: &Outcome) -> String {
    let (word, style) = match outcome {
        Outcome::Unknown | Outcome::New => ("new", Style::Cyan),
        Outcome::Known => ("known", Style::Dim),
        Outcome::Added => ("added", Style::Green),
        Outcome::Failed(_) => ("failed", Style::Red),
    };
    format!("{}  ", page.paint(style, &padded(word, WORD)))
}

fn job_lines(page: Printer, job: &ProposedJob, name: &str, outcome: &Outcome) -> Vec<String> {
    let indented = |text: &str| {
        let lead = " ".repeat(WORD + 4);
        page.wrap(&lead, WORD + 6, &printable(text))
    };
    let title = format!("job {name}  ({})", job.origin);
    let mut lines = page.wrap(&lead(page, outcome), WORD + 4, &printable(&title));
    let room = page.width().saturating_sub(WORD + 4);
    lines.extend(indented(&page.fit_path(&job.notebook, room)));
    if let Some(schedule) = &job.schedule {
        let paused = if schedule.paused { ", paused" } else { "" };
        let (expression, zone) = (&schedule.expression, &schedule.time_zone);
        lines.extend(indented(&format!("at {expression}, {zone}{paused}")));
    }
    for (name, value) in &job.parameters {
        lines.extend(indented(&format!("{name} = {value}")));
    }
    for file in &job.parameter_files {
        lines.extend(indented(&format!("parameters of {file}")));
    }
    for note in &job.notes {
        lines.extend(indented(&format!("note: {note}")));
    }
    if let Outcome::Failed(reason) = outcome {
        lines.extend(indented(reason));
    }
    lines
}

fn run_lines(page: Printer, proposed: &ProposedRun, outcome: &Outcome) -> Vec<String> {
    let run = &proposed.run;
    let took = run.ended_at.duration_since(run.started_at).as_secs_f64();
    // An output of papermill has its own name, one of jupyter-scheduler the notebook's with a time.
    let named = match (run.tool, &proposed.executed) {
        (Tool::Papermill, Some(place)) => place,
        _ => &run.notebook,
    };
    let name = Path::new(named);
    let name = name.file_name().unwrap_or(name.as_os_str());
    let facts = format!(
        "{}  {}  {}  {}",
        local(run.started_at),
        padded(run.state.as_str(), 9),
        padded(&duration(took), 7),
        name.to_string_lossy(),
    );
    let mut lines = vec![page.fit(&format!("{}{}", lead(page, outcome), printable(&facts)))];
    let mut further = |text: &str| {
        let lead = " ".repeat(WORD + 4);
        let text = text.lines().next().unwrap_or_default();
        lines.extend(page.wrap(&lead, WORD + 6, &printable(text)));
    };
    if let Some(reason) = &run.reason {
        let cell = run.cell.map(|cell| format!("cell {}: ", cell + 1));
        further(&format!("{}{reason}", cell.unwrap_or_default()));
    }
    if let Outcome::Failed(reason) = outcome {
        further(reason);
    }
    lines
}

fn local(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::system());
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Says how much it was, and what to do next.
pub(crate) fn close(printer: Printer, plan: &Plan, taken: &Taken, applied: bool) {
    let count = |wanted: fn(&Outcome) -> bool| taken.outcomes().filter(|o| wanted(o)).count();
    let new = count(|outcome| matches!(outcome, Outcome::Unknown | Outcome::New));
    let parts = [
        (new, "new"),
        (count(|outcome| *outcome == Outcome::Added), "added"),
        (count(|outcome| *outcome == Outcome::Known), "there already"),
        (
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            "failed",
        ),
        (plan.left_out.len(), "skipped"),
    ];
    let told = parts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if told.is_empty() {
        printer.say("there is nothing to import");
        return;
    }
    let what = [(plan.jobs.len(), "job"), (plan.runs.len(), "run")];
    let what = what.iter().filter(|(count, _)| *count > 0);
    let what: Vec<String> = what.map(|(count, what)| plural(*count, what)).collect();
    let lead = if what.is_empty() {
        "nothing to import".to_owned()
    } else {
        what.join(", ")
    };
    printer.say(&format!("{lead}: {}", told.join(", ")));
    if taken.outcomes().any(|outcome| *outcome == Outcome::Unknown) {
        printer.say("no server runs here, so nobody knows what is there already");
    }
    if !applied && new > 0 {
        printer.say("nothing was changed; the same command with `--apply` does it");
    }
    let paused = |job: &ProposedJob| job.schedule.as_ref().is_some_and(|s| s.paused);
    let fires = |job: &ProposedJob| job.schedule.as_ref().is_some_and(|s| !s.paused);
    if plan.jobs.iter().any(paused) {
        let text = "paused schedules fire after `nbpress schedule resume ID`; `nbpress schedule list` has their ids";
        printer.say_wrapped("", 0, text);
    }
    if plan.jobs.iter().any(fires) {
        let text =
            "other schedules fire from now on; what ran these notebooks before must stop doing so";
        printer.say_wrapped("", 0, text);
    }
}
