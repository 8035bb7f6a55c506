//! The two addresses of a sign-in: where it starts, and where the provider sends the browser back to.

use std::error::Error as _;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use axum::routing::get;

use crate::App;
use crate::guard::cookies::{self, Cookie};
use crate::guard::credentials::same;
use crate::guard::openid::OpenId;
use crate::guard::openid::admission;
use crate::guard::openid::begun::{self, Begun};
use crate::guard::openid::fault::{Fault, plain};
use crate::guard::openid::id_token::{Claims, Expected, believed};
use crate::guard::openid::provider::{Code, Metadata, Tokens};
use crate::guard::{found, same_origin_path, signed_in_user};
use crate::jupyter::{escaped, field, next_of, page};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/login/openid", get(start))
        .route("/login/openid/callback", get(end))
}

/// What the sign-in page says of it; nothing where there is no provider.
pub(crate) fn link(app: &App, next: &str) -> String {
    let Some(openid) = app.openid.get() else {
        return String::new();
    };
    let issuer = openid.settings.issuer.as_str();
    let name = issuer.split_once("://").map_or(issuer, |(_, name)| name);
    let name = name.split('/').next().unwrap_or_default();
    format!(
        "<p><a class=\"button\" href=\"{}\">Sign in with {}</a></p>",
        escaped(&start_address(app, next)),
        escaped(name)
    )
}

fn start_address(app: &App, next: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    app.base.join(&format!("login/openid?next={next}"))
}

/// Sends the browser to the provider.
async fn start(State(app): State<App>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let next = next_of(&app, query.as_deref());
    match to_provider(&app, &headers, &next).await {
        Ok(response) => response,
        Err(fault) => fault_page(&app, &fault, &next),
    }
}

async fn to_provider(app: &App, headers: &HeaderMap, next: &str) -> Result<Response, Fault> {
    let openid = app.openid.get().ok_or(Fault::NoProvider)?;
    let metadata = openid.provider.metadata().await?;
    let begun = Begun::new(next, crate::now().as_second());
    let settings = &openid.settings;
    let mut scopes = vec!["openid"];
    scopes.extend(settings.scopes.iter().map(String::as_str));
    let mut address = metadata.authorization_endpoint.clone();
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &settings.client_id)
        .append_pair("redirect_uri", &redirect(app, openid, headers))
        .append_pair("scope", &scopes.join(" "))
        .append_pair("state", &begun.state(&app.token))
        .append_pair("nonce", &begun.nonce(&app.token))
        .append_pair("code_challenge_method", "S256")
        .append_pair(
            "code_challenge",
            &begun::challenge(&begun.verifier(&app.token)),
        );
    let address = HeaderValue::from_str(address.as_str())
        .map_err(|_| Fault::UnsafeAddress(address.to_string()))?;
    let kept = cookie(app, headers, &begun.cookie(), begun::SECONDS);
    let headers = [
        (LOCATION, address),
        (SET_COOKIE, kept),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Takes the browser back.
async fn end(State(app): State<App>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let begun = cookies::value(&headers, &cookie_name(&headers)).and_then(Begun::read);
    // The cookie shows that it was this browser, not where it may be sent.
    let next = begun.as_ref().map_or("", |begun| begun.next.as_str());
    let next = same_origin_path(&app.base, next);
    let over = (SET_COOKIE, cookie(&app, &headers, "", 0));
    match from_provider(&app, &headers, begun.as_ref(), &query).await {
        Ok(signed_in) => {
            let cookies = AppendHeaders([(SET_COOKIE, signed_in), over]);
            (cookies, found(&app.base, &next)).into_response()
        }
        // Another tab of this browser may still be on its way.
        Err(fault @ Fault::NotBegun) => fault_page(&app, &fault, &next),
        Err(fault) => (AppendHeaders([over]), fault_page(&app, &fault, &next)).into_response(),
    }
}

/// The cookie of whoever the provider sent back.
async fn from_provider(
    app: &App,
    headers: &HeaderMap,
    begun: Option<&Begun>,
    query: &str,
) -> Result<HeaderValue, Fault> {
    let openid = app.openid.get().ok_or(Fault::NoProvider)?;
    let now = crate::now().as_second();
    let state = field(query.as_bytes(), "state").unwrap_or_default();
    let begun = begun.filter(|begun| same(&state, &begun.state(&app.token)));
    let begun = begun.ok_or(Fault::NotBegun)?;
    if begun.is_over(now) {
        return Err(Fault::TooLate);
    }
    let metadata = openid.provider.metadata().await?;
    check_sender(openid, &metadata, query)?;
    if let Some(error) = field(query.as_bytes(), "error") {
        return Err(Fault::Declined(plain(&error)));
    }
    let code = Code {
        value: &field(query.as_bytes(), "code").ok_or(Fault::NotBegun)?,
        verifier: &begun.verifier(&app.token),
        redirect: &redirect(app, openid, headers),
    };
    let tokens = openid.provider.tokens(&metadata, &code).await?;
    let nonce = begun.nonce(&app.token);
    let claims = claims(openid, &metadata, &tokens, &nonce).await?;
    if !openid.ended.is_first(&state, now) {
        return Err(Fault::NotBegun);
    }
    let mut said = claims.said;
    if said.email.is_none() {
        said = openid.provider.more_of(&metadata, &tokens, said).await?;
    }
    let user = admission::user_of(app, &openid.settings, &said).await?;
    Ok(signed_in_user(app, headers, &user).await?)
}

/// A browser that was sent to two providers must not give the code of one to the other (RFC 9207).
fn check_sender(openid: &OpenId, metadata: &Metadata, query: &str) -> Result<(), Fault> {
    match field(query.as_bytes(), "iss") {
        Some(sender) if sender == openid.settings.issuer => Ok(()),
        None if !metadata.authorization_response_iss_parameter_supported => Ok(()),
        _ => Err(Fault::OtherProvider),
    }
}

/// What the ID token says, by the keys that are known or by those that there are now.
async fn claims(
    openid: &OpenId,
    metadata: &Metadata,
    tokens: &Tokens,
    nonce: &str,
) -> Result<Claims, Fault> {
    let expected = Expected {
        issuer: &openid.settings.issuer,
        client_id: &openid.settings.client_id,
        nonce,
    };
    let keys = openid.provider.keys(metadata, true).await?;
    match believed(&tokens.id_token, &keys, &expected) {
        Err(why) if why.may_be_old_keys() => {
            let keys = openid.provider.keys(metadata, false).await?;
            believed(&tokens.id_token, &keys, &expected)
        }
        other => other,
    }
    .map_err(Fault::NotBelieved)
}

/// Where the provider sends the browser back to. The name that a request was sent to was looked at before.
fn redirect(app: &App, openid: &OpenId, headers: &HeaderMap) -> String {
    const PATH: &str = "login/openid/callback";
    if let Some(public) = &openid.settings.public_url {
        return format!("{}/{PATH}", public.trim_end_matches('/'));
    }
    let scheme = if cookies::by_https(app, headers) {
        "https"
    } else {
        "http"
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    format!(
        "{scheme}://{}{}",
        host.unwrap_or_default(),
        app.base.join(PATH)
    )
}

fn cookie_name(headers: &HeaderMap) -> String {
    format!("{}-openid", cookies::sign_in_name(headers))
}

fn cookie(app: &App, headers: &HeaderMap, value: &str, seconds: i64) -> HeaderValue {
    let cookie = Cookie {
        name: &cookie_name(headers),
        value,
        max_age_seconds: Some(seconds),
        hidden: true,
    };
    cookies::set(app, headers, &cookie)
}

/// What the person reads, with the cause for whoever they tell of it.
fn fault_page(app: &App, fault: &Fault, next: &str) -> Response {
    let (what, advice) = fault.said();
    let mut cause = fault.to_string();
    let mut source = fault.source();
    while let Some(error) = source {
        cause.extend([": ", &error.to_string()]);
        source = error.source();
    }
    if fault.status().is_server_error() {
        tracing::warn!(?cause, "nobody was signed in");
    } else {
        tracing::info!(?cause, "nobody was signed in");
    }
    let again = if fault.may_be_tried_again() {
        let address = escaped(&start_address(app, next));
        format!("<p><a href=\"{address}\">Sign in again</a></p>")
    } else {
        String::new()
    };
    let content = format!(
        "<h1>Not signed in</h1><p role=\"alert\">{}</p><p>{}</p>{again}<p class=\"hint\">{}</p>",
        escaped(&what),
        escaped(advice),
        escaped(&cause)
    );
    page(app, fault.status(), &content)
}
