//! `nbpress papermill`: papermill 2.7's command line, its output file, its exit codes.
//!
//! What differs on purpose is on one page: `docs/reference/papermill.md`.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use clap::Args;
use indexmap::IndexMap;
use nbpress_execute::options::Manners;
use nbpress_execute::prepare::{Prepared, load, prepare};
use nbpress_execute::{
    ExecuteError, ExecuteOptions, Finished, command_line_value, execute, help_notebook,
    path_template, yaml,
};
use nbpress_format::parameters::ParameterValue;
use nbpress_record::{FailureClass, RunStatus};
use nbpress_storage::{Location, Storage, WriteOptions};

use crate::papermill_log::{LogLevel, LogOptions, PapermillLog};
use crate::printer::{Printer, without_ansi};
use crate::settings::Settings;
use crate::signals;

/// papermill's code for any failure that is not one below.
const FAILED: u8 = 1;
/// Usage error, as click's.
const USAGE: u8 = 2;
/// The kernel died.
const DEAD_KERNEL: u8 = 138;

/// Run as papermill 2.7 does: same flags, output file, exit codes.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "papermill's flags, one to one"
)]
pub(crate) struct PapermillArgs {
    /// Notebook to execute; `-` or a pipe for stdin.
    notebook_path: Option<String>,
    /// Where to write the executed notebook; `-` or a pipe for stdout.
    output_path: Option<String>,
    /// Display parameters information for the given notebook path.
    #[arg(long)]
    help_notebook: bool,
    /// A value for the parameters cell, typed as papermill types it.
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    parameters: Vec<String>,
    /// A value that stays a string.
    #[arg(short = 'r', long = "parameters_raw", num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    parameters_raw: Vec<String>,
    /// A YAML or JSON file of parameters.
    #[arg(short = 'f', long = "parameters_file", value_name = "PATH")]
    parameters_file: Vec<String>,
    /// Parameters as YAML text.
    #[arg(
        short = 'y',
        long = "parameters_yaml",
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    parameters_yaml: Vec<String>,
    /// Parameters as base64 of YAML text.
    #[arg(
        short = 'b',
        long = "parameters_base64",
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    parameters_base64: Vec<String>,
    /// Add the input path as the parameter `PAPERMILL_INPUT_PATH`.
    #[arg(long)]
    inject_input_path: bool,
    /// Add the output path as the parameter `PAPERMILL_OUTPUT_PATH`.
    #[arg(long)]
    inject_output_path: bool,
    /// Both.
    #[arg(long)]
    inject_paths: bool,
    /// Only `nbclient` is known: this program takes its part.
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// Save after each cell (at most for 2 % of the time) (default).
    #[arg(long, overrides_with = "no_request_save_on_cell_execute")]
    request_save_on_cell_execute: bool,
    /// Save once, at the end.
    #[arg(long)]
    no_request_save_on_cell_execute: bool,
    /// Seconds between saves during a long cell; 0 for none.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        allow_negative_numbers = true
    )]
    autosave_cell_every: i64,
    /// Write the parameterised notebook and execute nothing.
    #[arg(long, overrides_with = "prepare_execute")]
    prepare_only: bool,
    /// Execute (default).
    #[arg(long)]
    prepare_execute: bool,
    /// Kernel to use instead of the notebook's.
    #[arg(short, long)]
    kernel: Option<String>,
    /// Language to use instead of the notebook's.
    #[arg(short, long)]
    language: Option<String>,
    /// Working directory of the kernel [default: the current one].
    #[arg(long)]
    cwd: Option<PathBuf>,
    /// Show progress.
    #[arg(long, overrides_with = "no_progress_bar")]
    progress_bar: bool,
    /// Show none.
    #[arg(long)]
    no_progress_bar: bool,
    /// Write the notebook's output to the log.
    #[arg(long, overrides_with = "no_log_output")]
    log_output: bool,
    /// Do not (default).
    #[arg(long)]
    no_log_output: bool,
    /// File for the notebook's stdout.
    #[arg(long, value_name = "FILE")]
    stdout_file: Option<PathBuf>,
    /// File for the notebook's stderr.
    #[arg(long, value_name = "FILE")]
    stderr_file: Option<PathBuf>,
    /// What is logged.
    #[arg(long, value_enum, default_value = "INFO")]
    log_level: LogLevel,
    /// Seconds to wait for the kernel.
    #[arg(
        long,
        alias = "start_timeout",
        value_name = "SECONDS",
        default_value_t = 60
    )]
    start_timeout: u64,
    /// Seconds a cell may take.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    execution_timeout: Option<i64>,
    /// Hide the source of code cells.
    #[arg(long, overrides_with = "no_report_mode")]
    report_mode: bool,
    /// Do not (default).
    #[arg(long)]
    no_report_mode: bool,
    /// Print the version.
    #[arg(long)]
    version: bool,
    /// Print parameters as papermill does even where a value could be executed as code.
    #[arg(long)]
    strict_compat: bool,
}

/// click takes the first of two values also where it is attached: `-pname value`,
/// `--parameters=name value`.
pub(crate) fn with_values_apart(words: Vec<OsString>) -> Vec<OsString> {
    const FLAGS: [&str; 4] = ["-p", "-r", "--parameters", "--parameters_raw"];
    let mut apart = Vec::with_capacity(words.len());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        let attached = FLAGS.iter().find_map(|flag| {
            let value = text.strip_prefix(flag)?;
            let value = if flag.starts_with("--") {
                value.strip_prefix('=')?
            } else {
                value
            };
            (!value.is_empty()).then(|| [OsString::from(*flag), OsString::from(value)])
        });
        // What follows a flag is a value, even where it looks like a flag.
        let values = match &attached {
            Some(_) => 1,
            None if FLAGS.contains(&text) => 2,
            None => 0,
        };
        apart.extend(attached.map_or_else(|| vec![word], Vec::from));
        apart.extend(words.by_ref().take(values));
    }
    apart
}

/// Input and output as papermill understands its two arguments.
struct Paths {
    input: String,
    output: String,
}

/// Runs the command and returns its exit code.
pub(crate) async fn papermill(
    printer: Printer,
    settings: &Settings,
    args: &PapermillArgs,
) -> anyhow::Result<u8> {
    if args.version {
        printer.data(concat!("2.7.0 from nbpress ", env!("CARGO_PKG_VERSION")))?;
        return Ok(0);
    }
    let paths = match paths(args) {
        Ok(paths) => paths,
        Err(missing) => {
            printer.say("Usage: papermill [OPTIONS] NOTEBOOK_PATH [OUTPUT_PATH]");
            printer.say("Try 'papermill --help' for help.\n");
            printer.say(&format!("Error: Missing argument '{missing}'."));
            return Ok(USAGE);
        }
    };
    match Box::pin(papermill_run(printer, settings, args, &paths)).await {
        Ok(code) => Ok(code),
        Err(error) => {
            crate::report::error(printer, &error);
            Ok(FAILED)
        }
    }
}

/// A pipe on stdin makes a single path the output: papermill's rule, surprising as it is.
fn paths(args: &PapermillArgs) -> Result<Paths, &'static str> {
    let input_piped = rustix::fs::fstat(std::io::stdin().as_fd())
        .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_fifo());
    let output_piped = !std::io::stdout().is_terminal();
    let given = |path: &Option<String>| path.clone().filter(|path| !path.is_empty());
    let (notebook, output) = (given(&args.notebook_path), given(&args.output_path));
    if notebook.is_none() && !input_piped {
        return Err("NOTEBOOK_PATH");
    }
    if !args.help_notebook && output.is_none() && !input_piped && !output_piped {
        return Err("OUTPUT_PATH");
    }
    let stream = || "-".to_owned();
    Ok(match (notebook, output) {
        (Some(only), None) if input_piped && !args.help_notebook => Paths {
            input: stream(),
            output: only,
        },
        (notebook, output) => Paths {
            input: notebook.unwrap_or_else(stream),
            output: output.unwrap_or_else(stream),
        },
    })
}

async fn papermill_run(
    printer: Printer,
    settings: &Settings,
    args: &PapermillArgs,
    paths: &Paths,
) -> anyhow::Result<u8> {
    let storage = settings.storage();
    let parameters = merged_parameters(args, paths, &storage).await?;
    if args.help_notebook {
        return help(printer, args, &storage, &paths.input, &parameters).await;
    }
    let names = path_template::Builtins::now();
    let input = path_template::format_path(&paths.input, &parameters, &names)?;
    let output = path_template::format_path(&paths.output, &parameters, &names)?;
    if let Some(engine) = args
        .engine
        .as_deref()
        .filter(|engine| *engine != "nbclient")
    {
        return Err(anyhow!("No engine named '{engine}' found"));
    }
    let options = options(settings, args, &input, &output, parameters)?;
    let level = if output == "-" {
        args.log_level.when_piped()
    } else {
        args.log_level
    };
    let mut log = log(printer, args, level, &output)?;
    log.info(&format!("Input Notebook:  {input}"));
    log.info(&format!("Output Notebook: {output}"));
    if let Some(cwd) = &args.cwd {
        log.info(&format!("Working directory: {}", cwd.display()));
    }
    if args.prepare_only {
        let prepared = prepare(&storage, &options).await?;
        prepared
            .warnings
            .iter()
            .for_each(|warning| log.warning(warning));
        return write_prepared(&storage, &options, prepared).await;
    }
    let (stop, _listening) = signals::listen().context("failed to listen for signals")?;
    let context = settings.context()?;
    let finished = Box::pin(execute(&context, &options, &mut log, stop)).await?;
    drop(log);
    Ok(tell(printer, args, &finished))
}

fn options(
    settings: &Settings,
    args: &PapermillArgs,
    input: &str,
    output: &str,
    parameters: IndexMap<String, ParameterValue>,
) -> anyhow::Result<ExecuteOptions> {
    let mut options = ExecuteOptions::new(Location::parse(input)?);
    "papermill".clone_into(&mut options.command);
    options.output = Some(Location::parse(output)?);
    options.parameters = parameters;
    options.kernel.clone_from(&args.kernel);
    options.language.clone_from(&args.language);
    options.working_directory = Some(args.cwd.clone().unwrap_or_default());
    options.environment.clone_from(&settings.environment);
    options.start_timeout = Duration::from_secs(args.start_timeout);
    options.cell_timeout = args
        .execution_timeout
        .and_then(|limit| u64::try_from(limit).ok())
        .filter(|&limit| limit > 0)
        .map(Duration::from_secs);
    options.report_mode = args.report_mode;
    if args.no_request_save_on_cell_execute {
        options.publish_every = None;
    } else {
        let autosave = u64::try_from(args.autosave_cell_every)
            .ok()
            .filter(|&seconds| seconds > 0);
        options.autosave_every = autosave.map(Duration::from_secs);
    }
    options.keep_record = false;
    options.manners = Manners::Papermill;
    options.strict_compat = args.strict_compat;
    Ok(options)
}

/// Paths, then base64, files, YAML, typed and raw values; a later one wins, whatever the order on the
/// command line.
async fn merged_parameters(
    args: &PapermillArgs,
    paths: &Paths,
    storage: &Storage,
) -> anyhow::Result<IndexMap<String, ParameterValue>> {
    let mut merged = IndexMap::new();
    let text = |text: &str| ParameterValue::String(text.to_owned());
    if args.inject_input_path || args.inject_paths {
        merged.insert("PAPERMILL_INPUT_PATH".to_owned(), text(&paths.input));
    }
    if args.inject_output_path || args.inject_paths {
        merged.insert("PAPERMILL_OUTPUT_PATH".to_owned(), text(&paths.output));
    }
    for encoded in &args.parameters_base64 {
        merged.extend(
            yaml::parameters_from_base64(encoded).context("failed to read a `-b` parameter")?,
        );
    }
    for path in &args.parameters_file {
        let reading = || format!("failed to read the parameters file `{path}`");
        let bytes = storage
            .read(&Location::parse(path)?)
            .await
            .with_context(reading)?;
        merged.extend(yaml::parameters(&String::from_utf8_lossy(&bytes)).with_context(reading)?);
    }
    for document in &args.parameters_yaml {
        merged.extend(yaml::parameters(document).context("failed to read a `-y` parameter")?);
    }
    for [name, value] in args.parameters.as_chunks().0 {
        merged.insert(name.clone(), command_line_value::resolve(value));
    }
    for [name, value] in args.parameters_raw.as_chunks().0 {
        merged.insert(name.clone(), text(value));
    }
    Ok(merged)
}

async fn help(
    printer: Printer,
    args: &PapermillArgs,
    storage: &Storage,
    input: &str,
    parameters: &IndexMap<String, ParameterValue>,
) -> anyhow::Result<u8> {
    let path = path_template::format_path(input, parameters, &path_template::Builtins::now())?;
    let (notebook, _) = load(storage, &Location::parse(&path)?).await?;
    let help = help_notebook::help(
        &notebook,
        input,
        args.kernel.as_deref(),
        args.language.as_deref(),
    );
    printer.bytes(help.text.as_bytes())?;
    let level = if args.output_path.is_some() {
        args.log_level
    } else {
        args.log_level.when_piped()
    };
    if level <= LogLevel::Warning {
        for warning in &help.warnings {
            printer.say(warning);
        }
    }
    if let Some(error) = help.error {
        return Err(anyhow!(error));
    }
    Ok(help.exit_code)
}

fn log(
    printer: Printer,
    args: &PapermillArgs,
    level: LogLevel,
    output: &str,
) -> anyhow::Result<PapermillLog> {
    let open = |path: &Option<PathBuf>| -> anyhow::Result<Option<Box<dyn Write>>> {
        Ok(match path {
            None => None,
            Some(path) if path.as_os_str() == "-" => Some(Box::new(std::io::stdout())),
            Some(path) => {
                let file = std::fs::File::create(path)
                    .with_context(|| format!("failed to open `{}`", path.display()))?;
                Some(Box::new(file))
            }
        })
    };
    let log_output = args.log_output && !args.no_log_output;
    let progress = if args.no_progress_bar {
        false
    } else {
        args.progress_bar || (output != "-" && !log_output)
    };
    let options = LogOptions {
        log_output,
        progress,
        stdout_file: open(&args.stdout_file)?,
        stderr_file: open(&args.stderr_file)?,
    };
    Ok(PapermillLog::new(printer, level, options))
}

async fn write_prepared(
    storage: &Storage,
    options: &ExecuteOptions,
    prepared: Prepared,
) -> anyhow::Result<u8> {
    let Some(output) = &options.output else {
        return Ok(0);
    };
    let bytes = Bytes::from(prepared.notebook.to_bytes());
    storage
        .write(output, bytes, WriteOptions::overwrite())
        .await
        .map_err(|source| {
            anyhow::Error::new(ExecuteError::Output {
                output: output.to_string(),
                source,
            })
        })?;
    Ok(0)
}

/// Says on stderr what papermill's traceback ends with, and chooses the exit code.
fn tell(printer: Printer, args: &PapermillArgs, finished: &Finished) -> u8 {
    let outcome = &finished.outcome;
    if let Some(unpublished) = &finished.unpublished {
        crate::report::execute_error(printer, unpublished);
        printer.say(&format!(
            "  the run is kept: nbpress export {} OUTPUT",
            finished.run_id
        ));
        return FAILED;
    }
    if outcome.status == RunStatus::Succeeded {
        return 0;
    }
    let reason = outcome.reason.as_deref().unwrap_or("the run failed");
    if outcome.status == RunStatus::Cancelled {
        printer.say(&format!("\nAborted! ({reason})"));
        return match outcome.signal {
            Some(2) | None => FAILED,
            Some(signal) => u8::try_from(128 + signal).unwrap_or(FAILED),
        };
    }
    let execution_count = finished
        .failing_cell()
        .and_then(|cell| finished.notebook.cells[cell].execution_count())
        .map_or_else(|| "None".to_owned(), |count| count.to_string());
    match (&outcome.error, outcome.class) {
        (Some(error), _) => {
            let traceback = if error.traceback.is_empty() {
                format!("{}: {}", error.ename, error.evalue)
            } else {
                without_ansi(&error.traceback.join("\n"))
            };
            printer.say(&format!(
                "papermill.exceptions.PapermillExecutionError: \n{}\nException encountered at \"In [{execution_count}]\":\n{traceback}\n",
                "-".repeat(75)
            ));
            FAILED
        }
        (None, Some(FailureClass::Platform | FailureClass::Resource)) if outcome.cell.is_some() => {
            printer.say(&format!(
                "nbclient.exceptions.DeadKernelError: Kernel died ({reason})"
            ));
            DEAD_KERNEL
        }
        (None, Some(FailureClass::Timeout)) if outcome.cell.is_some() => {
            let seconds = args.execution_timeout.unwrap_or_default();
            printer.say(&format!(
                "nbclient.exceptions.CellTimeoutError: A cell timed out while it was being executed, after {seconds} seconds.\n{reason}"
            ));
            FAILED
        }
        _ => {
            printer.say(&format!("RuntimeError: {reason}"));
            FAILED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attached_values_are_read_as_click_reads_them() {
        for (words, expected) in [
            ("-pfoo 1 a.ipynb", "-p foo 1 a.ipynb"),
            ("--parameters=bar 2", "--parameters bar 2"),
            ("-p x -prefix -rraw -p", "-p x -prefix -r raw -p"),
            ("--prepare-only -k p a b", "--prepare-only -k p a b"),
            ("--parameters_raw x -1", "--parameters_raw x -1"),
        ] {
            let words = words.split(' ').map(OsString::from).collect();
            let apart = with_values_apart(words);
            assert_eq!(
                apart,
                expected.split(' ').map(OsString::from).collect::<Vec<_>>()
            );
        }
    }
}
