//! `nbpress schedule`, `backfill` and `batch`: what runs by itself, and for which times.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::{Api, encoded};
use crate::commands::jobs::{field, list, print_id};
use crate::commands::submit::parameters;
use crate::exit_code;
use crate::parameters::ParameterArgs;
use crate::printer::Printer;
use crate::settings::Settings;

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
