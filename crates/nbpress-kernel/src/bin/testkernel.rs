//! A small kernel in Rust, so that tests need no other language.
//!
//! `testkernel CONNECTION_FILE` serves the kernelspec language `testlang`: one command a line.
//! For tests without the `nbpress` binary, `testkernel kernel-host FOLDER` is the host of an interactive
//! kernel, and `testkernel start FOLDER NAME` a server that starts one there, prints its id and stays.
//!
//! | line | what happens |
//! |---|---|
//! | `name = literal` | sets a variable (JSON, or Python's `True`, `False`, `None`) |
//! | `print text {name}` | stdout, variables filled in; `eprint` the same on stderr |
//! | `lines N` | N stream messages, one line each |
//! | `burst BYTES` | one stream message of that size |
//! | `result text` / `late text` | an execute_result, before or after the idle status |
//! | `early text` / `orphan text` | stderr without a parent, before the cell is begun or in it |
//! | `display MIME text` | a display_data; a MIME type that ends in `+json` has its text as JSON |
//! | `show ID text` / `update ID text` | display data with an id, and its update |
//! | `clear` / `clear wait` | clear_output |
//! | `raise Name message` | an error output and reply |
//! | `quiet-error Name message` | an error reply with no output |
//! | `abort` | a reply with the status `aborted` |
//! | `hang` | runs until interrupted; `hang hard` until killed |
//! | `exit CODE` / `die SIGNAL` | the process ends |
//! | `log text` | to the process's own stderr, outside the protocol |
//! | `cwd` / `env NAME` | prints the working directory, a variable of the environment |
//! | `ask PROMPT` | asks the client that sent the cell, prints its answer |
//! | `when A B command` | the command, if A is B: `when {x} 3 hang` |
//! | `read PATH` | prints a file; of a FIFO, as soon as somebody has written it |
//! | `spawn` | starts a process that sleeps for an hour, prints its id; `spawn away` one in its own session |
//! | `# …` | nothing |

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nbpress_kernel::kernels::{Kernels, StartRequest};
use nbpress_kernel::pool::PoolSettings;
use nbpress_kernel::{
    Kernel, KernelEvent, KernelFinder, LaunchRequest, Limits, LocalProvisioner, Origin,
};
use nbpress_protocol::zmtp::{self, GREETING_LEN, SocketType};
use nbpress_protocol::{Channel, ConnectionInfo, Endpoint, Header, Message, Session, Signer};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    if nbpress_kernel::guard::serve(std::env::args_os()).is_some() {
        return Ok(());
    }
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("kernel-host"), Some(folder)) => host(Path::new(&folder)),
        (Some("start"), Some(folder)) => start(Path::new(&folder), arguments.next()),
        (Some("take"), Some(socket)) => take(Path::new(&socket), arguments),
        (Some("pool"), Some(socket)) => pool(Path::new(&socket), arguments.collect()),
        (Some(connection_file), _) => serve(connection_file),
        (None, _) => Err(io::Error::other("usage: testkernel CONNECTION_FILE")),
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn host(folder: &Path) -> io::Result<()> {
    let provisioner = LocalProvisioner {
        guard: Some(std::env::current_exe()?),
        process_limits_only: true,
        ..LocalProvisioner::default()
    };
    let environment = std::env::vars().collect();
    runtime()?.block_on(nbpress_kernel::host::run(folder, &environment, provisioner))
}

fn start(folder: &Path, name: Option<String>) -> io::Result<()> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let finder = KernelFinder::new(&environment, &[]);
    let request = StartRequest {
        name,
        working_directory: folder.to_owned(),
        ..StartRequest::default()
    };
    runtime()?.block_on(async {
        let kernels = Kernels::open(folder, std::env::current_exe()?, finder, environment).await;
        let kernels = kernels.map_err(io::Error::other)?;
        let kernel = kernels.start(request).await.map_err(io::Error::other)?;
        writeln!(io::stdout(), "{}", kernel.id())?;
        std::future::pending().await
    })
}

/// Owns a pool whose templates import `modules`.
fn pool(socket: &Path, modules: Vec<String>) -> io::Result<()> {
    let settings = PoolSettings {
        modules,
        guard: Some(std::env::current_exe()?),
        runtime_folder: socket.parent().map(Path::to_owned),
        ..PoolSettings::default()
    };
    let served = runtime()?.block_on(nbpress_kernel::pool::serve(socket, settings));
    served.map_err(io::Error::other)
}

/// Leaves a process behind that is in no group of the kernel's, and says in a file which.
const STARTS: &str = "import subprocess\n\
    left = subprocess.Popen(['sleep', '1000'], start_new_session=True)\n\
    print(left.pid, file=open('left', 'w'))";

/// Takes the kernel of that name from a pool, says which process it is, has it start another, and waits to be
/// killed.
fn take(socket: &Path, mut arguments: impl Iterator<Item = String>) -> io::Result<()> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let name = arguments.next().unwrap_or_default();
    let finder = KernelFinder::new(&environment, &[]);
    let kernel = finder.by_name(&name).map_err(io::Error::other)?;
    let kernel = kernel.map_err(io::Error::other)?;
    let guarded = arguments.next().as_deref() == Some("guarded");
    let provisioner = LocalProvisioner {
        guard: guarded.then(std::env::current_exe).transpose()?,
        pool: Some(socket.to_owned()),
        ..LocalProvisioner::default()
    };
    let request = LaunchRequest {
        kernel: &kernel,
        working_directory: &std::env::current_dir()?,
        environment: &environment,
        limits: Limits::default(),
    };
    runtime()?.block_on(async {
        loop {
            let started = Kernel::start(&provisioner, &request, Duration::from_mins(1)).await;
            let mut kernel = started.map_err(io::Error::other)?;
            if matches!(kernel.origin(), Origin::Pool(_)) {
                kernel.execute(STARTS, false).await;
                writeln!(io::stdout(), "{}", kernel.process_id())?;
                while !matches!(kernel.next().await, KernelEvent::Exited(_)) {}
                return std::future::pending().await;
            }
            kernel.kill().await;
        }
    })
}

fn serve(connection_file: &str) -> io::Result<()> {
    let connection: ConnectionInfo =
        serde_json::from_reader(std::fs::File::open(connection_file)?)?;
    let kernel = Arc::new(TestKernel {
        session: Session::new("testkernel"),
        signer: Signer::new(&connection.key),
        subscribers: Mutex::default(),
        askable: (Mutex::default(), Condvar::new()),
        shell: Mutex::default(),
        variables: Mutex::default(),
        interrupted: (Mutex::new(false), Condvar::new()),
        counter: AtomicU64::new(0),
        ending: AtomicBool::new(false),
    });
    let listen = |channel| listener(&connection.endpoint(channel));
    let iopub = listen(Channel::Iopub)?;
    let stdin = listen(Channel::Stdin)?;
    let control = listen(Channel::Control)?;
    let shell = listen(Channel::Shell)?;
    let publisher = Arc::clone(&kernel);
    std::thread::spawn(move || publisher.accept_subscribers(&iopub));
    let asking = Arc::clone(&kernel);
    std::thread::spawn(move || asking.accept_askable(&stdin));
    let controlled = Arc::clone(&kernel);
    std::thread::spawn(move || controlled.accept(&control, Channel::Control));
    kernel.accept(&shell, Channel::Shell);
    Ok(())
}

fn listener(endpoint: &Endpoint) -> io::Result<UnixListener> {
    match endpoint {
        Endpoint::Unix(path) => UnixListener::bind(path),
        Endpoint::Tcp(..) => Err(io::Error::other("the test kernel serves Unix sockets only")),
    }
}

struct TestKernel {
    session: Session,
    signer: Signer,
    subscribers: Mutex<Vec<UnixStream>>,
    /// The stdin connections of clients, by their identities.
    askable: (Mutex<BTreeMap<Bytes, UnixStream>>, Condvar),
    /// Held while a request of the shell channel is answered: they are answered one after the other.
    shell: Mutex<()>,
    variables: Mutex<BTreeMap<String, Value>>,
    interrupted: (Mutex<bool>, Condvar),
    counter: AtomicU64,
    ending: AtomicBool,
}

/// How a cell ended.
enum Ending {
    Ok,
    Aborted,
    Error {
        name: String,
        message: String,
        shown: bool,
    },
}

impl TestKernel {
    fn accept_subscribers(&self, listener: &UnixListener) {
        for stream in listener.incoming().flatten() {
            let Ok((stream, _)) = handshake(stream, SocketType::Xpub) else {
                continue;
            };
            let mut subscribers = self
                .subscribers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            subscribers.push(stream);
            drop(subscribers);
            self.publish(None, "iopub_welcome", &json!({"subscription": ""}));
        }
    }

    fn accept_askable(&self, listener: &UnixListener) {
        for stream in listener.incoming().flatten() {
            if let Ok((stream, identity)) = handshake(stream, SocketType::Router) {
                let (askable, came) = &self.askable;
                let mut askable = askable.lock().unwrap_or_else(PoisonError::into_inner);
                askable.insert(identity, stream);
                came.notify_all();
            }
        }
    }

    fn accept(self: &Arc<Self>, listener: &UnixListener, channel: Channel) {
        for stream in listener.incoming().flatten() {
            let kernel = Arc::clone(self);
            std::thread::spawn(move || kernel.serve(stream, channel));
        }
    }

    fn serve(&self, stream: UnixStream, channel: Channel) {
        let Ok((mut stream, identity)) = handshake(stream, SocketType::Router) else {
            return;
        };
        let mut buffer = BytesMut::new();
        while let Ok(frames) = read_message(&mut stream, &mut buffer) {
            let Ok(request) = Message::from_frames(&frames, &self.signer) else {
                continue;
            };
            let turn = (channel == Channel::Shell)
                .then(|| self.shell.lock().unwrap_or_else(PoisonError::into_inner));
            self.answer(&mut stream, &request, &identity);
            drop(turn);
            if self.ending.load(Ordering::SeqCst) {
                std::process::exit(0);
            }
        }
    }

    /// What the client with that identity says to a question.
    fn ask(&self, client: &Bytes, parent: Option<&Header>, prompt: &str) -> io::Result<String> {
        // Its connections are made side by side, and a request may be here before this one.
        let (askable, came) = &self.askable;
        let askable = askable.lock().unwrap_or_else(PoisonError::into_inner);
        let mut askable = came
            .wait_while(askable, |askable| !askable.contains_key(client))
            .unwrap_or_else(PoisonError::into_inner);
        let stream = askable.get_mut(client).ok_or(io::ErrorKind::NotConnected)?;
        let question = json!({"prompt": prompt, "password": false});
        let question = self.message(parent, "input_request", &question);
        send(stream, &question.to_frames(&self.signer))?;
        let frames = read_message(stream, &mut BytesMut::new())?;
        let reply = Message::from_frames(&frames, &self.signer).map_err(io::Error::other)?;
        let content: Value = reply.view()?;
        Ok(content["value"].as_str().unwrap_or_default().to_owned())
    }

    fn answer(&self, stream: &mut UnixStream, request: &Message, client: &Bytes) {
        let parent = Some(&request.header);
        self.say_early(request);
        self.publish(parent, "status", &json!({"execution_state": "busy"}));
        let mut late = Vec::new();
        let (kind, content) = match request.kind() {
            "kernel_info_request" => ("kernel_info_reply", kernel_info()),
            "execute_request" => ("execute_reply", self.execute(request, client, &mut late)),
            "interrupt_request" => {
                let (flag, condition) = &self.interrupted;
                *flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
                condition.notify_all();
                ("interrupt_reply", json!({"status": "ok"}))
            }
            "shutdown_request" => {
                self.ending.store(true, Ordering::SeqCst);
                ("shutdown_reply", json!({"status": "ok", "restart": false}))
            }
            other => (other, json!({"status": "error"})),
        };
        let reply = self.message(parent, kind, &content);
        let _gone = send(stream, &reply.to_frames(&self.signer));
        self.publish(parent, "status", &json!({"execution_state": "idle"}));
        for (kind, content) in late {
            self.publish(parent, kind, &content);
        }
    }

    /// What a kernel printed while it started, which arrives when the client has already sent a cell.
    fn say_early(&self, request: &Message) {
        let content: Value = request.view().unwrap_or_default();
        let lines = content["code"].as_str().unwrap_or_default().lines();
        for text in lines.filter_map(|line| line.trim().strip_prefix("early ")) {
            self.publish(None, "stream", &json!({"name": "stderr", "text": text}));
        }
    }

    fn execute(
        &self,
        request: &Message,
        client: &Bytes,
        late: &mut Vec<(&'static str, Value)>,
    ) -> Value {
        let content: Value = request.view().unwrap_or_default();
        let code = content["code"].as_str().unwrap_or_default();
        let silent = content["silent"] == json!(true);
        let count = if silent {
            self.counter.load(Ordering::SeqCst)
        } else {
            self.counter.fetch_add(1, Ordering::SeqCst) + 1
        };
        let parent = Some(&request.header);
        if !silent {
            self.publish(
                parent,
                "execute_input",
                &json!({"code": code, "execution_count": count}),
            );
        }
        let mut ending = Ending::Ok;
        for line in code.lines().map(str::trim).filter(|line| !line.is_empty()) {
            ending = match line.strip_prefix("ask ") {
                None => self.run_line(line, parent, count, late),
                Some(prompt) => {
                    let said = self.ask(client, parent, prompt);
                    let text = said.unwrap_or_else(|error| error.to_string()) + "\n";
                    self.publish(parent, "stream", &json!({"name": "stdout", "text": text}));
                    Ending::Ok
                }
            };
            if !matches!(ending, Ending::Ok) {
                break;
            }
        }
        match ending {
            Ending::Ok => json!({"status": "ok", "execution_count": count, "user_expressions": {}}),
            Ending::Aborted => json!({"status": "aborted", "execution_count": count}),
            Ending::Error {
                name,
                message,
                shown,
            } => {
                let error = json!({"ename": name, "evalue": message, "traceback": [format!("{name}: {message}")]});
                if shown {
                    self.publish(parent, "error", &error);
                }
                let mut reply = error;
                reply["status"] = json!("error");
                reply["execution_count"] = json!(count);
                reply
            }
        }
    }

    fn run_line(
        &self,
        line: &str,
        parent: Option<&Header>,
        count: u64,
        late: &mut Vec<(&'static str, Value)>,
    ) -> Ending {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Some(ending) = self.ended_by(command, rest) {
            return ending;
        }
        let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let publish = |kind, content: &Value| self.publish(parent, kind, content);
        let stream =
            |name: &str, text: &str| publish("stream", &json!({"name": name, "text": text}));
        let result = |text: &str| json!({"execution_count": count, "data": {"text/plain": text}, "metadata": {}});
        match command {
            _ if line.starts_with('#') => {}
            "early" => {}
            "orphan" => self.publish(None, "stream", &json!({"name": "stderr", "text": rest})),
            "print" => stream("stdout", &(self.filled(rest) + "\n")),
            "eprint" => stream("stderr", &(self.filled(rest) + "\n")),
            "lines" => {
                for number in 0..rest.parse().unwrap_or(0_u64) {
                    stream("stdout", &format!("line {number}\n"));
                }
            }
            "burst" => stream("stdout", &"x".repeat(rest.parse().unwrap_or(0))),
            "result" => publish("execute_result", &result(&self.filled(rest))),
            "late" => late.push(("execute_result", result(&self.filled(rest)))),
            "display" => {
                let text = self.filled(text);
                let data = match serde_json::from_str(&text) {
                    Ok(data) if first.ends_with("+json") => data,
                    _ => Value::String(text),
                };
                publish(
                    "display_data",
                    &json!({"data": {first: data}, "metadata": {}, "transient": {}}),
                );
            }
            "show" | "update" => {
                let kind = if command == "show" {
                    "display_data"
                } else {
                    "update_display_data"
                };
                let data = json!({"text/plain": self.filled(text)});
                publish(
                    kind,
                    &json!({"data": data, "metadata": {}, "transient": {"display_id": first}}),
                );
            }
            "clear" => publish("clear_output", &json!({"wait": rest == "wait"})),
            "log" => {
                let _closed = writeln!(io::stderr(), "{rest}");
            }
            "cwd" | "env" | "spawn" => stream("stdout", &(surroundings(command, rest) + "\n")),
            "when" => {
                let mut words = rest.splitn(3, ' ');
                let (one, other) = (words.next(), words.next());
                if one.map(|word| self.filled(word)) == other.map(|word| self.filled(word)) {
                    return self.run_line(words.next().unwrap_or("#"), parent, count, late);
                }
            }
            "read" => stream("stdout", &contents(&self.filled(rest))),
            name => match rest.strip_prefix("= ").and_then(literal) {
                Some(value) => {
                    let mut variables = self
                        .variables
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    variables.insert(name.to_owned(), value);
                }
                None => {
                    return Ending::Error {
                        name: "SyntaxError".to_owned(),
                        message: format!("unknown command `{name}`"),
                        shown: true,
                    };
                }
            },
        }
        Ending::Ok
    }

    /// The commands that end a cell, or the process.
    fn ended_by(&self, command: &str, rest: &str) -> Option<Ending> {
        Some(match command {
            "raise" | "quiet-error" => {
                let (name, message) = rest.split_once(' ').unwrap_or((rest, ""));
                Ending::Error {
                    name: name.to_owned(),
                    message: self.filled(message),
                    shown: command == "raise",
                }
            }
            "abort" => Ending::Aborted,
            "hang" => {
                self.hang(rest == "hard");
                Ending::Error {
                    name: "KeyboardInterrupt".to_owned(),
                    message: String::new(),
                    shown: true,
                }
            }
            "exit" => std::process::exit(rest.parse().unwrap_or(1)),
            "die" => die(rest),
            _ => return None,
        })
    }

    fn hang(&self, hard: bool) {
        let (flag, condition) = &self.interrupted;
        let mut interrupted = flag.lock().unwrap_or_else(PoisonError::into_inner);
        while hard || !*interrupted {
            interrupted = condition
                .wait(interrupted)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *interrupted = false;
    }

    fn filled(&self, text: &str) -> String {
        let variables = self
            .variables
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        variables
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                let shown = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                text.replace(&format!("{{{name}}}"), &shown)
            })
    }

    fn message(&self, parent: Option<&Header>, kind: &str, content: &Value) -> Message {
        let mut message = self.session.message(kind, content.to_string());
        message.parent = parent.cloned();
        message
    }

    /// Sends to every subscriber, blocking while one is slow: this publisher drops nothing.
    fn publish(&self, parent: Option<&Header>, kind: &str, content: &Value) {
        let mut frames = vec![Bytes::copy_from_slice(kind.as_bytes())];
        frames.extend(self.message(parent, kind, content).to_frames(&self.signer));
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        subscribers.retain_mut(|stream| send(stream, &frames).is_ok());
    }
}

fn kernel_info() -> Value {
    json!({
        "status": "ok",
        "protocol_version": "5.3",
        "implementation": "testkernel",
        "implementation_version": env!("CARGO_PKG_VERSION"),
        "language_info": {"name": "testlang", "version": "1", "mimetype": "text/plain", "file_extension": ".txt"},
        "banner": "",
        "help_links": [],
    })
}

fn literal(text: &str) -> Option<Value> {
    match text.trim() {
        "True" => Some(json!(true)),
        "False" => Some(json!(false)),
        "None" => Some(Value::Null),
        text => serde_json::from_str(text).ok(),
    }
}

/// What a command says about the process, or does to it.
#[expect(
    clippy::disallowed_methods,
    reason = "showing the environment and starting processes is the purpose"
)]
fn surroundings(command: &str, rest: &str) -> String {
    match command {
        "cwd" => std::env::current_dir()
            .map(|path| path.display().to_string())
            .unwrap_or_default(),
        "env" => std::env::var(rest).unwrap_or_default(),
        _ => {
            // In the background of a shell that ends: the child is an orphan.
            let setsid = if rest == "away" { "setsid" } else { "" };
            let script = format!("{setsid} sleep 3600 </dev/null >/dev/null 2>&1 & echo $!");
            let started = std::process::Command::new("/bin/sh")
                .args(["-c", &script])
                .output()
                .map(|output| output.stdout)
                .unwrap_or_default();
            String::from_utf8_lossy(&started).trim().to_owned()
        }
    }
}

/// What a file holds, or why it cannot be read.
#[expect(
    clippy::disallowed_methods,
    reason = "a file of the test that runs this kernel"
)]
fn contents(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| error.to_string())
}

fn die(signal: &str) -> ! {
    let signal = signal
        .parse()
        .ok()
        .and_then(rustix::process::Signal::from_named_raw);
    let signal = signal.unwrap_or(rustix::process::Signal::KILL);
    // Rust's own handler swallows the first SIGSEGV that no memory access caused.
    loop {
        let _cannot_fail = rustix::process::kill_process(rustix::process::getpid(), signal);
        std::thread::yield_now();
    }
}

/// Greets a client; its stream and its identity.
fn handshake(mut stream: UnixStream, socket: SocketType) -> io::Result<(UnixStream, Bytes)> {
    stream.write_all(&zmtp::greeting())?;
    let mut greeting = [0; GREETING_LEN];
    stream.read_exact(&mut greeting)?;
    zmtp::check_greeting(&greeting).map_err(io::Error::other)?;
    stream.write_all(&zmtp::ready(socket, b""))?;
    // The READY frame, and for a subscriber the subscription after it; nothing else has been sent.
    let mut buffer = BytesMut::new();
    loop {
        if let Ok(frame) = zmtp::take_frame(&mut buffer).map_err(io::Error::other)? {
            let identity = zmtp::check_ready(&frame).map_err(io::Error::other)?;
            return Ok((stream, identity));
        }
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        buffer.extend_from_slice(&byte);
    }
}

fn read_message(stream: &mut UnixStream, buffer: &mut BytesMut) -> io::Result<Vec<Bytes>> {
    let mut frames = Vec::new();
    loop {
        if let Ok(frame) = zmtp::take_frame(buffer).map_err(io::Error::other)? {
            let more = frame.more;
            frames.push(frame.body);
            if !more {
                return Ok(frames);
            }
            continue;
        }
        let mut chunk = [0; 8192];
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.extend_from_slice(&chunk[..read]);
    }
}

fn send(stream: &mut UnixStream, frames: &[Bytes]) -> io::Result<()> {
    let mut wire = BytesMut::new();
    zmtp::put_message(&mut wire, frames);
    stream.write_all(&wire)
}
