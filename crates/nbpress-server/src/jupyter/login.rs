//! Signing in and out, on pages that work without script.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;

use crate::App;
use crate::guard::{self, SignInError, Who, same_origin_path};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(login).post(sign_in))
        .route("/logout", get(sign_out).post(sign_out))
}

/// A form for those who are not signed in; those who are go where they wanted.
async fn login(
    State(app): State<App>,
    who: Option<Extension<Who>>,
    RawQuery(query): RawQuery,
) -> Response {
    let next = next_of(&app, query.as_deref());
    let link = field(query.unwrap_or_default().as_bytes(), "link");
    match (link, who) {
        // Also where somebody is signed in: it may be for somebody else.
        (Some(link), _) => page(&app, StatusCode::OK, &invitation(&app, &next, &link)),
        (None, Some(_)) => guard::found(&app.base, &next),
        (None, None) => page(&app, StatusCode::OK, &form(&app, &next, "")),
    }
}

/// Takes the form.
async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let next = next_of(&app, query.as_deref());
    let token = field(&body, "password")
        .or_else(|| field(&body, "token"))
        .unwrap_or_default();
    let (status, message) = match guard::sign_in(&app, &headers, token.trim()).await {
        Ok(cookie) => {
            return ([(SET_COOKIE, cookie)], guard::found(&app.base, &next)).into_response();
        }
        Err(SignInError::Wrong) => (
            StatusCode::UNAUTHORIZED,
            "That opens nothing, or not any more.",
        ),
        Err(SignInError::NotKept) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server cannot write down who signs in.",
        ),
    };
    page(&app, status, &form(&app, &next, message))
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    let cookie = guard::sign_out(&app, &headers).await;
    let content = format!(
        "<h1>Signed out</h1><p role=\"status\">Successfully logged out.</p><p><a href=\"{}\">Sign in again</a></p>",
        escaped(&app.base.join("login"))
    );
    ([(SET_COOKIE, cookie)], page(&app, StatusCode::OK, &content)).into_response()
}

pub(crate) fn next_of(app: &App, query: Option<&str>) -> String {
    let wanted = field(query.unwrap_or_default().as_bytes(), "next").unwrap_or_default();
    same_origin_path(&app.base, &wanted)
}

pub(crate) fn field(form: &[u8], wanted: &str) -> Option<String> {
    url::form_urlencoded::parse(form)
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}

fn header(text: &str) -> axum::http::HeaderValue {
    axum::http::HeaderValue::from_str(text)
        .unwrap_or_else(|_| axum::http::HeaderValue::from_static("/"))
}

/// A link that signs in once: a person has to say so, because chats and mail programs look at links by themselves.
fn invitation(app: &App, next: &str, link: &str) -> String {
    format!(
        "<h1>Sign in</h1><form method=\"post\" action=\"{}\">\
         <input type=\"hidden\" name=\"password\" value=\"{}\"><button autofocus>Sign in</button></form>\
         <p class=\"hint\">This link signs you in once, in this browser.</p>",
        action(app, next),
        escaped(link)
    )
}

/// Where a form is sent to.
fn action(app: &App, next: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    escaped(&app.base.join(&format!("login?next={next}")))
}

fn form(app: &App, next: &str, message: &str) -> String {
    let action = action(app, next);
    let message = match message {
        "" => String::new(),
        text => format!("<p role=\"alert\">{}</p>", escaped(text)),
    };
    format!(
        "<h1>Sign in</h1>{}<form method=\"post\" action=\"{action}\">{message}\
         <label for=\"password\">Token</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         required autofocus><button>Sign in</button></form>\
         <p class=\"hint\">The one in the link that <code>nbpress serve</code> shows in its terminal, or an API \
         token of yours.</p>",
        guard::openid_link(app, next)
    )
}

/// A page of our own: no script, no source of anything but itself.
pub(crate) fn page(app: &App, status: StatusCode, content: &str) -> Response {
    let policy = format!(
        "{}; default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
        guard::policy(&app.base)
    );
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>nbpress</title>\
         <style>{STYLE}</style></head><body><main>{content}</main></body></html>"
    );
    let headers = [
        (CONTENT_SECURITY_POLICY, header(&policy)),
        (CACHE_CONTROL, header("no-store")),
        // With `no-referrer` a browser calls the origin of our own form `null`
        // (https://fetch.spec.whatwg.org/#append-a-request-origin-header), which is nobody's.
        (REFERRER_POLICY, header("same-origin")),
    ];
    (status, headers, Html(html)).into_response()
}

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1d2329;--paper:#fbfbfa;--line:#c9cdd2;--act:#1f5fa8;--bad:#a3261c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--paper:#16191c;--line:#454b52;--act:#8ab8ee;--bad:#ff9d92}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif}
main{width:min(22rem,100% - 3rem)}
h1{font-size:1.5rem;font-weight:600;margin:0 0 1rem}
form{display:grid;gap:.5rem}
input,button{font:inherit;padding:.55rem .75rem;border-radius:.4rem;border:1px solid var(--line);
background:transparent;color:inherit}
button{margin-top:.5rem;background:var(--act);border-color:var(--act);color:var(--paper);cursor:pointer}
:focus-visible{outline:2px solid var(--act);outline-offset:2px}
a{color:var(--act)}
.button{display:block;text-align:center;padding:.55rem .75rem;border-radius:.4rem;background:var(--act);color:var(--paper);text-decoration:none}
[role=alert]{color:var(--bad);margin:0}
.hint{opacity:.75;font-size:.875rem}
";

/// Text that is nothing but text in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
