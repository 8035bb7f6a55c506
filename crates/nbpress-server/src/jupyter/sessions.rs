//! `/api/sessions`: which kernel belongs to which document. Kept in a file: kernels outlive this server, and so
//! does the knowledge of whose they are.

mod book;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use nbpress_contents::ContentsPath;
use nbpress_kernel::kernels::{InteractiveKernel, KernelsError, StartRequest};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::App;
use crate::guard::Who;
use crate::jupyter::body::JupyterBody;
use crate::jupyter::kernels::{Of, find, model as kernel_model, refused, working_directory};
use crate::jupyter::{JupyterError, JupyterResult, JupyterSettings, served};

pub(crate) use book::Session;
pub use book::Sessions;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/sessions", get(list).post(create))
        .route(
            "/api/sessions/{session}",
            get(show).patch(change).delete(delete),
        )
}

#[derive(Debug, Default, Deserialize)]
struct KernelWish {
    id: Option<String>,
    name: Option<String>,
}

/// What clients wrote before sessions were for other documents too.
#[derive(Debug, Default, Deserialize)]
struct NotebookWish {
    name: Option<String>,
    path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Wish {
    path: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    kernel: Option<KernelWish>,
    notebook: Option<NotebookWish>,
}

impl Wish {
    fn in_todays_words(mut self) -> Self {
        if let Some(notebook) = self.notebook.take() {
            self.kind = Some("notebook".to_owned());
            self.path = notebook.name.or(notebook.path).or(self.path);
        }
        self
    }
}

async fn list(State(app): State<App>) -> JupyterResult<Json<Vec<Value>>> {
    let jupyter = served(&app)?;
    let sessions = jupyter.sessions.all();
    let models = sessions.iter().filter_map(|session| model(&app, session));
    Ok(Json(models.collect()))
}

async fn create(
    State(app): State<App>,
    who: Who,
    JupyterBody(wish): JupyterBody<Option<Wish>>,
) -> JupyterResult<Response> {
    let jupyter = served(&app)?;
    let missing =
        |what: &str| JupyterError::bad_request(format!("Missing field in JSON data: {what}"));
    let wish = wish.ok_or_else(|| JupyterError::bad_request("No JSON data provided"))?;
    let wish = wish.in_todays_words();
    let path = wish.path.ok_or_else(|| missing("path"))?;
    let kind = wish.kind.ok_or_else(|| missing("type"))?;
    // One after the other: two windows that open a notebook at once get the same kernel.
    let _turn = jupyter.sessions.turn().await;
    let sessions = jupyter.sessions.all();
    let existing = sessions
        .iter()
        .filter(|session| session.path == path)
        .find_map(|session| Some((session.id.clone(), model(&app, session)?)));
    let (id, model) = if let Some(existing) = existing {
        existing
    } else {
        let kernel = wish.kernel.unwrap_or_default();
        let kernel = match kernel_of(jupyter, &who, &kernel, &path).await {
            Ok(kernel) => kernel,
            Err(refused) => return Ok(refused),
        };
        let session = Session {
            id: Uuid::new_v4().to_string(),
            path,
            name: wish.name.unwrap_or_default(),
            kind,
            kernel,
        };
        let shown = model(&app, &session).ok_or_else(gone)?;
        let id = session.id.clone();
        keep(jupyter.sessions.put(session).await)?;
        (id, shown)
    };
    let base = jupyter.base_url.trim_end_matches('/');
    let location = format!("{base}/api/sessions/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(model)).into_response())
}

/// The kernel of a notebook; one is started if there is none.
pub(crate) async fn session_of_notebook(
    jupyter: &JupyterSettings,
    who: &Who,
    path: &ContentsPath,
    kernel: Option<&str>,
) -> JupyterResult<Arc<InteractiveKernel>> {
    let _turn = jupyter.sessions.turn().await;
    if let Some(kernel) = kernel_of_notebook(jupyter, path.as_str()) {
        return Ok(kernel);
    }
    let started = start(jupyter, who, (None, kernel), path.as_str()).await;
    let kernel = started.map_err(|error| refused(&error))?;
    let session = Session {
        id: Uuid::new_v4().to_string(),
        path: path.as_str().to_owned(),
        name: path.name().to_owned(),
        kind: "notebook".to_owned(),
        kernel: kernel.id(),
    };
    keep(jupyter.sessions.put(session).await)?;
    Ok(kernel)
}

/// The kernel of a notebook, if it has one.
pub(crate) fn kernel_of_notebook(
    jupyter: &JupyterSettings,
    path: &str,
) -> Option<Arc<InteractiveKernel>> {
    let sessions = jupyter.sessions.all().into_iter();
    let mut of_path = sessions.filter(|session| session.path == path);
    of_path.find_map(|session| jupyter.kernels.get(session.kernel))
}

/// Starts a kernel of an id and a kernelspec for a document.
async fn start(
    jupyter: &JupyterSettings,
    who: &Who,
    (id, name): (Option<Uuid>, Option<&str>),
    path: &str,
) -> Result<Arc<InteractiveKernel>, KernelsError> {
    let request = StartRequest {
        id,
        name: name.map(str::to_owned),
        working_directory: working_directory(jupyter, Some(path), Of::Session).await,
        environment: [("JPY_SESSION_NAME".to_owned(), path.to_owned())].into(),
        owner: who.name().to_owned(),
        ..StartRequest::default()
    };
    jupyter.kernels.start(request).await
}

/// The kernel a client names, or a new one.
async fn kernel_of(
    jupyter: &JupyterSettings,
    who: &Who,
    wish: &KernelWish,
    path: &str,
) -> Result<Uuid, Response> {
    let id = wish.id.as_deref().filter(|id| !id.is_empty());
    if let Some(kernel) = id.and_then(|id| find(jupyter, id).ok()) {
        return Ok(kernel.id());
    }
    let name = wish.name.clone().filter(|name| !name.is_empty());
    // As in Jupyter, a client may choose the id of the kernel that is started for it.
    let id = id.and_then(|id| Uuid::try_parse(id).ok());
    match start(jupyter, who, (id, name.as_deref()), path).await {
        Ok(kernel) => Ok(kernel.id()),
        Err(error @ (KernelsError::NotFound(_) | KernelsError::Spec(_))) => {
            let name = name.unwrap_or_default();
            let body = json!({
                "message": refused(&error).message(),
                "short_message": format!("{name} not found"),
            });
            Err((StatusCode::NOT_IMPLEMENTED, Json(body)).into_response())
        }
        Err(error) => Err(refused(&error).into_response()),
    }
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> JupyterResult<Json<Value>> {
    let jupyter = served(&app)?;
    let session = session(jupyter, &id)?;
    model(&app, &session).map(Json).ok_or_else(|| unknown(&id))
}

async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    who: Who,
    JupyterBody(wish): JupyterBody<Option<Wish>>,
) -> JupyterResult<Response> {
    let jupyter = served(&app)?;
    let wish = wish.ok_or_else(|| JupyterError::bad_request("No JSON data provided"))?;
    let wish = wish.in_todays_words();
    let _turn = jupyter.sessions.turn().await;
    let mut session = session(jupyter, &id)?;
    let before = session.kernel;
    session.path = wish.path.unwrap_or(session.path);
    session.name = wish.name.unwrap_or(session.name);
    session.kind = wish.kind.unwrap_or(session.kind);
    if let Some(kernel) = wish
        .kernel
        .filter(|kernel| kernel.id.is_some() || kernel.name.is_some())
    {
        if let Some(id) = kernel.id.as_deref().filter(|id| find(jupyter, id).is_err()) {
            let message = format!("No such kernel: {id}");
            return Err(JupyterError::bad_request(message));
        }
        session.kernel = match kernel_of(jupyter, &who, &kernel, &session.path).await {
            Ok(kernel) => kernel,
            Err(refused) => return Ok(refused),
        };
    }
    let (kernel, shown) = (session.kernel, session.clone());
    keep(jupyter.sessions.put(session).await)?;
    if kernel != before && jupyter.kernels.get(before).is_some() {
        jupyter
            .kernels
            .shutdown(before)
            .await
            .map_err(|error| refused(&error))?;
    }
    let model = model(&app, &shown).ok_or_else(gone)?;
    Ok(Json(model).into_response())
}

async fn delete(State(app): State<App>, Path(id): Path<String>) -> JupyterResult<StatusCode> {
    let jupyter = served(&app)?;
    let _turn = jupyter.sessions.turn().await;
    let session = session(jupyter, &id)?;
    keep(jupyter.sessions.remove(&id).await)?;
    if jupyter.kernels.get(session.kernel).is_none() {
        return Err(gone());
    }
    jupyter
        .kernels
        .shutdown(session.kernel)
        .await
        .map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn session(jupyter: &JupyterSettings, id: &str) -> JupyterResult<Session> {
    jupyter.sessions.get(id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> JupyterError {
    JupyterError::not_found(format!("Session not found: session_id={id:?}"))
}

fn gone() -> JupyterError {
    JupyterError::new(StatusCode::GONE, "Kernel deleted before session")
}

fn keep(kept: std::io::Result<()>) -> JupyterResult<()> {
    kept.map_err(|error| {
        let message = format!("the session could not be kept: {error}");
        JupyterError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}

/// A session as Jupyter shows it; none where its kernel is gone.
fn model(app: &App, session: &Session) -> Option<Value> {
    let kernel = app.jupyter.as_ref()?.kernels.get(session.kernel)?;
    let mut model = json!({
        "id": session.id,
        "path": session.path,
        "name": session.name,
        "type": session.kind,
        "kernel": kernel_model(app, &kernel),
    });
    if session.kind == "notebook"
        && let Some(model) = model.as_object_mut()
    {
        let notebook = json!({"path": session.path, "name": session.name});
        model.insert("notebook".to_owned(), notebook);
    }
    Some(model)
}
