//! A kernel that goes on where a copy was made.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Pid;
use serde::{Deserialize, Serialize};
use tokio::net::unix::pipe;

use super::FrozenCopy;
use crate::find::FoundKernel;
use crate::kernel::{Kernel, StartError};
use crate::limits::{Confinement, Limits, bring_here};
use crate::pool::lease::peer_user;
use crate::pool::{descriptors, short};
use crate::process::{KernelProcess, Parent};
use crate::provision::{Launched, LocalProvisioner, Origin};

/// How long a copy may take to fork.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest line of an answer, in bytes.
const LONGEST_LINE: u64 = 64 << 10;

/// What a revived kernel gets of its own. Everything else is as it was when the copy was made.
#[derive(Clone, Debug)]
pub struct Revival<'a> {
    /// The kernelspec, which says how it is interrupted.
    pub kernel: &'a FoundKernel,
    /// Another folder to run in; the one it was in when `None`.
    pub working_directory: Option<&'a Path>,
    /// Variables to set.
    pub environment: &'a BTreeMap<String, String>,
    /// What it may use.
    pub limits: Limits,
}

/// Why no kernel was made of a copy.
#[derive(Debug, thiserror::Error)]
pub enum ReviveError {
    /// It was dropped, its time was over, or it was killed.
    #[error("the frozen copy is gone")]
    Gone(#[source] io::Error),
    /// Its socket belongs to another user.
    #[error("the frozen copy belongs to user {0}")]
    Foreign(u32),
    /// The folder, the ports or the log of the kernel cannot be made, or it cannot be limited.
    #[error("failed to prepare a kernel of the frozen copy")]
    Prepare(#[source] io::Error),
    /// The copy was asked, and no kernel came.
    #[error("no kernel came of the frozen copy")]
    Start(#[source] StartError),
}

impl ReviveError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Gone(_) => Some("run the cells before it again".to_owned()),
            Self::Foreign(_) | Self::Prepare(_) | Self::Start(_) => None,
        }
    }
}

/// What a copy is told.
#[derive(Serialize)]
struct Order<'a> {
    kernel_id: &'a str,
    connection_file: PathBuf,
    working_directory: Option<&'a Path>,
    environment: &'a BTreeMap<String, String>,
    parent: u32,
}

/// What it answers at once; then the connection is the kernel's lease.
#[derive(Deserialize)]
struct Forked {
    pid: i32,
}

/// Makes a kernel of a copy, which stays and can be used again. The kernel works for this process and ends
/// with it, as one that this process started.
///
/// # Errors
/// See [`ReviveError`].
pub async fn revive(
    copy: &FrozenCopy,
    provisioner: &LocalProvisioner,
    revival: &Revival<'_>,
    timeout: Duration,
) -> Result<Kernel, ReviveError> {
    let launched = launch(copy, provisioner, revival)?;
    Kernel::connect(launched, revival.kernel, timeout)
        .await
        .map_err(ReviveError::Start)
}

fn launch(
    copy: &FrozenCopy,
    provisioner: &LocalProvisioner,
    revival: &Revival<'_>,
) -> Result<Launched, ReviveError> {
    let lease = reach(copy)?;
    let (folder, connection, connection_file) = provisioner
        .prepare(revival.kernel)
        .map_err(ReviveError::Prepare)?;
    let (log, its_log) = io::pipe().map_err(ReviveError::Prepare)?;
    let kernel_id = uuid::Uuid::new_v4().to_string();
    let groups = !provisioner.process_limits_only;
    let confinement = Confinement::prepare(revival.limits, &kernel_id, groups);
    let guard = provisioner.guard(&kernel_id, &folder, &confinement);
    let order = Order {
        kernel_id: &kernel_id,
        connection_file,
        working_directory: revival.working_directory,
        environment: revival.environment,
        parent: std::process::id(),
    };
    let pid = fork(&lease, &order, &its_log).map_err(ReviveError::Gone)?;
    drop(its_log);
    let admitted = leave_the_copys_groups(copy, pid).and_then(|()| confinement.admit(pid));
    let process = KernelProcess::watch(pid, kernel_id, confinement, Parent::Lender(lease))
        .map_err(ReviveError::Gone)?;
    admitted.map_err(ReviveError::Prepare)?;
    Ok(Launched {
        connection,
        process,
        log: pipe::Receiver::from_owned_fd(log.into()).map_err(ReviveError::Prepare)?,
        folder,
        guard,
        origin: Origin::Revived,
        told: None,
    })
}

/// The limits of the run before are not those of this one.
fn leave_the_copys_groups(copy: &FrozenCopy, pid: Pid) -> io::Result<()> {
    if copy.is_in_groups() {
        bring_here(pid)?;
    }
    Ok(())
}

fn reach(copy: &FrozenCopy) -> Result<UnixStream, ReviveError> {
    let (_folder, short) = short(&copy.socket()).map_err(ReviveError::Gone)?;
    let lease = UnixStream::connect(short).map_err(ReviveError::Gone)?;
    let peer = peer_user(&lease).map_err(ReviveError::Gone)?;
    if peer != rustix::process::geteuid().as_raw() {
        return Err(ReviveError::Foreign(peer));
    }
    Ok(lease)
}

fn fork(mut lease: &UnixStream, order: &Order<'_>, log: &io::PipeWriter) -> io::Result<Pid> {
    lease.set_read_timeout(Some(PATIENCE))?;
    lease.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    let sent = descriptors::send(lease, &line, &[log.as_fd()])?;
    lease.write_all(line.get(sent..).unwrap_or_default())?;
    let mut answer = String::new();
    BufReader::new(lease.take(LONGEST_LINE)).read_line(&mut answer)?;
    let forked: Forked = serde_json::from_str(&answer)?;
    Pid::from_raw(forked.pid).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
