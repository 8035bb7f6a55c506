//! The two ways in which Jupyter's clients send messages over a WebSocket.
//!
//! *Default*: one JSON object as text; with buffers a binary frame of big-endian offsets, the object and
//! the buffers. *V1* (`v1.kernel.websocket.jupyter.org`): a binary frame of little-endian offsets, the
//! channel's name and the parts as ZeroMQ carries them, so that nobody between client and kernel parses
//! anything. <https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html>
//!
//! Decoded parts share the frame's memory.

mod json;
mod v1;

use bytes::Bytes;

use crate::{Channel, Parts};

/// How messages are put into frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// JSON, for clients that ask for no subprotocol.
    #[default]
    Default,
    /// Offsets and raw parts.
    V1,
}

impl Framing {
    /// The subprotocol to ask for and to answer with; none for [`Framing::Default`].
    pub fn subprotocol(self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::V1 => Some("v1.kernel.websocket.jupyter.org"),
        }
    }

    /// The best of the subprotocols a client offers.
    pub fn among<'a>(offered: impl IntoIterator<Item = &'a str>) -> Self {
        let known = offered
            .into_iter()
            .any(|offer| Some(offer.trim()) == Self::V1.subprotocol());
        if known { Self::V1 } else { Self::Default }
    }
}

/// One WebSocket message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebSocketFrame {
    /// UTF-8.
    Text(Bytes),
    /// Anything.
    Binary(Bytes),
}

/// What is accepted of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest frame, in bytes.
    pub bytes: usize,
    /// The most buffers of one message.
    pub buffers: usize,
}

impl Default for Limits {
    /// 256 MiB, which is beyond what browsers upload through a widget, and 4096 buffers.
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            buffers: 4096,
        }
    }
}

/// Why a frame is not a message, or a message cannot be put into a frame.
#[derive(Debug, thiserror::Error)]
pub enum FramingError {
    /// Longer than the limit.
    #[error("frame of {bytes} bytes is longer than the limit of {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// More buffers than the limit.
    #[error("message with {buffers} buffers has more than the limit of {limit}")]
    TooManyBuffers {
        /// As many as it claims.
        buffers: u64,
        /// What is allowed.
        limit: usize,
    },
    /// A text frame where the framing has binary ones only.
    #[error("text frame, where `v1.kernel.websocket.jupyter.org` has binary ones only")]
    Text,
    /// An offset lies outside of the frame or before the one in front of it.
    #[error("offset {offset} does not fit into a frame of {bytes} bytes")]
    Offset {
        /// The offset.
        offset: u64,
        /// The frame's length.
        bytes: usize,
    },
    /// Fewer than the four parts each message has.
    #[error("message has {parts} of the 4 parts it needs")]
    Truncated {
        /// As many as there are.
        parts: u64,
    },
    /// There is no such channel.
    #[error("there is no channel `{0}`")]
    Channel(String),
    /// Not the JSON it should be.
    #[error("{part} is not valid JSON")]
    Json {
        /// What is not.
        part: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Reads one frame of a client.
///
/// # Errors
/// See [`FramingError`].
pub fn decode(
    framing: Framing,
    frame: &WebSocketFrame,
    limits: Limits,
) -> Result<(Channel, Parts), FramingError> {
    let (WebSocketFrame::Text(bytes) | WebSocketFrame::Binary(bytes)) = frame;
    if bytes.len() > limits.bytes {
        return Err(FramingError::TooLong {
            bytes: bytes.len(),
            limit: limits.bytes,
        });
    }
    match (framing, frame) {
        (Framing::Default, WebSocketFrame::Text(text)) => json::decode_text(text),
        (Framing::Default, WebSocketFrame::Binary(bytes)) => json::decode_binary(bytes, limits),
        (Framing::V1, WebSocketFrame::Binary(bytes)) => v1::decode(bytes, limits),
        (Framing::V1, WebSocketFrame::Text(_)) => Err(FramingError::Text),
    }
}

/// Makes the frame of one message.
///
/// # Errors
/// A part is not JSON, which only [`Framing::Default`] has to know.
pub fn encode(
    framing: Framing,
    channel: Channel,
    parts: &Parts,
) -> Result<WebSocketFrame, FramingError> {
    match framing {
        Framing::Default => json::encode(channel, parts),
        Framing::V1 => Ok(v1::encode(channel, parts)),
    }
}

/// The binary frame of one message in [`Framing::V1`], in pieces: nothing of a long message is copied.
pub fn encode_in_pieces(channel: Channel, parts: &Parts) -> Vec<Bytes> {
    v1::pieces(channel, parts)
}

fn channel_named(name: &str) -> Result<Channel, FramingError> {
    Channel::by_name(name).ok_or_else(|| FramingError::Channel(name.to_owned()))
}

/// The pieces of a frame between offsets that must rise and lie within it.
fn slices(frame: &Bytes, offsets: &[u64]) -> Result<Vec<Bytes>, FramingError> {
    let misplaced = |offset| FramingError::Offset {
        offset,
        bytes: frame.len(),
    };
    let place = |offset: u64| {
        usize::try_from(offset)
            .ok()
            .filter(|&place| place <= frame.len())
            .ok_or_else(|| misplaced(offset))
    };
    offsets
        .windows(2)
        .map(|pair| {
            let (from, to) = (place(pair[0])?, place(pair[1])?);
            if from > to {
                return Err(misplaced(pair[1]));
            }
            Ok(frame.slice(from..to))
        })
        .collect()
}

#[cfg(test)]
mod tests;
