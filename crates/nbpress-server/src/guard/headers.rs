//! What every answer says to browsers, whoever wrote it.

use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;

use crate::App;
use crate::base_url::BaseUrl;
use crate::guard::cookies::{self, Cookie};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// What pages may do: be framed by our own only, and report what they tried (Jupyter's own policy).
pub(crate) fn policy(base: &BaseUrl) -> String {
    let report = base.join("api/security/csp-report");
    format!("frame-ancestors 'self'; report-uri {report}")
}

/// The policy of what users wrote: its scripts run as nobody, apart from us.
pub(crate) fn sandboxed(base: &BaseUrl) -> HeaderValue {
    text(&format!("{}; sandbox allow-scripts", policy(base)))
}

/// What is known of a request when its answer is dressed.
#[derive(Debug)]
pub(crate) struct Dress {
    method: Method,
    route: Option<MatchedPath>,
    for_programs: bool,
    /// What decides about cookies, where the browser has no readable one yet.
    without_xsrf: Option<HeaderMap>,
}

impl Dress {
    pub(crate) fn of(app: &App, request: &Request) -> Self {
        let path = request.uri().path();
        let headers = request.headers();
        let needs_xsrf = app.jupyter.is_some() && cookies::value(headers, cookies::XSRF).is_none();
        Self {
            method: request.method().clone(),
            route: request.extensions().get().cloned(),
            for_programs: path.starts_with("/api") || path.starts_with("/v1/"),
            without_xsrf: needs_xsrf.then(|| headers.clone()),
        }
    }

    /// Adds to an answer what it does not say itself.
    pub(crate) fn on(self, app: &App, mut response: Response) -> Response {
        let status = response.status();
        let route = self.route.as_ref().map(MatchedPath::as_str);
        app.requests.count(&self.method, route, status);
        let headers = response.headers_mut();
        if let Some(asked) = &self.without_xsrf
            && is_page(headers)
        {
            headers.append(SET_COOKIE, xsrf(app, asked));
        }
        let mut say = |name: HeaderName, value: &dyn Fn() -> HeaderValue| {
            headers.entry(name).or_insert_with(value);
        };
        say(X_CONTENT_TYPE_OPTIONS, &|| {
            HeaderValue::from_static("nosniff")
        });
        say(REFERRER_POLICY, &|| HeaderValue::from_static("no-referrer"));
        say(CROSS_ORIGIN_RESOURCE_POLICY, &|| {
            HeaderValue::from_static("same-origin")
        });
        say(CONTENT_SECURITY_POLICY, &|| {
            let policy = policy(&app.base);
            if self.for_programs {
                text(&format!("{policy}; default-src 'none'"))
            } else {
                text(&policy)
            }
        });
        response
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn xsrf(app: &App, asked: &HeaderMap) -> HeaderValue {
    let value = uuid::Uuid::new_v4().simple().to_string();
    let cookie = Cookie {
        name: cookies::XSRF,
        value: &value,
        max_age_seconds: None,
        hidden: false,
    };
    cookies::set(app, asked, &cookie)
}

fn text(text: &str) -> HeaderValue {
    // A base that no header can carry: then nothing is allowed at all.
    HeaderValue::from_str(text)
        .unwrap_or_else(|_| HeaderValue::from_static("sandbox; default-src 'none'"))
}
