//! A question to a table: on a thread of its own kind, few at once, for a limited time, and only while somebody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use nbpress_tables::{Orders, Table, TableError};
use tokio::sync::Semaphore;

use crate::error::{ApiError, ApiResult};

/// A table in memory can take a gigabyte, and a sort all of a core.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// How long a question may wait and work.
const PATIENCE: Duration = Duration::from_secs(30);

/// For how long an order of rows that nobody asks for is kept.
const KEPT: Duration = Duration::from_mins(2);
/// Orders of the tables that people go through at this moment: each page of a sorted table would have to sort it anew.
pub(super) static ORDERS: Orders = Orders::new(64 << 20, KEPT);
/// Whether somebody sees to it that they are forgotten.
static IS_SEEN_TO: AtomicBool = AtomicBool::new(false);

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
    see_to_orders();
    done.map_err(|_| broken())?.map_err(|error| refused(&error))
}

/// Has what is kept forgotten in time, also where nobody asks for anything again.
fn see_to_orders() {
    if IS_SEEN_TO.swap(true, Ordering::Relaxed) {
        return;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "nobody waits for it, and it ends with the runtime"
    )]
    tokio::spawn(async {
        let _until_the_end = SeesTo;
        tokio::time::sleep(KEPT).await;
        while ORDERS.forget_unused() {
            tokio::time::sleep(KEPT).await;
        }
    });
}

/// Whoever sees to the orders. Ends with its runtime, of which a program may have several.
struct SeesTo;

impl Drop for SeesTo {
    fn drop(&mut self) {
        IS_SEEN_TO.store(false, Ordering::Relaxed);
    }
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
