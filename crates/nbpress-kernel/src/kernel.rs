//! One kernel's life: started, proven ready, spoken to, stopped with everything it started.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use nbpress_protocol::content::{ExecuteRequest, KernelInfoReply};
use nbpress_protocol::{Channel, ConnectionInfo, InterruptMode, Message, Parts, Transport};
use rustix::process::Signal;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use crate::client::KernelClient;
use crate::find::FoundKernel;
use crate::guard::Guard;
use crate::limits::Enforcement;
use crate::pool::{NotFromPool, Readiness};
use crate::process::{Exit, KernelProcess, TreeUsage};
use crate::provision::{
    LaunchError, LaunchRequest, Launched, LocalProvisioner, Origin, PrivateFolder,
};

/// How much of the kernel's own log is kept for a diagnosis, in bytes.
const LOG_TAIL: usize = 16 * 1024;

/// How long a kernel may take to end by itself, and again after SIGTERM.
const END_GRACE: Duration = Duration::from_millis(2500);

/// How long the log of a kernel that ended is read on.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// What a kernel does.
#[derive(Debug)]
pub enum KernelEvent<M = Box<Message>> {
    /// It sent a message.
    Message(Channel, M),
    /// Its process wrote this to standard output or error, outside the protocol.
    Log(String),
    /// Its process ended.
    Exited(Exit),
}

/// Why a kernel did not become ready.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The process could not be started.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The process ended before it answered.
    #[error("kernel `{kernel}` ended before it answered ({exit})")]
    ExitedEarly {
        /// The kernel's name.
        kernel: String,
        /// How it ended.
        exit: Exit,
        /// The end of what it printed.
        log: String,
    },
    /// No answer in time.
    #[error("kernel `{kernel}` didn't respond in {} seconds", timeout.as_secs())]
    Timeout {
        /// The kernel's name.
        kernel: String,
        /// The time it was given.
        timeout: Duration,
        /// The end of what it printed.
        log: String,
    },
}

impl StartError {
    /// What to do about it, where the kernel's own words make it plain.
    pub fn hint(&self, kernel: &FoundKernel) -> Option<String> {
        match self {
            Self::ExitedEarly { log, .. } if log.contains("No module named") => {
                let python = kernel.interpreter()?;
                Some(format!(
                    "install the kernel where its kernelspec points: `{} -m pip install ipykernel`",
                    python.display()
                ))
            }
            Self::Launch(LaunchError::Program { .. }) => Some(format!(
                "the kernelspec `{}` points to a program that is not there; `nbpress doctor` shows all of them",
                kernel.folder.join("kernel.json").display()
            )),
            Self::Timeout { .. } => {
                Some("give it longer with `--start-timeout SECONDS`".to_owned())
            }
            _ => None,
        }
    }

    /// The end of what the kernel printed before it failed.
    pub fn log(&self) -> &str {
        match self {
            Self::Launch(_) => "",
            Self::ExitedEarly { log, .. } | Self::Timeout { log, .. } => log,
        }
    }
}

/// A kernel that answers.
#[derive(Debug)]
pub struct Kernel {
    name: String,
    client: KernelClient,
    connection: ConnectionInfo,
    info: KernelInfoReply,
    interrupt_mode: InterruptMode,
    process: KernelProcess,
    log: KernelLog,
    closed: bool,
    origin: Origin,
    folder: PrivateFolder,
    // Dismissed last, when the process has ended.
    guard: Option<Guard>,
}

impl Kernel {
    /// Starts a kernel and waits until it is ready.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        provisioner: &LocalProvisioner,
        request: &LaunchRequest<'_>,
        timeout: Duration,
    ) -> Result<Self, StartError> {
        Self::start_observed(provisioner, request, timeout, |_| {}).await
    }

    /// The same; `launched` is told the process that is there and does not answer yet.
    pub(crate) async fn start_observed(
        provisioner: &LocalProvisioner,
        request: &LaunchRequest<'_>,
        timeout: Duration,
        launched: impl Fn(u32),
    ) -> Result<Self, StartError> {
        let launch = || {
            let started = provisioner.launch(request)?;
            launched(started.process.id());
            Ok::<_, LaunchError>(started)
        };
        let first = launch()?;
        let over_tcp = first.connection.transport == Transport::Tcp;
        let from_pool = matches!(first.origin, Origin::Pool(_));
        match Self::connect(first, request.kernel, timeout).await {
            // It was well when the pool gave it, and something happened to it since.
            Err(StartError::ExitedEarly { .. }) if from_pool => {
                let reason = Origin::StartedInstead(NotFromPool::Died);
                let started = provisioner.start(request, reason)?;
                launched(started.process.id());
                Self::connect(started, request.kernel, timeout).await
            }
            // Another program may have taken one of its ports meanwhile.
            Err(StartError::ExitedEarly { .. }) if over_tcp => {
                Self::connect(launch()?, request.kernel, timeout).await
            }
            outcome => outcome,
        }
    }

    /// Waits until a process that was launched answers.
    pub(crate) async fn connect(
        launched: Launched,
        kernel: &FoundKernel,
        timeout: Duration,
    ) -> Result<Self, StartError> {
        let Launched {
            connection,
            mut process,
            log,
            folder,
            guard,
            origin,
            told,
        } = launched;
        let mut log = KernelLog::new(log);
        let ready = async {
            let mut client = KernelClient::connect(&connection).await;
            let info = client.ready(told).await;
            (client, info)
        };
        let mut ready = Box::pin(tokio::time::timeout(timeout, ready));
        let name = kernel.name.clone();
        loop {
            tokio::select! {
                answer = &mut ready => {
                    let Ok((client, info)) = answer else {
                        return Err(StartError::Timeout { kernel: name, timeout, log: log.tail() });
                    };
                    // A closed channel means that the process is ending: let the next turn say how.
                    let Ok(info) = info else {
                        let exit = process.exited().await;
                        return Err(StartError::ExitedEarly { kernel: name, exit, log: log.drained().await });
                    };
                    drop(ready);
                    let interrupt_mode = kernel.spec.interrupt_mode;
                    let mut kernel =
                        Self { name, client, connection, info, interrupt_mode, process, log, closed: false, origin, folder, guard };
                    kernel.lift_output_limit().await;
                    return Ok(kernel);
                }
                exit = process.exited() => {
                    return Err(StartError::ExitedEarly { kernel: name, exit, log: log.drained().await });
                }
                _line = log.next() => {}
            }
        }
    }

    /// ipykernel publishes through a socket that drops messages once 1000 wait to be sent. Lift that
    /// limit, so that the kernel's memory holds what we have not read yet.
    async fn lift_output_limit(&mut self) {
        const SNDHWM_UNLIMITED: &str = "(lambda t: t.schedule(lambda: t.socket.setsockopt(23, 0)))\
            (get_ipython().kernel.iopub_thread)";
        let unlimited = matches!(
            self.origin,
            Origin::Pool(Readiness::Forked) | Origin::Revived
        );
        if self.info.implementation != "ipython" || unlimited {
            return;
        }
        self.execute_silently(SNDHWM_UNLIMITED).await;
    }

    /// Runs an expression to its end: no history, no counter, no names in the user's namespace. What else
    /// arrives meanwhile is passed over.
    pub(crate) async fn execute_silently(&mut self, code: &str) {
        let request = execute_request(code, true);
        let Ok(id) = self.client.execute(&request).await else {
            return;
        };
        let (mut replied, mut idle) = (false, false);
        while !(replied && idle) {
            let Ok((channel, message)) = self.client.next().await else {
                return;
            };
            if message.parent_id() != Some(&id) {
                continue;
            }
            replied |= channel == Channel::Shell;
            idle |= channel == Channel::Iopub && is_idle(&message);
        }
    }

    /// The kernelspec's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the kernel said about itself.
    pub fn info(&self) -> &KernelInfoReply {
        &self.info
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The kernel without its client, as it was launched, but ready.
    pub(crate) fn into_launched(self) -> Option<Launched> {
        Some(Launched {
            connection: self.connection,
            process: self.process,
            log: self.log.pipe?,
            folder: self.folder,
            guard: self.guard,
            origin: self.origin,
            told: None,
        })
    }

    /// The id of its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens, for further clients.
    pub fn connection(&self) -> &ConnectionInfo {
        &self.connection
    }

    /// The session in whose name requests are sent from here.
    pub fn session_id(&self) -> &str {
        self.client.session_id()
    }

    /// See [`KernelProcess::tree_usage`].
    pub fn tree_usage(&self) -> TreeUsage {
        self.process.tree_usage()
    }

    /// Sends code. `silent` leaves no trace in history or counter. Returns the request's id; a
    /// kernel that is gone is reported by [`Kernel::next`].
    pub async fn execute(&mut self, code: &str, silent: bool) -> String {
        self.client
            .execute(&execute_request(code, silent))
            .await
            .unwrap_or_else(|_| {
                self.closed = true;
                String::new()
            })
    }

    /// Sends any other request.
    pub async fn request(
        &mut self,
        channel: Channel,
        msg_type: &str,
        content: impl Into<Bytes>,
    ) -> String {
        self.client
            .request(channel, msg_type, content)
            .await
            .unwrap_or_else(|_| {
                self.closed = true;
                String::new()
            })
    }

    /// What happens next. Safe to cancel. After [`KernelEvent::Exited`] it returns the same again.
    pub async fn next(&mut self) -> KernelEvent {
        loop {
            return match self.next_parts().await {
                KernelEvent::Message(channel, parts) => match parts.into_message() {
                    Ok(message) => KernelEvent::Message(channel, Box::new(message)),
                    Err(_) => continue,
                },
                KernelEvent::Log(text) => KernelEvent::Log(text),
                KernelEvent::Exited(exit) => KernelEvent::Exited(exit),
            };
        }
    }

    /// The same, messages unparsed.
    pub async fn next_parts(&mut self) -> KernelEvent<Parts> {
        loop {
            if self.closed {
                // The sockets close a moment before the process is gone; a kernel that lives on
                // without them is of no use.
                if tokio::time::timeout(END_GRACE, self.process.exited())
                    .await
                    .is_err()
                {
                    self.process.signal(Signal::KILL);
                }
                let exit = self.process.exited().await;
                // Its last words may still be in the pipe, which a process it left behind may hold open.
                return tokio::time::timeout(LAST_WORDS, self.log.next())
                    .await
                    .map_or(KernelEvent::Exited(exit), KernelEvent::Log);
            }
            tokio::select! {
                biased;
                received = self.client.next_parts() => match received {
                    Ok((channel, parts)) => return KernelEvent::Message(channel, parts),
                    Err(_) => self.closed = true,
                },
                text = self.log.next() => return KernelEvent::Log(text),
                _exit = self.process.exited() => {
                    // What it sent before it died may still be in the socket.
                    match tokio::time::timeout(Duration::from_millis(50), self.client.next_parts()).await {
                        Ok(Ok((channel, parts))) => return KernelEvent::Message(channel, parts),
                        _ => self.closed = true,
                    }
                }
            }
        }
    }

    /// An output message that has already arrived, without waiting.
    pub fn buffered_iopub(&mut self) -> Option<Message> {
        self.client.buffered_iopub()
    }

    /// Interrupts what runs, in the way the kernelspec asks for.
    pub async fn interrupt(&mut self) {
        match self.interrupt_mode {
            InterruptMode::Signal => self.process.signal(Signal::INT),
            InterruptMode::Message => {
                self.request(Channel::Control, "interrupt_request", "{}")
                    .await;
            }
        }
    }

    /// Asks the kernel to end, insists with SIGTERM and SIGKILL, and kills whatever it started.
    /// `hurry` cuts the asking short.
    pub async fn shutdown(mut self, hurry: impl Future<Output = ()>) -> Exit {
        tokio::select! {
            () = self.ask_to_end() => {}
            () = hurry => {}
        }
        self.kill().await
    }

    async fn ask_to_end(&mut self) {
        self.request(Channel::Control, "shutdown_request", r#"{"restart":false}"#)
            .await;
        if !self.ended_within(END_GRACE).await {
            self.process.signal(Signal::TERM);
            self.ended_within(END_GRACE).await;
        }
    }

    /// Ends the kernel and its tree at once.
    pub async fn kill(mut self) -> Exit {
        self.process.kill_tree();
        self.process.exited().await
    }

    /// Waits for the end while reading on: a kernel with a full output pipe could not end.
    async fn ended_within(&mut self, grace: Duration) -> bool {
        let ended = async {
            loop {
                tokio::select! {
                    _exit = self.process.exited() => return,
                    _text = self.log.next() => {}
                    received = self.client.next(), if !self.closed => self.closed |= received.is_err(),
                }
            }
        };
        tokio::time::timeout(grace, ended).await.is_ok()
    }

    /// See [`KernelProcess::memory_ran_out`].
    pub fn memory_ran_out(&self) -> bool {
        self.process.memory_ran_out()
    }

    /// See [`KernelProcess::memory_limit_reached`].
    pub fn memory_limit_reached(&self) -> Option<u64> {
        self.process.memory_limit_reached()
    }

    /// See [`KernelProcess::hold_copies`].
    pub(crate) fn hold_copies(&mut self) -> std::io::Result<Vec<std::path::PathBuf>> {
        self.process.hold_copies()
    }

    /// See [`KernelProcess::counting_memory`].
    pub(crate) fn counting_memory(&self) -> Vec<std::path::PathBuf> {
        self.process.counting_memory()
    }

    /// See [`KernelProcess::enforcement`].
    pub fn enforcement(&self) -> Option<&Enforcement> {
        self.process.enforcement()
    }

    /// The end of what the kernel's process printed outside the protocol.
    pub fn log_tail(&self) -> String {
        self.log.tail()
    }
}

fn execute_request(code: &str, silent: bool) -> ExecuteRequest<'_> {
    ExecuteRequest {
        code,
        silent,
        store_history: !silent,
        user_expressions: serde_json::Map::new(),
        allow_stdin: false,
        stop_on_error: true,
    }
}

/// Whether a message says that the kernel has finished what its parent asked.
pub fn is_idle(message: &Message) -> bool {
    message.kind() == "status"
        && message
            .view::<nbpress_protocol::content::Status>()
            .is_ok_and(|status| status.execution_state == "idle")
}

/// The kernel process's own output and the last part of it.
#[derive(Debug)]
struct KernelLog {
    pipe: Option<pipe::Receiver>,
    tail: VecDeque<u8>,
    /// The beginning of a character whose rest has not been read.
    partial: Vec<u8>,
}

impl KernelLog {
    fn new(pipe: pipe::Receiver) -> Self {
        Self {
            pipe: Some(pipe),
            tail: VecDeque::new(),
            partial: Vec::new(),
        }
    }

    /// The next piece of output; waits for ever once the pipe has ended. Safe to cancel.
    async fn next(&mut self) -> String {
        let mut buffer = Vec::with_capacity(4096);
        if let Some(pipe) = &mut self.pipe
            && let Ok(1..) = pipe.read_buf(&mut buffer).await
        {
            self.tail.extend(&buffer);
            let excess = self.tail.len().saturating_sub(LOG_TAIL);
            self.tail.drain(..excess);
            return self.text(buffer);
        }
        self.pipe = None;
        if !self.partial.is_empty() {
            return String::from_utf8_lossy(&std::mem::take(&mut self.partial)).into_owned();
        }
        std::future::pending().await
    }

    /// The text of what was read, up to the last whole character; may be empty.
    fn text(&mut self, read: Vec<u8>) -> String {
        let mut bytes = std::mem::take(&mut self.partial);
        bytes.extend(read);
        let cut_off = bytes.utf8_chunks().last().map_or(0, |last| {
            let rest = last.invalid();
            let could_go_on =
                std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none());
            if could_go_on { rest.len() } else { 0 }
        });
        self.partial = bytes.split_off(bytes.len() - cut_off);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The tail, after what is still in the pipe has been read.
    async fn drained(&mut self) -> String {
        while let Ok(_text) = tokio::time::timeout(Duration::from_millis(50), self.next()).await {}
        self.tail()
    }

    fn tail(&self) -> String {
        String::from_utf8_lossy(&self.tail.iter().copied().collect::<Vec<_>>()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_log_cut_inside_characters_is_put_together() {
        let (_writer, reader) = pipe::pipe().unwrap_or_else(|error| panic!("{error}"));
        let mut log = KernelLog::new(reader);
        let written = "día ☕ 😀 \u{FFFD}".as_bytes();
        let read: String = written
            .chunks(1)
            .map(|byte| log.text(byte.to_vec()))
            .collect();
        assert_eq!(read.as_bytes(), written);
        assert_eq!(log.text(b"a\xFFb".to_vec()), "a\u{FFFD}b");
    }
}
