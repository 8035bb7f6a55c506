//! What workers on other machines ask for: runs, the bytes of snapshots, and room for the records they make.
//!
//! A record is sent in parts while its run is on, checked as a whole, and only then may the end of its attempt
//! be reported: the object before the row.

use std::time::Duration;

use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use nbpress_runs::StoreError;
use nbpress_runs::run::{Claim, Finish};
use nbpress_runs::store::{Beat, ClaimRequest, NewWorker};
use nbpress_scheduler::records::ReplicaError;
use nbpress_scheduler::remote::{Copied, Length, News, Report, Seal};
use nbpress_scheduler::snapshot::SnapshotError;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{Body, Pairs, Raw};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::{App, LARGE, SMALL, now};

/// How long a question for news is held.
const NEWS: Duration = Duration::from_secs(20);
/// Largest part of a journal.
const PART: usize = 8 << 20;
/// Largest value of a record: an output is in the memory of runner, worker and server at some time.
const BLOB: usize = 1 << 30;

pub(crate) fn routes() -> OpenApiRouter<App> {
    let limited = |routes: OpenApiRouter<App>, most| routes.layer(DefaultBodyLimit::max(most));
    let small = OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(beat))
        .routes(routes!(claim))
        .routes(routes!(news))
        .routes(routes!(copied))
        .routes(routes!(object));
    // Both carry the scraps of a run.
    let large = OpenApiRouter::new()
        .routes(routes!(finish))
        .routes(routes!(seal));
    limited(small, SMALL)
        .merge(limited(large, LARGE))
        .merge(limited(OpenApiRouter::new().routes(routes!(journal)), PART))
        .merge(limited(OpenApiRouter::new().routes(routes!(blob)), BLOB))
}

/// A worker introduces itself, and hears what it should have.
#[utoipa::path(post, path = "/v1/worker/register", request_body = NewWorker,
    responses((status = 200, body = Beat), (status = 422, body = ErrorBody)))]
async fn register(State(app): State<App>, Body(worker): Body<NewWorker>) -> ApiResult<Json<Beat>> {
    Ok(Json(app.store.register_worker(&worker, now()).await?))
}

/// A worker says that it is alive, and hears what it should have.
#[utoipa::path(post, path = "/v1/worker/{worker}/beat", params(("worker" = String, Path)),
    responses((status = 200, body = Beat), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn beat(State(app): State<App>, Path(worker): Path<String>) -> ApiResult<Json<Beat>> {
    let beat = app.store.beat(&worker, now()).await;
    Ok(Json(beat.map_err(of_worker)?))
}

/// A worker takes runs, if there are any.
#[utoipa::path(post, path = "/v1/worker/{worker}/claim", params(("worker" = String, Path)),
    request_body = ClaimRequest,
    responses((status = 200, body = Vec<Claim>), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn claim(
    State(app): State<App>,
    Path(worker): Path<String>,
    Body(request): Body<ClaimRequest>,
) -> ApiResult<Json<Vec<Claim>>> {
    let claims = app.store.claim(&worker, &request, now()).await;
    Ok(Json(claims.map_err(of_worker)?))
}

/// A worker that the server does not know has to register, which is not what it asked for.
fn of_worker(error: StoreError) -> ApiError {
    match error {
        StoreError::NotFound { what: "worker", .. } => {
            ApiError::new(StatusCode::NOT_FOUND, "no_worker", error.to_string())
                .hint(Some("register it".to_owned()))
        }
        error => error.into(),
    }
}

/// Waits until there may be something to do: until the count is another one than `seen`, 20 s at most.
#[utoipa::path(get, path = "/v1/worker/news", params(("seen" = Option<u64>, Query)),
    responses((status = 200, body = News), (status = 422, body = ErrorBody)))]
async fn news(State(app): State<App>, mut query: Pairs) -> ApiResult<Json<News>> {
    let seen = query.read("seen")?.unwrap_or(0);
    query.finish("seen")?;
    let news = tokio::time::timeout(NEWS, app.wake.after(seen)).await;
    let count = news.unwrap_or(seen);
    Ok(Json(News { count }))
}

/// A snapshot's manifest by the snapshot's id, or one of the objects it names.
#[utoipa::path(get, path = "/v1/worker/objects/{sha256}", params(("sha256" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = ErrorBody)))]
async fn object(State(app): State<App>, Path(sha256): Path<String>) -> ApiResult<Response> {
    let bytes = app
        .snapshots
        .object(&sha256)
        .await
        .map_err(|error| match error {
            SnapshotError::Missing { .. } | SnapshotError::NotAnId { .. } => {
                ApiError::not_found(error.to_string())
            }
            SnapshotError::Storage { .. } => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                ApiError::new(status, "snapshots_away", error.to_string())
            }
            error => error.into(),
        })?;
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((kind, bytes).into_response())
}

/// What is here of a record that is being sent.
#[utoipa::path(get, path = "/v1/worker/records/{record}", params(("record" = String, Path)),
    responses((status = 200, body = Copied), (status = 422, body = ErrorBody)))]
async fn copied(State(app): State<App>, Path(record): Path<String>) -> ApiResult<Json<Copied>> {
    let (length, blobs) = app.records.copied(&record).await?;
    Ok(Json(Copied { length, blobs }))
}

/// Adds to the copy of a journal what it does not have yet of the body, which begins at `offset`.
#[utoipa::path(put, path = "/v1/worker/records/{record}/journal",
    params(("record" = String, Path), ("offset" = u64, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = Length), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn journal(
    State(app): State<App>,
    Path(record): Path<String>,
    mut query: Pairs,
    Raw(bytes): Raw,
) -> ApiResult<Json<Length>> {
    let offset = query.read("offset")?;
    query.finish("offset")?;
    let offset = offset.ok_or_else(|| ApiError::invalid("offset", "say where the bytes begin"))?;
    let length = app.records.append(&record, offset, bytes).await?;
    Ok(Json(Length { length }))
}

/// Adds a large value to the copy of a record.
#[utoipa::path(put, path = "/v1/worker/records/{record}/blobs/{sha256}",
    params(("record" = String, Path), ("sha256" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = Value), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn blob(
    State(app): State<App>,
    Path((record, sha256)): Path<(String, String)>,
    Raw(bytes): Raw,
) -> ApiResult<Json<Value>> {
    app.records.put_blob(&record, &sha256, bytes).await?;
    Ok(Json(json!({})))
}

/// Closes the copy of a record: every byte is checked.
#[utoipa::path(post, path = "/v1/worker/records/{record}/seal", params(("record" = String, Path)),
    request_body = Seal,
    responses((status = 200, body = Value), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn seal(
    State(app): State<App>,
    Path(record): Path<String>,
    Body(seal): Body<Seal>,
) -> ApiResult<Json<Value>> {
    let manifest = seal.manifest.map(String::into_bytes);
    app.records.seal(&record, &seal.sha256, manifest).await?;
    Ok(Json(json!({})))
}

/// A worker reports how an attempt ended. Its record must be here whole, or in the archive.
#[utoipa::path(post, path = "/v1/worker/{worker}/finish", params(("worker" = String, Path)),
    request_body = Report,
    responses((status = 200, body = Finish), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn finish(
    State(app): State<App>,
    Path(worker): Path<String>,
    Body(report): Body<Report>,
) -> ApiResult<Json<Finish>> {
    if let Some(sha256) = &report.end.record_sha256 {
        if !app.records.holds(&report.record, sha256).await? {
            let message = format!("the record `{}` has not come whole", report.record);
            return Err(ApiError::new(StatusCode::CONFLICT, "incomplete", message)
                .hint(Some("send its parts, then seal it".to_owned())));
        }
        app.records.keep(&report.record).await?;
    }
    let actor = format!("worker:{worker}");
    let (run, attempt) = (&report.run, report.attempt);
    let finished = app
        .store
        .finish(run, attempt, &report.end, &actor, now())
        .await?;
    app.wake.everybody();
    Ok(Json(finished))
}

impl From<ReplicaError> for ApiError {
    fn from(error: ReplicaError) -> Self {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let message = match cause {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        match error {
            ReplicaError::Gap { .. } => Self::new(StatusCode::CONFLICT, "gap", message)
                .hint(Some("go on from there".to_owned())),
            ReplicaError::Damaged(_) => Self::new(StatusCode::CONFLICT, "incomplete", message)
                .hint(Some("send it again from the beginning".to_owned())),
            ReplicaError::Name(_) => Self::invalid("record", message),
            ReplicaError::Disk(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "disk", message),
        }
    }
}
