//! `nbpress pool`, `profile`, `worker`, `channel`, `queue`, `audit` and `sql`.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::{Api, encoded};
use crate::commands::jobs::{field, list};
use crate::commands::remote_worker::{self, RunWorkerArgs};
use crate::commands::runs::{ONE_LINE, local_time};
use crate::exit_code;
use crate::printer::{Printer, Style, printable};
use crate::settings::Settings;

/// Pools: how many runs may run at once.
#[derive(Debug, Args)]
pub(crate) struct PoolArgs {
    #[command(subcommand)]
    command: PoolCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum PoolCommand {
    /// List pools, and who holds their slots.
    List,
    /// Make a pool, or change its number of slots.
    Set { name: String, slots: i64 },
    /// Remove a pool that no run needs.
    Delete { name: String },
}

/// Runs the command and returns its exit code.
pub(crate) async fn pool(
    printer: Printer,
    settings: &Settings,
    args: &PoolArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let pools = match &args.command {
        PoolCommand::List => api.get("/v1/pools").await?,
        PoolCommand::Set { name, slots } => {
            let path = format!("/v1/pools/{}", encoded(name));
            api.put(&path, &json!({"slots": slots})).await?
        }
        PoolCommand::Delete { name } => {
            api.delete(&format!("/v1/pools/{}", encoded(name))).await?;
            return Ok(exit_code::OK);
        }
    };
    list(printer, &pools, args.json, |pool| {
        let held = pool["held"].as_array().map_or(0, Vec::len);
        vec![
            field(pool, "name"),
            format!("{held} of {} slots held", pool["slots"]),
            format!("{} waiting", pool["waiting"]),
        ]
    })
}

/// Profiles: how large runs may be.
#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    #[command(subcommand)]
    command: ProfileCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// List profiles.
    List,
    /// Make or change a profile.
    Set {
        name: String,
        /// Processors.
        #[arg(long)]
        cpus: f64,
        /// Memory: `512MiB`, `2GiB`.
        #[arg(long, value_parser = crate::commands::run::parse_size)]
        memory: u64,
        /// The profile a run that ran out of memory is tried on next.
        #[arg(long)]
        next: Option<String>,
    },
    /// Remove a profile.
    Delete { name: String },
    /// Which share of runs fits the default profile, and which one a notebook needs.
    Fit { notebook: Option<String> },
}

/// Runs the command and returns its exit code.
pub(crate) async fn profile(
    printer: Printer,
    settings: &Settings,
    args: &ProfileArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let profiles = match &args.command {
        ProfileCommand::List => api.get("/v1/profiles").await?,
        ProfileCommand::Set {
            name,
            cpus,
            memory,
            next,
        } => {
            let body = json!({"name": name, "cpus": cpus, "memory_bytes": memory, "next": next});
            api.put("/v1/profiles", &body).await?
        }
        ProfileCommand::Delete { name } => {
            api.delete(&format!("/v1/profiles/{}", encoded(name)))
                .await?;
            return Ok(exit_code::OK);
        }
        ProfileCommand::Fit { notebook } => {
            let query = notebook
                .as_deref()
                .map(|n| format!("?notebook={}", encoded(n)));
            let fit = api
                .get(&format!("/v1/profile-fit{}", query.unwrap_or_default()))
                .await?;
            if args.json {
                printer.data(&fit.to_string())?;
                return Ok(exit_code::OK);
            }
            let share = fit["share"]
                .as_f64()
                .map_or_else(String::new, |share| format!(" ({:.1} %)", share * 100.0));
            printer.data(&format!(
                "{} of {} runs fit the default profile{share}",
                fit["fit_default"], fit["runs"]
            ))?;
            if let Some(suggested) = fit["suggested"].as_str() {
                printer.data(&printable(&format!("this notebook needs {suggested}")))?;
            }
            return Ok(exit_code::OK);
        }
    };
    list(printer, &profiles, args.json, |profile| {
        let gib = profile["memory_bytes"].as_f64().unwrap_or(0.0) / f64::from(1 << 30);
        vec![
            field(profile, "name"),
            format!("{} cpu", profile["cpus"]),
            format!("{gib:.1} GiB"),
        ]
    })
}

/// Workers: who runs runs.
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    #[command(subcommand)]
    command: WorkerCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum WorkerCommand {
    /// List workers.
    List,
    /// Run the runs of a server on this machine. The token is read from `NBPRESS_TOKEN`.
    Run(RunWorkerArgs),
    /// Let a worker end what it has and take no more.
    Drain { id: String },
    /// Let a worker take runs again.
    Resume { id: String },
}

/// Runs the command and returns its exit code.
pub(crate) async fn worker(
    printer: Printer,
    settings: &Settings,
    args: &WorkerArgs,
) -> anyhow::Result<u8> {
    if let WorkerCommand::Run(args) = &args.command {
        return Box::pin(remote_worker::run(printer, settings, args)).await;
    }
    let api = Api::find(settings)?;
    let workers = match &args.command {
        WorkerCommand::Run(_) => return Ok(exit_code::OK),
        WorkerCommand::List => api.get("/v1/workers").await?,
        WorkerCommand::Drain { id } => {
            api.post(&format!("/v1/workers/{}/drain", encoded(id)), &json!({}))
                .await?
        }
        WorkerCommand::Resume { id } => {
            api.post(&format!("/v1/workers/{}/resume", encoded(id)), &json!({}))
                .await?
        }
    };
    list(printer, &workers, args.json, |worker| {
        vec![
            field(worker, "id"),
            field(worker, "host"),
            field(worker, "state"),
            format!("{} of {} running", worker["running"], worker["slots"]),
        ]
    })
}

/// Channels: whom notices reach.
#[derive(Debug, Args)]
pub(crate) struct ChannelArgs {
    #[command(subcommand)]
    command: ChannelCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ChannelCommand {
    /// List channels.
    List,
    /// Make or change a channel.
    Set(SetChannelArgs),
    /// Remove a channel.
    Delete { name: String },
}

#[derive(Debug, Args)]
#[group(id = "kind", required = true)]
struct SetChannelArgs {
    name: String,
    /// Addresses (repeatable).
    #[arg(long, group = "kind", value_name = "ADDRESS")]
    email: Vec<String>,
    /// An address that takes JSON.
    #[arg(long, group = "kind", value_name = "URL")]
    webhook: Option<String>,
    /// Where the key is that signs webhooks: `env:NBPRESS_SECRET_NAME`, or `file:PATH` beneath the server's
    /// `NBPRESS_HOME/secrets`.
    #[arg(long, value_name = "SOURCE", requires = "webhook")]
    secret: Option<String>,
    /// A Slack webhook, or where its address is: `env:NBPRESS_SECRET_NAME`.
    #[arg(long, group = "kind", value_name = "URL")]
    slack: Option<String>,
}

/// Runs the command and returns its exit code.
pub(crate) async fn channel(
    printer: Printer,
    settings: &Settings,
    args: &ChannelArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let channels = match &args.command {
        ChannelCommand::List => api.get("/v1/channels").await?,
        ChannelCommand::Set(set) => {
            let body = match (&set.webhook, &set.slack) {
                (Some(url), _) => match &set.secret {
                    Some(secret) => json!({"kind": "webhook", "url": url, "secret": secret}),
                    None => json!({"kind": "webhook", "url": url}),
                },
                (None, Some(url)) => json!({"kind": "slack", "url": url}),
                (None, None) => json!({"kind": "email", "to": set.email}),
            };
            let path = format!("/v1/channels/{}", encoded(&set.name));
            Value::Array(vec![api.put(&path, &body).await?])
        }
        ChannelCommand::Delete { name } => {
            api.delete(&format!("/v1/channels/{}", encoded(name)))
                .await?;
            return Ok(exit_code::OK);
        }
    };
    list(printer, &channels, args.json, |channel| {
        vec![
            field(channel, "name"),
            field(&channel["definition"], "kind"),
        ]
    })
}

/// List the runs of the server, newest first: also those that wait.
#[derive(Debug, Args)]
pub(crate) struct QueueArgs {
    /// Of this job.
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// In this state: `blocked`, `queued`, `running`, `succeeded`, `failed`, …
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Failed with this class: `user`, `platform`, …
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Of this sweep or backfill.
    #[arg(long, value_name = "ID")]
    batch: Option<String>,
    /// With this parameter (repeatable).
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// With this label (repeatable).
    #[arg(long, value_name = "NAME=VALUE")]
    tag: Vec<String>,
    /// Made since: an instant.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// The most runs listed.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
    limit: i64,
    /// Print JSON on stdout, one run per line.
    #[arg(long)]
    json: bool,
}

/// Runs the command and returns its exit code.
pub(crate) async fn queue(
    printer: Printer,
    settings: &Settings,
    args: &QueueArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let mut query = format!("?limit={}", args.limit);
    let mut add = |name: &str, value: &str| {
        query = format!("{query}&{}={}", encoded(name), encoded(value));
    };
    for (name, value) in [
        ("job", &args.job),
        ("state", &args.state),
        ("class", &args.class),
        ("batch", &args.batch),
        ("since", &args.since),
    ] {
        if let Some(value) = value {
            add(name, value);
        }
    }
    for (kind, given) in [("param", &args.param), ("tag", &args.tag)] {
        for (name, value) in crate::commands::submit::pairs(given)? {
            add(&format!("{kind}.{name}"), &value);
        }
    }
    let page = api.get(&format!("/v1/runs{query}")).await?;
    let runs = &page["runs"];
    let page = printer.for_data();
    list(printer, runs, args.json, |run| {
        let what = match run["job"]["name"].as_str() {
            Some(job) => job.to_owned(),
            None => field(run, "notebook"),
        };
        vec![
            field(run, "id"),
            field(run, "state"),
            moment(page, run),
            what,
        ]
    })
}

/// When a run was made, as the clock on the wall shows it.
fn moment(page: Printer, run: &Value) -> String {
    let format = if page.width() < ONE_LINE {
        "%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M"
    };
    let at = field(run, "created_at").parse();
    at.map_or_else(|_| String::new(), |at| local_time(at, format))
}

/// Show who did what on the server, or check that nobody changed that.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Compute the chain of all changes again.
    #[arg(long)]
    verify: bool,
    /// Of this run, job, schedule, ….
    #[arg(long, value_name = "ID")]
    object: Option<String>,
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
}

/// Runs the command and returns its exit code.
pub(crate) async fn audit(
    printer: Printer,
    settings: &Settings,
    args: &AuditArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    if args.verify {
        let report = api.get("/v1/audit/verify").await?;
        if args.json {
            printer.data(&report.to_string())?;
        } else {
            printer.data(&format!(
                "{} changes, hash {}",
                report["rows"],
                field(&report, "hash")
            ))?;
        }
        if let Some(at) = report["damaged"].as_i64() {
            printer
                .say(&printer.paint(Style::Red, &format!("change {at} is not as it was written")));
            return Ok(exit_code::FOUND_PROBLEMS);
        }
        return Ok(exit_code::OK);
    }
    let query = args
        .object
        .as_deref()
        .map(|id| format!("?object={}", encoded(id)));
    let entries = api
        .get(&format!("/v1/audit{}", query.unwrap_or_default()))
        .await?;
    list(printer, &entries, args.json, |entry| {
        vec![
            field(entry, "seq"),
            field(entry, "at").chars().take(19).collect(),
            field(entry, "actor"),
            field(entry, "action"),
            format!(
                "{} {} {}",
                field(entry, "what"),
                field(entry, "object"),
                field(entry, "detail")
            ),
        ]
    })
}

/// Ask the server with SQL: the views `runs`, `params`, `scraps` and `cells`.
#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// One `SELECT`.
    sql: String,
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
}

/// Runs the command and returns its exit code.
pub(crate) async fn sql(
    printer: Printer,
    settings: &Settings,
    args: &SqlArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let result = api.post("/v1/sql", &json!({"sql": args.sql})).await?;
    if args.json {
        printer.data(&result.to_string())?;
        return Ok(exit_code::OK);
    }
    let columns = result["columns"]
        .as_array()
        .context("the answer has no columns")?;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let cells = |row: &Value| -> Vec<String> {
        let values = row.as_array().into_iter().flatten();
        values.map(|value| printable(&text(value))).collect()
    };
    let mut rows = vec![columns.iter().map(&text).collect()];
    rows.extend(result["rows"].as_array().into_iter().flatten().map(cells));
    let page = printer.for_data();
    let lines = if page.has_room_for(&rows) {
        page.table(&rows)
    } else {
        as_facts(page, &rows)
    };
    for line in lines {
        printer.data(&line)?;
    }
    if result["truncated"] == true {
        printer.say("  there are more rows than an answer has");
    }
    Ok(exit_code::OK)
}

/// A row's values below each other, for tables that are wider than the terminal.
fn as_facts(page: Printer, rows: &[Vec<String>]) -> Vec<String> {
    let Some((names, rows)) = rows.split_first() else {
        return Vec::new();
    };
    let blocks = rows.iter().map(|row| {
        let facts = names.iter().zip(row);
        facts
            .flat_map(|(name, value)| page.fact(name, value))
            .collect()
    });
    blocks.collect::<Vec<Vec<String>>>().join(&String::new())
}
