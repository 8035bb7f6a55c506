//! What starts the process behind a kernel.
//!
//! [`LocalProvisioner`] starts a process of this machine. Its seam is [`Launched`]: a connection, a
//! process to watch and its log. Whatever hands those over (a pool of kernels started ahead, a
//! container) can stand here.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nbpress_protocol::ConnectionInfo;
use nbpress_protocol::content::KernelInfoReply;
use rustix::process::Signal;
use tokio::net::unix::pipe;

use crate::find::FoundKernel;
use crate::guard::Guard;
use crate::limits::{Confinement, Limits, ProcessEntry};
use crate::pool::{self, NotFromPool};
use crate::process::{KERNEL_ID_VARIABLE, KernelProcess};

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct LaunchRequest<'a> {
    /// The kernel.
    pub kernel: &'a FoundKernel,
    /// The folder the code runs in.
    pub working_directory: &'a Path,
    /// The whole environment of the process, before the kernelspec's own `env`.
    pub environment: &'a BTreeMap<String, String>,
    /// What it may use.
    pub limits: Limits,
}

/// A kernel process that has been started and may not listen yet.
#[derive(Debug)]
pub struct Launched {
    /// Where it will listen.
    pub connection: ConnectionInfo,
    /// The process.
    pub process: KernelProcess,
    /// Standard output and error of the process itself: what the kernel does not send as messages.
    pub log: pipe::Receiver,
    /// Holds the connection file and the sockets; removed when dropped.
    pub folder: PrivateFolder,
    /// Ends the kernel's processes should this one be killed.
    pub guard: Option<Guard>,
    /// Where it comes from.
    pub origin: Origin,
    /// What it would say of itself, where it need not be asked.
    pub told: Option<KernelInfoReply>,
}

/// Where a kernel comes from.
#[derive(Debug)]
pub enum Origin {
    /// It was started for its user, who asked for no other.
    Started,
    /// It was started for its user, because the pool could not hand one over.
    StartedInstead(NotFromPool),
    /// It was started ahead and handed over by a pool.
    Pool(pool::Readiness),
    /// It goes on where a frozen copy of another was made.
    Revived,
}

/// A folder that is removed with what is in it when this is dropped.
#[derive(Debug)]
pub struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// Makes one in `base`, or in the system's temporary folder.
    pub(crate) fn make(base: Option<&Path>) -> io::Result<Self> {
        let base = base.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = tempfile::Builder::new()
            .prefix("nbpress-")
            .tempdir_in(base)?;
        Ok(Self(folder.keep()))
    }

    /// Takes over one that is there.
    pub(crate) fn adopt(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        let _absent = std::fs::remove_dir_all(&self.0);
    }
}

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The program of the kernelspec is missing or not executable.
    #[error("failed to start `{program}` for kernel `{kernel}`")]
    Program {
        /// The kernel's name.
        kernel: String,
        /// The first word of the command line.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The kernelspec's command line is empty.
    #[error("the kernelspec of `{kernel}` has an empty `argv`")]
    EmptyCommandLine {
        /// The kernel's name.
        kernel: String,
    },
    /// The working directory cannot be used.
    #[error("working directory `{folder}` does not exist")]
    WorkingDirectory {
        /// The folder.
        folder: PathBuf,
    },
    /// The private folder, the pipe or the ports could not be made.
    #[error("failed to prepare the start of kernel `{kernel}`")]
    Prepare {
        /// The kernel's name.
        kernel: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Starts kernels as processes of this machine.
#[derive(Clone, Debug, Default)]
pub struct LocalProvisioner {
    /// Where the private folders of kernels are made; the system's temporary folder when `None`.
    pub runtime_folder: Option<PathBuf>,
    /// A program that calls [`guard::serve`](crate::guard::serve) first, usually this one; without
    /// it, what a kernel started outlives a runner that is killed.
    pub guard: Option<PathBuf>,
    /// Limits kernels by no control group, only process by process.
    pub process_limits_only: bool,
    /// The socket of a pool that is asked for a ready kernel first.
    pub pool: Option<PathBuf>,
}

impl LocalProvisioner {
    /// Takes a kernel from the pool, or starts its process.
    ///
    /// # Errors
    /// See [`LaunchError`].
    pub fn launch(&self, request: &LaunchRequest<'_>) -> Result<Launched, LaunchError> {
        if !request.working_directory.is_dir() {
            return Err(LaunchError::WorkingDirectory {
                folder: request.working_directory.to_owned(),
            });
        }
        let Some(socket) = &self.pool else {
            return self.start(request, Origin::Started);
        };
        match pool::take(socket, self, request) {
            Ok(launched) => Ok(launched),
            Err(reason) => self.start(request, Origin::StartedInstead(reason)),
        }
    }

    /// Starts the process. It gets its own session, no terminal, and is killed by the system when
    /// the calling thread ends, however that happens.
    ///
    /// # Errors
    /// See [`LaunchError`].
    pub(crate) fn start(
        &self,
        request: &LaunchRequest<'_>,
        origin: Origin,
    ) -> Result<Launched, LaunchError> {
        let kernel = request.kernel;
        let prepare = |source| LaunchError::Prepare {
            kernel: kernel.name.clone(),
            source,
        };
        let (folder, connection, file) = self.prepare(kernel).map_err(prepare)?;
        let (log, log_writer) = std::io::pipe().map_err(prepare)?;
        let command_line = kernel.command_line(&file);
        let Some((program, arguments)) = command_line.split_first() else {
            return Err(LaunchError::EmptyCommandLine {
                kernel: kernel.name.clone(),
            });
        };
        let kernel_id = uuid::Uuid::new_v4().to_string();
        let confinement =
            Confinement::prepare(request.limits, &kernel_id, !self.process_limits_only);
        let guard = self.guard(&kernel_id, &folder, &confinement);
        let entry = confinement.entry().map_err(prepare)?;
        let mut command = command(program, arguments, entry);
        command
            .current_dir(request.working_directory)
            .env_clear()
            .envs(request.environment)
            .envs(expanded(&kernel.spec.env, request.environment))
            .env(KERNEL_ID_VARIABLE, &kernel_id)
            // ipykernel ends itself when this process is gone.
            .env("JPY_PARENT_PID", std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(log_writer.try_clone().map_err(prepare)?)
            .stderr(log_writer);
        let child = command.spawn().map_err(|source| LaunchError::Program {
            kernel: kernel.name.clone(),
            program: program.clone(),
            source,
        })?;
        // The command holds our copies of the pipe's writing end; without them the reader sees the end.
        drop(command);
        let process = KernelProcess::adopt(&child, kernel_id, confinement).map_err(prepare)?;
        let log = pipe::Receiver::from_owned_fd(log.into()).map_err(prepare)?;
        Ok(Launched {
            connection,
            process,
            log,
            folder,
            guard,
            origin,
            told: None,
        })
    }

    /// Without a guard a run is as good as it was, unless the runner is killed.
    pub(crate) fn guard(
        &self,
        kernel_id: &str,
        folder: &PrivateFolder,
        confinement: &Confinement,
    ) -> Option<Guard> {
        let program = self.guard.as_ref()?;
        Guard::start(program, kernel_id, folder.path(), confinement.folders()).ok()
    }

    /// The private folder of a kernel with its connection file.
    pub(crate) fn prepare(
        &self,
        kernel: &FoundKernel,
    ) -> io::Result<(PrivateFolder, ConnectionInfo, PathBuf)> {
        let folder = PrivateFolder::make(self.runtime_folder.as_deref())?;
        let key = uuid::Uuid::new_v4().simple().to_string();
        let connection = if kernel.serves_unix_sockets() && has_room_for_sockets(folder.path()) {
            ConnectionInfo::ipc(folder.path(), key, &kernel.name)
        } else {
            ConnectionInfo::tcp("127.0.0.1", free_ports()?, key, &kernel.name)
        };
        let file = folder.path().join("connection.json");
        let writer = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)?;
        serde_json::to_writer(writer, &connection)?;
        Ok((folder, connection, file))
    }
}

/// The name of a Unix socket has at most 107 bytes (unix(7)); temporary folders can be deep.
fn has_room_for_sockets(folder: &Path) -> bool {
    folder.as_os_str().len() + "/k-5".len() <= 103
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that starts kernels"
)]
pub(crate) fn command(program: &str, arguments: &[String], entry: ProcessEntry) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    let parent = rustix::process::getpid();
    #[expect(unsafe_code, reason = "only way to run code between fork and exec")]
    // SAFETY: system calls only (signal, setsid, prctl, getppid, write, setrlimit), all async-signal-safe; none
    // touches memory of the parent.
    unsafe {
        command.pre_exec(move || {
            // A script's background job has them ignored, and a kernel would never hear of an interrupt.
            for signal in [libc::SIGINT, libc::SIGQUIT] {
                libc::signal(signal, libc::SIG_DFL);
            }
            rustix::process::setsid()?;
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // A parent that died before that will send no signal.
            if rustix::process::getppid() != Some(parent) {
                return Err(rustix::io::Errno::SRCH.into());
            }
            entry.enter()
        });
    }
    command
}

/// Five ports nobody listens on at this moment. Another program may take one before the kernel
/// does, which is why a start over TCP is tried again.
fn free_ports() -> io::Result<[u16; 5]> {
    let mut ports = [0; 5];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// The kernelspec's `env` with `${NAME}` replaced from the environment, unknown names kept.
pub(crate) fn expanded(
    variables: &BTreeMap<String, String>,
    environment: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let expand = |value: &String| {
        let mut out = String::new();
        let mut rest = value.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after_name)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            match environment.get(name) {
                Some(known) => out.push_str(known),
                None => out.extend(["${", name, "}"]),
            }
            rest = after_name;
        }
        out + rest
    };
    variables
        .iter()
        .map(|(name, value)| (name.clone(), expand(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernelspec_variables_are_expanded() {
        let environment = BTreeMap::from([("HOME".to_owned(), "/h".to_owned())]);
        for (value, expected) in [
            ("${HOME}/x", "/h/x"),
            ("a${NO}b", "a${NO}b"),
            ("${HOME}${HOME}", "/h/h"),
            ("${open", "${open"),
            ("$HOME", "$HOME"),
        ] {
            let variables = BTreeMap::from([("V".to_owned(), value.to_owned())]);
            assert_eq!(expanded(&variables, &environment)["V"], expected);
        }
    }
}
