//! What browsers report, and the end of the server by request.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;

use crate::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/security/csp-report", post(report))
        .route("/api/shutdown", post(shutdown))
}

/// A page tried what its policy forbids. Anybody's page can say anything here, so nothing of it is kept.
async fn report() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Ends the server as a signal does; runs and kernels go on.
async fn shutdown(State(app): State<App>) -> StatusCode {
    app.stop.send_replace(true);
    StatusCode::OK
}
