//! Versions of a file of the served folder: what there was, and how it comes back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use nbpress_contents::{ContentsError, ContentsPath};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::jupyter::{refused, served};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(versions))
        .routes(routes!(restore))
        .routes(routes!(name))
}

/// One version of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FileVersion {
    /// Names it among those of its file; `/view/PATH?version=ID` shows it.
    id: String,
    /// When it was saved, or found to have been written by another program.
    #[schema(value_type = String, format = DateTime)]
    saved_at: Timestamp,
    /// Bytes.
    size: u64,
    /// SHA-256 of its bytes in hexadecimal digits.
    hash: String,
    /// Who saved it, where that is known.
    by: Option<String>,
    /// The name somebody gave it.
    name: Option<String>,
}

/// A version of a file.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionRequest {
    /// The file in the served folder.
    path: String,
    /// The version's id.
    id: String,
}

/// A name for a version of a file.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionName {
    /// The file in the served folder.
    path: String,
    /// The version's id.
    id: String,
    /// Its new name; empty for none.
    name: String,
}

/// Lists the versions of a file, newest first: also those from before it was renamed, and of one that is deleted.
#[utoipa::path(get, path = "/v1/versions", params(("path" = String, Query)),
    responses((status = 200, body = Vec<FileVersion>), (status = 404, body = ErrorBody)))]
async fn versions(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<Vec<FileVersion>>> {
    let path = query.take("path").unwrap_or_default();
    query.finish("path")?;
    let path = parse(&path)?;
    let found = served(&app)?.workspace.history(&path).await;
    let versions = found
        .map_err(failed)?
        .into_iter()
        .map(|version| FileVersion {
            id: version.id,
            saved_at: version.saved_at,
            size: version.size,
            hash: version.hash,
            by: version.by,
            name: version.name,
        });
    Ok(Json(versions.collect()))
}

/// Makes a version what the file is. What it was before is a version too.
#[utoipa::path(post, path = "/v1/versions/restore", request_body = VersionRequest,
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn restore(
    State(app): State<App>,
    Body(request): Body<VersionRequest>,
) -> ApiResult<StatusCode> {
    let path = parse(&request.path)?;
    let restored = served(&app)?.workspace.restore(&path, &request.id).await;
    restored.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a version a name.
#[utoipa::path(put, path = "/v1/versions/name", request_body = VersionName,
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn name(State(app): State<App>, Body(request): Body<VersionName>) -> ApiResult<StatusCode> {
    let path = parse(&request.path)?;
    let workspace = &served(&app)?.workspace;
    let named = workspace.name_version(&path, &request.id, &request.name);
    named.await.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(path: &str) -> ApiResult<ContentsPath> {
    ContentsPath::parse(path).map_err(|error| ApiError::invalid("path", error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn failed(error: ContentsError) -> ApiError {
    refused(&error).into()
}
