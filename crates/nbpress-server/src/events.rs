//! Live: what happens in a run, and what changes at all, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::Pairs;
use crate::error::{ApiError, ApiResult, ErrorBody};

/// Between two looks at whether a journal has grown, or something has changed.
const LOOK: Duration = Duration::from_millis(50);
/// Events on their way to a client; a slow one makes the reader wait and loses nothing.
const BUFFER: usize = 64;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(run_events))
        .routes(routes!(changes))
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
    headers: HeaderMap,
    mut query: Pairs,
) -> ApiResult<Events> {
    let workspace = query
        .take("workspace")
        .unwrap_or_else(|| crate::DEFAULT_WORKSPACE.to_owned());
    let run = app.store.find_run(&workspace, &run).await?;
    let after = after(&headers, &mut query)?;
    let record = match query.read::<i64>("attempt")? {
        Some(number) => {
            let attempts = app.store.attempts(&run.id).await?;
            let found = attempts
                .into_iter()
                .find(|attempt| attempt.number == number);
            let message = format!("there is no attempt {number}");
            found.ok_or_else(|| ApiError::not_found(message))?.record
        }
        None => run
            .record
            .ok_or_else(|| ApiError::not_found("the run has not begun"))?,
    };
    let live = query.read("follow")?.unwrap_or(true);
    query.finish("workspace, after, attempt, follow")?;
    let (sender, receiver) = mpsc::channel(BUFFER);
    let records = app.records.clone();
    // A thread that reads files; it ends with the journal, or with its client.
    std::thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || follow(&records, &record, (after, live), &sender))
        .map_err(|error| {
            ApiError::new(
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                error.to_string(),
            )
        })?;
    Ok(sse(receiver))
}

/// Sends the events of a journal after a number, and those that are added, until it ends.
fn follow(
    records: &nbpress_record::Store,
    record: &str,
    (after, live): (i64, bool),
    sender: &Sender,
) {
    let Some(record) = begun(records, record, live, sender) else {
        return;
    };
    let Ok(mut events) = record.events() else {
        return;
    };
    let mut number = 0;
    loop {
        // Asked before the journal is read: nothing is written after that.
        let over = record.is_left();
        loop {
            if number < after {
                // The client has it.
                let Ok(true) = events.pass_over() else {
                    break;
                };
                number += 1;
                continue;
            }
            let Some(Ok(event)) = events.next() else {
                break;
            };
            number += 1;
            let ended = matches!(event, nbpress_record::Event::RunFinished { .. });
            let data = Event::default().id(number.to_string());
            let data = data.data(event.to_json().to_compact());
            if sender.blocking_send(Ok(data)).is_err() {
                return;
            }
            if ended {
                return end(sender);
            }
        }
        if over || !live {
            return end(sender);
        }
        if !wait_for_growth(&record, sender) || events.look_again().is_err() {
            return;
        }
    }
}

/// The record, once it is there: a run is claimed before its runner has begun.
fn begun(
    records: &nbpress_record::Store,
    record: &str,
    live: bool,
    sender: &Sender,
) -> Option<nbpress_record::Record> {
    loop {
        match records.find(record) {
            Ok(found) => return Some(found),
            Err(_) if sender.is_closed() || !live => return None,
            Err(_) => std::thread::sleep(LOOK),
        }
    }
}

fn end(sender: &Sender) {
    let _gone = sender.blocking_send(Ok(Event::default().event("end").data("")));
}

/// Whether the journal has grown, or its runner is gone; false when nobody listens any more.
fn wait_for_growth(record: &nbpress_record::Record, sender: &Sender) -> bool {
    let journal = record.folder().join("journal");
    let manifest = record.folder().join("manifest.json");
    let length = || std::fs::metadata(&journal).map_or(0, |found| found.len());
    let before = length();
    loop {
        if sender.is_closed() {
            return false;
        }
        std::thread::sleep(LOOK);
        if length() != before || manifest.exists() || record.is_left() {
            return true;
        }
    }
}

/// Changes from any place on, live: an event's id is its place in the chain.
#[utoipa::path(get, path = "/v1/events", params(("after" = Option<i64>, Query)),
    responses((status = 200, content_type = "text/event-stream")))]
async fn changes(
    State(app): State<App>,
    headers: HeaderMap,
    mut query: Pairs,
) -> ApiResult<Events> {
    let mut seq = after(&headers, &mut query)?;
    query.finish("after")?;
    let (sender, receiver) = mpsc::channel(BUFFER);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        loop {
            match app.store.audit_after(seq, 200).await {
                Ok(entries) => {
                    for entry in entries {
                        seq = entry.seq;
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
    });
    tasks.detach_all();
    Ok(sse(receiver))
}
