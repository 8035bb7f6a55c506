//! A page on its way to a reader, and the page that says why there is none.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use nbpress_format::Notebook;
use nbpress_render::{File, Live, Page, content_security_policy, live_content_security_policy};

/// HTML, whole.
#[derive(Debug)]
pub(super) struct Shown {
    html: String,
    live: Option<Live>,
}

impl Shown {
    pub(super) fn page(html: String) -> Self {
        Self { html, live: None }
    }

    /// A notebook's page, with its script where something in it needs one.
    pub(super) fn notebook(notebook: &Notebook, mut page: Page, live: Option<Live>) -> Self {
        page.options.live = live.filter(|_| nbpress_render::wants_script(notebook));
        Self {
            html: nbpress_render::notebook(notebook, &page),
            live: page.options.live,
        }
    }
}

/// Why nothing is shown, for a person.
#[derive(Debug)]
pub(crate) struct Failed {
    status: StatusCode,
    message: String,
}

pub(super) type ViewResult = Result<Shown, Failed>;

pub(crate) fn failed(status: StatusCode, message: impl Into<String>) -> Failed {
    Failed {
        status,
        message: message.into(),
    }
}

pub(super) fn answer(shown: ViewResult, path: &str) -> Response {
    let (status, html, live) = match shown {
        Ok(shown) => (StatusCode::OK, shown.html, shown.live),
        Err(failed) => (failed.status, sorry(&failed, path), None),
    };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    let policy = match &live {
        Some(live) => live_content_security_policy(live),
        None => content_security_policy(),
    };
    let policy = HeaderValue::from_str(&policy);
    headers.insert(
        CONTENT_SECURITY_POLICY,
        policy.unwrap_or(HeaderValue::from_static("default-src 'none'")),
    );
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The page that says why nothing is shown.
pub(crate) fn shown_failure(failed: Failed, path: &str) -> Response {
    answer(Err(failed), path)
}

fn sorry(failed: &Failed, path: &str) -> String {
    let page = Page {
        title: failed
            .status
            .canonical_reason()
            .unwrap_or("Not shown")
            .to_owned(),
        subtitle: Some(path.to_owned()),
        ..Page::default()
    };
    let file = File {
        name: "",
        // Names and commands in it are between backticks.
        mimetype: Some("text/markdown"),
        bytes: failed.message.as_bytes(),
        size: failed.message.len() as u64,
    };
    nbpress_render::file(&file, &page)
}
