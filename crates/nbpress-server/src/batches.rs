//! Sweeps and backfills: many runs of a job.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use nbpress_runs::run::{LogicalTime, ScrapValue};
use nbpress_runs::schedule::{ScheduleDefinition, Timetable, Trigger};
use nbpress_runs::store::{Batch, BatchKind, BatchPoint, Job, NewBatch};
use nbpress_runs::{Invalid, Permission};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::jobs::check_parameters;
use crate::runs::Workspace;
use crate::{App, DEFAULT_WORKSPACE, now};

/// Most runs of a backfill.
const MOST_TIMES: usize = 10_000;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sweep))
        .routes(routes!(backfill))
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(scraps))
        .routes(routes!(cancel))
}

/// Runs of a job at many points of its parameters.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SweepRequest {
    /// The points, each a set of values that replace the job's.
    #[schema(value_type = Vec<Object>)]
    pub points: Vec<Map<String, Value>>,
    /// How many run at once; 1 if absent.
    pub concurrency: Option<i64>,
    /// After this many failures no further one begins.
    pub max_failures: Option<i64>,
    /// For people.
    pub label: String,
}

/// Runs of a job for the logical times of a range.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackfillRequest {
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first instant that is not part of it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The schedule whose times they are, by name; the job's only one if absent.
    #[serde(default)]
    pub schedule: Option<String>,
    /// Times of their own, for a job without schedule.
    #[serde(default)]
    pub trigger: Option<Trigger>,
    /// Whether times that have a run already are run again.
    #[serde(default)]
    pub reprocess: Reprocess,
    /// How many run at once; 1 if absent.
    #[serde(default)]
    pub concurrency: Option<i64>,
    /// After this many failures no further one begins.
    #[serde(default)]
    pub max_failures: Option<i64>,
    /// Values that replace the job's.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
}

/// Which times of a backfill that have a run already are run again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reprocess {
    /// None.
    #[default]
    None,
    /// Those whose runs all failed or were cancelled.
    Failed,
    /// All.
    All,
}

/// Some batches.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Batches {
    /// Newest first.
    pub batches: Vec<Batch>,
}

/// Runs a job at many points.
#[utoipa::path(post, path = "/v1/jobs/{name}/sweep", params(("name" = String, Path)),
    request_body = SweepRequest, responses((status = 202, body = Batch), (status = 422, body = ErrorBody)))]
async fn sweep(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
    Body(request): Body<SweepRequest>,
) -> ApiResult<(StatusCode, Json<Batch>)> {
    let job = app.store.job(workspace.name(), &name).await?;
    for (at, point) in request.points.iter().enumerate() {
        let checked = check_parameters(&app, &job, point).await;
        checked.map_err(|error| error.at(format!("points[{at}]")))?;
    }
    let points = request.points.iter().map(|parameters| BatchPoint {
        parameters: parameters.clone(),
        logical: None,
    });
    let label = if request.label.is_empty() {
        format!("sweep of {name}")
    } else {
        request.label.clone()
    };
    let new = NewBatch {
        kind: BatchKind::Sweep,
        job: &job,
        label,
        points: points.collect(),
        definition: serde_json::to_value(&request).unwrap_or(Value::Null),
        width: request.concurrency.unwrap_or(1),
        max_failures: request.max_failures,
    };
    let batch = app.store.create_batch(&new, who.name(), now()).await?;
    app.wake.everybody();
    Ok((StatusCode::ACCEPTED, Json(batch)))
}

/// Runs a job for every logical time of a range that has no run yet.
#[utoipa::path(post, path = "/v1/jobs/{name}/backfill", params(("name" = String, Path)),
    request_body = BackfillRequest,
    responses((status = 202, body = Batch), (status = 422, body = ErrorBody)))]
async fn backfill(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
    Body(request): Body<BackfillRequest>,
) -> ApiResult<(StatusCode, Json<Batch>)> {
    let job = app.store.job(workspace.name(), &name).await?;
    check_parameters(&app, &job, &request.parameters).await?;
    let mut times = times(&app, &job, &request).await?;
    let done = app
        .store
        .logical_times(&job.id, request.from, request.to)
        .await?;
    times.retain(|time| match (request.reprocess, done.get(&time.at)) {
        (Reprocess::All, _) | (_, None) => true,
        (Reprocess::Failed, Some(succeeded)) => !succeeded,
        (Reprocess::None, Some(_)) => false,
    });
    if times.is_empty() {
        let message = "every time of this range has a run already";
        return Err(ApiError::invalid("from", message).hint(Some(
            "`reprocess` runs them again: `failed` or `all`".to_owned(),
        )));
    }
    let points = times.into_iter().map(|logical| BatchPoint {
        parameters: request.parameters.clone(),
        logical: Some(logical),
    });
    let new = NewBatch {
        kind: BatchKind::Backfill,
        job: &job,
        label: format!("{name} from {} to {}", request.from, request.to),
        points: points.collect(),
        definition: serde_json::to_value(&request).unwrap_or(Value::Null),
        width: request.concurrency.unwrap_or(1),
        max_failures: request.max_failures,
    };
    let batch = app.store.create_batch(&new, who.name(), now()).await?;
    app.wake.everybody();
    Ok((StatusCode::ACCEPTED, Json(batch)))
}

/// The logical times of a backfill's range.
async fn times(app: &App, job: &Job, request: &BackfillRequest) -> ApiResult<Vec<LogicalTime>> {
    if request.to <= request.from {
        return Err(ApiError::invalid("to", "the range ends before it begins"));
    }
    let definition = match &request.trigger {
        Some(trigger) => ScheduleDefinition::new(trigger.clone()),
        None => schedule_of(app, job, request).await?,
    };
    let timetable = Timetable::new(&definition).map_err(Invalid::from)?;
    let just_before = request
        .from
        .checked_sub(jiff::SignedDuration::from_nanos(1));
    let mut times = Vec::new();
    for fire in timetable.upcoming(just_before.unwrap_or(request.from), MOST_TIMES + 1) {
        if fire.logical_time >= request.to {
            break;
        }
        times.push(LogicalTime {
            at: fire.logical_time,
            interval_start: fire.interval_start,
            interval_end: fire.interval_end,
            time_zone: fire.zone,
        });
    }
    if times.len() > MOST_TIMES {
        let message = format!("the range has more than {MOST_TIMES} times");
        return Err(ApiError::invalid("to", message));
    }
    if times.is_empty() {
        return Err(ApiError::invalid(
            "from",
            "the schedule has no time in this range",
        ));
    }
    Ok(times)
}

async fn schedule_of(
    app: &App,
    job: &Job,
    request: &BackfillRequest,
) -> ApiResult<ScheduleDefinition> {
    let schedules = app.store.schedules(&job.workspace, Some(&job.id)).await?;
    let found = match &request.schedule {
        Some(name) => schedules.iter().find(|schedule| schedule.name == *name),
        None => schedules.first().filter(|_| schedules.len() == 1),
    };
    let known: Vec<&str> = schedules
        .iter()
        .map(|schedule| schedule.name.as_str())
        .collect();
    let found = found.ok_or_else(|| {
        ApiError::invalid("schedule", "say whose times they are").hint(Some(format!(
            "`schedule`, one of [{}], or `trigger`",
            known.join(", ")
        )))
    })?;
    let mut definition = found.definition.clone();
    // Times before the schedule began are what a backfill is for.
    definition.start_at = None;
    definition.end_at = None;
    Ok(definition)
}

/// Lists sweeps and backfills, newest first.
#[utoipa::path(get, path = "/v1/batches", params(("workspace" = Option<String>, Query)),
    responses((status = 200, body = Batches)))]
async fn list(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<Batches>> {
    let workspace = query
        .take("workspace")
        .unwrap_or_else(|| DEFAULT_WORKSPACE.to_owned());
    query.finish("workspace")?;
    let batches = app.store.batches(&workspace, 100).await?;
    Ok(Json(Batches { batches }))
}

/// A sweep or backfill.
#[utoipa::path(get, path = "/v1/batches/{batch}", params(("batch" = String, Path)),
    responses((status = 200, body = Batch), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, Path(batch): Path<String>) -> ApiResult<Json<Batch>> {
    Ok(Json(app.store.batch(&batch).await?))
}

/// What the runs of a sweep or backfill reported, by run: numbers, and values of at most 200 bytes.
#[utoipa::path(get, path = "/v1/batches/{batch}/scraps", params(("batch" = String, Path)),
    responses((status = 200, body = BTreeMap<String, Vec<ScrapValue>>), (status = 404, body = ErrorBody)))]
async fn scraps(
    State(app): State<App>,
    Path(batch): Path<String>,
) -> ApiResult<Json<BTreeMap<String, Vec<ScrapValue>>>> {
    let batch = app.store.batch(&batch).await?;
    Ok(Json(app.store.scraps_of_batch(&batch.id).await?))
}

/// Ends a sweep or backfill and its runs.
#[utoipa::path(post, path = "/v1/batches/{batch}/cancel", params(("batch" = String, Path)),
    responses((status = 202, body = Batch), (status = 409, body = ErrorBody)))]
async fn cancel(
    State(app): State<App>,
    who: Who,
    Path(batch): Path<String>,
) -> ApiResult<(StatusCode, Json<Batch>)> {
    let made = app.store.batch(&batch).await?;
    if made.created_by != who.name() {
        who.need(Permission::Operate, &made.workspace)?;
    }
    app.store.cancel_batch(&batch, who.name(), now()).await?;
    app.wake.everybody();
    Ok((StatusCode::ACCEPTED, Json(app.store.batch(&batch).await?)))
}
