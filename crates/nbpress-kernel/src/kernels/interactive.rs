//! One interactive kernel as a server sees it.

use std::io;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::{Connection, KernelsError};
use crate::host::folder::HostFolder;
use crate::host::link::{self, LinkReader};
use crate::host::wire::{Answer, Command, Frame, Hello};
use crate::host::{ExecutionState, HostState, KernelModel};
use crate::process::TreeUsage;

/// How long a host that lives may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// A kernel behind a host.
#[derive(Debug)]
pub struct InteractiveKernel {
    id: Uuid,
    owner: String,
    folder: HostFolder,
    state: watch::Sender<HostState>,
}

impl InteractiveKernel {
    /// The kernel of a host that lives, as soon as it listens; `None` where it ends before that.
    pub(super) async fn reach(
        id: Uuid,
        folder: &HostFolder,
    ) -> io::Result<Option<(Self, LinkReader)>> {
        let owner = folder.read_spec()?.owner;
        let watched = watch_while_alive(folder).await?;
        Ok(watched.map(|(state, reader)| {
            let kernel = Self {
                id,
                owner,
                folder: folder.clone(),
                state: watch::Sender::new(state),
            };
            (kernel, reader)
        }))
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Who asked for it; empty where nobody did.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The kernelspec's name.
    pub fn name(&self) -> String {
        self.state.borrow().model.name.clone()
    }

    /// How it is, as Jupyter's API shows it.
    pub fn model(&self) -> KernelModel {
        self.state.borrow().model.clone()
    }

    /// Waits until it is otherwise than it was seen, and returns how.
    pub async fn changed_from(&self, seen: &KernelModel) -> KernelModel {
        let mut state = self.state.subscribe();
        let changed = state.wait_for(|state| state.model != *seen).await;
        changed.map_or_else(|_| self.model(), |state| state.model.clone())
    }

    /// The kernel's process, while there is one.
    pub fn process_id(&self) -> Option<u32> {
        self.state.borrow().process_id
    }

    /// The number of the last message, as far as is known here.
    pub fn last_seq(&self) -> u64 {
        self.state.borrow().last_seq
    }

    /// What the kernel and everything it started use at this moment.
    ///
    /// # Errors
    /// The host is gone.
    pub async fn usage(&self) -> Result<TreeUsage, KernelsError> {
        match self.command(Command::Usage).await? {
            Answer::Used(usage) => Ok(usage),
            Answer::Done => Ok(TreeUsage::default()),
            Answer::Failed(reason) => Err(KernelsError::Refused {
                id: self.id,
                reason,
            }),
        }
    }

    /// Connects a client's session. Where the session is connected already, that connection ends.
    ///
    /// Deliveries begin after the message with the number `from`; if not said, after what this session
    /// acknowledged last, and for one that has never been here with what comes from now on. They have
    /// everything on iopub, and what the kernel sends to this session alone.
    ///
    /// # Errors
    /// The host is gone.
    pub async fn connect(
        &self,
        session: &str,
        from: Option<u64>,
    ) -> Result<Connection, KernelsError> {
        self.open(session, from, false).await
    }

    /// The same for a session of the server itself, which is none of the model's `connections`.
    ///
    /// # Errors
    /// The host is gone.
    pub async fn connect_uncounted(
        &self,
        session: &str,
        from: Option<u64>,
    ) -> Result<Connection, KernelsError> {
        self.open(session, from, true).await
    }

    async fn open(
        &self,
        session: &str,
        from: Option<u64>,
        uncounted: bool,
    ) -> Result<Connection, KernelsError> {
        let hello = Hello::Session {
            session: session.to_owned(),
            from,
            uncounted,
        };
        let opened = Connection::open(&self.folder, hello).await;
        let (connection, state) = opened.map_err(|source| self.unreachable(source))?;
        self.note(state);
        Ok(connection)
    }

    /// Has the host do something.
    pub(super) async fn command(&self, command: Command) -> Result<Answer, KernelsError> {
        let answered = async {
            let (mut reader, writer) = link::connect(self.folder.path()).await?;
            writer.send(&Frame::Hello(Hello::Command(command))).await?;
            match (reader.recv().await?, reader.recv().await?) {
                (Some(Frame::State(state)), Some(Frame::Answer(answer))) => Ok((answer, *state)),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        let (answer, state) = answered.await.map_err(|source| self.unreachable(source))?;
        self.note(state);
        Ok(answer)
    }

    /// Takes over a state, if it is not older than what is known. Returns whether anything but the time of
    /// the last message is different.
    fn note(&self, state: HostState) -> bool {
        let mut changed = false;
        self.state.send_if_modified(|known| {
            if state.revision < known.revision {
                return false;
            }
            let mut before = std::mem::replace(known, state).model;
            before.last_activity = known.model.last_activity;
            changed = before != known.model;
            true
        });
        changed
    }

    /// Waits until the kernel's process is there; `false` where it could not be started.
    pub(super) async fn launched(&self) -> bool {
        let mut states = self.state.subscribe();
        let launched = states.wait_for(|state| {
            state.process_id.is_some() || state.model.execution_state == ExecutionState::Dead
        });
        launched.await.is_ok_and(|state| state.process_id.is_some())
    }

    fn unreachable(&self, source: io::Error) -> KernelsError {
        KernelsError::Unreachable {
            id: self.id,
            source,
        }
    }

    pub(super) fn folder(&self) -> &HostFolder {
        &self.folder
    }

    /// Takes over what the host says. Returns whether the kernel was shut down; it is dead where the host
    /// ended without saying so.
    pub(super) async fn follow(&self, mut reader: LinkReader, changed: impl Fn()) -> bool {
        loop {
            match reader.recv().await {
                Ok(Some(Frame::State(state))) => {
                    if self.note(*state) {
                        changed();
                    }
                }
                Ok(Some(Frame::Ended)) => {
                    self.died(None);
                    return true;
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => match watch_while_alive(&self.folder).await {
                    Ok(Some((state, again))) => {
                        self.note(state);
                        reader = again;
                    }
                    Ok(None) | Err(_) => break,
                },
            }
        }
        self.died(Some("the host of the kernel is gone"));
        changed();
        false
    }

    fn died(&self, reason: Option<&str>) {
        self.state.send_modify(|state| {
            state.model.execution_state = ExecutionState::Dead;
            state.model.connections = 0;
            state.model.reason = reason.map(str::to_owned);
            state.process_id = None;
        });
    }
}

async fn watch_host(folder: &HostFolder) -> io::Result<(HostState, LinkReader)> {
    let (mut reader, writer) = link::connect(folder.path()).await?;
    writer.send(&Frame::Hello(Hello::Watch)).await?;
    match reader.recv().await? {
        Some(Frame::State(state)) => Ok((*state, reader)),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Connects as soon as the host listens; `None` where it ends before that.
async fn watch_while_alive(folder: &HostFolder) -> io::Result<Option<(HostState, LinkReader)>> {
    let listening = async {
        let mut pause = Duration::from_millis(1);
        loop {
            match watch_host(folder).await {
                Ok(watched) => return Ok(Some(watched)),
                // It talks otherwise than we do.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(error),
                Err(_) => {}
            }
            if !folder.lock().is_held()? {
                return Ok(None);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(8));
        }
    };
    tokio::time::timeout(PATIENCE, listening).await?
}
