//! ZeroMQ sockets as Jupyter uses them, over TCP and Unix sockets.
//!
//! A client socket has one peer, so routing is trivial, and there is no high-water mark: what is
//! not read yet stays in the kernel's buffers, and nothing is ever dropped on this side.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nbpress_protocol::Endpoint;
use nbpress_protocol::zmtp::{self, Frame, GREETING_LEN, SocketType};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// A buffer that had to be longer for one frame is not kept for the next.
const KEPT: usize = 1 << 20;

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
#[error("failed to connect to `{endpoint}`")]
pub struct DialError {
    endpoint: Endpoint,
    #[source]
    source: io::Error,
}

/// The sending half of a connection.
pub struct Sender {
    writer: Box<dyn AsyncWrite + Send + Unpin>,
}

/// The receiving half of a connection.
pub struct Receiver {
    reader: Box<dyn AsyncRead + Send + Unpin>,
    buffer: BytesMut,
    parts: Vec<Bytes>,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver")
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

/// Connects once.
///
/// # Errors
/// Nobody listens, or the peer does not speak ZMTP.
pub async fn dial(
    endpoint: &Endpoint,
    socket: SocketType,
    identity: &[u8],
) -> Result<(Sender, Receiver), DialError> {
    let connected = match endpoint {
        Endpoint::Unix(path) => match UnixStream::connect(path).await {
            Ok(stream) => {
                let (reader, writer) = stream.into_split();
                handshake(Box::new(reader), Box::new(writer), socket, identity).await
            }
            Err(error) => Err(error),
        },
        Endpoint::Tcp(host, port) => match TcpStream::connect((host.as_str(), *port)).await {
            Ok(stream) => {
                // Small requests must not wait for an acknowledgement of the last one.
                stream.set_nodelay(true).ok();
                let (reader, writer) = stream.into_split();
                handshake(Box::new(reader), Box::new(writer), socket, identity).await
            }
            Err(error) => Err(error),
        },
    };
    connected.map_err(|source| DialError {
        endpoint: endpoint.clone(),
        source,
    })
}

/// Connects as soon as somebody listens; waits for ever, so the caller watches the process and the
/// clock. The pause between attempts is a connect call on a local socket: microseconds.
pub async fn dial_until_listening(
    endpoint: &Endpoint,
    socket: SocketType,
    identity: &[u8],
) -> (Sender, Receiver) {
    let mut pause = Duration::from_millis(2);
    loop {
        if let Ok(connected) = dial(endpoint, socket, identity).await {
            return connected;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(8));
    }
}

async fn handshake(
    reader: Box<dyn AsyncRead + Send + Unpin>,
    writer: Box<dyn AsyncWrite + Send + Unpin>,
    socket: SocketType,
    identity: &[u8],
) -> io::Result<(Sender, Receiver)> {
    let mut sender = Sender { writer };
    let mut receiver = Receiver {
        reader,
        buffer: BytesMut::new(),
        parts: Vec::new(),
    };
    sender.writer.write_all(&zmtp::greeting()).await?;
    let mut greeting = [0; GREETING_LEN];
    receiver.reader.read_exact(&mut greeting).await?;
    zmtp::check_greeting(&greeting).map_err(io::Error::other)?;
    sender
        .writer
        .write_all(&zmtp::ready(socket, identity))
        .await?;
    let frame = receiver.frame().await?;
    zmtp::check_ready(&frame).map_err(io::Error::other)?;
    if socket == SocketType::Sub {
        sender.send(&[Bytes::from_static(b"\x01")]).await?;
    }
    Ok((sender, receiver))
}

impl Sender {
    /// Sends one message of one or more frames.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn send(&mut self, frames: &[Bytes]) -> io::Result<()> {
        let mut wire = BytesMut::new();
        zmtp::put_message(&mut wire, frames);
        self.writer.write_all(&wire).await?;
        self.writer.flush().await
    }
}

impl Receiver {
    /// The next message. Safe to cancel: a partly read message is continued by the next call.
    ///
    /// # Errors
    /// The connection is gone (`UnexpectedEof` when the peer closed it), or the peer broke the
    /// protocol.
    pub async fn recv(&mut self) -> io::Result<Vec<Bytes>> {
        loop {
            if let Some(message) = self.buffered()? {
                return Ok(message);
            }
            self.fill().await?;
        }
    }

    /// A message that has already arrived, without waiting.
    ///
    /// # Errors
    /// The peer broke the protocol.
    pub fn buffered(&mut self) -> io::Result<Option<Vec<Bytes>>> {
        while let Ok(frame) = zmtp::take_frame(&mut self.buffer).map_err(io::Error::other)? {
            if frame.body.len() > KEPT {
                self.buffer = BytesMut::from(self.buffer.as_ref());
            }
            if frame.command {
                continue;
            }
            self.parts.push(frame.body);
            if !frame.more {
                return Ok(Some(std::mem::take(&mut self.parts)));
            }
        }
        Ok(None)
    }

    async fn frame(&mut self) -> io::Result<Frame> {
        loop {
            if let Ok(frame) = zmtp::take_frame(&mut self.buffer).map_err(io::Error::other)? {
                return Ok(frame);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        // Grow with what has really arrived, never with what a length field claims.
        self.buffer.reserve(self.buffer.len().max(64 * 1024));
        if self.reader.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}
