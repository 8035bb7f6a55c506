//! HTTP: the product API, its OpenAPI document, and who may pass.
//!
//! [`Server`] answers under `/v1`. A handler reads the request, asks the store, and answers; what jobs and
//! runs are is known by `nbpress-runs`, what happens to them by `nbpress-scheduler`.

mod audit;
mod batches;
mod body;
mod error;
mod events;
mod guard;
mod import;
mod jobs;
mod jupyter;
mod places;
mod publish;
mod runs;
mod schedules;
mod worker_side;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::{Json, Router, middleware};
use nbpress_runs::Store;
use nbpress_scheduler::records::Records;
use nbpress_scheduler::snapshot::SnapshotStore;
use nbpress_scheduler::wake::Wake;
use tokio::net::TcpListener;
use tokio::sync::watch;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use audit::SqlRequest;
pub use batches::{BackfillRequest, SweepRequest};
pub use error::{ErrorBody, Problem};
pub use import::{ImportRequest, Imported};
pub use jobs::{JobRequest, JobRunRequest, TaskRequest};
pub use jupyter::JupyterSettings;
pub use publish::{UploadRequest, UploadedFile};
pub use runs::{RunDetails, RunRequest};

use error::ApiError;

/// Largest body of requests that bring no notebook.
const SMALL: usize = 1 << 20;
/// Largest body of those that do, in base64.
const LARGE: usize = 140 << 20;

/// The workspace of requests that name none.
pub const DEFAULT_WORKSPACE: &str = "main";

/// What a server needs.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Jobs and runs.
    pub store: Store,
    /// Snapshots.
    pub snapshots: SnapshotStore,
    /// Records.
    pub records: Records,
    /// What a client must say.
    pub token: String,
    /// Names it may be called by, besides those of the loopback.
    pub hosts: Vec<String>,
    /// Told whenever something was enqueued or cancelled.
    pub wake: Wake,
    /// Where a folder of notebooks is served.
    pub jupyter: Option<JupyterSettings>,
}

pub(crate) type App = Arc<ServerSettings>;

/// The product API.
#[derive(Debug)]
pub struct Server {
    router: Router,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "nbpress",
    description = "Jobs, schedules and runs of notebooks. Every request needs `Authorization: Bearer TOKEN`, \
        except `/v1/health` and webhooks. Errors are `{\"error\": {code, message, field, hint}}`.",
    license(name = "MIT OR Apache-2.0")
))]
struct Document;

impl Server {
    /// A server that does not listen yet.
    pub fn new(settings: ServerSettings) -> Self {
        let app: App = Arc::new(settings);
        let (mut router, _) = api().split_for_parts();
        if app.jupyter.is_some() {
            router = router.merge(jupyter::routes());
        }
        let router = router
            .fallback(unknown)
            .method_not_allowed_fallback(not_allowed)
            .layer(middleware::from_fn_with_state(
                Arc::clone(&app),
                guard::guard,
            ))
            .with_state(app);
        Self { router }
    }

    /// Answers until `stop` is true.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) -> std::io::Result<()> {
        let stopped = async move {
            let _ended = stop.wait_for(|stop| *stop).await;
        };
        axum::serve(listener, self.router)
            .with_graceful_shutdown(stopped)
            .await
    }
}

/// The OpenAPI document of the API, as JSON that ends with a line end.
pub fn openapi_document() -> String {
    let (_, document) = api().split_for_parts();
    document.to_pretty_json().unwrap_or_default() + "\n"
}

fn api() -> OpenApiRouter<App> {
    let small = OpenApiRouter::new()
        .routes(routes!(health))
        .merge(runs::routes())
        .merge(jobs::routes())
        .merge(schedules::routes())
        .merge(batches::routes())
        .merge(places::routes())
        .merge(audit::routes())
        .merge(events::routes())
        .layer(DefaultBodyLimit::max(SMALL));
    let large = OpenApiRouter::new()
        .merge(runs::routes_with_uploads())
        .merge(jobs::routes_with_uploads())
        .merge(import::routes())
        .layer(DefaultBodyLimit::max(LARGE));
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(small)
        .merge(large)
        .merge(worker_side::routes())
}

/// Whether the server answers.
#[utoipa::path(get, path = "/v1/health", responses((status = 200, body = serde_json::Value)))]
async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

async fn unknown(uri: axum::http::Uri) -> ApiError {
    ApiError::not_found(format!("there is no `{}`", uri.path()))
        .hint(Some("openapi/nbpress.json lists what there is".to_owned()))
}

async fn not_allowed(method: axum::http::Method, uri: axum::http::Uri) -> ApiError {
    let message = format!("`{}` does not take {method}", uri.path());
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
}

/// The time at which a request is answered.
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Who asked. There is one token, and so one name.
const ACTOR: &str = "owner";
