//! Where a browser may be sent: a path of this server, and nothing that a browser could read as another host.

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::base_url::BaseUrl;

/// The address asked for where it is a path beneath the base, and the base itself where it is not.
///
/// Browsers read `\` as `/`, take control characters out before they look, and `//host` as another host
/// (<https://url.spec.whatwg.org/#url-parsing>): so the path has to begin with the base, and with one slash.
pub(crate) fn same_origin_path(base: &BaseUrl, wanted: &str) -> String {
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    let plain = wanted
        .chars()
        .all(|letter| letter.is_ascii_graphic() && letter != '\\' && letter != '"');
    let rooted = path.starts_with('/') && !path.starts_with("//");
    let beneath = rooted && base.strip(path).is_some_and(|rest| rest.starts_with('/'));
    if plain && beneath {
        wanted.to_owned()
    } else {
        base.path().to_owned()
    }
}

/// Sends a browser to an address of this server: 302, which is what Jupyter's clients look for.
pub(crate) fn found(base: &BaseUrl, wanted: &str) -> Response {
    let address = same_origin_path(base, wanted);
    let address = HeaderValue::from_str(&address).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::FOUND, [(LOCATION, address)]).into_response()
}

/// A path with its query, and without the token that may be in that.
pub(crate) fn without_token(uri: &Uri) -> String {
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("token"))
        .collect();
    if kept.is_empty() {
        return uri.path().to_owned();
    }
    format!("{}?{}", uri.path(), kept.join("&"))
}

#[cfg(test)]
mod tests;
