//! Workspaces of the front end: which documents are open, and where.

use std::path::PathBuf;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::App;
use crate::jupyter::body::JupyterBody;
use crate::jupyter::config::{load, store};
use crate::jupyter::lab::lab;
use crate::jupyter::{JupyterError, JupyterResult, served};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/lab/api/workspaces", get(list))
        .route("/lab/api/workspaces/", get(list))
        .route(
            "/lab/api/workspaces/{*id}",
            get(read).put(write).delete(remove),
        )
}

/// The workspace of a page that names none.
pub(super) const DEFAULT: &str = "default";
/// The longest name, in bytes; a file's name has two letters for each.
const LONGEST_NAME: usize = 120;

async fn list(State(app): State<App>) -> JupyterResult<Json<Value>> {
    let mut values = Vec::new();
    for entry in folder(&app)?.read_dir().into_iter().flatten().flatten() {
        let kept = load(&entry.path())?;
        if kept.contains_key("metadata") {
            values.push(Value::Object(kept));
        }
    }
    values.sort_by(|one, other| name(one).cmp(name(other)));
    let ids: Vec<&str> = values.iter().map(name).collect();
    Ok(Json(json!({"workspaces": {"ids": ids, "values": values}})))
}

fn name(workspace: &Value) -> &str {
    workspace["metadata"]["id"].as_str().unwrap_or_default()
}

/// A workspace that nobody kept is empty.
async fn read(State(app): State<App>, Path(id): Path<String>) -> JupyterResult<Json<Value>> {
    let kept = load(&file(&app, &id)?)?;
    if kept.is_empty() {
        return Ok(Json(json!({"data": {}, "metadata": {"id": id}})));
    }
    Ok(Json(Value::Object(kept)))
}

async fn write(
    State(app): State<App>,
    Path(id): Path<String>,
    JupyterBody(workspace): JupyterBody<Map<String, Value>>,
) -> JupyterResult<StatusCode> {
    let named = workspace.get("metadata").map(|metadata| &metadata["id"]);
    if named.and_then(Value::as_str) != Some(&id) {
        return Err(JupyterError::bad_request(format!(
            "`metadata.id` has to be `{id}`"
        )));
    }
    store(&file(&app, &id)?, &workspace)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(State(app): State<App>, Path(id): Path<String>) -> JupyterResult<StatusCode> {
    std::fs::remove_file(file(&app, &id)?)
        .map_err(|_| JupyterError::not_found(format!("no workspace `{id}`")))?;
    Ok(StatusCode::NO_CONTENT)
}

fn folder(app: &App) -> JupyterResult<PathBuf> {
    lab(app)?;
    Ok(served(app)?.state.join("lab/workspaces"))
}

fn file(app: &App, id: &str) -> JupyterResult<PathBuf> {
    if id.len() > LONGEST_NAME {
        return Err(JupyterError::bad_request("this name is too long"));
    }
    Ok(folder(app)?.join(format!("{}.json", hex::encode(id))))
}
