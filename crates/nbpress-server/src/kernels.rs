//! Interactive kernels: whose they are, what they do, what they use.

use axum::Json;
use axum::extract::State;
use nbpress_kernel::kernels::TreeUsage;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::error::ApiResult;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// An interactive kernel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct KernelStatus {
    /// Its id.
    id: String,
    /// The kernelspec's name.
    name: String,
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
    /// Its process, while there is one.
    process_id: Option<u32>,
    /// Resident memory of everything it started, in bytes; what processes share is counted for each.
    memory_bytes: Option<u64>,
    /// Processor time of everything it started, in seconds.
    cpu_seconds: Option<f64>,
    /// How many processes there are.
    processes: Option<usize>,
}

/// Lists interactive kernels. They are started, interrupted, restarted and shut down at Jupyter's own
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
            reason: model.reason,
            last_activity: model.last_activity,
            connections: app.activity.connections_to(kernel.id()),
            paths: sessions
                .iter()
                .filter(|session| session.kernel == kernel.id())
                .map(|session| session.path.clone())
                .collect(),
            process_id: kernel.process_id(),
            memory_bytes: usage.map(|usage| usage.memory_bytes),
            cpu_seconds: usage.map(|usage| usage.cpu_seconds),
            processes: usage.map(|usage| usage.processes),
        });
    }
    Ok(Json(listed))
}
