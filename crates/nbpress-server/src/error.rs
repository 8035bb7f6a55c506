//! Errors as clients see them: a status, and `{"error": {"code", "message", "field", "hint"}}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nbpress_record::RecordError;
use nbpress_runs::{Invalid, StoreError};
use nbpress_scheduler::records::RecordsError;
use nbpress_scheduler::snapshot::SnapshotError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::jupyter::JupyterError;
use crate::view::{Failed, failed};

/// What went wrong with a request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A stable word for programs.
    pub code: String,
    /// What happened.
    pub message: String,
    /// The part of the request it is about, as a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The body of every answer that is an error.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: Problem,
}

/// An answer that is an error.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    problem: Box<Problem>,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            problem: Box::new(Problem {
                code: code.to_owned(),
                message: message.into(),
                field: None,
                hint: None,
            }),
        }
    }

    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message).at(field)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(crate) fn message(&self) -> &str {
        &self.problem.message
    }

    /// For a person who reads a page.
    pub(crate) fn into_page(self) -> Failed {
        let hint = self.problem.hint.map(|hint| format!("\n{hint}"));
        let message = format!("{}{}", self.problem.message, hint.unwrap_or_default());
        failed(self.status, message)
    }

    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.problem.field = Some(field.into());
        self
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.problem.hint = hint;
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(code = self.problem.code, "{}", self.problem.message);
        }
        let body = ErrorBody {
            error: *self.problem,
        };
        (self.status, Json(body)).into_response()
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.field, invalid.message).hint(invalid.hint)
    }
}

impl From<JupyterError> for ApiError {
    fn from(error: JupyterError) -> Self {
        let code = if error.status() == StatusCode::NOT_FOUND {
            "not_found"
        } else {
            "jupyter"
        };
        Self::new(error.status(), code, error.message())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Invalid(invalid) => invalid.into(),
            StoreError::NotFound { .. } => Self::not_found(error.to_string()),
            StoreError::Conflict { code, message } => {
                Self::new(StatusCode::CONFLICT, code, message)
            }
            error if error.is_passing() => {
                let message = format!("{error}: {}", cause(&error));
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "database_away", message)
                    .hint(Some("try again in a moment".to_owned()))
            }
            error => {
                let message = format!("{error}: {}", cause(&error));
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "database", message)
            }
        }
    }
}

impl From<SnapshotError> for ApiError {
    fn from(error: SnapshotError) -> Self {
        let message = format!("{error}: {}", cause(&error));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "snapshot", message.trim_end_matches(": "))
            .at("source")
            .hint(error.hint())
    }
}

impl From<RecordsError> for ApiError {
    fn from(error: RecordsError) -> Self {
        let message = format!("{error}: {}", cause(&error));
        match error {
            RecordsError::Record(error) => error.into(),
            RecordsError::Storage(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "archive_away", message)
                    .hint(Some("try again in a moment".to_owned()))
            }
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "record", message),
        }
    }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NotFound { .. } => Self::not_found("its record is not here"),
            error => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "record",
                format!("{error}: {}", cause(&error)),
            ),
        }
    }
}

/// Everything that led to an error, from above to the bottom.
fn cause(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}
