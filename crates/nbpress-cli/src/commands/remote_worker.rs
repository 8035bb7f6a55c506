//! `nbpress worker run`: a worker that takes its runs from a server on another machine.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use nbpress_scheduler::coordinator::{Coordinator as _, CoordinatorError};
use nbpress_scheduler::remote::Remote;
use nbpress_scheduler::snapshot::SnapshotStore;
use nbpress_scheduler::worker::{Complaint, Worker};
use nbpress_storage::Location;
use tokio::sync::watch;

use crate::commands::serve::worker_settings;
use crate::exit_code;
use crate::logging::LogArgs;
use crate::printer::{Printer, Style};
use crate::settings::Settings;
use crate::signals;
use crate::traces::TraceArgs;

/// How long copies of snapshots are kept.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Run the runs of a server on this machine. The token is a setting: `NBPRESS_TOKEN`, or in a file.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunWorkerArgs {
    /// The server's address [default: `NBPRESS_SERVER`].
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// What the server wants to hear.
    #[arg(long, value_name = "TEXT", hide = true)]
    token: Option<String>,
    /// The most runs at the same time on this machine [default: the number of processors].
    #[arg(long, value_name = "N")]
    slots: Option<u16>,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    traces: TraceArgs,
    /// The file of settings [default: `NBPRESS_CONFIG`, or the first `nbpress.toml` found].
    #[arg(long, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
}

/// Runs the command and returns its exit code.
pub(crate) async fn run(
    printer: Printer,
    settings: &Settings,
    args: &RunWorkerArgs,
) -> anyhow::Result<u8> {
    args.log.begin(printer);
    let (mut signal, _listening) = signals::listen().context("failed to listen for signals")?;
    let url = args.server.as_deref();
    let url = url.context("no server is named: give `--server URL`, or set `NBPRESS_SERVER`")?;
    let token = args.token.as_deref().context(
        "`NBPRESS_TOKEN` is not set: the server keeps its token in `NBPRESS_HOME/token`",
    )?;
    let records = settings.store()?;
    // A server of the same home has attempts and snapshots of its own.
    let folder = settings.home.join("worker");
    let attempts = folder.join("attempts");
    let _held = hold(&attempts)?;
    let copies = folder.join("snapshots");
    if let Err(error) = remove_old(&copies) {
        printer.say(&format!("old copies of snapshots stay: {error}"));
    }
    let base = Location::parse(&copies.to_string_lossy())?;
    let snapshots = SnapshotStore::new(Arc::new(settings.storage()), &base);
    let address = url
        .parse()
        .with_context(|| format!("`{url}` is not an address"))?;
    let server = Remote::new(address, token, snapshots, records.clone())?;
    let mut worker = worker_settings(settings, args.slots, records)?;
    worker.attempts = attempts;
    let complain: Complaint = Arc::new(|text| tracing::warn!("{text}"));
    let id = worker.introduction.id.clone();
    check(&server, &id, url).await?;
    if args.log.for_programs() {
        tracing::info!(server = url, worker = id, home = %settings.home.display(), "working");
    } else {
        printer.say(&format!(
            "{}  {url}  (stop with Ctrl-C)",
            printer.paint(Style::Bold, "nbpress works for"),
        ));
        printer.say(&format!("  worker     {id}"));
        printer.say(&format!("  home       {}", settings.home.display()));
    }
    let (_sender, stop) = watch::channel(false);
    let traces = args.traces.begin(settings, "nbpress-worker")?;
    let worker = Worker::new(server, worker, complain).with_tracer(traces.tracer.clone());
    tokio::select! {
        _ = signal.wait_for(|stop| stop.times > 0) => {}
        () = worker.run(stop) => {}
    }
    traces.finish().await;
    let stopped = "stopped; runs that are on go on, and the next worker of this home finds them";
    if args.log.for_programs() {
        tracing::info!("{stopped}");
    } else {
        printer.say(stopped);
    }
    Ok(exit_code::OK)
}

/// Removes copies of snapshots that were fetched long ago: a server has them all.
fn remove_old(snapshots: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(snapshots) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let found = entry.metadata()?;
        if found.is_dir() {
            remove_old(&entry.path())?;
        } else if found.modified()?.elapsed().is_ok_and(|age| age > KEPT) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A server that is away may come back; one that does not know the token does not learn it.
async fn check(server: &Remote, id: &str, url: &str) -> anyhow::Result<()> {
    match server.beat(id).await {
        Err(error @ CoordinatorError::Refused(_)) => {
            Err(error).with_context(|| format!("the server at {url} does not take this worker"))
        }
        // Registering is next, and says what is wrong.
        _ => Ok(()),
    }
}

/// Takes the folder of attempts for this process: two workers would end each other's runs.
pub(crate) fn hold(attempts: &Path) -> anyhow::Result<File> {
    let path = attempts.with_extension("lock");
    let doing = || format!("failed to lock `{}`", path.display());
    std::fs::create_dir_all(attempts).with_context(doing)?;
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(doing)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).with_context(doing)?;
            bail!(
                "another worker uses `{}`: process {}; give this one another `NBPRESS_HOME`",
                attempts.display(),
                holder.trim()
            );
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(doing),
    }
    file.set_len(0).with_context(doing)?;
    file.rewind().with_context(doing)?;
    write!(file, "{}", std::process::id()).with_context(doing)?;
    Ok(file)
}
