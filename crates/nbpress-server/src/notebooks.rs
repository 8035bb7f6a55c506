//! Cells run in the server's hands: no client has to stay for their outputs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nbpress_contents::ContentsPath;
use nbpress_format::{Cell, CellKind, Notebook};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::jupyter::{refused, served, session_of_notebook};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(execute))
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
    Body(request): Body<ExecuteRequest>,
) -> ApiResult<(StatusCode, Json<Executing>)> {
    let jupyter = served(&app)?;
    let path = ContentsPath::parse(&request.path)
        .map_err(|error| ApiError::invalid("path", error.to_string()))?;
    let read = jupyter.workspace.read(&path).await;
    let (_, bytes) = read.map_err(|error| refused(&error))?;
    let notebook =
        Notebook::parse(&bytes).map_err(|error| ApiError::invalid("path", error.to_string()))?;
    let cells = chosen(&notebook, &request.cells)?;
    let wanted = request.kernel.as_deref().or_else(|| notebook.kernel_name());
    let kernel = session_of_notebook(jupyter, &path, wanted).await?;
    let away = || {
        let message = "the kernel went away";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "kernel_away", message)
    };
    let scribe = app.scribes.of(jupyter, &kernel).await.ok_or_else(away)?;
    let ids: Vec<String> = cells.iter().map(|(cell, _)| cell.clone()).collect();
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
