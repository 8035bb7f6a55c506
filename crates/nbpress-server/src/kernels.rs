//! Interactive kernels: whose they are, what they do, what they use; and their end.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nbpress_kernel::kernels::{KernelsError, TreeUsage};
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
