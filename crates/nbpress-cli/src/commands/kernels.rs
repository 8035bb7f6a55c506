//! `nbpress kernels`: which kernels can be started, and where each was found.

use std::path::{Path, PathBuf};

use clap::Args;
use nbpress_format::json::{Json, Object};
use nbpress_kernel::FoundKernel;
use nbpress_kernel::find::SpecError;

use crate::exit_code;
use crate::printer::{Printer, Style, columns, padded, printable};
use crate::private_python::on_path;
use crate::settings::Settings;

/// The widest name and language of a table.
const WIDEST: (usize, usize) = (24, 12);

/// A folder with less room than this goes below its kernel.
const FOLDER_BESIDE: usize = 30;

/// List the kernels that are installed, and where.
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
            .map(|(name, kernel)| (name.clone(), to_json(settings, kernel)));
        printer.data(&Json::Object(rows.collect()).to_compact())?;
        return Ok(exit_code::OK);
    }
    if found.is_empty() {
        printer.say_wrapped(
            "",
            2,
            "no kernel is installed; these folders were searched:",
        );
        for folder in finder.folders() {
            printer.say(&format!("  {}", folder.display()));
        }
        let lead = format!("{} ", printer.paint(Style::Cyan, "hint:"));
        printer.say("");
        printer.say_wrapped(&lead, 2, "`nbpress doctor --fix` sets up a Python kernel");
        return Ok(exit_code::FOUND_PROBLEMS);
    }
    let page = printer.for_data();
    let language = |kernel: &FoundKernel| columns(&kernel.spec.language);
    let names = found.keys().map(|name| columns(name)).max();
    let languages = found.values().flatten().map(language).max();
    let widths = (
        names.unwrap_or(0).min(WIDEST.0),
        languages.unwrap_or(0).min(WIDEST.1),
    );
    for (name, kernel) in &found {
        for line in lines(page, settings, widths, name, kernel) {
            printer.data(line.trim_end())?;
        }
    }
    Ok(exit_code::OK)
}

fn lines(
    page: Printer,
    settings: &Settings,
    (names, languages): (usize, usize),
    name: &str,
    kernel: &Result<FoundKernel, SpecError>,
) -> Vec<String> {
    let name = padded(&printable(name), names);
    let kernel = match kernel {
        Ok(kernel) => kernel,
        Err(error) => {
            let lead = format!("{name}  {} ", page.paint(Style::Red, "broken:"));
            return page.wrap(&lead, 4, &printable(&with_cause(error)));
        }
    };
    let left = format!(
        "{name}  {}  ",
        padded(&printable(&kernel.spec.language), languages)
    );
    let folder = kernel.folder.display().to_string();
    let used = columns(&left);
    let mut lines = if page.width() >= used + FOLDER_BESIDE {
        page.wrap(&left, 4, &printable(&folder))
    } else {
        let below = page.wrap("    ", 4, &printable(&folder));
        std::iter::once(left).chain(below).collect()
    };
    if let Some(program) = missing_program(settings, kernel) {
        let lead = format!("    {} ", page.paint(Style::Red, "broken:"));
        let text = format!("`{}` is not there", program.display());
        lines.extend(page.wrap(&lead, 6, &printable(&text)));
    }
    lines
}

/// The program of a kernel, where there is none of that name.
fn missing_program(settings: &Settings, kernel: &FoundKernel) -> Option<PathBuf> {
    let line = kernel.command_line(Path::new(""));
    let program = Path::new(line.first()?);
    let exists = if program.components().count() > 1 {
        program.is_file()
    } else {
        on_path(settings, line.first()?).is_some()
    };
    (!exists).then(|| program.to_owned())
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn to_json(settings: &Settings, kernel: &Result<FoundKernel, SpecError>) -> Json {
    let mut row = Object::new();
    let mut add = |name: &str, value: Json| row.insert(name.to_owned(), value);
    match kernel {
        Ok(kernel) => {
            let argv = kernel.spec.argv.iter();
            let argv = argv.map(|word| Json::from(word.as_str())).collect();
            add("folder", kernel.folder.display().to_string().into());
            add("language", kernel.spec.language.clone().into());
            add("display_name", kernel.spec.display_name.clone().into());
            add("argv", Json::Array(argv));
            if let Some(program) = missing_program(settings, kernel) {
                add(
                    "error",
                    format!("`{}` is not there", program.display()).into(),
                );
            }
        }
        Err(error) => {
            add("error", with_cause(error).into());
        }
    }
    Json::Object(row)
}
