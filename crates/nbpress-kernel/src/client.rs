//! The client side of a kernel's channels.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use nbpress_protocol::content::{ExecuteRequest, KernelInfoReply};
use nbpress_protocol::zmtp::SocketType;
use nbpress_protocol::{Channel, ConnectionInfo, Message, MessageError, Parts, Session, Signer};

use crate::transport::{Receiver, Sender, dial_until_listening};

/// How long to wait for proof that iopub delivers before asking the kernel to speak again.
const IOPUB_PROOF: Duration = Duration::from_millis(25);

/// What can go wrong between two living ends.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The kernel closed a channel; its process is about to be known dead.
    #[error("the kernel closed its {0:?} channel")]
    Closed(Channel, #[source] io::Error),
}

/// Shell, control and iopub of one kernel.
///
/// There is no stdin channel: requests are sent with `allow_stdin: false`, so a well-behaved kernel
/// raises instead of asking. There is no heartbeat: the process itself is watched.
#[derive(Debug)]
pub struct KernelClient {
    session: Session,
    signer: Signer,
    shell: (Sender, Receiver),
    control: (Sender, Receiver),
    // The sender must stay open: closing it ends the subscription.
    iopub: (Sender, Receiver),
    rejected: u64,
}

impl KernelClient {
    /// Connects to the channels of `connection` as soon as they listen. Never gives up by itself.
    pub async fn connect(connection: &ConnectionInfo) -> Self {
        let session = Session::new("nbpress");
        let identity = session.id().as_bytes();
        let dealer = SocketType::Dealer;
        let (iopub, shell, control) = tokio::join!(
            dial_until_listening_boxed(connection, Channel::Iopub, SocketType::Sub, b""),
            dial_until_listening_boxed(connection, Channel::Shell, dealer, identity),
            dial_until_listening_boxed(connection, Channel::Control, dealer, identity),
        );
        let signer = Signer::new(&connection.key);
        Self {
            session,
            signer,
            shell,
            control,
            iopub,
            rejected: 0,
        }
    }

    /// Waits until the kernel answers and its outputs are known to arrive here.
    ///
    /// A publisher drops what it sends before our subscription has reached it, so an answer alone
    /// proves nothing. Kernels with an XPUB socket greet a subscriber (`iopub_welcome`); from others
    /// we wait for the status messages of our own request, and ask again when they do not come. `told` is the
    /// answer of a kernel that greets, where it is known: then nothing is asked.
    ///
    /// # Errors
    /// The kernel closed a channel.
    pub async fn ready(
        &mut self,
        told: Option<KernelInfoReply>,
    ) -> Result<KernelInfoReply, ClientError> {
        let mut info = told;
        let mut iopub_delivers = false;
        if info.is_none() {
            self.request(Channel::Shell, "kernel_info_request", "{}")
                .await?;
        }
        loop {
            let proof = tokio::time::timeout(IOPUB_PROOF, self.next()).await;
            match proof {
                Ok(incoming) => match incoming? {
                    (Channel::Iopub, _) => iopub_delivers = true,
                    (Channel::Shell, message) if message.kind() == "kernel_info_reply" => {
                        info = Some(message.view().unwrap_or_default());
                    }
                    _ => {}
                },
                Err(_) if info.is_some() => {
                    self.request(Channel::Shell, "kernel_info_request", "{}")
                        .await?;
                }
                Err(_) => {}
            }
            if iopub_delivers && let Some(info) = info.take() {
                return Ok(info);
            }
        }
    }

    /// Sends a cell for execution and returns the request's id, the parent of all that follows.
    ///
    /// # Errors
    /// The kernel closed a channel.
    pub async fn execute(&mut self, request: &ExecuteRequest<'_>) -> Result<String, ClientError> {
        let content = serde_json::to_vec(request).unwrap_or_default();
        self.request(Channel::Shell, "execute_request", content)
            .await
    }

    /// Sends any request on shell or control and returns its id.
    ///
    /// # Errors
    /// The kernel closed the channel.
    pub async fn request(
        &mut self,
        channel: Channel,
        msg_type: &str,
        content: impl Into<Bytes>,
    ) -> Result<String, ClientError> {
        let message = self.session.message(msg_type, content);
        let frames = message.to_frames(&self.signer);
        let sender = if channel == Channel::Control {
            &mut self.control.0
        } else {
            &mut self.shell.0
        };
        sender
            .send(&frames)
            .await
            .map_err(|error| ClientError::Closed(channel, error))?;
        Ok(message.header.msg_id)
    }

    /// The next message from any channel. Safe to cancel. Messages that are malformed or wrongly
    /// signed are counted and skipped, as every Jupyter client does.
    ///
    /// # Errors
    /// The kernel closed a channel.
    pub async fn next(&mut self) -> Result<(Channel, Message), ClientError> {
        loop {
            let (channel, parts) = self.next_parts().await?;
            match parts.into_message() {
                Ok(message) => return Ok((channel, message)),
                Err(_) => self.rejected += 1,
            }
        }
    }

    /// The same, unparsed.
    ///
    /// # Errors
    /// The kernel closed a channel.
    pub async fn next_parts(&mut self) -> Result<(Channel, Parts), ClientError> {
        loop {
            let (channel, frames) = tokio::select! {
                biased;
                frames = self.iopub.1.recv() => (Channel::Iopub, frames),
                frames = self.shell.1.recv() => (Channel::Shell, frames),
                frames = self.control.1.recv() => (Channel::Control, frames),
            };
            let frames = frames.map_err(|error| ClientError::Closed(channel, error))?;
            match Parts::from_frames(&frames, &self.signer) {
                Ok(parts) => return Ok((channel, parts)),
                Err(_) => self.rejected += 1,
            }
        }
    }

    /// An iopub message that has already arrived, without waiting: lets the caller treat a burst as
    /// one.
    pub fn buffered_iopub(&mut self) -> Option<Message> {
        loop {
            let frames = self.iopub.1.buffered().ok()??;
            if let Ok(message) = self.decode(&frames) {
                return Some(message);
            }
        }
    }

    fn decode(&mut self, frames: &[Bytes]) -> Result<Message, MessageError> {
        Message::from_frames(frames, &self.signer).inspect_err(|_| self.rejected += 1)
    }

    /// The session in whose name requests are sent.
    pub fn session_id(&self) -> &str {
        self.session.id()
    }

    /// How many messages were malformed or wrongly signed.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }
}

// Boxed: three handshake futures side by side are large.
async fn dial_until_listening_boxed(
    connection: &ConnectionInfo,
    channel: Channel,
    socket: SocketType,
    identity: &[u8],
) -> (Sender, Receiver) {
    Box::pin(dial_until_listening(
        &connection.endpoint(channel),
        socket,
        identity,
    ))
    .await
}
