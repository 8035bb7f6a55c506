//! What those hear who may not pass, each in the form they read.

use axum::extract::Request;
use axum::http::header::{ACCEPT, UPGRADE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::App;
use crate::error::ApiError;
use crate::guard::{found, without_token};
use crate::jupyter::JupyterError;

/// Why somebody may not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server is not called that.
    Host(String),
    /// A page of another origin asks.
    OtherOrigin,
    /// Nothing shows that it was one of our pages that asked.
    Forgery,
    /// Nobody said who they are.
    Nobody,
    /// The token is not ours.
    Invalid,
    /// A sign-in could not be written down.
    NotKept,
}

impl Refusal {
    /// Answers programs of the product in its form, those of Jupyter in theirs, and shows a person where to sign in.
    pub(crate) fn answer(self, app: &App, request: &Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/v1/") || app.jupyter.is_none() {
            return self.for_product().into_response();
        }
        let unknown = matches!(self, Self::Nobody | Self::Invalid);
        if unknown && wants_page(request) {
            let address = app.base.join(&without_token(request.uri()));
            let next: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
            return found(&app.base, &app.base.join(&format!("login?next={next}")));
        }
        self.for_jupyter().into_response()
    }

    fn for_product(self) -> ApiError {
        let (status, code) = match self {
            Self::Host(_) => (StatusCode::MISDIRECTED_REQUEST, "host"),
            Self::OtherOrigin | Self::Forgery => (StatusCode::FORBIDDEN, "cross_origin"),
            Self::Nobody | Self::Invalid => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::NotKept => (StatusCode::INTERNAL_SERVER_ERROR, "sign_in"),
        };
        ApiError::new(status, code, self.message()).hint(self.hint())
    }

    fn for_jupyter(self) -> JupyterError {
        match self {
            Self::Host(_) => JupyterError::new(StatusCode::MISDIRECTED_REQUEST, self.message()),
            Self::Nobody | Self::Invalid => JupyterError::new(StatusCode::FORBIDDEN, "Forbidden"),
            Self::OtherOrigin | Self::Forgery => {
                JupyterError::new(StatusCode::FORBIDDEN, self.message())
            }
            Self::NotKept => JupyterError::new(StatusCode::INTERNAL_SERVER_ERROR, self.message()),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Host(name) => format!("this server is not called `{name}`"),
            Self::OtherOrigin => "a page of another origin may not do this".to_owned(),
            Self::Forgery => "nothing shows that a page of this server asks".to_owned(),
            Self::Nobody => "this needs a token".to_owned(),
            Self::Invalid => "the token is not valid".to_owned(),
            Self::NotKept => "the sign-in could not be kept".to_owned(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Host(_) => Some("start it with `--host-name NAME`".to_owned()),
            Self::Nobody | Self::Invalid => Some("send `Authorization: Bearer TOKEN`".to_owned()),
            Self::Forgery => Some("send the `_xsrf` cookie as `X-XSRFToken`".to_owned()),
            Self::OtherOrigin | Self::NotKept => None,
        }
    }
}

/// Whether a person's browser asks for something to look at, which can be sent elsewhere.
pub(crate) fn wants_page(request: &Request) -> bool {
    let headers = request.headers();
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let path = request.uri().path();
    let program = path == "/api" || path.starts_with("/api/") || path.starts_with("/v1/");
    let html = headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    reads && html && !program && !headers.contains_key(UPGRADE)
}
