//! A Python process that has built everything of an ipykernel that needs no socket, and forks.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use nbpress_protocol::content::KernelInfoReply;
use rustix::process::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader, Interest};
use tokio::net::UnixStream;

use super::reason::Refusal;
use super::shelf::{ReadyKernel, share_of_memory};
use super::wire::{Built, Fork, Listening, TemplateSettings, Wanted};
use super::{NotFromPool, PoolSettings, Readiness, descriptors, identity};
use crate::guard::{self, Guard};
use crate::limits::{Confinement, Limits};
use crate::process::{KERNEL_ID_VARIABLE, KernelProcess, Parent};
use crate::provision::{LocalProvisioner, PrivateFolder, command};

/// What runs in the process.
const PROGRAM: &str = concat!(include_str!("../forked.py"), include_str!("template.py"));

/// How long the imports may take.
const BUILD_TIME: Duration = Duration::from_mins(2);

/// How long a forked kernel may take until it listens.
const FORK_TIME: Duration = Duration::from_secs(20);

/// The command line of a kernelspec that kernels can be forked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ForkableCommand {
    /// The interpreter with its options, `-m ipykernel_launcher`.
    command: Vec<String>,
    /// What follows the connection file.
    arguments: Vec<String>,
}

/// The process, with what it depends on.
#[derive(Debug)]
pub(super) struct Template {
    process: KernelProcess,
    control: UnixStream,
    provisioner: LocalProvisioner,
    watched: BTreeMap<PathBuf, Option<i64>>,
    /// The variables it has read.
    read: Vec<String>,
    memory_bytes: u64,
    /// What a kernel held when it was ready, in bytes: one is like the other.
    kernel_bytes: OnceLock<u64>,
    /// What each of its kernels says of itself.
    told: OnceLock<Option<KernelInfoReply>>,
    folder: PrivateFolder,
    _guard: Option<Guard>,
}

/// A link to the folder of a kernel that waits, where the template's guard looks. Removed when dropped.
#[derive(Debug)]
pub(super) struct Note(PathBuf);

impl Note {
    fn of(kernel: &Path, template: &Path) -> io::Result<Self> {
        let name = kernel.file_name().unwrap_or_default();
        let link = template.join(guard::FOLDERS).join(name);
        std::os::unix::fs::symlink(kernel, &link)?;
        Ok(Self(link))
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

impl ForkableCommand {
    /// `None` for whatever is not the stock kernel of CPython, started in the stock way.
    pub(super) fn of(argv: &[String]) -> Option<Self> {
        let program = Path::new(argv.first()?).file_name()?.to_str()?;
        let module = argv.iter().position(|argument| argument == "-m")?;
        let options = argv.get(1..module)?;
        let rest = argv.get(module + 1..)?;
        let [name, flag, file, arguments @ ..] = rest else {
            return None;
        };
        let forkable = program.starts_with("python")
            && options
                .iter()
                .all(|option| option.starts_with('-') && option != "-c")
            && name == "ipykernel_launcher"
            && flag == "-f"
            && file == "{connection_file}";
        forkable.then(|| Self {
            command: argv.iter().take(module + 2).cloned().collect(),
            arguments: arguments.to_vec(),
        })
    }
}

impl Template {
    /// Starts the process and waits until it can fork.
    pub(super) async fn build(wanted: &Wanted, settings: &PoolSettings) -> Result<Self, Refusal> {
        let failed = |error: io::Error| Refusal::Start(error.to_string());
        let mut started = Self::start(wanted, settings).map_err(failed)?;
        let built = tokio::time::timeout(BUILD_TIME, line(&mut started.control)).await;
        let text = built.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let built = text.and_then(|text| Ok(serde_json::from_str(&text)?));
        match built {
            Ok(Built::Ready { watched, read }) => {
                started.watched = watched;
                started.read = read;
                started.memory_bytes = share_of_memory(started.process.id()).unwrap_or(0);
                Ok(started)
            }
            Ok(Built::Refused(refusal)) => Err(refusal),
            Err(error) => {
                let log = last_line(&started.log_file()).unwrap_or_default();
                Err(Refusal::Start(format!("{error}: {log}")))
            }
        }
    }

    fn start(wanted: &Wanted, settings: &PoolSettings) -> io::Result<Self> {
        let not_forkable = || io::Error::from(io::ErrorKind::Unsupported);
        let forkable = ForkableCommand::of(&wanted.command_line()).ok_or_else(not_forkable)?;
        let folder = PrivateFolder::make(settings.runtime_folder.as_deref())?;
        std::fs::create_dir(folder.path().join(guard::FOLDERS))?;
        let program = folder.path().join("template.py");
        std::fs::File::create_new(&program)?.write_all(PROGRAM.as_bytes())?;
        let log = std::fs::File::create_new(folder.path().join("log"))?;
        let (control, its_end) = std::os::unix::net::UnixStream::pair()?;
        let id = uuid::Uuid::new_v4().to_string();
        let confinement = Confinement::prepare(Limits::default(), &id, false);
        let mut arguments: Vec<String> = forkable.command.get(1..).unwrap_or_default().to_vec();
        // In place of `-m ipykernel_launcher`.
        arguments.truncate(arguments.len().saturating_sub(2));
        arguments.push(program.display().to_string());
        arguments.push(serde_json::to_string(&TemplateSettings {
            command: &forkable.command,
            arguments: &forkable.arguments,
            modules: &settings.modules,
        })?);
        let interpreter = forkable.command.first().map_or("", String::as_str);
        let child = command(interpreter, &arguments, confinement.entry()?)
            .current_dir("/")
            .env_clear()
            .envs(&wanted.environment)
            // Has the length of those that replace it.
            .env(KERNEL_ID_VARIABLE, &id)
            .env("JPY_PARENT_PID", std::process::id().to_string())
            .stdin(Stdio::from(OwnedFd::from(its_end)))
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let provisioner = LocalProvisioner {
            runtime_folder: settings.runtime_folder.clone(),
            guard: settings.guard.clone(),
            ..LocalProvisioner::default()
        };
        control.set_nonblocking(true)?;
        Ok(Self {
            _guard: provisioner.guard(&id, &folder, &confinement),
            process: KernelProcess::adopt(&child, id, confinement)?,
            control: UnixStream::from_std(control)?,
            provisioner,
            watched: BTreeMap::new(),
            read: Vec::new(),
            memory_bytes: 0,
            kernel_bytes: OnceLock::new(),
            told: OnceLock::new(),
            folder,
        })
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What it held when it was built, in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// The id of the process.
    pub(super) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// The names of the variables that mattered so far.
    pub(super) fn read(&self) -> &[String] {
        &self.read
    }

    /// Whether packages or configuration are not what they were.
    pub(super) fn outdated(&self) -> Option<NotFromPool> {
        identity::change(&self.watched)
    }

    /// A fresh kernel, which listens.
    pub(super) async fn fork(&self, wanted: &Wanted) -> Result<ReadyKernel, Refusal> {
        let failed = |error: io::Error| Refusal::Start(error.to_string());
        let kernel = self.order(wanted).await.map_err(failed)?;
        Ok(kernel)
    }

    async fn order(&self, wanted: &Wanted) -> io::Result<ReadyKernel> {
        let (folder, connection, connection_file) = self.provisioner.prepare(&wanted.kernel())?;
        let (channel, its_channel) = std::os::unix::net::UnixStream::pair()?;
        let (log, its_log) = io::pipe()?;
        let kernel_id = uuid::Uuid::new_v4().to_string();
        let confinement = Confinement::prepare(Limits::default(), &kernel_id, false);
        let note = Note::of(folder.path(), self.folder.path())?;
        let mut order = serde_json::to_vec(&Fork {
            owner: std::process::id(),
            kernel_id: &kernel_id,
            connection_file,
            tells: self.told.get().is_none(),
        })?;
        order.push(b'\n');
        let send = || {
            descriptors::send(
                &self.control,
                &order,
                &[its_channel.as_fd(), its_log.as_fd()],
            )
        };
        let sent = self.control.async_io(Interest::WRITABLE, send).await?;
        if sent < order.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        drop((its_channel, its_log));
        channel.set_nonblocking(true)?;
        let mut channel = UnixStream::from_std(channel)?;
        let listening = tokio::time::timeout(FORK_TIME, line(&mut channel)).await;
        let listening: Listening = match listening.map_err(io::Error::from).flatten() {
            Ok(text) => serde_json::from_str(&text)?,
            Err(error) => return Err(last_words(&log).map_or(error, io::Error::other)),
        };
        let pid = Pid::from_raw(listening.pid).ok_or(io::ErrorKind::InvalidData)?;
        let share = || share_of_memory(pid.as_raw_nonzero().get().unsigned_abs()).unwrap_or(0);
        let memory_bytes = *self.kernel_bytes.get_or_init(share);
        Ok(ReadyKernel {
            process: KernelProcess::watch(pid, kernel_id, confinement, Parent::Own)?,
            connection,
            log: log.into(),
            folder,
            // It waits for its owner's end itself.
            guard: None,
            note: Some(note),
            channel: Some(channel),
            read: listening.read,
            readiness: Readiness::Forked,
            told: self.told.get_or_init(|| listening.told).clone(),
            memory_bytes,
        })
    }
}

/// One line; the end of the stream is an error.
pub(super) async fn line(stream: &mut UnixStream) -> io::Result<String> {
    let mut text = String::new();
    if BufReader::new(stream).read_line(&mut text).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text)
}

fn last_line(file: &Path) -> Option<String> {
    let mut text = String::new();
    io::Read::read_to_string(&mut std::fs::File::open(file).ok()?, &mut text).ok()?;
    text.trim().lines().next_back().map(str::to_owned)
}

/// The last line of what a kernel printed before it ended, without waiting.
fn last_words(mut log: &io::PipeReader) -> Option<String> {
    rustix::io::ioctl_fionbio(log, true).ok()?;
    let mut bytes = Vec::new();
    // What was there has been read when it would block.
    let _blocked = io::Read::read_to_end(&mut log, &mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    text.trim().lines().next_back().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::ForkableCommand;

    #[test]
    fn only_the_stock_kernel_in_the_stock_way_is_forked() {
        let cases = [
            ("python -m ipykernel_launcher -f {connection_file}", true),
            (
                "/v/bin/python3.12 -Xfrozen_modules=off -m ipykernel_launcher -f {connection_file}",
                true,
            ),
            (
                "python3 -m ipykernel_launcher -f {connection_file} --profile=x",
                true,
            ),
            ("python -m bash_kernel -f {connection_file}", false),
            (
                "python -m ipykernel_launcher --x -f {connection_file}",
                false,
            ),
            (
                "python script.py -m ipykernel_launcher -f {connection_file}",
                false,
            ),
            (
                "env python -m ipykernel_launcher -f {connection_file}",
                false,
            ),
            ("xpython -f {connection_file}", false),
            ("", false),
        ];
        for (argv, forkable) in cases {
            let words: Vec<String> = argv.split_whitespace().map(str::to_owned).collect();
            assert_eq!(ForkableCommand::of(&words).is_some(), forkable, "{argv}");
        }
    }
}
