//! `nbpress kernels`: which kernels can be started, and where each was found.

use clap::Args;
use nbpress_format::json::{Json, Object};

use crate::exit_code;
use crate::printer::{Printer, Style, padded};
use crate::settings::Settings;

/// List the kernels that notebooks can run on, and where they were found.
#[derive(Debug, Args)]
pub(crate) struct KernelsArgs {
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(crate) fn kernels(
    printer: Printer,
    settings: &Settings,
    args: &KernelsArgs,
) -> anyhow::Result<u8> {
    let finder = settings.finder();
    let found = finder.all();
    if args.json {
        let rows = found
            .iter()
            .map(|(name, kernel)| (name.clone(), to_json(kernel)));
        printer.data(&Json::Object(rows.collect()).to_compact())?;
        return Ok(exit_code::OK);
    }
    if found.is_empty() {
        printer.say("no kernel is installed; these folders were searched:");
        finder
            .folders()
            .iter()
            .for_each(|folder| printer.say(&format!("  {}", folder.display())));
        printer.say(&format!(
            "\n{} `nbpress doctor --fix` sets up a Python kernel",
            printer.paint(Style::Cyan, "hint:")
        ));
        return Ok(exit_code::FOUND_PROBLEMS);
    }
    let width = found
        .keys()
        .map(String::len)
        .max()
        .unwrap_or(0)
        .clamp(6, 24);
    for (name, kernel) in &found {
        let line = match kernel {
            Ok(kernel) => {
                format!(
                    "{}  {}  {}",
                    padded(name, width),
                    padded(&kernel.spec.language, 10),
                    kernel.folder.display()
                )
            }
            Err(error) => format!(
                "{}  {}",
                padded(name, width),
                printer.paint(Style::Red, &with_cause(error))
            ),
        };
        printer.data(&line)?;
    }
    Ok(exit_code::OK)
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn to_json(kernel: &Result<nbpress_kernel::FoundKernel, nbpress_kernel::find::SpecError>) -> Json {
    let mut row = Object::new();
    match kernel {
        Ok(kernel) => {
            row.insert(
                "folder".to_owned(),
                kernel.folder.display().to_string().into(),
            );
            row.insert("language".to_owned(), kernel.spec.language.clone().into());
            row.insert(
                "display_name".to_owned(),
                kernel.spec.display_name.clone().into(),
            );
            let argv = kernel
                .spec
                .argv
                .iter()
                .map(|word| Json::from(word.as_str()))
                .collect();
            row.insert("argv".to_owned(), Json::Array(argv));
        }
        Err(error) => {
            row.insert("error".to_owned(), with_cause(error).into());
        }
    }
    Json::Object(row)
}
