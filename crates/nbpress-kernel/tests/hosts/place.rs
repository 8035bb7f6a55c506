//! A folder of interactive kernels, and clients that talk to them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nbpress_kernel::KernelFinder;
use nbpress_kernel::detached::LifeLock;
use nbpress_kernel::kernels::{
    Connection, Delivery, ExecutionState, InteractiveKernel, KernelModel, Kernels, StartRequest,
};
use nbpress_protocol::{Channel, Message, Session};
use serde_json::{Value, json};
use uuid::Uuid;

/// Long enough for what comes in milliseconds on a quiet machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const TESTKERNEL: &str = env!("CARGO_BIN_EXE_testkernel");

/// What must come.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("what should come did not")
}

/// A folder for kernels, its kernelspecs beside it. Its hosts end with it.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Place {
    /// With the kernels `testkernel`, `missing` (there is no such program) and `ends` (at once).
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kernelspec = |name: &str, program: &str| {
            let spec = json!({
                "argv": [program, "{connection_file}"], "display_name": name, "language": "testlang",
                "interrupt_mode": "message",
            });
            let place = folder.path().join("jupyter/kernels").join(name);
            std::fs::create_dir_all(&place).unwrap();
            serde_json::to_writer(
                std::fs::File::create(place.join("kernel.json")).unwrap(),
                &spec,
            )
            .unwrap();
        };
        kernelspec("testkernel", TESTKERNEL);
        kernelspec("missing", "/no/such/testkernel");
        kernelspec("ends", "/bin/false");
        let data = folder.path().join("jupyter");
        let environment = BTreeMap::from([
            ("JUPYTER_PATH".to_owned(), data.display().to_string()),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
        ]);
        std::fs::create_dir(folder.path().join("kernels")).unwrap();
        Self {
            folder,
            environment,
        }
    }

    pub(crate) fn kernels(&self) -> PathBuf {
        self.folder.path().join("kernels")
    }

    pub(crate) fn folder_of(&self, id: Uuid) -> PathBuf {
        self.kernels().join(id.to_string())
    }

    pub(crate) fn lock_of(&self, id: Uuid) -> LifeLock {
        LifeLock::at(&self.folder_of(id).join("lock"))
    }

    /// A server.
    pub(crate) async fn open(&self) -> Kernels {
        let finder = KernelFinder::new(&self.environment, &[]);
        let program = PathBuf::from(TESTKERNEL);
        Kernels::open(&self.kernels(), program, finder, self.environment.clone())
            .await
            .unwrap()
    }

    pub(crate) fn request(&self, name: &str) -> StartRequest {
        StartRequest {
            name: Some(name.to_owned()),
            working_directory: self.folder.path().to_owned(),
            ..StartRequest::default()
        }
    }

    /// A server and a test kernel that answers.
    pub(crate) async fn with_kernel(&self) -> (Kernels, Arc<InteractiveKernel>) {
        let kernels = self.open().await;
        let kernel = kernels.start(self.request("testkernel")).await.unwrap();
        until(&kernel, ExecutionState::Idle).await;
        (kernels, kernel)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(self.kernels()).unwrap().flatten() {
            LifeLock::at(&entry.path().join("lock")).signal(rustix::process::Signal::KILL);
        }
    }
}

/// Waits for a state.
pub(crate) async fn until(kernel: &InteractiveKernel, wanted: ExecutionState) -> KernelModel {
    soon(async {
        let mut model = kernel.model();
        while model.execution_state != wanted {
            model = kernel.changed_from(&model).await;
        }
        model
    })
    .await
}

/// Whether a process is there and not a zombie.
pub(crate) fn lives(pid: u32) -> bool {
    let mut status = String::new();
    let read = std::fs::File::open(Path::new("/proc").join(pid.to_string()).join("status"))
        .and_then(|mut file| std::io::Read::read_to_string(&mut file, &mut status));
    read.is_ok() && !status.contains("State:\tZ")
}

/// A client's session.
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) connection: Connection,
    session: Session,
}

/// What came for a cell.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) text: String,
    pub(crate) status: String,
    /// How many messages with text.
    pub(crate) messages: usize,
}

impl Client {
    pub(crate) async fn join(kernel: &InteractiveKernel, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            connection: soon(kernel.connect(name, None)).await.unwrap(),
            session: Session::new(name),
        }
    }

    pub(crate) async fn request(&self, channel: Channel, kind: &str, content: &Value) -> String {
        let message = self.session.message(kind, content.to_string());
        let sent = self.connection.send(channel, message.to_parts());
        soon(sent).await.unwrap();
        message.header.msg_id
    }

    /// Sends a cell; returns the request's id.
    pub(crate) async fn send(&self, code: &str) -> String {
        let content = json!({
            "code": code, "silent": false, "store_history": true, "user_expressions": {},
            "allow_stdin": true, "stop_on_error": true,
        });
        self.request(Channel::Shell, "execute_request", &content)
            .await
    }

    pub(crate) async fn next(&mut self) -> Delivery {
        soon(self.connection.recv()).await.unwrap()
    }

    pub(crate) async fn next_message(&mut self) -> (Channel, Message) {
        let delivery = self.next().await;
        (delivery.channel, delivery.parts.into_message().unwrap())
    }

    /// Reads until a cell of this client is over.
    pub(crate) async fn outcome(&mut self, id: &str) -> Outcome {
        self.read(id, true).await
    }

    /// Reads until a cell of another client is over.
    pub(crate) async fn overheard(&mut self, id: &str) -> Outcome {
        self.read(id, false).await
    }

    async fn read(&mut self, id: &str, replied: bool) -> Outcome {
        let (mut outcome, mut idle) = (Outcome::default(), false);
        while !idle || (replied && outcome.status.is_empty()) {
            let (channel, message) = self.next_message().await;
            if message.parent_id() != Some(id) {
                continue;
            }
            let content: Value = message.view().unwrap();
            match (channel, message.kind()) {
                (Channel::Shell, _) => {
                    outcome.status.push_str(content["status"].as_str().unwrap());
                }
                (_, "stream") => {
                    outcome.text += content["text"].as_str().unwrap();
                    outcome.messages += 1;
                }
                (_, "status") => idle |= content["execution_state"] == "idle",
                _ => {}
            }
        }
        outcome
    }

    /// Sends a cell and returns what it printed and how it ended.
    pub(crate) async fn run(&mut self, code: &str) -> (String, String) {
        let id = self.send(code).await;
        let outcome = self.outcome(&id).await;
        (outcome.text, outcome.status)
    }

    /// Reads until the kernel asks something because of a cell of this client, and answers nothing before.
    pub(crate) async fn until_asked(&mut self, id: &str) -> Value {
        loop {
            let (channel, message) = self.next_message().await;
            if channel != Channel::Iopub {
                assert_eq!(channel, Channel::Stdin, "{}: {message:?}", self.name);
                assert_eq!(message.kind(), "input_request");
                assert_eq!(message.parent_id(), Some(id), "{}", self.name);
                return message.view().unwrap();
            }
        }
    }

    /// Reads until the kernel's own status, or one told in its place, is this one.
    pub(crate) async fn until_told(&mut self, state: &str) {
        loop {
            let (_, message) = self.next_message().await;
            let content: Value = message.view().unwrap();
            if message.kind() == "status" && content["execution_state"] == state {
                return;
            }
        }
    }
}

pub(crate) fn ok(text: &str) -> (String, String) {
    (text.to_owned(), "ok".to_owned())
}

/// As many lines, each with its number at the end.
pub(crate) fn numbered(lead: &str, count: usize) -> String {
    let lines: Vec<String> = (0..count)
        .map(|number| format!("{lead}{number}\n"))
        .collect();
    lines.concat()
}
