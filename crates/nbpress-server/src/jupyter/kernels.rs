//! `/api/kernels`: the interactive kernels, which go on without this server.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use nbpress_contents::{ContentsPath, Kind};
use nbpress_kernel::kernels::{InteractiveKernel, KernelsError, StartRequest};
use nbpress_kernel::limits::Limits;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::App;
use crate::guard::Who;
use crate::jupyter::body::JupyterBody;
use crate::jupyter::{JupyterError, JupyterResult, JupyterSettings, served};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/kernels", get(list).post(start))
        .route("/api/kernels/{kernel}", get(show).delete(shutdown))
        .route("/api/kernels/{kernel}/interrupt", post(interrupt))
        .route("/api/kernels/{kernel}/restart", post(restart))
}

/// What a client says of a kernel that it wants.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    name: Option<String>,
    path: Option<String>,
    kernel_id: Option<String>,
    /// What it may hold, where that is less than what every kernel may; in bytes.
    memory_bytes: Option<u64>,
    /// Processors it may use, where these are fewer than every kernel may.
    cpus: Option<f64>,
}

impl Wish {
    fn limits(&self) -> JupyterResult<Limits> {
        if self.memory_bytes == Some(0) || self.cpus.is_some_and(|cpus| cpus <= 0.0) {
            let message = "`memory_bytes` and `cpus` must be more than 0";
            return Err(JupyterError::bad_request(message));
        }
        Ok(Limits {
            memory_bytes: self.memory_bytes,
            cpus: self.cpus,
            ..Limits::default()
        })
    }
}

async fn list(State(app): State<App>) -> JupyterResult<Json<Vec<Value>>> {
    let kernels = served(&app)?.kernels.list();
    Ok(Json(
        kernels.iter().map(|kernel| model(&app, kernel)).collect(),
    ))
}

async fn start(
    State(app): State<App>,
    who: Who,
    JupyterBody(wish): JupyterBody<Option<Wish>>,
) -> JupyterResult<Response> {
    let jupyter = served(&app)?;
    let wish = wish.unwrap_or_default();
    let id = wish.kernel_id.as_deref().map(Uuid::try_parse).transpose();
    let id = id.map_err(|_| JupyterError::bad_request("`kernel_id` is not a UUID"))?;
    let request = StartRequest {
        id,
        limits: wish.limits()?,
        name: wish.name.filter(|name| !name.is_empty()),
        working_directory: working_directory(jupyter, wish.path.as_deref(), Of::Kernel).await,
        owner: who.name().to_owned(),
        ..StartRequest::default()
    };
    check_program(jupyter, request.name.as_deref())?;
    let kernel = jupyter
        .kernels
        .start(request)
        .await
        .map_err(|error| refused(&error))?;
    tracing::info!(kernel = %kernel.id(), "a kernel was started");
    let base = jupyter.base_url.trim_end_matches('/');
    let location = format!("{base}/api/kernels/{}", kernel.id());
    let location = [(LOCATION, location)];
    let model = Json(model(&app, &kernel));
    Ok((StatusCode::CREATED, location, model).into_response())
}

async fn show(State(app): State<App>, Path(kernel): Path<String>) -> JupyterResult<Json<Value>> {
    let kernel = find(served(&app)?, &kernel)?;
    Ok(Json(model(&app, &kernel)))
}

async fn shutdown(State(app): State<App>, Path(kernel): Path<String>) -> JupyterResult<StatusCode> {
    let jupyter = served(&app)?;
    let kernel = find(jupyter, &kernel)?;
    jupyter
        .kernels
        .shutdown(kernel.id())
        .await
        .map_err(|error| refused(&error))?;
    tracing::info!(kernel = %kernel.id(), "a kernel was shut down");
    Ok(StatusCode::NO_CONTENT)
}

async fn interrupt(
    State(app): State<App>,
    Path(kernel): Path<String>,
) -> JupyterResult<StatusCode> {
    let jupyter = served(&app)?;
    let kernel = find(jupyter, &kernel)?;
    jupyter
        .kernels
        .interrupt(kernel.id())
        .await
        .map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn restart(State(app): State<App>, Path(kernel): Path<String>) -> JupyterResult<Json<Value>> {
    let jupyter = served(&app)?;
    let kernel = find(jupyter, &kernel)?;
    app.scribes.restarts(kernel.id()).await;
    jupyter
        .kernels
        .restart(kernel.id())
        .await
        .map_err(|error| refused(&error))?;
    tracing::info!(kernel = %kernel.id(), "a kernel was restarted");
    Ok(Json(model(&app, &kernel)))
}

/// Whether the program of a kernelspec exists: a client that waits for its kernel would hear of it late.
pub(super) fn check_program(jupyter: &JupyterSettings, name: Option<&str>) -> JupyterResult<()> {
    let Some(Ok(Ok(found))) = name.map(|name| jupyter.finder.by_name(name)) else {
        return Ok(());
    };
    let line = found.command_line(std::path::Path::new(""));
    let program = line.first().map(String::as_str).unwrap_or_default();
    let folders = jupyter.environment.get("PATH").cloned().unwrap_or_default();
    let is_there = if program.contains('/') {
        std::path::Path::new(program).exists()
    } else {
        std::env::split_paths(&folders).any(|folder| folder.join(program).exists())
    };
    if is_there {
        return Ok(());
    }
    let message = format!(
        "the program `{program}` of the kernel `{}` does not exist",
        found.name
    );
    Err(JupyterError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        message,
    ))
}

/// The kernel of an id, as text.
pub(super) fn find(
    jupyter: &JupyterSettings,
    id: &str,
) -> JupyterResult<std::sync::Arc<InteractiveKernel>> {
    Uuid::try_parse(id)
        .ok()
        .and_then(|id| jupyter.kernels.get(id))
        .ok_or_else(|| JupyterError::not_found(format!("Kernel does not exist: {id}")))
}

/// A kernel as Jupyter shows it.
pub(crate) fn model(app: &App, kernel: &InteractiveKernel) -> Value {
    let connections = app.activity.connections_to(kernel.id());
    let kernel = kernel.model();
    let mut model = json!({
        "id": kernel.id,
        "name": kernel.name,
        "last_activity": format!("{:.6}", kernel.last_activity),
        "execution_state": kernel.execution_state,
        "connections": connections,
    });
    if let (Some(reason), Some(model)) = (&kernel.reason, model.as_object_mut()) {
        model.insert("reason".to_owned(), json!(reason));
    }
    model
}

/// What a path is that a kernel is started for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A folder, or a file in it.
    Kernel,
    /// A document.
    Session,
}

/// The folder in which a kernel begins: that of its notebook, or the nearest above that exists.
pub(super) async fn working_directory(
    jupyter: &JupyterSettings,
    path: Option<&str>,
    of: Of,
) -> std::path::PathBuf {
    let path = ContentsPath::parse(path.unwrap_or_default()).unwrap_or_default();
    let mut at = Some(match of {
        Of::Kernel => path,
        Of::Session => path.parent().unwrap_or_default(),
    });
    while let Some(path) = at {
        let entry = jupyter.workspace.entry(&path).await;
        let folder = jupyter.root.join(path.as_str());
        // A folder of a bucket is none that a kernel could be in.
        if entry.is_ok_and(|entry| entry.kind == Kind::Directory) && folder.is_dir() {
            return folder;
        }
        at = path.parent();
    }
    jupyter.root.clone()
}

/// Why a kernel did not do what was asked.
pub(super) fn refused(error: &KernelsError) -> JupyterError {
    let status = match error {
        KernelsError::NoSuchKernel(_) => StatusCode::NOT_FOUND,
        KernelsError::Exists(_) => StatusCode::CONFLICT,
        KernelsError::NotFound(_) | KernelsError::Spec(_) | KernelsError::WorkingDirectory(_) => {
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let hint = error.hint().map(|hint| format!("; {hint}"));
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    JupyterError::new(
        status,
        format!(
            "{error}{}{}",
            cause.unwrap_or_default(),
            hint.unwrap_or_default()
        ),
    )
}
