//! The client of a server's product API.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nbpress_record::Store;
use nbpress_scheduler::remote::Remote;
use nbpress_scheduler::snapshot::SnapshotStore;
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::Settings;

/// Where a server says how it is reached, for the same person on the same machine.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ServerFile {
    /// Its address.
    pub(crate) url: String,
    /// What a client must say.
    pub(crate) token: String,
    /// Its process.
    pub(crate) pid: u32,
}

impl ServerFile {
    pub(crate) fn path(settings: &Settings) -> PathBuf {
        settings.home.join("server.json")
    }
}

/// A server that can be asked.
#[derive(Debug)]
pub(crate) struct Api {
    client: reqwest::Client,
    url: String,
    token: String,
    /// Whether it reads the same files as this process.
    pub(crate) is_here: bool,
}

/// What a server refused, as it said it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Refusal {
    /// What would be right, as the server said it.
    pub(crate) fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// There is no server in this home.
#[derive(Debug, thiserror::Error)]
#[error("no server runs here")]
pub(crate) struct NoServer;

impl NoServer {
    /// How there would be one.
    pub(crate) const HINT: &str =
        "start one with `nbpress serve`, or name one with `NBPRESS_SERVER` and `NBPRESS_TOKEN`";
}

impl Api {
    /// The server of `NBPRESS_SERVER` and `NBPRESS_TOKEN`, or the one of this home.
    pub(crate) fn find(settings: &Settings) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .no_proxy()
            .build()?;
        if let Some(url) = settings.get("NBPRESS_SERVER") {
            let token = settings
                .get("NBPRESS_TOKEN")
                .context("`NBPRESS_SERVER` is set, and `NBPRESS_TOKEN` is not")?;
            return Ok(Self {
                client,
                url: url.trim_end_matches('/').to_owned(),
                token: token.to_owned(),
                is_here: false,
            });
        }
        let path = ServerFile::path(settings);
        #[expect(clippy::disallowed_methods, reason = "our own state, never a notebook")]
        let file = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => anyhow::Error::new(NoServer),
            _ => anyhow::Error::new(error).context(format!("failed to read `{}`", path.display())),
        })?;
        let file: ServerFile = serde_json::from_slice(&file)
            .with_context(|| format!("`{}` cannot be read", path.display()))?;
        Ok(Self {
            client,
            url: file.url,
            token: file.token,
            is_here: true,
        })
    }

    /// The same server as workers speak to it, with a store of what it sends of snapshots.
    pub(crate) fn as_worker(&self, sent: SnapshotStore, records: Store) -> anyhow::Result<Remote> {
        let url = &self.url;
        let address = url.parse();
        let address = address.with_context(|| format!("`{url}` is not an address"))?;
        Ok(Remote::new(address, &self.token, sent, records)?)
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(Method::POST, path, Some(body), None).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(Method::PUT, path, Some(body), None).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(Method::PATCH, path, Some(body), None).await
    }

    /// A path of the server, as a browser on this machine finds it.
    pub(crate) fn address_of(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::DELETE, path, None, None).await
    }

    /// Sends a request that is harmless when it is sent twice with the same key.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> anyhow::Result<Value> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .timeout(Duration::from_mins(2));
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(serde_json::to_vec(body)?);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.with_context(|| {
            format!(
                "the server at {} does not answer; start it: `nbpress serve`",
                self.url
            )
        })?;
        let status = response.status();
        let bytes = response
            .bytes()
            .await
            .context("the server's answer broke off")?;
        if !status.is_success() {
            bail!(refusal(status, &bytes));
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).context("the server's answer is not JSON")
    }

    /// The events of a stream, one by one; `None` at its end.
    pub(crate) async fn stream(&self, path: &str) -> anyhow::Result<EventStream> {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .send()
            .await
            .with_context(|| format!("the server at {} does not answer", self.url))?;
        let status = response.status();
        if !status.is_success() {
            bail!(refusal(status, &response.bytes().await?));
        }
        Ok(EventStream {
            response,
            buffer: Vec::new(),
        })
    }
}

fn refusal(status: StatusCode, bytes: &[u8]) -> Refusal {
    let body: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let text = |name: &str| body["error"][name].as_str().map(str::to_owned);
    let message = text("message").unwrap_or_else(|| format!("the server answered {status}"));
    Refusal {
        status: status.as_u16(),
        code: text("code").unwrap_or_default(),
        message: match text("field").filter(|field| !field.is_empty()) {
            Some(field) => format!("{field}: {message}"),
            None => message,
        },
        hint: text("hint"),
    }
}

/// Server-sent events as they come.
#[derive(Debug)]
pub(crate) struct EventStream {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

impl EventStream {
    /// The data of the next event; `None` when the server says that there are no more.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.buffer.drain(..end + 2).collect();
                let text = String::from_utf8_lossy(&event).into_owned();
                if text.lines().any(|line| line == "event: end") {
                    return Ok(None);
                }
                let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
                let data = data.collect::<Vec<_>>().join("\n");
                if !data.is_empty() {
                    return Ok(Some(data));
                }
                continue;
            }
            match self
                .response
                .chunk()
                .await
                .context("the stream broke off")?
            {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }
}

/// A piece of a path or query, so that it stays one.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _never = write!(out, "%{byte:02X}");
        }
    }
    out
}
