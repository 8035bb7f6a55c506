//! Where runs run and whom they tell: pools, profiles, workers, channels, retention.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nbpress_runs::store::{Pool, ProfileFit, StoredChannel, Worker};
use nbpress_runs::{Permission, Profile};
use nbpress_scheduler::notify::Channel;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::{self, Thing, Who};
use crate::runs::Workspace;
use crate::{App, DEFAULT_WORKSPACE, now};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pools))
        .routes(routes!(set_pool, delete_pool))
        .routes(routes!(profiles))
        .routes(routes!(set_profile, delete_profile))
        .routes(routes!(fit))
        .routes(routes!(workers))
        .routes(routes!(drain))
        .routes(routes!(resume))
        .routes(routes!(channels))
        .routes(routes!(set_channel, delete_channel))
        .routes(routes!(retention, set_retention))
}

/// Lists pools, with who holds their slots: empty for runs that one may not see.
#[utoipa::path(get, path = "/v1/pools", responses((status = 200, body = Vec<Pool>)))]
async fn pools(State(app): State<App>, who: Who) -> ApiResult<Json<Vec<Pool>>> {
    let mut pools = app.store.pools().await?;
    if !who.may_everywhere(Permission::Read) {
        for slot in pools.iter_mut().flat_map(|pool| &mut pool.held) {
            let workspace = guard::workspace_of(&app, Thing::Run, &slot.run).await?;
            if !workspace.is_some_and(|workspace| who.may(Permission::Read, &workspace)) {
                // That a slot is held is no secret; by what is one.
                slot.run.clear();
            }
        }
    }
    Ok(Json(pools))
}

/// How large a pool is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PoolRequest {
    /// How many runs may hold a slot at once.
    pub slots: i64,
}

/// Makes a pool, or changes its number of slots.
#[utoipa::path(put, path = "/v1/pools/{name}", params(("name" = String, Path)), request_body = PoolRequest,
    responses((status = 200, body = Vec<Pool>), (status = 422, body = ErrorBody)))]
async fn set_pool(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    Body(request): Body<PoolRequest>,
) -> ApiResult<Json<Vec<Pool>>> {
    app.store
        .set_pool(&name, request.slots, who.name(), now())
        .await?;
    app.wake.everybody();
    Ok(Json(app.store.pools().await?))
}

/// Removes a pool that no run needs.
#[utoipa::path(delete, path = "/v1/pools/{name}", params(("name" = String, Path)),
    responses((status = 204), (status = 409, body = ErrorBody)))]
async fn delete_pool(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
) -> ApiResult<StatusCode> {
    app.store.delete_pool(&name, who.name(), now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists profiles, smallest first.
#[utoipa::path(get, path = "/v1/profiles", responses((status = 200, body = Vec<Profile>)))]
async fn profiles(State(app): State<App>) -> ApiResult<Json<Vec<Profile>>> {
    Ok(Json(app.store.profiles().await?))
}

/// Makes or changes a profile.
#[utoipa::path(put, path = "/v1/profiles", request_body = Profile,
    responses((status = 200, body = Vec<Profile>), (status = 422, body = ErrorBody)))]
async fn set_profile(
    State(app): State<App>,
    who: Who,
    Body(profile): Body<Profile>,
) -> ApiResult<Json<Vec<Profile>>> {
    app.store.set_profile(&profile, who.name(), now()).await?;
    Ok(Json(app.store.profiles().await?))
}

/// Removes a profile.
#[utoipa::path(delete, path = "/v1/profiles/{name}", params(("name" = String, Path)),
    responses((status = 204), (status = 409, body = ErrorBody)))]
async fn delete_profile(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
) -> ApiResult<StatusCode> {
    app.store.delete_profile(&name, who.name(), now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which share of runs fits the default profile, and which profile a notebook needs.
#[utoipa::path(get, path = "/v1/profile-fit",
    params(("workspace" = Option<String>, Query), ("notebook" = Option<String>, Query)),
    responses((status = 200, body = ProfileFit)))]
async fn fit(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<ProfileFit>> {
    let workspace = query
        .take("workspace")
        .unwrap_or_else(|| DEFAULT_WORKSPACE.to_owned());
    let notebook = query.take("notebook");
    query.finish("workspace, notebook")?;
    let fit = app
        .store
        .profile_fit(&workspace, notebook.as_deref(), now())
        .await?;
    Ok(Json(fit))
}

/// Lists workers.
#[utoipa::path(get, path = "/v1/workers", responses((status = 200, body = Vec<Worker>)))]
async fn workers(State(app): State<App>) -> ApiResult<Json<Vec<Worker>>> {
    Ok(Json(app.store.workers(now()).await?))
}

/// Lets a worker end what it has and take no more.
#[utoipa::path(post, path = "/v1/workers/{worker}/drain", params(("worker" = String, Path)),
    responses((status = 200, body = Vec<Worker>), (status = 404, body = ErrorBody)))]
async fn drain(
    State(app): State<App>,
    who: Who,
    Path(worker): Path<String>,
) -> ApiResult<Json<Vec<Worker>>> {
    app.store
        .drain_worker(&worker, true, who.name(), now())
        .await?;
    app.wake.everybody();
    Ok(Json(app.store.workers(now()).await?))
}

/// Lets a worker take runs again.
#[utoipa::path(post, path = "/v1/workers/{worker}/resume", params(("worker" = String, Path)),
    responses((status = 200, body = Vec<Worker>), (status = 404, body = ErrorBody)))]
async fn resume(
    State(app): State<App>,
    who: Who,
    Path(worker): Path<String>,
) -> ApiResult<Json<Vec<Worker>>> {
    app.store
        .drain_worker(&worker, false, who.name(), now())
        .await?;
    app.wake.everybody();
    Ok(Json(app.store.workers(now()).await?))
}

/// Lists a workspace's channels.
#[utoipa::path(get, path = "/v1/channels", responses((status = 200, body = Vec<StoredChannel>)))]
async fn channels(
    State(app): State<App>,
    workspace: Workspace,
) -> ApiResult<Json<Vec<StoredChannel>>> {
    Ok(Json(app.store.channels(workspace.name()).await?))
}

/// Makes or changes a channel. Secrets are named (`env:NBPRESS_SECRET_NAME`, `file:PATH`), never given.
#[utoipa::path(put, path = "/v1/channels/{name}", params(("name" = String, Path)), request_body = Channel,
    responses((status = 200, body = StoredChannel), (status = 422, body = ErrorBody)))]
async fn set_channel(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
    Body(channel): Body<Channel>,
) -> ApiResult<Json<StoredChannel>> {
    channel
        .validate()
        .map_err(|error| ApiError::invalid(error.field(), error.to_string()).hint(error.hint()))?;
    let stored = StoredChannel {
        name,
        definition: serde_json::to_value(&channel).unwrap_or_default(),
    };
    app.store
        .set_channel(workspace.name(), &stored, who.name(), now())
        .await?;
    Ok(Json(stored))
}

/// Removes a channel.
#[utoipa::path(delete, path = "/v1/channels/{name}", params(("name" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete_channel(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
) -> ApiResult<StatusCode> {
    app.store
        .delete_channel(workspace.name(), &name, who.name(), now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How long runs are kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retention {
    /// Days that runs which succeeded, were cancelled or skipped are kept; the last 20 good ones of a job
    /// always are.
    pub keep_succeeded_days: i64,
    /// Days that runs which failed are kept.
    pub keep_failed_days: i64,
    /// Whether nothing may be forgotten.
    #[serde(default)]
    pub legal_hold: bool,
}

/// How long the runs of a workspace are kept.
#[utoipa::path(get, path = "/v1/retention", params(("workspace" = Option<String>, Query)),
    responses((status = 200, body = Retention)))]
async fn retention(State(app): State<App>, workspace: Workspace) -> ApiResult<Json<Retention>> {
    let (days, legal_hold) = app.store.retention(workspace.name()).await?;
    Ok(Json(Retention {
        keep_succeeded_days: days.0,
        keep_failed_days: days.1,
        legal_hold,
    }))
}

/// Sets how long the runs of a workspace are kept.
#[utoipa::path(put, path = "/v1/retention", request_body = Retention,
    responses((status = 200, body = Retention), (status = 422, body = ErrorBody)))]
async fn set_retention(
    State(app): State<App>,
    who: Who,
    workspace: Workspace,
    Body(request): Body<Retention>,
) -> ApiResult<Json<Retention>> {
    let days = (request.keep_succeeded_days, request.keep_failed_days);
    let hold = request.legal_hold;
    app.store
        .set_retention(workspace.name(), days, hold, who.name(), now())
        .await?;
    Ok(Json(request))
}
