//! `cargo xtask bench --ready`: runs with a ready kernel beside papermill and cold kernels, by turns.

mod pool;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use self::pool::Pool;
use super::queue::runs::{submit, wait};
use super::queue::server::{Server, load};
use super::{BenchArguments, cases, machine, measure, page};
use crate::reference::Reference;

/// Who executes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Papermill,
    Cold,
    Ready,
}

const WAYS: [Way; 3] = [Way::Papermill, Way::Cold, Way::Ready];

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Papermill => "papermill",
            Self::Cold => "cold kernel",
            Self::Ready => "ready kernel",
        }
    }

    /// Runs of it in one turn: what is fast is measured more often.
    fn turns(self, quick: bool) -> usize {
        match self {
            _ if quick => 2,
            Self::Papermill => 9,
            Self::Cold => 20,
            Self::Ready => 200,
        }
    }
}

struct Bench {
    reference: Reference,
    nbpress: PathBuf,
    folder: PathBuf,
    quick: bool,
}

pub(super) fn run(root: &Path, arguments: &BenchArguments) -> Result<()> {
    let bench = Bench::prepare(root, arguments.quick)?;
    let (machine, start) = (machine(), Instant::now());
    eprintln!("{machine}");
    let figures = bench.measure();
    fs::remove_dir_all(&bench.folder).ok();
    let figures = figures?;
    let text = tables::page(&machine, start.elapsed().as_secs_f64(), &figures);
    println!("{text}");
    let json = json!({"machine": machine, "figures": figures});
    fs::write(root.join("target/bench-ready.json"), format!("{json:#}\n"))?;
    if arguments.write {
        page::write(root, page::READY, &text)?;
    }
    Ok(())
}

impl Bench {
    fn prepare(root: &Path, quick: bool) -> Result<Self> {
        let reference = Reference::install(root)?;
        let built = super::super::cargo()
            .args(["build", "--release", "--package", "nbpress-cli"])
            .current_dir(root)
            .status()?;
        ensure!(built.success(), "the release build failed");
        let folder = std::env::temp_dir().join(format!("nbpress-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let bench = Self {
            reference,
            nbpress: root.join("target/release/nbpress"),
            folder,
            quick,
        };
        let trivial = ["x = 0", "y = x + 1", "print(y)\ny"];
        let pandas = [
            "import pandas as pd",
            "pd.DataFrame({'n': range(1000)}).describe()",
        ];
        for (name, cells) in [("trivial", &trivial[..]), ("pandas", &pandas[..])] {
            let cells: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
            fs::write(bench.notebook(name), cases::notebook(&cells).to_string())?;
        }
        Ok(bench)
    }

    fn notebook(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.ipynb"))
    }

    fn measure(&self) -> Result<Vec<Value>> {
        let mut figures = Vec::new();
        for (notebook, modules) in [("trivial", &[][..]), ("pandas", &["pandas"][..])] {
            figures.extend(self.one_by_one(notebook, modules)?);
        }
        figures.extend(self.at_once()?);
        figures.push(self.queue()?);
        Ok(figures)
    }

    /// The command that runs a notebook; `job` tells those apart that run at the same time.
    fn command(&self, way: Way, notebook: &str, job: usize) -> Command {
        let output = self.folder.join(format!("{notebook}-{job}-out.ipynb"));
        let mut command = match way {
            Way::Papermill => Command::new(self.reference.program("papermill")),
            Way::Cold | Way::Ready => Command::new(&self.nbpress),
        };
        match way {
            Way::Papermill => command.args(["--no-progress-bar"]),
            Way::Cold | Way::Ready => command.arg("run"),
        };
        let home = if way == Way::Ready { "ready" } else { "cold" };
        command
            .args([self.notebook(notebook), output])
            .envs(self.reference.environment())
            .env("NBPRESS_HOME", self.folder.join(home))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn pool(&self, modules: &[&str], most: usize) -> Result<Pool> {
        let mut command = Command::new(&self.nbpress);
        command
            .envs(self.reference.environment())
            .env("NBPRESS_HOME", self.folder.join("ready"))
            .current_dir(&self.folder);
        let pool = Pool::start(&command, modules, most)?;
        // The first one is asked for and started cold; from then on some wait.
        ensure!(self.command(Way::Ready, "trivial", 0).status()?.success());
        pool.until_ready(1)?;
        Ok(pool)
    }

    /// From the command to its exit, one after the other.
    fn one_by_one(&self, notebook: &str, modules: &[&str]) -> Result<Vec<Value>> {
        let pool = self.pool(modules, 4)?;
        let mut figures = Vec::new();
        for way in WAYS {
            eprintln!("[bench] {notebook}, {} …", way.name());
            let (mut walls, mut cpu) = (Vec::new(), 0.0);
            let before = pool.cpu_seconds()?;
            let turns = way.turns(self.quick);
            for _ in 0..turns {
                if way == Way::Ready {
                    pool.until_ready(1)?;
                }
                let start = Instant::now();
                let seconds = measure::children(|| {
                    let ended = self.command(way, notebook, 0).status()?;
                    walls.push(start.elapsed().as_secs_f64() * 1e3);
                    ensure!(ended.success(), "{} ended with {ended}", way.name());
                    Ok(())
                })?;
                cpu += seconds;
            }
            if way == Way::Ready {
                cpu += pool.cpu_seconds()? - before;
            }
            walls.sort_by(f64::total_cmp);
            let at = |hundredths: usize| walls[(walls.len() - 1) * hundredths / 100];
            figures.push(json!({"what": notebook, "way": way.name(), "runs": turns, "p50_ms": at(50),
                "p99_ms": at(99), "least_ms": walls[0], "cpu_ms": cpu * 1e3 / turns as f64, "load": load()}));
        }
        let (kernels, bytes) = pool.memory()?;
        figures.push(json!({"what": "memory", "of": notebook, "kernels": kernels, "bytes": bytes}));
        pool.end()?;
        Ok(figures)
    }

    /// Runs per second, several commands at a time.
    fn at_once(&self) -> Result<Vec<Value>> {
        let pool = self.pool(&[], 8)?;
        let mut figures = Vec::new();
        for way in WAYS {
            for jobs in [1, 2, 4] {
                eprintln!("[bench] {jobs} at a time, {} …", way.name());
                let time = Duration::from_secs(if self.quick { 2 } else { 20 });
                let start = Instant::now();
                let counts: Vec<Result<usize>> = thread::scope(|scope| {
                    let started: Vec<_> = (0..jobs)
                        .map(|job| {
                            scope.spawn(move || {
                                let mut count = 0;
                                while start.elapsed() < time {
                                    let ended = self.command(way, "trivial", job).status()?;
                                    ensure!(ended.success(), "{} ended with {ended}", way.name());
                                    count += 1;
                                }
                                Ok(count)
                            })
                        })
                        .collect();
                    started
                        .into_iter()
                        .map(|job| job.join().map_err(|_| anyhow::anyhow!("a job died"))?)
                        .collect()
                });
                let runs: usize = counts.into_iter().sum::<Result<usize>>()?;
                let rate = runs as f64 / start.elapsed().as_secs_f64();
                figures.push(
                    json!({"what": "at once", "way": way.name(), "jobs": jobs, "runs": runs,
                    "per_second": rate, "load": load()}),
                );
            }
        }
        figures.push(json!({"what": "not from the pool", "reason": pool.last_reason()?}));
        pool.end()?;
        Ok(figures)
    }

    /// A minute of runs through the queue of a server, every record kept.
    fn queue(&self) -> Result<Value> {
        eprintln!("[bench] through the queue …");
        let pool = self.pool(&[], 8)?;
        let environment = self.reference.environment();
        let home = self.folder.join("ready");
        let server = Server::start(&self.nbpress, &environment, &home, &["--slots", "4"])?;
        let body = json!({"tasks": [{"source": self.notebook("trivial")}]});
        server.ask("PUT", "/v1/jobs/trivial", &body.to_string())?;
        let amount = if self.quick { 10 } else { 1200 };
        let before = pool.handed_over()?;
        let start = Instant::now();
        let ids: Vec<String> = (0..amount)
            .map(|_| submit(&server))
            .collect::<Result<_>>()?;
        for id in &ids {
            wait(&server, id)?;
        }
        let seconds = start.elapsed().as_secs_f64();
        let from_pool = pool.handed_over()? - before;
        let reason = pool.last_reason()?;
        server.end()?;
        pool.end()?;
        Ok(
            json!({"what": "queue", "runs": amount, "seconds": seconds, "per_second": f64::from(amount) / seconds,
            "from_pool": from_pool, "reason": reason, "load": load()}),
        )
    }
}
