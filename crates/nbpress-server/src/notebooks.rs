//! Cells run in the server's hands: no client has to stay for their outputs, or for what they ask.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nbpress_contents::ContentsPath;
use nbpress_format::{Cell, CellKind, Notebook};
use nbpress_runs::job::ParameterSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::jupyter::{JupyterSettings, kernel_of_notebook, refused, served, session_of_notebook};
use crate::publish::described;
use crate::scribe::{Cells, Question, Scribe};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(execute))
        .routes(routes!(question, answer))
        .routes(routes!(parameters))
}

/// Cells of a notebook that are to run.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecuteRequest {
    /// The notebook in the served folder.
    path: String,
    /// The cells by their ids, in the order they are to run; every cell of code if empty.
    #[serde(default)]
    cells: Vec<String>,
    /// The kernelspec of a kernel that has to be started; the notebook's own if absent.
    #[serde(default)]
    kernel: Option<String>,
    /// Whether somebody answers what the cells ask with `input()`; if not, asking is an error.
    #[serde(default)]
    stdin: bool,
}

/// Cells that were asked to run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Executing {
    /// The kernel; its state is in `/v1/kernels`.
    kernel: String,
    /// The cells, in order, with the requests by whose ids the kernel's messages name them.
    cells: Vec<ExecutingCell>,
}

/// A cell that was asked to run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ExecutingCell {
    /// Its id in the notebook.
    cell: String,
    /// The request's id.
    request: String,
}

/// Runs cells of a notebook in its kernel, which is started if there is none. Their outputs are written into
/// the notebook as they come, whether or not anybody is connected. No cell runs after one that fails.
#[utoipa::path(post, path = "/v1/notebooks/execute", request_body = ExecuteRequest,
    responses((status = 202, body = Executing), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn execute(
    State(app): State<App>,
    who: Who,
    Body(request): Body<ExecuteRequest>,
) -> ApiResult<(StatusCode, Json<Executing>)> {
    let jupyter = served(&app)?;
    let path = ContentsPath::parse(&request.path)
        .map_err(|error| ApiError::invalid("path", error.to_string()))?;
    let notebook = read(jupyter, path.as_str()).await?;
    let cells = chosen(&notebook, &request.cells)?;
    let wanted = request.kernel.as_deref().or_else(|| notebook.kernel_name());
    let kernel = session_of_notebook(jupyter, &who, &path, wanted).await?;
    let away = || {
        let message = "the kernel went away";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "kernel_away", message)
    };
    let scribe = app.scribes.of(jupyter, &kernel).await.ok_or_else(away)?;
    let ids: Vec<String> = cells.iter().map(|(cell, _)| cell.clone()).collect();
    let cells = Cells {
        cells,
        answered: request.stdin,
    };
    let requests = scribe.execute(cells).await.ok_or_else(away)?;
    let cells = ids
        .into_iter()
        .zip(requests)
        .map(|(cell, request)| ExecutingCell { cell, request });
    let executing = Executing {
        kernel: kernel.id().to_string(),
        cells: cells.collect(),
    };
    Ok((StatusCode::ACCEPTED, Json(executing)))
}

/// The cells of code that are wanted: id and source.
fn chosen(notebook: &Notebook, wanted: &[String]) -> ApiResult<Vec<(String, String)>> {
    let runs = |cell: &Cell| {
        let id = cell.id.clone()?;
        let is_code = matches!(cell.kind, CellKind::Code { .. });
        (is_code && !cell.source.trim().is_empty()).then(|| (id, cell.source.clone()))
    };
    if wanted.is_empty() {
        return Ok(notebook.cells.iter().filter_map(runs).collect());
    }
    let find = |(at, id): (usize, &String)| {
        let cell = notebook
            .cells
            .iter()
            .find(|cell| cell.id.as_ref() == Some(id));
        cell.and_then(runs).ok_or_else(|| {
            let message = format!("the notebook has no cell of code with the id `{id}`");
            ApiError::invalid(format!("cells[{at}]"), message)
        })
    };
    wanted.iter().enumerate().map(find).collect()
}

/// What a cell of a notebook waits for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Asked {
    /// Nothing while no cell waits.
    question: Option<Question>,
}

/// An answer to what a cell asked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerRequest {
    /// The notebook in the served folder.
    path: String,
    /// The question, by its id.
    question: String,
    /// The line, without its end.
    answer: String,
}

/// What a running cell of a notebook asks for with `input()`. It is asked until somebody answers, or the cell ends.
#[utoipa::path(get, path = "/v1/notebooks/input", params(("path" = String, Query)),
    responses((status = 200, body = Asked)))]
async fn question(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<Asked>> {
    let path = query.take("path").unwrap_or_default();
    query.finish("path")?;
    let scribe = scribe_of(&app, &path).await?;
    let question = scribe.and_then(|scribe| scribe.question());
    Ok(Json(Asked { question }))
}

/// Answers what a running cell asks for.
#[utoipa::path(post, path = "/v1/notebooks/input", request_body = AnswerRequest,
    responses((status = 204), (status = 409, body = ErrorBody)))]
async fn answer(
    State(app): State<App>,
    Body(request): Body<AnswerRequest>,
) -> ApiResult<StatusCode> {
    let asked = match scribe_of(&app, &request.path).await? {
        Some(scribe) => scribe.answer(request.question, request.answer).await,
        None => false,
    };
    if asked {
        return Ok(StatusCode::NO_CONTENT);
    }
    let message = "this is not asked any more";
    Err(ApiError::new(StatusCode::CONFLICT, "not_asked", message))
}

/// What a notebook declares in its parameters cell, as it is saved.
#[utoipa::path(get, path = "/v1/notebooks/parameters", params(("path" = String, Query)),
    responses((status = 200, body = Vec<ParameterSchema>), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn parameters(
    State(app): State<App>,
    mut query: Pairs,
) -> ApiResult<Json<Vec<ParameterSchema>>> {
    let path = query.take("path").unwrap_or_default();
    query.finish("path")?;
    Ok(Json(described(&read(served(&app)?, &path).await?)))
}

/// A notebook of the served folder.
async fn read(jupyter: &JupyterSettings, path: &str) -> ApiResult<Notebook> {
    let path =
        ContentsPath::parse(path).map_err(|error| ApiError::invalid("path", error.to_string()))?;
    let read = jupyter.workspace.read(&path).await;
    let (_, bytes) = read.map_err(|error| refused(&error))?;
    Notebook::parse(&bytes).map_err(|error| ApiError::invalid("path", error.to_string()))
}

async fn scribe_of(app: &App, path: &str) -> ApiResult<Option<Scribe>> {
    let jupyter = served(app)?;
    match kernel_of_notebook(jupyter, path) {
        Some(kernel) => Ok(app.scribes.of(jupyter, &kernel).await),
        None => Ok(None),
    }
}
