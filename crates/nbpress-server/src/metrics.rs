//! What a Prometheus server reads of this one (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

mod durations;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::App;
use crate::error::ApiResult;

use durations::Durations;

/// Linux counts the time of processes in these, on every machine it runs on (proc_pid_stat(5)).
const TICKS_A_SECOND: f64 = 100.0;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(metrics))
}

/// How many requests were answered, by method, route and status, and how fast. Strangers choose paths, so that a
/// path which is no route is not kept.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    counts: Mutex<BTreeMap<(String, String, u16), u64>>,
    durations: Mutex<Durations>,
}

impl Requests {
    pub(crate) fn count(&self, method: &Method, route: Option<&str>, status: StatusCode) {
        let method = match *method {
            Method::GET | Method::POST | Method::PUT => method.as_str(),
            Method::PATCH | Method::DELETE | Method::HEAD => method.as_str(),
            _ => "other",
        };
        let route = route.unwrap_or("none");
        let key = (method.to_owned(), route.to_owned(), status.as_u16());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(key).or_default() += 1;
    }

    pub(crate) fn took(&self, route: &str, took: Duration) {
        let mut durations = self
            .durations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        durations.add(route, took);
    }

    fn write(&self, page: &mut Page) {
        let durations = self
            .durations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        durations.write(page);
        drop(durations);
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        page.metric(
            "nbpress_http_requests_total",
            "counter",
            "Requests answered.",
        );
        for ((method, route, status), count) in &*counts {
            let status = status.to_string();
            let labels = [("method", method), ("route", route), ("status", &status)];
            page.value("nbpress_http_requests_total", &labels, *count as f64);
        }
    }
}

async fn metrics(State(app): State<App>) -> ApiResult<impl IntoResponse> {
    let mut page = Page::default();
    if let Some(used) = Used::now() {
        used.write(&mut page);
    }
    app.requests.write(&mut page);
    page.metric("nbpress_terminals", "gauge", "Terminals that are open.");
    page.value("nbpress_terminals", &[], app.terminals.count() as f64);
    kernels(&app, &mut page);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    page.metric("nbpress_build_info", "gauge", "1, with the version.");
    page.value("nbpress_build_info", &[("version", &version)], 1.0);
    runs(&app, &mut page).await?;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], page.0))
}

/// What waits and runs, and who does it; the first question also tells how fast the database is.
async fn runs(app: &App, page: &mut Page) -> ApiResult<()> {
    let asked = Instant::now();
    let runs = app.store.totals(crate::DEFAULT_WORKSPACE).await?;
    let name = "nbpress_database_response_seconds";
    page.metric(name, "gauge", "How long the database took to count runs.");
    page.value(name, &[], asked.elapsed().as_secs_f64());
    page.metric("nbpress_runs", "gauge", "Runs that are not over, by state.");
    for (state, count) in &runs.live {
        let state = state.to_string();
        page.value("nbpress_runs", &[("state", &state)], *count as f64);
    }
    let now = crate::now();
    let since = app.store.oldest_queued().await?;
    let waits = since.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
    let name = "nbpress_queue_oldest_wait_seconds";
    page.metric(
        name,
        "gauge",
        "How long the run that waits longest has waited.",
    );
    page.value(name, &[], waits.max(0.0));
    let mut workers: BTreeMap<String, f64> = BTreeMap::new();
    for worker in app.store.workers(now).await? {
        *workers.entry(worker.state.as_str().to_owned()).or_default() += 1.0;
    }
    page.metric("nbpress_workers", "gauge", "Workers, by state.");
    for (state, count) in &workers {
        page.value("nbpress_workers", &[("state", state)], *count);
    }
    Ok(())
}

fn kernels(app: &App, page: &mut Page) {
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    let kernels = app
        .jupyter
        .iter()
        .flat_map(|jupyter| jupyter.kernels.list());
    for kernel in kernels {
        let state = serde_json::to_value(kernel.model().execution_state).unwrap_or_default();
        let state = state.as_str().unwrap_or_default().to_owned();
        *states.entry(state).or_default() += 1;
    }
    page.metric("nbpress_kernels", "gauge", "Interactive kernels, by state.");
    for (state, count) in &states {
        page.value("nbpress_kernels", &[("state", state)], *count as f64);
    }
}

/// What this process holds and used.
struct Used {
    cpu_seconds: f64,
    memory_bytes: f64,
    open_files: f64,
}

impl Used {
    #[expect(
        clippy::disallowed_methods,
        reason = "/proc is not a notebook location"
    )]
    fn now() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name of the program can have anything in it, and stands in parentheses.
        let (_, fields) = text.rsplit_once(')')?;
        let ticks = |at| fields.split_whitespace().nth(at)?.parse::<f64>().ok();
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: f64 = resident.trim().trim_end_matches(" kB").parse().ok()?;
        Some(Self {
            cpu_seconds: (ticks(11)? + ticks(12)?) / TICKS_A_SECOND,
            memory_bytes: kibibytes * 1024.0,
            open_files: std::fs::read_dir("/proc/self/fd").ok()?.count() as f64,
        })
    }

    fn write(&self, page: &mut Page) {
        for (name, kind, help, value) in [
            (
                "process_cpu_seconds_total",
                "counter",
                "Processor time used.",
                self.cpu_seconds,
            ),
            (
                "process_resident_memory_bytes",
                "gauge",
                "Memory held.",
                self.memory_bytes,
            ),
            (
                "process_open_fds",
                "gauge",
                "Files and connections that are open.",
                self.open_files,
            ),
        ] {
            page.metric(name, kind, help);
            page.value(name, &[], value);
        }
    }
}

/// Lines of metrics.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _never = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &String)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
            .collect();
        let _never = if labels.is_empty() {
            writeln!(self.0, "{name} {value}")
        } else {
            writeln!(self.0, "{name}{{{}}} {value}", labels.join(","))
        };
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_prometheus_reads() {
        let mut page = Page::default();
        page.value("a", &[], 1.5);
        page.value("b", &[("x", &"q\"\\\n".to_owned())], 2.0);
        assert_eq!(page.0, "a 1.5\nb{x=\"q\\\"\\\\\\n\"} 2\n");
    }

    #[test]
    fn strangers_make_no_labels() {
        let requests = Requests::default();
        let odd = Method::from_bytes(b"ODD").unwrap();
        requests.count(&odd, None, StatusCode::FORBIDDEN);
        requests.count(&Method::OPTIONS, None, StatusCode::FORBIDDEN);
        let mut page = Page::default();
        requests.write(&mut page);
        let line = r#"nbpress_http_requests_total{method="other",route="none",status="403"} 2"#;
        assert!(page.0.lines().any(|known| known == line), "{}", page.0);
    }

    #[test]
    fn a_process_uses_something() {
        let used = Used::now().unwrap();
        assert!(used.memory_bytes > 1e6, "{}", used.memory_bytes);
    }
}
