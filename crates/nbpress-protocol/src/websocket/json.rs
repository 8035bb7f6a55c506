//! The framing of clients that ask for none: one JSON object, and offsets where there are buffers.

use std::borrow::Cow;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{FramingError, Limits, WebSocketFrame, channel_named, slices};
use crate::{Channel, Parts};

/// What a client sends; everything but the header may be missing.
#[derive(Deserialize)]
struct Received<'a> {
    #[serde(borrow)]
    header: &'a RawValue,
    #[serde(borrow, default)]
    parent_header: Option<&'a RawValue>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    channel: Option<Cow<'a, str>>,
}

/// What Jupyter's server repeats outside of the header, and nbclient reads there.
#[derive(Deserialize)]
struct Repeated<'a> {
    #[serde(borrow, default)]
    msg_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    msg_type: Option<&'a RawValue>,
}

pub(super) fn decode_text(text: &Bytes) -> Result<(Channel, Parts), FramingError> {
    let received: Received<'_> = serde_json::from_slice(text).map_err(not_json("frame"))?;
    let part = |value: Option<&RawValue>| match value.map(RawValue::get) {
        None | Some("null") => Bytes::from_static(b"{}"),
        Some(json) => text.slice_ref(json.as_bytes()),
    };
    let parts = Parts {
        header: part(Some(received.header)),
        parent: part(received.parent_header),
        metadata: part(received.metadata),
        content: part(received.content),
        buffers: Vec::new(),
    };
    let channel = received.channel.as_deref().unwrap_or("shell");
    Ok((channel_named(channel)?, parts))
}

pub(super) fn decode_binary(
    frame: &Bytes,
    limits: Limits,
) -> Result<(Channel, Parts), FramingError> {
    let mut rest = frame.clone();
    // The object counts as one of them.
    let count = read_offset(&mut rest, frame.len())?;
    let Some(buffers) = count.checked_sub(1) else {
        return Err(FramingError::Truncated { parts: 0 });
    };
    if buffers > limits.buffers as u64 {
        return Err(FramingError::TooManyBuffers {
            buffers,
            limit: limits.buffers,
        });
    }
    let mut offsets = (0..count)
        .map(|_| read_offset(&mut rest, frame.len()))
        .collect::<Result<Vec<_>, _>>()?;
    offsets.push(frame.len() as u64);
    let mut pieces = slices(frame, &offsets)?;
    let text = pieces.remove(0);
    let (channel, mut parts) = decode_text(&text)?;
    parts.buffers = pieces;
    Ok((channel, parts))
}

fn read_offset(rest: &mut Bytes, bytes: usize) -> Result<u64, FramingError> {
    rest.try_get_u32()
        .map(u64::from)
        .map_err(|_| FramingError::Offset { offset: 4, bytes })
}

pub(super) fn encode(channel: Channel, parts: &Parts) -> Result<WebSocketFrame, FramingError> {
    let count = parts.buffers.len() + 1;
    let table = if parts.buffers.is_empty() {
        0
    } else {
        4 * (count + 1)
    };
    let mut frame = BytesMut::with_capacity(table + parts.len() + 256);
    frame.put_bytes(0, table);
    put_object(&mut frame, channel, parts)?;
    if parts.buffers.is_empty() {
        return Ok(WebSocketFrame::Text(frame.freeze()));
    }
    let mut offsets = vec![table];
    for buffer in &parts.buffers {
        offsets.push(frame.len());
        frame.put_slice(buffer);
    }
    let mut head = &mut frame[..table];
    for number in std::iter::once(count).chain(offsets) {
        let number = u32::try_from(number).map_err(|_| FramingError::TooLong {
            bytes: number,
            limit: u32::MAX as usize,
        })?;
        head.put_u32(number);
    }
    Ok(WebSocketFrame::Binary(frame.freeze()))
}

fn put_object(out: &mut BytesMut, channel: Channel, parts: &Parts) -> Result<(), FramingError> {
    let repeated: Repeated<'_> =
        serde_json::from_slice(&parts.header).map_err(not_json("header"))?;
    let mut put = |name: &str, value: &str| {
        out.put_slice(name.as_bytes());
        out.put_slice(value.as_bytes());
    };
    put("{\"channel\":\"", channel.name());
    put("\",\"header\":", checked("header", &parts.header)?);
    for (name, value) in [
        (",\"msg_id\":", repeated.msg_id),
        (",\"msg_type\":", repeated.msg_type),
    ] {
        if let Some(value) = value {
            put(name, value.get());
        }
    }
    put(
        ",\"parent_header\":",
        checked("parent header", &parts.parent)?,
    );
    put(",\"metadata\":", checked("metadata", &parts.metadata)?);
    put(",\"content\":", checked("content", &parts.content)?);
    put(",\"buffers\":[]}", "");
    Ok(())
}

/// A part that does not break the object it becomes a part of.
fn checked<'a>(name: &'static str, part: &'a Bytes) -> Result<&'a str, FramingError> {
    let value: &RawValue = serde_json::from_slice(part).map_err(not_json(name))?;
    Ok(value.get())
}

fn not_json(part: &'static str) -> impl Fn(serde_json::Error) -> FramingError {
    move |source| FramingError::Json { part, source }
}
