//! Request bodies and queries, with errors that name the field.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A body of JSON. An empty body is `{}`.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| too_large(&error))?;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        read(bytes).map(Self)
    }
}

/// A body that is not JSON.
#[derive(Debug)]
pub(crate) struct Raw(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|error| too_large(&error))
    }
}

fn too_large(error: &BytesRejection) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = "the body is larger than this request may be";
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).hint(Some(
            "100 MiB for notebooks with their files, 1 MiB else".to_owned(),
        ));
    }
    ApiError::new(error.status(), "body", error.body_text())
}

/// Reads JSON; the error names the field by its path.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_syntax() || inner.is_eof() {
            return ApiError::new(StatusCode::BAD_REQUEST, "not_json", inner.to_string());
        }
        ApiError::invalid(path, inner.to_string())
    })?;
    deserializer
        .end()
        .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, "not_json", error.to_string()))?;
    Ok(value)
}

/// A query's names and values, decoded, in order.
#[derive(Debug)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<Vec<(String, String)>>::from_request_parts(parts, state);
        let query = query
            .await
            .map_err(|error| ApiError::invalid("query", error.body_text()))?;
        Ok(Self(query.0))
    }
}

impl Pairs {
    /// Takes the value of a name out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// Takes a value that is read as something.
    pub(crate) fn read<T>(&mut self, name: &str) -> Result<Option<T>, ApiError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.take(name)
            .map(|text| {
                text.parse()
                    .map_err(|error| ApiError::invalid(name, format!("`{text}`: {error}")))
            })
            .transpose()
    }

    /// Names what nobody asked for.
    pub(crate) fn finish(self, known: &str) -> Result<(), ApiError> {
        match self.0.into_iter().next() {
            Some((name, _)) => {
                let message = format!("there is no filter `{name}`");
                Err(ApiError::invalid(name, message).hint(Some(format!("known are {known}"))))
            }
            None => Ok(()),
        }
    }
}
