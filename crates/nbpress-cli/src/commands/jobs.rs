//! `nbpress job`, `schedule` and `backfill`: what runs by itself, and for which times.

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

/// Schedules: when jobs run by themselves.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    #[command(subcommand)]
    command: ScheduleCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ScheduleCommand {
    /// Make a schedule of a job, or change it.
    Set(Box<SetScheduleArgs>),
    /// The next 20 times of a schedule that is not saved.
    Preview(TriggerArgs),
    /// List schedules.
    List,
    /// Show a schedule and its next 20 times.
    Show { id: String },
    /// Stop firing.
    Pause { id: String },
    /// Fire again, from now on.
    Resume { id: String },
    /// Remove it; its runs stay.
    Delete { id: String },
}

#[derive(Debug, Args)]
struct SetScheduleArgs {
    /// The job's name.
    job: String,
    /// Its name in the job.
    #[arg(long, value_name = "NAME", default_value = "main")]
    name: String,
    #[command(flatten)]
    trigger: TriggerArgs,
    #[command(flatten)]
    parameters: ParameterArgs,
}

#[derive(Debug, Args)]
struct TriggerArgs {
    /// Five fields, or `@hourly`, `@daily`, ….
    #[arg(long, value_name = "EXPRESSION", group = "trigger")]
    cron: Option<String>,
    /// The zone of the cron expression.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// A fixed time apart: `15m`, `2h`.
    #[arg(long, value_name = "TIME", group = "trigger", value_parser = crate::commands::run::parse_duration)]
    every: Option<std::time::Duration>,
    /// After another job has succeeded.
    #[arg(long, value_name = "JOB", group = "trigger")]
    after: Option<String>,
    /// When its webhook is called.
    #[arg(long, group = "trigger")]
    webhook: bool,
    /// What is made up for after a time away: `none`, `latest`, `all`.
    #[arg(long, value_name = "POLICY", default_value = "latest")]
    catch_up: String,
    /// When the run before is still on: `queue`, `skip`, `replace`, or how many may run.
    #[arg(long, value_name = "POLICY", default_value = "queue")]
    overlap: String,
    /// Spread starts over this long.
    #[arg(long, value_name = "TIME", value_parser = crate::commands::run::parse_duration)]
    jitter: Option<std::time::Duration>,
}

impl TriggerArgs {
    fn definition(&self) -> anyhow::Result<Value> {
        let trigger = if let Some(expression) = &self.cron {
            json!({"kind": "cron", "expression": expression, "time_zone": self.zone})
        } else if let Some(every) = self.every {
            json!({"kind": "interval", "every_seconds": every.as_secs()})
        } else if let Some(job) = &self.after {
            json!({"kind": "after", "job": job})
        } else if self.webhook {
            json!({"kind": "webhook"})
        } else {
            bail!("give one of `--cron`, `--every`, `--after` and `--webhook`");
        };
        let overlap = match self.overlap.parse::<u32>() {
            Ok(n) => json!({"allow": {"n": n}}),
            Err(_) => json!(self.overlap),
        };
        Ok(json!({
            "trigger": trigger,
            "catch_up": self.catch_up,
            "overlap": overlap,
            "jitter_seconds": self.jitter.map_or(0, |jitter| jitter.as_secs()),
        }))
    }
}

/// Runs the command and returns its exit code.
pub(crate) async fn schedule(
    printer: Printer,
    settings: &Settings,
    args: &ScheduleArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let path = |id: &str, rest: &str| format!("/v1/schedules/{}{rest}", encoded(id));
    let answer = match &args.command {
        ScheduleCommand::Set(set) => {
            let body = json!({
                "name": set.name,
                "definition": set.trigger.definition()?,
                "parameters": parameters(settings, &set.parameters).await?,
            });
            api.put(&format!("/v1/jobs/{}/schedules", encoded(&set.job)), &body)
                .await?
        }
        ScheduleCommand::Preview(trigger) => {
            api.post("/v1/schedules/preview", &trigger.definition()?)
                .await?
        }
        ScheduleCommand::List => {
            let schedules = api.get("/v1/schedules").await?;
            return list(printer, &schedules["schedules"], args.json, |schedule| {
                let paused = if schedule["paused"] == true {
                    "paused"
                } else {
                    ""
                };
                let next = if paused.is_empty() {
                    field(schedule, "next_at")
                } else {
                    paused.to_owned()
                };
                vec![
                    field(schedule, "id"),
                    field(schedule, "job_name"),
                    field(schedule, "name"),
                    next,
                ]
            });
        }
        ScheduleCommand::Show { id } => api.get(&path(id, "")).await?,
        ScheduleCommand::Pause { id } => api.post(&path(id, "/pause"), &json!({})).await?,
        ScheduleCommand::Resume { id } => api.post(&path(id, "/resume"), &json!({})).await?,
        ScheduleCommand::Delete { id } => {
            api.delete(&path(id, "")).await?;
            return Ok(exit_code::OK);
        }
    };
    print_schedule(printer, &answer, args.json)
}

fn print_schedule(printer: Printer, schedule: &Value, json: bool) -> anyhow::Result<u8> {
    if json {
        printer.data(&schedule.to_string())?;
        return Ok(exit_code::OK);
    }
    if !schedule["id"].is_null() {
        printer.data(&field(schedule, "id"))?;
    }
    if let Some(hook) = schedule["hook"].as_str() {
        printer.say_wrapped("  ", 2, &format!("its webhook, shown only now: {hook}"));
    }
    let upcoming = schedule["upcoming"].as_array().into_iter().flatten();
    let times: Vec<String> = upcoming.map(local).collect();
    // Beside an id on stdout, the times are for people; alone they are what was asked for.
    if schedule["id"].is_null() {
        for time in times {
            printer.data(&time)?;
        }
    } else {
        for time in times {
            printer.say(&format!("  {time}"));
        }
    }
    Ok(exit_code::OK)
}

/// A fire in the schedule's own zone: `Mon 2026-03-02 07:30 CET`.
fn local(fire: &Value) -> String {
    let at = field(fire, "logical_time").parse::<jiff::Timestamp>();
    let zoned = at.ok().and_then(|at| at.in_tz(&field(fire, "zone")).ok());
    zoned
        .map(|at| at.strftime("%a %Y-%m-%d %H:%M %Z").to_string())
        .unwrap_or_default()
}

/// Run a job for every logical time of a range that has no run yet.
#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    /// The job's name.
    job: String,
    /// The first time: `2026-01-01` or `2026-01-01T06:00:00Z`.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// The first time that is not part of it.
    #[arg(long, value_name = "TIME")]
    to: String,
    /// The schedule whose times they are, if the job has several.
    #[arg(long, value_name = "NAME")]
    schedule: Option<String>,
    /// Run times again that have a run: `failed` or `all`.
    #[arg(long, value_name = "WHICH", default_value = "none")]
    reprocess: String,
    /// How many run at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    concurrency: i64,
    /// After this many failures no further one begins.
    #[arg(long, value_name = "N")]
    max_failures: Option<i64>,
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    parameters: ParameterArgs,
}

/// Runs the command and returns its exit code.
pub(crate) async fn backfill(
    printer: Printer,
    settings: &Settings,
    args: &BackfillArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let body = json!({
        "from": instant(&args.from)?,
        "to": instant(&args.to)?,
        "schedule": args.schedule,
        "reprocess": args.reprocess,
        "concurrency": args.concurrency,
        "max_failures": args.max_failures,
        "parameters": parameters(settings, &args.parameters).await?,
    });
    let batch = api
        .post(&format!("/v1/jobs/{}/backfill", encoded(&args.job)), &body)
        .await?;
    print_id(printer, &batch, args.json)
}

/// A date is its beginning in UTC.
fn instant(text: &str) -> anyhow::Result<String> {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return Ok(text.to_owned());
    }
    let date: jiff::civil::Date = text
        .parse()
        .with_context(|| format!("`{text}` is neither a date nor an instant with its zone"))?;
    Ok(date
        .to_zoned(jiff::tz::TimeZone::UTC)?
        .timestamp()
        .to_string())
}

/// Sweeps and backfills of the server.
#[derive(Debug, Args)]
pub(crate) struct BatchArgs {
    #[command(subcommand)]
    command: BatchCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum BatchCommand {
    /// List them, newest first.
    List,
    /// Show one.
    Show { id: String },
    /// End one and its runs.
    Cancel { id: String },
}

/// Runs the command and returns its exit code.
pub(crate) async fn batch(
    printer: Printer,
    settings: &Settings,
    args: &BatchArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let columns = |batch: &Value| {
        let runs = batch["runs"].as_object().cloned().unwrap_or_default();
        let runs: Vec<String> = runs
            .iter()
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        vec![
            field(batch, "id"),
            field(batch, "kind"),
            field(batch, "state"),
            runs.join(", "),
        ]
    };
    let batches = match &args.command {
        BatchCommand::List => api.get("/v1/batches").await?["batches"].clone(),
        BatchCommand::Show { id } => Value::Array(vec![
            api.get(&format!("/v1/batches/{}", encoded(id))).await?,
        ]),
        BatchCommand::Cancel { id } => {
            let path = format!("/v1/batches/{}/cancel", encoded(id));
            Value::Array(vec![api.post(&path, &json!({})).await?])
        }
    };
    list(printer, &batches, args.json, columns)
}
