//! What a Prometheus server reads of this one (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::App;
use crate::error::ApiResult;

/// Linux counts the time of processes in these, on every machine it runs on (proc_pid_stat(5)).
const TICKS_A_SECOND: f64 = 100.0;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(metrics))
}

/// How many requests were answered, by method, route and status. Strangers choose paths, so that a path which is
/// no route is not kept.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<BTreeMap<(String, String, u16), u64>>);

impl Requests {
    pub(crate) fn count(&self, method: &Method, route: Option<&str>, status: StatusCode) {
        let method = match *method {
            Method::GET | Method::POST | Method::PUT => method.as_str(),
            Method::PATCH | Method::DELETE | Method::HEAD => method.as_str(),
            _ => "other",
        };
        let route = route.unwrap_or("none");
        let key = (method.to_owned(), route.to_owned(), status.as_u16());
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(key).or_default() += 1;
    }

    fn write(&self, page: &mut Page) {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    let runs = app.store.totals(crate::DEFAULT_WORKSPACE).await?;
    page.metric("nbpress_runs", "gauge", "Runs that are not over, by state.");
    for (state, count) in &runs.live {
        let state = state.to_string();
        page.value("nbpress_runs", &[("state", &state)], *count as f64);
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], page.0))
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
