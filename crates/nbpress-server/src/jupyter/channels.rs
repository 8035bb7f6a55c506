//! `/api/kernels/{id}/channels`: a client's conversation with a kernel over a WebSocket.
//!
//! Nothing is dropped for a client that reads slowly, and nothing is parsed that need not be: with the framing
//! `v1.kernel.websocket.jupyter.org` the parts of a message are passed on as they came. What the kernel says
//! while a session is away waits for it in the kernel's host.

mod socket;

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::SplitStream;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use nbpress_kernel::kernels::{
    Connection, ConnectionEnd, ConnectionReceiver, ConnectionSender, ExecutionState,
    InteractiveKernel,
};
use nbpress_protocol::Channel;
use nbpress_protocol::websocket::{Framing, Limits, WebSocketFrame, decode};
use nbpress_runs::Permission;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use uuid::Uuid;

use crate::app::Connected;
use crate::guard::Who;
use crate::jupyter::kernels::{find, refused};
use crate::jupyter::sockets::FORBIDDEN;
use crate::jupyter::{JupyterResult, served};
use crate::scribe::Scribe;
use crate::{App, DEFAULT_WORKSPACE};

use socket::{Sink, Socket, pass};

/// Between two signs of life that are asked for.
const PING: Duration = Duration::from_secs(30);
/// A client that gave none for so long is gone.
const SILENCE: Duration = Duration::from_secs(90);
/// A kernel that takes longer to start is not waited for.
const START: Duration = Duration::from_mins(1);
/// Close codes (RFC 6455, section 7.4.1). `@jupyterlab/services` comes back after any but 1000 and 1001.
const GOING_AWAY_TO_COME_BACK: u16 = 1012;
const GONE: u16 = 1011;
const POLICY: u16 = 1008;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/kernels/{kernel}/channels", get(channels))
}

#[derive(Debug, Deserialize)]
struct Asked {
    session_id: Option<String>,
}

async fn channels(
    State(app): State<App>,
    Path(kernel): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    who: Who,
    socket: socket::Connection,
) -> JupyterResult<Response> {
    let jupyter = served(&app)?;
    let kernel = find(jupyter, &kernel)?;
    started(&kernel).await;
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offered: Vec<&str> = offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let framing = Framing::among(offered);
    let session = asked.session_id.filter(|id| !id.is_empty());
    let session = session.unwrap_or_else(|| Uuid::new_v4().to_string());
    let connection = kernel
        .connect(&session, None)
        .await
        .map_err(|error| refused(&error))?;
    let client = Client {
        scribe: app.scribes.of(jupyter, &kernel).await,
        session,
        framing,
    };
    let closing = app.stop.subscribe();
    // Before the client hears that it is connected.
    let counted = Connected::to(&app, kernel.id());
    let mut response = socket.accept(Limits::default(), async move |socket| {
        let _counted = counted;
        let ends = Ends { app, who, closing };
        converse(socket, connection, client, ends).await;
    });
    if let Some(subprotocol) = framing.subprotocol() {
        let subprotocol = HeaderValue::from_static(subprotocol);
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    Ok(response)
}

/// Returns once a kernel that is being started answers: clients take an open WebSocket for a kernel that does,
/// and some give it a second.
async fn started(kernel: &InteractiveKernel) {
    let starting = async {
        let mut model = kernel.model();
        while model.execution_state == ExecutionState::Starting {
            model = kernel.changed_from(&model).await;
        }
    };
    let _still_starting = tokio::time::timeout(START, starting).await;
}

/// Who is at the other end of a WebSocket.
struct Client {
    session: String,
    framing: Framing,
    /// Of a kernel that belongs to a notebook.
    scribe: Option<Scribe>,
}

async fn converse(socket: Socket, connection: Connection, client: Client, ends: Ends) {
    let _here = client
        .scribe
        .as_ref()
        .map(|scribe| scribe.here(&client.session));
    let (sink, stream) = socket.split();
    let (sender, receiver) = connection.split();
    let (alive, heard) = watch::channel(Instant::now());
    tokio::select! {
        () = listen(stream, &sender, &client, &alive) => {}
        () = tell(sink, receiver, client.framing, ends, heard) => {}
    }
}

/// From the client to the kernel.
async fn listen(
    mut stream: SplitStream<Socket>,
    sender: &ConnectionSender,
    client: &Client,
    alive: &watch::Sender<Instant>,
) {
    while let Some(Ok(message)) = stream.next().await {
        alive.send_replace(Instant::now());
        let frame = match message {
            Message::Text(text) => WebSocketFrame::Text(Bytes::from(text)),
            Message::Binary(bytes) => WebSocketFrame::Binary(bytes),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            Message::Close(_) => return,
        };
        // As in Jupyter, one message that cannot be read does not end the conversation.
        let Ok((channel, parts)) = decode(client.framing, &frame, Limits::default()) else {
            continue;
        };
        if matches!(channel, Channel::Iopub | Channel::Heartbeat) {
            continue;
        }
        if let (Channel::Shell, Some(scribe)) = (channel, &client.scribe)
            && parts.label().session == client.session.as_str()
        {
            scribe.note(&parts).await;
        }
        if sender.send(channel, parts).await.is_err() {
            return;
        }
    }
}

/// From the kernel to the client.
async fn tell(
    mut sink: Sink,
    mut receiver: ConnectionReceiver,
    framing: Framing,
    ends: Ends,
    heard: watch::Receiver<Instant>,
) {
    let mut ends = pin!(ends.end());
    let mut pings = tokio::time::interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        // What is here already goes out in one piece.
        let delivered = if let Some(delivered) = receiver.recv().now_or_never() {
            delivered
        } else {
            if sink.flush().await.is_err() {
                return;
            }
            tokio::select! {
                delivered = receiver.recv() => delivered,
                (code, reason) = &mut ends => {
                    close(sink, code, reason).await;
                    return;
                }
                _ = pings.tick() => {
                    let silent = heard.borrow().elapsed() > SILENCE;
                    if silent || sink.send(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                    continue;
                }
            }
        };
        let passed = match delivered {
            Ok(delivery) => pass(&mut sink, framing, delivery.channel, &delivery.parts).await,
            Err(ConnectionEnd::Replaced) => {
                close(sink, POLICY, "the session has connected again").await;
                return;
            }
            Err(ConnectionEnd::ShutDown) => {
                close(sink, GONE, "the kernel was shut down").await;
                return;
            }
            Err(ConnectionEnd::Lost(_)) => {
                close(sink, GONE, "the kernel is gone").await;
                return;
            }
        };
        if passed.is_err() {
            return;
        }
    }
}

/// What ends a conversation besides client and kernel.
struct Ends {
    app: App,
    who: Who,
    closing: watch::Receiver<bool>,
}

impl Ends {
    /// Why it ends, once it does. Safe to cancel.
    async fn end(mut self) -> (u16, &'static str) {
        let may_not = self
            .who
            .loses(&self.app, Permission::Write, DEFAULT_WORKSPACE);
        tokio::select! {
            _ = self.closing.wait_for(|closing| *closing) => {
                (GOING_AWAY_TO_COME_BACK, "the server restarts")
            }
            () = may_not => (FORBIDDEN, "your permission has ended"),
        }
    }
}

async fn close(mut sink: Sink, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code: code.into(),
        reason: reason.into(),
    };
    let _gone = sink.send(Message::Close(Some(frame))).await;
}
