//! Share links: a stranger reads one thing, for a time.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use nbpress_runs::Permission;
use nbpress_runs::store::{Share, ShareTarget};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::{self, Thing, Who};
use crate::runs::Workspace;
use crate::{App, DEFAULT_WORKSPACE, now};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// The links themselves, which are for browsers.
pub(crate) fn links() -> Router<App> {
    Router::new().route("/s/{secret}", get(follow))
}

async fn follow(
    State(app): State<App>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Response {
    guard::follow(&app, &headers, &secret).await
}

/// Lists the share links of a workspace, oldest first, without their secrets.
#[utoipa::path(get, path = "/v1/shares", params(("workspace" = Option<String>, Query)),
    responses((status = 200, body = Vec<Share>)))]
async fn list(State(app): State<App>, workspace: Workspace) -> ApiResult<Json<Vec<Share>>> {
    Ok(Json(app.store.shares(workspace.name()).await?))
}

/// A share link that is to exist.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareRequest {
    /// The workspace; `main` if absent.
    #[serde(default)]
    pub workspace: Option<String>,
    /// What it shows.
    pub target: ShareTarget,
    /// From when on it shows nothing.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// A share link that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MadeShare {
    /// What is known of it.
    #[serde(flatten)]
    pub share: Share,
    /// The path of the link: shown only here. The server's address comes before it.
    pub link: String,
}

/// Makes a link with which whoever has it reads one thing and nothing else, without signing in.
#[utoipa::path(post, path = "/v1/shares", request_body = ShareRequest,
    responses((status = 201, body = MadeShare), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    who: Who,
    Body(request): Body<ShareRequest>,
) -> ApiResult<(StatusCode, Json<MadeShare>)> {
    let workspace = request.workspace.as_deref().unwrap_or(DEFAULT_WORKSPACE);
    who.need(Permission::Write, workspace)?;
    check(&app, workspace, &request.target).await?;
    let (target, expires_at) = (&request.target, request.expires_at);
    let by = (who.name(), now());
    let made = app.store.create_share(workspace, target, expires_at, by);
    let (share, secret) = made.await?;
    let link = app.base.join(&format!("s/{}", secret.reveal()));
    Ok((StatusCode::CREATED, Json(MadeShare { share, link })))
}

/// A link shows nothing of a workspace in which whoever makes it may not do that.
async fn check(app: &App, workspace: &str, target: &ShareTarget) -> ApiResult<()> {
    match target {
        ShareTarget::Run { run } => {
            let found = guard::workspace_of(app, Thing::Run, run).await?;
            if found.as_deref() != Some(workspace) {
                let message = format!("there is no run `{run}` in `{workspace}`");
                return Err(ApiError::invalid("target.run", message));
            }
            if app.known.workspace(run).is_none() {
                let message = format!("`{run}` is not the whole id of a run");
                return Err(ApiError::invalid("target.run", message));
            }
        }
        ShareTarget::Job { job } => {
            app.store.job(workspace, job).await?;
        }
        _ if workspace != DEFAULT_WORKSPACE => {
            let message = format!("no folder is served of the workspace `{workspace}`");
            return Err(ApiError::invalid("workspace", message));
        }
        _ => {}
    }
    Ok(())
}

/// Ends a share link.
#[utoipa::path(delete, path = "/v1/shares/{share}", params(("share" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn revoke(
    State(app): State<App>,
    Path(share): Path<String>,
    who: Who,
) -> ApiResult<StatusCode> {
    app.store.revoke_share(&share, (who.name(), now())).await?;
    app.known.forget();
    Ok(StatusCode::NO_CONTENT)
}
