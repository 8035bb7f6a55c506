//! What front ends keep on the server: sections of settings, each a JSON object.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value};

use crate::App;
use crate::jupyter::{JupyterError, JupyterResult, served};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/config/{section}", get(read).put(replace).patch(merge))
}

/// The longest name of a section, in bytes.
const LONGEST_NAME: usize = 100;

async fn read(
    State(app): State<App>,
    axum::extract::Path(section): axum::extract::Path<String>,
) -> JupyterResult<Json<Value>> {
    Ok(Json(Value::Object(load(&file(&app, &section)?)?)))
}

async fn replace(
    State(app): State<App>,
    axum::extract::Path(section): axum::extract::Path<String>,
    body: Bytes,
) -> JupyterResult<StatusCode> {
    store(&file(&app, &section)?, &object(&body)?)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn merge(
    State(app): State<App>,
    axum::extract::Path(section): axum::extract::Path<String>,
    body: Bytes,
) -> JupyterResult<Json<Value>> {
    let file = file(&app, &section)?;
    let mut settings = load(&file)?;
    update(&mut settings, object(&body)?);
    store(&file, &settings)?;
    Ok(Json(Value::Object(settings)))
}

/// Objects are merged, `null` removes, everything else replaces.
fn update(settings: &mut Map<String, Value>, change: Map<String, Value>) {
    for (name, value) in change {
        match (settings.get_mut(&name), value) {
            (_, Value::Null) => {
                settings.remove(&name);
            }
            (Some(Value::Object(inner)), Value::Object(change)) => {
                update(inner, change);
                if inner.is_empty() {
                    settings.remove(&name);
                }
            }
            (_, Value::Object(change)) => {
                let mut inner = Map::new();
                update(&mut inner, change);
                settings.remove(&name);
                if !inner.is_empty() {
                    settings.insert(name, Value::Object(inner));
                }
            }
            (_, value) => {
                settings.insert(name, value);
            }
        }
    }
}

fn object(body: &[u8]) -> JupyterResult<Map<String, Value>> {
    serde_json::from_slice(body)
        .map_err(|error| JupyterError::bad_request(format!("Invalid JSON in body: {error}")))
}

/// The file of a section, whose name is a word.
fn file(app: &App, section: &str) -> JupyterResult<PathBuf> {
    let word = section
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    if !word || section.is_empty() || section.len() > LONGEST_NAME {
        return Err(JupyterError::not_found("Not Found"));
    }
    Ok(served(app)?
        .state
        .join("config")
        .join(format!("{section}.json")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file of the server's own state"
)]
pub(super) fn load(file: &Path) -> JupyterResult<Map<String, Value>> {
    match std::fs::read(file) {
        // A broken file is no reason for a front end not to start.
        Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(JupyterError::broken(&error)),
    }
}

pub(super) fn store(file: &Path, settings: &Map<String, Value>) -> JupyterResult<()> {
    let write = || -> io::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let beside = file.with_extension(uuid::Uuid::new_v4().simple().to_string());
        let mut new = std::fs::File::create_new(&beside)?;
        new.write_all(&serde_json::to_vec_pretty(settings)?)?;
        std::fs::rename(beside, file)
    };
    write().map_err(|error| JupyterError::broken(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_merged() {
        for (before, change, after) in [
            (json!({}), json!({"a": 1}), json!({"a": 1})),
            (json!({"a": 1}), json!({"a": null}), json!({})),
            (json!({"a": 1}), json!({"b": null}), json!({"a": 1})),
            (
                json!({"a": {"b": 1, "c": 2}}),
                json!({"a": {"b": null, "d": 3}}),
                json!({"a": {"c": 2, "d": 3}}),
            ),
            (json!({"a": {"b": 1}}), json!({"a": {"b": null}}), json!({})),
            (json!({"a": 1}), json!({"a": {"b": null}}), json!({})),
            (
                json!({"a": [1]}),
                json!({"a": [2, 3]}),
                json!({"a": [2, 3]}),
            ),
        ] {
            let mut settings = before.as_object().unwrap().clone();
            update(&mut settings, change.as_object().unwrap().clone());
            assert_eq!(Value::Object(settings), after, "{before} with {change}");
        }
    }
}
