//! From where a request comes: the name of the server, the page that asks, and what only our own pages know.

use axum::http::header::{HOST, HeaderName, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method};

use crate::App;
use crate::guard::refusal::Refusal;
use crate::guard::{cookies, credentials};

/// A page of a stranger can make its own name point to us; it cannot make the browser send ours.
pub(crate) fn check_host(app: &App, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = text(headers, &HOST).unwrap_or_default();
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
    Err(Refusal::Host(name.to_owned()))
}

/// Only pages of this server may change anything or open a WebSocket
/// (<https://www.w3.org/TR/fetch-metadata/>). Programs say nothing of pages.
pub(crate) fn check_site(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    if is_safe(method) && !headers.contains_key(UPGRADE) {
        return Ok(());
    }
    let site = site(headers);
    let foreign_site = site.is_some_and(|site| !["same-origin", "none"].contains(&site));
    if foreign_site || !origin_is_ours(headers) {
        return Err(Refusal::OtherOrigin);
    }
    Ok(())
}

/// An origin that is there has to be ours, to the letter; `null` is that of anybody's sandbox.
fn origin_is_ours(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    let host = text(headers, &HOST).unwrap_or_default();
    let ours = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .is_some_and(|(scheme, origin)| {
            ["http", "https"].contains(&scheme) && origin == host && !host.is_empty()
        });
    ours && origins.next().is_none()
}

/// A browser sends the cookie by itself, whoever wrote the page: what it was sent with must show that it was one
/// of ours.
pub(crate) fn check_forgery(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let site = site(headers);
    if is_safe(method) {
        let asked = site.is_none_or(|site| ["same-origin", "none"].contains(&site));
        let followed = headers
            .get("sec-fetch-mode")
            .is_some_and(|mode| mode == "navigate");
        return if asked || followed {
            Ok(())
        } else {
            Err(Refusal::OtherOrigin)
        };
    }
    let ours = site == Some("same-origin") || headers.contains_key(ORIGIN);
    if ours || submitted_twice(headers) {
        return Ok(());
    }
    Err(Refusal::Forgery)
}

/// Pages of others can neither read our cookie nor set a header.
fn submitted_twice(headers: &HeaderMap) -> bool {
    let sent = headers
        .get("x-xsrftoken")
        .and_then(|value| value.to_str().ok());
    match (sent, cookies::value(headers, cookies::XSRF)) {
        (Some(sent), Some(known)) => !known.is_empty() && credentials::same(sent, known),
        _ => false,
    }
}

fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

fn site(headers: &HeaderMap) -> Option<&str> {
    // What cannot be read is not ours.
    headers
        .get("sec-fetch-site")
        .map(|value| value.to_str().unwrap_or("cross-site"))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
