//! `nbpress share`: links with which whoever has them reads one thing.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::{Api, encoded};
use crate::commands::jobs::{field, list};
use crate::commands::run::parse_duration;
use crate::commands::tokens::{ending, from_now, instant};
use crate::exit_code;
use crate::printer::{Printer, printable};
use crate::settings::Settings;

/// Share links: whoever has one reads one thing, without signing in.
#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    #[command(subcommand)]
    command: ShareCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ShareCommand {
    /// List share links, without their secrets.
    List {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Make a link, and print it.
    Create(CreateShareArgs),
    /// End a link.
    Revoke { id: String },
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// Of this workspace.
    #[arg(long = "in", value_name = "WORKSPACE", default_value = nbpress_server::DEFAULT_WORKSPACE)]
    workspace: String,
}

#[derive(Debug, Args)]
struct CreateShareArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// One version of the file, by id: later changes are not shown.
    #[arg(long, value_name = "ID", requires = "path")]
    version: Option<String>,
    /// How long the link lasts: `12h`, `7d`.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_duration)]
    lasts: Duration,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// A file of the served folder; with a slash at its end, a folder and all that is in it.
    path: Option<String>,
    /// A run, by id.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// A job's newest run that succeeded.
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
}

/// Runs the command and returns its exit code.
pub(crate) async fn share(
    printer: Printer,
    settings: &Settings,
    args: &ShareArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    match &args.command {
        ShareCommand::List { place } => {
            let path = format!("/v1/shares?workspace={}", encoded(&place.workspace));
            list(printer, &api.get(&path).await?, args.json, columns)
        }
        ShareCommand::Create(create) => {
            let body = json!({"workspace": create.place.workspace, "target": target(create),
                "expires_at": from_now(create.lasts)?});
            let made = api.post("/v1/shares", &body).await?;
            if args.json {
                printer.data(&made.to_string())?;
                return Ok(exit_code::OK);
            }
            printer.data(&api.address_of(&field(&made, "link")))?;
            let text = format!(
                "whoever has this link can read it until {}; it is not shown again: `nbpress share revoke {}` ends it",
                instant(&made, "expires_at"),
                field(&made, "id")
            );
            printer.say_wrapped("  ", 2, &printable(&text));
            Ok(exit_code::OK)
        }
        ShareCommand::Revoke { id } => {
            api.delete(&format!("/v1/shares/{}", encoded(id))).await?;
            Ok(exit_code::OK)
        }
    }
}

/// What is shown, as the server takes it.
fn target(create: &CreateShareArgs) -> Value {
    let TargetArgs { path, run, job } = &create.target;
    match (path, run, job) {
        (_, Some(run), _) => json!({"kind": "run", "run": run}),
        (_, _, Some(job)) => json!({"kind": "job", "job": job}),
        _ => {
            let path = path.as_deref().unwrap_or_default();
            let plain = path.trim_matches('/');
            match &create.version {
                Some(version) => json!({"kind": "version", "path": plain, "version": version}),
                None if path.ends_with('/') => json!({"kind": "folder", "path": plain}),
                None => json!({"kind": "file", "path": plain}),
            }
        }
    }
}

fn columns(share: &Value) -> Vec<String> {
    let target = &share["target"];
    let named = ["path", "run", "job"]
        .iter()
        .map(|name| field(target, name));
    vec![
        field(share, "id"),
        field(target, "kind"),
        named.collect::<String>(),
        ending(share),
    ]
}
