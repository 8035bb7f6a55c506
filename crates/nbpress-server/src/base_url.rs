//! What the path of every request begins with, where a server shares its address with others.

use std::borrow::Cow;

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::App;
use crate::guard;
use crate::jupyter::JupyterError;

/// A path that begins and ends with `/`, compared by what it means: `/a%40b/` and `/a@b/` are the same.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    path: String,
    segments: Vec<String>,
}

impl BaseUrl {
    /// `team`, `/team` and `/team/` are the same.
    pub(crate) fn new(text: &str) -> Self {
        let segments: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        let mut path = String::from("/");
        for segment in &segments {
            path.extend([segment, "/"]);
        }
        Self {
            path,
            segments: segments
                .iter()
                .map(|part| decoded(part).into_owned())
                .collect(),
        }
    }

    /// The path itself, as it was given; it begins and ends with `/`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A path of this server as clients have to write it.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{}", self.path, path.trim_start_matches('/'))
    }

    /// What comes after the base, beginning with `/`; `None` for a path that is not beneath it.
    pub(crate) fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let mut rest = path;
        for expected in &self.segments {
            let after = rest.strip_prefix('/')?;
            let end = after.find('/').unwrap_or(after.len());
            let (segment, following) = after.split_at(end);
            if decoded(segment) != *expected {
                return None;
            }
            rest = following;
        }
        Some(if rest.is_empty() { "/" } else { rest })
    }
}

/// Takes the base off a request's path. The product API is found without it too: its clients know one address.
pub(crate) async fn strip_base(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let Some(rest) = app.base.strip(path) else {
        return match path {
            _ if path.starts_with("/v1/") => next.run(request).await,
            "/" => guard::found(&app.base, app.base.path()),
            _ => JupyterError::not_found("Not Found").into_response(),
        };
    };
    if rest.len() != path.len() {
        match moved(request.uri(), rest) {
            Some(uri) => *request.uri_mut() = uri,
            None => return JupyterError::bad_request("Bad Request").into_response(),
        }
    }
    next.run(request).await
}

fn moved(uri: &Uri, path: &str) -> Option<Uri> {
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

/// A segment of a path with its `%XX` replaced; what is no UTF-8 then becomes U+FFFD.
pub(crate) fn decoded(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| hex::decode(digits).ok());
        if let Some(&[byte]) = hex.as_deref() {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_compared_by_what_they_mean() {
        for (base, path, expected) in [
            ("/", "/api", Some("/api")),
            ("", "/", Some("/")),
            ("/a%40b/", "/a%40b/api", Some("/api")),
            ("/a%40b", "/a@b/api", Some("/api")),
            ("/a@b/", "/a%40b/", Some("/")),
            ("/a@b/", "/a@b", Some("/")),
            ("/a/b/", "/a/b/c/d", Some("/c/d")),
            ("/a/b/", "/a/bc/d", None),
            ("/a/", "//a/x", None),
            ("/a/", "/api", None),
            ("/a/", "/a//x", Some("//x")),
        ] {
            assert_eq!(BaseUrl::new(base).strip(path), expected, "{base} {path}");
        }
        assert_eq!(BaseUrl::new("a/b").join("/login"), "/a/b/login");
        assert_eq!(BaseUrl::new("/").join("login"), "/login");
    }
}
