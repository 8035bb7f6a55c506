//! A kernel of the server, and a client on its WebSocket.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use nbpress_protocol::websocket::{Framing, Limits, WebSocketFrame, decode, encode};
use nbpress_protocol::{Channel, Parts, Session};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::{IntoClientRequest as _, client_with_config};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

use crate::samples::Samples;
use crate::{Result, Target, figures, text};

/// A client that hears nothing for so long will hear nothing more.
const SILENCE: Duration = Duration::from_secs(20);

/// A kernel that was started for this.
#[derive(Debug)]
pub(crate) struct Kernel<'target> {
    target: &'target Target,
    pub(crate) id: String,
}

impl<'target> Kernel<'target> {
    pub(crate) fn start(target: &'target Target, name: &str) -> Result<Self> {
        let mut connection = target.connect()?;
        let kernel = connection.json("POST", "/api/kernels", &json!({"name": name}))?;
        let id = text(&kernel, "id")?.to_owned();
        Ok(Self { target, id })
    }

    /// Connects a client, and waits until the kernel answers it.
    pub(crate) fn client(&self) -> Result<Client> {
        let mut client = Client::connect(self.target, &self.id)?;
        client.answer("kernel_info_request", &json!({}))?;
        Ok(client)
    }

    pub(crate) fn end(self) -> Result<()> {
        let path = format!("/api/kernels/{}", self.id);
        let mut connection = self.target.connect()?;
        connection.json("DELETE", &path, &Value::Null).map(drop)
    }
}

/// One WebSocket, with the framing that JupyterLab asks for.
pub(crate) struct Client {
    socket: WebSocket<TcpStream>,
    session: Session,
}

impl Client {
    fn connect(target: &Target, kernel: &str) -> Result<Self> {
        let session = Session::new("bench");
        let url = format!(
            "ws://{}/api/kernels/{kernel}/channels?session_id={}",
            target.address,
            session.id()
        );
        let mut request = url.into_client_request()?;
        let token = format!("token {}", target.token).parse()?;
        request.headers_mut().insert("Authorization", token);
        let framing = Framing::V1.subprotocol().unwrap_or_default().parse()?;
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", framing);
        let stream = TcpStream::connect(&target.address)?;
        stream.set_nodelay(true)?;
        let big = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let (socket, _) =
            client_with_config(request, stream, Some(big)).map_err(|error| error.to_string())?;
        socket.get_ref().set_read_timeout(Some(SILENCE))?;
        Ok(Self { socket, session })
    }

    /// Sends a cell; the id of the request.
    pub(crate) fn execute(&mut self, code: &str) -> Result<String> {
        let content = json!({"code": code, "silent": false, "store_history": false,
            "user_expressions": {}, "allow_stdin": false, "stop_on_error": true});
        self.send("execute_request", &content)
    }

    fn send(&mut self, kind: &str, content: &Value) -> Result<String> {
        let message = self.session.message(kind, content.to_string());
        let frame = encode(Framing::V1, Channel::Shell, &Parts::from(&message))?;
        let (WebSocketFrame::Binary(bytes) | WebSocketFrame::Text(bytes)) = frame;
        self.socket.send(Message::Binary(bytes))?;
        Ok(message.header.msg_id)
    }

    /// What the kernel says next; nothing when it is silent for long, or the server hung up.
    pub(crate) fn next(&mut self) -> Result<Option<(Channel, Parts)>> {
        loop {
            let bytes: Bytes = match self.socket.read() {
                Ok(Message::Binary(bytes)) => bytes,
                Ok(Message::Close(_)) | Err(Error::Io(_)) => return Ok(None),
                Ok(_) => continue,
                Err(error) => return Err(error.into()),
            };
            let frame = WebSocketFrame::Binary(bytes);
            return Ok(Some(decode(Framing::V1, &frame, Limits::default())?));
        }
    }

    /// Hands on all that answers a cell, until it is over; whether its end has been heard of.
    pub(crate) fn follow(&mut self, request: &str, mut heard: impl FnMut(&Parts)) -> Result<bool> {
        let mut ending = Ending::default();
        while !ending.is_over() {
            let Some((channel, parts)) = self.next()? else {
                return Ok(false);
            };
            if parts.parent_label().msg_id == request {
                heard(&parts);
                ending.see(channel, &parts);
            }
        }
        Ok(true)
    }

    /// Asks until there is an answer: a server may lose what it is asked while the kernel starts.
    fn answer(&mut self, kind: &str, content: &Value) -> Result<()> {
        let id = self.send(kind, content)?;
        loop {
            let Some((channel, parts)) = self.next()? else {
                return Err("the kernel does not answer".into());
            };
            if channel == Channel::Shell && parts.parent_label().msg_id == id.as_str() {
                return Ok(());
            }
        }
    }
}

/// A request is over when the kernel has answered and is idle.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    replied: bool,
    idle: bool,
}

impl Ending {
    /// A message that answers the request.
    pub(crate) fn see(&mut self, channel: Channel, parts: &Parts) {
        if channel == Channel::Shell {
            self.replied = true;
        } else if parts.label().msg_type == "status" && has(&parts.content, b"\"idle\"") {
            self.idle = true;
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.replied && self.idle
    }
}

pub(crate) fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// From the request for a kernel to its first answer on the WebSocket.
pub(crate) fn measure_start(target: &Target) -> Result<()> {
    for name in ["python3", "testkernel"] {
        let (mut samples, cpu) = (Samples::default(), target.processes().cpu_seconds()?);
        let times = target.amount(5);
        let mut on = Vec::new();
        for _ in 0..times {
            let start = Instant::now();
            let kernel = Kernel::start(target, name)?;
            let client = kernel.client()?;
            samples.push(start.elapsed());
            on.push((kernel, client));
        }
        // Before they end: what a process has used is gone with it.
        let cpu = target.processes().cpu_seconds()? - cpu;
        for (kernel, _) in on {
            kernel.end()?;
        }
        figures(
            &format!("start of {name}"),
            [
                ("median", "ms", samples.quantile(0.5)),
                ("CPU of the server", "ms", cpu * 1e3 / times as f64),
            ],
        );
    }
    Ok(())
}
