//! The process behind an interactive kernel, which outlives the servers that use it.
//!
//! A host starts the kernel, restarts it when it dies, and keeps what it sends until everybody for whom it
//! is has it: in memory, and from a size on in its folder. Servers connect to a Unix socket there, come
//! and go, and go on after any message. Each session of a client is a ZeroMQ identity of its own at the
//! kernel, so that replies and questions find whom they are for. What a client is behind with is
//! delivered in fewer, longer messages (text that follows on text of the same cell), and never dropped.

mod exchange;
pub(crate) mod folder;
mod keeper;
pub(crate) mod link;
mod outbox;
mod serve;
mod session;
mod spool;
pub(crate) mod wire;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbpress_protocol::{Channel, Parts};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use exchange::Exchange;
use folder::{HostFolder, HostSpec};
use keeper::Keeper;
use serve::Front;

use crate::provision::LocalProvisioner;
use crate::tables::{self, KeepTables, Tables};

/// How many orders may wait.
const ORDERS: usize = 16;

/// Between two looks at whether the folder is still there.
const LOOK: Duration = Duration::from_secs(2);

/// What a kernel is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionState {
    /// It has not answered yet.
    Starting,
    /// It waits for a request.
    Idle,
    /// It works on one.
    Busy,
    /// It ended, and another one takes its place.
    Restarting,
    /// It ended, and no other one takes its place unless somebody asks for it.
    Dead,
}

/// A kernel as Jupyter's API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelModel {
    /// A UUID.
    pub id: String,
    /// The kernelspec's name.
    pub name: String,
    /// When it last sent or was sent a message.
    pub last_activity: Timestamp,
    /// What it is doing.
    pub execution_state: ExecutionState,
    /// How many clients are connected.
    pub connections: usize,
    /// Why it is dead or had to be restarted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a host tells about its kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostState {
    /// Counts up with each change: what comes on several connections has an order.
    #[serde(default)]
    pub(crate) revision: u64,
    pub(crate) model: KernelModel,
    pub(crate) process_id: Option<u32>,
    pub(crate) last_seq: u64,
}

/// One message for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number; those of one kernel rise, with gaps.
    pub seq: u64,
    /// The channel it came on.
    pub channel: Channel,
    /// The message.
    pub parts: Parts,
}

/// A host's whole life: serves the kernel described in a folder until it is shut down, or the folder is
/// gone and with it the way to this host.
///
/// # Errors
/// The folder cannot be used. A kernel that does not start is told to those who connect.
pub async fn run(
    folder: &Path,
    environment: &BTreeMap<String, String>,
    provisioner: LocalProvisioner,
) -> io::Result<()> {
    let folder = HostFolder::at(folder);
    let spec = folder.read_spec()?;
    let tables = tables(&folder, &spec, environment)?;
    folder.lock().write_process_id()?;
    let state = HostState {
        revision: 0,
        model: KernelModel {
            id: spec.id.clone(),
            name: spec.name.clone(),
            last_activity: Timestamp::now(),
            execution_state: ExecutionState::Starting,
            connections: 0,
            reason: None,
        },
        process_id: None,
        last_seq: 0,
    };
    let exchange = Exchange::new(folder.spool(), state);
    let (sender, orders) = mpsc::channel(ORDERS);
    let mut front = Front::new(link::listen(folder.path())?, Arc::clone(&exchange), sender);
    let keeper = Keeper::new(exchange, orders, provisioner, spec, environment).with_tables(tables);
    tokio::select! {
        () = Box::pin(keeper.run()) => {}
        () = front.receive() => {}
        () = abandoned(&folder) => {}
    }
    front.close().await;
    Ok(())
}

/// Which tables that its cells show are kept whole.
fn tables(
    folder: &HostFolder,
    spec: &HostSpec,
    environment: &BTreeMap<String, String>,
) -> io::Result<Option<KeepTables>> {
    let mut variables = environment.clone();
    variables.extend(spec.environment.clone());
    let Some(limits) = Tables::unless_off(&variables).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let folder = folder.path().parent().map(tables::folder::beside);
    // Without it there are first rows.
    let folder = folder.filter(|folder| tables::folder::prepare(folder).is_ok());
    Ok(Some(KeepTables { folder, limits }))
}

/// Waits until nobody can connect any more.
async fn abandoned(folder: &HostFolder) {
    while folder.is_reachable() {
        tokio::time::sleep(LOOK).await;
    }
}
