//! `nbpress config`: what a server or a worker would be told, and where that was said.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::args;
use crate::configuration::{Configuration, Section, Setting, Value, Values};
use crate::exit_code;
use crate::printer::{Printer, Style, plural, printable};
use crate::settings::Settings;

/// What stands for the value of a secret.
const HIDDEN: &str = "***";

/// Settings of `serve` and `worker run`: what they are, and where they were set.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// List each setting with its value and where that was set.
    Show {
        /// The file of settings [default: `NBPRESS_CONFIG`, or the first `nbpress.toml` found].
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print JSON on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Check a file, and say what is wrong with it.
    Check { file: PathBuf },
}

/// Runs the command and returns its exit code.
pub(crate) fn config(
    printer: Printer,
    settings: &Settings,
    args: &ConfigArgs,
) -> anyhow::Result<u8> {
    match &args.command {
        ConfigCommand::Show { config, json } => show(printer, settings, config.as_deref(), *json),
        ConfigCommand::Check { file } => check(printer, settings, file),
    }
}

fn show(
    printer: Printer,
    settings: &Settings,
    named: Option<&Path>,
    json: bool,
) -> anyhow::Result<u8> {
    let sections = Section::all(&args::command());
    let configuration = Configuration::read(settings, named, &sections)?;
    if !json {
        let file = configuration.path.as_ref();
        let file = file.map_or_else(|| "none".to_owned(), |path| path.display().to_string());
        printer.say_all(&printer.fact("file", &file));
    }
    for section in &sections {
        let values = configuration.values(settings, section)?;
        if json {
            for setting in &section.settings {
                printer.data(&described(section, setting, &values).to_string())?;
            }
            continue;
        }
        let page = printer.for_data();
        printer.data("")?;
        printer.data(&page.paint(Style::Bold, &format!("[{}]", section.name)))?;
        let row = |setting: &Setting| {
            let value = values.get(&setting.key);
            let origin = value.map_or_else(
                || "default".to_owned(),
                |value| printable(&value.origin.to_string()),
            );
            vec![setting.key.clone(), shown(setting, value), origin]
        };
        let rows: Vec<Vec<String>> = section.settings.iter().map(row).collect();
        for line in page.table(&rows) {
            printer.data(&line)?;
        }
    }
    Ok(exit_code::OK)
}

/// The value as people read it.
fn shown(setting: &Setting, value: Option<&Value>) -> String {
    match texts(setting, value) {
        texts if texts.is_empty() => "-".to_owned(),
        _ if setting.secret => HIDDEN.to_owned(),
        texts => printable(&texts.join(", ")),
    }
}

fn texts(setting: &Setting, value: Option<&Value>) -> Vec<String> {
    let default = || {
        let values = setting.arg.get_default_values().iter();
        values
            .map(|value| value.to_string_lossy().into_owned())
            .collect()
    };
    value.map_or_else(default, |value| value.texts.clone())
}

/// One setting for programs; `value` is null where nothing is set, a list where there may be several.
fn described(section: &Section, setting: &Setting, values: &Values) -> serde_json::Value {
    use crate::configuration::Kind;
    let value = values.get(&setting.key);
    let texts = texts(setting, value);
    let told = match (setting.kind, texts.first()) {
        (_, Some(_)) if setting.secret => json!(HIDDEN),
        (Kind::List, _) => json!(texts),
        (Kind::Switch, first) => json!(first.is_some_and(|text| text == "true")),
        (_, first) => json!(first),
    };
    json!({
        "section": section.name,
        "key": setting.key,
        "value": told,
        "set_by": value.map(|value| value.origin.to_string()),
        "variables": setting.variables,
    })
}

fn check(printer: Printer, settings: &Settings, file: &Path) -> anyhow::Result<u8> {
    let sections = Section::all(&args::command());
    let without = Settings {
        environment: std::collections::BTreeMap::new(),
        home: settings.home.clone(),
    };
    let configuration = Configuration::read(&without, Some(file), &sections)?;
    let mut count = 0;
    for section in &sections {
        count += configuration.values(&without, section)?.len();
    }
    printer.data(&format!(
        "{} is right: {}",
        printable(&file.display().to_string()),
        plural(count, "setting")
    ))?;
    Ok(exit_code::OK)
}
