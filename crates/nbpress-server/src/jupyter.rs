//! Jupyter's own API at Jupyter's own paths: what JupyterLab, VS Code and scripts already speak
//! (<https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html>).

mod error;

use std::path::PathBuf;

use axum::Router;
use nbpress_kernel::KernelFinder;

use crate::App;

pub(crate) use error::{JupyterError, JupyterResult};

/// What a server needs to be a Jupyter server too.
#[derive(Clone, Debug)]
pub struct JupyterSettings {
    /// What every path begins with: `/`, or `/team/`; percent-encoded, as clients send it.
    pub base_url: String,
    /// Where kernels are found.
    pub finder: KernelFinder,
    /// The folder that is served; kernels and terminals begin in it.
    pub root: PathBuf,
    /// Where this server keeps what front ends ask it to: settings, sessions.
    pub state: PathBuf,
}

/// Everything at Jupyter's paths. Where no folder is served there is none of it.
pub(crate) fn routes() -> Router<App> {
    Router::new()
}
