//! The server as Jupyter's own clients and jupyter_server's own tests see it.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code: a failure here is a failed test"
)]

mod clients;
mod isolation;
mod lab;
mod openid;
mod suite;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use e2e::live::{Stage, end_process, poll, processes_with};
use e2e::place;
use serde_json::Value;

/// `nbpress serve` with a folder, below a base URL that has to be encoded.
struct Served {
    stage: Stage,
    options: Vec<String>,
    server: Option<Child>,
    /// The base URL, with a slash at its end.
    url: String,
    token: String,
}

impl Served {
    fn start(options: &[&str]) -> Self {
        let stage = Stage::new();
        for folder in ["home", "root", "data"] {
            std::fs::create_dir_all(stage.path(folder)).unwrap();
        }
        let mut served = Self {
            stage,
            options: options.iter().map(|&option| option.to_owned()).collect(),
            server: None,
            url: String::new(),
            token: String::new(),
        };
        served.start_again();
        served
    }

    /// Starts the server and waits until it says where it is.
    fn start_again(&mut self) {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.stage.path("server.log"))
            .unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let programs = [place::reference().join("venv-jupyter/bin")].into_iter();
        let programs = programs.chain(std::env::split_paths(&path));
        let mut command = self.stage.command(place::nbpress());
        command
            .arg("serve")
            .arg(self.stage.path("root"))
            .args(["--base-url", "/a%40b", "--listen", "127.0.0.1:0"])
            .args(&self.options)
            .env("PATH", std::env::join_paths(programs).unwrap())
            .env("VIRTUAL_ENV", place::reference().join("venv-jupyter"))
            .env("JUPYTER_PATH", self.stage.path("data"));
        let server = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let pid = u64::from(server.id());
        self.server = Some(server);
        let file = self.stage.home.join("server.json");
        let said = poll(|| {
            let said: Value = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
            (said["pid"] == pid).then_some(said)
        });
        let said = said.unwrap_or_else(|| panic!("no server: {}", self.log()));
        self.url = format!("{}/a%40b/", said["url"].as_str().unwrap());
        said["token"].as_str().unwrap().clone_into(&mut self.token);
    }

    /// `kill -9`, and no more.
    fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.stage.path("server.log")).unwrap_or_default()
    }

    /// A program of the clients' Python environment, with nothing of this machine's Jupyter around it.
    fn client(&self, program: &str) -> Command {
        let mut command = self.stage.command(client_program(program));
        command
            .env("HOME", self.stage.path("home"))
            .env("JUPYTER_PATH", self.stage.path("data"))
            .env("JUPYTER_CONFIG_DIR", self.stage.path("config"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _gone = server.kill();
            let _gone = server.wait();
        }
        // Kernels outlive servers on purpose.
        let home = format!("NBPRESS_HOME={}", self.stage.home.display());
        for process in processes_with(&home) {
            end_process(process);
        }
    }
}

/// A program in the Python environment of Jupyter's clients.
///
/// # Panics
/// When it is not installed.
fn client_program(name: &str) -> PathBuf {
    let program = place::reference().join("venv-jupyter/bin").join(name);
    assert!(
        program.exists(),
        "{} is missing; run `cargo xtask test --setup-only`",
        program.display()
    );
    program
}

/// Where the scripts of these tests are.
fn scripts() -> PathBuf {
    place::repository().join("e2e/jupyter")
}
