//! JupyterLab's own front end, as its wheel brings it: the page, and what the page asks for beside Jupyter's API.

mod extensions;
mod files;
mod page;
mod settings;
mod workspaces;

use std::io;
use std::path::{Path as FilePath, PathBuf};

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::App;
use crate::jupyter::{JupyterError, JupyterResult, served};

use extensions::Extension;

/// What a wheel of JupyterLab installs: `share/jupyter/lab` and, beside it, prebuilt extensions.
#[derive(Clone, Debug)]
pub struct Lab {
    folder: PathBuf,
    extension_folder: PathBuf,
    extensions: Vec<Extension>,
    /// The script that the page begins with.
    script: String,
    version: String,
}

/// There is no front end where one was looked for.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A file is missing, or cannot be read.
    #[error("failed to read `{path}`")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The page of this version is not made like those that are known.
    #[error("no script of JupyterLab is named in `{path}`")]
    NoScript {
        /// The page.
        path: PathBuf,
    },
}

impl Lab {
    /// The front end below a prefix such as `/usr` or a virtual environment.
    ///
    /// # Errors
    /// There is none, or none that could be served.
    #[expect(
        clippy::disallowed_methods,
        reason = "installed software, never notebooks"
    )]
    pub fn open(prefix: &FilePath) -> Result<Self, LabError> {
        let shared = prefix.join("share/jupyter");
        let folder = shared.join("lab");
        let read = |name: &str| {
            let path = folder.join("static").join(name);
            std::fs::read_to_string(&path).map_err(|source| LabError::Unreadable { path, source })
        };
        let script = page::script_of(&read("index.html")?);
        let package: Value = serde_json::from_str(&read("package.json")?).unwrap_or_default();
        let extension_folder = shared.join("labextensions");
        Ok(Self {
            script: script.ok_or_else(|| LabError::NoScript {
                path: folder.join("static/index.html"),
            })?,
            version: package["version"].as_str().unwrap_or_default().to_owned(),
            extensions: extensions::all(&extension_folder),
            extension_folder,
            folder,
        })
    }

    /// The version of JupyterLab.
    pub fn version(&self) -> &str {
        &self.version
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/lab", get(page))
        .route("/lab/", get(page))
        .route("/lab/tree", get(page))
        .route("/lab/tree/{*path}", get(page_at))
        .route("/lab/workspaces/{workspace}", get(page_of))
        .route("/lab/workspaces/{workspace}/tree/{*path}", get(page_of))
        .route("/lab/api/listings/{*path}", get(listings))
        .route("/lab/api/licenses", get(licenses))
        .route("/lab/api/licenses/", get(licenses))
        .route("/lab/api/translations", get(translations))
        .route("/lab/api/translations/", get(translations))
        .route("/lab/api/translations/{locale}", get(translation))
        .route("/lab/api/themes/{*path}", get(theme))
        .route("/lab/extensions/{*path}", get(extension))
        .route("/lsp/status", get(language_servers))
        .route("/static/lab/{*path}", get(asset))
        .merge(settings::routes())
        .merge(workspaces::routes())
}

/// The front end, where one is served.
pub(crate) fn lab(app: &App) -> JupyterResult<&Lab> {
    let lab = served(app)?.lab.as_ref();
    lab.ok_or_else(|| JupyterError::not_found("JupyterLab is not served"))
}

/// What is open when the page appears.
#[derive(Debug, Default, Deserialize)]
struct Place {
    #[serde(default)]
    workspace: Option<String>,
    #[serde(default)]
    path: String,
}

async fn page(State(app): State<App>) -> JupyterResult<Html<String>> {
    show(&app, &Place::default())
}

async fn page_at(State(app): State<App>, Path(path): Path<String>) -> JupyterResult<Html<String>> {
    let workspace = None;
    show(&app, &Place { workspace, path })
}

async fn page_of(State(app): State<App>, Path(place): Path<Place>) -> JupyterResult<Html<String>> {
    show(&app, &place)
}

fn show(app: &App, place: &Place) -> JupyterResult<Html<String>> {
    let workspace = place.workspace.as_deref();
    let workspace = workspace.unwrap_or(workspaces::DEFAULT);
    let config = page::config(lab(app)?, &app.base, workspace, &place.path);
    Ok(Html(page::html(lab(app)?, &app.base, &config)))
}

/// Which extensions may be installed: the extension manager is not served, because it installs programs.
async fn listings(State(app): State<App>) -> JupyterResult<Json<Value>> {
    lab(&app)?;
    Ok(Json(json!({
        "blocked_extensions_uris": [],
        "blocked_extensions": [],
        "allowed_extensions_uris": [],
        "allowed_extensions": [],
    })))
}

async fn licenses(State(app): State<App>) -> JupyterResult<Json<Value>> {
    let file = files::read(&lab(&app)?.folder.join("static"), THIRD_PARTY).await?;
    let packages: Value =
        serde_json::from_slice(&file).map_err(|error| JupyterError::broken(&error))?;
    Ok(Json(json!({"bundles": {"JupyterLab": packages}})))
}

/// What the wheel says about the licences of what is in it.
const THIRD_PARTY: &str = "third-party-licenses.json";

async fn translations(State(app): State<App>) -> JupyterResult<Json<Value>> {
    lab(&app)?;
    let english = json!({"displayName": "English", "nativeName": "English"});
    Ok(Json(json!({"data": {"en": english}, "message": ""})))
}

#[derive(Debug, Deserialize)]
struct Locale {
    locale: String,
}

/// No language pack is installed; the front end then speaks English.
async fn translation(
    State(app): State<App>,
    Path(Locale { locale }): Path<Locale>,
) -> JupyterResult<Json<Value>> {
    lab(&app)?;
    let message = match locale.as_str() {
        "default" | "en" => String::new(),
        other => format!("no language pack for `{other}` is installed"),
    };
    Ok(Json(json!({"data": {}, "message": message})))
}

/// The style sheet of a theme, one of JupyterLab's or an extension's.
async fn theme(State(app): State<App>, Path(path): Path<String>) -> JupyterResult<Response> {
    let lab = lab(&app)?;
    if let Ok(own) = files::serve(&lab.folder.join("themes"), &path).await {
        return Ok(own);
    }
    let (extension, file) = lab
        .extensions
        .iter()
        .find_map(|extension| Some((extension, extension.beneath(&path)?)))
        .ok_or_else(|| JupyterError::not_found("no such theme"))?;
    let themes = lab.extension_folder.join(&extension.name).join("themes");
    files::serve(&themes, file).await
}

async fn extension(State(app): State<App>, Path(path): Path<String>) -> JupyterResult<Response> {
    files::serve(&lab(&app)?.extension_folder, &path).await
}

/// No language server is run; the front end asks for them again and again where it hears nothing.
async fn language_servers(State(app): State<App>) -> JupyterResult<Json<Value>> {
    lab(&app)?;
    Ok(Json(json!({"version": 2, "sessions": {}, "specs": {}})))
}

#[derive(Debug, Deserialize)]
struct Stamp {
    /// A hash that the front end puts after names that have none.
    v: Option<String>,
}

async fn asset(
    State(app): State<App>,
    Path(path): Path<String>,
    Query(stamp): Query<Stamp>,
) -> JupyterResult<Response> {
    let answer = files::serve(&lab(&app)?.folder.join("static"), &path).await?;
    if stamp.v.is_some() {
        return Ok((files::FOREVER, answer).into_response());
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
