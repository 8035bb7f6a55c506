//! The kernels that can be started, with their logos.

use std::path::{Component, Path as FilePath};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use nbpress_kernel::FoundKernel;
use serde_json::{Map, Value, json};

use crate::App;
use crate::guard;
use crate::jupyter::{JupyterError, JupyterResult, served};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/kernelspecs", get(list))
        .route("/api/kernelspecs/{name}", get(one))
        .route("/kernelspecs/{name}/{*file}", get(file))
}

/// What notebooks that name no kernel are run with.
const DEFAULT: &str = "python3";
/// The largest file of a kernelspec that is served, in bytes.
const LARGEST: u64 = 16 << 20;

async fn list(State(app): State<App>) -> JupyterResult<Json<Value>> {
    let finder = served(&app)?.finder.clone();
    let found = blocking(move || finder.all()).await?;
    let models: Map<String, Value> = found
        .into_iter()
        .filter_map(|(name, kernel)| Some((name, model(&app, &kernel.ok()?))))
        .collect();
    let default = if models.contains_key(DEFAULT) {
        Some(DEFAULT)
    } else {
        models.keys().next().map(String::as_str)
    };
    Ok(Json(json!({
        "default": default.unwrap_or(DEFAULT),
        "kernelspecs": models,
    })))
}

async fn one(State(app): State<App>, Path(name): Path<String>) -> JupyterResult<Json<Value>> {
    let kernel = find(&app, &name).await?;
    Ok(Json(model(&app, &kernel)))
}

/// A file beside a `kernel.json`.
async fn file(
    State(app): State<App>,
    Path((name, file)): Path<(String, String)>,
) -> JupyterResult<Response> {
    let kernel = find(&app, &name).await?;
    let missing = || JupyterError::not_found(format!("no file `{file}` in kernel `{name}`"));
    let beneath = FilePath::new(&file)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !beneath || file.contains('\0') {
        return Err(missing());
    }
    let folder = kernel.folder.clone();
    let path = folder.join(&file);
    let content = blocking(move || read_beneath(&folder, &path)).await?;
    let content = content.ok_or_else(missing)?;
    let kind = content_type(&file);
    let cache = match kind {
        "image/png" => "private, max-age=2592000",
        _ => "no-cache",
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static(cache)),
        // A logo can be a document with a script.
        (CONTENT_SECURITY_POLICY, guard::sandboxed(&app.base)),
    ];
    Ok((headers, Body::from(content)).into_response())
}

/// A file's bytes, if it is where it seems to be: a link may lead out of the folder.
#[expect(
    clippy::disallowed_methods,
    reason = "kernelspecs are local files, never notebooks"
)]
fn read_beneath(folder: &FilePath, path: &FilePath) -> Option<Vec<u8>> {
    let (folder, path) = (folder.canonicalize().ok()?, path.canonicalize().ok()?);
    let known = path.metadata().ok()?;
    let fits = path.starts_with(folder) && known.is_file() && known.len() <= LARGEST;
    fits.then(|| std::fs::read(path).ok()).flatten()
}

async fn find(app: &App, name: &str) -> JupyterResult<FoundKernel> {
    let missing = || JupyterError::not_found(format!("Kernel spec {name} not found"));
    let plain = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    if !plain || name.chars().all(|letter| letter == '.') {
        return Err(missing());
    }
    let (finder, wanted) = (served(app)?.finder.clone(), name.to_owned());
    let found = blocking(move || finder.by_name(&wanted)).await?;
    found.ok().and_then(Result::ok).ok_or_else(missing)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> JupyterResult<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| JupyterError::broken(&error))
}

fn model(app: &App, kernel: &FoundKernel) -> Value {
    let spec = &kernel.spec;
    json!({
        "name": kernel.name,
        "spec": {
            "argv": spec.argv,
            "env": spec.env,
            "display_name": spec.display_name,
            "language": spec.language,
            "interrupt_mode": spec.interrupt_mode,
            "metadata": spec.metadata,
        },
        "resources": resources(app, kernel),
    })
}

/// `kernel.js`, `kernel.css` and every `logo-…`, by the names front ends ask for.
fn resources(app: &App, kernel: &FoundKernel) -> Map<String, Value> {
    let names = kernel.folder.read_dir().into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|file| {
            let shown = match file.as_str() {
                "kernel.js" | "kernel.css" => file.as_str(),
                logo if logo.starts_with("logo-") => {
                    logo.rsplit_once('.').map_or(logo, |(name, _)| name)
                }
                _ => return None,
            };
            let escaped: String = url::form_urlencoded::byte_serialize(file.as_bytes()).collect();
            let path = format!(
                "kernelspecs/{}/{}",
                kernel.name,
                escaped.replace('+', "%20")
            );
            Some((shown.to_owned(), Value::String(app.base.join(&path))))
        })
        .collect()
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, extension)| extension) {
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
