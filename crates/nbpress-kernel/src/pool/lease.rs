//! The side of a pool's socket where kernels are taken.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::net::SendFlags;
use rustix::process::Pid;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;

use super::wire::{Answer, Handed, LONGEST_LINE, OfLease, Order, Wanted};
use super::{NotFromPool, PoolStatus, descriptors, short, surroundings};
use crate::guard::Guard;
use crate::limits::Confinement;
use crate::process::{Exit, KernelProcess, Parent, watched};
use crate::provision::{
    LaunchRequest, Launched, LocalProvisioner, Origin, PrivateFolder, expanded,
};

/// A pool that has not answered by then is of no use to a start.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long the pool may take to say how a process ended that has ended.
const COLLECT_TIME: Duration = Duration::from_secs(10);

/// Why a pool could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// Nobody listens.
    #[error("no pool is running")]
    NotRunning(#[source] io::Error),
    /// It belongs to another user.
    #[error("the socket belongs to user {0}")]
    Foreign(u32),
    /// No answer in time, or not one that is understood.
    #[error("the pool did not answer")]
    NoAnswer(#[source] io::Error),
}

/// What the pool at a socket has.
///
/// # Errors
/// See [`PoolError`].
pub fn status(socket: &Path) -> Result<PoolStatus, PoolError> {
    match ask(socket, &Order::Status)?.0 {
        Answer::Status(status) => Ok(status),
        _ => Err(unexpected()),
    }
}

/// Ends the pool at a socket. Kernels that were handed over go on.
///
/// # Errors
/// See [`PoolError`].
pub fn stop(socket: &Path) -> Result<(), PoolError> {
    match ask(socket, &Order::Stop)?.0 {
        Answer::Done => Ok(()),
        _ => Err(unexpected()),
    }
}

fn unexpected() -> PoolError {
    PoolError::NoAnswer(io::ErrorKind::InvalidData.into())
}

/// Takes a kernel out of the pool at a socket.
pub(crate) fn take(
    socket: &Path,
    provisioner: &LocalProvisioner,
    request: &LaunchRequest<'_>,
) -> Result<Launched, NotFromPool> {
    let order = Order::Take(Box::new(wanted(request)));
    let (answer, log, lease) = ask(socket, &order)?;
    let handed = match answer {
        Answer::Kernel(handed) => handed,
        Answer::NotFromPool(reason) => return Err(reason),
        _ => return Err(unexpected().into()),
    };
    let log = log.ok_or_else(unexpected)?;
    take_over(*handed, log, lease, provisioner, request)
}

fn wanted(request: &LaunchRequest<'_>) -> Wanted {
    let mut environment = request.environment.clone();
    environment.extend(expanded(&request.kernel.spec.env, request.environment));
    Wanted {
        name: request.kernel.name.clone(),
        kernelspec_folder: request.kernel.folder.clone(),
        kernelspec: request.kernel.spec.clone(),
        working_directory: std::path::absolute(request.working_directory)
            .unwrap_or_else(|_| request.working_directory.to_owned()),
        environment,
        parent: std::process::id(),
        surroundings: surroundings::own(),
    }
}

/// From here on this process answers for the kernel. Nothing has run in it yet.
fn take_over(
    handed: Handed,
    log: OwnedFd,
    lease: UnixStream,
    provisioner: &LocalProvisioner,
    request: &LaunchRequest<'_>,
) -> Result<Launched, NotFromPool> {
    let pid = Pid::from_raw(handed.process_id).ok_or_else(unexpected)?;
    let folder = PrivateFolder::adopt(handed.folder);
    let groups = !provisioner.process_limits_only;
    let confinement = Confinement::prepare(request.limits, &handed.kernel_id, groups);
    let died = |_| NotFromPool::Died;
    let lease = Lease::of(lease, provisioner.guard.clone(), folder.path()).map_err(died)?;
    lease.tell_groups(confinement.folders());
    let admitted = confinement.admit(pid);
    let process = KernelProcess::watch(pid, handed.kernel_id, confinement, Parent::Pool(lease))
        .map_err(died)?;
    admitted.map_err(|error| NotFromPool::Limits {
        why: error.to_string(),
    })?;
    Ok(Launched {
        connection: handed.connection,
        process,
        log: pipe::Receiver::from_owned_fd(log).map_err(died)?,
        folder,
        guard: None,
        origin: Origin::Pool(handed.readiness),
        told: handed.told,
    })
}

/// A kernel of a pool in use: the owner, at the other end, is its guard. It ends the kernel and what that
/// started when this end closes, and a guard of our own is started when it is the other that closes.
#[derive(Debug)]
pub(crate) struct Lease {
    stream: UnixStream,
    /// The same once more, until the owner is gone.
    owner: Option<AsyncFd<OwnedFd>>,
    /// See `LocalProvisioner::guard`.
    program: Option<PathBuf>,
    folder: PathBuf,
    guard: Option<Guard>,
}

impl Lease {
    fn of(stream: UnixStream, program: Option<PathBuf>, folder: &Path) -> io::Result<Self> {
        Ok(Self {
            owner: Some(watched(stream.try_clone()?.into())?),
            stream,
            program,
            folder: folder.to_owned(),
            guard: None,
        })
    }

    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// Waits until the owner is gone; for ever once that is known. Safe to cancel.
    pub(crate) async fn owner_gone(&self) {
        match &self.owner {
            // Nothing comes from there without a question.
            Some(owner) => _ = owner.readable().await,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn start_guard<'a>(
        &mut self,
        kernel_id: &str,
        groups: impl Iterator<Item = &'a Path>,
    ) {
        self.owner = None;
        let program = self.program.as_deref();
        // Without one a run is as good as it was, unless this process is killed.
        self.guard = program.and_then(|it| Guard::start(it, kernel_id, &self.folder, groups).ok());
    }

    /// Tells the control groups that go with the kernel.
    fn tell_groups<'a>(&self, groups: impl Iterator<Item = &'a Path>) {
        let groups: Vec<PathBuf> = groups.map(Path::to_owned).collect();
        if !groups.is_empty() {
            self.tell(&OfLease::Groups(groups));
        }
    }

    /// Tells that whatever the kernel left behind has been ended.
    pub(crate) fn end(&self) {
        self.tell(&OfLease::Ended);
    }

    /// An owner that is gone, or too busy to read, will do by itself what is to be done.
    fn tell(&self, what: &OfLease) {
        let mut line = serde_json::to_vec(what).unwrap_or_default();
        line.push(b'\n');
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        let _gone = rustix::net::send(&self.stream, &line, flags);
    }
}

/// Asks the pool to collect a process that has ended, or is about to.
pub(crate) fn collect(lease: &UnixStream) -> io::Result<Exit> {
    lease.set_read_timeout(Some(COLLECT_TIME))?;
    (&*lease).write_all(b"\n")?;
    let mut line = String::new();
    BufReader::new(lease.take(LONGEST_LINE)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

fn ask(socket: &Path, order: &Order) -> Result<(Answer, Option<OwnedFd>, UnixStream), PoolError> {
    let (_folder, short) = short(socket).map_err(PoolError::NotRunning)?;
    let mut stream = UnixStream::connect(short).map_err(PoolError::NotRunning)?;
    let peer = peer_user(&stream).map_err(PoolError::NoAnswer)?;
    if peer != rustix::process::geteuid().as_raw() {
        return Err(PoolError::Foreign(peer));
    }
    let mut exchange = || {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        stream.write_all(&line)?;
        let (line, log) = receive_line(&stream)?;
        Ok((serde_json::from_slice(&line)?, log))
    };
    let (answer, log) = exchange().map_err(PoolError::NoAnswer)?;
    Ok((answer, log, stream))
}

/// The user at the other end.
pub(crate) fn peer_user(socket: &impl std::os::fd::AsFd) -> io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(socket)?.uid.as_raw())
}

fn receive_line(stream: &UnixStream) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    let (mut line, mut log) = (Vec::new(), None);
    let mut buffer = [0; 4096];
    while line.last() != Some(&b'\n') {
        let (count, descriptors) = descriptors::receive(stream, &mut buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.extend(buffer.iter().take(count));
        log = log.or_else(|| descriptors.into_iter().next());
    }
    Ok((line, log))
}

impl From<PoolError> for NotFromPool {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::NotRunning(_) => Self::NotRunning,
            PoolError::NoAnswer(source) => Self::NoAnswer {
                why: source.to_string(),
            },
            foreign @ PoolError::Foreign(_) => Self::NoAnswer {
                why: foreign.to_string(),
            },
        }
    }
}
