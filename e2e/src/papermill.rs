//! The real papermill, kept imported in one process that forks for every run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::place;
use crate::run::{Folder, LONGEST, Outcome, environment};

const DRIVER: &str = include_str!("papermill_driver.py");

/// A process that answers one JSON request a line; see `papermill_driver.py`.
#[derive(Debug)]
pub struct Papermill {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A notebook as nbformat reads it, with what nbformat thinks of its bytes.
#[derive(Debug)]
pub struct ReadNotebook {
    /// Numbers that JSON does not have (`NaN`, `Infinity`) are strings here.
    pub notebook: Value,
    /// Whether the bytes are those that nbformat itself would write.
    pub canonical: bool,
    /// What nbformat's validator says against it.
    pub invalid: Option<String>,
}

impl Papermill {
    pub fn start() -> Self {
        let mut process = Command::new(place::reference().join("venv/bin/python"))
            .args(["-c", DRIVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .envs(environment())
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            requests,
            answers,
        }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("the driver died; its message is above")
    }

    /// Runs papermill's command line in `folder`; once more where it hangs, as nbclient does now and then
    /// on a busy machine while a cell prints into an output widget.
    pub fn run(&mut self, arguments: &[&str], folder: &Folder) -> Outcome {
        let request = json!({"do": "run", "arguments": arguments, "folder": folder.path(), "seconds": LONGEST.as_secs()});
        let mut answer = self.ask(&request);
        if answer["late"] == true {
            answer = self.ask(&request);
        }
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Outcome {
            exit: i32::try_from(answer["exit"].as_i64().unwrap()).unwrap(),
            stdout: text("stdout"),
            stderr: text("stderr"),
            files: folder.changes(),
        }
    }

    /// Reads a notebook's text; `Err` says why nbformat cannot.
    pub fn read(&mut self, text: &str) -> Result<ReadNotebook, String> {
        let answer = self.ask(&json!({"do": "read", "text": text}));
        if let Some(error) = answer["error"].as_str() {
            return Err(error.to_owned());
        }
        Ok(ReadNotebook {
            notebook: answer["notebook"].clone(),
            canonical: answer["canonical"].as_bool().unwrap(),
            invalid: answer["invalid"].as_str().map(str::to_owned),
        })
    }
}

impl Drop for Papermill {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
