//! `nbpress serve` as a process: how fast it starts, what it costs when nothing happens, and a way to ask it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::figures::Figures;
use super::{Queue, measure};

/// How often the start is measured.
const STARTS: usize = 5;

/// A server that is on.
pub(in crate::bench) struct Server {
    process: Child,
    port: u16,
    /// From before `exec` to the first answer.
    pub(super) first_answer: Duration,
}

impl Server {
    pub(in crate::bench) const TOKEN: &str = "benchmark";

    pub(in crate::bench) fn start(
        nbpress: &Path,
        environment: &[(&str, String)],
        home: &Path,
        options: &[&str],
    ) -> Result<Self> {
        fs::create_dir_all(home)?;
        // The system gives the same port again only after all others.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = fs::File::create(home.join("log"))?;
        let mut command = Command::new(nbpress);
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(options)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("NBPRESS_HOME", home)
            .env("NBPRESS_TOKEN", Self::TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let start = Instant::now();
        let mut server = Self {
            process: command.spawn()?,
            port,
            first_answer: Duration::ZERO,
        };
        while server.ask("GET", "/v1/health", "").is_err() {
            ensure!(
                start.elapsed() < Duration::from_secs(30),
                "the server does not start: {}",
                fs::read_to_string(home.join("log"))?
            );
            thread::sleep(Duration::from_micros(500));
        }
        server.first_answer = start.elapsed();
        Ok(server)
    }

    pub(in crate::bench) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Asks on a connection of its own.
    pub(in crate::bench) fn ask(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let (length, token) = (body.len(), Self::TOKEN);
        // One write: the second of two would wait for the answer to the first.
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("half an answer")?;
        ensure!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        Ok(serde_json::from_str(body)?)
    }

    /// Bytes of memory it has now: all, and those that are no files.
    fn memory(&self) -> Result<(u64, u64)> {
        let file = format!("/proc/{}/status", self.process.id());
        let bytes = |name| measure::field(&file, name).map(|kilobytes| kilobytes * 1024);
        let both = bytes("VmRSS:").zip(bytes("RssAnon:"));
        both.context("the server is gone")
    }

    fn cpu_seconds(&self) -> Result<f64> {
        measure::cpu_clock(self.process.id())
    }

    /// Ends it; its CPU seconds, and those of everything it started too.
    pub(in crate::bench) fn end(self) -> Result<(f64, f64)> {
        measure::end(&self.process)
    }
}

pub(super) fn measure(queue: &Queue, history: &str, figures: &mut Figures) -> Result<()> {
    eprintln!("[bench] server …");
    let home = queue.folder.join("idle");
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let server = queue.serve(&home, &[])?;
        starts.push(server.first_answer.as_secs_f64() * 1e3);
        server.end()?;
    }
    // The first one makes the database.
    let first = starts.remove(0);
    starts.sort_by(f64::total_cmp);
    figures.add(
        "server",
        vec![
            json!({"what": "start", "first_ms": first, "median_ms": starts[starts.len() / 2],
            "load": load()}),
        ],
    );
    let server = queue.serve(&home, &[])?;
    figures.add(
        "server",
        vec![idle(queue, &server, "idle, empty database")?],
    );
    server.end()?;
    let home = queue.folder.join("with-history");
    let server = queue.serve(&home, &["--database", history])?;
    let start_ms = server.first_answer.as_secs_f64() * 1e3;
    let mut before = idle(queue, &server, "idle, a million runs")?;
    before["start_ms"] = json!(start_ms);
    figures.add("server", vec![before]);
    figures.add("server", vec![pages(&server)?]);
    server.end().map(drop)
}

/// What it has and uses while nobody asks.
fn idle(queue: &Queue, server: &Server, what: &str) -> Result<Value> {
    thread::sleep(Duration::from_secs(2));
    let (before, start) = (server.cpu_seconds()?, Instant::now());
    thread::sleep(Duration::from_secs(if queue.quick { 2 } else { 10 }));
    let cpu = (server.cpu_seconds()? - before) / start.elapsed().as_secs_f64();
    let (resident, anonymous) = server.memory()?;
    Ok(
        json!({"what": what, "resident_bytes": resident, "anonymous_bytes": anonymous,
        "cpu_share": cpu, "load": load()}),
    )
}

/// The list as a browser asks for it, over HTTP, and the memory it leaves behind.
fn pages(server: &Server) -> Result<Value> {
    let mut times = Vec::new();
    let mut bytes = 0;
    for n in 0..400 {
        let question = match n % 4 {
            0 => "/v1/runs".to_owned(),
            1 => "/v1/runs?state=failed".to_owned(),
            2 => format!("/v1/runs?param.region=region-{}", n % 20),
            _ => format!("/v1/runs?param.account=account-{}", n * 97),
        };
        let start = Instant::now();
        let answer = server.ask("GET", &question, "")?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        bytes += answer.to_string().len();
    }
    times.sort_by(f64::total_cmp);
    let (resident, anonymous) = server.memory()?;
    Ok(
        json!({"what": "400 pages over HTTP", "p50_ms": times[200], "p95_ms": times[380],
        "bytes": bytes / 400, "resident_bytes": resident, "anonymous_bytes": anonymous, "load": load()}),
    )
}

/// How many processes want a processor, on average over the last minute.
pub(in crate::bench) fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}
