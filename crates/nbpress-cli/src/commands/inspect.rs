//! `nbpress inspect`: what a notebook takes, before it is run.

use clap::Args;
use nbpress_execute::prepare::load;
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::parameters::{
    Bounds, Parameter, ParameterType, ParameterValue, Schema, schema,
};
use nbpress_storage::Location;

use crate::exit_code;
use crate::printer::{Printer, Style, columns, padded, printable};
use crate::settings::Settings;

/// Columns between two columns.
const GAP: usize = 2;

/// The widest name, type, default and allowed values of a table.
const WIDEST: [usize; 4] = [24, 20, 24, 30];

/// What a column may shrink to where the terminal is narrow.
const NARROWEST: usize = 8;

/// A help text with less room than this goes below its parameter.
const HELP_BESIDE: usize = 20;

/// Show what a notebook takes: parameters, types, defaults, bounds.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Notebook: a path, `s3://…`, `gs://…`, `az://…`, `https://…`, or `-` for stdin.
    notebook: String,
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn inspect(
    printer: Printer,
    settings: &Settings,
    args: &InspectArgs,
) -> anyhow::Result<u8> {
    let location = Location::parse(&args.notebook)?;
    let (notebook, _) = load(&settings.storage(), &location).await?;
    let language = language(settings, &notebook);
    let schema = schema(&notebook, language.as_deref().unwrap_or("python"));
    if args.json {
        let json = to_json(&location, &notebook, language, schema.as_ref());
        printer.data(&json.to_compact())?;
        return Ok(exit_code::OK);
    }
    let page = printer.for_data();
    let mut lines = heading(page, settings, &location, &notebook, language);
    lines.push(String::new());
    match &schema {
        Some(schema) if !schema.is_empty() => lines.extend(table(page, schema)),
        Some(_) => lines.extend(page.wrap("", 2, "the parameters cell assigns nothing")),
        None => lines.extend(page.wrap("", 2, "no parameters: no cell is tagged `parameters`")),
    }
    for line in lines {
        printer.data(line.trim_end())?;
    }
    if schema.is_none() {
        let lead = format!("{} ", printer.paint(Style::Cyan, "hint:"));
        printer.say("");
        printer.say_wrapped(
            &lead,
            2,
            "give the cell that assigns them the tag `parameters`: in JupyterLab select it, then \
             Property Inspector > Cell Tags; in VS Code `…` on the cell > Add Cell Tag",
        );
    }
    Ok(exit_code::OK)
}

/// The language a notebook names, or that of its kernel on this machine.
fn language(settings: &Settings, notebook: &Notebook) -> Option<String> {
    if let Some(language) = notebook.language() {
        return Some(language.to_owned());
    }
    let kernel = settings.finder().by_name(notebook.kernel_name()?).ok()?;
    Some(kernel.ok()?.spec.language)
}

fn heading(
    page: Printer,
    settings: &Settings,
    location: &Location,
    notebook: &Notebook,
    language: Option<String>,
) -> Vec<String> {
    let installed = |kernel: &str| settings.finder().by_name(kernel).is_ok();
    let kernel = match notebook.kernel_name() {
        Some(kernel) if installed(kernel) => kernel.to_owned(),
        Some(kernel) => format!("{kernel} (not installed here)"),
        None => "none named".to_owned(),
    };
    let code = notebook.cells.iter().filter(|cell| cell.is_code()).count();
    let facts = [
        ("notebook", location.to_string()),
        ("kernel", kernel),
        (
            "language",
            language.unwrap_or_else(|| "none named".to_owned()),
        ),
        (
            "cells",
            format!("{}, {code} of them code", notebook.cells.len()),
        ),
        (
            "format",
            format!("{}.{}", notebook.nbformat, notebook.nbformat_minor),
        ),
    ];
    facts
        .iter()
        .flat_map(|(name, value)| page.fact(name, value))
        .collect()
}

/// What is shown of a parameter: name, type, default, allowed values.
fn row(parameter: &Parameter) -> [String; 4] {
    let default = match &parameter.default_source {
        Some(source) => source.clone(),
        None => "(required)".to_owned(),
    };
    let (kind, choices) = without_choices(&parameter.kind);
    let mut allowed: Vec<String> = choices
        .iter()
        .chain(&parameter.choices)
        .map(ParameterValue::to_python_str)
        .collect();
    allowed.dedup();
    let mut allowed = allowed.join(", ");
    if let Some(bounds) = &parameter.bounds {
        let gap = if allowed.is_empty() { "" } else { "; " };
        allowed = format!("{bounds}{gap}{allowed}");
    }
    [parameter.name.clone(), kind, default, allowed].map(|text| printable(&text))
}

/// The type with the choices of a `Literal` taken out of it.
fn without_choices(kind: &ParameterType) -> (String, &[ParameterValue]) {
    match kind {
        ParameterType::Literal(values) => {
            let mut types: Vec<&str> = values.iter().map(ParameterValue::python_type).collect();
            types.dedup();
            (types.join(" | "), values)
        }
        ParameterType::Optional(inner) => {
            let (kind, choices) = without_choices(inner);
            (format!("{kind} | None"), choices)
        }
        other => (other.to_string(), &[]),
    }
}

fn table(page: Printer, schema: &Schema) -> Vec<String> {
    let titles = ["parameter", "type", "default", "allowed"].map(str::to_owned);
    let rows: Vec<[String; 4]> = schema.iter().map(row).collect();
    let mut widths = widths(&titles, &rows);
    // What is allowed must not be cut: where there is no room beside, it goes below.
    let below = used(&widths) > page.width();
    if below {
        widths[3] = 0;
    }
    shrink(&mut widths, page.width());
    let line = |cells: &[String; 4]| -> String {
        let shown = cells.iter().zip(widths).filter(|&(_, width)| width > 0);
        let shown = shown.map(|(cell, width)| padded(cell, width) + &" ".repeat(GAP));
        shown.collect()
    };
    let mut lines = vec![page.paint(Style::Dim, line(&titles).trim_end())];
    for (parameter, cells) in schema.iter().zip(&rows) {
        let left = line(cells);
        let help = printable(&parameter.help);
        let room = page.width().saturating_sub(used(&widths));
        if !below && !help.is_empty() && room >= HELP_BESIDE {
            lines.extend(page.wrap(&left, used(&widths), &help));
            continue;
        }
        lines.push(left);
        if below && !cells[3].is_empty() {
            lines.extend(page.wrap("    ", 4, &cells[3]));
        }
        if !help.is_empty() {
            lines.extend(page.wrap("    ", 4, &help));
        }
    }
    if schema.is_open() {
        lines.push(String::new());
        lines.extend(page.wrap("", 2, "others may be given too"));
    }
    lines
}

/// The widths of the columns; 0 for one that is empty in every row.
fn widths(titles: &[String; 4], rows: &[[String; 4]]) -> [usize; 4] {
    let of_column = |column: usize| {
        let cells = rows.iter().map(|row| columns(&row[column])).max();
        match cells.unwrap_or(0).min(WIDEST[column]) {
            0 => 0,
            width => width.max(columns(&titles[column])),
        }
    };
    [0, 1, 2, 3].map(of_column)
}

fn used(widths: &[usize; 4]) -> usize {
    let filled = widths.iter().filter(|&&width| width > 0);
    filled.map(|width| width + GAP).sum()
}

/// Makes columns narrower until they fit; the widest gives way first.
fn shrink(widths: &mut [usize; 4], room: usize) {
    while used(widths) > room {
        let widest = widths.iter_mut().max();
        let Some(widest) = widest.filter(|width| **width > NARROWEST) else {
            return;
        };
        *widest -= 1;
    }
}

fn to_json(
    location: &Location,
    notebook: &Notebook,
    language: Option<String>,
    schema: Option<&Schema>,
) -> Json {
    let text = |text: Option<String>| text.map_or(Json::Null, Json::from);
    let count = |count: usize| Json::from(u64::try_from(count).unwrap_or(u64::MAX));
    let code = notebook.cells.iter().filter(|cell| cell.is_code()).count();
    let parameters = schema.map(|schema| schema.iter().map(parameter_json).collect());
    object([
        ("notebook", location.to_string().into()),
        ("kernel", text(notebook.kernel_name().map(str::to_owned))),
        ("language", text(language)),
        (
            "format",
            format!("{}.{}", notebook.nbformat, notebook.nbformat_minor).into(),
        ),
        ("cells", count(notebook.cells.len())),
        ("code_cells", count(code)),
        ("parameters", parameters.map_or(Json::Null, Json::Array)),
        ("takes_others", schema.is_none_or(Schema::is_open).into()),
    ])
}

fn parameter_json(parameter: &Parameter) -> Json {
    let value = |value: Option<&ParameterValue>| value.map_or(Json::Null, ParameterValue::to_json);
    let (_, choices) = without_choices(&parameter.kind);
    let choices = choices.iter().chain(&parameter.choices);
    let source = parameter.default_source.clone();
    object([
        ("name", parameter.name.as_str().into()),
        ("type", parameter.kind.to_string().into()),
        ("declared", parameter.declared.into()),
        ("required", parameter.is_required().into()),
        ("default", value(parameter.default.as_ref())),
        ("default_source", source.map_or(Json::Null, Json::from)),
        ("help", parameter.help.as_str().into()),
        (
            "bounds",
            parameter.bounds.as_ref().map_or(Json::Null, bounds_json),
        ),
        (
            "choices",
            Json::Array(choices.map(ParameterValue::to_json).collect()),
        ),
    ])
}

fn bounds_json(bounds: &Bounds) -> Json {
    let end = |bound: &Option<nbpress_format::parameters::Bound>| {
        bound.as_ref().map_or(Json::Null, |bound| {
            object([
                ("value", bound.value.to_json()),
                ("inclusive", bound.inclusive.into()),
            ])
        })
    };
    object([("min", end(&bounds.min)), ("max", end(&bounds.max))])
}

fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
    let fields = fields.into_iter();
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Json::Object(fields.collect::<Object>())
}
