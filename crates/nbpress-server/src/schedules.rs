//! Schedules: when jobs run by themselves.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use nbpress_runs::Invalid;
use nbpress_runs::schedule::{Fire, ScheduleDefinition, Timetable, Trigger};
use nbpress_runs::store::{NewSchedule, Schedule};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::jobs::check_parameters;
use crate::runs::{Workspace, idempotency_key};
use crate::{App, DEFAULT_WORKSPACE, now};

/// Fires of a preview.
const UPCOMING: usize = 20;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(put))
        .routes(routes!(list))
        .routes(routes!(get, delete))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(preview))
        .routes(routes!(hook))
}

/// A schedule, when it fires next, and, once, the address of its webhook.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ScheduleDetails {
    /// The schedule.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// The next 20 times.
    #[serde(skip_deserializing)]
    pub upcoming: Vec<Fire>,
    /// The secret path of its webhook: shown when it is made, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
}

/// Some schedules.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Schedules {
    /// By job and name.
    pub schedules: Vec<Schedule>,
}

/// Makes a schedule of a job, or changes it: it fires from now on, never back.
#[utoipa::path(put, path = "/v1/jobs/{name}/schedules", params(("name" = String, Path)),
    request_body = NewSchedule,
    responses((status = 200, body = ScheduleDetails), (status = 422, body = ErrorBody)))]
async fn put(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
    Body(request): Body<NewSchedule>,
) -> ApiResult<Json<ScheduleDetails>> {
    let job = app.store.job(workspace.name(), &name).await?;
    check_parameters(&app, &job, &request.parameters).await?;
    let known = app.store.schedules(workspace.name(), Some(&job.id)).await?;
    let is_new = !known.iter().any(|schedule| schedule.name == request.name);
    let wants_hook = matches!(request.definition.trigger, Trigger::Webhook {}) && is_new;
    let hook = wants_hook.then(|| {
        let (one, two) = (uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        format!("{one}{two}")
    });
    let schedule = app
        .store
        .put_schedule(&job, &request, hook.as_deref(), who.name(), now())
        .await?;
    Ok(Json(ScheduleDetails {
        upcoming: upcoming(&schedule.definition)?,
        schedule,
        hook: hook.map(|hook| format!("/v1/hooks/{hook}")),
    }))
}

fn upcoming(definition: &ScheduleDefinition) -> ApiResult<Vec<Fire>> {
    let timetable = Timetable::new(definition).map_err(Invalid::from)?;
    Ok(timetable.upcoming(now(), UPCOMING))
}

/// Lists schedules.
#[utoipa::path(get, path = "/v1/schedules",
    params(("workspace" = Option<String>, Query), ("job" = Option<String>, Query)),
    responses((status = 200, body = Schedules)))]
async fn list(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<Schedules>> {
    let workspace = query
        .take("workspace")
        .unwrap_or_else(|| DEFAULT_WORKSPACE.to_owned());
    let job = match query.take("job") {
        Some(name) => Some(app.store.job(&workspace, &name).await?.id),
        None => None,
    };
    query.finish("workspace, job")?;
    let schedules = app.store.schedules(&workspace, job.as_deref()).await?;
    Ok(Json(Schedules { schedules }))
}

/// A schedule and its next 20 times.
#[utoipa::path(get, path = "/v1/schedules/{schedule}", params(("schedule" = String, Path)),
    responses((status = 200, body = ScheduleDetails), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Path(schedule): Path<String>,
) -> ApiResult<Json<ScheduleDetails>> {
    let schedule = app.store.schedule(&schedule).await?;
    let upcoming = if schedule.paused {
        Vec::new()
    } else {
        upcoming(&schedule.definition)?
    };
    Ok(Json(ScheduleDetails {
        upcoming,
        schedule,
        hook: None,
    }))
}

/// Removes a schedule; its runs stay.
#[utoipa::path(delete, path = "/v1/schedules/{schedule}", params(("schedule" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    who: Who,
    Path(schedule): Path<String>,
) -> ApiResult<StatusCode> {
    app.store
        .delete_schedule(&schedule, who.name(), now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pauses a schedule.
#[utoipa::path(post, path = "/v1/schedules/{schedule}/pause", params(("schedule" = String, Path)),
    responses((status = 200, body = Schedule), (status = 404, body = ErrorBody)))]
async fn pause(
    State(app): State<App>,
    who: Who,
    Path(schedule): Path<String>,
) -> ApiResult<Json<Schedule>> {
    app.store
        .pause_schedule(&schedule, true, who.name(), now())
        .await?;
    Ok(Json(app.store.schedule(&schedule).await?))
}

/// Lets a schedule go on from now: times that passed meanwhile are not made up for.
#[utoipa::path(post, path = "/v1/schedules/{schedule}/resume", params(("schedule" = String, Path)),
    responses((status = 200, body = Schedule), (status = 404, body = ErrorBody)))]
async fn resume(
    State(app): State<App>,
    who: Who,
    Path(schedule): Path<String>,
) -> ApiResult<Json<Schedule>> {
    app.store
        .pause_schedule(&schedule, false, who.name(), now())
        .await?;
    Ok(Json(app.store.schedule(&schedule).await?))
}

/// When a schedule would fire.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Preview {
    /// The next 20 times.
    pub upcoming: Vec<Fire>,
}

/// The next 20 times of a schedule that is not saved.
#[utoipa::path(post, path = "/v1/schedules/preview", request_body = ScheduleDefinition,
    responses((status = 200, body = Preview), (status = 422, body = ErrorBody)))]
async fn preview(Body(definition): Body<ScheduleDefinition>) -> ApiResult<Json<Preview>> {
    let upcoming = upcoming(&definition)?;
    Ok(Json(Preview { upcoming }))
}

/// What a webhook brought about.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Hooked {
    /// The run.
    pub run: Option<String>,
    /// Whether this call made it, and not an earlier one with the same `Idempotency-Key`.
    pub is_new: bool,
}

/// Fires the schedule whose webhook this is; the body is the run's parameters.
#[utoipa::path(post, path = "/v1/hooks/{secret}", params(("secret" = String, Path),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = Value, responses((status = 202, body = Hooked), (status = 404, body = ErrorBody)))]
async fn hook(
    State(app): State<App>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    Body(parameters): Body<Map<String, Value>>,
) -> ApiResult<(StatusCode, Json<Hooked>)> {
    let moment = idempotency_key(&headers)?.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let job = app.store.hook_job(&secret).await?;
    check_parameters(&app, &job, &parameters).await?;
    let made = app
        .store
        .fire_hook(&secret, &moment, &parameters, now())
        .await?;
    app.wake.everybody();
    let first = made.into_iter().next();
    let first = first.ok_or_else(|| ApiError::not_found("the job of this webhook is gone"))?;
    Ok((
        StatusCode::ACCEPTED,
        Json(Hooked {
            run: Some(first.id),
            is_new: first.is_new,
        }),
    ))
}
