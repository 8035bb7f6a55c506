//! Jupyter's own API at Jupyter's own paths: what JupyterLab, VS Code and scripts already speak
//! (<https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html>).

mod body;
mod channels;
mod config;
mod contents;
mod error;
mod events;
mod files;
mod home;
mod identity;
mod kernels;
mod kernelspecs;
mod lab;
mod login;
mod nbconvert;
mod resolve;
mod security;
mod sessions;
mod sockets;
mod spec;
mod status;
mod terminals;

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::Router;
use jiff::Timestamp;
use nbpress_contents::Workspace;
use nbpress_kernel::KernelFinder;
use nbpress_kernel::kernels::Kernels;

use crate::App;

pub use lab::{Lab, LabError};
pub use sessions::Sessions;
pub(crate) use sessions::{kernel_of_notebook, session_of_notebook};

pub(crate) use contents::{Seen, escape, refused};
pub(crate) use error::{JupyterError, JupyterResult};
pub(crate) use events::{CONTENTS, Events};
pub(crate) use files::is_known;
pub(crate) use login::{escaped, field, next_of, page};
pub(crate) use terminals::Terminals;

/// What a server needs to be a Jupyter server too.
#[derive(Clone, Debug)]
pub struct JupyterSettings {
    /// What every path begins with: `/`, or `/team/`; percent-encoded, as clients send it.
    pub base_url: String,
    /// Where kernels are found.
    pub finder: KernelFinder,
    /// Where kernels and terminals begin: the folder that is served, or one beside a bucket that is.
    pub root: PathBuf,
    /// What is served, a folder or a bucket.
    pub workspace: Workspace,
    /// The interactive kernels, in their hosts.
    pub kernels: Kernels,
    /// Which kernel belongs to which document.
    pub sessions: Sessions,
    /// Where this server keeps what front ends ask it to: settings, sessions.
    pub state: PathBuf,
    /// The environment of terminals and of nbconvert.
    pub environment: BTreeMap<String, String>,
    /// Folders in which programs are looked for after those of `PATH`.
    pub programs: Vec<PathBuf>,
    /// A program that calls [`nbpress_kernel::guard::serve`] first, usually this one: it ends what terminals
    /// started should the server be killed.
    pub guard: Option<PathBuf>,
    /// Whether `X-Forwarded-Proto` is to be believed, because only a proxy can reach this server.
    pub trusted_proxy: bool,
    /// The front end that is served at `/lab`.
    pub lab: Option<Lab>,
}

/// Everything at Jupyter's paths. Where no folder is served there is none of it.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .merge(contents::routes())
        .merge(files::routes())
        .merge(kernels::routes())
        .merge(sessions::routes())
        .merge(channels::routes())
        .merge(config::routes())
        .merge(events::routes())
        .merge(identity::routes())
        .merge(home::routes())
        .merge(kernelspecs::routes())
        .merge(lab::routes())
        .merge(login::routes())
        .merge(crate::guard::openid_routes())
        .merge(nbconvert::routes())
        .merge(resolve::routes())
        .merge(security::routes())
        .merge(spec::routes())
        .merge(status::routes())
        .merge(terminals::routes())
}

/// What is served, for a route that is there only where something is.
pub(crate) fn served(app: &App) -> JupyterResult<&JupyterSettings> {
    let jupyter = app.jupyter.as_ref();
    jupyter.ok_or_else(|| JupyterError::not_found("no folder is served"))
}

/// A time in headers (RFC 9110, section 5.6.7).
pub(crate) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
