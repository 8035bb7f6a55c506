//! `nbpress submit` and what can be done with a run on a server: `logs`, `cancel`, `retry`, `restart`.

mod again;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use nbpress_format::parameters::ParameterValue;
use nbpress_storage::Location;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::api::{Api, encoded};
use crate::commands::run::parse_duration;
use crate::exit_code;
use crate::parameters::ParameterArgs;
use crate::printer::{Printer, Style, duration, printable};
use crate::settings::Settings;

pub(crate) use again::{AgainArgs, CancelArgs, RetryArgs, again, cancel, retry};

/// Between two questions whether a run is over.
const ASK: Duration = Duration::from_millis(150);

/// Run a notebook, a script or a job on the server.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// Notebook, or a `.sql`, `.py`, `.R` or `.sh` file; with `--job`, nothing.
    #[arg(required_unless_present = "job", conflicts_with = "job")]
    notebook: Option<String>,
    /// A job of the server.
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// One of the job's presets.
    #[arg(long, value_name = "NAME", requires = "job")]
    preset: Option<String>,
    #[command(flatten)]
    shown: WaitArgs,
    /// A label for finding the run again (repeatable).
    #[arg(long, value_name = "NAME=VALUE")]
    tag: Vec<String>,
    /// Makes a repeated request harmless.
    #[arg(long, value_name = "TEXT")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    settings: SettingArgs,
}

/// Files beside a notebook.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Files beside the notebook")]
pub(crate) struct FileArgs {
    /// Files the notebook needs, as patterns relative to its folder: `data/*.csv` (repeatable).
    #[arg(long = "file", value_name = "PATTERN")]
    pub(crate) file: Vec<String>,
    /// The folder they are relative to [default: the notebook's].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) root: Option<String>,
}

/// How a notebook runs on a server.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "How it runs")]
pub(crate) struct SettingArgs {
    /// Kernel to use instead of the notebook's.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) kernel: Option<String>,
    /// Size: `small`, `medium`, `large`, or one of your own.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Pool whose slot it holds while it runs.
    #[arg(long, value_name = "NAME")]
    pub(crate) pool: Option<String>,
    /// From -10 to 10.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) priority: Option<i64>,
    /// Longest time a run may take: `90`, `5m`, `2h`.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Longest time a cell may take.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) cell_timeout: Option<Duration>,
    /// How often to try again: `user=1`, `platform=5`, `timeout=1`, `resource=0` (repeatable).
    #[arg(long, value_name = "CLASS=N")]
    pub(crate) retries: Vec<String>,
    /// How long to wait before the first of them; doubled each time.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) retry_delay: Option<Duration>,
    /// Have each go on where the one before failed, where its state is kept; without `--keep`, every cell's is.
    #[arg(long)]
    pub(crate) retry_resumes: bool,
    /// Keep the kernel's state for a run that goes on, should this one fail: `every` cell, before cells that come
    /// after so much time, or `off`.
    #[arg(long, value_name = "WHEN", value_parser = parse_keep)]
    pub(crate) keep: Option<Value>,
    /// A variable of the kernel's environment (repeatable).
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// A secret parameter, by where the worker finds it: `NAME=env:VARIABLE` or `NAME=file:PATH`.
    #[arg(long, value_name = "NAME=SOURCE")]
    pub(crate) secret: Vec<String>,
}

impl SettingArgs {
    /// As the API wants it; nothing that was not given.
    pub(crate) fn to_json(&self) -> anyhow::Result<Value> {
        let mut settings = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                settings.insert(name.to_owned(), value);
            }
        };
        put("kernel", self.kernel.clone().map(Value::from));
        put("profile", self.profile.clone().map(Value::from));
        put("pool", self.pool.clone().map(Value::from));
        put("priority", self.priority.map(Value::from));
        let mut timeouts = Map::new();
        for (name, time) in [
            ("run_seconds", self.timeout),
            ("cell_seconds", self.cell_timeout),
        ] {
            if let Some(time) = time {
                timeouts.insert(name.to_owned(), time.as_secs().max(1).into());
            }
        }
        put(
            "timeouts",
            (!timeouts.is_empty()).then_some(Value::Object(timeouts)),
        );
        let mut retry = Map::new();
        for (class, count) in pairs(&self.retries)? {
            let count: u32 = count
                .parse()
                .with_context(|| format!("`{class}={count}`"))?;
            retry.insert(class, count.into());
        }
        if let Some(delay) = self.retry_delay {
            retry.insert("delay_seconds".to_owned(), delay.as_secs().into());
        }
        if self.retry_resumes {
            retry.insert("resume".to_owned(), true.into());
        }
        put("retry", (!retry.is_empty()).then_some(Value::Object(retry)));
        let keep = self.keep.clone();
        put("keep", keep.or(self.retry_resumes.then(|| "every".into())));
        for (name, given) in [("environment", &self.env), ("secrets", &self.secret)] {
            let map: Map<String, Value> = pairs(given)?
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect();
            put(name, (!map.is_empty()).then_some(Value::Object(map)));
        }
        Ok(Value::Object(settings))
    }
}

/// `every`, `off`, or a time, as the API wants it.
fn parse_keep(text: &str) -> Result<Value, String> {
    match text {
        "every" | "off" => Ok(text.into()),
        _ => parse_duration(text)
            .map(|time| time.as_secs().max(1).into())
            .map_err(|_| "write `every`, `off`, or a time: `10`, `5m`".to_owned()),
    }
}

/// `NAME=VALUE`, each.
pub(crate) fn pairs(given: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    given
        .iter()
        .map(|text| {
            let (name, value) = crate::parameters::split(text)?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// What is printed of a run.
#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// Wait for its end and exit with its code.
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// Print JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Values as the API wants them. Numbers, booleans and null are told by how they look; the server reads
/// them as the types the notebook declares.
pub(crate) async fn parameters(
    settings: &Settings,
    args: &ParameterArgs,
) -> anyhow::Result<Map<String, Value>> {
    let given = args.read(&settings.storage()).await?;
    let mut values = Map::new();
    for (name, value) in given {
        let value = match value {
            ParameterValue::Text(text) if args.parameter.iter().any(|p| p.starts_with(&*name)) => {
                typed(&text)
            }
            other => serde_json::from_str(&other.to_json().to_compact())?,
        };
        values.insert(name, value);
    }
    Ok(values)
}

/// A text of the command line: JSON where it is a number, `true`, `false`, `null`, a list or an object.
pub(crate) fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::String(_)) | Err(_) => Value::from(text),
        Ok(value) => value,
    }
}

/// How a notebook reaches the server: by its path where the server reads the same files, else by its bytes.
pub(crate) async fn source(
    settings: &Settings,
    api: &Api,
    notebook: &str,
    files: &FileArgs,
) -> anyhow::Result<Map<String, Value>> {
    let location = Location::parse(notebook)?;
    let local = location.is_local().map(Path::to_path_buf);
    let mut fields = Map::new();
    match local {
        Some(path) if !api.is_here => {
            anyhow::ensure!(
                files.file.is_empty(),
                "files can only be sent to a server on this machine"
            );
            let bytes = settings.storage().read(&location).await?;
            let name = path
                .file_name()
                .map_or_else(|| notebook.into(), |name| name.to_string_lossy());
            fields.insert(
                "upload".to_owned(),
                json!({"name": name, "content": STANDARD.encode(&bytes)}),
            );
        }
        Some(path) => {
            let path = std::path::absolute(path)?;
            fields.insert("source".to_owned(), path.to_string_lossy().into());
        }
        None => {
            fields.insert("source".to_owned(), notebook.into());
        }
    }
    if !files.file.is_empty() {
        fields.insert("files".to_owned(), files.file.clone().into());
    }
    if let Some(root) = &files.root {
        let root = std::path::absolute(root)?;
        fields.insert("root".to_owned(), root.to_string_lossy().into());
    }
    Ok(fields)
}

/// Runs the command and returns its exit code.
pub(crate) async fn submit(
    printer: Printer,
    settings: &Settings,
    args: &SubmitArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let mut body = match &args.notebook {
        Some(notebook) => source(settings, &api, notebook, &args.files).await?,
        None => Map::new(),
    };
    if let Some(job) = &args.job {
        body.insert("job".to_owned(), job.clone().into());
        if let Some(preset) = &args.preset {
            body.insert("preset".to_owned(), preset.clone().into());
        }
    }
    let how = args.settings.to_json()?;
    if how.as_object().is_some_and(|how| !how.is_empty()) {
        body.insert("settings".to_owned(), how);
    }
    body.insert(
        "parameters".to_owned(),
        parameters(settings, &args.parameters).await?.into(),
    );
    let tags: Map<String, Value> = pairs(&args.tag)?
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    body.insert("tags".to_owned(), tags.into());
    let key = args.idempotency_key.as_deref();
    let run = api
        .send(Method::POST, "/v1/runs", Some(&body.into()), key)
        .await?;
    shown(printer, &api, run, &args.shown).await
}

/// Prints a run that was asked for, or waits for its end.
pub(crate) async fn shown(
    printer: Printer,
    api: &Api,
    run: Value,
    args: &WaitArgs,
) -> anyhow::Result<u8> {
    let id = run["id"].as_str().unwrap_or_default().to_owned();
    if !args.wait {
        if args.json {
            printer.data(&run.to_string())?;
        } else {
            printer.data(&id)?;
        }
        return Ok(exit_code::OK);
    }
    if !args.json {
        printer.data(&id)?;
    }
    let run = wait(printer, api, &id, args.json).await?;
    if args.json {
        printer.data(&run.to_string())?;
    } else {
        tell_end(printer, &run);
    }
    Ok(code(&run))
}

/// Waits until a run is over; says why it waits, when that changes.
async fn wait(printer: Printer, api: &Api, id: &str, quiet: bool) -> anyhow::Result<Value> {
    let mut told = String::new();
    loop {
        let run = api.get(&format!("/v1/runs/{id}")).await?;
        let state = run["state"].as_str().unwrap_or_default();
        if ["succeeded", "failed", "cancelled", "skipped"].contains(&state) {
            return Ok(run);
        }
        let why = run["waiting"].as_str().unwrap_or(state).to_owned();
        if !quiet && why != told {
            printer.say_wrapped("  ", 2, &printable(&why));
            told = why;
        }
        tokio::time::sleep(ASK).await;
    }
}

fn tell_end(printer: Printer, run: &Value) {
    let state = run["state"].as_str().unwrap_or_default();
    let style = match state {
        "succeeded" => Style::Green,
        "failed" => Style::Red,
        _ => Style::Yellow,
    };
    let at = |name: &str| run[name].as_str()?.parse::<jiff::Timestamp>().ok();
    let took = at("started_at").zip(at("ended_at"));
    let took =
        took.map(|(from, to)| format!(" in {}", duration(to.duration_since(from).as_secs_f64())));
    printer.say(&format!(
        "{}{}",
        printer.paint(style, state),
        took.unwrap_or_default()
    ));
    let reason = run["reason"].as_str().unwrap_or_default();
    for name in ["class", "reason", "ename", "evalue"] {
        let text = run[name].as_str().unwrap_or_default();
        let is_new = name == "reason" || !reason.contains(text);
        if !text.is_empty() && is_new {
            printer.say_all(&printer.fact(name, text));
        }
    }
}

/// The exit code of a run that is over.
pub(crate) fn code(run: &Value) -> u8 {
    match (run["state"].as_str(), run["class"].as_str()) {
        (Some("succeeded" | "skipped"), _) => exit_code::OK,
        (Some("cancelled"), _) => 130,
        (_, Some("timeout")) => exit_code::TIMED_OUT,
        (_, Some("resource")) => exit_code::OUT_OF_MEMORY,
        (_, Some("platform")) => exit_code::KERNEL_DIED,
        (_, Some("invalid")) => exit_code::USAGE,
        _ => exit_code::CELL_RAISED,
    }
}

/// Show what a run of the server prints.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Its name, the beginning of it, or `latest`.
    run: String,
    /// Go on until it is over.
    #[arg(short, long)]
    follow: bool,
    /// Another attempt than the last one.
    #[arg(long, value_name = "N")]
    attempt: Option<i64>,
    /// Print every event as a line of JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command and returns its exit code.
pub(crate) async fn logs(
    printer: Printer,
    settings: &Settings,
    args: &LogsArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let mut run = api.get(&format!("/v1/runs/{}", encoded(&args.run))).await?;
    let id = run["id"].as_str().unwrap_or_default().to_owned();
    while args.follow && run["attempt"] == 0 && run["ended_at"].is_null() {
        tokio::time::sleep(ASK).await;
        run = api.get(&format!("/v1/runs/{id}")).await?;
    }
    anyhow::ensure!(
        run["attempt"] != 0,
        "the run has not begun: {}",
        run["waiting"].as_str().unwrap_or("it is over")
    );
    let attempt = args.attempt.map(|number| format!("&attempt={number}"));
    let path = format!(
        "/v1/runs/{id}/events?follow={}{}",
        args.follow,
        attempt.unwrap_or_default()
    );
    let mut events = api.stream(&path).await?;
    loop {
        let next = events.next().await?;
        let Some(text) = next else {
            break;
        };
        if args.json {
            printer.data(&text)?;
        } else {
            print_event(printer, &serde_json::from_str(&text).unwrap_or(Value::Null))?;
        }
    }
    Ok(exit_code::OK)
}

fn print_event(printer: Printer, event: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| match value {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect::<String>(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let line = match event["type"].as_str() {
        Some("output") => {
            let output = &event["output"];
            match output["output_type"].as_str() {
                Some("stream") => text(&output["text"]),
                Some("error") => text(&output["evalue"]),
                _ => text(&output["data"]["text/plain"]),
            }
        }
        Some("note") => text(&event["text"]),
        _ => return Ok(()),
    };
    for line in line.trim_end_matches('\n').lines() {
        printer.data(&printable(line))?;
    }
    Ok(())
}
