//! Many who watch the same: how late they hear of what is printed, and whether of all of it.

use std::fs;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::kernel::Kernel;
use crate::samples::Samples;
use crate::{Result, Target, figures, text};

const VIEWERS: usize = 200;
/// What is printed, and how long after the one before.
const LINES: usize = 300;
const PAUSE: f64 = 0.05;

/// Of every server WebSockets on one kernel; of nbpress a run of its queue too, as server-sent events.
pub(crate) fn measure(target: &Target) -> Result<()> {
    sockets(target)?;
    if target.is_nbpress() {
        run(target)?;
    }
    Ok(())
}

/// Prints the time, again and again; begins late, so that everybody is there.
fn code(lines: usize, wait: u32) -> String {
    format!(
        "import time\ntime.sleep({wait})\nfor line in range({lines}):\n    time.sleep({PAUSE})\n    \
         print(f\"<{{time.time_ns()}}>\", flush=True)\nprint(\"<end>\", flush=True)"
    )
}

fn sockets(target: &Target) -> Result<()> {
    let (viewers, lines) = (target.amount(VIEWERS), target.amount(LINES));
    let kernel = Kernel::start(target, "python3")?;
    let mut driver = kernel.client()?;
    let clients = (0..viewers).map(|_| kernel.client());
    let clients = clients.collect::<Result<Vec<_>>>()?;
    let seen = watched(
        target,
        "200 WebSockets on one kernel",
        viewers * lines,
        || {
            let request = driver.execute(&code(lines, 0))?;
            thread::scope(|scope| {
                let watching: Vec<_> = clients
                    .into_iter()
                    .map(|mut client| {
                        scope.spawn(move || -> Result<Samples> {
                            let mut seen = Samples::default();
                            while let Some((_, parts)) = client.next()? {
                                if !stamps(&parts.content, &mut seen) {
                                    break;
                                }
                            }
                            Ok(seen)
                        })
                    })
                    .collect();
                driver.follow(&request, |_| {})?;
                gather(watching)
            })
        },
    );
    kernel.end()?;
    seen
}

fn run(target: &Target) -> Result<()> {
    let (viewers, lines) = (target.amount(VIEWERS), target.amount(LINES));
    let path = begun_run(target, lines)?;
    let what = "200 viewers of a run's events";
    let (begun, lines) = (&Barrier::new(viewers), viewers * lines);
    watched(target, what, lines, || {
        thread::scope(|scope| {
            let watching = (0..viewers).map(|_| {
                let (connection, path) = (target.connect(), &path);
                scope.spawn(move || -> Result<Samples> {
                    begun.wait();
                    let mut seen = Samples::default();
                    connection?.events(path, |data| stamps(data.as_bytes(), &mut seen))?;
                    Ok(seen)
                })
            });
            gather(watching.collect())
        })
    })
}

/// Submits the run and waits until there are events of it; their path.
fn begun_run(target: &Target, lines: usize) -> Result<String> {
    let notebook = json!({"nbformat": 4, "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "python3"}},
        "cells": [{"cell_type": "code", "id": "watched", "metadata": {}, "outputs": [],
            "execution_count": null, "source": code(lines, 4)}]});
    let source = target.folder.join("watched.ipynb");
    fs::write(&source, notebook.to_string())?;
    let mut connection = target.connect()?;
    let job = json!({"tasks": [{"source": source}]});
    connection.json("PUT", "/v1/jobs/watched", &job)?;
    let run = connection.json("POST", "/v1/runs", &json!({"job": "watched"}))?;
    let id = text(&run["runs"][0], "id")
        .or_else(|_| text(&run, "id"))?
        .to_owned();
    let start = Instant::now();
    loop {
        let run = connection.json("GET", &format!("/v1/runs/{id}"), &Value::Null)?;
        match run["attempt"].as_i64() {
            Some(attempt) if attempt > 0 => break,
            _ if start.elapsed() > Duration::from_mins(1) => {
                return Err(format!("the run does not begin: {run}").into());
            }
            _ => thread::sleep(Duration::from_millis(5)),
        }
    }
    Ok(format!("/v1/runs/{id}/events"))
}

fn gather(watching: Vec<thread::ScopedJoinHandle<'_, Result<Samples>>>) -> Result<Samples> {
    let mut all = Samples::default();
    for viewer in watching {
        all.add(viewer.join().map_err(|_| "a viewer died")??);
    }
    Ok(all)
}

/// Measures the server meanwhile; `expected` is what all viewers together should see.
fn watched(
    target: &Target,
    what: &str,
    expected: usize,
    watch: impl FnOnce() -> Result<Samples>,
) -> Result<()> {
    target.processes().forget_peak()?;
    let cpu = target.processes().cpu_seconds()?;
    let mut seen = watch()?;
    let cpu = target.processes().cpu_seconds()? - cpu;
    figures(
        what,
        [
            (
                "lines lost",
                "",
                expected.saturating_sub(seen.count()) as f64,
            ),
            ("delay, median", "ms", seen.quantile(0.5)),
            ("delay, 95 %", "ms", seen.quantile(0.95)),
            ("delay, worst", "ms", seen.quantile(1.0)),
            ("CPU of the server", "s", cpu),
            ("peak memory", "B", target.processes().peak()? as f64),
        ],
    );
    Ok(())
}

/// How old the printed times are now; whether more will come.
fn stamps(printed: &[u8], seen: &mut Samples) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    for part in printed.split(|&byte| byte == b'<').skip(1) {
        let Some(end) = part.iter().position(|&byte| byte == b'>') else {
            continue;
        };
        let stamp = part
            .get(..end)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(stamp) = stamp.and_then(|digits| digits.parse().ok()) {
            seen.push(now.saturating_sub(Duration::from_nanos(stamp)));
        }
    }
    // Not the source, which quotes it.
    !crate::kernel::has(printed, b"<end>\\n")
}
