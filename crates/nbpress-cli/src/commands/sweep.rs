//! `nbpress sweep`: a notebook run at many points of its parameters; what is done is not done again.

mod plan;
mod progress;
mod result;
mod table;

use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use clap::Args;
use nbpress_execute::execute::{Context, check, execute};
use nbpress_execute::{ExecuteOptions, Observer, Stop};
use nbpress_storage::{Location, WriteMode, WriteOptions};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::MissedTickBehavior;

use self::plan::{BadPoints, Plan};
use self::progress::Progress;
use self::result::{PointResult, PointStatus, Row};
use crate::commands::run::ExecutionArgs;
use crate::exit_code;
use crate::parameters::ParameterArgs;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::{report, signals};

/// Run a notebook at many points of its parameters.
#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// Notebook: a path, `s3://…`, `gs://…`, `az://…`, `https://…`, or `-` for stdin.
    notebook: String,
    #[command(flatten)]
    space: SpaceArgs,
    /// Where each point writes its executed copy: `out/{alpha}-{day}.ipynb`; without it runs are kept
    /// in the local store only.
    #[arg(short, long, value_name = "TEMPLATE")]
    output: Option<String>,
    /// The most points that run at the same time [default: the number of processors].
    #[arg(short, long, value_name = "N")]
    jobs: Option<std::num::NonZero<usize>>,
    /// Run every point, also those that succeeded before.
    #[arg(long)]
    force: bool,
    /// Start no further point once one has failed.
    #[arg(long)]
    fail_fast: bool,
    #[command(flatten)]
    shown: ShownArgs,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    execution: ExecutionArgs,
}

/// What varies.
#[derive(Debug, Args)]
struct SpaceArgs {
    /// The values of a parameter (repeatable): `alpha=0.1,0.2`, `day=2026-01-01..2026-01-31`.
    #[arg(
        short,
        long,
        value_name = "NAME=VALUES",
        allow_hyphen_values = true,
        required_unless_present = "points"
    )]
    sweep: Vec<String>,
    /// Points from a file: CSV with a header, JSON lines, or a JSON or YAML list.
    #[arg(long, value_name = "FILE")]
    points: Option<String>,
    /// Pair values, first with first, instead of running every combination.
    #[arg(long)]
    zip: bool,
}

/// What is shown of it.
#[derive(Debug, Args)]
struct ShownArgs {
    /// Print a line of JSON on stdout for each point as it ends, instead of the table.
    #[arg(long)]
    json: bool,
    /// Write the table as CSV, in full; `-` for stdout, instead of the table.
    #[arg(long, value_name = "FILE")]
    csv: Option<String>,
    /// No progress, only the table and errors.
    #[arg(short, long)]
    quiet: bool,
}

impl ShownArgs {
    fn csv_on_stdout(&self) -> bool {
        self.csv.as_deref() == Some("-")
    }
}

/// Runs the command and returns its exit code.
pub(crate) async fn sweep(
    printer: Printer,
    settings: &Settings,
    args: &SweepArgs,
) -> anyhow::Result<u8> {
    anyhow::ensure!(
        !(args.shown.json && args.shown.csv_on_stdout()),
        "`--json` and `--csv -` both write to stdout; give a file to `--csv`"
    );
    let csv = args.shown.csv.as_deref().map(Location::parse);
    let csv = csv.transpose()?;
    let context = settings.context()?;
    let plan = match plan::make(settings, &context, args).await {
        Ok(plan) => plan,
        Err(error) => return refused(printer, error),
    };
    if let Some(first) = plan.missing().next() {
        // What would stop every point stops the sweep.
        check(&context, &plan.options(first)).await?;
    }
    let quiet = args.shown.quiet;
    if !quiet {
        plan.announce(printer, jobs(args));
    }
    let (stop, _listening) = signals::listen().context("failed to listen for signals")?;
    let mut sweep = Sweep {
        printer,
        context: Rc::new(context),
        progress: Progress::new(printer, &plan, quiet),
        rows: plan.points.iter().map(|_| Row::default()).collect(),
        plan,
        json: args.shown.json,
        started: Instant::now(),
    };
    sweep.reuse().await?;
    let running = sweep.run(jobs(args), args.fail_fast, stop.clone());
    LocalSet::new().run_until(running).await?;
    let written = match &csv {
        Some(csv) => sweep.write_csv(csv).await,
        None => Ok(()),
    };
    sweep.show(args)?;
    if let Err(error) = written {
        report::error(printer, &error);
        return Ok(exit_code::NOT_WRITTEN);
    }
    Ok(sweep.exit_code(*stop.borrow()))
}

/// Shows points that do not fit one by one; other errors are shown as always.
fn refused(printer: Printer, error: anyhow::Error) -> anyhow::Result<u8> {
    let Some(bad) = error.downcast_ref::<BadPoints>() else {
        return Err(error);
    };
    report::error(printer, &error);
    for problem in &bad.problems {
        printer.say_wrapped("  - ", 4, problem);
    }
    Ok(exit_code::USAGE)
}

fn jobs(args: &SweepArgs) -> usize {
    let available = || std::thread::available_parallelism().ok();
    args.jobs.or_else(available).map_or(1, usize::from)
}

/// A sweep that is on.
struct Sweep {
    printer: Printer,
    context: Rc<Context>,
    plan: Plan,
    progress: Progress,
    /// What is known of each point, in the plan's order.
    rows: Vec<Row>,
    json: bool,
    started: Instant,
}

impl Sweep {
    /// Takes over the points that need not run; their outputs are written from their records where
    /// they are missing.
    async fn reuse(&mut self) -> anyhow::Result<()> {
        for index in 0..self.plan.points.len() {
            let Some(mut result) = self.plan.earlier(&self.context.store, index)? else {
                continue;
            };
            if result.status == PointStatus::Succeeded
                && let Some(output) = &self.plan.points[index].output
                && let Err(error) = plan::restore(&self.context, &result, output).await
            {
                result.status = PointStatus::Failed;
                result.reason = Some(format!("{error:#}"));
            }
            self.settle(index, result)?;
        }
        Ok(())
    }

    /// Runs what is missing. Never ends early because of a point.
    async fn run(
        &mut self,
        jobs: usize,
        fail_fast: bool,
        mut stop: watch::Receiver<Stop>,
    ) -> anyhow::Result<()> {
        let mut missing = self.plan.missing().collect::<Vec<_>>().into_iter();
        let mut running = JoinSet::new();
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let enough = stop.borrow().times > 0 || (fail_fast && self.progress.failed() > 0);
            while !enough && running.len() < jobs {
                let Some(index) = missing.next() else {
                    break;
                };
                let observer = self.progress.start(&self.plan.points[index].label);
                let context = Rc::clone(&self.context);
                let options = self.plan.options(index);
                make_folder(options.output.as_ref());
                running.spawn_local(run_point(context, options, observer, stop.clone(), index));
            }
            tokio::select! {
                ended = running.join_next() => match ended {
                    Some(ended) => {
                        let (index, result) = ended.context("a run of the sweep broke off")?;
                        self.settle(index, result)?;
                    }
                    None => break,
                },
                Ok(()) = stop.changed() => {
                    if stop.borrow_and_update().times == 1 {
                        self.progress.stopping();
                    }
                }
                _ = ticks.tick() => self.progress.draw(),
            }
        }
        self.progress.clear();
        Ok(())
    }

    /// Shows how a point ended and keeps what the table needs of it.
    fn settle(&mut self, index: usize, result: PointResult) -> anyhow::Result<()> {
        let point = &self.plan.points[index];
        self.progress.finished(&point.label, &result);
        if self.json {
            let line = result.to_json(self.plan.id.as_str(), point).to_compact();
            if self.printer.data_is_seen() {
                self.progress.clear();
            }
            self.printer.data(&line)?;
        }
        self.rows[index] = result.into_row();
        Ok(())
    }

    async fn write_csv(&self, csv: &Location) -> anyhow::Result<()> {
        let bytes = table::csv(&self.context.store, &self.plan, &self.rows)?;
        let options = WriteOptions {
            mode: WriteMode::Overwrite,
            content_type: Some("text/csv".to_owned()),
        };
        let written = self.context.storage.write(csv, Bytes::from(bytes), options);
        written
            .await
            .with_context(|| format!("failed to write the table `{csv}`"))?;
        Ok(())
    }

    fn show(&self, args: &SweepArgs) -> anyhow::Result<()> {
        let shown = &args.shown;
        if !shown.json && !shown.csv_on_stdout() {
            let gap = || self.printer.data_is_seen().then(|| self.printer.say(""));
            gap();
            for line in table::lines(self.printer.for_data(), &self.plan, &self.rows) {
                self.printer.data(&line)?;
            }
            gap();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let summary = result::summary(self.printer, &self.plan, &self.rows, seconds, shown.quiet);
        for line in summary {
            self.printer.say(&line);
        }
        Ok(())
    }

    fn exit_code(&self, stop: Stop) -> u8 {
        let all = self
            .rows
            .iter()
            .all(|row| row.status == PointStatus::Succeeded);
        match (all, stop.times) {
            (true, _) => exit_code::OK,
            (false, 0) => exit_code::CELL_RAISED,
            (false, _) => 128_u8.saturating_add(u8::try_from(stop.signal).unwrap_or(2)),
        }
    }
}

/// An output may be in a folder that is named by a parameter. Where it cannot be made, writing the
/// output says why.
fn make_folder(output: Option<&Location>) {
    let path = output.and_then(Location::is_local);
    if let Some(folder) = path.and_then(Path::parent) {
        let _said_later = std::fs::create_dir_all(folder);
    }
}

/// Runs one point; its notebook is gone when this returns.
async fn run_point(
    context: Rc<Context>,
    options: ExecuteOptions,
    mut observer: impl Observer,
    stop: watch::Receiver<Stop>,
    index: usize,
) -> (usize, PointResult) {
    let started = Instant::now();
    let ended = Box::pin(execute(&context, &options, &mut observer, stop)).await;
    let seconds = started.elapsed().as_secs_f64();
    let result = match ended {
        Ok(finished) => PointResult::of_run(&finished, seconds),
        Err(error) => PointResult::not_run(&error),
    };
    (index, result)
}
