//! `nbpress job`: notebooks with a name, trusted copies and defaults.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::api::{Api, encoded};
use crate::commands::submit::{FileArgs, SettingArgs, WaitArgs, parameters, shown, source, typed};
use crate::exit_code;
use crate::parameters::ParameterArgs;
use crate::printer::{Printer, fitted, printable};
use crate::settings::Settings;

/// Jobs: notebooks with a name, trusted copies and defaults.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    #[command(subcommand)]
    command: JobCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum JobCommand {
    /// Publish a notebook as a job; what is edited later changes no run until it is published again.
    Publish(Box<PublishArgs>),
    /// List jobs.
    List,
    /// Show a job.
    Show { name: String },
    /// Show how its notebooks were edited since it was published.
    Ahead { name: String },
    /// Publish its notebooks as they are now.
    Republish { name: String },
    /// List its versions.
    Versions { name: String },
    /// Run it now.
    Run(Box<JobRunArgs>),
    /// Run it at many points of its parameters.
    Sweep(JobSweepArgs),
    /// Hide it and end its schedules; its runs stay.
    Archive { name: String },
}

#[derive(Debug, Args)]
struct PublishArgs {
    /// The job's name.
    name: String,
    /// Its notebook, or a `.sql`, `.py`, `.R` or `.sh` file.
    #[arg(required_unless_present = "definition")]
    notebook: Option<String>,
    /// A JSON file with the whole definition: several tasks, presets, notifications.
    #[arg(long, value_name = "PATH", conflicts_with = "notebook")]
    definition: Option<String>,
    /// Who is told of what: `failed,late:CHANNEL` (repeatable).
    #[arg(long, value_name = "KINDS:CHANNEL")]
    notify: Vec<String>,
    /// By when a run must be over: `07:00@Europe/Berlin`.
    #[arg(long, value_name = "TIME@ZONE")]
    deadline: Option<String>,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    settings: SettingArgs,
}

#[derive(Debug, Args)]
struct JobRunArgs {
    /// The job's name.
    name: String,
    /// One of its presets.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Wait for its end and exit with its code.
    #[arg(short, long)]
    wait: bool,
    #[command(flatten)]
    parameters: ParameterArgs,
}

#[derive(Debug, Args)]
struct JobSweepArgs {
    /// The job's name.
    name: String,
    /// The values of a parameter: `alpha=0.1,0.2`, `day=2026-01-01..2026-01-31` (repeatable).
    #[arg(short, long = "set", value_name = "NAME=VALUES", required = true)]
    set: Vec<String>,
    /// How many run at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    concurrency: i64,
    /// After this many failures no further one begins.
    #[arg(long, value_name = "N")]
    max_failures: Option<i64>,
}

/// Runs the command and returns its exit code.
pub(crate) async fn job(
    printer: Printer,
    settings: &Settings,
    args: &JobArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let path = |name: &str, rest: &str| format!("/v1/jobs/{}{rest}", encoded(name));
    match &args.command {
        JobCommand::Publish(publish) => {
            let body = definition(settings, &api, publish).await?;
            let job = api.put(&path(&publish.name, ""), &body).await?;
            print_job(printer, &job, args.json)
        }
        JobCommand::List => {
            let jobs = api.get("/v1/jobs").await?;
            list(printer, &jobs["jobs"], args.json, |job| {
                let tasks = job["definition"]["tasks"].as_array().map_or(0, Vec::len);
                vec![
                    field(job, "name"),
                    format!("version {}", job["version"]),
                    format!("{tasks} task{}", if tasks == 1 { "" } else { "s" }),
                ]
            })
        }
        JobCommand::Show { name } => {
            print_job(printer, &api.get(&path(name, "")).await?, args.json)
        }
        JobCommand::Republish { name } => {
            let job = api.post(&path(name, "/republish"), &json!({})).await?;
            print_job(printer, &job, args.json)
        }
        JobCommand::Ahead { name } => {
            let ahead = api.get(&path(name, "/ahead")).await?;
            print_ahead(printer, &ahead, args.json)
        }
        JobCommand::Versions { name } => {
            let versions = api.get(&path(name, "/versions")).await?;
            list(printer, &versions, args.json, |version| {
                vec![
                    format!("version {}", version["version"]),
                    field(version, "created_at"),
                    field(version, "created_by"),
                ]
            })
        }
        JobCommand::Run(run) => {
            let values = parameters(settings, &run.parameters).await?;
            let body = json!({"preset": run.preset, "parameters": values});
            let made = api.post(&path(&run.name, "/run"), &body).await?;
            let wait = WaitArgs {
                wait: run.wait,
                json: args.json,
            };
            shown(printer, &api, made, &wait).await
        }
        JobCommand::Sweep(sweep) => {
            let body = json!({
                "points": points(&sweep.set)?,
                "concurrency": sweep.concurrency,
                "max_failures": sweep.max_failures,
                "label": sweep.set.join(" "),
            });
            let batch = api.post(&path(&sweep.name, "/sweep"), &body).await?;
            print_id(printer, &batch, args.json)
        }
        JobCommand::Archive { name } => {
            api.delete(&path(name, "")).await?;
            Ok(exit_code::OK)
        }
    }
}

async fn definition(settings: &Settings, api: &Api, args: &PublishArgs) -> anyhow::Result<Value> {
    let mut body: Value = if let Some(path) = &args.definition {
        let location = nbpress_storage::Location::parse(path)?;
        let bytes = settings.storage().read(&location).await?;
        serde_json::from_slice(&bytes).with_context(|| format!("`{path}` is not JSON"))?
    } else {
        let notebook = args.notebook.as_deref().unwrap_or_default();
        let mut task = source(settings, api, notebook, &args.files).await?;
        let values = parameters(settings, &args.parameters).await?;
        task.insert("parameters".to_owned(), values.into());
        task.insert("settings".to_owned(), args.settings.to_json()?);
        json!({"tasks": [task]})
    };
    if !args.notify.is_empty() {
        let rules: Vec<Value> = args
            .notify
            .iter()
            .map(|rule| notify_rule(rule))
            .collect::<Result<_, _>>()?;
        body["notify"] = rules.into();
    }
    if let Some(deadline) = &args.deadline {
        let (by, zone) = deadline
            .split_once('@')
            .context("a deadline is written `07:00@ZONE`")?;
        body["deadline"] = json!({"by": by, "time_zone": zone});
    }
    Ok(body)
}

fn notify_rule(text: &str) -> anyhow::Result<Value> {
    let usage = "a notification is written `failed,late:CHANNEL`";
    let (kinds, channel) = text.rsplit_once(':').context(usage)?;
    let kinds: Vec<&str> = kinds.split(',').map(str::trim).collect();
    Ok(json!({"on": kinds, "channel": channel}))
}

/// Every combination of the values.
fn points(set: &[String]) -> anyhow::Result<Vec<Map<String, Value>>> {
    let mut points = vec![Map::new()];
    for text in set {
        let (name, values) = crate::parameters::split(text)?;
        let values = nbpress_execute::sweep::values::values(values)
            .with_context(|| format!("the values of `{name}`"))?;
        let with = |point: &Map<String, Value>, value: &String| {
            let mut point = point.clone();
            point.insert(name.to_owned(), typed(value));
            point
        };
        points = points
            .iter()
            .flat_map(|point| {
                values
                    .iter()
                    .map(move |value| with(point, value))
                    .collect::<Vec<_>>()
            })
            .collect();
        if points.len() > 100_000 {
            bail!("more than 100,000 points");
        }
    }
    Ok(points)
}

fn print_job(printer: Printer, job: &Value, json: bool) -> anyhow::Result<u8> {
    if json {
        printer.data(&job.to_string())?;
        return Ok(exit_code::OK);
    }
    let page = printer.for_data();
    let title = format!("{}  version {}", field(job, "name"), job["version"]);
    printer.data(&printable(&title))?;
    for task in job["definition"]["tasks"].as_array().into_iter().flatten() {
        let notebook = page.fit_path(&field(task, "notebook"), page.fact_room());
        let snapshot = fitted(&field(task, "snapshot"), page.fact_room());
        for (name, value) in [
            ("task", field(task, "key")),
            ("notebook", notebook),
            ("snapshot", snapshot),
        ] {
            for line in page.fact(name, &value) {
                printer.data(&line)?;
            }
        }
        for parameter in task["schema"].as_array().into_iter().flatten() {
            let default = &parameter["default"];
            let line = format!(
                "{}: {} = {default}",
                field(parameter, "name"),
                field(parameter, "type")
            );
            for line in page.fact("parameter", &line) {
                printer.data(&line)?;
            }
        }
    }
    Ok(exit_code::OK)
}

fn print_ahead(printer: Printer, ahead: &Value, json: bool) -> anyhow::Result<u8> {
    if json {
        printer.data(&ahead.to_string())?;
        return Ok(exit_code::OK);
    }
    let tasks = ahead["tasks"].as_object();
    if tasks.is_none_or(Map::is_empty) {
        printer.say("nothing has changed since it was published");
        return Ok(exit_code::OK);
    }
    for (task, diff) in tasks.into_iter().flatten() {
        printer.data(&printable(&format!("{task}: {}", field(diff, "summary"))))?;
        for cell in diff["notebook"]["cells"].as_array().into_iter().flatten() {
            for line in field(cell, "diff").lines() {
                printer.data(&format!("  {}", printable(line)))?;
            }
        }
    }
    Ok(exit_code::OK)
}

/// Prints each of a list as a line, or as a line of JSON.
pub(crate) fn list(
    printer: Printer,
    items: &Value,
    json: bool,
    columns: impl Fn(&Value) -> Vec<String>,
) -> anyhow::Result<u8> {
    let items = items.as_array().cloned().unwrap_or_default();
    if json {
        for item in &items {
            printer.data(&item.to_string())?;
        }
        return Ok(exit_code::OK);
    }
    if items.is_empty() {
        printer.say("there are none");
    }
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| columns(item).iter().map(|cell| printable(cell)).collect())
        .collect();
    for line in printer.for_data().table(&rows) {
        printer.data(&line)?;
    }
    Ok(exit_code::OK)
}

/// A field of text, or nothing.
pub(crate) fn field(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The id of what was made, or all of it.
pub(crate) fn print_id(printer: Printer, value: &Value, json: bool) -> anyhow::Result<u8> {
    if json {
        printer.data(&value.to_string())?;
    } else {
        printer.data(&field(value, "id"))?;
    }
    Ok(exit_code::OK)
}
