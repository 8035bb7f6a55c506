//! Notebooks in other formats, made by the nbconvert that is installed.

mod convert;
mod zip;

use std::path::Path as FilePath;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use nbpress_contents::{ContentsPath, Kind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use crate::App;
use crate::body::Pairs;
use crate::guard;
use crate::jupyter::body::JupyterBody;
use crate::jupyter::contents::{escape, unreadable};
use crate::jupyter::{JupyterError, JupyterResult, served};

use convert::{Conversion, ConvertError, Program};

/// The largest notebook that is taken, in bytes.
const LARGEST: usize = 140 << 20;

/// Conversions at once: each is a Python of its own; the others wait.
static SEATS: Semaphore = Semaphore::const_new(2);

/// The formats of nbconvert, and what its exporters say they are
/// (<https://nbconvert.readthedocs.io/en/latest/usage.html#supported-output-formats>).
const FORMATS: [(&str, &str); 13] = [
    ("asciidoc", "text/asciidoc"),
    ("html", "text/html"),
    ("latex", "text/latex"),
    ("markdown", "text/markdown"),
    ("notebook", "application/json"),
    ("pdf", "application/pdf"),
    ("python", "text/x-python"),
    ("qtpdf", "application/pdf"),
    ("qtpng", "image/png"),
    ("rst", "text/x-rst"),
    ("script", "text/plain"),
    ("slides", "text/html"),
    ("webpdf", "application/pdf"),
];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nbconvert", get(formats))
        .route("/nbconvert/{format}", post(convert_sent))
        .route("/nbconvert/{format}/{*path}", get(convert_here))
        .layer(DefaultBodyLimit::max(LARGEST))
}

async fn formats() -> Json<Value> {
    let formats: Map<String, Value> = FORMATS
        .iter()
        .map(|(format, kind)| ((*format).to_owned(), json!({"output_mimetype": kind})))
        .collect();
    Json(Value::Object(formats))
}

async fn convert_here(
    State(app): State<App>,
    Path((format, path)): Path<(String, String)>,
    mut query: Pairs,
) -> JupyterResult<Response> {
    let wanted = known(&format)?;
    let workspace = &served(&app)?.workspace;
    let path = ContentsPath::parse(&path)
        .map_err(|error| JupyterError::not_found(format!("{path:?}: {error}")))?;
    let entry = workspace.entry(&path).await;
    let entry = entry.map_err(|error| unreadable(&path, &error))?;
    if entry.kind != Kind::Notebook {
        let file = app.base.join(&format!("files/{}", escape(path.as_str())));
        return Ok(guard::found(&app.base, &file));
    }
    let (_, notebook) = workspace
        .read(&path)
        .await
        .map_err(|error| unreadable(&path, &error))?;
    let mut yes = |name: &str| {
        query
            .take(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    };
    let conversion = Conversion {
        format: wanted.0,
        name: path.stem_and_extension().0.to_owned(),
        sanitize: yes("sanitize_html"),
        notebook,
    };
    answer(&app, wanted, conversion, yes("download")).await
}

/// A notebook as `/api/contents` gives it.
#[derive(Debug, Deserialize)]
struct Sent {
    #[serde(default)]
    name: String,
    content: Value,
}

async fn convert_sent(
    State(app): State<App>,
    Path(format): Path<String>,
    JupyterBody(sent): JupyterBody<Sent>,
) -> JupyterResult<Response> {
    let wanted = known(&format)?;
    let name = FilePath::new(&sent.name)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or("notebook");
    let conversion = Conversion {
        format: wanted.0,
        name: name.to_owned(),
        sanitize: false,
        notebook: Bytes::from(sent.content.to_string()),
    };
    answer(&app, wanted, conversion, false).await
}

fn known(format: &str) -> JupyterResult<(&'static str, &'static str)> {
    FORMATS
        .iter()
        .find(|(known, _)| *known == format)
        .copied()
        .ok_or_else(|| JupyterError::not_found(format!("No exporter for format: {format}")))
}

async fn answer(
    app: &App,
    (_, kind): (&str, &str),
    conversion: Conversion,
    download: bool,
) -> JupyterResult<Response> {
    let jupyter = served(app)?;
    let name = conversion.name.clone();
    let program = Program::find(&jupyter.environment, &jupyter.programs).ok_or_else(missing)?;
    let seat = SEATS.acquire().await;
    let files = tokio::task::spawn_blocking(move || program.convert(&conversion))
        .await
        .map_err(|error| JupyterError::broken(&error))?
        .map_err(|error| refused(&error))?;
    drop(seat);
    let (file, kind, attached, content) = match <[_; 1]>::try_from(files) {
        Ok([(file, content)]) => (file, kind, download, content),
        Err(files) => (
            format!("{name}.zip"),
            "application/zip",
            true,
            zip::archive(&files),
        ),
    };
    let kind = if kind.starts_with("text/") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    };
    let mut response = Body::from(content).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, guard::sandboxed(&app.base));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.insert(CONTENT_TYPE, kind);
    }
    if attached {
        // RFC 8187: whatever the name, it stays one value of one header.
        let disposition = format!("attachment; filename*=UTF-8''{}", escape(&file));
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            headers.insert(CONTENT_DISPOSITION, disposition);
        }
    }
    Ok(response)
}

fn missing() -> JupyterError {
    JupyterError::new(
        StatusCode::NOT_IMPLEMENTED,
        "nbconvert is not installed: put `jupyter-nbconvert` on the server's PATH (`pip install nbconvert`)",
    )
}

fn refused(error: &ConvertError) -> JupyterError {
    let message = match error {
        ConvertError::Failed { .. } => error.to_string(),
        ConvertError::Io(_) => "nbconvert could not be run".to_owned(),
    };
    JupyterError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}
