//! `nbpress user`: who may use the server, and what they are in which workspace.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::api::{Api, encoded};
use crate::commands::jobs::{field, list};
use crate::commands::tokens::instant;
use crate::exit_code;
use crate::printer::{Printer, printable};
use crate::settings::Settings;

/// Users: who may use the server, and what they are in which workspace.
#[derive(Debug, Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// List users and their roles.
    List,
    /// Show one user.
    Show { name: String },
    /// Make a user, and print a link that signs them in once.
    Add(AddUserArgs),
    /// Print another link that signs a user in once; those before it are void.
    Link { name: String },
    /// Give a user a role, instead of the one they have there.
    Grant {
        name: String,
        role: RoleName,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Take a user's role away.
    Withdraw {
        name: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Sign a user out everywhere, end their tokens, and let them do nothing any more.
    Disable { name: String },
    /// Let a user who was disabled sign in again.
    Enable { name: String },
}

#[derive(Debug, Args)]
struct AddUserArgs {
    /// Their name in audits; it never changes.
    name: String,
    /// Their e-mail address. Whoever an OpenID provider says has it is this user.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// What people are shown [default: the name].
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    display_name: String,
    /// What they are.
    #[arg(long, value_name = "ROLE", default_value = "viewer")]
    role: RoleName,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// In this workspace; `*` is all of them.
    #[arg(long = "in", value_name = "WORKSPACE", default_value = nbpress_server::DEFAULT_WORKSPACE)]
    workspace: String,
}

/// What somebody can be; each may do what the one before it may, and more.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleName {
    /// Reads.
    Viewer,
    /// Writes notebooks and jobs, and runs them.
    Editor,
    /// Keeps the platform running.
    Operator,
    /// Decides who is what.
    Admin,
}

impl RoleName {
    /// The role.
    pub(crate) fn role(self) -> nbpress_runs::Role {
        match self {
            Self::Viewer => nbpress_runs::Role::Viewer,
            Self::Editor => nbpress_runs::Role::Editor,
            Self::Operator => nbpress_runs::Role::Operator,
            Self::Admin => nbpress_runs::Role::Admin,
        }
    }
}

/// Runs the command and returns its exit code.
pub(crate) async fn user(
    printer: Printer,
    settings: &Settings,
    args: &UserArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let path = |name: &str| format!("/v1/users/{}", encoded(name));
    let changed = match &args.command {
        UserCommand::List => {
            let users = api.get("/v1/users").await?;
            return list(printer, &users, args.json, columns);
        }
        UserCommand::Add(add) => {
            let body = json!({"name": add.name, "display_name": add.display_name, "email": add.email,
                "roles": {&add.place.workspace: add.role.role()}});
            let invited = api.post("/v1/users", &body).await?;
            return show_link(printer, &api, args.json, &invited);
        }
        UserCommand::Link { name } => {
            let invited = api
                .post(&format!("{}/link", path(name)), &json!({}))
                .await?;
            return show_link(printer, &api, args.json, &invited);
        }
        UserCommand::Show { name } => api.get(&path(name)).await?,
        UserCommand::Grant { name, role, place } => {
            let grant = format!("{}/grants/{}", path(name), encoded(&place.workspace));
            api.put(&grant, &json!({"role": role.role()})).await?
        }
        UserCommand::Withdraw { name, place } => {
            let grant = format!("{}/grants/{}", path(name), encoded(&place.workspace));
            api.delete(&grant).await?
        }
        UserCommand::Disable { name } => api.patch(&path(name), &json!({"disabled": true})).await?,
        UserCommand::Enable { name } => api.patch(&path(name), &json!({"disabled": false})).await?,
    };
    list(printer, &Value::Array(vec![changed]), args.json, columns)
}

fn columns(user: &Value) -> Vec<String> {
    let roles = user["roles"].as_object().into_iter().flatten();
    let roles: Vec<String> = roles
        .map(|(workspace, role)| format!("{} in {workspace}", role.as_str().unwrap_or_default()))
        .collect();
    let state = match user["disabled"].as_bool() {
        Some(true) => "disabled".to_owned(),
        _ if roles.is_empty() => "no role".to_owned(),
        _ => roles.join(", "),
    };
    vec![field(user, "name"), state, field(user, "email")]
}

/// Data is the link alone, so that a script can hand it on.
fn show_link(printer: Printer, api: &Api, json: bool, invited: &Value) -> anyhow::Result<u8> {
    if json {
        printer.data(&invited.to_string())?;
        return Ok(exit_code::OK);
    }
    printer.data(&api.address_of(&field(invited, "link")))?;
    let text = format!(
        "give this link to {}: it signs in once, until {}, and is not shown again",
        field(&invited["user"], "name"),
        instant(invited, "link_expires_at")
    );
    printer.say_wrapped("  ", 2, &printable(&text));
    Ok(exit_code::OK)
}
