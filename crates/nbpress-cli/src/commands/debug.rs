//! `nbpress debug`: a kernel in the state from just before the cell that failed.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use nbpress_execute::Parent;
use nbpress_execute::keep::folder_of;
use nbpress_execute::resume::revisit::revisit;
use nbpress_kernel::{Kernel, KernelEvent};
use nbpress_record::Resumption;

use super::resume::{earlier, parse_cell};
use crate::printer::{Printer, plural};
use crate::settings::Settings;
use crate::{exit_code, signals};

/// Start a kernel in the state from just before the cell that failed, for any Jupyter client.
#[derive(Debug, Args)]
pub(crate) struct DebugArgs {
    /// Run id, the beginning of one, or `latest`.
    #[arg(default_value = "latest")]
    run: String,
    /// The state from before this cell, counted from 1.
    #[arg(long, value_name = "CELL", value_parser = parse_cell)]
    cell: Option<usize>,
}

/// Runs the command and returns its exit code.
pub(crate) async fn debug(
    printer: Printer,
    settings: &Settings,
    args: &DebugArgs,
) -> anyhow::Result<u8> {
    let record = settings.record(&args.run)?;
    let document = record
        .document()
        .with_context(|| format!("failed to read the record of `{}`", args.run))?;
    let name = document.kernel().map(|kernel| kernel.name.clone());
    let name = name.context("no kernel answered in that run")?;
    let found = settings.finder().by_name(&name)??;
    let parent = Parent {
        has_files: true,
        earlier: earlier(settings, &document),
        document,
        copies: folder_of(&settings.copies(), record.run_id()),
        from: args.cell,
    };
    let context = settings.context()?;
    let (mut stop, _listening) = signals::listen().context("failed to listen for signals")?;
    let kernel = revisit(&context, parent, &found, &settings.environment);
    let stopped = async { stop.wait_for(|stop| stop.times > 0).await.is_ok() };
    let (kernel, how) = tokio::select! {
        kernel = kernel => kernel?,
        _stopped = stopped => return Ok(exit_code::OK),
    };
    let file = ConnectionFile::write(settings, &kernel)?;
    introduce(printer, &how, &file)?;
    until_left(kernel, stop).await;
    Ok(exit_code::OK)
}

fn introduce(printer: Printer, how: &Resumption, file: &ConnectionFile) -> anyhow::Result<()> {
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
