//! What a run ran in: the platform, the kernel, and the packages that its kernel could import.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use nbpress_record::{Event, KernelInfo, Record, RecordError};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::error::{ApiResult, ErrorBody};
use crate::runs::{Workspace, of_record};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// What a run ran in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Environment {
    /// The machine's system.
    platform: String,
    /// The commit that the notebook's folder was at, where it is under Git.
    commit: Option<String>,
    /// The kernelspec's name; absent where no kernel answered.
    kernel: Option<String>,
    /// The kernel's language with its version: `python 3.11.2`.
    language: Option<String>,
    /// The kernel's own program with its version: `ipython 9.1.0`.
    implementation: Option<String>,
    /// Package and version of everything that could be imported; absent where the language keeps no list.
    packages: Option<BTreeMap<String, String>>,
}

/// The platform, the kernel and the packages of a run.
#[utoipa::path(get, path = "/v1/runs/{run}/environment", params(("run" = String, Path)),
    responses((status = 200, body = Environment), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Path(run): Path<String>,
    workspace: Workspace,
) -> ApiResult<Json<Environment>> {
    let run = app.store.find_run(workspace.name(), &run).await?;
    Ok(Json(of_record(&app, &run, read).await?))
}

fn read(record: &Record) -> Result<Environment, RecordError> {
    let header = record.header();
    let kernel = kernel(record)?;
    let packages = kernel.as_ref().and_then(|kernel| {
        let listed = record.blob(kernel.environment.as_deref()?);
        // What is no list of ours says nothing; what the run did can still be seen.
        serde_json::from_slice(&listed.ok()?).ok()
    });
    let named = |name: &str, version: &str| format!("{name} {version}").trim().to_owned();
    Ok(Environment {
        platform: header.platform.clone(),
        commit: header.git_commit.as_ref().map(|git| git.commit.clone()),
        kernel: kernel.as_ref().map(|kernel| kernel.name.clone()),
        language: kernel
            .as_ref()
            .map(|kernel| named(&kernel.language, &kernel.language_version)),
        implementation: kernel
            .as_ref()
            .map(|kernel| named(&kernel.implementation, &kernel.implementation_version)),
        packages,
    })
}

/// The kernel as it introduced itself, before the first cell.
fn kernel(record: &Record) -> Result<Option<KernelInfo>, RecordError> {
    for event in record.events()? {
        match event? {
            Event::KernelStarted { kernel, .. } => return Ok(Some(kernel)),
            Event::CellStarted { .. } | Event::RunFinished { .. } => break,
            _ => {}
        }
    }
    Ok(None)
}
