//! `nbpress export`: a record as a plain notebook, and a record or a notebook as a page of HTML.

use anyhow::Context as _;
use bytes::Bytes;
use clap::Args;
use nbpress_execute::prepare::load;
use nbpress_format::Notebook;
use nbpress_record::Record;
use nbpress_render::{Options, Page};
use nbpress_storage::{Location, WriteMode, WriteOptions};

use super::runs::local_time;
use crate::exit_code;
use crate::printer::Printer;
use crate::settings::Settings;

/// Write a recorded run as a notebook file or a page of HTML.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Run id, the beginning of one, or `latest`; with `--html` also a notebook.
    run: String,
    /// Where to write it; stdout by default.
    #[arg(default_value = "-")]
    output: String,
    /// Write one HTML file that needs no other and runs no scripts.
    #[arg(long)]
    html: bool,
    /// Leave the code out of the page.
    #[arg(long, requires = "html")]
    hide_code: bool,
    /// Fail instead of replacing an existing file.
    #[arg(long)]
    if_absent: bool,
}

pub(crate) async fn export(
    printer: Printer,
    settings: &Settings,
    args: &ExportArgs,
) -> anyhow::Result<u8> {
    let (bytes, content_type) = if args.html {
        let page = page(settings, args).await?;
        (Bytes::from(page), "text/html; charset=utf-8")
    } else {
        let record = settings.record(&args.run)?;
        let notebook = recorded(&record, &args.run)?;
        (Bytes::from(notebook.to_bytes()), "application/x-ipynb+json")
    };
    let output = Location::parse(&args.output)?;
    let mode = if args.if_absent {
        WriteMode::IfAbsent
    } else {
        WriteMode::Overwrite
    };
    let options = WriteOptions {
        mode,
        content_type: Some(content_type.to_owned()),
    };
    settings.storage().write(&output, bytes, options).await?;
    if !output.is_stream() {
        printer.say(&format!("wrote {output}"));
    }
    Ok(exit_code::OK)
}

fn recorded(record: &Record, wanted: &str) -> anyhow::Result<Notebook> {
    record
        .notebook()
        .with_context(|| format!("failed to read the record of `{wanted}`"))
}

async fn page(settings: &Settings, args: &ExportArgs) -> anyhow::Result<String> {
    let (notebook, title, subtitle) = if names_file(&args.run) {
        let location = Location::parse(&args.run)?;
        let (notebook, _) = load(&settings.storage(), &location).await?;
        (notebook, name(&location), None)
    } else {
        let record = settings.record(&args.run)?;
        let header = record.header();
        let title = Location::parse(&header.source.path).map(|source| name(&source));
        let subtitle = format!(
            "Run {}, {}",
            record.run_id(),
            local_time(header.started_at, "%Y-%m-%d %H:%M %Z")
        );
        let notebook = recorded(&record, &args.run)?;
        (notebook, title?, Some(subtitle))
    };
    let page = Page {
        title,
        subtitle,
        options: Options {
            hide_code: args.hide_code,
            embed: true,
            ..Options::default()
        },
        ..Page::default()
    };
    Ok(nbpress_render::notebook(&notebook, &page))
}

/// Whether a source is a notebook's place; ids of runs have nothing of one.
fn names_file(source: &str) -> bool {
    source == "-" || source.contains(['/', '.'])
}

fn name(location: &Location) -> String {
    location.file_name().unwrap_or_else(|| location.to_string())
}
