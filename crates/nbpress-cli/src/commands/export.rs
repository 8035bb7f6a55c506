//! `nbpress export`: a record as a plain notebook.

use anyhow::Context as _;
use bytes::Bytes;
use clap::Args;
use nbpress_storage::{Location, WriteMode, WriteOptions};

use crate::exit_code;
use crate::printer::Printer;
use crate::settings::Settings;

/// Write a recorded run as a notebook file.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Run id, the beginning of one, or `latest`.
    run: String,
    /// Where to write it; stdout by default.
    #[arg(default_value = "-")]
    output: String,
    /// Fail instead of replacing an existing file.
    #[arg(long)]
    if_absent: bool,
}

pub(crate) async fn export(
    printer: Printer,
    settings: &Settings,
    args: &ExportArgs,
) -> anyhow::Result<u8> {
    let record = settings.record(&args.run)?;
    let notebook = record
        .notebook()
        .with_context(|| format!("failed to read the record of `{}`", args.run))?;
    let output = Location::parse(&args.output)?;
    let mode = if args.if_absent {
        WriteMode::IfAbsent
    } else {
        WriteMode::Overwrite
    };
    let options = WriteOptions {
        mode,
        content_type: Some("application/x-ipynb+json".to_owned()),
    };
    settings
        .storage()
        .write(&output, Bytes::from(notebook.to_bytes()), options)
        .await?;
    if !output.is_stream() {
        printer.say(&format!("wrote {output}"));
    }
    Ok(exit_code::OK)
}
