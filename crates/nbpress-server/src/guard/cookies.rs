//! The two cookies of a browser: who it is, which no script can read, and what only our own pages can read.

use axum::http::header::{COOKIE, HOST};
use axum::http::{HeaderMap, HeaderValue};

use crate::App;

/// The readable cookie that JupyterLab sends back as `X-XSRFToken`.
pub(crate) const XSRF: &str = "_xsrf";

/// The value of a cookie.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    pairs(headers)
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// The values of all cookies whose names begin like this.
pub(super) fn values_of<'a>(headers: &'a HeaderMap, begin: &str) -> Vec<&'a str> {
    pairs(headers)
        .filter(|(known, _)| known.starts_with(begin))
        .map(|(_, value)| value)
        .collect()
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
}

/// The name of the sign-in cookie. Browsers send the cookies of one port to all others of a host, so that two
/// servers of one machine need two names.
pub(crate) fn sign_in_name(headers: &HeaderMap) -> String {
    let host = headers
        .get(HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let plain: String = host
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    format!("nbpress-{plain}")
}

/// The header that sets a cookie beneath the server's base.
pub(crate) fn set(app: &App, headers: &HeaderMap, cookie: &Cookie<'_>) -> HeaderValue {
    let Cookie { name, value, .. } = cookie;
    let mut text = format!("{name}={value}; Path={}; SameSite=Lax", app.base.path());
    if let Some(seconds) = cookie.max_age_seconds {
        text.extend(["; Max-Age=", &seconds.to_string()]);
    }
    if cookie.hidden {
        text += "; HttpOnly";
    }
    if by_https(app, headers) {
        text += "; Secure";
    }
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A cookie to be set.
#[derive(Debug)]
pub(crate) struct Cookie<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    /// None: until the browser is closed.
    pub(crate) max_age_seconds: Option<i64>,
    /// No script can read it.
    pub(crate) hidden: bool,
}

/// This server speaks no TLS itself: only a proxy knows.
pub(super) fn by_https(app: &App, headers: &HeaderMap) -> bool {
    let trusted = app
        .jupyter
        .as_ref()
        .is_some_and(|jupyter| jupyter.trusted_proxy);
    trusted
        && headers
            .get("x-forwarded-proto")
            .is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}
