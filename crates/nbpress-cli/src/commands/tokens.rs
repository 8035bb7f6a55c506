//! `nbpress token`: what programs show instead of signing in.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::api::{Api, encoded};
use crate::commands::jobs::{field, list};
use crate::commands::run::parse_duration;
use crate::commands::runs::local_time;
use crate::exit_code;
use crate::printer::Printer;
use crate::settings::Settings;

/// API tokens: what programs show instead of signing in.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// List tokens, without their secrets.
    List(OwnerArgs),
    /// Make a token, and print its secret.
    Create(CreateTokenArgs),
    /// End a token, and the sign-ins that were made with it.
    Revoke { id: String },
}

#[derive(Debug, Args)]
struct OwnerArgs {
    /// Of this user [default: whoever asks].
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

#[derive(Debug, Args)]
struct CreateTokenArgs {
    /// What it is for.
    name: String,
    #[command(flatten)]
    owner: OwnerArgs,
    /// What it may do at most; the user's role may allow less (repeatable).
    #[arg(long, value_name = "PERMISSION", default_value = "read")]
    scope: Vec<Scope>,
    /// How long it lasts: `12h`, `90d` [default: until it is revoked].
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    lasts: Option<Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scope {
    /// Look at notebooks, runs, jobs.
    Read,
    /// Begin runs, and end one's own.
    Run,
    /// Change notebooks, jobs and schedules; use kernels and terminals.
    Write,
    /// Keep the platform running.
    Operate,
    /// Decide who may do what.
    Admin,
}

impl Scope {
    fn permission(self) -> nbpress_runs::Permission {
        match self {
            Self::Read => nbpress_runs::Permission::Read,
            Self::Run => nbpress_runs::Permission::Run,
            Self::Write => nbpress_runs::Permission::Write,
            Self::Operate => nbpress_runs::Permission::Operate,
            Self::Admin => nbpress_runs::Permission::Admin,
        }
    }
}

/// Runs the command and returns its exit code.
pub(crate) async fn token(
    printer: Printer,
    settings: &Settings,
    args: &TokenArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    match &args.command {
        TokenCommand::List(OwnerArgs { user }) => {
            let query = user
                .as_deref()
                .map(|user| format!("?user={}", encoded(user)));
            let path = format!("/v1/tokens{}", query.unwrap_or_default());
            list(printer, &api.get(&path).await?, args.json, columns)
        }
        TokenCommand::Create(create) => {
            let scopes = create.scope.iter().map(|scope| scope.permission());
            let body = json!({"name": create.name, "user": create.owner.user,
                "scopes": scopes.collect::<Vec<_>>(), "expires_at": create.lasts.map(from_now).transpose()?});
            let made = api.post("/v1/tokens", &body).await?;
            if args.json {
                printer.data(&made.to_string())?;
                return Ok(exit_code::OK);
            }
            printer.data(&field(&made, "secret"))?;
            let text = "send it as `Authorization: Bearer TOKEN`, or set `NBPRESS_TOKEN`; it is not shown again";
            printer.say_wrapped("  ", 2, text);
            Ok(exit_code::OK)
        }
        TokenCommand::Revoke { id } => {
            api.delete(&format!("/v1/tokens/{}", encoded(id))).await?;
            Ok(exit_code::OK)
        }
    }
}

/// The instant that is so far away.
pub(crate) fn from_now(lasts: Duration) -> anyhow::Result<jiff::Timestamp> {
    Ok(jiff::Timestamp::now().checked_add(lasts)?)
}

/// A time as the clock on the wall shows it, with the name of its zone.
pub(crate) fn instant(thing: &Value, name: &str) -> String {
    let text = field(thing, name);
    match text.parse() {
        Ok(at) => local_time(at, "%Y-%m-%d %H:%M %Z"),
        Err(_) => text,
    }
}

/// How something ends that ends by itself or by somebody.
pub(crate) fn ending(thing: &Value) -> String {
    let day = |name: &str| field(thing, name).chars().take(10).collect::<String>();
    match (&thing["revoked_at"], &thing["expires_at"]) {
        (Value::String(_), _) => format!("revoked {}", day("revoked_at")),
        (_, Value::String(_)) => format!("until {}", day("expires_at")),
        _ => "until it is revoked".to_owned(),
    }
}

fn columns(token: &Value) -> Vec<String> {
    let scopes = token["scopes"].as_array().into_iter().flatten();
    let scopes: Vec<&str> = scopes.filter_map(Value::as_str).collect();
    vec![
        field(token, "id"),
        field(token, "name"),
        scopes.join(" "),
        ending(token),
    ]
}
