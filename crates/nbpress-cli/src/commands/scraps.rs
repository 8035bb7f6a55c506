//! `nbpress scraps`: what a run reported.

use clap::Args;
use nbpress_format::json::Json;
use nbpress_record::{Scrap, read_scraps};

use crate::commands::source::notebook;
use crate::exit_code;
use crate::printer::{Printer, padded, printable};
use crate::settings::Settings;

/// Show the values a run reported (`scrap`, `glue`, `record`).
#[derive(Debug, Args)]
pub(crate) struct ScrapsArgs {
    /// Run id, the beginning of one, `latest`, or the location of an output notebook.
    run: String,
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn scraps(
    printer: Printer,
    settings: &Settings,
    args: &ScrapsArgs,
) -> anyhow::Result<u8> {
    let scraps = read_scraps(&notebook(settings, &args.run).await?);
    if args.json {
        printer.data(&Json::Array(scraps.iter().map(Scrap::to_json).collect()).to_compact())?;
        return Ok(exit_code::OK);
    }
    if scraps.is_empty() {
        printer
            .say("this run reported nothing; a notebook does so with `nbpress.scrap(name, value)`");
    }
    let page = printer.for_data();
    for row in table(&scraps) {
        printer.data(&page.fit(&row))?;
    }
    Ok(exit_code::OK)
}

/// One line per scrap: name and value, as long as they are.
pub(crate) fn table(scraps: &[Scrap]) -> Vec<String> {
    let width = scraps
        .iter()
        .map(|scrap| scrap.name.chars().count())
        .max()
        .unwrap_or(0)
        .min(32);
    let row = |scrap: &Scrap| {
        let name = padded(&scrap.name, width);
        format!("{name}  {}", printable(&scrap.text()))
    };
    scraps.iter().map(row).collect()
}
