//! `…/checkpoints` and `…/trust` of a file.

use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use nbpress_contents::{Checkpoint, ContentsPath};
use serde_json::{Value, json};

use crate::jupyter::{JupyterError, JupyterResult};

use super::{Asked, refused, unreadable};

/// A path that ends with what is asked of the file before it.
pub(super) struct About<'a> {
    file: &'a str,
    what: What<'a>,
}

enum What<'a> {
    All,
    One(&'a str),
    Trust,
}

/// What a path asks about a file, if it does.
pub(super) fn of(path: &str) -> Option<About<'_>> {
    if let Some(file) = path.strip_suffix("/checkpoints") {
        let what = What::All;
        return Some(About { file, what });
    }
    if let Some(file) = path.strip_suffix("/trust") {
        let what = What::Trust;
        return Some(About { file, what });
    }
    let (before, id) = path.rsplit_once('/')?;
    let file = before.strip_suffix("/checkpoints")?;
    let names_one = !id.is_empty()
        && id
            .chars()
            .all(|char| char.is_alphanumeric() || "_-".contains(char));
    names_one.then_some(About {
        file,
        what: What::One(id),
    })
}

pub(super) async fn answer(
    asked: &Asked,
    method: &Method,
    about: &About<'_>,
) -> JupyterResult<Response> {
    let path = ContentsPath::parse(about.file)
        .map_err(|error| JupyterError::not_found(format!("{:?}: {error}", about.file)))?;
    let workspace = asked.workspace();
    let failed = |error| unreadable(&path, &error);
    match (&about.what, method) {
        (What::All, &Method::GET) => {
            let found = workspace.checkpoints(&path).await.map_err(failed)?;
            let models: Vec<Value> = found.iter().map(model).collect();
            Ok(Json(models).into_response())
        }
        (What::All, &Method::POST) => {
            let made = workspace.create_checkpoint(&path).await.map_err(failed)?;
            let file = asked.location(&path);
            let location = format!(
                "{}/checkpoints/{}",
                file.to_str().unwrap_or_default(),
                made.id
            );
            let location = [(LOCATION, location)];
            Ok((StatusCode::CREATED, location, Json(model(&made))).into_response())
        }
        (What::One(id), &Method::POST) => {
            let restored = workspace.restore_checkpoint(&path, id).await;
            restored.map_err(|error| refused(&error))?;
            asked.forget(&path);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        (What::One(id), &Method::DELETE) => {
            let deleted = workspace.delete_checkpoint(&path, id).await;
            deleted.map_err(|error| refused(&error))?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        // Outputs are never run in this origin, whoever is trusted: there is nothing to sign.
        (What::Trust, &Method::POST) => {
            workspace.entry(&path).await.map_err(failed)?;
            Ok(StatusCode::CREATED.into_response())
        }
        _ => Err(JupyterError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{method} is not allowed here"),
        )),
    }
}

fn model(checkpoint: &Checkpoint) -> Value {
    let at: Timestamp = checkpoint.last_modified;
    json!({"id": checkpoint.id, "last_modified": format!("{at:.6}")})
}
