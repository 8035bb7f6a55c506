//! What is done with a run that there is: `cancel`, `retry`, `restart`.

use clap::Args;
use reqwest::Method;
use serde_json::{Map, json};

use super::{FileArgs, WaitArgs, parameters, shown, source};
use crate::api::{Api, encoded};
use crate::commands::resume::parse_cell;
use crate::parameters::ParameterArgs;
use crate::printer::Printer;
use crate::settings::Settings;

/// End a run of the server.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// Its name, the beginning of it, or `latest`.
    run: String,
    /// For people.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    shown: WaitArgs,
}

/// Runs the command and returns its exit code.
pub(crate) async fn cancel(
    printer: Printer,
    settings: &Settings,
    args: &CancelArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let body = json!({"reason": args.reason});
    let run = api
        .post(&format!("/v1/runs/{}/cancel", encoded(&args.run)), &body)
        .await?;
    shown(printer, &api, run, &args.shown).await
}

/// Do a run of the server again, from the same snapshot.
#[derive(Debug, Args)]
pub(crate) struct AgainArgs {
    /// Its name, the beginning of it, or `latest`.
    #[arg(index = 1)]
    run: String,
    #[command(flatten)]
    shown: WaitArgs,
    #[command(flatten)]
    parameters: ParameterArgs,
}

/// Runs the command and returns its exit code; `whole` also runs the tasks that succeeded.
pub(crate) async fn again(
    printer: Printer,
    settings: &Settings,
    args: &AgainArgs,
    whole: bool,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let parameters = parameters(settings, &args.parameters).await?;
    let body = json!({"parameters": parameters, "whole": whole});
    let run = api
        .post(&format!("/v1/runs/{}/restart", encoded(&args.run)), &body)
        .await?;
    shown(printer, &api, run, &args.shown).await
}

/// Do a run of the server again, whole, or go on where it failed.
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// Go on where it failed: from the kept state, where there is one, else by running the cells before again.
    #[arg(long, conflicts_with_all = ["parameter", "parameters_file", "parameters_yaml"])]
    resume: bool,
    /// The notebook, edited [default: as it was].
    #[arg(index = 2, requires = "resume")]
    notebook: Option<String>,
    /// Go on at this cell, counted from 1, instead of the one that failed.
    #[arg(long, value_name = "CELL", value_parser = parse_cell, requires = "resume")]
    from: Option<usize>,
    /// Makes a repeated request to go on harmless.
    #[arg(long, value_name = "TEXT", requires = "resume")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    again: AgainArgs,
    #[command(flatten)]
    files: FileArgs,
}

/// Runs the command and returns its exit code.
pub(crate) async fn retry(
    printer: Printer,
    settings: &Settings,
    args: &RetryArgs,
) -> anyhow::Result<u8> {
    if !args.resume {
        return again(printer, settings, &args.again, true).await;
    }
    let api = Api::find(settings)?;
    let mut body = match &args.notebook {
        Some(notebook) => source(settings, &api, notebook, &args.files).await?,
        None => Map::new(),
    };
    if let Some(from) = args.from {
        body.insert("from".to_owned(), from.into());
    }
    let path = format!("/v1/runs/{}/resume", encoded(&args.again.run));
    let key = args.idempotency_key.as_deref();
    let run = api
        .send(Method::POST, &path, Some(&body.into()), key)
        .await?;
    shown(printer, &api, run, &args.again.shown).await
}
