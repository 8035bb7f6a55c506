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
    let pieces =
        || std::iter::once(channel.name().as_bytes()).chain(parts.iter().map(Bytes::as_ref));
    let count = pieces().count() + 1;
    let mut offset = 8 * (count + 1);
    let mut frame = BytesMut::with_capacity(offset + channel.name().len() + parts.len());
    frame.put_u64_le(count as u64);
    frame.put_u64_le(offset as u64);
    for piece in pieces() {
        offset += piece.len();
        frame.put_u64_le(offset as u64);
    }
    pieces().for_each(|piece| frame.put_slice(piece));
    WebSocketFrame::Binary(frame.freeze())
}
