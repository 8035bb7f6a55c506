//! Runs that go on where others failed.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use nbpress_record::{Record, Resumption};
use nbpress_runs::store::GoOn;
use nbpress_runs::{Run, RunState};
use nbpress_scheduler::kept_state::KeptState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Workspace, accepted, idempotency_key, of_record};
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::observe::trace_of;
use crate::publish::{Published, UploadRequest, WorkingCopy, keep, publish};
use crate::{App, now};

/// With which notebook a run goes on, and where. Without any, with the one that failed: for a table that was
/// not there yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ResumeRequest {
    /// The notebook as it is now, where the server can read it: an absolute path, `s3://…`, `https://…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The notebook as it is now, sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadRequest>,
    /// The folder that `files` are relative to; the job's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Patterns of files that `source` needs; the job's if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The cell to go on at, from 0 in the executed notebook, instead of the one that failed; never a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
}

/// The state of a run that failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Kept {
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// What a run that goes on has of the one before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Resumed {
    /// That run; the same one where an attempt goes on from the attempt before.
    run: String,
    /// How it has what the cells before did: `fork` from the kept state, `rerun` by running them again. Absent
    /// until that is known, and where its worker had nothing of that run.
    way: Option<String>,
    /// The cell it was to go on at, from 0 in the executed notebook.
    cell: Option<usize>,
    /// The first cell that ran; those before were carried over.
    first: Option<usize>,
    /// Cells before the one that had failed whose code is not what ran.
    changed: Vec<usize>,
    /// What could not be carried over, or not be used, each in words.
    lost: Vec<String>,
}

/// Makes a run that goes on where one that is over failed: from the kept state of its kernel, where there is
/// one, else by running the cells before again. A repeated request with the same `Idempotency-Key` answers with the
/// first one's run.
#[utoipa::path(post, path = "/v1/runs/{run}/resume",
    params(("run" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = ResumeRequest,
    responses((status = 202, body = Run), (status = 200, body = Run, description = "It was there already"),
        (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn resume(
    State(app): State<App>,
    who: Who,
    Path(run): Path<String>,
    workspace: Workspace,
    headers: HeaderMap,
    Body(request): Body<ResumeRequest>,
) -> ApiResult<Response> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    let notebook = match mended(&app, &run, &request).await? {
        Some(published) => {
            published.check(&run.parameters, &run.spec.settings, "parameters")?;
            Some((published.snapshot, published.notebook))
        }
        None => None,
    };
    let how = GoOn {
        notebook,
        from: request.from,
        idempotency_key: idempotency_key(&headers)?,
        trace: trace_of(&headers).map(|context| context.to_string()),
    };
    let made = app.store.resume(&run.id, &how, who.name(), now()).await?;
    app.wake.everybody();
    accepted(&app, &made).await
}

/// The notebook as it is now, with the files of its job.
async fn mended(app: &App, run: &Run, request: &ResumeRequest) -> ApiResult<Option<Published>> {
    match (&request.upload, &request.source) {
        (None, None) => Ok(None),
        (Some(upload), None) => keep(app, upload).await.map(Some),
        (None, Some(source)) => {
            let (root, files) = files_of(app, run).await?;
            let given = !request.files.is_empty();
            let copy = WorkingCopy {
                source: source.clone(),
                root: request.root.clone().or(root),
                files: if given { request.files.clone() } else { files },
            };
            publish(app, &copy).await.map(Some)
        }
        (Some(_), Some(_)) => {
            let message = "give one of `upload` and `source`, or neither";
            Err(ApiError::invalid("source", message))
        }
    }
}

/// What the job of a run publishes beside its notebook.
async fn files_of(app: &App, run: &Run) -> ApiResult<(Option<String>, Vec<String>)> {
    let Some(job) = &run.job else {
        return Ok((None, Vec::new()));
    };
    let versions = app.store.job_versions(&job.id).await?.into_iter();
    let tasks = versions.filter(|version| version.version == job.version);
    let tasks = tasks.flat_map(|version| version.definition.tasks);
    let mut own = tasks.filter(|task| run.task.as_ref().is_none_or(|key| *key == task.key));
    let task = own.next();
    Ok(task.map_or((None, Vec::new()), |task| (task.root, task.files)))
}

/// What is kept of a run on this machine.
pub(super) async fn kept(app: &App, run: &Run) -> Option<Kept> {
    let over = run.state.is_terminal() && run.state != RunState::Succeeded;
    let record = run.record.as_ref().filter(|_| over)?;
    if run.spec.settings.keep.is_off() {
        return None;
    }
    let state = KeptState::of(app.records.here(), record);
    let until = tokio::task::spawn_blocking(move || state.until());
    until.await.ok().flatten().map(|until| Kept { until })
}

/// What a run has of the one before, where it goes on from one.
pub(super) async fn resumed(app: &App, run: &Run) -> Option<Resumed> {
    let of_attempt = run.attempt > 1 && run.spec.settings.retry.resume;
    let parent = match &run.spec.resume {
        _ if of_attempt => run.id.clone(),
        Some(resume) => resume.run.clone(),
        None => return None,
    };
    let found = resumption(app, run).await;
    let found = found.as_ref();
    Some(Resumed {
        run: parent,
        way: found.map(|found| found.way.to_string()),
        cell: found.map(|found| found.cell),
        first: found.map(|found| found.first),
        changed: found.map_or_else(Vec::new, |found| found.changed.clone()),
        lost: found.map_or_else(Vec::new, |found| found.lost.clone()),
    })
}

async fn resumption(app: &App, run: &Run) -> Option<Resumption> {
    let read = |record: &Record| match record.manifest() {
        Some(manifest) => Ok(manifest.resumption.clone()),
        None => Ok(record.document()?.resumption().cloned()),
    };
    of_record(app, run, read).await.ok()?
}
