//! A run of `nbpress` that the test watches and meddles with while it goes on.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::place;

/// Nothing a test waits for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// Runs code in a kernel that runs already.
const CLIENT: &str = "
import sys
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient(connection_file=sys.argv[1])
client.load_connection_file()
client.start_channels()
client.wait_for_ready(timeout=60)
client.execute_interactive(sys.argv[2], timeout=60)
client.shutdown()
";

/// A folder with a store of its own and a kernelspec for the test kernel.
#[derive(Debug)]
pub struct Stage {
    folder: tempfile::TempDir,
    /// `NBPRESS_HOME`.
    pub home: PathBuf,
}

impl Stage {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("nbpress-e2e-")
            .tempdir()
            .unwrap();
        let stage = Self {
            home: folder.path().join("home"),
            folder,
        };
        stage.add_kernel("testkernel", &test_kernelspec());
        stage
    }

    /// Writes `kernels/<name>/kernel.json`.
    pub fn add_kernel(&self, name: &str, spec: &Value) {
        let file = format!("jupyter/kernels/{name}/kernel.json");
        self.write(&file, spec.to_string());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A notebook of code cells.
    pub fn notebook(&self, name: &str, kernel: &str, cells: &[&str]) -> PathBuf {
        self.write(name, notebook(kernel, cells).to_string())
    }

    /// `program`, usually one that starts `nbpress`, with the stage's surroundings.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let reference = place::reference();
        let path = std::env::join_paths([self.path("jupyter"), reference.join("jupyter")]).unwrap();
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("NBPRESS_HOME", &self.home)
            .env("JUPYTER_PATH", path)
            .env("IPYTHONDIR", reference.join("ipython"))
            .env("NO_COLOR", "1")
            .env("COLUMNS", "80")
            .stdin(Stdio::null());
        command
    }

    /// Runs `nbpress` to its end.
    pub fn nbpress(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command(place::nbpress());
        command.args(arguments);
        Live::start(&mut command).end()
    }

    /// Has a client of Jupyter run code in the kernel of `nbpress debug`, and end it; what the code printed, and how
    /// the command ended.
    pub fn debug(&self, arguments: &[&str], code: &str) -> (Vec<String>, Ended) {
        let mut command = self.command(place::nbpress());
        let mut debug = Live::start(command.arg("debug").args(arguments));
        let Some(file) = debug.next_line() else {
            return (Vec::new(), debug.end());
        };
        let mut client = self.command(place::reference().join("venv/bin/python"));
        let said = Live::start(client.args(["-c", CLIENT, &file, code])).end();
        assert_eq!(said.exit, 0, "{}", said.stderr);
        (said.stdout, debug.end())
    }

    /// Starts `nbpress run --json`.
    pub fn run(&self, arguments: &[&str]) -> Live {
        let mut command = self.command(place::nbpress());
        command.args(["run", "--json"]).args(arguments);
        Live::start(&mut command)
    }

    /// The output notebook of a run, read as JSON.
    pub fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Ids of the runs in the store.
    pub fn runs(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.home.join("runs")) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("run_")).collect()
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

/// The kernelspec of the kernel in `crates/nbpress-kernel`.
pub fn test_kernelspec() -> Value {
    let program = place::nbpress().with_file_name("testkernel");
    assert!(
        program.exists(),
        "{} is not built; run `cargo build -p nbpress-kernel`",
        program.display()
    );
    json!({
        "argv": [program, "{connection_file}"],
        "display_name": "Test kernel",
        "language": "testlang",
        "interrupt_mode": "message",
    })
}

/// A notebook of code cells.
pub fn notebook(kernel: &str, cells: &[&str]) -> Value {
    let cells: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(index, source)| {
            json!({"cell_type": "code", "id": format!("cell-{index}"), "metadata": {}, "source": source,
                "outputs": [], "execution_count": null})
        })
        .collect();
    let language = match kernel {
        "testkernel" => "testlang",
        "ir" => "R",
        "deno" => "typescript",
        "bash" | "octave" => kernel,
        _ => "python",
    };
    let kernelspec = json!({"name": kernel, "display_name": kernel, "language": language});
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernelspec}, "cells": cells})
}

/// A process whose stdout is read line by line.
#[derive(Debug)]
pub struct Live {
    child: Child,
    lines: Receiver<String>,
    stderr: JoinHandle<String>,
    started: Instant,
    /// The lines read so far.
    pub seen: Vec<String>,
}

/// A process that ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; 128 + number for a signal.
    pub exit: i32,
    /// Every line of stdout.
    pub stdout: Vec<String>,
    pub stderr: String,
    /// From its start to its end.
    pub time: Duration,
}

impl Live {
    pub fn start(command: &mut Command) -> Self {
        let started = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let (sender, lines) = channel();
        spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = spawn(move || {
            let mut text = Vec::new();
            errors.read_to_end(&mut text).ok();
            String::from_utf8_lossy(&text).into_owned()
        });
        Self {
            child,
            lines,
            stderr,
            started,
            seen: Vec::new(),
        }
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Reads on until a line of stdout, parsed, is the wanted one.
    pub fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.next_line().unwrap_or_else(|| {
                self.child.kill().ok();
                panic!(
                    "the wanted event never came; the last ones: {:#?}",
                    self.seen.iter().rev().take(3)
                )
            });
            let event = serde_json::from_str(&line).unwrap_or(Value::Null);
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Reads on until a cell printed `text`.
    pub fn wait_for_output(&mut self, text: &str) -> Value {
        self.wait_for(|event| {
            event["output"]["text"]
                .as_str()
                .is_some_and(|printed| printed.contains(text))
        })
    }

    /// The next line of stdout; `None` at its end or when nothing comes.
    pub fn next_line(&mut self) -> Option<String> {
        let line = self.lines.recv_timeout(PATIENCE).ok()?;
        self.seen.push(line.clone());
        Some(line)
    }

    /// Sends a signal to the process.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Whether it has ended, without waiting.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the end; a process that takes too long is killed.
    pub fn end(mut self) -> Ended {
        let ended = poll(|| self.child.try_wait().unwrap());
        if ended.is_none() {
            self.child.kill().ok();
        }
        let status = self.child.wait().unwrap();
        let time = self.started.elapsed();
        while self.next_line().is_some() {}
        Ended {
            exit: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            stdout: self.seen,
            stderr: self.stderr.join().unwrap(),
            time,
        }
    }
}

impl Ended {
    /// The events that `--json` printed.
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &String| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        self.stdout.iter().map(parse).collect()
    }

    /// The outcome in the last event.
    pub fn outcome(&self) -> Value {
        let last = self.events().pop().unwrap_or_default();
        assert_eq!(last["type"], "run_finished", "{}", self.stderr);
        last["outcome"].clone()
    }

    /// The run's id, from the first event.
    pub fn run_id(&self) -> String {
        let events = self.events();
        let id = events
            .first()
            .map(|event| event["header"]["run_id"].clone());
        id.and_then(|id| id.as_str().map(str::to_owned))
            .unwrap_or_else(|| panic!("no run began: {}", self.stderr))
    }
}

/// Sends a signal, by its name without `SIG`.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(sent.unwrap().success(), "no process {process}");
}

/// `kill -9`; whether there was such a process.
pub fn end_process(process: u32) -> bool {
    let sent = Command::new("kill")
        .args(["-KILL", &process.to_string()])
        .stderr(Stdio::null())
        .status();
    sent.unwrap().success()
}

/// Asks until there is an answer; `None` when none comes in time.
pub fn poll<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() > deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Ids of living processes whose environment has `entry`; what a kernel starts inherits
/// `NBPRESS_RUN_ID`.
pub fn processes_with(entry: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        fs::read(format!("/proc/{id}/environ")).is_ok_and(|environ| {
            environ
                .split(|&byte| byte == 0)
                .any(|variable| variable == entry.as_bytes())
        })
    })
    .collect()
}

/// Whether nothing of a process runs any more, so that its files are closed: it is gone, or all that is left of it
/// is the entry that its parent has not read. Its environment is gone earlier.
pub fn has_ended(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return true;
    };
    let zombie = stat
        .rsplit_once(") ")
        .is_some_and(|(_, fields)| fields.starts_with(['Z', 'X']));
    // The first thread of a process can be one while others still end.
    zombie && fs::read_dir(format!("/proc/{pid}/task")).map_or(true, |tasks| tasks.count() <= 1)
}

/// Panics when a file is not a notebook that the real nbformat finds valid.
pub fn assert_valid_notebooks(files: &[PathBuf]) {
    const CHECK: &str = "import nbformat, sys\n\
        for path in sys.argv[1:]:\n    nbformat.validate(nbformat.read(path, nbformat.NO_CONVERT))\n";
    let checked = Command::new(place::reference().join("venv/bin/python"))
        .args(["-c", CHECK])
        .args(files)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{complaint}");
}

/// papermill's status of every code cell that is not an error marker.
pub fn cell_statuses(notebook: &Value) -> Vec<String> {
    let cells = notebook["cells"].as_array().unwrap().iter();
    cells
        .filter(|cell| cell["cell_type"] == "code")
        .map(|cell| {
            let status = &cell["metadata"]["papermill"]["status"];
            status.as_str().unwrap_or("none").to_owned()
        })
        .collect()
}

/// How many error markers of papermill's a notebook has.
pub fn markers(notebook: &Value) -> usize {
    let tag = json!("papermill-error-cell-tag");
    let cells = notebook["cells"].as_array().unwrap().iter();
    cells
        .filter(|cell| {
            cell["metadata"]["tags"]
                .as_array()
                .is_some_and(|tags| tags.contains(&tag))
        })
        .count()
}

/// Every byte of every file under a folder.
pub fn all_bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(all_bytes(&path));
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            found.push((path, bytes));
        }
    }
    found
}
