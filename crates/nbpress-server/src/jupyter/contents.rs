//! `/api/contents`: files, directories and notebooks of the served workspace.
//!
//! Beyond Jupyter's own API, every answer about a file carries an `ETag`, and every save listens to `If-Match`
//! and `If-None-Match: *`: a save of something that somebody else has changed meanwhile is refused with 409 and
//! what is there now. With `?merge=1` it is put together with the other's change, cell by cell. A client that says
//! nothing of the kind is remembered to have been shown a version, and does not replace another one unseen either.

mod checkpoints;
mod model;
mod save;
mod seen;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, Path, Query, State};
use axum::http::header::{ETAG, LAST_MODIFIED, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use nbpress_contents::{ContentsError, ContentsPath, Entry, Kind, Workspace};
use nbpress_format::Json;

use crate::App;
use crate::guard::Who;
use crate::jupyter::{JupyterError, JupyterResult, JupyterSettings};

use model::{Model, Sent, Wanted, working};

pub(crate) use seen::Seen;

/// A body that is longer is read where nobody waits for it.
const QUICK: usize = 64 << 10;
/// Largest body, as in Jupyter.
const LARGEST: usize = 512 << 20;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/contents", any(at_root))
        .route("/api/contents/", any(at_root))
        .route("/api/contents/{*path}", any(at_path))
        .route("/api/notebooks/{*path}", any(moved))
        .layer(DefaultBodyLimit::max(LARGEST))
}

/// What came with a request, besides its path.
pub(super) struct Asked {
    app: App,
    pub(super) jupyter: JupyterSettings,
    /// By what a client is told from others.
    client: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Asked {
    pub(super) fn workspace(&self) -> &Workspace {
        &self.jupyter.workspace
    }

    /// The body's object; none where there is no body or an empty one.
    pub(super) async fn object(&self) -> JupyterResult<Option<nbpress_format::Object>> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let json = if self.body.len() <= QUICK {
            Json::parse_model(&self.body)
        } else {
            let body = self.body.clone();
            working(move || Ok(Json::parse_model(&body))).await?
        };
        let json = json
            .map_err(|error| JupyterError::bad_request(format!("Invalid JSON in body: {error}")))?;
        match json {
            Json::Object(object) => Ok(Some(object).filter(|object| !object.is_empty())),
            Json::Null => Ok(None),
            _ => Err(JupyterError::bad_request("the body is not a JSON object")),
        }
    }

    /// Remembers what the client is told of a file, and goes on noticing what others do beside it.
    fn tell(&self, entry: &Entry) {
        if let Some(etag) = &entry.etag {
            self.app.seen.note(&self.client, &entry.path, etag);
            let directory = entry.path.parent().unwrap_or_default();
            self.app.changes.follow(&self.app, &directory);
        }
    }

    /// The client changed the file in a way that names no version.
    fn forget(&self, path: &ContentsPath) {
        self.app.seen.forget(&self.client, path);
    }

    /// Where something is, as clients go on asking for it.
    pub(super) fn location(&self, path: &ContentsPath) -> HeaderValue {
        let base = self.jupyter.base_url.trim_end_matches('/');
        let url = format!("{base}/api/contents/{}", escape(path.as_str()));
        HeaderValue::from_str(&url).unwrap_or(HeaderValue::from_static("/"))
    }
}

async fn at_root(
    state: State<App>,
    who: Who,
    method: Method,
    query: Query<BTreeMap<String, String>>,
    (headers, body): (HeaderMap, Bytes),
) -> Response {
    let path = Path(String::new());
    at_path(state, who, method, path, query, (headers, body)).await
}

async fn at_path(
    State(app): State<App>,
    who: Who,
    method: Method,
    Path(path): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    (headers, body): (HeaderMap, Bytes),
) -> Response {
    let Some(jupyter) = app.jupyter.clone() else {
        return JupyterError::not_found("no folder is served").into_response();
    };
    let asked = Asked {
        client: seen::client(&who, &headers),
        app,
        jupyter,
        query,
        headers,
        body,
    };
    let answered = match checkpoints::of(&path) {
        Some(about) => checkpoints::answer(&asked, &method, &about).await,
        None => answer(&asked, &method, &path).await,
    };
    answered.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(asked: &Asked, method: &Method, path: &str) -> JupyterResult<Response> {
    let reads = *method == Method::GET || *method == Method::HEAD;
    let path = ContentsPath::parse(path).map_err(|error| {
        let message = format!("file or directory {path:?} does not exist: {error}");
        let status = if reads {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::BAD_REQUEST
        };
        JupyterError::new(status, message)
    })?;
    match *method {
        Method::GET | Method::HEAD => get(asked, &path).await,
        Method::POST => post(asked, &path).await,
        Method::PUT => save::put(asked, &path).await,
        Method::PATCH => patch(asked, &path).await,
        Method::DELETE => {
            let deleted = asked.workspace().delete(&path, true).await;
            deleted.map_err(|error| refused(&error))?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(JupyterError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{method} is not allowed here"),
        )),
    }
}

async fn get(asked: &Asked, path: &ContentsPath) -> JupyterResult<Response> {
    let wanted = Wanted::of(&asked.query)?;
    let sent = model::load(asked.workspace(), path, &wanted).await?;
    Ok(finish(asked, StatusCode::OK, sent))
}

/// Something new, under a name that the server chooses.
async fn post(asked: &Asked, directory: &ContentsPath) -> JupyterResult<Response> {
    let workspace = asked.workspace();
    let entry = workspace.entry(directory).await;
    if entry.is_ok_and(|entry| entry.kind != Kind::Directory) {
        return Err(JupyterError::bad_request(
            "Cannot POST to files, use PUT instead.",
        ));
    }
    let body = asked.object().await?.unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Json::as_str).unwrap_or_default();
    let made = match text("copy_from") {
        "" => {
            let extension = text("ext");
            let kind = match text("type") {
                "directory" => Kind::Directory,
                "notebook" => Kind::Notebook,
                "" if extension == ".ipynb" => Kind::Notebook,
                _ => Kind::File,
            };
            workspace.untitled(directory, kind, extension).await
        }
        from => {
            let from = ContentsPath::parse(from)
                .map_err(|error| JupyterError::bad_request(format!("`copy_from`: {error}")))?;
            copy(workspace, &from, directory).await
        }
    };
    let entry = made.map_err(|error| refused(&error))?;
    Ok(created(asked, StatusCode::CREATED, &entry))
}

/// A folder may be copied into one that is not there yet.
async fn copy(
    workspace: &Workspace,
    from: &ContentsPath,
    directory: &ContentsPath,
) -> Result<Entry, ContentsError> {
    let missing = matches!(
        workspace.entry(directory).await,
        Err(ContentsError::NotFound { .. })
    );
    if missing && workspace.entry(from).await?.kind == Kind::Directory {
        workspace.make_directory(directory).await?;
    }
    workspace.copy_into(from, directory).await
}

async fn patch(asked: &Asked, path: &ContentsPath) -> JupyterResult<Response> {
    let body = asked
        .object()
        .await?
        .ok_or_else(|| JupyterError::bad_request("JSON body missing"))?;
    let workspace = asked.workspace();
    let to = body.get("path").and_then(Json::as_str);
    let to = to.map(ContentsPath::parse).transpose();
    let to = to.map_err(|error| JupyterError::bad_request(format!("`path`: {error}")))?;
    let entry = match to.filter(|to| to != path) {
        Some(to) => workspace.rename(path, &to).await,
        None => workspace.entry(path).await,
    };
    let entry = entry.map_err(|error| refused(&error))?;
    Ok(created(asked, StatusCode::OK, &entry))
}

/// The model of something that was written, without its content.
fn created(asked: &Asked, status: StatusCode, entry: &Entry) -> Response {
    let sent = Model::without_content(entry).send();
    let mut response = finish(asked, status, sent);
    let location = asked.location(&entry.path);
    response.headers_mut().insert(LOCATION, location);
    response
}

fn finish(asked: &Asked, status: StatusCode, sent: Sent) -> Response {
    let Sent { entry, json } = sent;
    asked.tell(&entry);
    let mut response = (status, [("content-type", "application/json")], json).into_response();
    let headers = response.headers_mut();
    let modified = HeaderValue::from_str(&super::http_date(entry.last_modified));
    if let Ok(modified) = modified {
        headers.insert(LAST_MODIFIED, modified);
    }
    let etag = entry.etag.as_ref();
    if let Some(Ok(etag)) = etag.map(|etag| HeaderValue::from_str(&format!("\"{etag}\""))) {
        headers.insert(ETAG, etag);
    }
    response
}

/// Why something was not written, or not read.
pub(crate) fn refused(error: &ContentsError) -> JupyterError {
    let status = match error {
        ContentsError::NotFound { .. }
        | ContentsError::OutsideRoot { .. }
        | ContentsError::UnknownVersion { .. } => StatusCode::NOT_FOUND,
        ContentsError::Exists { .. } | ContentsError::Stale { .. } => StatusCode::CONFLICT,
        ContentsError::BadPath(_)
        | ContentsError::NotEmpty { .. }
        | ContentsError::Hidden { .. }
        | ContentsError::WrongKind { .. }
        | ContentsError::Root
        | ContentsError::IntoItself { .. }
        | ContentsError::ChunkOrder { .. } => StatusCode::BAD_REQUEST,
        ContentsError::Denied { .. } => StatusCode::FORBIDDEN,
        ContentsError::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let hint = error.hint().map(|hint| format!("; {hint}"));
    JupyterError::new(status, format!("{error}{}", hint.unwrap_or_default()))
}

/// Why something could not be read: what is hidden is as if it were not there.
pub(super) fn unreadable(path: &ContentsPath, error: &ContentsError) -> JupyterError {
    match error {
        ContentsError::NotFound { .. }
        | ContentsError::Hidden { .. }
        | ContentsError::OutsideRoot { .. } => {
            let message = format!("file or directory {:?} does not exist", path.as_str());
            JupyterError::not_found(message)
        }
        error => refused(error),
    }
}

/// Where notebooks were once.
async fn moved(State(app): State<App>, OriginalUri(uri): OriginalUri) -> Response {
    let base = app
        .jupyter
        .as_ref()
        .map_or("", |jupyter| jupyter.base_url.trim_end_matches('/'));
    let rest = uri.path().split_once("/api/notebooks").unwrap_or_default();
    let to = format!("{base}/api/contents{}", rest.1);
    (StatusCode::FOUND, [(LOCATION, to)]).into_response()
}

/// A path in a URL: everything but letters, digits, `_.-~` and `/` escaped (RFC 3986, section 2.3).
pub(crate) fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&hex::encode_upper([byte]));
        }
    }
    escaped
}
