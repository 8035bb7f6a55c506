//! `v1.kernel.websocket.jupyter.org`: offsets, the channel's name, raw parts.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{FramingError, Limits, WebSocketFrame, channel_named, slices};
use crate::{Channel, Parts};

/// The channel's name, the four parts, and where the last one ends.
const FEWEST_OFFSETS: u64 = 6;

pub(super) fn decode(frame: &Bytes, limits: Limits) -> Result<(Channel, Parts), FramingError> {
    let mut rest = frame.clone();
    let offsets = read_offset(&mut rest, frame.len())?;
    let Some(buffers) = offsets.checked_sub(FEWEST_OFFSETS) else {
        return Err(FramingError::Truncated {
            parts: offsets.saturating_sub(2),
        });
    };
    if buffers > limits.buffers as u64 {
        return Err(FramingError::TooManyBuffers {
            buffers,
            limit: limits.buffers,
        });
    }
    let offsets = (0..offsets)
        .map(|_| read_offset(&mut rest, frame.len()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut pieces = slices(frame, &offsets)?;
    let name = pieces.remove(0);
    let channel = channel_named(&String::from_utf8_lossy(&name))?;
    let parts = pieces.len() as u64;
    let message = Parts::from_list(pieces).ok_or(FramingError::Truncated { parts })?;
    Ok((channel, message))
}

fn read_offset(rest: &mut Bytes, bytes: usize) -> Result<u64, FramingError> {
    rest.try_get_u64_le()
        .map_err(|_| FramingError::Offset { offset: 8, bytes })
}

pub(super) fn encode(channel: Channel, parts: &Parts) -> WebSocketFrame {
    let mut frame = head(channel, parts, parts.len());
    parts.iter().for_each(|part| frame.put_slice(part));
    WebSocketFrame::Binary(frame.freeze())
}

/// The same as it stands in memory.
pub(super) fn pieces(channel: Channel, parts: &Parts) -> Vec<Bytes> {
    let head = head(channel, parts, 0).freeze();
    std::iter::once(head).chain(parts.iter().cloned()).collect()
}

/// All that stands before the parts, with room for `more`.
fn head(channel: Channel, parts: &Parts, more: usize) -> BytesMut {
    let name = channel.name().as_bytes();
    let count = parts.iter().count() + 2;
    let mut offset = 8 * (count + 1);
    let mut head = BytesMut::with_capacity(offset + name.len() + more);
    head.put_u64_le(count as u64);
    head.put_u64_le(offset as u64);
    for length in std::iter::once(name.len()).chain(parts.iter().map(Bytes::len)) {
        offset += length;
        head.put_u64_le(offset as u64);
    }
    head.put_slice(name);
    head
}
