//! `nbpress kept`: which states of kernels are kept, and their end.

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use nbpress_execute::keep::folder_of;
use nbpress_format::json::Json;
use nbpress_kernel::kept;
use nbpress_record::{Record, RunState};

use super::runs::local_time;
use crate::exit_code;
use crate::printer::Printer;
use crate::settings::Settings;

/// List the states that are kept of runs that failed, or drop them.
#[derive(Debug, Args)]
pub(crate) struct KeptArgs {
    #[command(subcommand)]
    command: Option<KeptCommand>,
    /// Print JSON on stdout, one state per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum KeptCommand {
    /// Drop the states of a run, or of all that have ended.
    Drop(DropArgs),
}

#[derive(Debug, Args)]
#[group(id = "which", required = true)]
struct DropArgs {
    /// Run id, the beginning of one, or `latest`.
    #[arg(group = "which")]
    run: Option<String>,
    /// Of every run.
    #[arg(long, group = "which")]
    all: bool,
}

/// Runs the command and returns its exit code.
pub(crate) fn kept(printer: Printer, settings: &Settings, args: &KeptArgs) -> anyhow::Result<u8> {
    let runs = match &args.command {
        Some(KeptCommand::Drop(DropArgs { run: Some(run), .. })) => {
            let run = settings.record(run)?.run_id();
            kept::drop_all(&folder_of(&settings.copies(), run));
            return Ok(exit_code::OK);
        }
        Some(KeptCommand::Drop(_)) => {
            let runs = with_copies(settings).into_iter();
            let ended = runs.filter(|record| record.state() != RunState::Running);
            ended.for_each(|record| {
                kept::drop_all(&folder_of(&settings.copies(), record.run_id()));
            });
            return Ok(exit_code::OK);
        }
        None => with_copies(settings),
    };
    for record in runs {
        let document = record.document()?;
        for state in states(&folder_of(&settings.copies(), record.run_id())) {
            let cells = &document.notebook.cells;
            let count = Some(state.execution_count);
            let cell = cells
                .iter()
                .position(|cell| cell.execution_count() == count);
            printer.data(&line(&record, cell, &state, args.json))?;
        }
    }
    Ok(exit_code::OK)
}

/// A frozen copy, or variables in a file.
struct State {
    execution_count: u64,
    bytes: u64,
    process_id: Option<u32>,
    until: Timestamp,
}

fn states(folder: &Path) -> Vec<State> {
    let copies = kept::list(folder).into_iter().map(|copy| State {
        execution_count: copy.execution_count,
        bytes: copy.memory_bytes().unwrap_or(0),
        process_id: Some(copy.process_id),
        until: copy.until,
    });
    let saved = kept::saved(folder).into_iter().map(|saved| State {
        execution_count: saved.execution_count,
        bytes: saved.bytes,
        process_id: None,
        until: saved.until,
    });
    let mut states: Vec<State> = copies.chain(saved).collect();
    states.sort_by_key(|state| state.execution_count);
    states
}

/// The runs that have a folder of copies, oldest first.
fn with_copies(settings: &Settings) -> Vec<Record> {
    let entries = std::fs::read_dir(settings.copies()).into_iter().flatten();
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
        .iter()
        .filter_map(|name| settings.record(name).ok())
        .collect()
}

fn line(record: &Record, cell: Option<usize>, state: &State, json: bool) -> String {
    let run = record.run_id().to_string();
    let number = cell.and_then(|cell| i64::try_from(cell + 1).ok());
    if json {
        let fields = [
            ("run_id", Json::from(run)),
            ("cell", number.map_or(Json::Null, Json::from)),
            (
                "memory_bytes",
                i64::try_from(state.bytes).map_or(Json::Null, Json::from),
            ),
            (
                "pid",
                state
                    .process_id
                    .map_or(Json::Null, |pid| Json::from(i64::from(pid))),
            ),
            ("until", Json::from(state.until.to_string())),
        ];
        let fields = fields.into_iter();
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        return Json::Object(fields.collect()).to_compact();
    }
    let cell = number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    let until = local_time(state.until, "%H:%M");
    let what = match state.process_id {
        Some(_) => format!("{} MiB", state.bytes >> 20),
        None => format!("variables in a file, {} KiB", state.bytes.div_ceil(1024)),
    };
    format!("{run}  before cell {cell}  {what}  until {until}")
}
