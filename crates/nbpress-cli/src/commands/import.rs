//! `nbpress import`: what papermill, jupyter-scheduler and cron did and were to do, taken over by the server.
//!
//! A source is read into a plan; the plan is compared with what the server has, and shown or carried out.

mod carry_out;
mod page;

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use nbpress_scheduler::import::{Plan, crontab, jupyter_scheduler, papermill};
use nbpress_storage::{Location, Storage};

use crate::api::Api;
use crate::exit_code;
use crate::printer::Printer;
use crate::settings::Settings;

use carry_out::{Outcome, Taken};

/// Take over what papermill, jupyter-scheduler or cron did and were to do.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    source: Source,
    /// Do it; without this, what would be done is only shown.
    #[arg(long, global = true)]
    apply: bool,
    /// Only show it, which is what happens anyway.
    #[arg(long, global = true, conflicts_with = "apply")]
    dry_run: bool,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

const HELP: &str = "\
Nothing is changed where it is read, and what was imported before is not
imported again. Imported runs can be read and not be run again; they are kept
until their hold is taken away.

Examples:
  nbpress import papermill s3://acme/out
  nbpress import papermill out --apply
  nbpress import jupyter-scheduler --apply --paused
  crontab -l | nbpress import crontab -";

/// Where from.
#[derive(Debug, Subcommand)]
enum Source {
    /// Runs, from the notebooks that papermill wrote into a folder or bucket.
    Papermill {
        /// A folder, a bucket with a prefix, or one notebook.
        location: String,
    },
    /// Jobs, schedules and runs of JupyterLab's scheduler.
    JupyterScheduler {
        /// Its database [default: `~/.local/share/jupyter/scheduler.sqlite`].
        database: Option<String>,
        /// Where it keeps its copies of notebooks [default: `scheduler_staging_area` beside the database].
        #[arg(long, value_name = "FOLDER")]
        staging: Option<String>,
        /// Make every schedule without letting it fire.
        #[arg(long)]
        paused: bool,
    },
    /// Jobs and schedules, from the lines of a crontab that run notebooks.
    Crontab {
        /// A file as `crontab -l` prints it; `-` for stdin.
        file: String,
        /// The zone of lines for which the file names none [default: this machine's].
        #[arg(long, value_name = "ZONE")]
        zone: Option<String>,
        /// The folder cron starts commands in [default: your home].
        #[arg(long, value_name = "FOLDER")]
        home: Option<String>,
        /// Let schedules fire at once; cron must not run the same lines any more.
        #[arg(long)]
        active: bool,
    },
}

/// Runs the command and returns its exit code.
pub(crate) async fn import(
    printer: Printer,
    settings: &Settings,
    args: &ImportArgs,
) -> anyhow::Result<u8> {
    let api = match Api::find(settings) {
        Err(error) if args.apply => return Err(error),
        api => api.ok(),
    };
    let storage = settings.storage();
    let mut plan = plan(settings, &storage, &args.source).await?;
    note_missing(&storage, &mut plan).await;
    let taken = match (&api, args.apply) {
        (Some(api), true) => carry_out::apply(settings, api, &plan).await?,
        (Some(api), false) => carry_out::compare(api, &plan).await?,
        (None, _) => Taken::unknown(&plan),
    };
    page::print(printer, &plan, &taken, args.json)?;
    if !args.json {
        page::close(printer, &plan, &taken, args.apply);
    }
    let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
    Ok(if taken.outcomes().any(failed) {
        exit_code::FOUND_PROBLEMS
    } else {
        exit_code::OK
    })
}

async fn plan(settings: &Settings, storage: &Storage, source: &Source) -> anyhow::Result<Plan> {
    match source {
        Source::Papermill { location } => Ok(papermill::plan(storage, &absolute(location)?).await?),
        Source::JupyterScheduler {
            database,
            staging,
            paused,
        } => {
            let database = match database {
                Some(database) => absolute(database)?,
                None => jupyter_database(settings)?,
            };
            let staging = match staging {
                Some(staging) => absolute(staging)?,
                None => database
                    .parent()
                    .context("the database is in no folder")?
                    .join("scheduler_staging_area"),
            };
            let plan = jupyter_scheduler::plan(storage, &database, &staging).await?;
            Ok(if *paused { all_paused(plan) } else { plan })
        }
        Source::Crontab {
            file,
            zone,
            home,
            active,
        } => {
            let bytes = storage.read(&Location::parse(file)?).await?;
            let place = crontab::Place {
                time_zone: zone.clone().unwrap_or_else(own_zone),
                home: match home {
                    Some(home) => std::path::absolute(home)?.display().to_string(),
                    None => settings.get("HOME").unwrap_or("/").to_owned(),
                },
            };
            let plan = crontab::plan(&bytes, &place)?;
            Ok(if *active { plan } else { all_paused(plan) })
        }
    }
}

fn all_paused(mut plan: Plan) -> Plan {
    for job in &mut plan.jobs {
        if let Some(schedule) = &mut job.schedule {
            schedule.paused = true;
        }
    }
    plan
}

/// Where the source is, also for a reader in another folder.
fn absolute(text: &str) -> anyhow::Result<Location> {
    let location = Location::parse(text)?;
    Ok(match location.is_local() {
        Some(path) => Location::from(std::path::absolute(path)?),
        None => location,
    })
}

/// Jupyter's data folder (<https://docs.jupyter.org/en/latest/use/jupyter-directories.html#data-files>).
fn jupyter_database(settings: &Settings) -> anyhow::Result<Location> {
    let data = if let Some(folder) = settings.get("JUPYTER_DATA_DIR") {
        Path::new(folder).to_owned()
    } else {
        let home = settings.get("HOME").context("`HOME` is not set")?;
        Path::new(home).join(".local/share/jupyter")
    };
    Ok(Location::from(data.join("scheduler.sqlite")))
}

fn own_zone() -> String {
    let zone = jiff::tz::TimeZone::system();
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// Says of notebooks that are not where they should be.
async fn note_missing(storage: &Storage, plan: &mut Plan) {
    for job in &mut plan.jobs {
        let there = match Location::parse(&job.notebook) {
            Ok(location) => storage.exists(&location).await.unwrap_or(true),
            Err(_) => false,
        };
        if !there {
            let note = format!("its notebook `{}` is not there", job.notebook);
            job.notes.push(note);
        }
    }
}
