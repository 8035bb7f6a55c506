//! Interactive kernels: whose they are, what they do, what they use; and their end.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nbpress_kernel::kernels::{KernelsError, TreeUsage};
use nbpress_kernel::pool::{self, PoolStatus};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::App;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(ready))
        .routes(routes!(stop))
}

/// An interactive kernel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct KernelStatus {
    /// Its id.
    id: String,
    /// The kernelspec's name.
    name: String,
    /// Who asked for it, by name; empty where nobody did.
    owner: String,
    /// `starting`, `idle`, `busy`, `restarting` or `dead`.
    state: String,
    /// Why it is dead or had to be restarted.
    reason: Option<String>,
    /// When it last sent or was sent a message.
    #[schema(value_type = String, format = DateTime)]
    last_activity: jiff::Timestamp,
    /// Clients that are connected.
    connections: usize,
    /// The documents it belongs to.
    paths: Vec<String>,
    /// The cells that run or wait, by their ids, in the order they were asked for.
    cells: Vec<String>,
    /// Its process, while there is one.
    process_id: Option<u32>,
    /// Resident memory of everything it started, in bytes; what processes share is counted for each.
    memory_bytes: Option<u64>,
    /// Processor time of everything it started, in seconds.
    cpu_seconds: Option<f64>,
    /// How many processes there are.
    processes: Option<usize>,
}

/// Lists interactive kernels. They are started, interrupted and restarted at Jupyter's own
/// `/api/kernels`.
#[utoipa::path(get, path = "/v1/kernels", responses((status = 200, body = Vec<KernelStatus>)))]
async fn list(State(app): State<App>) -> ApiResult<Json<Vec<KernelStatus>>> {
    let Some(jupyter) = &app.jupyter else {
        return Ok(Json(Vec::new()));
    };
    let sessions = jupyter.sessions.all();
    let mut listed = Vec::new();
    for kernel in jupyter.kernels.list() {
        let model = kernel.model();
        let usage: Option<TreeUsage> = kernel.usage().await.ok();
        let state = serde_json::to_value(model.execution_state).unwrap_or_default();
        listed.push(KernelStatus {
            state: state.as_str().unwrap_or_default().to_owned(),
            id: model.id,
            name: model.name,
            owner: kernel.owner().to_owned(),
            reason: model.reason,
            last_activity: model.last_activity,
            connections: app.activity.connections_to(kernel.id()),
            paths: sessions
                .iter()
                .filter(|session| session.kernel == kernel.id())
                .map(|session| session.path.clone())
                .collect(),
            cells: app.scribes.running(kernel.id()),
            process_id: kernel.process_id(),
            memory_bytes: usage.map(|usage| usage.memory_bytes),
            cpu_seconds: usage.map(|usage| usage.cpu_seconds),
            processes: usage.map(|usage| usage.processes),
        });
    }
    Ok(Json(listed))
}

/// Kernels that were started ahead, each to be used once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReadyKernels {
    /// By kernelspec and environment.
    shelves: Vec<ReadyShelf>,
    /// How many were handed over since it began.
    handed_over: u64,
    /// How many of these live.
    in_use: usize,
    /// Why somebody had to start a kernel of their own, last.
    last_reason: Option<String>,
}

/// What is kept ready of one kernelspec and environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReadyShelf {
    /// The kernelspec's name.
    kernel: String,
    /// Whether they are forked from a template, which has done what they all would do.
    template: bool,
    /// How many wait.
    ready: usize,
    /// What they and their template hold, in bytes; what they share counts once.
    memory_bytes: u64,
    /// Why none is kept ready.
    refused: Option<String>,
}

impl From<PoolStatus> for ReadyKernels {
    fn from(status: PoolStatus) -> Self {
        let shelves = status.shelves.into_iter().map(|shelf| ReadyShelf {
            kernel: shelf.kernel,
            template: shelf.template.is_some(),
            ready: shelf.ready.len(),
            memory_bytes: shelf.memory_bytes,
            refused: shelf.refused,
        });
        Self {
            shelves: shelves.collect(),
            handed_over: status.handed_over,
            in_use: status.in_use,
            last_reason: status.last_reason.map(|reason| reason.to_string()),
        }
    }
}

/// What is kept ready on the server's machine; nothing where no pool runs there (`nbpress ready start`).
#[utoipa::path(get, path = "/v1/kernels/ready", responses((status = 200, body = Option<ReadyKernels>)))]
async fn ready(State(app): State<App>) -> Json<Option<ReadyKernels>> {
    let Some(socket) = app.pool.clone() else {
        return Json(None);
    };
    let status = tokio::task::spawn_blocking(move || pool::status(&socket)).await;
    Json(status.ok().and_then(Result::ok).map(ReadyKernels::from))
}

/// Ends a kernel with everything it started.
#[utoipa::path(delete, path = "/v1/kernels/{kernel}", params(("kernel" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn stop(
    State(app): State<App>,
    who: Who,
    Path(kernel): Path<String>,
) -> ApiResult<StatusCode> {
    let gone = || ApiError::not_found(format!("there is no kernel `{kernel}`"));
    let id = Uuid::try_parse(&kernel).map_err(|_| gone())?;
    let jupyter = app.jupyter.as_ref().ok_or_else(gone)?;
    match jupyter.kernels.shutdown(id).await {
        Ok(()) => {}
        Err(KernelsError::NoSuchKernel(_)) => return Err(gone()),
        Err(error) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(ApiError::new(status, "kernel", error.to_string()).hint(error.hint()));
        }
    }
    tracing::info!(kernel = %id, by = who.name(), "a kernel was shut down");
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use nbpress_kernel::pool::{NotFromPool, ShelfStatus};

    use super::*;

    #[test]
    fn what_is_ready_is_counted_and_why_not_is_said() {
        let shelf = |ready: &[u32], refused: Option<&str>| ShelfStatus {
            kernel: "python3".to_owned(),
            template: refused.is_none().then_some(7),
            ready: ready.to_vec(),
            memory_bytes: 42,
            refused: refused.map(str::to_owned),
        };
        let status = PoolStatus {
            process_id: 1,
            shelves: vec![shelf(&[8, 9], None), shelf(&[], Some("threads run"))],
            handed_over: 3,
            in_use: 1,
            last_reason: Some(NotFromPool::Full),
        };
        let said = serde_json::to_value(ReadyKernels::from(status)).unwrap();
        let shelf = |ready, template, refused| {
            serde_json::json!({"kernel": "python3", "template": template, "ready": ready,
                "memory_bytes": 42, "refused": refused})
        };
        let expected = serde_json::json!({"handed_over": 3, "in_use": 1, "last_reason": "the pool is full",
            "shelves": [shelf(2, true, None), shelf(0, false, Some("threads run"))]});
        assert_eq!(said, expected);
    }
}
