//! Import: runs that other programs did.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nbpress_format::Notebook;
use nbpress_scheduler::import::{ImportError, PastRun, take_over};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::runs::Workspace;
use crate::{App, now};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

/// A run that another program did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The run.
    pub run: PastRun,
    /// The executed notebook, in base64, of which the run's record is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed: Option<String>,
}

/// A run that is there now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// Its name: the same whenever it is imported.
    pub id: String,
    /// Whether it was not there before.
    pub is_new: bool,
}

/// Adds a run that another program did, with its own times, only to be read. Adding it again changes nothing.
#[utoipa::path(post, path = "/v1/import", request_body = ImportRequest,
    responses((status = 201, body = Imported), (status = 200, body = Imported, description = "It was there already"),
        (status = 422, body = ErrorBody)))]
async fn import(
    State(app): State<App>,
    who: Who,
    workspace: Workspace,
    Body(request): Body<ImportRequest>,
) -> ApiResult<(StatusCode, Json<Imported>)> {
    let executed = request.executed.as_deref().map(notebook).transpose()?;
    let by = (who.name(), now());
    let (store, records, name) = (&app.store, &app.records, workspace.name());
    let made = take_over(store, records, name, &request.run, executed, by).await?;
    if let Some(desk) = app.search.get().filter(|_| made.is_new) {
        desk.run_came_late();
    }
    let status = if made.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let (id, is_new) = (made.id, made.is_new);
    Ok((status, Json(Imported { id, is_new })))
}

fn notebook(content: &str) -> ApiResult<Notebook> {
    let invalid = |message: String| ApiError::invalid("executed", message);
    let bytes = STANDARD
        .decode(content.trim())
        .map_err(|error| invalid(format!("it is not base64: {error}")))?;
    Notebook::parse(&bytes).map_err(|error| invalid(format!("it is no notebook: {error}")))
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Invalid(error) => error.into(),
            ImportError::Store(error) => error.into(),
            ImportError::Record(error) => error.into(),
            ImportError::Records(error) => error.into(),
        }
    }
}
