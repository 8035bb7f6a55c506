//! Jobs: publish, look at, run, see what has changed since.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use nbpress_runs::job::{JobDefinition, NotifyRule, RunSettings, Task, UpstreamRule};
use nbpress_runs::plan::{JobRun, plan};
use nbpress_runs::run::TriggerKind;
use nbpress_runs::schedule::Deadline;
use nbpress_runs::state::RunState;
use nbpress_runs::store::{Job, JobVersion, RunFilter};
use nbpress_runs::{Permission, Run};
use nbpress_scheduler::snapshot::SnapshotId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::publish::{Published, UploadRequest, WorkingCopy, find, keep, publish, take};
use crate::runs::{Workspace, idempotency_key, traced, with_preset};
use crate::search::SERVED;
use crate::{App, now};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, archive))
        .routes(routes!(versions))
        .routes(routes!(run))
        .routes(routes!(ahead))
        .routes(routes!(republish))
        .routes(routes!(last_good))
}

pub(crate) fn routes_with_uploads() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(put))
}

/// What a job is to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JobRequest {
    /// What people should know about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its notebooks.
    pub tasks: Vec<TaskRequest>,
    /// Named sets of parameters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub presets: BTreeMap<String, Map<String, Value>>,
    /// Labels of its runs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Who is told of what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<NotifyRule>,
    /// By when a run must be over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
}

/// A notebook of a job: one the server can read, one of the folder it serves, one that is sent, or a snapshot that is
/// there.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TaskRequest {
    /// Its name in the job; `main` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A notebook where the server can read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// A notebook of the served folder, by its path there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The folder that `files` are relative to; the notebook's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Patterns of files it needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// A notebook that is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadRequest>,
    /// A snapshot, by SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Values for its parameters; `${tasks.KEY.scraps.NAME}` for what an earlier task reports.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// The tasks it waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// When it runs, once they are over.
    pub rule: UpstreamRule,
    /// How it runs.
    pub settings: RunSettings,
}

/// Some jobs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Jobs {
    /// By name.
    pub jobs: Vec<Job>,
}

/// Publishes a job: takes snapshots of its notebooks and their files, and makes a version.
#[utoipa::path(put, path = "/v1/jobs/{name}", params(("name" = String, Path)), request_body = JobRequest,
    responses((status = 200, body = Job), (status = 422, body = ErrorBody)))]
async fn put(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
    Body(request): Body<JobRequest>,
) -> ApiResult<Json<Job>> {
    let mut tasks = Vec::with_capacity(request.tasks.len());
    for (at, task) in request.tasks.into_iter().enumerate() {
        if task.path.is_some() && !who.may(Permission::Read, SERVED) {
            let message = "it is in a folder that you may not read";
            return Err(ApiError::invalid(format!("tasks[{at}].path"), message));
        }
        tasks.push(publish_task(&app, task, at).await?);
    }
    let definition = JobDefinition {
        description: request.description,
        tasks,
        presets: request.presets,
        tags: request.tags,
        notify: request.notify,
        deadline: request.deadline,
    };
    check_channels(&app, workspace.name(), &definition).await?;
    let job = app
        .store
        .put_job(workspace.name(), &name, &definition, who.name(), now())
        .await?;
    Ok(Json(job))
}

async fn check_channels(app: &App, workspace: &str, definition: &JobDefinition) -> ApiResult<()> {
    let known = app.store.channels(workspace).await?;
    for (at, rule) in definition.notify.iter().enumerate() {
        if !known.iter().any(|channel| channel.name == rule.channel) {
            let message = format!("there is no channel `{}`", rule.channel);
            return Err(ApiError::invalid(format!("notify[{at}].channel"), message)
                .hint(Some("make it: nbpress channel set NAME …".to_owned())));
        }
    }
    Ok(())
}

async fn publish_task(app: &App, task: TaskRequest, at: usize) -> ApiResult<Task> {
    let field = |name: &str| format!("tasks[{at}].{name}");
    let copy = task.source.as_ref().map(|source| WorkingCopy {
        source: source.clone(),
        root: task.root.clone(),
        files: task.files.clone(),
    });
    let mut source = task.source;
    let published: Published = match (&copy, &task.path, &task.upload, &task.snapshot) {
        (Some(copy), None, None, None) => publish(app, copy)
            .await
            .map_err(|error| error.at(field("source")))?,
        (None, Some(path), None, None) => {
            let taken = take(app, path, &task.files).await;
            let (published, at) = taken.map_err(|error| error.at(field("path")))?;
            source = at;
            published
        }
        (None, None, Some(upload), None) => keep(app, upload).await?,
        (None, None, None, Some(snapshot)) => find(app, snapshot)
            .await
            .map_err(|error| error.at(field("snapshot")))?,
        _ => {
            let message = "give one of `source`, `path`, `upload` and `snapshot`";
            return Err(ApiError::invalid(field("source"), message));
        }
    };
    published.check(&task.parameters, &task.settings, &field("parameters"))?;
    Ok(Task {
        key: task.key.unwrap_or_else(|| "main".to_owned()),
        snapshot: published.snapshot,
        notebook: published.notebook,
        source,
        root: task.root,
        files: task.files,
        schema: published.schema,
        parameters: task.parameters,
        depends_on: task.depends_on,
        rule: task.rule,
        settings: task.settings,
    })
}

/// Lists jobs by name.
#[utoipa::path(get, path = "/v1/jobs", responses((status = 200, body = Jobs)))]
async fn list(State(app): State<App>, workspace: Workspace) -> ApiResult<Json<Jobs>> {
    let jobs = app.store.jobs(workspace.name(), "", 10_000).await?;
    Ok(Json(Jobs { jobs }))
}

/// A job and its newest version.
#[utoipa::path(get, path = "/v1/jobs/{name}", params(("name" = String, Path)),
    responses((status = 200, body = Job), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Path(name): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<Job>> {
    Ok(Json(app.store.job(workspace.name(), &name).await?))
}

/// Hides a job and ends its schedules; its runs stay.
#[utoipa::path(delete, path = "/v1/jobs/{name}", params(("name" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn archive(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
) -> ApiResult<StatusCode> {
    app.store
        .archive_job(workspace.name(), &name, who.name(), now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The versions of a job, newest first.
#[utoipa::path(get, path = "/v1/jobs/{name}/versions", params(("name" = String, Path)),
    responses((status = 200, body = Vec<JobVersion>), (status = 404, body = ErrorBody)))]
async fn versions(
    State(app): State<App>,
    Path(name): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<Vec<JobVersion>>> {
    let job = app.store.job(workspace.name(), &name).await?;
    Ok(Json(app.store.job_versions(&job.id).await?))
}

/// A run of a job that is asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JobRunRequest {
    /// One of its presets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Values that replace the job's.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
}

/// Runs a job now.
#[utoipa::path(post, path = "/v1/jobs/{name}/run", params(("name" = String, Path)),
    request_body = JobRunRequest, responses((status = 202, body = Run), (status = 422, body = ErrorBody)))]
async fn run(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
    headers: HeaderMap,
    Body(request): Body<JobRunRequest>,
) -> ApiResult<(StatusCode, Json<Run>)> {
    let job = app.store.job(workspace.name(), &name).await?;
    let preset = request.preset.as_deref();
    let parameters = with_preset(&job.definition, preset, &request.parameters)?;
    check_parameters(&app, &job, &parameters).await?;
    let key = idempotency_key(&headers)?;
    let mut runs = plan(&JobRun {
        workspace: workspace.name(),
        job: &job.reference(),
        definition: &job.definition,
        parameters: &parameters,
        trigger: TriggerKind::Manual,
        triggered_by: who.name(),
        logical: None,
        lane: None,
        batch: None,
        idempotency_key: key.as_deref(),
        start_at: None,
        blocked: false,
    });
    traced(&mut runs, &headers);
    let made = app.store.enqueue(&runs, who.name(), now()).await?;
    app.wake.everybody();
    let first = made
        .first()
        .ok_or_else(|| ApiError::invalid("job", "it has no tasks"))?;
    Ok((StatusCode::ACCEPTED, Json(app.store.run(&first.id).await?)))
}

/// Whether values fit the tasks of a job that know them; one of them must.
pub(crate) async fn check_parameters(
    app: &App,
    job: &Job,
    parameters: &Map<String, Value>,
) -> ApiResult<()> {
    let tasks = &job.definition.tasks;
    for task in tasks {
        let known =
            |name: &str| tasks.len() == 1 || task.schema.iter().any(|known| known.name == name);
        let mut values = task.parameters.clone();
        let given = parameters.iter().filter(|(name, _)| known(name));
        values.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        find(app, &task.snapshot)
            .await?
            .check(&values, &task.settings, "parameters")?;
    }
    for name in parameters.keys() {
        let known = |task: &Task| task.schema.iter().any(|known| known.name == *name);
        if tasks.len() > 1 && !tasks.iter().any(known) {
            let message = format!("no task has a parameter `{name}`");
            return Err(ApiError::invalid(format!("parameters.{name}"), message));
        }
    }
    Ok(())
}

/// How the working copies of a job's notebooks differ from what it runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Ahead {
    /// Whether any does.
    pub ahead: bool,
    /// What has changed, by task; absent where nothing has.
    #[schema(value_type = Object)]
    pub tasks: BTreeMap<String, Value>,
}

/// Whether a job's notebooks were edited since it was published, and how.
#[utoipa::path(get, path = "/v1/jobs/{name}/ahead", params(("name" = String, Path)),
    responses((status = 200, body = Ahead), (status = 404, body = ErrorBody)))]
async fn ahead(
    State(app): State<App>,
    Path(name): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<Ahead>> {
    let job = app.store.job(workspace.name(), &name).await?;
    let mut tasks = BTreeMap::new();
    for task in &job.definition.tasks {
        let Some(copy) = working_copy(task) else {
            continue;
        };
        let id = SnapshotId::parse(&task.snapshot)?;
        if let Some(diff) = app.snapshots.changed_since(&id, &copy.request()?).await? {
            let diff = serde_json::to_value(diff).unwrap_or(Value::Null);
            tasks.insert(task.key.clone(), diff);
        }
    }
    Ok(Json(Ahead {
        ahead: !tasks.is_empty(),
        tasks,
    }))
}

fn working_copy(task: &Task) -> Option<WorkingCopy> {
    Some(WorkingCopy {
        source: task.source.clone()?,
        root: task.root.clone(),
        files: task.files.clone(),
    })
}

/// Publishes a job's notebooks as they are now.
#[utoipa::path(post, path = "/v1/jobs/{name}/republish", params(("name" = String, Path)),
    responses((status = 200, body = Job), (status = 422, body = ErrorBody)))]
async fn republish(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<Job>> {
    let job = app.store.job(workspace.name(), &name).await?;
    let mut definition = job.definition;
    for (at, task) in definition.tasks.iter_mut().enumerate() {
        let Some(copy) = working_copy(task) else {
            continue;
        };
        let published = publish(&app, &copy).await?;
        published.check(
            &task.parameters,
            &task.settings,
            &format!("tasks[{at}].parameters"),
        )?;
        task.snapshot = published.snapshot;
        task.notebook = published.notebook;
        task.schema = published.schema;
    }
    let job = app
        .store
        .put_job(workspace.name(), &name, &definition, who.name(), now())
        .await?;
    Ok(Json(job))
}

/// The newest run of a job that succeeded.
#[utoipa::path(get, path = "/v1/jobs/{name}/last-good", params(("name" = String, Path)),
    responses((status = 200, body = Run), (status = 404, body = ErrorBody)))]
async fn last_good(
    State(app): State<App>,
    Path(name): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<Run>> {
    let job = app.store.job(workspace.name(), &name).await?;
    let filter = RunFilter {
        workspace: workspace.name().to_owned(),
        job: Some(job.id),
        state: Some(RunState::Succeeded),
        ..RunFilter::default()
    };
    let page = app.store.list_runs(&filter, None, 1).await?;
    let run = page.runs.into_iter().next();
    run.map(Json)
        .ok_or_else(|| ApiError::not_found(format!("no run of `{name}` has succeeded")))
}
