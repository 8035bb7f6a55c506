//! What a Jupyter server costs its clients: `load PART TARGET` measures one part of one server that is on and prints a figure per line.
//!
//! | part | what |
//! |---|---|
//! | `make` | the notebooks and folders that the others ask for, below `folder` |
//! | `floors` | what this machine needs for the like of it without a server |
//! | `memory` | what the server's processes have of the memory now |
//! | `requests` | status with 1 and 16 connections, folders of 10 and 10,000 notebooks |
//! | `notebooks` | reading and writing notebooks of 10 KB, 1 MB and 20 MB |
//! | `stall` | what others wait for meanwhile |
//! | `start` | starting a kernel until it answers |
//! | `execute` | a trivial cell over the WebSocket and past the server, on the same kernel |
//! | `output` | 100,000 lines and 50 MB on one WebSocket |
//! | `viewers` | 200 who watch the same |
//! | `view` | a notebook of 100 MB as a page |
//!
//! `TARGET` is a JSON object: see [`Target`]. Clients are blocking threads that parse no more than they must, so
//! that on a small machine most of the processors is the server's.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures and prints"
)]

mod execute;
mod floors;
mod http;
mod kernel;
mod make;
mod notebooks;
mod output;
mod processes;
mod requests;
mod samples;
mod stall;
mod view;
mod viewers;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Value, json};

use self::http::Http;
use self::processes::Processes;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The server that is measured.
#[derive(Debug, Deserialize)]
struct Target {
    /// Its name in the figures: `nbpress`, or another.
    server: String,
    /// Host and port.
    address: String,
    token: String,
    /// The server's process.
    pid: u32,
    /// What it serves.
    folder: PathBuf,
    /// A look, not a measurement.
    quick: bool,
}

impl Target {
    /// `whole`, or a fiftieth of it for a quick look.
    fn amount(&self, whole: usize) -> usize {
        if self.quick {
            (whole / 50).max(2)
        } else {
            whole
        }
    }

    fn connect(&self) -> Result<Http> {
        Http::connect(&self.address, &self.token)
    }

    fn processes(&self) -> Processes {
        Processes::of(self.pid)
    }

    fn is_nbpress(&self) -> bool {
        self.server == "nbpress"
    }
}

/// Prints figures of one thing: what was measured, in which unit, and how much it was.
fn figures<const N: usize>(what: &str, measured: [(&str, &str, f64); N]) {
    for (measure, unit, value) in measured {
        let figure =
            json!({"what": what, "measure": measure, "unit": unit, "value": value, "load": load()});
        println!("{figure}");
    }
}

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [part, target] = given.as_slice() else {
        println!("usage: load PART TARGET");
        return ExitCode::FAILURE;
    };
    match serde_json::from_str(target)
        .map_err(Into::into)
        .and_then(|target| measure(part, &target))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{}", json!({"error": error.to_string()}));
            ExitCode::FAILURE
        }
    }
}

fn measure(part: &str, target: &Target) -> Result<()> {
    match part {
        "make" => make::all(target),
        "floors" => floors::measure(target),
        "memory" => {
            let bytes = target.processes().memory()?;
            figures("server", [("memory (PSS)", "B", bytes as f64)]);
            Ok(())
        }
        "requests" => requests::measure(target),
        "notebooks" => notebooks::measure(target),
        "stall" => stall::measure(target),
        "start" => kernel::measure_start(target),
        "execute" => execute::measure(target),
        "output" => output::measure(target),
        "viewers" => viewers::measure(target),
        "view" => view::measure(target),
        other => Err(format!("there is no part `{other}`").into()),
    }
}

/// How many processes want a processor, on average over the last minute.
fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// A field of an answer that has to be text.
fn text<'a>(answer: &'a Value, field: &str) -> Result<&'a str> {
    answer[field]
        .as_str()
        .ok_or_else(|| format!("no `{field}` in {answer}").into())
}
