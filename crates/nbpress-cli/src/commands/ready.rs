//! `nbpress ready`: a small process of this user that keeps kernels ready for runs and sessions.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use nbpress_kernel::limits::size_in_words;
use nbpress_kernel::pool::{self, PoolError, PoolSettings, PoolStatus, ShelfStatus};

use crate::commands::kernel_host::THIS_PROGRAM;
use crate::exit_code;
use crate::printer::{Printer, plural, printable};
use crate::settings::Settings;

/// How long the process may take until it listens.
const START_TIME: Duration = Duration::from_secs(10);

/// Ready kernels: started ahead, each used once.
#[derive(Debug, Args)]
pub(crate) struct ReadyArgs {
    #[command(subcommand)]
    command: ReadyCommand,
}

#[derive(Debug, Subcommand)]
enum ReadyCommand {
    /// Keep kernels ready from now on; the first of each kind is prepared when it is asked for.
    Start(KeepArgs),
    /// Which kernels are ready, and what they hold.
    Status {
        /// Print JSON on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Keep no kernels ready any more. Those in use go on.
    Stop,
    #[command(hide = true)]
    Serve(KeepArgs),
}

/// What is kept.
#[derive(Debug, Args)]
struct KeepArgs {
    /// A module that Python kernels have imported when they are handed over; may be repeated.
    #[arg(long = "import", value_name = "MODULE")]
    modules: Vec<String>,
    /// How many kernels may wait.
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    most: usize,
    /// How much memory they and what they are made of may hold: `512MiB`, `2GiB`.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = crate::commands::run::parse_size)]
    memory: u64,
}

/// Runs the command and returns its exit code.
pub(crate) async fn ready(
    printer: Printer,
    settings: &Settings,
    args: &ReadyArgs,
) -> anyhow::Result<u8> {
    let socket = settings.pool_socket();
    match &args.command {
        ReadyCommand::Start(keep) => start(settings, &socket, keep).await?,
        ReadyCommand::Serve(keep) => serve(&socket, keep).await?,
        ReadyCommand::Stop => pool::stop(&socket)?,
        ReadyCommand::Status { json } => return status(printer, &socket, *json),
    }
    Ok(exit_code::OK)
}

async fn serve(socket: &Path, keep: &KeepArgs) -> anyhow::Result<()> {
    let settings = PoolSettings {
        modules: keep.modules.clone(),
        most_ready: keep.most,
        most_memory_bytes: keep.memory,
        guard: Some(PathBuf::from(THIS_PROGRAM)),
        ..PoolSettings::default()
    };
    Ok(pool::serve(socket, settings).await?)
}

async fn start(settings: &Settings, socket: &Path, keep: &KeepArgs) -> anyhow::Result<()> {
    if pool::status(socket).is_ok() {
        bail!("kernels are kept ready already; `nbpress ready stop` ends that");
    }
    let folder = socket.parent().unwrap_or(&settings.home);
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("failed to make `{}`", folder.display()))?;
    let log = folder.join("log");
    let mut arguments: Vec<String> = ["ready", "serve", "--most"].map(str::to_owned).into();
    arguments.extend([
        keep.most.to_string(),
        "--memory".to_owned(),
        keep.memory.to_string(),
    ]);
    for module in &keep.modules {
        arguments.extend(["--import".to_owned(), module.clone()]);
    }
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    let mut child = nbpress_kernel::detached::start(
        Path::new(THIS_PROGRAM),
        &arguments,
        &settings.environment,
        File::open("/dev/null")?,
        File::create(&log)?,
    )?;
    let since = Instant::now();
    while pool::status(socket).is_err() {
        if child.try_wait()?.is_some() || since.elapsed() > START_TIME {
            bail!("it did not start; `{}` may say why", log.display());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

fn status(printer: Printer, socket: &Path, json: bool) -> anyhow::Result<u8> {
    let status = match pool::status(socket) {
        Err(PoolError::NotRunning(_)) => {
            printer.say("no kernels are kept ready; `nbpress ready start` does that");
            return Ok(exit_code::FOUND_PROBLEMS);
        }
        answer => answer?,
    };
    if json {
        printer.data(&serde_json::to_string(&status)?)?;
        return Ok(exit_code::OK);
    }
    for line in lines(&status) {
        printer.data(&line)?;
    }
    Ok(exit_code::OK)
}

fn lines(status: &PoolStatus) -> Vec<String> {
    let mut lines: Vec<String> = status.shelves.iter().map(line).collect();
    let handed_over = usize::try_from(status.handed_over).unwrap_or(usize::MAX);
    lines.push(format!(
        "{} handed over, {} in use",
        plural(handed_over, "kernel"),
        status.in_use
    ));
    let reason = status.last_reason.as_ref();
    lines.extend(reason.map(|reason| format!("last one started instead: {reason}")));
    lines
}

fn line(shelf: &ShelfStatus) -> String {
    let kernel = printable(&shelf.kernel);
    let held = size_in_words(shelf.memory_bytes);
    match &shelf.refused {
        Some(why) => format!("{kernel}  never ready: {why}"),
        None => format!("{kernel}  {} ready, {held}", shelf.ready.len()),
    }
}
