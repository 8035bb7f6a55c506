//! Who may pass: one middleware before every route, which lets nobody through by default.
//!
//! The order: what the server is called, from where a page asks, who asks, and whether they may do that there,
//! which [`routes`] says of every route. What a handler needs to know of that is [`Who`], in the request's extensions.

mod cookies;
mod credentials;
mod guest;
mod headers;
mod known;
mod openid;
mod origin;
mod place;
mod redirect;
mod refusal;
mod routes;
mod sign_in;
mod who;

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use nbpress_runs::StoreError;
use nbpress_runs::store::{LINK_BEGINS, User};

use crate::App;

pub(crate) use guest::follow;
pub(crate) use headers::{policy, sandboxed};
pub(crate) use known::Known;
pub use openid::{ClientSecret, OpenId, OpenIdError, OpenIdSettings};
pub(crate) use openid::{link as openid_link, routes as openid_routes};
pub(crate) use place::workspace_of;
pub(crate) use redirect::{found, same_origin_path, without_token};
pub(crate) use routes::Thing;
pub(crate) use sign_in::SignIns;
pub(crate) use who::Who;

use credentials::Proof;
use refusal::Refusal;
use routes::Place;

/// Passes a request on, or answers it.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let dress = headers::Dress::of(&app, &request);
    let (mut parts, body) = request.into_parts();
    let response = match admit(&app, &mut parts).await {
        Ok(Passage::Through) => next.run(Request::from_parts(parts, body)).await,
        Ok(Passage::Answered(response)) => response,
        Err(refusal) => refusal.answer(&app, &parts),
    };
    dress.on(&app, response)
}

/// What is done with a request that is not refused.
enum Passage {
    Through,
    Answered(Response),
}

async fn admit(app: &App, parts: &mut Parts) -> Result<Passage, Refusal> {
    origin::check_host(app, &parts.headers)?;
    let path = parts.uri.path();
    // A browser reports what a page was forbidden to do without saying who that page is.
    if path != "/api/security/csp-report" {
        origin::check_site(&parts.method, &parts.headers)?;
    }
    let rule = routes::rule(&parts.method, place::pattern(parts));
    let is_open = rule.place == Place::Open;
    let (proof, who) = match credentials::proof(app, parts).await {
        Ok(proof) => proof,
        Err(_) if is_open => return Ok(Passage::Through),
        Err(refusal) => return as_guest(app, parts, refusal).await,
    };
    if proof == Proof::SignIn && !is_open {
        origin::check_forgery(&parts.method, &parts.headers)?;
    }
    if let Err(refusal) = place::check(app, &who, rule, parts).await {
        return as_guest(app, parts, refusal).await;
    }
    if proof == Proof::Link && refusal::wants_page(parts) {
        return signed_in(app, &who, parts).await.map(Passage::Answered);
    }
    if is_use(parts.uri.path()) {
        app.activity.touch();
    }
    parts.extensions.insert(who);
    Ok(Passage::Through)
}

/// Lets through who has a link to what they ask for, whoever else they are; refuses the others.
async fn as_guest(app: &App, parts: &mut Parts, refusal: Refusal) -> Result<Passage, Refusal> {
    let guest = guest::admitted(app, parts).await?.ok_or(refusal)?;
    parts.extensions.insert(guest);
    Ok(Passage::Through)
}

/// Whether a request means that somebody works with the server; what only watches it would keep it busy for ever.
fn is_use(path: &str) -> bool {
    let watches = ["/api", "/api/status", "/metrics", "/v1/health", "/v1/ready"];
    !watches.contains(&path)
}

/// The token of a link becomes a cookie, so that it is in no history, bookmark or `Referer`.
async fn signed_in(app: &App, who: &Who, parts: &Parts) -> Result<Response, Refusal> {
    let cookie = cookie_of(app, who, &parts.headers).await?;
    let address = app.base.join(&without_token(&parts.uri));
    Ok(([(SET_COOKIE, cookie)], found(&app.base, &address)).into_response())
}

/// Signs in whoever showed a token.
async fn cookie_of(app: &App, who: &Who, headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
    let Some(holder) = who.holder() else {
        return sign_in::cookie(app, headers);
    };
    let token = holder.token.as_deref();
    let cookie = sign_in::cookie_of_user(app, headers, &holder.user, token).await;
    cookie.map_err(|_| Refusal::NotKept)
}

/// Signs in whoever knows the server's token, an API token, or the secret of a link that was made for them.
///
/// # Errors
/// It is none of these, or the sign-in cannot be kept.
pub(crate) async fn sign_in(
    app: &App,
    headers: &HeaderMap,
    secret: &str,
) -> Result<HeaderValue, SignInError> {
    let not_kept = |_| SignInError::NotKept;
    if secret.starts_with(LINK_BEGINS) {
        let user = app.store.use_sign_in_link(secret, sign_in::now()).await;
        let user = user.map_err(|_| SignInError::NotKept)?;
        let user = user.ok_or(SignInError::Wrong)?;
        let cookie = signed_in_user(app, headers, &user).await;
        return cookie.map_err(|_| SignInError::NotKept);
    }
    let who = credentials::of_token(app, secret).await.map_err(not_kept)?;
    let who = who.ok_or(SignInError::Wrong)?;
    cookie_of(app, &who, headers).await.map_err(not_kept)
}

/// Signs a user in, however it is known that it is them, and answers with the cookie (`Set-Cookie`).
///
/// # Errors
/// The user is disabled, or the database fails.
pub(crate) async fn signed_in_user(
    app: &App,
    headers: &HeaderMap,
    user: &User,
) -> Result<HeaderValue, StoreError> {
    sign_in::cookie_of_user(app, headers, user, None).await
}

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInError {
    Wrong,
    NotKept,
}

/// Ends the sign-in that a request was made with, and answers with the cookie that says so.
pub(crate) async fn sign_out(app: &App, headers: &HeaderMap) -> HeaderValue {
    sign_in::end(app, headers).await
}
