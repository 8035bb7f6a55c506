//! Errors as Jupyter's clients see them: `{"message", "reason"}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JupyterError {
    status: StatusCode,
    message: String,
    reason: Option<String>,
}

pub(crate) type JupyterResult<T> = Result<T, JupyterError>;

impl JupyterError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            reason: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// A part of the server broke off; what it said is for its log only.
    pub(crate) fn broken(error: &(impl std::error::Error + 'static)) -> Self {
        let error: &(dyn std::error::Error + 'static) = error;
        tracing::error!(error, "a part of the server broke off");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// With a short reason that programs compare: `bad type`, `bad format`.
    #[must_use]
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

impl IntoResponse for JupyterError {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!("{}", self.message);
        }
        let body = json!({"message": self.message, "reason": self.reason});
        (self.status, Json(body)).into_response()
    }
}
