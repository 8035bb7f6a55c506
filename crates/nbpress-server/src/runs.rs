//! Runs: submit, look at, end, do again.

mod resume;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nbpress_format::Notebook;
use nbpress_record::{Record, RecordError};
use nbpress_runs::job::RunSettings;
use nbpress_runs::plan::{JobRun, plan};
use nbpress_runs::run::{Attempt, CellSummary, TriggerKind};
use nbpress_runs::store::{Enqueued, Outgoing, RunFilter, RunPage};
use nbpress_runs::{NewRun, Permission, Run};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::observe::trace_of;
use crate::publish::{UploadRequest, WorkingCopy, find, keep, publish};
use crate::{App, DEFAULT_WORKSPACE, now};

/// Runs of a page where none are asked for.
const PAGE: i64 = 50;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(tasks))
        .routes(routes!(cancel))
        .routes(routes!(restart))
        .routes(routes!(hold))
        .routes(routes!(notebook))
        .routes(routes!(totals))
}

pub(crate) fn routes_with_uploads() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(submit))
        .routes(routes!(resume::resume))
}

/// A run that is asked for: of a job, of a notebook that is sent, or of one the server can read.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunRequest {
    /// The workspace; `main` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The job, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// One of the job's presets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// A notebook that is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadRequest>,
    /// A notebook where the server can read it: an absolute path, `s3://…`, `https://…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The folder that `files` are relative to; the notebook's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Patterns of files the notebook needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Values for its parameters.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// How it runs; of a notebook only, jobs have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<RunSettings>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_at: Option<Timestamp>,
}

/// A run with everything known about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunDetails {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// One sentence that says what it waits for.
    pub waiting: Option<String>,
    /// Its attempts, first to last.
    pub attempts: Vec<Attempt>,
    /// The cells of its last attempt that is over.
    pub cells: Vec<CellSummary>,
    /// What people were told of it.
    pub notices: Vec<Outgoing>,
    /// What is kept of it for a run that goes on; absent where nothing is, or where the machine of its worker is not
    /// the server's.
    kept: Option<resume::Kept>,
    /// What it has of the run it goes on from.
    resumed: Option<resume::Resumed>,
}

/// The workspace of a query.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct InWorkspace {
    workspace: Option<String>,
}

impl InWorkspace {
    pub(crate) fn name(&self) -> &str {
        self.workspace.as_deref().unwrap_or(DEFAULT_WORKSPACE)
    }
}

pub(crate) type Workspace = axum::extract::Query<InWorkspace>;

/// Submits a run. A repeated request with the same `Idempotency-Key` answers with the first one's run.
#[utoipa::path(post, path = "/v1/runs", request_body = RunRequest,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 202, body = Run), (status = 200, body = Run, description = "It was there already"),
        (status = 422, body = ErrorBody)))]
async fn submit(
    State(app): State<App>,
    who: Who,
    headers: HeaderMap,
    Body(request): Body<RunRequest>,
) -> ApiResult<Response> {
    let workspace = request.workspace.as_deref().unwrap_or(DEFAULT_WORKSPACE);
    who.need(Permission::Run, workspace)?;
    let key = idempotency_key(&headers)?;
    let mut runs = match &request.job {
        Some(job) => of_job(&app, &who, &request, job, key.as_deref()).await?,
        None => vec![of_notebook(&app, &who, &request, key).await?],
    };
    traced(&mut runs, &headers);
    let made = app.store.enqueue(&runs, who.name(), now()).await?;
    app.wake.everybody();
    let first = made
        .first()
        .ok_or_else(|| ApiError::invalid("job", "it has no tasks"))?;
    accepted(&app, first).await
}

/// The run that was asked for, or that was there already.
async fn accepted(app: &App, made: &Enqueued) -> ApiResult<Response> {
    let status = if made.is_new {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(app.store.run(&made.id).await?)).into_response())
}

/// Makes runs part of the trace of the request that asks for them.
pub(crate) fn traced(runs: &mut [NewRun], headers: &HeaderMap) {
    let trace = trace_of(headers).map(|context| context.to_string());
    for run in runs {
        run.spec.trace.clone_from(&trace);
    }
}

pub(crate) fn idempotency_key(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=200).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::invalid(
            "Idempotency-Key",
            "it has from 1 to 200 visible characters",
        )),
    }
}

async fn of_job(
    app: &App,
    who: &Who,
    request: &RunRequest,
    name: &str,
    key: Option<&str>,
) -> ApiResult<Vec<NewRun>> {
    for (field, given) in [
        ("upload", request.upload.is_some()),
        ("source", request.source.is_some()),
        ("settings", request.settings.is_some()),
    ] {
        if given {
            let message = "a run of a job takes this from the job";
            return Err(ApiError::invalid(field, message));
        }
    }
    let workspace = request.workspace.as_deref().unwrap_or(DEFAULT_WORKSPACE);
    let job = app.store.job(workspace, name).await?;
    let parameters = with_preset(
        &job.definition,
        request.preset.as_deref(),
        &request.parameters,
    )?;
    for task in &job.definition.tasks {
        let mut values = task.parameters.clone();
        let alone = job.definition.tasks.len() == 1;
        let known = |name: &String| alone || task.schema.iter().any(|known| known.name == *name);
        values.extend(
            parameters
                .clone()
                .into_iter()
                .filter(|(name, _)| known(name)),
        );
        find(app, &task.snapshot)
            .await?
            .check(&values, &task.settings, "parameters")?;
    }
    let mut runs = plan(&JobRun {
        workspace,
        job: &job.reference(),
        definition: &job.definition,
        parameters: &parameters,
        trigger: TriggerKind::Manual,
        triggered_by: who.name(),
        logical: None,
        lane: None,
        batch: None,
        idempotency_key: key,
        start_at: request.start_at,
        blocked: false,
    });
    for run in &mut runs {
        run.tags.extend(request.tags.clone());
    }
    Ok(runs)
}

/// A preset's values with others over them.
pub(crate) fn with_preset(
    definition: &nbpress_runs::JobDefinition,
    preset: Option<&str>,
    parameters: &Map<String, Value>,
) -> ApiResult<Map<String, Value>> {
    let mut values = Map::new();
    if let Some(name) = preset {
        let known: Vec<&str> = definition.presets.keys().map(String::as_str).collect();
        let preset = definition.presets.get(name).ok_or_else(|| {
            ApiError::invalid("preset", format!("there is no preset `{name}`"))
                .hint(Some(format!("known are {}", known.join(", "))))
        })?;
        values.extend(preset.clone());
    }
    values.extend(parameters.clone());
    Ok(values)
}

async fn of_notebook(
    app: &App,
    who: &Who,
    request: &RunRequest,
    key: Option<String>,
) -> ApiResult<NewRun> {
    let settings = request.settings.clone().unwrap_or_default();
    settings.validate("settings.")?;
    let published = match (&request.upload, &request.source) {
        (Some(upload), None) => keep(app, upload).await?,
        (None, Some(source)) => {
            let copy = WorkingCopy {
                source: source.clone(),
                root: request.root.clone(),
                files: request.files.clone(),
            };
            publish(app, &copy).await?
        }
        _ => {
            let message = "give one of `job`, `upload` and `source`";
            return Err(ApiError::invalid("source", message));
        }
    };
    published.check(&request.parameters, &settings, "parameters")?;
    let workspace = request.workspace.as_deref().unwrap_or(DEFAULT_WORKSPACE);
    nbpress_runs::job::check_name("workspace", workspace)?;
    let run = NewRun::of_notebook(
        workspace,
        &published.snapshot,
        &published.notebook,
        request.parameters.clone(),
        who.name(),
    );
    Ok(NewRun {
        idempotency_key: key,
        start_at: request.start_at,
        tags: request.tags.clone(),
        ..run.with_settings(settings)
    })
}

const FILTERS: &str = "workspace, job, state, class, batch, parent, since, until, cursor, limit, \
    param.NAME, tag.NAME";

/// Lists runs, newest first. `param.NAME=VALUE` and `tag.NAME=VALUE` filter by parameters and labels.
#[utoipa::path(get, path = "/v1/runs", params(
    ("workspace" = Option<String>, Query), ("job" = Option<String>, Query), ("state" = Option<String>, Query),
    ("class" = Option<String>, Query), ("batch" = Option<String>, Query), ("parent" = Option<String>, Query),
    ("since" = Option<String>, Query), ("until" = Option<String>, Query), ("cursor" = Option<String>, Query),
    ("limit" = Option<i64>, Query)),
    responses((status = 200, body = RunPage), (status = 422, body = ErrorBody)))]
async fn list(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<RunPage>> {
    let workspace = query
        .take("workspace")
        .unwrap_or_else(|| DEFAULT_WORKSPACE.to_owned());
    let job = match query.take("job") {
        Some(name) => Some(app.store.job(&workspace, &name).await?.id),
        None => None,
    };
    let mut filter = RunFilter {
        workspace,
        job,
        state: query.read("state")?,
        class: query.read("class")?,
        batch: query.take("batch"),
        parent: query.take("parent"),
        since: query.read("since")?,
        until: query.read("until")?,
        ..RunFilter::default()
    };
    let cursor = query.take("cursor");
    let limit: i64 = query.read("limit")?.unwrap_or(PAGE);
    if !(1..=500).contains(&limit) {
        return Err(ApiError::invalid(
            "limit",
            format!("`{limit}` is not between 1 and 500"),
        ));
    }
    query.0.retain(|(name, value)| {
        let (map, name) = match name.split_once('.') {
            Some(("param", name)) => (&mut filter.parameters, name),
            Some(("tag", name)) => (&mut filter.tags, name),
            _ => return true,
        };
        map.insert(name.to_owned(), value.clone());
        false
    });
    query.finish(FILTERS)?;
    Ok(Json(
        app.store
            .list_runs(&filter, cursor.as_deref(), limit)
            .await?,
    ))
}

/// A run, by its name, the beginning of it, or `latest`.
#[utoipa::path(get, path = "/v1/runs/{run}", params(("run" = String, Path)),
    responses((status = 200, body = RunDetails), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Path(run): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<RunDetails>> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    let attempts = app.store.attempts(&run.id).await?;
    let over = attempts
        .iter()
        .rev()
        .find(|attempt| attempt.ended_at.is_some());
    let cells = match over {
        Some(attempt) => app.store.cells(&run.id, attempt.number).await?,
        None => Vec::new(),
    };
    Ok(Json(RunDetails {
        waiting: app.store.why_waiting(&run.id, now()).await?,
        attempts,
        cells,
        notices: app.store.notices_of(&run.id).await?,
        kept: resume::kept(&app, &run).await,
        resumed: resume::resumed(&app, &run).await,
        run,
    }))
}

/// The runs of a run's tasks.
#[utoipa::path(get, path = "/v1/runs/{run}/tasks", params(("run" = String, Path)),
    responses((status = 200, body = RunPage), (status = 404, body = ErrorBody)))]
async fn tasks(
    State(app): State<App>,
    Path(run): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<RunPage>> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    let filter = RunFilter {
        workspace: run.workspace,
        parent: Some(run.id),
        ..RunFilter::default()
    };
    let mut page = app.store.list_runs(&filter, None, 500).await?;
    page.runs.reverse();
    Ok(Json(page))
}

/// Why a run is ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CancelRequest {
    /// For people.
    pub reason: Option<String>,
}

/// Ends a run: at once, or as soon as its worker has stopped it.
#[utoipa::path(post, path = "/v1/runs/{run}/cancel", params(("run" = String, Path)),
    request_body = CancelRequest,
    responses((status = 202, body = Run), (status = 409, body = ErrorBody)))]
async fn cancel(
    State(app): State<App>,
    who: Who,
    Path(run): Path<String>,
    workspace: Workspace,
    Body(request): Body<CancelRequest>,
) -> ApiResult<(StatusCode, Json<Run>)> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    if run.triggered_by != who.name() {
        who.need(Permission::Operate, &run.workspace)?;
    }
    let reason = request
        .reason
        .unwrap_or_else(|| format!("cancelled by {}", who.name()));
    app.store
        .cancel(&run.id, &reason, who.name(), now())
        .await?;
    app.wake.everybody();
    Ok((StatusCode::ACCEPTED, Json(app.store.run(&run.id).await?)))
}

/// How a run is done again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RestartRequest {
    /// Values that replace the run's.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Of the run of a whole job: also the tasks that succeeded.
    pub whole: bool,
}

/// Does a run that is over again, from the same snapshot: of a job of several tasks, those that did not
/// succeed.
#[utoipa::path(post, path = "/v1/runs/{run}/restart", params(("run" = String, Path)),
    request_body = RestartRequest,
    responses((status = 202, body = Run), (status = 409, body = ErrorBody)))]
async fn restart(
    State(app): State<App>,
    who: Who,
    Path(run): Path<String>,
    workspace: Workspace,
    Body(request): Body<RestartRequest>,
) -> ApiResult<(StatusCode, Json<Run>)> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    // Runs of several tasks have none; neither have imported ones, which are refused below.
    let has_snapshot = !run.snapshot.is_empty();
    if has_snapshot && !request.parameters.is_empty() {
        let mut values = run.parameters.clone();
        values.extend(request.parameters.clone());
        find(&app, &run.snapshot)
            .await?
            .check(&values, &run.spec.settings, "parameters")?;
    }
    let (parameters, whole) = (&request.parameters, request.whole);
    let made = app
        .store
        .restart(&run.id, parameters, whole, who.name(), now())
        .await?;
    app.wake.everybody();
    Ok((StatusCode::ACCEPTED, Json(app.store.run(&made.id).await?)))
}

/// Whether a run is kept whatever the retention says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldRequest {
    /// Whether.
    pub hold: bool,
}

/// Keeps a run whatever the retention says, or lets it go.
#[utoipa::path(post, path = "/v1/runs/{run}/hold", params(("run" = String, Path)), request_body = HoldRequest,
    responses((status = 200, body = Run), (status = 404, body = ErrorBody)))]
async fn hold(
    State(app): State<App>,
    who: Who,
    Path(run): Path<String>,
    workspace: Workspace,
    Body(request): Body<HoldRequest>,
) -> ApiResult<Json<Run>> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    app.store
        .hold(&run.id, request.hold, who.name(), now())
        .await?;
    Ok(Json(app.store.run(&run.id).await?))
}

/// The executed notebook of a run as far as it has come, as `.ipynb`.
#[utoipa::path(get, path = "/v1/runs/{run}/notebook", params(("run" = String, Path)),
    responses((status = 200, content_type = "application/x-ipynb+json"), (status = 404, body = ErrorBody)))]
async fn notebook(
    State(app): State<App>,
    Path(run): Path<String>,
    workspace: Workspace,
) -> ApiResult<Response> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    let notebook = executed(&app, &run).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-ipynb+json"),
        // A stranger's bytes: never a page of ours.
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, notebook.to_bytes()).into_response())
}

/// The executed notebook of a run as far as it has come.
pub(crate) async fn executed(app: &App, run: &Run) -> ApiResult<Notebook> {
    of_record(app, run, Record::notebook).await
}

/// What is read of a run's record, as far as it has come.
pub(crate) async fn of_record<T: Send + 'static>(
    app: &App,
    run: &Run,
    read: impl FnOnce(&Record) -> Result<T, RecordError> + Send + 'static,
) -> ApiResult<T> {
    let record = run
        .record
        .as_ref()
        .ok_or_else(|| ApiError::not_found("the run has not begun"))?;
    let hash = run.record_sha256.as_deref();
    let mut record = app.records.find(record, hash).await?;
    if run.state.is_active() {
        record = record.written_elsewhere();
    }
    let read = tokio::task::spawn_blocking(move || read(&record));
    let read = read.await.map_err(|error| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        ApiError::new(status, "record", error.to_string())
    })??;
    Ok(read)
}

/// How many runs are not over, by state.
#[utoipa::path(get, path = "/v1/totals", responses((status = 200, body = nbpress_runs::store::Totals)))]
async fn totals(
    State(app): State<App>,
    workspace: Workspace,
) -> ApiResult<Json<nbpress_runs::store::Totals>> {
    Ok(Json(app.store.totals(workspace.name()).await?))
}
