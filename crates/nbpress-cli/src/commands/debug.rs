//! `nbpress debug`: a kernel in the state from just before the cell that failed.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use nbpress_execute::Parent;
use nbpress_execute::keep::folder_of;
use nbpress_execute::resume::revisit::revisit;
use nbpress_kernel::process::start_at_terminal;
use nbpress_kernel::{FoundKernel, Kernel, KernelEvent};
use nbpress_record::{Document, Record, Resumption, RunHeader};
use nbpress_scheduler::coordinator::Coordinator as _;
use nbpress_scheduler::snapshot::{SnapshotId, SnapshotStore};
use nbpress_storage::Location;
use tokio::signal::unix::{SignalKind, signal};

use super::resume::{earlier, parse_cell};
use crate::api::Api;
use crate::printer::{Printer, plural};
use crate::settings::Settings;
use crate::{exit_code, signals};

/// What Jupyter's console is called.
const CONSOLE: &str = "jupyter-console";

/// Start a kernel in the state from just before the cell that failed, for any Jupyter client.
#[derive(Debug, Args)]
pub(crate) struct DebugArgs {
    /// Run id, the beginning of one, or `latest`.
    #[arg(default_value = "latest")]
    run: String,
    /// The state from before this cell, counted from 1.
    #[arg(long, value_name = "CELL", value_parser = parse_cell)]
    cell: Option<usize>,
    /// Where cells run that have to run again [default: where they ran].
    #[arg(long, value_name = "FOLDER")]
    cwd: Option<PathBuf>,
    /// Print the connection file, and leave the terminal alone.
    #[arg(long)]
    no_console: bool,
}

/// Runs the command and returns its exit code.
pub(crate) async fn debug(
    printer: Printer,
    settings: &Settings,
    args: &DebugArgs,
) -> anyhow::Result<u8> {
    let record = last_attempt(settings, settings.record(&args.run)?)?;
    let document = record
        .document()
        .with_context(|| format!("failed to read the record of `{}`", args.run))?;
    let name = document.kernel().map(|kernel| kernel.name.clone());
    let name = name.context("no kernel answered in that run")?;
    let found = settings.finder().by_name(&name)??;
    let (mut stop, listening) = signals::listen().context("failed to listen for signals")?;
    let place = WorkingPlace::of(settings, args, &document).await?;
    let parent = Parent {
        has_files: true,
        earlier: earlier(settings, &document),
        document,
        copies: folder_of(&settings.copies(), record.run_id()),
        from: args.cell,
    };
    let context = settings.context()?;
    let environment = &settings.environment;
    let kernel = revisit(&context, parent, &found, environment, &place.folder);
    let stopped = async { stop.wait_for(|stop| stop.times > 0).await.is_ok() };
    let (kernel, how) = tokio::select! {
        kernel = kernel => kernel?,
        _stopped = stopped => return Ok(exit_code::OK),
    };
    let file = ConnectionFile::write(settings, &kernel)?;
    introduce(printer, &how);
    let console = console_for(settings, &found);
    if let Some(console) = console.filter(|_| printer.data_is_seen() && !args.no_console) {
        // What is typed there is for the console, Ctrl-C too.
        drop(listening);
        attend(printer, kernel, settings, &console, &file).await?;
    } else {
        invite(printer, &file)?;
        until_left(kernel, stop).await;
    }
    Ok(exit_code::OK)
}

/// A run of the queue has a record for each attempt. Its own name stands for the last one.
fn last_attempt(settings: &Settings, record: Record) -> anyhow::Result<Record> {
    let run = record.run_id().to_string();
    let of_queue = |header: &RunHeader| tag(header, "nbpress.run").as_ref() == Some(&run);
    if !of_queue(record.header()) {
        return Ok(record);
    }
    let attempts = settings.store()?.list()?.into_iter();
    let last = attempts
        .filter(|attempt| of_queue(&attempt.header))
        .max_by_key(|attempt| attempt.header.started_at);
    match last {
        Some(last) if last.run_id != record.run_id() => settings.record(&last.run_id.to_string()),
        _ => Ok(record),
    }
}

fn tag(header: &RunHeader, name: &str) -> Option<String> {
    header.tags.get(name)?.as_str().map(str::to_owned)
}

/// Where cells run that have to run again.
struct WorkingPlace {
    folder: PathBuf,
    /// The files that a run of the queue began with; gone with this value.
    _fetched: Option<tempfile::TempDir>,
}

impl WorkingPlace {
    /// Where they ran. A server removes the folders of its runs, and has what was in them at the beginning.
    async fn of(
        settings: &Settings,
        args: &DebugArgs,
        document: &Document,
    ) -> anyhow::Result<Self> {
        let header = document.header();
        let ran = header
            .working_directory
            .clone()
            .unwrap_or_else(|| ".".to_owned());
        let wanted = args.cwd.clone().unwrap_or_else(|| ran.into());
        let snapshot = tag(header, "nbpress.snapshot").filter(|_| !wanted.is_dir());
        let Some(snapshot) = snapshot.filter(|_| args.cwd.is_none()) else {
            return Ok(Self {
                folder: wanted,
                _fetched: None,
            });
        };
        let folder = tempfile::Builder::new()
            .prefix("debug-")
            .tempdir_in(&settings.home)
            .context("failed to make a folder for the files of the run")?;
        let files = folder.path().join("files");
        let fetched = match store_of_snapshots(settings, &settings.home)?
            .materialize(&SnapshotId::parse(&snapshot)?, &files)
            .await
        {
            Ok(notebook) => Ok(notebook),
            Err(absent) => ask_the_server(settings, &snapshot, folder.path())
                .await
                .map_err(|error| error.context(absent)),
        };
        let notebook = fetched.with_context(|| {
            format!("`{}` is gone, and the files of the run cannot be read; `--cwd` takes another folder", wanted.display())
        })?;
        Ok(Self {
            folder: notebook.parent().unwrap_or(folder.path()).to_owned(),
            _fetched: Some(folder),
        })
    }
}

/// The snapshots in a folder.
fn store_of_snapshots(settings: &Settings, folder: &Path) -> anyhow::Result<SnapshotStore> {
    let base = Location::parse(&folder.join("snapshots").to_string_lossy())?;
    Ok(SnapshotStore::new(Arc::new(settings.storage()), &base))
}

/// Where the server keeps snapshots elsewhere, in a bucket say, it knows where; its answer has the notebook.
async fn ask_the_server(
    settings: &Settings,
    snapshot: &str,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let sent = store_of_snapshots(settings, folder)?;
    let server = Api::find(settings)?.as_worker(sent, settings.store()?)?;
    Ok(server.fetch(snapshot, &folder.join("from-server")).await?)
}

/// Jupyter's console, of the kernel's environment or of the person's.
fn console_for(settings: &Settings, kernel: &FoundKernel) -> Option<PathBuf> {
    let interpreter = kernel.spec.argv.first().map(Path::new);
    let beside = interpreter.and_then(Path::parent).map(Path::to_owned);
    let folders = settings.get("PATH").unwrap_or_default();
    let mut folders = beside.into_iter().chain(std::env::split_paths(folders));
    folders.find_map(|folder| {
        let console = folder.join(CONSOLE);
        (folder.is_absolute() && console.is_file()).then_some(console)
    })
}

/// Has a console use the kernel until it ends, or this process is told to.
async fn attend(
    printer: Printer,
    mut kernel: Kernel,
    settings: &Settings,
    console: &Path,
    file: &ConnectionFile,
) -> anyhow::Result<()> {
    let listen = |kind| signal(kind).context("failed to listen for signals");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let arguments = ["--existing".as_ref(), file.0.as_os_str()];
    let started = start_at_terminal(console, &arguments, &settings.environment);
    let mut console =
        started.with_context(|| format!("failed to start `{}`", console.display()))?;
    let mut lives = true;
    loop {
        tokio::select! {
            _ended = console.wait() => break,
            _told = terminate.recv() => break,
            // The console does not interrupt kernels that it has not started.
            _told = interrupt.recv(), if lives => kernel.interrupt().await,
            event = kernel.next(), if lives => {
                if let KernelEvent::Exited(exit) = event {
                    lives = false;
                    if exit.code != Some(0) {
                        printer.say(&format!("the kernel has ended ({exit}); leave with Ctrl-D"));
                    }
                }
            }
        }
    }
    kernel.kill().await;
    Ok(())
}

fn introduce(printer: Printer, how: &Resumption) {
    let cell = how.cell + 1;
    let text = if how.first < how.cell {
        let again = plural(how.cell - how.first, "cell");
        format!("before cell {cell}, {again} run again")
    } else {
        format!("before cell {cell}, as it was kept")
    };
    printer.say_all(&printer.fact("state", &text));
    for lost in &how.lost {
        printer.say_all(&printer.fact("but", lost));
    }
}

/// Says how any client of Jupyter finds the kernel.
fn invite(printer: Printer, file: &ConnectionFile) -> anyhow::Result<()> {
    let path = file.0.display().to_string();
    let attach = format!("jupyter console --existing {path}");
    printer.say_all(&printer.fact("attach", &attach));
    printer.say_all(&printer.fact("end", "quit there, or Ctrl-C here"));
    Ok(printer.data(&path)?)
}

/// Where other clients find the kernel; readable for its user only, and gone with this value.
struct ConnectionFile(PathBuf);

impl ConnectionFile {
    fn write(settings: &Settings, kernel: &Kernel) -> anyhow::Result<Self> {
        let path = settings
            .home
            .join(format!("debug-{}.json", std::process::id()));
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("failed to make `{}`", path.display()))?;
        serde_json::to_writer(&file, kernel.connection())
            .with_context(|| format!("failed to write `{}`", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for ConnectionFile {
    fn drop(&mut self) {
        let _absent = std::fs::remove_file(&self.0);
    }
}

/// Reads what the kernel sends, so that it can go on, until it has ended or is not wanted any more.
async fn until_left(
    mut kernel: Kernel,
    mut stop: tokio::sync::watch::Receiver<nbpress_execute::Stop>,
) {
    loop {
        tokio::select! {
            event = kernel.next() => {
                if matches!(event, KernelEvent::Exited(_)) {
                    return;
                }
            }
            _stopped = stop.wait_for(|stop| stop.times > 0) => break,
        }
    }
    kernel.kill().await;
}
