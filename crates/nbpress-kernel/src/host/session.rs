//! The sockets at the kernel that are one session's own: what it asks is answered to it alone.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use nbpress_protocol::zmtp::SocketType;
use nbpress_protocol::{Channel, ConnectionInfo, Parts, Signer};
use tokio::sync::{mpsc, watch};

use super::exchange::Exchange;
use crate::transport::{Receiver, Sender, dial_until_listening};

/// A session's side of shell, control and stdin.
#[derive(Debug)]
pub(super) struct Sockets {
    session: Arc<str>,
    exchange: Arc<Exchange>,
    outgoing: mpsc::Receiver<(Channel, Parts)>,
}

/// Connections to one kernel.
struct Dialled {
    signer: Signer,
    shell: (Sender, Receiver),
    control: (Sender, Receiver),
    stdin: (Sender, Receiver),
}

impl Sockets {
    pub(super) fn new(
        session: Arc<str>,
        exchange: Arc<Exchange>,
        outgoing: mpsc::Receiver<(Channel, Parts)>,
    ) -> Self {
        Self {
            session,
            exchange,
            outgoing,
        }
    }

    /// Passes messages on between the session and whichever kernel there is, until the session is
    /// forgotten. What the session sends while there is none waits for the next one.
    pub(super) async fn run(mut self, mut kernel: watch::Receiver<Option<Arc<ConnectionInfo>>>) {
        loop {
            let connection = match kernel.wait_for(Option::is_some).await {
                Ok(connection) => connection.clone(),
                Err(_) => return,
            };
            let Some(connection) = connection else {
                continue;
            };
            tokio::select! {
                biased;
                _other = kernel.changed() => {}
                () = self.converse(&connection) => {
                    // The sockets are closed: its end is about to be known.
                    if kernel.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn converse(&mut self, connection: &ConnectionInfo) {
        let mut dialled = Dialled::dial(connection, self.session.as_bytes()).await;
        loop {
            tokio::select! {
                biased;
                received = dialled.recv() => match received {
                    Ok((channel, frames)) => {
                        // One that is not rightly signed is none.
                        if let Ok(parts) = Parts::from_frames(&frames, &dialled.signer) {
                            self.exchange.publish(channel, Some(&self.session), parts);
                        }
                    }
                    Err(_) => return,
                },
                Some((channel, parts)) = self.outgoing.recv() => {
                    if dialled.send(channel, &parts).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

impl Dialled {
    async fn dial(connection: &ConnectionInfo, identity: &[u8]) -> Self {
        let dial = |channel| {
            let endpoint = connection.endpoint(channel);
            Box::pin(
                async move { dial_until_listening(&endpoint, SocketType::Dealer, identity).await },
            )
        };
        // First: a kernel drops a question to a client that it does not know yet.
        let stdin = dial(Channel::Stdin).await;
        let (shell, control) = tokio::join!(dial(Channel::Shell), dial(Channel::Control));
        Self {
            signer: Signer::new(&connection.key),
            shell,
            control,
            stdin,
        }
    }

    /// The next message. Safe to cancel.
    async fn recv(&mut self) -> io::Result<(Channel, Vec<Bytes>)> {
        let (channel, frames) = tokio::select! {
            frames = self.shell.1.recv() => (Channel::Shell, frames),
            frames = self.control.1.recv() => (Channel::Control, frames),
            frames = self.stdin.1.recv() => (Channel::Stdin, frames),
        };
        Ok((channel, frames?))
    }

    async fn send(&mut self, channel: Channel, parts: &Parts) -> io::Result<()> {
        let sender = match channel {
            Channel::Control => &mut self.control.0,
            Channel::Stdin => &mut self.stdin.0,
            // Nothing is sent on the others.
            Channel::Shell | Channel::Iopub | Channel::Heartbeat => &mut self.shell.0,
        };
        sender.send(&parts.to_frames(&self.signer)).await
    }
}
