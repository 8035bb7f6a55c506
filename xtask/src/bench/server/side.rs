//! A server that is on: nbpress or jupyter_server, each with a folder of the same notebooks.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::place::Place;

const TOKEN: &str = "benchmark";
/// No server takes longer to start or to end.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) const SIDES: [Side; 2] = [Side::Nbpress, Side::Jupyter];

#[derive(Clone, Copy)]
pub(super) enum Side {
    Nbpress,
    Jupyter,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nbpress => "nbpress",
            Self::Jupyter => "jupyter_server",
        }
    }

    fn home(self, place: &Place) -> PathBuf {
        place.folder().join(self.name())
    }

    fn notebooks(self, place: &Place) -> PathBuf {
        self.home(place).join("notebooks")
    }

    /// The folder it serves, for what needs no server.
    pub(super) fn nowhere(self, place: &Place) -> Value {
        self.target(place, "", 0)
    }

    fn target(self, place: &Place, address: &str, process: u32) -> Value {
        json!({"server": self.name(), "address": address, "token": TOKEN, "pid": process,
            "folder": self.notebooks(place), "quick": place.quick})
    }

    /// Where it writes its address, beneath its home; anew at each start.
    fn state(self, place: &Place) -> PathBuf {
        self.home(place).join("state")
    }

    fn command(self, place: &Place) -> Result<Command> {
        let (home, state) = (self.home(place), self.state(place));
        let mut command = match self {
            Self::Nbpress => {
                let mut command = Command::new(place.program("nbpress"));
                command.args(["serve", "--listen", "127.0.0.1:0", "--slots", "2"]);
                command.arg(self.notebooks(place));
                command.env("NBPRESS_HOME", state);
                command.env("NBPRESS_TOKEN", TOKEN);
                command
            }
            Self::Jupyter => {
                let (settings, notebooks) = (home.join("settings"), self.notebooks(place));
                fs::create_dir_all(&settings)?;
                let file = settings.join("jupyter_server_config.json");
                fs::write(file, jupyter_settings(&notebooks).to_string())?;
                let mut command = Command::new(place.jupyter("jupyter-server"));
                command.args(["--no-browser", "--allow-root"]);
                command.env("JUPYTER_CONFIG_DIR", settings);
                command.env("JUPYTER_DATA_DIR", home.join("data"));
                command.env("JUPYTER_RUNTIME_DIR", state);
                command
            }
        };
        command
            .envs(place.environment.iter().map(|(name, value)| (name, value)))
            .env("IPYTHONDIR", place.folder().join("ipython"))
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(home.join("log"))?);
        Ok(command)
    }

    /// Host and port, once it has said so.
    fn address(self, place: &Place) -> Option<String> {
        let state = self.state(place);
        let file = match self {
            Self::Nbpress => state.join("server.json"),
            Self::Jupyter => fs::read_dir(state)
                .ok()?
                .flatten()
                .map(|entry| entry.path())
                .find(|path| is_server_file(path))?,
        };
        let said: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let url = said["url"].as_str()?.strip_prefix("http://")?;
        Some(url.trim_end_matches('/').to_owned())
    }
}

/// `jpserver-PID.json`: beside it are a page and a secret, and the files of kernels later.
fn is_server_file(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name.starts_with("jpserver-") && path.extension().is_some_and(|end| end == "json")
}

/// As it comes, without JupyterLab and without its limit on outputs; kernels on Unix sockets, which the kernel of
/// the tests needs and which cost less than TCP.
fn jupyter_settings(notebooks: &Path) -> Value {
    json!({
        "ServerApp": {"root_dir": notebooks, "ip": "127.0.0.1", "port": 0,
            "jpserver_extensions": {"jupyterlab": false, "notebook_shim": false, "jupyter_lsp": false}},
        "IdentityProvider": {"token": TOKEN},
        "KernelManager": {"transport": "ipc"},
        "ZMQChannelsWebsocketConnection": {"limit_rate": false},
    })
}

/// A server that answers.
pub(super) struct Served {
    side: Side,
    process: Child,
    address: String,
    /// From before `exec` to the first answer.
    pub(super) first_answer: Duration,
}

impl Served {
    pub(super) fn start(place: &Place, side: Side) -> Result<Self> {
        fs::remove_dir_all(side.state(place)).ok();
        fs::create_dir_all(side.state(place))?;
        let mut command = side.command(place)?;
        let start = Instant::now();
        let mut process = command.spawn()?;
        loop {
            if let Some(address) = side.address(place)
                && answers(&address).is_ok()
            {
                return Ok(Self {
                    side,
                    process,
                    address,
                    first_answer: start.elapsed(),
                });
            }
            let ended = process.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                process.kill().ok();
                let log = fs::read_to_string(side.home(place).join("log"))?;
                bail!("{} does not start: {log}", side.name());
            }
            thread::sleep(Duration::from_micros(500));
        }
    }

    pub(super) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// For the program with the clients.
    pub(super) fn target(&self, place: &Place) -> Value {
        self.side.target(place, &self.address, self.process.id())
    }

    pub(super) fn end(mut self) -> Result<()> {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let start = Instant::now();
        while self.process.try_wait()?.is_none() {
            if start.elapsed() > PATIENCE {
                self.process.kill()?;
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn answers(address: &str) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!(
        "GET /api/status HTTP/1.1\r\nHost: {address}\r\nAuthorization: token {TOKEN}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, _) = answer.split_once("\r\n\r\n").context("half an answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    Ok(())
}
