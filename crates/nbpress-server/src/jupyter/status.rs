//! What the server is and does.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::App;
use crate::jupyter::{JupyterResult, served};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api", get(version))
        .route("/api/status", get(status))
}

/// The Jupyter server whose API this is: clients ask for features by it.
const COMPATIBLE_WITH: &str = "2.21.1";

async fn version() -> Json<Value> {
    Json(json!({"version": COMPATIBLE_WITH}))
}

async fn status(State(app): State<App>) -> JupyterResult<Json<Value>> {
    Ok(Json(json!({
        "started": moment(app.activity.started()),
        "last_activity": moment(app.activity.last()),
        "kernels": served(&app)?.kernels.list().len(),
        "connections": app.activity.connections(),
    })))
}

/// A time as Jupyter writes it, with microseconds: `2026-11-22T05:08:25.045277Z`.
pub(crate) fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
