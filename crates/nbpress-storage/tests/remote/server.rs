//! Starts servers: real ones of other projects as processes, and small ones inside the test.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use nbpress_storage::{Location, Settings, Storage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How long a server may take to start on a busy machine.
const START: Duration = Duration::from_mins(1);

/// The folder with the servers that the tests are run against.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
pub(crate) fn reference() -> PathBuf {
    let folder = std::env::var("NBPRESS_TEST_REFERENCE");
    folder
        .expect(
            "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs the servers",
        )
        .into()
}

pub(crate) fn location(text: &str) -> Location {
    Location::parse(text).unwrap()
}

/// A storage with these variables and a working directory that nothing may be written to.
pub(crate) fn storage(environment: &[(&str, &str)], timeout: Duration) -> Storage {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let settings = Settings::new(environment.collect(), PathBuf::from("/nonexistent"));
    Storage::new(Settings {
        timeout,
        ..settings
    })
}

/// A server as a process of its own, ended with the value.
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`
    pub(crate) url: String,
}

impl Server {
    /// Waits for the line in which the server says where it listens.
    #[expect(
        clippy::disallowed_methods,
        reason = "a real server is started for the tests"
    )]
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; run `cargo xtask test`", program.display())
            });
        let (lines, said) = mpsc::channel();
        follow(child.stdout.take().unwrap(), lines.clone());
        follow(child.stderr.take().unwrap(), lines);
        let mut server = Self {
            child,
            url: String::new(),
        };
        let deadline = Instant::now() + START;
        let mut all = Vec::new();
        while let Ok(line) = said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some((_, port)) = line.split_once("http://127.0.0.1:") {
                let port: String = port.chars().take_while(char::is_ascii_digit).collect();
                server.url = format!("http://127.0.0.1:{port}");
                return server;
            }
            all.push(line);
        }
        panic!("{} did not start: {}", program.display(), all.join("\n"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end, so that the server never waits for its log to be read.
fn follow(stream: impl std::io::Read + Send + 'static, lines: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
}

/// One request as a small server sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What a small server answers: the head without the length, and the body.
pub(crate) type Answer = (&'static str, Vec<u8>);

/// A web server inside the test. Ended with the value.
pub(crate) struct Web {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Vec<Request>>>,
    _tasks: JoinSet<()>,
}

impl Web {
    pub(crate) async fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let mut tasks = JoinSet::new();
        tasks.spawn({
            let seen = Arc::clone(&seen);
            async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                    connections.spawn(async move {
                        let _ = serve(stream, &*answer, &seen).await;
                    });
                }
            }
        });
        Self {
            url,
            seen,
            _tasks: tasks,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

/// One request for each connection.
async fn serve(
    mut stream: TcpStream,
    answer: &(impl Fn(&Request) -> Answer + ?Sized),
    seen: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines
        .next()
        .unwrap_or_default()
        .split(' ')
        .map(str::to_owned);
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers: BTreeMap<_, _> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Ok(());
        }
    }
    let mut part = || first.next().unwrap_or_default();
    let request = Request {
        method: part(),
        target: part(),
        headers,
        body,
    };
    seen.lock().unwrap().push(request.clone());
    let (head, body) = answer(&request);
    let head = format!(
        "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    if request.method != "HEAD" {
        stream.write_all(&body).await?;
    }
    stream.shutdown().await
}
