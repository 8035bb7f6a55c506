//! The settings of the front end's plugins: the schemas come with the wheel, the values are kept here.

use std::path::{Path as FilePath, PathBuf};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::App;
use crate::jupyter::body::JupyterBody;
use crate::jupyter::config::{load, store};
use crate::jupyter::lab::{Lab, lab};
use crate::jupyter::{JupyterError, JupyterResult, served};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/lab/api/settings", get(list))
        .route("/lab/api/settings/", get(list))
        .route("/lab/api/settings/{*id}", get(read).put(write))
}

/// The longest text of settings, in bytes: people write them by hand.
const LONGEST: usize = 1 << 20;

#[derive(Debug, Deserialize)]
struct Listing {
    ids_only: Option<String>,
}

async fn list(
    State(app): State<App>,
    Query(listing): Query<Listing>,
) -> JupyterResult<Json<Value>> {
    let only_ids = listing.ids_only.is_some_and(|wish| wish != "false");
    let shared = App::clone(&app);
    let models = tokio::task::spawn_blocking(move || {
        let lab = lab(&shared)?;
        let plugins = plugins(lab).into_iter();
        plugins
            .map(|plugin| {
                if only_ids {
                    return Ok(json!({"id": plugin.id}));
                }
                model(&shared, &plugin)
            })
            .collect::<JupyterResult<Vec<Value>>>()
    });
    let models = models
        .await
        .map_err(|error| JupyterError::broken(&error))??;
    Ok(Json(json!({"settings": models})))
}

async fn read(State(app): State<App>, Path(id): Path<String>) -> JupyterResult<Json<Value>> {
    let plugin = find(lab(&app)?, &id)?;
    Ok(Json(model(&app, &plugin)?))
}

#[derive(Debug, Deserialize)]
struct Text {
    raw: String,
}

/// Keeps what a person wrote, comments and all.
async fn write(
    State(app): State<App>,
    Path(id): Path<String>,
    JupyterBody(text): JupyterBody<Text>,
) -> JupyterResult<StatusCode> {
    let plugin = find(lab(&app)?, &id)?;
    if text.raw.len() > LONGEST {
        return Err(JupyterError::bad_request("these settings are too long"));
    }
    let mut kept = Map::new();
    kept.insert("raw".to_owned(), Value::String(text.raw));
    store(&file(&app, &plugin.id)?, &kept)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A plugin that can be set.
#[derive(Debug)]
pub(super) struct Plugin {
    /// `@jupyterlab/apputils-extension:themes`.
    pub(super) id: String,
    schema: PathBuf,
    version: String,
}

/// Every plugin with a schema, of JupyterLab and of extensions.
pub(super) fn plugins(lab: &Lab) -> Vec<Plugin> {
    let mut found = beneath(&lab.folder.join("schemas"));
    for extension in &lab.extensions {
        let folder = lab.extension_folder.join(&extension.name);
        found.extend(beneath(&folder.join("schemas")));
    }
    found
}

/// The plugins of a folder that has one folder per package, those of a scope in a folder for it.
fn beneath(schemas: &FilePath) -> Vec<Plugin> {
    let mut found = Vec::new();
    for package in entries(schemas) {
        if package.starts_with('@') {
            for inner in entries(&schemas.join(&package)) {
                found.extend(of_package(schemas, &format!("{package}/{inner}")));
            }
        } else {
            found.extend(of_package(schemas, &package));
        }
    }
    found
}

fn of_package(schemas: &FilePath, package: &str) -> Vec<Plugin> {
    let folder = schemas.join(package);
    let version = json_file(&folder.join("package.json.orig"))
        .and_then(|package| Some(package["version"].as_str()?.to_owned()));
    let version = version.unwrap_or_else(|| "N/A".to_owned());
    let plugin = |name: String| {
        Some(Plugin {
            id: format!("{package}:{}", name.strip_suffix(".json")?),
            schema: folder.join(&name),
            version: version.clone(),
        })
    };
    entries(&folder).into_iter().filter_map(plugin).collect()
}

fn entries(folder: &FilePath) -> Vec<String> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn find(lab: &Lab, id: &str) -> JupyterResult<Plugin> {
    let mut plugins = plugins(lab).into_iter();
    plugins
        .find(|plugin| plugin.id == id)
        .ok_or_else(|| JupyterError::not_found(format!("no schema of `{id}`")))
}

fn model(app: &App, plugin: &Plugin) -> JupyterResult<Value> {
    let file = file(app, &plugin.id)?;
    let kept = load(&file)?;
    let raw = kept.get("raw").and_then(Value::as_str).unwrap_or("{}");
    let times = file.metadata().ok();
    let time = |of: Option<std::time::SystemTime>| {
        of.and_then(|time| jiff::Timestamp::try_from(time).ok())
            .map(|time| time.to_string())
    };
    Ok(json!({
        "id": plugin.id,
        "schema": json_file(&plugin.schema).unwrap_or_else(|| json!({})),
        "version": plugin.version,
        "raw": raw,
        // The front end reads `raw`, where comments may be; this is for those who cannot.
        "settings": serde_json::from_str(raw).unwrap_or_else(|_| json!({})),
        "warning": null,
        "last_modified": time(times.as_ref().and_then(|times| times.modified().ok())),
        "created": time(times.as_ref().and_then(|times| times.created().ok())),
    }))
}

/// Where the values of a plugin are; its id is that of a schema, and still no path.
fn file(app: &App, id: &str) -> JupyterResult<PathBuf> {
    let folder = served(app)?.state.join("lab/settings");
    Ok(folder.join(format!("{}.json", hex::encode(id))))
}

#[expect(
    clippy::disallowed_methods,
    reason = "installed software, never notebooks"
)]
fn json_file(path: &FilePath) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
