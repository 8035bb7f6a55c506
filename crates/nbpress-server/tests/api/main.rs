//! The product API over HTTP: a server of the test's own on a free port, a store in a temporary folder.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::default_trait_access,
    clippy::disallowed_methods,
    reason = "test code: a failure here is a failed test"
)]

mod bad_input;
mod environment;
mod imports;
mod jobs;
mod workers;

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nbpress_scheduler::records::Records;
use nbpress_scheduler::snapshot::SnapshotStore;
use nbpress_scheduler::wake::Wake;
use nbpress_server::{Server, ServerSettings};
use nbpress_storage::{Location, Settings, Storage};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;

const TOKEN: &str = "a-token-nobody-guesses";

/// A server that answers.
struct Api {
    url: String,
    client: reqwest::Client,
    folder: TempDir,
    _stop: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

/// An answer: its status and its body.
type Answer = (u16, Value);

impl Api {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/nbpress.db", folder.path().display());
        let storage = Storage::new(Settings::new(Default::default(), folder.path().to_owned()));
        let base = Location::parse(&folder.path().join("snapshots").to_string_lossy()).unwrap();
        let server = Server::new(ServerSettings {
            store: nbpress_runs::Store::open(&url).await.unwrap(),
            snapshots: SnapshotStore::new(Arc::new(storage), &base),
            records: Records::open(nbpress_record::Store::open(folder.path()).unwrap()).unwrap(),
            token: TOKEN.to_owned(),
            hosts: vec!["nb.example".to_owned()],
            wake: Wake::default(),
            pool: None,
            jupyter: None,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, stop) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { server.serve(listener, stop).await.unwrap() });
        Self {
            url: format!("http://{address}"),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder,
            _stop: sender,
            _tasks: tasks,
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).bearer_auth(TOKEN);
        self.send(request.body(body.to_string())).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(TOKEN))
            .await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, &body).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, &body).await
    }

    /// Writes a notebook into the server's folder and answers with its path.
    fn notebook(&self, name: &str, parameters: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, notebook(parameters)).unwrap();
        path
    }
}

/// A notebook with a parameters cell.
fn notebook(parameters: &str) -> String {
    json!({
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}},
        "cells": [
            {"cell_type": "code", "id": "p", "metadata": {"tags": ["parameters"]}, "source": parameters,
             "outputs": [], "execution_count": null},
            {"cell_type": "code", "id": "c", "metadata": {}, "source": "print(days)",
             "outputs": [], "execution_count": null},
        ],
    })
    .to_string()
}

fn upload(name: &str, content: &str) -> Value {
    json!({"name": name, "content": STANDARD.encode(content)})
}
