//! `/files`: the bytes of any file, for readers and for `<img>` in Markdown; never a page of ours.
//!
//! Whatever it is, it is answered with a policy that takes its origin and its scripts' access away.

use std::collections::BTreeMap;
use std::ops::Range;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream;
use nbpress_contents::{ContentsError, ContentsPath, Entry, Kind, Workspace};

use crate::App;
use crate::jupyter::contents::{escape, unreadable};
use crate::jupyter::{JupyterError, JupyterResult};

/// Read at once.
const PIECE: u64 = 1 << 20;
/// What may be done with bytes that a stranger may have written: its own scripts run, in an origin of nobody and
/// without any network.
const POLICY: &str = "frame-ancestors 'self'; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; \
    style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; font-src data:; \
    sandbox allow-scripts";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/files/{*path}", get(file))
}

async fn file(
    State(app): State<App>,
    method: Method,
    Path(path): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> JupyterResult<Response> {
    let jupyter = app.jupyter.as_ref();
    let jupyter = jupyter.ok_or_else(|| JupyterError::not_found("no folder is served"))?;
    let path = ContentsPath::parse(&path)
        .map_err(|error| JupyterError::not_found(format!("{path:?}: {error}")))?;
    let entry = jupyter.workspace.entry(&path).await;
    let entry = entry.map_err(|error| unreadable(&path, &error))?;
    if entry.kind == Kind::Directory {
        let message = format!("{path} is a directory, not a file");
        return Err(JupyterError::bad_request(message));
    }
    let mut response = answer(&jupyter.workspace, &method, &headers, &entry).await?;
    let asks = query
        .get("download")
        .is_some_and(|download| !download.is_empty());
    describe(response.headers_mut(), &entry, asks);
    Ok(response)
}

/// Whether the client says that it has the bytes with this tag
/// (<https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match>).
pub(crate) fn is_known(headers: &HeaderMap, etag: Option<&str>) -> bool {
    let known = headers.get(IF_NONE_MATCH);
    let known = known.and_then(|known| known.to_str().ok());
    known.is_some_and(|known| {
        known.split(',').any(|known| {
            let known = known.trim();
            known == "*" || Some(known.trim_start_matches("W/")) == etag
        })
    })
}

async fn answer(
    workspace: &Workspace,
    method: &Method,
    headers: &HeaderMap,
    entry: &Entry,
) -> JupyterResult<Response> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let etag = entry.etag.as_ref().map(|etag| format!("\"{etag}\""));
    if is_known(headers, etag.as_deref()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let size = entry.size.unwrap_or_default();
    // A part of other bytes than those the client has would be worse than all of them.
    let same = text(IF_RANGE).is_none_or(|known| Some(known) == etag.as_deref());
    let asked = text(RANGE)
        .filter(|_| same)
        .and_then(|range| parse(range, size));
    let (status, range) = match asked {
        Some(Err(())) => {
            let of = (CONTENT_RANGE, format!("bytes */{size}"));
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [of]).into_response());
        }
        Some(Ok(range)) => (StatusCode::PARTIAL_CONTENT, range),
        None => (StatusCode::OK, 0..size),
    };
    let length = range.end - range.start;
    let mut response = (status, [(CONTENT_LENGTH, length.to_string())]).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let of = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        if let Ok(of) = HeaderValue::from_str(&of) {
            response.headers_mut().insert(CONTENT_RANGE, of);
        }
    }
    if *method != Method::HEAD {
        *response.body_mut() = body(workspace, entry, range).await?;
    }
    Ok(response)
}

/// One range of bytes (RFC 9110, section 14.1.2); none where another unit or several are asked for, which may
/// be answered with everything; an error where there is no such byte.
fn parse(text: &str, size: u64) -> Option<Result<Range<u64>, ()>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    if last.contains(',') {
        return None;
    }
    let range = match (first.trim(), last.trim()) {
        ("", last) => {
            let count: u64 = last.parse().ok()?;
            size.saturating_sub(count)..size
        }
        (first, "") => first.parse().ok()?..size,
        (first, last) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some(if range.start < range.end {
        Ok(range)
    } else {
        Err(())
    })
}

/// The bytes, a piece at a time; a file that changes meanwhile ends the answer, short.
async fn body(workspace: &Workspace, entry: &Entry, range: Range<u64>) -> JupyterResult<Body> {
    let read = async |workspace: &Workspace, path: &ContentsPath, at: u64, end: u64| {
        let piece = at..end.min(at + PIECE);
        workspace.read_range(path, piece).await
    };
    let failed = |error: ContentsError| unreadable(&entry.path, &error);
    if range.is_empty() {
        return Ok(Body::empty());
    }
    let first = read(workspace, &entry.path, range.start, range.end).await;
    let (_, first) = first.map_err(failed)?;
    let at = range.start + first.len() as u64;
    if at >= range.end {
        return Ok(Body::from(first));
    }
    let (workspace, entry) = (workspace.clone(), entry.clone());
    let rest = stream::try_unfold(at, move |at| {
        let (workspace, entry) = (workspace.clone(), entry.clone());
        async move {
            if at >= range.end {
                return Ok::<_, std::io::Error>(None);
            }
            let piece = at..range.end.min(at + PIECE);
            let read = workspace.read_range(&entry.path, piece).await;
            let (now, piece) = read.map_err(std::io::Error::other)?;
            if now.etag != entry.etag || piece.is_empty() {
                return Err(std::io::Error::other("the file has changed"));
            }
            let at = at + piece.len() as u64;
            Ok(Some((piece, at)))
        }
    });
    let first = stream::once(async move { Ok::<Bytes, std::io::Error>(first) });
    Ok(Body::from_stream(futures_util::StreamExt::chain(
        first, rest,
    )))
}

fn describe(headers: &mut HeaderMap, entry: &Entry, download: bool) {
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE, content_type(entry));
    set(ACCEPT_RANGES, "bytes");
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(LAST_MODIFIED, &super::http_date(entry.last_modified));
    // Scripts and pages of other origins may not take it in.
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    set(HeaderName::from_static("x-content-type-options"), "nosniff");
    if let Some(etag) = &entry.etag {
        set(ETAG, &format!("\"{etag}\""));
    }
    if download {
        let name = format!("attachment; filename*=utf-8''{}", escape(&entry.name));
        set(CONTENT_DISPOSITION, &name);
    }
}

fn content_type(entry: &Entry) -> &'static str {
    match (entry.kind, entry.mimetype) {
        (Kind::Notebook, _) => "application/x-ipynb+json",
        (_, Some("text/plain")) => "text/plain; charset=UTF-8",
        (_, Some(mimetype)) => mimetype,
        (_, None) => "application/octet-stream",
    }
}
