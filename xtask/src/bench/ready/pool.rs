//! A pool of ready kernels, and what it says and costs.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// What `/proc` counts processor time in.
const TICKS_PER_SECOND: f64 = 100.0;

pub(super) struct Pool {
    process_id: u64,
    program: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Pool {
    /// `command` is the program in its environment. The pool is nobody's child: who measures its own
    /// children waits for all of them.
    pub(super) fn start(command: &Command, modules: &[&str], most: usize) -> Result<Self> {
        let mut pool = Self {
            process_id: 0,
            program: command.get_program().into(),
            environment: command
                .get_envs()
                .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
                .collect(),
        };
        let most = most.to_string();
        let mut words = vec!["ready", "start", "--most", &most];
        for module in modules {
            words.extend(["--import", module]);
        }
        pool.ask(&words)?;
        pool.process_id = pool.status()?["process_id"]
            .as_u64()
            .context("no process")?;
        Ok(pool)
    }

    fn ask(&self, words: &[&str]) -> Result<Vec<u8>> {
        let asked = Command::new(&self.program)
            .args(words)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()?;
        ensure!(
            asked.status.success(),
            "{}",
            String::from_utf8_lossy(&asked.stderr)
        );
        Ok(asked.stdout)
    }

    fn status(&self) -> Result<Value> {
        Ok(serde_json::from_slice(
            &self.ask(&["ready", "status", "--json"])?,
        )?)
    }

    /// Waits until so many kernels can be handed over.
    pub(super) fn until_ready(&self, count: usize) -> Result<()> {
        let start = Instant::now();
        loop {
            let status = self.status()?;
            let shelves = status["shelves"].as_array().into_iter().flatten();
            let ready: usize = shelves
                .filter_map(|shelf| Some(shelf["ready"].as_array()?.len()))
                .sum();
            if ready >= count {
                return Ok(());
            }
            ensure!(
                start.elapsed() < Duration::from_mins(1),
                "no kernel gets ready: {status}"
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    pub(super) fn handed_over(&self) -> Result<u64> {
        self.status()?["handed_over"].as_u64().context("no count")
    }

    pub(super) fn last_reason(&self) -> Result<Value> {
        Ok(self.status()?["last_reason"].clone())
    }

    /// How many kernels wait, and what they and their template hold (PSS), in bytes.
    pub(super) fn memory(&self) -> Result<(usize, u64)> {
        let status = self.status()?;
        let shelf = &status["shelves"][0];
        let ready = shelf["ready"].as_array().context("no shelf")?.len();
        Ok((ready, shelf["memory_bytes"].as_u64().context("no memory")?))
    }

    /// CPU time of everything it ever started, to ten milliseconds a process.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        let mut processes = vec![self.process_id];
        let mut ticks = 0;
        while let Some(pid) = processes.pop() {
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                continue;
            };
            let (_, fields) = stat.rsplit_once(')').context("half a line")?;
            let fields: Vec<&str> = fields.split_whitespace().collect();
            // utime, stime, cutime, cstime: proc(5).
            ticks += fields[11..15]
                .iter()
                .filter_map(|field| field.parse::<u64>().ok())
                .sum::<u64>();
            for thread in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
                let children = fs::read_to_string(thread.path().join("children"));
                let children = children.unwrap_or_default();
                processes.extend(
                    children
                        .split_whitespace()
                        .filter_map(|child| child.parse::<u64>().ok()),
                );
            }
        }
        Ok(ticks as f64 / TICKS_PER_SECOND)
    }

    pub(super) fn end(self) -> Result<()> {
        self.ask(&["ready", "stop"])?;
        Ok(())
    }
}
