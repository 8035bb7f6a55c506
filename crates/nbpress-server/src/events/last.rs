//! Where the chain of changes ends now: a page that loads everything anew follows it from there.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiResult;

/// The end of the chain.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct LastChange {
    /// The place of the newest change, from 1; 0 where there is none.
    pub seq: i64,
}

/// The newest change's place: `/v1/events?after=` it brings what comes then.
#[utoipa::path(get, path = "/v1/events/last", responses((status = 200, body = LastChange)))]
pub(super) async fn last_change(State(app): State<App>) -> ApiResult<Json<LastChange>> {
    let seq = app.store.last_audit().await?;
    Ok(Json(LastChange { seq }))
}
