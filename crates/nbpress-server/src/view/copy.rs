//! A copy of what a page shows, in the served folder: of a run's notebook, of a version, of a notebook beside it.

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::Response;
use nbpress_contents::{Condition, ContentsError, ContentsPath, Workspace};
use nbpress_render::Form;
use nbpress_runs::Permission;

use crate::App;
use crate::error::ApiError;
use crate::guard::{self, Who};
use crate::jupyter::{escape, served};
use crate::runs::executed;
use crate::search::SERVED;

use super::shown::{self, Failed, failed};

/// Names that are tried for a copy.
const MOST_NAMES: usize = 1000;

/// The button for a copy, for whoever may have one.
pub(super) fn button(app: &App, who: &Who, of: &[(&str, &str)]) -> Option<Form> {
    let may = app.jupyter.is_some() && who.may(Permission::Write, SERVED);
    may.then(|| Form {
        text: "Copy to my workspace".to_owned(),
        action: app.base.join("copy"),
        fields: of
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    })
}

pub(super) async fn copy(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    who: Who,
    body: Bytes,
) -> Response {
    match of_form(&app, &who, &body).await {
        Ok(path) => {
            let address = app.base.join(&format!("view/{}", escape(path.as_str())));
            guard::found(&app.base, &address)
        }
        Err(failed) => shown::answer(Err(failed), uri.path()),
    }
}

async fn of_form(app: &App, who: &Who, body: &[u8]) -> Result<ContentsPath, Failed> {
    let field = |wanted: &str| {
        let mut fields = url::form_urlencoded::parse(body);
        fields
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let jupyter = served(app).map_err(|error| ApiError::from(error).into_page())?;
    let workspace = jupyter.workspace.acting_as(who.name());
    if let Some(run) = field("run") {
        return of_run(app, who, &workspace, &run).await;
    }
    let path = field("path").unwrap_or_default();
    let nothing = || failed(StatusCode::NOT_FOUND, format!("there is no `{path}` here"));
    let from = ContentsPath::parse(&path).map_err(|_| nothing())?;
    let folder = from.parent().ok_or_else(nothing)?;
    let copied = match field("version") {
        Some(version) => match workspace.version(&from, &version).await {
            Ok(bytes) => beside(&workspace, &folder, from.name(), bytes).await,
            Err(error) => Err(error),
        },
        None => workspace
            .copy_into(&from, &folder)
            .await
            .map(|entry| entry.path),
    };
    copied.map_err(|error| refused(&error))
}

async fn of_run(
    app: &App,
    who: &Who,
    workspace: &Workspace,
    id: &str,
) -> Result<ContentsPath, Failed> {
    let run = app.store.run(id).await;
    let run = run.map_err(|error| ApiError::from(error).into_page())?;
    if !who.may(Permission::Read, &run.workspace) {
        let message = format!("there is no run `{id}`");
        return Err(failed(StatusCode::NOT_FOUND, message));
    }
    let notebook = executed(app, &run).await.map_err(ApiError::into_page)?;
    let written = tokio::task::spawn_blocking(move || {
        let mut bytes = notebook.to_bytes();
        bytes.push(b'\n');
        bytes
    });
    let bytes = written.await.unwrap_or_default();
    let name = run.notebook.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let name = format!("{stem}.ipynb");
    let copied = beside(workspace, &ContentsPath::root(), &name, bytes.into()).await;
    copied.map_err(|error| refused(&error))
}

/// Saves bytes under the first free of `x.ipynb`, `x-Copy1.ipynb`, `x-Copy2.ipynb`.
async fn beside(
    workspace: &Workspace,
    folder: &ContentsPath,
    name: &str,
    bytes: Bytes,
) -> Result<ContentsPath, ContentsError> {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) => (stem, format!(".{ending}")),
        None => (name, String::new()),
    };
    let mut number = 0;
    loop {
        let path = match number {
            0 => folder.join(name)?,
            number => folder.join(&format!("{stem}-Copy{number}{ending}"))?,
        };
        match workspace
            .save(&path, bytes.clone(), Condition::IfAbsent)
            .await
        {
            Err(ContentsError::Stale { .. }) if number < MOST_NAMES => number += 1,
            saved => return saved.map(|_| path),
        }
    }
}

fn refused(error: &ContentsError) -> Failed {
    ApiError::from(crate::jupyter::refused(error)).into_page()
}
