//! Terminals: shells on this machine, in a browser. They end with the server.
//!
//! Over the WebSocket each message is a JSON array. The client says `["stdin", text]` and
//! `["set_size", rows, columns, height, width]`; the server `["setup", {}]` first, then `["stdout", text]`, and
//! `["disconnect", 1]` last.

mod screen;
mod terminal;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use nbpress_kernel::pty::{Pty, PtyRequest};
use nbpress_runs::Permission;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::guard::Who;
use crate::jupyter::sockets::{Heartbeat, forbidden, restarting};
use crate::jupyter::status::moment;
use crate::jupyter::{JupyterError, JupyterResult, served};
use crate::{App, DEFAULT_WORKSPACE};

use terminal::{Size, Terminal};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/terminals", get(list).post(open))
        .route("/api/terminals/{name}", get(one).delete(end))
        .route("/terminals/websocket/{name}", get(connect))
}

/// The most terminals at once.
const MOST: usize = 100;
/// The longest message of a client, in bytes: what is pasted comes in one.
const LONGEST_MESSAGE: usize = 8 << 20;

/// The terminals that are open, by name.
#[derive(Debug, Default)]
pub(crate) struct Terminals {
    open: Arc<Mutex<BTreeMap<String, Arc<Terminal>>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Terminals {
    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.held().len()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Terminal>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str) -> JupyterResult<Arc<Terminal>> {
        let found = self.held().get(name).map(Arc::clone);
        found.ok_or_else(|| JupyterError::not_found(format!("Terminal not found: {name}")))
    }

    /// Opens one under a name, or under the lowest number that is free.
    fn add(&self, name: Option<String>, pty: Pty) -> JupyterResult<Arc<Terminal>> {
        let mut open = self.held();
        let number = || (1_usize..).map(|number| number.to_string());
        let free = number().find(|number| !open.contains_key(number));
        let name = name.or(free).unwrap_or_default();
        if open.contains_key(&name) {
            let message = format!("Terminal {name} exists already");
            return Err(JupyterError::new(StatusCode::CONFLICT, message));
        }
        let (terminal, orders) = Terminal::new(name.clone());
        let terminal = Arc::new(terminal);
        open.insert(name.clone(), Arc::clone(&terminal));
        drop(open);
        let (held, shown) = (Arc::clone(&self.open), Arc::clone(&terminal));
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            terminal::run(pty, orders, &shown).await;
            let mut open = held.lock().unwrap_or_else(PoisonError::into_inner);
            open.remove(&name);
            drop(open);
            shown.screen.end();
        });
        Ok(terminal)
    }
}

async fn list(State(app): State<App>) -> Json<Vec<Value>> {
    Json(app.terminals.held().values().map(model).collect())
}

async fn one(State(app): State<App>, Path(name): Path<String>) -> JupyterResult<Json<Value>> {
    app.terminals
        .find(&name)
        .map(|terminal| Json(model(&terminal)))
}

fn model(terminal: &Arc<Terminal>) -> Value {
    json!({"name": terminal.name, "last_activity": moment(terminal.last_activity())})
}

/// What a client may say of a new terminal.
#[derive(Debug, Default, Deserialize)]
struct OpenRequest {
    name: Option<String>,
    cwd: Option<String>,
}

async fn open(State(app): State<App>, body: Bytes) -> JupyterResult<Json<Value>> {
    let request: OpenRequest = if body.is_empty() {
        OpenRequest::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| JupyterError::bad_request(format!("Invalid JSON in body: {error}")))?
    };
    let word = |name: &String| {
        name.chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_')
            && (1..=100).contains(&name.len())
    };
    if request.name.as_ref().is_some_and(|name| !word(name)) {
        return Err(JupyterError::bad_request("a terminal's name is one word"));
    }
    if app.terminals.count() >= MOST {
        let message = format!("{MOST} terminals are open already");
        return Err(JupyterError::new(StatusCode::TOO_MANY_REQUESTS, message));
    }
    let pty = shell(&app, request.cwd.as_deref())?;
    let terminal = app.terminals.add(request.name, pty)?;
    Ok(Json(model(&terminal)))
}

/// A shell of the person the server runs as.
fn shell(app: &App, folder: Option<&str>) -> JupyterResult<Pty> {
    let jupyter = served(app)?;
    let mut environment = jupyter.environment.clone();
    environment.insert("TERM".to_owned(), "xterm-256color".to_owned());
    // What these said was true of the terminal that the server was started in.
    for name in ["COLUMNS", "LINES", "TERMCAP"] {
        environment.remove(name);
    }
    let program = environment
        .get("SHELL")
        .filter(|shell| !shell.is_empty())
        .cloned()
        .unwrap_or_else(|| "/bin/sh".to_owned());
    // The root itself where a folder is missing, or is none: a person can go where they like from there.
    let beneath = folder.map(|folder| jupyter.root.join(folder.trim_start_matches("./")));
    let working_directory: PathBuf = beneath
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| jupyter.root.clone());
    Pty::start(&PtyRequest {
        program: program.as_ref(),
        arguments: &["-l"],
        environment: &environment,
        working_directory: &working_directory,
        guard: jupyter.guard.as_deref(),
    })
    .map_err(|error| {
        let message = format!("`{program}` could not be started: {error}");
        JupyterError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}

async fn end(State(app): State<App>, Path(name): Path<String>) -> JupyterResult<StatusCode> {
    app.terminals.find(&name)?.end().await;
    Ok(StatusCode::NO_CONTENT)
}

async fn connect(
    State(app): State<App>,
    Path(name): Path<String>,
    who: Who,
    upgrade: WebSocketUpgrade,
) -> JupyterResult<Response> {
    let terminal = app.terminals.find(&name)?;
    Ok(upgrade
        .max_message_size(LONGEST_MESSAGE)
        .on_upgrade(async move |socket| {
            talk(&app, &who, socket, &terminal).await;
        }))
}

/// One client of a terminal, from its first message to its last.
async fn talk(app: &App, who: &Who, mut socket: WebSocket, terminal: &Terminal) {
    let mut ended = pin!(who.loses(app, Permission::Write, DEFAULT_WORKSPACE));
    let client = terminal.enter();
    let mut view = terminal.screen.view();
    let mut heartbeat = Heartbeat::new();
    if socket.send(frame(&json!(["setup", {}]))).await.is_err() {
        return;
    }
    loop {
        let message = tokio::select! {
            shown = view.next() => match shown {
                Some(text) => frame(&json!(["stdout", text])),
                None => break,
            },
            said = socket.recv() => {
                let Some(Ok(said)) = said else { return };
                app.activity.touch();
                terminal.touch();
                if let Some(said) = Said::read(&said) {
                    said.tell(terminal, client.number()).await;
                }
                continue;
            }
            question = heartbeat.next() => question,
            () = app.stopping() => restarting(),
            () = &mut ended => forbidden(),
        };
        let last = matches!(message, Message::Close(_));
        let printed = matches!(message, Message::Text(_));
        if socket.send(message).await.is_err() || last {
            return;
        }
        if printed {
            terminal.touch();
        }
    }
    let _gone = socket.send(frame(&json!(["disconnect", 1]))).await;
    let _gone = socket.send(Message::Close(None)).await;
}

fn frame(message: &Value) -> Message {
    Message::Text(message.to_string().into())
}

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Typed(String),
    Size(Size),
}

impl Said {
    /// Nothing where it is not understood: clients may be newer than we are.
    fn read(message: &Message) -> Option<Self> {
        let message: Vec<Value> = serde_json::from_slice(&message.clone().into_data()).ok()?;
        let (kind, rest) = message.split_first()?;
        match kind.as_str()? {
            "stdin" => Some(Self::Typed(rest.first()?.as_str()?.to_owned())),
            "set_size" => {
                let number = |at: usize| {
                    let number = rest.get(at)?.as_f64()?;
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "it is between 1 and 5000"
                    )]
                    Some(number.clamp(1.0, 5000.0) as u16)
                };
                Some(Self::Size(Size {
                    rows: number(0)?,
                    columns: number(1)?,
                }))
            }
            _ => None,
        }
    }

    async fn tell(self, terminal: &Terminal, client: u64) {
        match self {
            Self::Typed(text) => terminal.type_in(text).await,
            Self::Size(size) => terminal.resize(client, size).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_two_things() {
        let size = |rows, columns| Some(Said::Size(Size { rows, columns }));
        for (text, expected) in [
            (r#"["stdin", "ls\r"]"#, Some(Said::Typed("ls\r".to_owned()))),
            (r#"["set_size", 24, 80, 400, 600]"#, size(24, 80)),
            (r#"["set_size", 24.5, 80]"#, size(24, 80)),
            (r#"["set_size", 0, 1e9]"#, size(1, 5000)),
            (r#"["set_size", null, 80]"#, None),
            (r#"["stdin", 1]"#, None),
            (r#"["stdin"]"#, None),
            (r#"["dance"]"#, None),
            ("[]", None),
            ("{}", None),
            ("ls", None),
        ] {
            assert_eq!(Said::read(&Message::Text(text.into())), expected, "{text}");
        }
    }
}
