//! One interactive kernel as a server sees it.

use std::io;

use tokio::sync::watch;
use uuid::Uuid;

use super::{Connection, KernelsError};
use crate::host::folder::HostFolder;
use crate::host::link::{self, LinkReader};
use crate::host::wire::{Answer, Command, Frame, Hello};
use crate::host::{ExecutionState, HostState, KernelModel};
use crate::process::TreeUsage;

/// A kernel behind a host.
#[derive(Debug)]
pub struct InteractiveKernel {
    id: Uuid,
    folder: HostFolder,
    state: watch::Sender<HostState>,
}

impl InteractiveKernel {
    /// Connects to the host in a folder.
    pub(super) async fn reach(id: Uuid, folder: HostFolder) -> io::Result<(Self, LinkReader)> {
        let (mut reader, writer) = link::connect(folder.path()).await?;
        writer.send(&Frame::Hello(Hello::Watch)).await?;
        let Some(Frame::State(state)) = reader.recv().await? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let kernel = Self {
            id,
            folder,
            state: watch::Sender::new(*state),
        };
        Ok((kernel, reader))
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.id
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
        Connection::open(&self.folder, session, from)
            .await
            .map_err(|source| self.unreachable(source))
    }

    /// Has the host do something.
    pub(super) async fn command(&self, command: Command) -> Result<Answer, KernelsError> {
        let answered = async {
            let (mut reader, writer) = link::connect(self.folder.path()).await?;
            writer.send(&Frame::Hello(Hello::Command(command))).await?;
            match reader.recv().await? {
                Some(Frame::Answer(answer)) => Ok(answer),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        answered.await.map_err(|source| self.unreachable(source))
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
        while let Ok(Some(frame)) = reader.recv().await {
            match frame {
                Frame::State(state) => {
                    let before = self.state.send_replace(*state);
                    // The time of the last message goes on by itself.
                    let mut after = self.model();
                    after.last_activity = before.model.last_activity;
                    if after != before.model {
                        changed();
                    }
                }
                Frame::Ended => return true,
                _ => {}
            }
        }
        self.state.send_modify(|state| {
            state.model.execution_state = ExecutionState::Dead;
            state.model.connections = 0;
            state.model.reason = Some("the host of the kernel is gone".to_owned());
            state.process_id = None;
        });
        changed();
        false
    }
}
