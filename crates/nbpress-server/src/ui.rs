//! The web UI: one page for every screen, and the files it consists of.
//!
//! Screens have the addresses of what they show; `ui/src/app/screens.tsx` lists the same. Whatever else is asked for is
//! not there: a missing file is never answered with a page.

mod files;
mod policy;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::App;
use crate::base_url::BaseUrl;
use crate::error::ApiError;

/// The addresses of screens.
pub(crate) const SCREENS: &[&str] = &[
    "/",
    "/notebooks",
    "/notebooks/{*path}",
    "/runs",
    "/runs/{run}",
    "/jobs",
    "/jobs/{job}",
    "/jobs/{job}/run",
    "/schedules",
    "/sweeps/{batch}",
    "/diff",
    "/explore",
    "/compute",
    "/admin",
    "/edit/{*path}",
];

/// What stands in the page for the address that its links are relative to.
const BASE: &str = r#"<base href="/""#;

const PAGE: (HeaderName, &str) = (CONTENT_TYPE, "text/html; charset=utf-8");
const ASK_AGAIN: (HeaderName, &str) = (CACHE_CONTROL, "no-cache");

const WITHOUT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>nbpress</title>\
    <p>This nbpress was built without its web UI (<code>NBPRESS_SKIP_UI</code>). Build it again without that \
    variable; everything else is here.</p>";

pub(crate) fn routes() -> Router<App> {
    let files = Router::new()
        .route("/ui/{*path}", get(asset))
        .route("/frame/output.html", get(frame));
    let screens = SCREENS.iter();
    screens.fold(files, |router, address| router.route(address, get(screen)))
}

async fn screen(State(app): State<App>, uri: Uri) -> Response {
    if let Some(shorter) = crate::without_slash(&app, &uri) {
        return shorter;
    }
    let policy = (CONTENT_SECURITY_POLICY, policy::of_screens(&app.base));
    match files::text("index.html") {
        Some(page) => {
            let page = beneath(&app.base, page);
            ([PAGE, ASK_AGAIN], [policy], page).into_response()
        }
        None => (StatusCode::NOT_FOUND, [PAGE, ASK_AGAIN], [policy], WITHOUT).into_response(),
    }
}

/// The page where it is beneath a base: the page names everything relative to it.
fn beneath(base: &BaseUrl, page: &str) -> String {
    // The base is percent-encoded, but for what may stand in a path as it is.
    let href = base.join("").replace('&', "&amp;").replace('"', "&quot;");
    page.replacen(BASE, &format!(r#"<base href="{href}""#), 1)
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    files::answer(&format!("ui/{path}"), &headers)
        .unwrap_or_else(|| ApiError::not_found(format!("there is no `ui/{path}`")).into_response())
}

/// The page in which outputs run that have scripts or styles of their own: as nobody, and without network.
async fn frame(State(app): State<App>) -> Response {
    let policy = (CONTENT_SECURITY_POLICY, policy::of_frames(&app.base));
    match files::text("frame/output.html") {
        Some(page) => ([PAGE, ASK_AGAIN], [policy], page).into_response(),
        None => ApiError::not_found("this nbpress was built without its web UI").into_response(),
    }
}

#[cfg(test)]
mod tests;
