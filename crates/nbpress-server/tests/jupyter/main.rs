//! Who may pass, and Jupyter's small endpoints: over HTTP and WebSocket, against a server of each test's own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::default_trait_access,
    clippy::disallowed_methods,
    reason = "test code: a failure here is a failed test"
)]

mod channels;
mod contents;
mod documents;
mod endpoints;
mod guard;
mod lab;
mod nbconvert;
mod openid;
mod publishing;
mod search;
mod share_links;
mod sign_in;
mod tables;
mod team;
mod team_sign_in;
mod team_walk;
mod terminals;
mod ui;
mod walk;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use nbpress_contents::Workspace;
use nbpress_kernel::KernelFinder;
use nbpress_kernel::kernels::Kernels;
use nbpress_scheduler::records::Records;
use nbpress_scheduler::snapshot::SnapshotStore;
use nbpress_scheduler::wake::Wake;
use nbpress_server::{
    JupyterSettings, Lab, OpenId, OpenIdSettings, Server, ServerSettings, Sessions,
};
use nbpress_storage::{Location, Settings, Storage};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

const TOKEN: &str = "a-token-nobody-guesses";
/// More than any answer takes on a busy machine; whatever waits longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// How the server of a test differs from the usual one.
#[derive(Debug)]
struct Setup {
    base_url: &'static str,
    token: &'static str,
    environment: BTreeMap<String, String>,
    trusted_proxy: bool,
    lab: Option<Lab>,
    openid: Option<OpenIdSettings>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            base_url: "/a%40b/",
            token: TOKEN,
            environment: BTreeMap::from([
                ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
                ("SHELL".to_owned(), "/bin/sh".to_owned()),
                ("PS1".to_owned(), "$ ".to_owned()),
            ]),
            trusted_proxy: false,
            lab: None,
            openid: None,
        }
    }
}

/// A server that answers, with a folder that it serves.
struct Site {
    /// `127.0.0.1:PORT`.
    address: String,
    base_url: &'static str,
    client: reqwest::Client,
    home: Arc<TempDir>,
    /// The server's own, as another server of the same database has it.
    store: nbpress_runs::Store,
    served: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Site {
    async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    async fn start_with(setup: Setup) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("root")).unwrap();
        Self::start_in(Arc::new(home), setup).await
    }

    /// With what an earlier server left in the same home.
    async fn start_in(home: Arc<TempDir>, setup: Setup) -> Self {
        let settings = settings(&home, &setup).await;
        let store = settings.store.clone();
        let server = Server::new(settings);
        let index = nbpress_search::Index::open(&home.path().join("search.sqlite")).await;
        let mut server = server.with_search(index.unwrap());
        if let Some(openid) = setup.openid {
            server = server.with_openid(OpenId::new(openid).unwrap());
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = watch::channel(false);
        let mut served = JoinSet::new();
        served.spawn(async move { server.serve(listener, stopped).await.unwrap() });
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE);
        Self {
            address,
            base_url: setup.base_url,
            client: client.build().unwrap(),
            home,
            store,
            served,
            stop,
        }
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("root")
    }

    /// The address of a path beneath the base.
    fn url(&self, path: &str) -> String {
        let base = self.base_url.trim_end_matches('/');
        format!("http://{}{base}{path}", self.address)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// As a stranger.
    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.request(method, path).headers(header_map(headers));
        Answer::of(request).await
    }

    /// With the token.
    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).bearer_auth(TOKEN)).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).bearer_auth(TOKEN);
        Answer::of(request.body(body.to_string())).await
    }

    /// The cookie of somebody who signed in.
    async fn cookie(&self) -> String {
        let form = format!("password={TOKEN}");
        let answer = Answer::of(self.request(Method::POST, "/login").body(form)).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        answer.cookie("nbpress-").unwrap()
    }

    async fn connect(&self, path: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let url = self.url(path).replacen("http", "ws", 1);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().extend(header_map(headers));
        let stream = TcpStream::connect(&self.address).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

async fn settings(home: &TempDir, setup: &Setup) -> ServerSettings {
    let place = |name: &str| home.path().join(name);
    let location = |name: &str| Location::parse(&place(name).to_string_lossy()).unwrap();
    let storage = Settings::new(Default::default(), home.path().to_owned());
    let storage = Arc::new(Storage::new(storage));
    let kernels = BTreeMap::from([(
        "JUPYTER_PATH".to_owned(),
        place("jupyter").display().to_string(),
    )]);
    let finder = KernelFinder::new(&kernels, &[]);
    let (root, history) = (location("root"), location("history"));
    let workspace = Workspace::open(Arc::clone(&storage), &root, &history);
    let state = place("state");
    // A host of kernels where a test starts some.
    let program = documents::testkernel().unwrap_or(PathBuf::from("/bin/false"));
    let jupyter = JupyterSettings {
        base_url: setup.base_url.to_owned(),
        root: place("root"),
        workspace: workspace.await.unwrap(),
        kernels: Kernels::open(&place("kernels"), program, finder.clone(), BTreeMap::new())
            .await
            .unwrap(),
        sessions: Sessions::open(&state).unwrap(),
        finder,
        state,
        environment: setup.environment.clone(),
        programs: Vec::new(),
        guard: None,
        trusted_proxy: setup.trusted_proxy,
        lab: setup.lab.clone(),
    };
    let database = format!("sqlite:{}", place("nbpress.db").display());
    ServerSettings {
        store: store(&database).await,
        snapshots: SnapshotStore::new(storage, &location("snapshots")),
        records: Records::open(nbpress_record::Store::open(home.path()).unwrap()).unwrap(),
        token: setup.token.to_owned(),
        hosts: vec!["nb.example".to_owned()],
        wake: Wake::default(),
        pool: None,
        jupyter: Some(jupyter),
    }
}

/// A server that was dropped has its database until its connections have ended.
async fn store(url: &str) -> nbpress_runs::Store {
    let opened = tokio::time::timeout(PATIENCE, async {
        loop {
            match nbpress_runs::Store::open(url).await {
                Err(nbpress_runs::StoreError::InUse { .. }) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                opened => return opened.unwrap(),
            }
        }
    });
    opened.await.unwrap()
}

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// `name=value` of a cookie that is set.
    fn cookie(&self, name: &str) -> Option<String> {
        let (pair, _) = self.set_cookie(name)?.split_once(';')?;
        Some(pair.to_owned())
    }

    /// The whole header that sets a cookie whose name begins so.
    fn set_cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.get_all("set-cookie").iter();
        cookies
            .map(|cookie| cookie.to_str().unwrap())
            .find(|cookie| cookie.starts_with(name))
    }
}

fn header_map(headers: &[(&str, &str)]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

/// A client's end of a WebSocket.
struct Socket(tokio_tungstenite::WebSocketStream<TcpStream>);

impl Socket {
    async fn say(&mut self, message: &Value) {
        let text = message.to_string();
        self.0.send(tungstenite::Message::text(text)).await.unwrap();
    }

    async fn next(&mut self) -> tungstenite::Message {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
        next.unwrap().unwrap().unwrap()
    }

    /// The next message as JSON.
    async fn hear(&mut self) -> Value {
        serde_json::from_str(self.next().await.to_text().unwrap()).unwrap()
    }

    /// The code with which the server ends it.
    async fn close_code(&mut self) -> u16 {
        loop {
            if let tungstenite::Message::Close(frame) = self.next().await {
                return frame.map_or(1005, |frame| frame.code.into());
            }
        }
    }
}

const BEARER: (&str, &str) = ("authorization", "Bearer a-token-nobody-guesses");
const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml");
