//! What a log has of each request: who asked for which route, how it ended and how long that took. Never an
//! address with its query, never a header but the request's id, never a body.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use nbpress_trace::{Kind, Span, TraceContext, Tracer};
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::App;
use crate::guard::Who;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a client.
const LONGEST_ID: usize = 64;

/// A request that takes longer is worth a line.
const SLOW: Duration = Duration::from_secs(1);

/// Routes that answer when there is something to say.
const WAITING: &[&str] = &["/v1/worker/news"];

/// Puts everything that is logged for a request into one span, and logs how it ended.
pub(crate) async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let traced = app
        .tracer
        .get()
        .and_then(|tracer| Traced::begin(tracer, &mut request));
    let id = id(request.headers());
    let route: Option<MatchedPath> = request.extensions().get().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let method = known(request.method());
    let logged = tracing::info_span!(
        "request",
        request = id,
        method,
        route,
        user = Empty,
        trace = Empty
    );
    if let Some(traced) = &traced {
        logged.record("trace", traced.context.trace_id());
    }
    let mut response = next.run(request).instrument(logged.clone()).await;
    let status = response.status();
    let took = begun.elapsed();
    app.requests.took(route, took);
    if let Some(traced) = traced {
        traced.end(method, route, status);
    }
    logged.in_scope(|| {
        let (status, ms) = (status.as_u16(), took.as_secs_f64() * 1000.0);
        let ms = (ms * 10.0).round() / 10.0;
        if status >= 500 {
            tracing::error!(status, ms, "a request failed");
        } else if took > SLOW && !WAITING.contains(&route) {
            tracing::warn!(status, ms, "a request was slow");
        } else {
            tracing::debug!(status, ms, "answered");
        }
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A request that is traced.
struct Traced {
    tracer: Tracer,
    parent: Option<TraceContext>,
    context: TraceContext,
    began: Timestamp,
}

impl Traced {
    /// The request's header names it from now on: what a handler hands on of the trace is part of the request.
    fn begin(tracer: &Tracer, request: &mut Request) -> Option<Self> {
        let parent = trace_of(request.headers());
        let context = tracer.begin(parent.as_ref())?;
        let header = HeaderValue::from_str(&context.to_string()).ok()?;
        request.headers_mut().insert(TraceContext::HEADER, header);
        Some(Self {
            tracer: tracer.clone(),
            parent,
            context,
            began: Timestamp::now(),
        })
    }

    fn end(self, method: &str, route: &str, status: StatusCode) {
        let attributes = vec![
            ("http.request.method", method.into()),
            ("http.route", route.into()),
            (
                "http.response.status_code",
                i64::from(status.as_u16()).into(),
            ),
        ];
        self.tracer.record(Span {
            context: self.context,
            parent: self.parent,
            name: format!("{method} {route}"),
            kind: Kind::Server,
            began: self.began,
            ended: Timestamp::now(),
            attributes,
            failure: status
                .is_server_error()
                .then(|| status.as_u16().to_string()),
        });
    }
}

/// Where a request is in a trace, as its client says.
pub(crate) fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    let header = headers.get(TraceContext::HEADER)?.to_str().ok()?;
    TraceContext::parse(header)
}

/// Adds who asks, once the guard knows.
pub(crate) async fn name_user(request: Request, next: Next) -> Response {
    if let Some(who) = request.extensions().get::<Who>() {
        tracing::Span::current().record("user", who.name());
    }
    next.run(request).await
}

/// Strangers choose methods, too.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The client's own id where it is one that is safe to show everywhere, or a new one.
fn id(headers: &HeaderMap) -> String {
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let given = headers.get(REQUEST_ID).map(HeaderValue::as_bytes);
    let given = given.filter(|id| (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(safe));
    given.map_or_else(
        || uuid::Uuid::now_v7().simple().to_string(),
        |id| String::from_utf8_lossy(id).into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_clients_where_it_is_safe() {
        let long = "x".repeat(65);
        for (given, kept) in [
            (Some("a-1_B.2"), true),
            (Some(""), false),
            (Some("a b"), false),
            (Some("a\u{1b}[31m"), false),
            (Some("{\"x\":1}"), false),
            (Some(long.as_str()), false),
            (None, false),
        ] {
            let mut headers = HeaderMap::new();
            let given = given.map(|id| HeaderValue::from_bytes(id.as_bytes()));
            let Some(Ok(given)) = given else {
                assert_eq!(id(&headers).len(), 32);
                continue;
            };
            headers.insert(REQUEST_ID, given.clone());
            let id = id(&headers);
            assert_eq!(id.as_bytes() == given.as_bytes(), kept, "{given:?}");
            assert_eq!(id.len() == 32, !kept, "{given:?}");
        }
    }
}
