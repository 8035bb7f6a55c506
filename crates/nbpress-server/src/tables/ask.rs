//! A question to a table: on a thread of its own kind, few at once, for a limited time, and only while somebody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use nbpress_tables::{Table, TableError};
use tokio::sync::Semaphore;

use crate::error::{ApiError, ApiResult};

/// A table in memory can take a gigabyte, and a sort all of a core.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// How long a question may wait and work.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a table and answers one question. When the caller goes away, the work ends at the next batch of rows.
pub(crate) async fn ask<T: Send + 'static>(
    open: impl FnOnce() -> Result<Table, TableError> + Send + 'static,
    question: impl FnOnce(&Table) -> Result<T, TableError> + Send + 'static,
) -> ApiResult<T> {
    let waits = Waits(Arc::default());
    let stop = Arc::clone(&waits.0);
    let work = async {
        let permit = AT_ONCE.acquire().await;
        // It ends with the work, which can be after the caller has gone.
        let work = move || {
            let _permit = permit;
            question(&open()?.until(stop))
        };
        tokio::task::spawn_blocking(work).await
    };
    let Ok(done) = tokio::time::timeout(PATIENCE, work).await else {
        return Err(refused(&TableError::Stopped));
    };
    let broken = || {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        ApiError::new(status, "table", "the work on the table broke off")
    };
    done.map_err(|_| broken())?.map_err(|error| refused(&error))
}

/// Somebody who waits for an answer.
struct Waits(Arc<AtomicBool>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(super) fn refused(error: &TableError) -> ApiError {
    let (status, code) = match error {
        TableError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "too_slow"),
        TableError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        error if error.is_question() => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        TableError::Io(_) => (StatusCode::INTERNAL_SERVER_ERROR, "table"),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "table"),
    };
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    let message = format!("{error}{}", cause.unwrap_or_default());
    ApiError::new(status, code, message).hint(error.hint())
}
