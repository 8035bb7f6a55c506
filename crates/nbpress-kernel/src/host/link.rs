//! A connection between a host and a client: frames over a Unix socket.

use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::BytesMut;
use tokio::net::{UnixListener, UnixStream};

use super::outbox::Outbox;
use super::wire::Frame;

/// A buffer that had to be longer for one frame is not kept for the next.
const KEPT: usize = 1 << 20;

/// The receiving half.
#[derive(Debug)]
pub(crate) struct LinkReader {
    stream: Arc<UnixStream>,
    inbox: BytesMut,
}

/// The sending half. Clones share one order of frames.
#[derive(Clone, Debug)]
pub(crate) struct LinkWriter {
    stream: Arc<UnixStream>,
    outbox: Arc<Mutex<Outbox>>,
}

/// Connects to the host that listens in a folder.
pub(crate) async fn connect(folder: &Path) -> io::Result<(LinkReader, LinkWriter)> {
    let folder = std::fs::File::open(folder)?;
    Ok(split(UnixStream::connect(short_path(&folder)).await?))
}

/// Listens in a folder, which must be private to the user.
pub(crate) fn listen(folder: &Path) -> io::Result<UnixListener> {
    let folder = std::fs::File::open(folder)?;
    UnixListener::bind(short_path(&folder))
}

/// The socket by a name that fits: one has at most 107 bytes (unix(7)), and folders can be deep.
fn short_path(folder: &std::fs::File) -> String {
    format!("/proc/self/fd/{}/socket", folder.as_raw_fd())
}

/// Both halves of a connection.
pub(crate) fn split(stream: UnixStream) -> (LinkReader, LinkWriter) {
    let stream = Arc::new(stream);
    let reader = LinkReader {
        stream: Arc::clone(&stream),
        inbox: BytesMut::new(),
    };
    let writer = LinkWriter {
        stream,
        outbox: Arc::default(),
    };
    (reader, writer)
}

impl LinkReader {
    /// The next frame; `None` once the other side has closed. Safe to cancel.
    pub(crate) async fn recv(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.buffered()? {
                return Ok(Some(frame));
            }
            self.stream.readable().await?;
            self.inbox.reserve(64 << 10);
            match self.stream.try_read_buf(&mut self.inbox) {
                Ok(0) => return Ok(None),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// A frame that has already arrived.
    pub(crate) fn buffered(&mut self) -> io::Result<Option<Frame>> {
        let before = self.inbox.len();
        let frame = Frame::take(&mut self.inbox)?;
        if before - self.inbox.len() > KEPT {
            self.inbox = BytesMut::from(self.inbox.as_ref());
        }
        Ok(frame)
    }
}

impl LinkWriter {
    /// Sends a frame and waits until the system has all of it. When cancelled, the rest goes out before
    /// whatever is sent next.
    pub(crate) async fn send(&self, frame: &Frame) -> io::Result<()> {
        self.put(frame);
        self.flush().await
    }

    /// Adds a frame to what is to be sent, without waiting.
    pub(crate) fn put(&self, frame: &Frame) {
        frame.put(&mut self.outbox.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Sends what there is room for, without waiting.
    pub(crate) fn try_flush(&self) -> io::Result<()> {
        let mut outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
        while !outbox.is_empty() {
            let written = self.stream.try_write_vectored(&outbox.beginning())?;
            outbox.advance(written);
        }
        Ok(())
    }

    /// Waits until the system has everything that is to be sent.
    pub(crate) async fn flush(&self) -> io::Result<()> {
        loop {
            match self.try_flush() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stream.writable().await?;
                }
                outcome => return outcome,
            }
        }
    }
}
