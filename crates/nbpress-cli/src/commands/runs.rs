//! `nbpress runs`: what ran.

use clap::Args;
use jiff::tz::TimeZone;
use nbpress_format::json::Json;
use nbpress_record::{RunState, RunStatus, RunSummary, Timestamp};

use crate::exit_code;
use crate::printer::{Printer, Style, duration, padded};
use crate::settings::Settings;

/// Below this many columns a run takes two lines.
pub(crate) const ONE_LINE: usize = 72;

/// From this many columns on, the time a run took is shown.
const WITH_DURATION: usize = 92;

/// List the runs of the local store, newest first.
#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// The most runs listed.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// Print JSON on stdout, one run per line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn runs(printer: Printer, settings: &Settings, args: &RunsArgs) -> anyhow::Result<u8> {
    let summaries = settings.store()?.list()?;
    if summaries.is_empty() && !args.json {
        let home = settings.home.display();
        printer.say_wrapped("", 2, &format!("no runs yet in {home}"));
    }
    let page = printer.for_data();
    for run in summaries.iter().take(args.limit) {
        if args.json {
            printer.data(&to_json(run).to_compact())?;
            continue;
        }
        for line in lines(page, run) {
            printer.data(&line)?;
        }
    }
    if !args.json && summaries.len() > args.limit {
        let more = summaries.len() - args.limit;
        printer.say_wrapped(
            "",
            2,
            &format!("{more} older: `nbpress runs -n {}`", summaries.len()),
        );
    }
    Ok(exit_code::OK)
}

fn lines(page: Printer, run: &RunSummary) -> Vec<String> {
    let (style, status) = status(run);
    let status = page.paint(style, &padded(status, 9));
    let started = run.header.started_at;
    let source = &run.header.source.path;
    let width = page.width();
    if width < ONE_LINE {
        let started = local_time(started, "%m-%d %H:%M");
        let source = page.fit_path(source, width.saturating_sub(2 + 9 + 2 + 11 + 2));
        return vec![
            run.run_id.to_string(),
            format!("  {status}  {started}  {source}"),
        ];
    }
    let started = local_time(started, "%Y-%m-%d %H:%M");
    let took = match run.finished_at {
        _ if width < WITH_DURATION => String::new(),
        Some(end) => padded(&duration(seconds(run.header.started_at, end)), 13),
        None => padded("", 13),
    };
    let left = format!("{}  {status}  {started}  {took}", run.run_id);
    let room = width - (30 + 2 + 9 + 2 + 16 + 2 + took.len());
    vec![format!("{left}{}", page.fit_path(source, room))]
}

fn status(run: &RunSummary) -> (Style, &'static str) {
    let outcome = run.outcome.as_ref().map(|outcome| outcome.status);
    match (run.state, outcome) {
        (RunState::Running, _) => (Style::Yellow, "running"),
        (RunState::CutOff, _) => (Style::Red, "cut off"),
        (RunState::Finished, Some(RunStatus::Succeeded)) => (Style::Green, "succeeded"),
        (RunState::Finished, Some(RunStatus::Cancelled)) => (Style::Yellow, "cancelled"),
        (RunState::Finished, _) => (Style::Red, "failed"),
    }
}

/// A time as the clock on the wall shows it.
pub(crate) fn local_time(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::system()).strftime(format).to_string()
}

/// From one time to another, in seconds.
pub(crate) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

fn to_json(run: &RunSummary) -> Json {
    let text = |value: Option<String>| value.map_or(Json::Null, Json::from);
    let outcome = run.outcome.as_ref();
    let state = match run.state {
        RunState::Running => "running",
        RunState::CutOff => "cut_off",
        RunState::Finished => outcome.map_or("finished", |outcome| outcome.status.as_str()),
    };
    let class = outcome.and_then(|outcome| outcome.class);
    let reason = outcome.and_then(|outcome| outcome.reason.clone());
    let header = &run.header;
    let fields = [
        ("run_id", Json::from(run.run_id.to_string())),
        ("state", Json::from(state)),
        ("class", text(class.map(|class| class.as_str().to_owned()))),
        ("reason", text(reason)),
        ("source", Json::from(header.source.path.as_str())),
        ("output", text(header.output_path.clone())),
        (
            "parent",
            text(header.parent.map(|parent| parent.to_string())),
        ),
        ("parameters", Json::Object(header.parameters.clone())),
        ("tags", Json::Object(header.tags.clone())),
        ("started_at", Json::from(header.started_at.to_string())),
        (
            "finished_at",
            text(run.finished_at.map(|at| at.to_string())),
        ),
        ("record_id", text(run.record_id.clone())),
    ];
    let fields = fields.into_iter();
    Json::Object(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}
