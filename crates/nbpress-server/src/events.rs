//! Live: what happens in a run, and what changes at all, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

mod follow;
mod last;
mod visible;

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use nbpress_runs::Permission;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::Pairs;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;

use follow::{Wish, follow};

/// Between two looks at whether a journal has grown, or something has changed.
const LOOK: Duration = Duration::from_millis(50);
/// Events on their way to a client; a slow one makes the reader wait and loses nothing.
const BUFFER: usize = 64;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(run_events))
        .routes(routes!(changes))
        .routes(routes!(last::last_change))
}

type Sender = mpsc::Sender<Result<Event, Infallible>>;
type Events = Sse<axum::response::sse::KeepAliveStream<ReceiverStream<Result<Event, Infallible>>>>;

fn sse(receiver: mpsc::Receiver<Result<Event, Infallible>>) -> Events {
    Sse::new(ReceiverStream::new(receiver))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// Where a client wants to go on: what it says, or the last event it has seen.
fn after(headers: &HeaderMap, query: &mut Pairs) -> ApiResult<i64> {
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let last = last.and_then(|text| text.parse().ok());
    Ok(match query.read("after")? {
        Some(after) => last.unwrap_or(after),
        None => last.unwrap_or(0),
    })
}

/// The journal of a run's attempt from any event on, live until its end, or with `follow=false` as it is. An event's id is its number in the
/// journal, from 1; its data is the event as JSON. Another attempt begins with a new request.
#[utoipa::path(get, path = "/v1/runs/{run}/events", params(("run" = String, Path),
        ("after" = Option<i64>, Query), ("attempt" = Option<i64>, Query), ("follow" = Option<bool>, Query),
        ("workspace" = Option<String>, Query)),
    responses((status = 200, content_type = "text/event-stream"), (status = 404, body = ErrorBody)))]
async fn run_events(
    State(app): State<App>,
    Path(run): Path<String>,
    who: Who,
    headers: HeaderMap,
    mut query: Pairs,
) -> ApiResult<Events> {
    let workspace = query
        .take("workspace")
        .unwrap_or_else(|| crate::DEFAULT_WORKSPACE.to_owned());
    let run = app.store.find_run(&workspace, &run).await?;
    let after = after(&headers, &mut query)?;
    let number = query.read::<i64>("attempt")?.unwrap_or(run.attempt);
    let live = query.read("follow")?.unwrap_or(true);
    query.finish("workspace, after, attempt, follow")?;
    let attempts = app.store.attempts(&run.id).await?;
    let attempt = attempts
        .into_iter()
        .find(|attempt| attempt.number == number)
        .ok_or_else(|| match number {
            0 => ApiError::not_found("the run has not begun"),
            _ => ApiError::not_found(format!("there is no attempt {number}")),
        })?;
    let (sender, receiver) = mpsc::channel(BUFFER);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let following = follow(App::clone(&app), attempt, Wish { after, live }, sender);
        tokio::select! {
            () = following => {}
            () = who.loses(&app, Permission::Read, &run.workspace) => {}
        }
    });
    tasks.detach_all();
    Ok(sse(receiver))
}

/// Changes from any place on, live: an event's id is its place in the chain.
#[utoipa::path(get, path = "/v1/events", params(("after" = Option<i64>, Query)),
    responses((status = 200, content_type = "text/event-stream")))]
async fn changes(
    State(app): State<App>,
    who: Who,
    headers: HeaderMap,
    mut query: Pairs,
) -> ApiResult<Events> {
    let seq = after(&headers, &mut query)?;
    query.finish("after")?;
    let (sender, receiver) = mpsc::channel(BUFFER);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        tokio::select! {
            () = tell(&app, &who, seq, &sender) => {}
            // The client comes back, and is told what it may see then.
            () = who.changes(&app) => {}
        }
    });
    tasks.detach_all();
    Ok(sse(receiver))
}

/// Sends the changes that somebody may see, until nobody listens.
async fn tell(app: &App, who: &Who, mut seq: i64, sender: &Sender) {
    loop {
        match app.store.audit_after(seq, 200).await {
            Ok(entries) => {
                for entry in entries {
                    seq = entry.seq;
                    if !visible::to(app, who, &entry).await {
                        continue;
                    }
                    let data = serde_json::to_string(&entry).unwrap_or_default();
                    let event = Event::default().id(seq.to_string()).data(data);
                    if sender.send(Ok(event)).await.is_err() {
                        return;
                    }
                }
            }
            // It comes back; the client misses nothing.
            Err(error) if error.is_passing() => {}
            Err(_) => return,
        }
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
