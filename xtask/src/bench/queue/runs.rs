//! What the queue adds to a run: the same notebook through `nbpress run` and through `nbpress serve`, by turns.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::figures::Figures;
use super::server::{Server, load};
use super::{Queue, measure};

/// Those of the profile `small`, which every run of the queue has that asks for no other.
const LIMITS: &[&str] = &["--memory", "2GiB", "--cpus", "1"];

struct Kernel {
    name: &'static str,
    cells: &'static [&'static str],
    /// Runs one after the other, and at once.
    alone: usize,
    together: usize,
}

const KERNELS: [Kernel; 2] = [
    Kernel {
        name: "testkernel",
        cells: &["n = 1", "print one {n}"],
        alone: 40,
        together: 200,
    },
    Kernel {
        name: "python3",
        cells: &["x = 0", "y = x + 1", "print(y)\ny"],
        alone: 11,
        together: 20,
    },
];

pub(super) fn measure(queue: &Queue, figures: &mut Figures) -> Result<()> {
    for kernel in KERNELS {
        eprintln!("[bench] runs on {} …", kernel.name);
        let few = |amount: usize| if queue.quick { amount.min(4) } else { amount };
        let place = Place::new(queue, &kernel)?;
        let alone = place.alone(few(kernel.alone))?;
        let together = place.together(few(kernel.together))?;
        figures.add(kernel.name, vec![alone, together]);
    }
    Ok(())
}

struct Place<'queue> {
    queue: &'queue Queue,
    folder: std::path::PathBuf,
}

impl<'queue> Place<'queue> {
    fn new(queue: &'queue Queue, kernel: &Kernel) -> Result<Self> {
        let folder = queue.folder.join(kernel.name);
        fs::create_dir_all(&folder)?;
        let cells: Vec<Value> = kernel
            .cells
            .iter()
            .enumerate()
            .map(|(at, source)| {
                json!({"cell_type": "code", "id": format!("cell-{at}"), "metadata": {}, "source": source,
                    "outputs": [], "execution_count": null})
            })
            .collect();
        let notebook = json!({"nbformat": 4, "nbformat_minor": 5, "cells": cells,
            "metadata": {"kernelspec": {"name": kernel.name, "display_name": kernel.name}}});
        fs::write(folder.join("trivial.ipynb"), notebook.to_string())?;
        Ok(Self { queue, folder })
    }

    fn nbpress(&self, home: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(&self.queue.nbpress);
        command
            .args(words)
            .current_dir(&self.folder)
            .envs(
                self.queue
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .env("NBPRESS_HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// `nbpress run`, without a server.
    fn direct(&self, limits: &[&str]) -> Command {
        let home = self.folder.join("direct");
        self.nbpress(&home, &[&["run", "trivial.ipynb"], limits].concat())
    }

    /// How long it takes, in milliseconds.
    fn direct_ms(&self, limits: &[&str]) -> Result<f64> {
        let start = Instant::now();
        let ended = self.direct(limits).status()?;
        ensure!(ended.success(), "`nbpress run` ended with {ended}");
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }

    /// A server that has the notebook as a job.
    fn serve(&self, home: &str) -> Result<Server> {
        let server = self
            .queue
            .serve(&self.folder.join(home), &["--slots", "2"])?;
        let body = json!({"tasks": [{"source": self.folder.join("trivial.ipynb")}]});
        server
            .ask("PUT", "/v1/jobs/trivial", &body.to_string())
            .context("publishing")?;
        Ok(server)
    }

    /// Each by itself, by turns: what one run waits for.
    fn alone(&self, runs: usize) -> Result<Value> {
        let server = self.serve("alone")?;
        let (mut bare, mut direct, mut queue) = (Vec::new(), Vec::new(), Vec::new());
        let (mut submits, mut claims) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            bare.push(self.direct_ms(&[])?);
            direct.push(self.direct_ms(LIMITS)?);
            let (begun, start) = (Timestamp::now(), Instant::now());
            let id = submit(&server)?;
            submits.push(start.elapsed().as_secs_f64() * 1e3);
            let run = wait(&server, &id)?;
            queue.push(seconds(begun, time(&run, "ended_at")?) * 1e3);
            claims.push(seconds(time(&run, "created_at")?, time(&run, "started_at")?) * 1e3);
        }
        server.end()?;
        let least = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(json!({"what": "one after the other", "runs": runs,
            "direct_min_ms": least(&direct), "queue_min_ms": least(&queue),
            "bare_ms": median(bare), "direct_ms": median(direct), "queue_ms": median(queue),
            "submit_ms": median(submits), "claim_ms": median(claims), "load": load()}))
    }

    /// Two at a time: runs per second, and the CPU time of everything that happened. Half of the direct
    /// runs come before the others and half after, since machines are not the same for long.
    fn together(&self, runs: usize) -> Result<Value> {
        let before = self.direct_together(runs / 2)?;
        // What the server costs without runs: its start and its end.
        let empty_cpu = self.serve("empty")?.end()?.1;
        let server = self.serve("together")?;
        let begun = Timestamp::now();
        let ids: Vec<String> = (0..runs).map(|_| submit(&server)).collect::<Result<_>>()?;
        let submitted = seconds(begun, Timestamp::now());
        let mut last = begun;
        for id in &ids {
            last = last.max(time(&wait(&server, id)?, "ended_at")?);
        }
        let (own, tree) = server.end()?;
        let after = self.direct_together(runs / 2)?;
        let (direct_seconds, direct_cpu) = (before.0 + after.0, before.1 + after.1);
        let each = |seconds: f64| seconds * 1e3 / runs as f64;
        Ok(json!({"what": "two at a time", "runs": runs,
            "direct_per_second": runs as f64 / direct_seconds,
            "queue_per_second": runs as f64 / seconds(begun, last),
            "submits_per_second": runs as f64 / submitted,
            "direct_cpu_ms": each(direct_cpu), "queue_cpu_ms": each(tree - empty_cpu),
            "server_cpu_ms": each(own - empty_cpu), "load": load()}))
    }

    /// Seconds, and CPU seconds of all of them.
    fn direct_together(&self, runs: usize) -> Result<(f64, f64)> {
        let start = Instant::now();
        let cpu = measure::children(|| {
            thread::scope(|scope| {
                let half = || (0..runs / 2).try_for_each(|_| self.direct_ms(LIMITS).map(drop));
                let (one, other) = (scope.spawn(half), scope.spawn(half));
                for half in [one, other] {
                    half.join()
                        .map_err(|_| anyhow::anyhow!("a thread died"))??;
                }
                Ok(())
            })
        })?;
        Ok((start.elapsed().as_secs_f64(), cpu))
    }
}

pub(in crate::bench) fn submit(server: &Server) -> Result<String> {
    let run = server.ask("POST", "/v1/runs", r#"{"job": "trivial"}"#)?;
    Ok(run["id"]
        .as_str()
        .context("a run without an id")?
        .to_owned())
}

/// Asks seldom, so that asking costs nothing; a run says itself when it ended.
pub(in crate::bench) fn wait(server: &Server, id: &str) -> Result<Value> {
    let start = Instant::now();
    loop {
        let run = server.ask("GET", &format!("/v1/runs/{id}"), "")?;
        if !run["ended_at"].is_null() {
            ensure!(run["state"] == "succeeded", "{run}");
            return Ok(run);
        }
        ensure!(
            start.elapsed() < Duration::from_mins(5),
            "{id} does not end"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

fn time(run: &Value, field: &str) -> Result<Timestamp> {
    let text = run[field].as_str().with_context(|| format!("no {field}"))?;
    Ok(text.parse()?)
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

fn median(mut sorted: Vec<f64>) -> f64 {
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
