//! Who may pass: one middleware before every route, which lets nobody through by default.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use crate::App;
use crate::error::ApiError;

/// Passes a request on, or answers it.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(app: &App, request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    check_host(app, headers)?;
    check_origin(request.method(), headers)?;
    let path = request.uri().path();
    // A webhook's address is its secret; health says nothing.
    if path == "/v1/health" || path.starts_with("/v1/hooks/") {
        return Ok(());
    }
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match given {
        Some(token) if same(token, &app.token) => Ok(()),
        Some(_) => Err(unauthorized("the token is not valid")),
        None => Err(unauthorized("this needs a token")),
    }
}

fn unauthorized(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
        .hint(Some("send `Authorization: Bearer TOKEN`".to_owned()))
}

/// In a time that says nothing about where they differ.
fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

/// A page of a stranger can make its own name point to us; it cannot make the browser send ours.
fn check_host(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let host = headers
        .get(HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    let loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&name);
    if loopback || app.hosts.iter().any(|known| known == name) {
        return Ok(());
    }
    let message = format!("this server is not called `{name}`");
    Err(
        ApiError::new(StatusCode::MISDIRECTED_REQUEST, "host", message)
            .hint(Some("start it with `--host-name NAME`".to_owned())),
    )
}

/// Only pages of this server may change anything (<https://www.w3.org/TR/fetch-metadata/>).
fn check_origin(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Ok(());
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
    };
    let site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    let foreign_site = site.is_some_and(|site| !["same-origin", "none"].contains(&site));
    let foreign_origin = text(ORIGIN).is_some_and(|origin| {
        let host = text(HOST).unwrap_or_default();
        origin
            .split_once("://")
            .is_none_or(|(_, origin)| origin != host)
    });
    if foreign_site || foreign_origin {
        let message = "a page of another origin may not do this";
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "cross_origin",
            message,
        ));
    }
    Ok(())
}
