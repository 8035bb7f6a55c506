//! Who did what, and SQL over what there was.

use axum::Json;
use axum::extract::State;
use nbpress_runs::store::{AuditEntry, AuditReport, QueryLimits, QueryResult};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(verify))
        .routes(routes!(sql))
}

/// Changes, oldest first.
#[utoipa::path(get, path = "/v1/audit", params(("after" = Option<i64>, Query), ("object" = Option<String>, Query),
        ("limit" = Option<i64>, Query)),
    responses((status = 200, body = Vec<AuditEntry>)))]
async fn list(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<Vec<AuditEntry>>> {
    let after: i64 = query.read("after")?.unwrap_or(0);
    let limit: i64 = query.read("limit")?.unwrap_or(200);
    let object = query.take("object");
    query.finish("after, object, limit")?;
    if !(1..=1000).contains(&limit) {
        return Err(ApiError::invalid(
            "limit",
            format!("`{limit}` is not between 1 and 1000"),
        ));
    }
    Ok(Json(match object {
        Some(object) => app.store.audit_of(&object).await?,
        None => app.store.audit_after(after, limit).await?,
    }))
}

/// Computes the chain of all changes again.
#[utoipa::path(get, path = "/v1/audit/verify", responses((status = 200, body = AuditReport)))]
async fn verify(State(app): State<App>) -> ApiResult<Json<AuditReport>> {
    Ok(Json(app.store.verify_audit().await?))
}

/// A question.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlRequest {
    /// One `SELECT` over the views `runs`, `params`, `scraps` and `cells`.
    pub sql: String,
}

/// Answers read-only SQL, within limits of rows, bytes and time.
#[utoipa::path(post, path = "/v1/sql", request_body = SqlRequest,
    responses((status = 200, body = QueryResult), (status = 422, body = ErrorBody)))]
async fn sql(
    State(app): State<App>,
    Body(request): Body<SqlRequest>,
) -> ApiResult<Json<QueryResult>> {
    Ok(Json(
        app.store
            .query(&request.sql, QueryLimits::default())
            .await?,
    ))
}
