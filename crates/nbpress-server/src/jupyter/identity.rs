//! Who is asking, and what they may do.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use nbpress_runs::Permission;
use serde_json::{Map, Value, json};

use crate::body::Pairs;
use crate::guard::Who;
use crate::jupyter::{JupyterError, JupyterResult};
use crate::{App, DEFAULT_WORKSPACE};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/me", get(me).patch(change))
}

/// What somebody may change of themselves: nothing, their name is in audits, and the rest is an admin's to change.
const UPDATABLE: [&str; 0] = [];

async fn me(Extension(who): Extension<Who>, mut query: Pairs) -> JupyterResult<Json<Value>> {
    let asked = query.take("permissions").unwrap_or_default();
    let mut permissions = Map::new();
    for (resource, actions) in asked_permissions(&asked)? {
        let allowed: Vec<String> = actions
            .into_iter()
            .filter(|action| who.may(needed(&resource, action), DEFAULT_WORKSPACE))
            .collect();
        permissions.insert(resource, json!(allowed));
    }
    permissions.insert("updatable_fields".to_owned(), json!(UPDATABLE));
    Ok(Json(
        json!({"identity": identity(&who), "permissions": permissions}),
    ))
}

/// What an action of Jupyter's needs here
/// (<https://jupyter-server.readthedocs.io/en/latest/operators/security.html#authorization>).
fn needed(resource: &str, action: &str) -> Permission {
    match (resource, action) {
        // Whoever sees a terminal can type in it.
        ("terminals", _) => Permission::Write,
        ("server", "write" | "execute") => Permission::Admin,
        (_, "read") => Permission::Read,
        _ => Permission::Write,
    }
}

/// `{"contents": ["read", "write"]}`
fn asked_permissions(text: &str) -> JupyterResult<BTreeMap<String, Vec<String>>> {
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(text).map_err(|_| {
        JupyterError::bad_request(
            "permissions should be a JSON dict of {\"resource\": [\"action\",]}",
        )
    })
}

async fn change(body: Bytes) -> JupyterError {
    let fields: Option<Map<String, Value>> = serde_json::from_slice(&body).ok();
    match fields.as_ref().and_then(|fields| fields.keys().next()) {
        None => JupyterError::bad_request("Invalid or missing JSON body"),
        // Jupyter's clients take this for: there are no people here.
        Some(field) if field == "color" => JupyterError::new(
            StatusCode::NOT_IMPLEMENTED,
            "this server keeps nothing about people",
        ),
        Some(field) => JupyterError::bad_request(format!("Field {field} is not updatable")),
    }
}

fn identity(who: &Who) -> Value {
    let display_name = match who.user() {
        Some(user) => user.display_name.as_str(),
        None => who.name(),
    };
    let initial: String = display_name
        .chars()
        .take(1)
        .flat_map(char::to_uppercase)
        .collect();
    json!({
        "username": who.name(),
        "name": who.name(),
        "display_name": display_name,
        "initials": initial,
        "avatar_url": null,
        "color": null,
    })
}
