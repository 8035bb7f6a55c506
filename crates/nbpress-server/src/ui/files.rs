//! The files of the UI as answers: their type, how long they may be kept, compressed where that is understood.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse as _, Response};

/// Their names change with their content.
const FOREVER: &str = "private, max-age=31536000, immutable";
const TEXT: &str = "text/plain; charset=utf-8";
/// Of those whose names do not.
const ASK_AGAIN: &str = "no-cache";

/// A page's text.
pub(super) fn text(path: &str) -> Option<&'static str> {
    std::str::from_utf8(nbpress_ui::file(path)?).ok()
}

/// A file that a page names; `None` where there is none.
pub(super) fn answer(path: &str, asked: &HeaderMap) -> Option<Response> {
    let kind = content_type(path)?;
    let bytes = nbpress_ui::file(path)?;
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, lasting(kind)),
        (VARY, "accept-encoding"),
    ];
    let compressed = nbpress_ui::file(&format!("{path}.gz")).filter(|_| takes_gzip(asked));
    Some(match compressed {
        Some(bytes) => (headers, [(CONTENT_ENCODING, "gzip")], bytes).into_response(),
        None => (headers, bytes).into_response(),
    })
}

fn lasting(kind: &str) -> &'static str {
    if kind == TEXT { ASK_AGAIN } else { FOREVER }
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let values = asked.get_all(ACCEPT_ENCODING).iter();
    let mut codings = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|weight| weight.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The types of the files there are; `None` of what is not to be asked for, such as the compressed copies.
fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        // The licences.
        "txt" => Some(TEXT),
        "woff2" => Some("font/woff2"),
        // The page unpacks it, and hands it to a frame: no browser is to take it for a script of ours.
        "library" => Some("application/gzip"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (accepted, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
            ("", false),
        ] {
            let headers = [(ACCEPT_ENCODING, accepted.parse().unwrap())];
            assert_eq!(
                takes_gzip(&HeaderMap::from_iter(headers)),
                expected,
                "{accepted}"
            );
        }
    }

    #[test]
    fn every_file_beneath_ui_has_a_type() {
        let ours = nbpress_ui::paths().filter(|path| path.starts_with("ui/"));
        for path in ours.filter(|path| path.rsplit('.').next() != Some("gz")) {
            assert!(content_type(path).is_some(), "{path}");
        }
    }
}
