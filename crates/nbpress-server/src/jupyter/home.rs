//! The classic notebook's addresses: they lead to the front end, or to the pages for readers.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;

use crate::App;
use crate::guard;
use crate::jupyter::{JupyterResult, served};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/tree", get(tree))
        .route("/tree/", get(tree))
        .route("/tree/{*path}", get(tree))
}

/// The address of a file in the classic notebook, which is in many bookmarks.
async fn tree(State(app): State<App>, uri: Uri) -> JupyterResult<Response> {
    let beneath = uri.path().strip_prefix("/tree").unwrap_or_default();
    let has_lab = served(&app)?.lab.is_some();
    let page = if has_lab { "lab/tree" } else { "view" };
    let beneath = if beneath.is_empty() { "/" } else { beneath };
    let address = app.base.join(&format!("{page}{beneath}"));
    Ok(guard::found(&app.base, &address))
}
