//! Bodies of Jupyter's requests: JSON, whatever the client says it is.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::jupyter::JupyterError;

/// A body of JSON; `null` where there is none.
#[derive(Debug)]
pub(crate) struct JupyterBody<T>(pub(crate) T);

impl<S, T> FromRequest<S> for JupyterBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = JupyterError;

    async fn from_request(request: Request, state: &S) -> Result<Self, JupyterError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| JupyterError::new(error.status(), error.body_text()))?;
        let empty = bytes.iter().all(u8::is_ascii_whitespace);
        let bytes: &[u8] = if empty { b"null" } else { &bytes };
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|error| JupyterError::bad_request(format!("Invalid JSON in body: {error}")))
    }
}
