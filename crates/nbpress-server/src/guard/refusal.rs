//! What those hear who may not pass, each in the form they read.

use axum::http::header::{ACCEPT, UPGRADE};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use nbpress_runs::Permission;

use crate::App;
use crate::error::ApiError;
use crate::guard::who::{Who, forbidden};
use crate::guard::{found, guest, without_token};
use crate::jupyter::JupyterError;
use crate::view::{failed, shown_failure};

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
    /// The database cannot say who somebody is.
    Away,
    /// Somebody is known, and may not.
    Forbidden {
        name: String,
        needs: Permission,
        workspace: String,
    },
    /// Somebody may not know whether there is such a thing.
    Hidden { what: &'static str, name: String },
    /// The link to it has ended.
    Over,
}

impl Refusal {
    pub(super) fn forbidden(who: &Who, needs: Permission, workspace: &str) -> Self {
        Self::Forbidden {
            name: who.name().to_owned(),
            needs,
            workspace: workspace.to_owned(),
        }
    }

    /// Answers programs of the product in its form, those of Jupyter in theirs, and shows a person where to sign in.
    pub(super) fn answer(self, app: &App, parts: &Parts) -> Response {
        let path = parts.uri.path();
        if self == Self::Over {
            return self.on_page();
        }
        if path.starts_with("/v1/") || app.jupyter.is_none() {
            return self.for_product().into_response();
        }
        let page = wants_page(parts);
        let unknown = matches!(self, Self::Nobody | Self::Invalid);
        if unknown && page {
            let address = app.base.join(&without_token(&parts.uri));
            let next: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
            return found(&app.base, &app.base.join(&format!("login?next={next}")));
        }
        if page && matches!(self, Self::Forbidden { .. } | Self::Hidden { .. }) {
            return self.on_page();
        }
        self.for_jupyter().into_response()
    }

    /// For a person who looks at a page.
    pub(super) fn on_page(self) -> Response {
        if self == Self::Over {
            return shown_failure(failed(StatusCode::GONE, guest::OVER), "");
        }
        shown_failure(self.for_product().into_page(), "")
    }

    fn for_product(self) -> ApiError {
        let (status, code) = match &self {
            Self::Forbidden {
                name,
                needs,
                workspace,
            } => return forbidden(name, *needs, workspace),
            Self::Host(_) => (StatusCode::MISDIRECTED_REQUEST, "host"),
            Self::OtherOrigin | Self::Forgery => (StatusCode::FORBIDDEN, "cross_origin"),
            Self::Nobody | Self::Invalid => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::NotKept => (StatusCode::INTERNAL_SERVER_ERROR, "sign_in"),
            Self::Away => (StatusCode::SERVICE_UNAVAILABLE, "database_away"),
            Self::Hidden { .. } => (StatusCode::NOT_FOUND, "not_found"),
            Self::Over => (StatusCode::GONE, "expired"),
        };
        ApiError::new(status, code, self.message()).hint(self.hint())
    }

    fn for_jupyter(self) -> JupyterError {
        let status = match self {
            // Jupyter's clients compare this word.
            Self::Nobody | Self::Invalid => {
                return JupyterError::new(StatusCode::FORBIDDEN, "Forbidden");
            }
            Self::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::OtherOrigin | Self::Forgery | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NotKept => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Away => StatusCode::SERVICE_UNAVAILABLE,
            Self::Hidden { .. } => StatusCode::NOT_FOUND,
            Self::Over => StatusCode::GONE,
        };
        JupyterError::new(status, self.message())
    }

    fn message(&self) -> String {
        match self {
            Self::Host(name) => format!("this server is not called `{name}`"),
            Self::OtherOrigin => "a page of another origin may not do this".to_owned(),
            Self::Forgery => "nothing shows that a page of this server asks".to_owned(),
            Self::Nobody => "this needs a token".to_owned(),
            Self::Invalid => "the token is not valid".to_owned(),
            Self::NotKept => "the sign-in could not be kept".to_owned(),
            Self::Away => "the database cannot be asked who this is".to_owned(),
            Self::Forbidden {
                name,
                needs,
                workspace,
            } => forbidden(name, *needs, workspace).message().to_owned(),
            Self::Hidden { what, name } => format!("there is no {what} `{name}`"),
            Self::Over => guest::OVER.to_owned(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Host(_) => Some("start it with `--host-name NAME`".to_owned()),
            Self::Nobody | Self::Invalid => Some("send `Authorization: Bearer TOKEN`".to_owned()),
            Self::Forgery => Some("send the `_xsrf` cookie as `X-XSRFToken`".to_owned()),
            Self::Away => Some("try again in a moment".to_owned()),
            _ => None,
        }
    }
}

/// Whether a person's browser asks for something to look at, which can be sent elsewhere.
pub(super) fn wants_page(parts: &Parts) -> bool {
    let headers = &parts.headers;
    let reads = [Method::GET, Method::HEAD].contains(&parts.method);
    let path = parts.uri.path();
    let program = path == "/api" || path.starts_with("/api/") || path.starts_with("/v1/");
    let html = headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    reads && html && !program && !headers.contains_key(UPGRADE)
}
