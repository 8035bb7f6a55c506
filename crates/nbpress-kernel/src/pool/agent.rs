//! The process that owns a pool, for one user: a socket, and the kernels behind it.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Interest};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::lease::peer_user;
use super::owner::{Owner, Reply};
use super::shelf::ReadyKernel;
use super::wire::{Answer, Handed, LONGEST_LINE, OfLease, Order, Wanted};
use super::{NotFromPool, PoolSettings, PoolStatus, descriptors, short};
use crate::detached::LifeLock;
use crate::limits;
use crate::process::{KernelProcess, reap_adopted};

/// Between two looks at what is idle or dead.
const LOOK: Duration = Duration::from_secs(1);

/// Why a pool cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another process owns the pool at this socket.
    #[error("a pool is running already")]
    Running,
    /// The socket cannot be made.
    #[error("failed to listen at `{socket}`")]
    Listen {
        /// Its path.
        socket: std::path::PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What connections ask of the owner.
enum Question {
    Take(Box<Wanted>, Reply),
    /// Nobody waits for a kernel at this moment.
    Refill,
    Status(oneshot::Sender<PoolStatus>),
    Stop,
}

/// Owns a pool until it is told to stop, by its socket or by SIGTERM or SIGINT. Kernels that were handed
/// over are waited for. To be called on the first thread of a process with nothing else to do: it becomes
/// the parent of whatever its kernels leave behind.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(socket: &Path, settings: PoolSettings) -> Result<(), ServeError> {
    let refused = |source| ServeError::Listen {
        socket: socket.to_owned(),
        source,
    };
    let _lock = LifeLock::at(&socket.with_extension("lock"))
        .take()
        .map_err(|_| ServeError::Running)?;
    // The kernels' processes in between end at once, and hand them to this one.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| refused(error.into()))?;
    let _absent = std::fs::remove_file(socket);
    let (_folder, short) = short(socket).map_err(refused)?;
    let listener = UnixListener::bind(short).map_err(refused)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600)).map_err(refused)?;
    let ends = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    let [terminate, interrupt] = ends;
    let signals = (terminate.map_err(refused)?, interrupt.map_err(refused)?);
    let mut connections = own(listener, signals, settings).await;
    let _absent = std::fs::remove_file(socket);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// Answers until the end; returns the connections of those who still use kernels.
async fn own(
    listener: UnixListener,
    (mut terminate, mut interrupt): (Signal, Signal),
    settings: PoolSettings,
) -> JoinSet<()> {
    let mut owner = Owner::new(settings);
    let mut connections = JoinSet::new();
    let (sender, mut questions) = mpsc::channel(16);
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(attend(stream, sender.clone()));
            }
            Some(question) = questions.recv() => match question {
                Question::Take(wanted, reply) => owner.asked(*wanted, reply),
                Question::Refill => owner.refill(),
                Question::Status(reply) => {
                    let in_use = connections.len().saturating_sub(1);
                    let _gone = reply.send(PoolStatus { in_use, ..owner.status() });
                }
                Question::Stop => break,
            },
            finished = owner.finished() => {
                if let Some(finished) = finished {
                    owner.take_in(finished);
                }
            }
            Some(_ended) = connections.join_next() => {}
            _ = look.tick() => {
                owner.tidy();
                reap_adopted();
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    owner.drain();
    connections
}

/// One connection: an order, its answer, and the lease of a kernel.
async fn attend(mut stream: UnixStream, questions: mpsc::Sender<Question>) {
    let user = rustix::process::geteuid().as_raw();
    if peer_user(&stream).is_ok_and(|peer| peer == user)
        && let Ok(order) = receive(&mut stream).await
    {
        // Whoever asked is gone.
        let _gone = answer(&mut stream, order, &questions).await;
    }
}

async fn receive(stream: &mut UnixStream) -> io::Result<Order> {
    let mut line = Vec::new();
    BufReader::new(stream.take(LONGEST_LINE))
        .read_until(b'\n', &mut line)
        .await?;
    Ok(serde_json::from_slice(&line)?)
}

async fn answer(
    stream: &mut UnixStream,
    order: Order,
    questions: &mpsc::Sender<Question>,
) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    match order {
        Order::Take(wanted) => match take(&wanted, questions).await {
            Ok(kernel) => lend(stream, kernel, questions).await,
            Err(reason) => {
                let said = say(stream, &Answer::NotFromPool(reason)).await;
                questions.send(Question::Refill).await.map_err(|_| gone())?;
                said
            }
        },
        Order::Status => {
            let (reply, status) = oneshot::channel();
            questions
                .send(Question::Status(reply))
                .await
                .map_err(|_| gone())?;
            say(stream, &Answer::Status(status.await.map_err(|_| gone())?)).await
        }
        Order::Stop => {
            questions.send(Question::Stop).await.map_err(|_| gone())?;
            say(stream, &Answer::Done).await
        }
    }
}

async fn take(
    wanted: &Wanted,
    questions: &mpsc::Sender<Question>,
) -> Result<ReadyKernel, NotFromPool> {
    let (reply, kernel) = oneshot::channel();
    let question = Question::Take(Box::new(wanted.clone()), reply);
    questions
        .send(question)
        .await
        .map_err(|_| NotFromPool::NotRunning)?;
    let mut kernel = kernel.await.map_err(|_| NotFromPool::NotRunning)??;
    kernel.hand_over(wanted).await?;
    Ok(kernel)
}

/// Hands a kernel over, and ends it when the other end is gone.
async fn lend(
    stream: &mut UnixStream,
    kernel: ReadyKernel,
    questions: &mpsc::Sender<Question>,
) -> io::Result<()> {
    let ReadyKernel {
        mut process,
        connection,
        log,
        folder,
        guard,
        note,
        readiness,
        told,
        ..
    } = kernel;
    let handed = Answer::Kernel(Box::new(Handed {
        kernel_id: process.kernel_id().to_owned(),
        process_id: i32::try_from(process.id()).map_err(io::Error::other)?,
        folder: folder.path().to_owned(),
        connection,
        readiness,
        told,
    }));
    let line = line_of(&handed)?;
    let send = || descriptors::send(&*stream, &line, &[log.as_fd()]);
    let sent = stream.async_io(Interest::WRITABLE, send).await?;
    stream
        .write_all(line.get(sent..).unwrap_or_default())
        .await?;
    // From here on its user has both.
    drop((log, guard, note));
    // A pool that has been stopped prepares no more.
    let _stopped = questions.send(Question::Refill).await;
    look_after(stream, &mut process).await;
    Ok(())
}

/// Stands by a kernel in use, to its end or to that of its user.
async fn look_after(stream: &mut UnixStream, process: &mut KernelProcess) {
    let mut stream = BufReader::new(stream);
    let mut groups = Vec::new();
    loop {
        let mut line = Vec::new();
        let read = stream.read_until(b'\n', &mut line).await;
        match line.as_slice() {
            _ if read.is_err() => break,
            [] => break,
            b"\n" => {
                let exit = line_of(&process.exited().await).unwrap_or_default();
                // Who is gone will not be read of again.
                let _gone = stream.write_all(&exit).await;
            }
            said => match serde_json::from_slice(said) {
                Ok(OfLease::Groups(folders)) => groups = folders,
                Ok(OfLease::Ended) => return process.tree_was_ended(),
                Err(_) => {}
            },
        }
    }
    process.kill_tree();
    process.exited().await;
    // What was in them is ending.
    let removed = move || groups.iter().for_each(|group| limits::remove(group));
    let _removed = tokio::task::spawn_blocking(removed).await;
}

async fn say(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    stream.write_all(&line_of(answer)?).await
}

fn line_of(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
