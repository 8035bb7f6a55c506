//! What a host and its clients say to each other over the Unix socket in its folder.
//!
//! A frame is its length (u64, little-endian, of what follows), a byte that says which one it is, and its
//! body. Messages of the kernel travel as raw parts: nothing of them is parsed on the way. A host lives on
//! when the program is replaced by a newer one, so what is here is only ever added to.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use nbpress_protocol::{Channel, Parts};
use serde::{Deserialize, Serialize};

use crate::host::outbox::Outbox;
use crate::host::{Delivery, HostState};
use crate::process::TreeUsage;

/// The longest frame, in bytes: what a message of a kernel may have.
const LONGEST: u64 = nbpress_protocol::zmtp::MAX_FRAME;
/// The length and the byte that says which frame it is.
const HEAD: usize = 9;

/// What a client wants of a connection; the first frame on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hello {
    /// The kernel's state, now and after each change.
    Watch,
    /// The messages for a session, and to send in its name.
    Session {
        /// The session's id.
        session: String,
        /// Begin after this message; where the session was, if not said.
        from: Option<u64>,
        /// It is not a client's, but the server's own.
        #[serde(default)]
        uncounted: bool,
    },
    /// One thing done, and its answer.
    Command(Command),
}

/// What a host can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    Interrupt,
    Restart,
    Shutdown,
    Usage,
    /// Shut down if nothing has happened for this long.
    Cull {
        idle_milliseconds: u64,
        /// Even though clients are connected.
        connected_too: bool,
    },
}

/// The answer to a [`Command`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Done,
    Used(TreeUsage),
    /// Why it was not done.
    Failed(String),
}

/// One frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame {
    Hello(Hello),
    /// A client's message to the kernel.
    Send(Channel, Parts),
    /// A client has everything up to this message.
    Acknowledge(u64),
    /// Messages follow that come after this one. Before it comes the state, and so before an answer: who
    /// has either knows what it brought about.
    Welcome(u64),
    Deliver(Delivery),
    State(Box<HostState>),
    Answer(Answer),
    /// The same session has connected again.
    Replaced,
    /// The kernel was shut down.
    Ended,
}

impl Frame {
    /// Appends the frame.
    pub(crate) fn put(&self, out: &mut Outbox) {
        match self {
            Self::Hello(hello) => put_json(out, 1, hello),
            Self::Send(channel, parts) => {
                put_head(out, 2, message_length(parts));
                put_message(out, *channel, parts);
            }
            Self::Acknowledge(seq) => put_number(out, 3, *seq, 0),
            Self::Welcome(seq) => put_number(out, 4, *seq, 0),
            Self::Deliver(delivery) => {
                put_number(out, 5, delivery.seq, message_length(&delivery.parts));
                put_message(out, delivery.channel, &delivery.parts);
            }
            Self::State(state) => put_json(out, 6, state),
            Self::Answer(answer) => put_json(out, 7, answer),
            Self::Replaced => put_head(out, 8, 0),
            Self::Ended => put_head(out, 9, 0),
        }
    }

    /// Takes one whole frame off the front of `buffer`, if there is one.
    ///
    /// # Errors
    /// The bytes are no frame.
    pub(crate) fn take(buffer: &mut BytesMut) -> io::Result<Option<Self>> {
        let Some(length) = buffer.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) else {
            return Ok(None);
        };
        if length == 0 || length > LONGEST {
            return Err(malformed());
        }
        let length = usize::try_from(length).map_err(|_| malformed())?;
        if buffer.len() < length + 8 {
            return Ok(None);
        }
        buffer.advance(8);
        let kind = buffer[0];
        let mut body = buffer.split_to(length).freeze();
        body.advance(HEAD - 8);
        Self::read(kind, &mut body).map(Some)
    }

    fn read(kind: u8, body: &mut Bytes) -> io::Result<Self> {
        Ok(match kind {
            1 => Self::Hello(serde_json::from_slice(body)?),
            2 => {
                let (channel, parts) = take_message(body)?;
                Self::Send(channel, parts)
            }
            3 => Self::Acknowledge(take_number(body)?),
            4 => Self::Welcome(take_number(body)?),
            5 => {
                let seq = take_number(body)?;
                let (channel, parts) = take_message(body)?;
                Self::Deliver(Delivery {
                    seq,
                    channel,
                    parts,
                })
            }
            6 => Self::State(serde_json::from_slice(body)?),
            7 => Self::Answer(serde_json::from_slice(body)?),
            8 => Self::Replaced,
            9 => Self::Ended,
            _ => return Err(malformed()),
        })
    }
}

/// The length of the body, and of the byte before it.
fn put_head(out: &mut Outbox, kind: u8, length: usize) {
    out.copy(&(length as u64 + 1).to_le_bytes());
    out.copy(&[kind]);
}

fn put_json(out: &mut Outbox, kind: u8, value: &impl Serialize) {
    // Structs of strings and numbers always serialize.
    let json = serde_json::to_vec(value).unwrap_or_default();
    put_head(out, kind, json.len());
    out.copy(&json);
}

/// `more` follows in the same frame.
fn put_number(out: &mut Outbox, kind: u8, number: u64, more: usize) {
    put_head(out, kind, 8 + more);
    out.copy(&number.to_le_bytes());
}

fn take_number(body: &mut Bytes) -> io::Result<u64> {
    body.try_get_u64_le().map_err(|_| malformed())
}

/// What [`put_message`] appends, in bytes.
pub(super) fn message_length(parts: &Parts) -> usize {
    1 + 4 + 8 * parts.iter().count() + parts.len()
}

/// The channel, how many parts, how long each is, and the parts.
#[expect(
    clippy::cast_possible_truncation,
    reason = "as many parts as frames in a message that fits into memory"
)]
pub(super) fn put_message(out: &mut Outbox, channel: Channel, parts: &Parts) {
    out.copy(&[match channel {
        Channel::Shell => 0,
        Channel::Iopub => 1,
        Channel::Stdin => 2,
        Channel::Control => 3,
        Channel::Heartbeat => 4,
    }]);
    out.copy(&(parts.iter().count() as u32).to_le_bytes());
    for part in parts.iter() {
        out.copy(&(part.len() as u64).to_le_bytes());
    }
    for part in parts.iter() {
        out.share(part);
    }
}

pub(super) fn take_message(body: &mut Bytes) -> io::Result<(Channel, Parts)> {
    let channel = match body.try_get_u8().map_err(|_| malformed())? {
        0 => Channel::Shell,
        1 => Channel::Iopub,
        2 => Channel::Stdin,
        3 => Channel::Control,
        _ => return Err(malformed()),
    };
    let count = body.try_get_u32_le().map_err(|_| malformed())? as usize;
    if count > body.len() / 8 {
        return Err(malformed());
    }
    let mut lengths = body.split_to(8 * count);
    let mut list = Vec::with_capacity(count);
    while lengths.has_remaining() {
        let length = usize::try_from(lengths.get_u64_le()).map_err(|_| malformed())?;
        if length > body.len() {
            return Err(malformed());
        }
        list.push(body.split_to(length));
    }
    let parts = Parts::from_list(list).ok_or_else(malformed)?;
    Ok((channel, parts))
}

pub(super) fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed frame")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames() -> Vec<Frame> {
        let parts = Parts {
            header: Bytes::from_static(b"{\"msg_type\":\"x\"}"),
            parent: Bytes::from_static(b"{}"),
            metadata: Bytes::new(),
            content: Bytes::from(vec![b'c'; 70_000]),
            buffers: vec![Bytes::from_static(b"\0\xff"), Bytes::new()],
        };
        let delivery = Delivery {
            seq: u64::MAX,
            channel: Channel::Iopub,
            parts: parts.clone(),
        };
        let hello = Hello::Session {
            session: "tab".to_owned(),
            from: Some(7),
            uncounted: false,
        };
        vec![
            Frame::Hello(Hello::Watch),
            Frame::Hello(hello),
            Frame::Hello(Hello::Command(Command::Cull {
                idle_milliseconds: 5,
                connected_too: true,
            })),
            Frame::Send(Channel::Stdin, parts),
            Frame::Acknowledge(3),
            Frame::Welcome(4),
            Frame::Deliver(delivery),
            Frame::Answer(Answer::Failed("no".to_owned())),
            Frame::Answer(Answer::Used(TreeUsage::default())),
            Frame::Replaced,
            Frame::Ended,
        ]
    }

    fn bytes_of(frame: &Frame) -> Vec<u8> {
        let mut out = Outbox::default();
        frame.put(&mut out);
        out.into_pieces().flatten().collect()
    }

    #[test]
    fn frames_arrive_as_they_were_sent_however_they_are_cut() {
        let wire: Vec<u8> = frames().iter().flat_map(bytes_of).collect();
        for step in [1, 7, 4096, wire.len()] {
            let (mut buffer, mut read) = (BytesMut::new(), Vec::new());
            for chunk in wire.chunks(step) {
                buffer.extend_from_slice(chunk);
                while let Some(frame) = Frame::take(&mut buffer).unwrap() {
                    read.push(frame);
                }
            }
            assert!(read == frames(), "in steps of {step}");
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn a_frame_cut_short_or_too_long_is_refused() {
        for frame in frames() {
            let whole = bytes_of(&frame);
            // Says that it is one byte shorter than it is.
            let length = (whole.len() - 9) as u64;
            let mut short = BytesMut::from(&length.to_le_bytes()[..]);
            short.extend_from_slice(&whole[8..whole.len() - 1]);
            assert!(Frame::take(&mut short).is_err(), "{frame:?}");
        }
        let mut hostile = BytesMut::from(&u64::MAX.to_le_bytes()[..]);
        assert!(Frame::take(&mut hostile).is_err());
        let mut unknown = BytesMut::from(&b"\x01\0\0\0\0\0\0\0\xee"[..]);
        assert!(Frame::take(&mut unknown).is_err());
    }
}
