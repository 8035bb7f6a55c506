//! The server's own settings: what each of them is, and where that was said.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A setting of the server that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Configured {
    /// Its name in a file of settings.
    pub name: String,
    /// What it is, as one would write it; absent where nothing is set, or it is a secret.
    pub value: Option<String>,
    /// Whether its value is never shown.
    pub secret: bool,
    /// `default`, `flag`, a variable's name, or a file and a line: `/etc/nbpress/nbpress.toml:7`.
    pub origin: String,
    /// What it is for.
    pub about: String,
}

/// Lists the settings of the server, in the order of its help. They are set by flags, variables and a file, and
/// read once, when it starts.
#[utoipa::path(get, path = "/v1/settings", responses((status = 200, body = Vec<Configured>)))]
async fn list(State(app): State<App>) -> Json<Vec<Configured>> {
    Json(app.configured.get().cloned().unwrap_or_default())
}
