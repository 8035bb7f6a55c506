//! `nbpress resume`: go on where a run failed.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use indexmap::IndexMap;
use nbpress_execute::keep::folder_of;
use nbpress_execute::resume::outside::files_written;
use nbpress_execute::{Earlier, ExecuteOptions, Parent};
use nbpress_format::parameters::ParameterValue;
use nbpress_record::{Document, Record, RunState};
use nbpress_storage::Location;

use super::run::{ExecutionArgs, KeepArgs, Shown, carry_out};
use crate::parameters::ParameterArgs;
use crate::printer::{Printer, printable};
use crate::settings::Settings;

/// The most files listed that the earlier run wrote.
const FILES: usize = 10;

/// Go on where a run failed, with the notebook as it is now.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Run id, the beginning of one, or `latest`.
    run: String,
    /// The notebook, edited [default: the one that the run was made of].
    notebook: Option<String>,
    /// Where to write the executed copy; never where the other run's is.
    #[arg(short, long)]
    output: Option<String>,
    /// Go on at this cell, counted from 1, instead of the one that failed.
    #[arg(long, value_name = "CELL", value_parser = parse_cell)]
    from: Option<usize>,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    execution: ExecutionArgs,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    shown: Shown,
}

/// Runs the command and returns its exit code.
pub(crate) async fn resume(
    printer: Printer,
    settings: &Settings,
    args: &ResumeArgs,
) -> anyhow::Result<u8> {
    let record = settings.record(&args.run)?;
    if record.state() == RunState::Running {
        bail!("`{}` has not ended", record.run_id());
    }
    let document = record
        .document()
        .with_context(|| format!("failed to read the record of `{}`", args.run))?;
    let given = args.parameters.read(&settings.storage()).await?;
    refuse_other_parameters(&document, &given)?;
    let mut options = options(settings, args, &record, document)?;
    options.keep = args.keep.keeping(printer, settings);
    if args.shown.all() {
        tell_what_was_written(printer, settings, &options);
    }
    carry_out(printer, settings, &options, args.shown).await
}

fn options(
    settings: &Settings,
    args: &ResumeArgs,
    record: &Record,
    document: Document,
) -> anyhow::Result<ExecuteOptions> {
    let header = document.header().clone();
    let notebook = args.notebook.clone();
    let notebook = notebook.unwrap_or_else(|| source_of(&document));
    let mut options = args.execution.options(settings, &notebook)?;
    "resume".clone_into(&mut options.command);
    options.parameters = values_of(&document);
    options.output = args.output.as_deref().map(Location::parse).transpose()?;
    let is_parents = |output: &Location| Some(output.to_string()) == header.output_path;
    if options.output.as_ref().is_some_and(is_parents) {
        bail!(
            "`{}` is the output of the run to go on from",
            header.output_path.unwrap_or_default()
        );
    }
    if options.kernel.is_none() {
        options.kernel = document.kernel().map(|kernel| kernel.name.clone());
    }
    if options.working_directory.is_none() {
        options.working_directory = header.working_directory.map(Into::into);
    }
    if options.tags.is_empty() {
        options.tags = header.tags;
    }
    options.resume = Some(Arc::new(Parent {
        has_files: true,
        earlier: earlier(settings, &document),
        document,
        copies: folder_of(&settings.copies(), record.run_id()),
        from: args.from,
    }));
    Ok(options)
}

/// What is kept of the runs that this one went on from.
pub(super) fn earlier(settings: &Settings, document: &Document) -> Vec<Earlier> {
    Earlier::of(document, &settings.copies(), |run| {
        settings.record(&run.to_string()).ok()?.document().ok()
    })
}

/// The values the earlier run had.
pub(super) fn values_of(document: &Document) -> IndexMap<String, ParameterValue> {
    let values = document.header().parameters.iter();
    values
        .map(|(name, value)| (name.clone(), ParameterValue::from_json(value)))
        .collect()
}

/// Where the notebook of a run is; a relative path was relative to where the run was started, which may have been
/// elsewhere.
pub(super) fn source_of(document: &Document) -> String {
    let header = document.header();
    let path = Path::new(&header.source.path);
    if header.source.path.contains("://") || path.is_absolute() || path.exists() {
        return header.source.path.clone();
    }
    let beside = header.working_directory.as_deref().map(Path::new);
    let beside = beside.zip(path.file_name());
    let beside = beside.map(|(folder, name)| folder.join(name));
    match beside.filter(|path| path.exists()) {
        Some(path) => path.display().to_string(),
        None => header.source.path.clone(),
    }
}

/// With other values the cells before would have done something else.
fn refuse_other_parameters(
    document: &Document,
    given: &IndexMap<String, ParameterValue>,
) -> anyhow::Result<()> {
    let had = &document.header().parameters;
    let same = |name: &String, value: &ParameterValue| {
        let resolved = nbpress_format::parameters::resolve_text(value).to_json();
        had.get(name)
            .is_some_and(|had| [value.to_json(), resolved].contains(had))
    };
    match given.iter().find(|(name, value)| !same(name, value)) {
        None => Ok(()),
        Some((name, _)) => bail!(
            "the run had another `{name}`: cells before would have done something else; `nbpress run` begins anew"
        ),
    }
}

/// Files are not as they were when the cells that run now first ran.
fn tell_what_was_written(printer: Printer, settings: &Settings, options: &ExecuteOptions) {
    let Some(parent) = &options.resume else {
        return;
    };
    let header = parent.document.header();
    let Some(folder) = &header.working_directory else {
        return;
    };
    let written = files_written(
        Path::new(folder),
        header.started_at,
        parent.document.last_at(),
    );
    let output = header.output_path.as_deref().map(std::path::absolute);
    let output = output.and_then(Result::ok);
    let written: Vec<_> = written
        .iter()
        .filter(|path| Some(*path) != output.as_ref() && !path.starts_with(&settings.home))
        .collect();
    if written.is_empty() {
        return;
    }
    printer.say("files written while that run ran");
    for path in written.iter().take(FILES) {
        let name = path.strip_prefix(folder).unwrap_or(path);
        let name = printable(&name.display().to_string());
        printer.say(&printer.fit(&format!("  {name}")));
    }
    if written.len() > FILES {
        printer.say(&format!("  ⋮ {} more", written.len() - FILES));
    }
}

/// A position from 1.
pub(super) fn parse_cell(text: &str) -> Result<usize, String> {
    let number: Option<usize> = text.parse().ok();
    let index = number.and_then(|number| number.checked_sub(1));
    index.ok_or_else(|| "write the number of a cell, from 1".to_owned())
}
