//! A client's conversation with a kernel.

use std::io;

use nbpress_protocol::{Channel, Parts};

use crate::host::folder::HostFolder;
use crate::host::link::{self, LinkReader, LinkWriter};
use crate::host::wire::{Frame, Hello};
use crate::host::{Delivery, HostState};

/// How many messages may be taken before the host hears of it.
const ACKNOWLEDGE_EVERY: u64 = 64;

/// One session of a client, connected to a kernel. Dropping it leaves; what comes for the session from then
/// on is kept until the same session connects again.
#[derive(Debug)]
pub struct Connection {
    sender: ConnectionSender,
    receiver: ConnectionReceiver,
    from: u64,
}

/// Sends to the kernel in the name of a session.
#[derive(Clone, Debug)]
pub struct ConnectionSender {
    writer: LinkWriter,
}

/// Receives what is for a session.
#[derive(Debug)]
pub struct ConnectionReceiver {
    reader: LinkReader,
    writer: LinkWriter,
    taken: u64,
    acknowledged: u64,
    ended: bool,
}

/// Why there are no more messages.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionEnd {
    /// The same session has connected again.
    #[error("the session has connected again")]
    Replaced,
    /// The kernel was shut down.
    #[error("the kernel was shut down")]
    ShutDown,
    /// The kernel's host is gone, and the kernel with it.
    #[error("the host of the kernel is gone")]
    Lost(#[source] io::Error),
}

impl Connection {
    /// The conversation, and the state of the kernel with it.
    pub(super) async fn open(folder: &HostFolder, hello: Hello) -> io::Result<(Self, HostState)> {
        let (mut reader, writer) = link::connect(folder.path()).await?;
        writer.send(&Frame::Hello(hello)).await?;
        let (Some(Frame::State(state)), Some(Frame::Welcome(from))) =
            (reader.recv().await?, reader.recv().await?)
        else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let receiver = ConnectionReceiver {
            reader,
            writer: writer.clone(),
            taken: from,
            acknowledged: from,
            ended: false,
        };
        let connection = Self {
            sender: ConnectionSender { writer },
            receiver,
            from,
        };
        Ok((connection, *state))
    }

    /// The number of the message after which the deliveries begin.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// See [`ConnectionSender::send`].
    ///
    /// # Errors
    /// The kernel's host is gone.
    pub async fn send(&self, channel: Channel, parts: Parts) -> io::Result<()> {
        self.sender.send(channel, parts).await
    }

    /// See [`ConnectionReceiver::recv`].
    ///
    /// # Errors
    /// See [`ConnectionEnd`].
    pub async fn recv(&mut self) -> Result<Delivery, ConnectionEnd> {
        self.receiver.recv().await
    }

    /// Both directions, so that a client that reads slowly can still send.
    pub fn split(self) -> (ConnectionSender, ConnectionReceiver) {
        (self.sender, self.receiver)
    }
}

impl ConnectionSender {
    /// Sends a message to the kernel. Waits while the kernel's host has too much to pass on. When
    /// cancelled, the message is sent all the same, before the next one.
    ///
    /// # Errors
    /// The kernel's host is gone.
    pub async fn send(&self, channel: Channel, parts: Parts) -> io::Result<()> {
        self.writer.send(&Frame::Send(channel, parts)).await
    }
}

impl ConnectionReceiver {
    /// The next message. To ask for it says that the one before has arrived where it belongs: until then
    /// it is kept, and delivered again to the next connection of the session. Safe to cancel.
    ///
    /// # Errors
    /// See [`ConnectionEnd`].
    pub async fn recv(&mut self) -> Result<Delivery, ConnectionEnd> {
        loop {
            if self.ended {
                return Err(ConnectionEnd::Lost(io::ErrorKind::NotConnected.into()));
            }
            let frame = if let Some(arrived) = self.reader.buffered().transpose() {
                arrived.map(Some)
            } else {
                self.acknowledge();
                self.reader.recv().await
            };
            match frame {
                Ok(Some(Frame::Deliver(delivery))) => {
                    if self.taken - self.acknowledged >= ACKNOWLEDGE_EVERY {
                        self.acknowledge();
                    }
                    self.taken = delivery.seq;
                    return Ok(delivery);
                }
                Ok(Some(Frame::Replaced)) => return self.end(ConnectionEnd::Replaced),
                Ok(Some(Frame::Ended)) => return self.end(ConnectionEnd::ShutDown),
                Ok(Some(_)) => {}
                Ok(None) => {
                    return self.end(ConnectionEnd::Lost(io::ErrorKind::UnexpectedEof.into()));
                }
                Err(error) => return self.end(ConnectionEnd::Lost(error)),
            }
        }
    }

    fn end(&mut self, end: ConnectionEnd) -> Result<Delivery, ConnectionEnd> {
        self.ended = true;
        Err(end)
    }

    /// Says how far the client is. Should there be no room now, it goes out with something later.
    fn acknowledge(&mut self) {
        if self.taken > self.acknowledged {
            self.acknowledged = self.taken;
            self.writer.put(&Frame::Acknowledge(self.taken));
        }
        let _full_or_closed = self.writer.try_flush();
    }
}
