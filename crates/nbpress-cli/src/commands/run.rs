//! `nbpress run`: execute a notebook and keep a true record of it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use nbpress_execute::{
    CellSelection, ExecuteOptions, Finished, Keeping, Limits, Observer, Policy, Secret, Tables,
    execute,
};
use nbpress_storage::Location;

use crate::exit_code;
use crate::printer::Printer;
use crate::progress::{CellList, JsonEvents, Quiet};
use crate::settings::Settings;
use crate::{parameters, report, signals};

/// Groups of options in the help.
const OUTPUT: &str = "Output";

/// Run a notebook with any Jupyter kernel and keep a record of it.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Notebook: a path, `s3://…`, `gs://…`, `az://…`, `https://…`, or `-` for stdin.
    pub(crate) notebook: String,
    /// Where to write the executed copy; without it the run is kept in the local store only.
    pub(crate) output: Option<String>,
    #[command(flatten)]
    pub(crate) parameters: parameters::ParameterArgs,
    #[command(flatten)]
    pub(crate) execution: ExecutionArgs,
    /// Fail instead of replacing an existing output.
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) if_absent: bool,
    /// Keep no record once the output is written.
    #[arg(long, requires = "output", help_heading = OUTPUT)]
    pub(crate) no_record: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// What is seen of a run.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = OUTPUT)]
pub(crate) struct Shown {
    /// Print every event as a line of JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress, only errors.
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

impl Shown {
    /// Whether a person watches.
    pub(crate) fn all(self) -> bool {
        !self.json && !self.quiet
    }
}

/// Whether the state before a cell is kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Kernel and cells")]
pub(crate) struct KeepArgs {
    /// Keep the kernel's state for `nbpress resume`, should the run fail: `every` cell, before cells that come
    /// after so many seconds, or `off` [default: `every` at a terminal, else `off`].
    #[arg(long, value_name = "WHEN", value_parser = parse_keep)]
    pub(crate) keep: Option<KeepWhen>,
}

/// When the state is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeepWhen {
    /// Before these cells.
    Before(Policy),
    /// Never.
    Off,
}

impl KeepArgs {
    /// A person at a terminal is there to mend the notebook within the hour; a script is not.
    pub(crate) fn keeping(&self, printer: Printer, settings: &Settings) -> Option<Keeping> {
        let policy = match self.keep {
            Some(KeepWhen::Before(policy)) => policy,
            None if printer.is_terminal() => Policy::EveryCell,
            Some(KeepWhen::Off) | None => return None,
        };
        Some(Keeping {
            folder: settings.copies(),
            policy,
            asked: self.keep.is_some(),
        })
    }
}

/// How a notebook is executed; shared by `run` and `sweep`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Kernel and cells")]
pub(crate) struct ExecutionArgs {
    /// Kernel to use instead of the notebook's.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) kernel: Option<String>,
    /// Language to use instead of the notebook's.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) language: Option<String>,
    /// Working directory of the kernel [default: the notebook's folder].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cwd: Option<PathBuf>,
    /// Longest time a cell may take: `90`, `5m`, `2h`.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) cell_timeout: Option<Duration>,
    /// Longest time the run may take.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Longest time the kernel may take to answer.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "60")]
    pub(crate) start_timeout: Duration,
    /// Most memory the kernel and all it starts may hold: `512MiB`, `2GiB`, `2g`. When it runs out, the
    /// kernel ends and the run fails with exit code 137.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) memory: Option<u64>,
    /// Processors the kernel and all it starts may use: `1`, `1.5`.
    #[arg(long, value_name = "NUMBER", value_parser = parse_cpus)]
    pub(crate) cpus: Option<f64>,
    /// Go on after a cell that raises.
    #[arg(long)]
    pub(crate) allow_errors: bool,
    /// Skip cells with this tag (repeatable); `skip-execution` is always skipped.
    #[arg(long, value_name = "TAG")]
    pub(crate) skip_tag: Vec<String>,
    /// Run only these code cells, by position from 1 or tag: `--only 3,5-7`, `--only tag:load`.
    #[arg(long, value_name = "CELLS", value_parser = parse_selection)]
    pub(crate) only: Option<CellSelection>,
    /// Hide the source of code cells in the output.
    #[arg(long)]
    pub(crate) report_mode: bool,
    /// Have Python show data frames as tables, too, and keep all their rows in the record.
    #[arg(long)]
    pub(crate) tables: bool,
    /// A value for the kernel that is never written: `NAME=env:VARIABLE` or `NAME=file:PATH`.
    #[arg(long, value_name = "NAME=SOURCE")]
    pub(crate) secret: Vec<String>,
    /// A label for finding the run again (repeatable).
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) tag: Vec<String>,
}

impl ExecutionArgs {
    /// Options for one notebook.
    pub(crate) fn options(
        &self,
        settings: &Settings,
        notebook: &str,
    ) -> anyhow::Result<ExecuteOptions> {
        let mut options = ExecuteOptions::new(Location::parse(notebook)?);
        options.kernel.clone_from(&self.kernel);
        options.language.clone_from(&self.language);
        options.working_directory.clone_from(&self.cwd);
        options.environment.clone_from(&settings.environment);
        options.cell_timeout = self.cell_timeout;
        options.run_timeout = self.timeout;
        options.start_timeout = self.start_timeout;
        options.limits = Limits {
            memory_bytes: self.memory,
            cpus: self.cpus,
            ..Limits::default()
        };
        options.allow_errors = self.allow_errors;
        options.skip_tags.extend(self.skip_tag.iter().cloned());
        options.cells = self.only.clone().unwrap_or_default();
        options.report_mode = self.report_mode;
        let limits = || Tables::limited_by(&settings.environment);
        options.tables = self.tables.then(limits).transpose()?;
        options.secrets = self
            .secret
            .iter()
            .map(|secret| read_secret(settings, secret))
            .collect::<Result<_, _>>()?;
        for tag in &self.tag {
            let (name, value) = tag.split_once('=').unwrap_or((tag, "true"));
            options.tags.insert(name.to_owned(), value.into());
        }
        Ok(options)
    }
}

/// Runs the command and returns its exit code.
pub(crate) async fn run(
    printer: Printer,
    settings: &Settings,
    args: &RunArgs,
) -> anyhow::Result<u8> {
    let mut options = options(settings, args).await?;
    options.keep = args
        .keep
        .keeping(printer, settings)
        .filter(|_| options.keep_record);
    carry_out(printer, settings, &options, args.shown).await
}

/// Executes, shows what happens, and returns the exit code.
pub(crate) async fn carry_out(
    printer: Printer,
    settings: &Settings,
    options: &ExecuteOptions,
    shown: Shown,
) -> anyhow::Result<u8> {
    let (stop, _listening) = signals::listen().context("failed to listen for signals")?;
    let mut _answering = None;
    let mut observer: Box<dyn Observer> = match (shown.json, shown.quiet) {
        (true, _) => Box::new(JsonEvents { printer }),
        (_, true) => Box::new(Quiet),
        _ => {
            let cells = CellList::new(printer);
            _answering = Some(cells.answer_stop(stop.clone()));
            Box::new(cells)
        }
    };
    let context = settings.context()?;
    let started = std::time::Instant::now();
    let finished = Box::pin(execute(&context, options, observer.as_mut(), stop)).await?;
    drop(observer);
    let seconds = started.elapsed().as_secs_f64();
    let told = match (shown.json, shown.quiet) {
        (true, _) => Told::Nothing,
        (_, true) => Told::Errors,
        _ => Told::Everything,
    };
    tell(printer, told, options, &finished, seconds)?;
    Ok(exit_code::of_finished(&finished))
}

async fn options(settings: &Settings, args: &RunArgs) -> anyhow::Result<ExecuteOptions> {
    let mut options = args.execution.options(settings, &args.notebook)?;
    options.parameters = args.parameters.read(&settings.storage()).await?;
    options.output = args.output.as_deref().map(Location::parse).transpose()?;
    options.if_absent = args.if_absent;
    options.keep_record = !args.no_record;
    Ok(options)
}

/// How much is said at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The events said it all.
    Nothing,
    /// Only what went wrong, and the id.
    Errors,
    /// How it ended and where everything is.
    Everything,
}

/// What a person wants to know at the end: how it ended, why, and where everything is.
pub(crate) fn tell(
    printer: Printer,
    told: Told,
    options: &ExecuteOptions,
    finished: &Finished,
    seconds: f64,
) -> anyhow::Result<()> {
    if told != Told::Nothing {
        let failure = report::failure(printer, finished);
        if told == Told::Everything && !failure.is_empty() {
            printer.say("");
        }
        printer.say_all(&failure);
    }
    // The one thing that is in no event.
    for error in [&finished.unrecorded, &finished.unpublished]
        .into_iter()
        .flatten()
    {
        report::execute_error(printer, error);
    }
    if finished.unpublished.is_some() {
        printer.say(&format!(
            "  what was recorded is kept: nbpress export {} OUTPUT",
            finished.run_id
        ));
    }
    if told == Told::Nothing {
        return Ok(());
    }
    if told == Told::Everything {
        report::ending(printer, finished, options.output.as_ref(), seconds);
    }
    // The id is data: `id=$(nbpress run …)`. Where the notebook itself goes to stdout, nothing else may.
    // On a terminal it has been said already.
    if finished.recorded
        && !(told == Told::Everything && printer.data_is_seen())
        && options
            .output
            .as_ref()
            .is_none_or(|output| !output.is_stream())
    {
        printer.data(&finished.run_id.to_string())?;
    }
    Ok(())
}

fn read_secret(settings: &Settings, text: &str) -> anyhow::Result<Secret> {
    let usage = "a secret is written `NAME=env:VARIABLE` or `NAME=file:PATH`";
    let (name, source) = text.split_once('=').context(usage)?;
    let value = match source.split_once(':') {
        Some(("env", variable)) => settings
            .environment
            .get(variable)
            .cloned()
            .with_context(|| format!("secret `{name}`: the variable `{variable}` is not set"))?,
        Some(("file", path)) => {
            #[expect(
                clippy::disallowed_methods,
                reason = "a secret's file is local, never a notebook"
            )]
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("secret `{name}`: failed to read `{path}`"))?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        _ => bail!(usage),
    };
    Ok(Secret {
        name: name.to_owned(),
        value,
    })
}

/// `every`, `off`, or a time.
fn parse_keep(text: &str) -> Result<KeepWhen, String> {
    match text {
        "every" => Ok(KeepWhen::Before(Policy::EveryCell)),
        "off" => Ok(KeepWhen::Off),
        _ => parse_duration(text)
            .map(|time| KeepWhen::Before(Policy::After(time)))
            .map_err(|_| "write `every`, `off`, or a time: `10`, `5m`".to_owned()),
    }
}

/// `90`, `1.5s`, `5m`, `2h`, `1d`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|char: char| !char.is_ascii_digit() && char != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err("write `90`, `5m` or `2h`".to_owned()),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "write `90`, `5m` or `2h`".to_owned())?;
    Duration::try_from_secs_f64(number * factor).map_err(|error| error.to_string())
}

/// `512MiB`, `2GiB`, `2g`, `1.5G`, in bytes; as everywhere where memory is sized, a unit without `i` is
/// the same power of two.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    const USAGE: &str = "write `512MiB` or `2GiB`";
    /// Less would not even hold the program of a kernel.
    const LEAST: f64 = 1_048_576.0;
    let split = text
        .find(|char: char| !char.is_ascii_digit() && char != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let power = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return Err(USAGE.to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| USAGE.to_owned())?;
    let bytes = number * 1024_f64.powi(power);
    if bytes < LEAST {
        return Err("at least 1MiB".to_owned());
    }
    if bytes >= i64::MAX as f64 {
        return Err("more than any machine has".to_owned());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between the bounds above"
    )]
    Ok(bytes as u64)
}

/// `1`, `1.5`; at least a hundredth, which is the least the system can give.
pub(crate) fn parse_cpus(text: &str) -> Result<f64, String> {
    let cpus = text.parse().ok();
    cpus.filter(|cpus| (0.01..=4096.0).contains(cpus))
        .ok_or_else(|| "write a number of processors, at least 0.01: `1`, `1.5`".to_owned())
}

/// `3,5-7` or `tag:a,tag:b`; positions from 1.
fn parse_selection(text: &str) -> Result<CellSelection, String> {
    let parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let tags: Vec<String> = parts
        .iter()
        .filter_map(|part| part.strip_prefix("tag:"))
        .map(str::to_owned)
        .collect();
    if tags.len() == parts.len() && !tags.is_empty() {
        return Ok(CellSelection::Tagged(tags));
    }
    if !tags.is_empty() {
        return Err("give either positions or tags".to_owned());
    }
    let number = |text: &str| {
        text.trim()
            .parse::<usize>()
            .ok()
            .filter(|&number| number > 0)
            .ok_or(format!("`{text}` is not a position"))
    };
    let mut positions = Vec::new();
    for part in parts {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if last < first || last - first > 100_000 {
            return Err(format!("`{part}` is not a range"));
        }
        positions.extend(first - 1..last);
    }
    Ok(CellSelection::Only(positions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_units() {
        for (text, seconds) in [
            ("90", 90.0),
            ("1.5s", 1.5),
            ("5m", 300.0),
            ("2h", 7200.0),
            ("250ms", 0.25),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs_f64(seconds)));
        }
        for text in ["", "x", "5 weeks", "-1"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_with_units() {
        for (text, bytes) in [
            ("512MiB", 512 << 20),
            ("2GiB", 2 << 30),
            ("2g", 2 << 30),
            ("1.5 GB", 3 << 29),
            ("1048576", 1 << 20),
            ("1t", 1 << 40),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "g",
            "2 gigs",
            "-1g",
            "1k",
            "0",
            "1.2.3m",
            "inf",
            "9e9t",
            "99999999t",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn processors_are_a_number_the_system_can_give() {
        assert_eq!(parse_cpus("1.5"), Ok(1.5));
        for text in ["", "0", "0.001", "-1", "nan", "inf", "two"] {
            assert!(parse_cpus(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cells_are_selected_by_position_or_tag() {
        assert_eq!(
            parse_selection("3,5-7"),
            Ok(CellSelection::Only(vec![2, 4, 5, 6]))
        );
        assert_eq!(
            parse_selection("tag:load"),
            Ok(CellSelection::Tagged(vec!["load".into()]))
        );
        for text in ["0", "7-3", "1,tag:a", "x"] {
            assert!(parse_selection(text).is_err(), "{text}");
        }
    }
}
