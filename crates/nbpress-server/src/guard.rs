//! Who may pass: one middleware before every route, which lets nobody through by default.
//!
//! The order: what the server is called, from where a page asks, who asks. What a handler needs to know of that
//! is [`Who`], in the request's extensions.

mod cookies;
mod credentials;
mod headers;
mod origin;
mod redirect;
mod refusal;
mod sign_in;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::App;

pub(crate) use headers::{policy, sandboxed};
pub(crate) use redirect::{found, same_origin_path, without_token};
pub(crate) use sign_in::SignIns;

use credentials::Proof;
use refusal::Refusal;

/// Who asks. There is one token, and so one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// What stands in audits.
    pub(crate) name: &'static str,
}

/// Passes a request on, or answers it.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let dress = headers::Dress::of(&app, &request);
    let response = match admit(&app, &mut request) {
        Ok(Passage::Through) => next.run(request).await,
        Ok(Passage::Answered(response)) => response,
        Err(refusal) => refusal.answer(&app, &request),
    };
    dress.on(&app, response)
}

/// What is done with a request that is not refused.
enum Passage {
    Through,
    Answered(Response),
}

fn admit(app: &App, request: &mut Request) -> Result<Passage, Refusal> {
    let headers = request.headers();
    origin::check_host(app, headers)?;
    let path = request.uri().path();
    // A browser reports what a page was forbidden to do without saying who that page is.
    if path != "/api/security/csp-report" {
        origin::check_site(request.method(), headers)?;
    }
    let open = is_open(request.method(), path);
    let proof = match credentials::proof(app, request) {
        Ok(proof) => proof,
        Err(_) if open => return Ok(Passage::Through),
        Err(refusal) => return Err(refusal),
    };
    if proof == Proof::SignIn && !open {
        origin::check_forgery(request.method(), headers)?;
    }
    if proof == Proof::Link && refusal::wants_page(request) {
        return signed_in(app, request).map(Passage::Answered);
    }
    if is_use(path) {
        app.activity.touch();
    }
    request.extensions_mut().insert(Who { name: crate::ACTOR });
    Ok(Passage::Through)
}

/// Whether a request means that somebody works with the server; what only watches it would keep it busy for ever.
fn is_use(path: &str) -> bool {
    let watches = ["/api", "/api/status", "/metrics", "/v1/health", "/v1/ready"];
    !watches.contains(&path)
}

/// What strangers may ask for. A webhook's address is its secret; health and versions say nothing.
fn is_open(method: &Method, path: &str) -> bool {
    let reads = method == Method::GET || method == Method::HEAD;
    match path {
        "/v1/health" | "/v1/ready" | "/login" | "/logout" => true,
        "/api" => reads,
        _ => path.starts_with("/v1/hooks/"),
    }
}

/// The token of a link becomes a cookie, so that it is in no history, bookmark or `Referer`.
fn signed_in(app: &App, request: &Request) -> Result<Response, Refusal> {
    let cookie = sign_in::cookie(app, request.headers())?;
    let address = app.base.join(&without_token(request.uri()));
    Ok((
        [(axum::http::header::SET_COOKIE, cookie)],
        found(&app.base, &address),
    )
        .into_response())
}

/// Signs in whoever knows the token.
///
/// # Errors
/// It is not the token, or the sign-in cannot be kept.
pub(crate) fn sign_in(
    app: &App,
    headers: &axum::http::HeaderMap,
    token: &str,
) -> Result<axum::http::HeaderValue, SignInError> {
    if !credentials::same(token, &app.token) {
        return Err(SignInError::Wrong);
    }
    sign_in::cookie(app, headers).map_err(|_| SignInError::NotKept)
}

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInError {
    Wrong,
    NotKept,
}

/// Ends the sign-in that a request was made with, and answers with the cookie that says so.
pub(crate) fn sign_out(app: &App, headers: &axum::http::HeaderMap) -> axum::http::HeaderValue {
    sign_in::end(app, headers)
}
