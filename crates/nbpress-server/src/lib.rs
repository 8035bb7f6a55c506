//! HTTP: the product API, its OpenAPI document, and who may pass.
//!
//! [`Server`] answers under `/v1`. A handler reads the request, asks the store, and answers; what jobs and
//! runs are is known by `nbpress-runs`, what happens to them by `nbpress-scheduler`.

mod app;
mod audit;
mod base_url;
mod batches;
mod body;
mod changes;
mod configured;
mod connections;
mod environment;
mod error;
mod events;
mod guard;
mod import;
mod jobs;
mod jupyter;
mod kernels;
mod live;
mod metrics;
mod notebooks;
mod observe;
mod places;
mod publish;
mod readers;
mod runs;
mod schedules;
mod scribe;
mod search;
mod shares;
mod tables;
mod tokens;
mod ui;
mod users;
mod versions;
mod view;
mod worker_side;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
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
pub use configured::Configured;
pub use error::{ErrorBody, Problem};
pub use guard::{ClientSecret, OpenId, OpenIdError, OpenIdSettings};
pub use import::{ImportRequest, Imported};
pub use jobs::{JobRequest, JobRunRequest, TaskRequest};
pub use jupyter::{JupyterSettings, Lab, LabError, Sessions};
pub use publish::{UploadRequest, UploadedFile};
pub use runs::{RunDetails, RunRequest};
pub use shares::{MadeShare, ShareRequest};
pub use tokens::{MadeToken, TokenRequest};
pub use users::{GrantRequest, Invited, Me, UserRequest};

use error::ApiError;
use jupyter::JupyterError;

/// Largest body of requests that bring no notebook.
const SMALL: usize = 1 << 20;
/// Largest body of those that do, in base64.
const LARGE: usize = 140 << 20;

/// How long clients that are connected may take to hear that the server ends.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(2);

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
    /// The socket of the pool that kernels may be taken from; there need be none.
    pub pool: Option<std::path::PathBuf>,
    /// Where a folder of notebooks is served.
    pub jupyter: Option<JupyterSettings>,
}

pub(crate) type App = Arc<app::Shared>;

/// The product API, and Jupyter's where a folder is served.
#[derive(Debug)]
pub struct Server {
    router: Router,
    app: App,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "nbpress",
    description = "Jobs, schedules and runs of notebooks. Every request needs `Authorization: Bearer TOKEN`, \
        except `/v1/health`, `/v1/ready` and webhooks. Errors are `{\"error\": {code, message, field, hint}}`.",
    license(name = "MIT OR Apache-2.0")
))]
struct Document;

impl Server {
    /// A server that does not listen yet.
    pub fn new(settings: ServerSettings) -> Self {
        let app: App = Arc::new(app::Shared::new(settings));
        let (mut router, _) = api().split_for_parts();
        router = router
            .merge(metrics::routes())
            .merge(view::routes())
            .merge(shares::links())
            .merge(ui::routes());
        if app.jupyter.is_some() {
            router = router.merge(jupyter::routes());
        }
        let router = router
            .fallback(unknown)
            .method_not_allowed_fallback(not_allowed)
            .layer(middleware::from_fn(observe::name_user))
            .layer(middleware::from_fn_with_state(
                Arc::clone(&app),
                guard::guard,
            ))
            .layer(middleware::from_fn_with_state(
                Arc::clone(&app),
                observe::observe,
            ))
            .with_state(Arc::clone(&app));
        // Around all routes, because it changes which of them is found.
        let strip = middleware::from_fn_with_state(Arc::clone(&app), base_url::strip_base);
        let router = Router::new().fallback_service(router).layer(strip);
        Self { router, app }
    }

    /// Lets people search the notebooks of the served folder and what runs made, and keeps the index true while the
    /// server runs.
    #[must_use]
    pub fn with_search(self, index: nbpress_search::Index) -> Self {
        // It is called once.
        let _twice = self.app.search.set(search::Desk::new(index));
        self
    }

    /// Lets people sign in whom an OpenID provider vouches for.
    #[must_use]
    pub fn with_openid(self, openid: OpenId) -> Self {
        // It is called once.
        let _twice = self.app.openid.set(openid);
        self
    }

    /// Says of each request how long it took, as a span of the trace it belongs to.
    #[must_use]
    pub fn with_tracer(self, tracer: nbpress_trace::Tracer) -> Self {
        // It is called once.
        let _twice = self.app.tracer.set(tracer);
        self
    }

    /// Tells admins what the server was told when it was started.
    #[must_use]
    pub fn with_configured(self, configured: Vec<Configured>) -> Self {
        // It is called once.
        let _twice = self.app.configured.set(configured);
        self
    }

    /// Answers until `stop` is true, or until a client of Jupyter's API ends the server.
    ///
    /// # Errors
    /// None so far: a listener that fails is asked again.
    pub async fn serve(
        self,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) -> std::io::Result<()> {
        let app = Arc::clone(&self.app);
        if let Some(jupyter) = &app.jupyter {
            app.scribes.resume(jupyter).await;
        }
        let stopped = async move {
            tokio::select! {
                _ended = stop.wait_for(|stop| *stop) => {}
                () = app.stopping() => {}
            }
            app.stop.send_replace(true);
        };
        // A message of a WebSocket is small, and the next one waits for what it brings.
        let listener = listener.tap_io(|stream| {
            let _slower = stream.set_nodelay(true);
        });
        let served = async {
            connections::answer(listener, self.router, connections::HEAD, stopped).await;
            self.app.stop.send_replace(true);
        };
        tokio::join!(served, search::keep(&self.app));
        // WebSockets are no requests any more: each hears of the end and says so to its client.
        let _said = tokio::time::timeout(GOODBYE, self.app.stop.closed()).await;
        Ok(())
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
        .routes(routes!(ready))
        .merge(runs::routes())
        .merge(environment::routes())
        .merge(jobs::routes())
        .merge(schedules::routes())
        .merge(batches::routes())
        .merge(places::routes())
        .merge(audit::routes())
        .merge(events::routes())
        .merge(kernels::routes())
        .merge(notebooks::routes())
        .merge(readers::routes())
        .merge(search::routes())
        .merge(tables::routes())
        .merge(versions::routes())
        .merge(changes::routes())
        .merge(users::routes())
        .merge(tokens::routes())
        .merge(shares::routes())
        .merge(configured::routes())
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

/// Whether the server can do its work.
#[utoipa::path(get, path = "/v1/ready", responses((status = 200, body = serde_json::Value),
    (status = 503, body = ErrorBody)))]
async fn ready(State(app): State<App>) -> Result<Json<serde_json::Value>, ApiError> {
    app.store.pools().await?;
    Ok(Json(serde_json::json!({"status": "ready"})))
}

async fn unknown(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    if app.jupyter.is_none() || path.starts_with("/v1/") {
        return ApiError::not_found(format!("there is no `{path}`"))
            .hint(Some("openapi/nbpress.json lists what there is".to_owned()))
            .into_response();
    }
    let shorter = without_slash(&app, request.uri()).filter(|_| request.method() == Method::GET);
    shorter.unwrap_or_else(|| JupyterError::not_found("Not Found").into_response())
}

/// Leads from an address with a slash at its end to the one without, as Jupyter's server does.
fn without_slash(app: &App, uri: &Uri) -> Option<Response> {
    let path = uri.path();
    let shorter = path.trim_end_matches('/');
    if shorter.len() == path.len() || shorter.is_empty() {
        return None;
    }
    let address = guard::without_token(uri).replacen(path, shorter, 1);
    Some(guard::found(&app.base, &app.base.join(&address)))
}

async fn not_allowed(State(app): State<App>, method: Method, uri: Uri) -> Response {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    if app.jupyter.is_some() && !uri.path().starts_with("/v1/") {
        return JupyterError::new(status, "Method Not Allowed").into_response();
    }
    let message = format!("`{}` does not take {method}", uri.path());
    ApiError::new(status, "method_not_allowed", message).into_response()
}

/// The time at which a request is answered.
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
