//! What happens on the server, for front ends that follow it
//! (<https://jupyter-server.readthedocs.io/en/latest/operators/configuring-logging.html>).

use std::pin::pin;
use std::str::FromStr as _;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use nbpress_runs::Permission;
use serde_json::{Map, Value};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::guard::Who;
use crate::jupyter::sockets::{Heartbeat, forbidden, restarting};
use crate::jupyter::{JupyterError, JupyterResult};
use crate::{App, DEFAULT_WORKSPACE};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/events", post(emit))
        .route("/api/events/subscribe", get(subscribe))
}

/// Events on their way to a subscriber that is slow; it misses older ones.
const BUFFER: usize = 1024;

/// Everything that can happen, by its schema's address.
const SCHEMAS: [Schema; 3] = [
    Schema {
        id: CONTENTS,
        word: "action",
        words: &[
            "get", "create", "save", "upload", "rename", "copy", "delete",
        ],
        text: "path",
    },
    Schema {
        id: "https://events.jupyter.org/jupyter_server/kernel_actions/v1",
        word: "action",
        words: &["start", "interrupt", "shutdown", "restart"],
        text: "msg",
    },
    Schema {
        id: "https://events.jupyter.org/jupyter_server/gateway_client/v1",
        word: "status",
        words: &["error", "success"],
        text: "msg",
    },
];

/// Something was done with a file.
pub(crate) const CONTENTS: &str = "https://events.jupyter.org/jupyter_server/contents_service/v1";

/// What an event of one kind must say.
struct Schema {
    id: &'static str,
    /// The field that is one of `words`.
    word: &'static str,
    words: &'static [&'static str],
    /// The field that is a text.
    text: &'static str,
}

impl Schema {
    fn check(&self, data: &Map<String, Value>) -> Result<(), String> {
        let word = data.get(self.word).and_then(Value::as_str);
        if !word.is_some_and(|word| self.words.contains(&word)) {
            return Err(format!("`{}` must be one of {:?}", self.word, self.words));
        }
        match data.get(self.text) {
            Some(Value::String(_)) => Ok(()),
            _ => Err(format!("`{}` must be a text", self.text)),
        }
    }
}

/// Those who follow what happens.
#[derive(Debug)]
pub(crate) struct Events(broadcast::Sender<Utf8Bytes>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::Sender::new(BUFFER))
    }
}

impl Events {
    /// Tells everybody who follows.
    pub(crate) fn tell(&self, schema: &str, mut data: Map<String, Value>) {
        if self.0.receiver_count() == 0 {
            return;
        }
        data.insert("schema_id".to_owned(), Value::from(schema));
        let text = Value::Object(data).to_string();
        let _nobody = self.0.send(text.into());
    }
}

/// An event of a front end's own.
async fn emit(State(app): State<App>, body: Bytes) -> JupyterResult<StatusCode> {
    let bad = |message: String| JupyterError::bad_request(message);
    let mut event: Map<String, Value> =
        serde_json::from_slice(&body).map_err(|error| bad(format!("No JSON data: {error}")))?;
    let mut field = |name: &str| {
        event
            .remove(name)
            .ok_or_else(|| bad(format!("Missing `{name}` in the JSON request body.")))
    };
    let (id, version, data) = (field("schema_id")?, field("version")?, field("data")?);
    let schema = SCHEMAS
        .iter()
        .find(|schema| id == schema.id)
        .ok_or_else(|| bad(format!("there is no schema {id}")))?;
    if version != "1" && version != 1 {
        return Err(bad(format!("schema {id} has no version {version}")));
    }
    let Value::Object(data) = data else {
        return Err(bad("`data` must be an object".to_owned()));
    };
    schema.check(&data).map_err(bad)?;
    if let Some(time) = event.get("timestamp") {
        check_time(time)?;
    }
    app.events.tell(schema.id, data);
    Ok(StatusCode::NO_CONTENT)
}

/// `2022-05-26T13:50:00+05:00Z`: an offset, and then a `Z` all the same.
fn check_time(time: &Value) -> JupyterResult<()> {
    let readable = time
        .as_str()
        .and_then(|text| text.strip_suffix('Z'))
        .is_some_and(|text| text.contains('T') && jiff::Timestamp::from_str(text).is_ok());
    if readable {
        Ok(())
    } else {
        Err(JupyterError::bad_request(
            "`timestamp` must be like 2022-05-26T13:50:00+05:00Z",
        ))
    }
}

async fn subscribe(State(app): State<App>, who: Who, upgrade: WebSocketUpgrade) -> Response {
    // Whatever happens from now on is heard, the answer to this included.
    let receiver = app.events.0.subscribe();
    upgrade
        .max_message_size(64 << 10)
        .on_upgrade(move |socket| async move { follow(&app, &who, socket, receiver).await })
}

async fn follow(
    app: &App,
    who: &Who,
    mut socket: WebSocket,
    mut events: broadcast::Receiver<Utf8Bytes>,
) {
    let mut ended = pin!(who.loses(app, Permission::Read, DEFAULT_WORKSPACE));
    let mut heartbeat = Heartbeat::new();
    loop {
        let message = tokio::select! {
            event = events.recv() => match event {
                Ok(text) => Message::Text(text),
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            said = socket.recv() => match said {
                Some(Ok(_)) => continue,
                _ => return,
            },
            question = heartbeat.next() => question,
            () = app.stopping() => restarting(),
            () = &mut ended => forbidden(),
        };
        let last = matches!(message, Message::Close(_));
        if socket.send(message).await.is_err() || last {
            return;
        }
    }
}
