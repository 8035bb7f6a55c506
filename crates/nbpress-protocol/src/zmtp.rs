//! ZMTP 3.0 with the NULL mechanism: greeting, READY and frames, as bytes.
//!
//! A Jupyter client needs DEALER and SUB, a kernel ROUTER, XPUB and REP, and every peer in use
//! (libzmq, zmq.rs, JeroMQ) accepts version 3.0, so that is all there is here.
//! Specification: <https://rfc.zeromq.org/spec/23/>.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Length of a greeting in bytes.
pub const GREETING_LEN: usize = 64;

/// The largest frame accepted, in bytes (4 GiB): beyond any output, far below what a hostile
/// length field could claim.
pub const MAX_FRAME: u64 = 4 << 30;

const FLAG_MORE: u8 = 1;
const FLAG_LONG: u8 = 2;
const FLAG_COMMAND: u8 = 4;

/// The ZeroMQ socket types Jupyter uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketType {
    /// Client side of shell, control and stdin.
    Dealer,
    /// Client side of iopub.
    Sub,
    /// Kernel side of shell, control and stdin.
    Router,
    /// Kernel side of iopub.
    Xpub,
    /// Kernel side of heartbeat.
    Rep,
}

impl SocketType {
    fn name(self) -> &'static str {
        match self {
            Self::Dealer => "DEALER",
            Self::Sub => "SUB",
            Self::Router => "ROUTER",
            Self::Xpub => "XPUB",
            Self::Rep => "REP",
        }
    }
}

/// What a peer may do wrong.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ZmtpError {
    /// The first bytes are not a ZMTP 3 greeting.
    #[error("peer does not speak ZMTP 3")]
    NotZmtp,
    /// The peer asks for a security mechanism other than NULL.
    #[error("peer requires the security mechanism `{0}`")]
    Mechanism(String),
    /// The handshake command is not READY.
    #[error("peer answered the handshake with `{0}`")]
    Handshake(String),
    /// A frame is longer than [`MAX_FRAME`].
    #[error("frame of {0} bytes is longer than the limit of {MAX_FRAME}")]
    FrameTooLong(u64),
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Part of the peer-to-peer protocol (READY, PING), not of a message.
    pub command: bool,
    /// More frames of the same message follow.
    pub more: bool,
    /// The payload.
    pub body: Bytes,
}

/// The bytes both sides send first.
pub fn greeting() -> [u8; GREETING_LEN] {
    let mut bytes = [0; GREETING_LEN];
    bytes[0] = 0xff;
    bytes[9] = 0x7f;
    bytes[10] = 3;
    bytes[12..16].copy_from_slice(b"NULL");
    bytes
}

/// Checks the peer's greeting.
///
/// # Errors
/// The peer speaks something else, or wants a security mechanism.
pub fn check_greeting(bytes: &[u8; GREETING_LEN]) -> Result<(), ZmtpError> {
    if bytes[0] != 0xff || bytes[9] != 0x7f || bytes[10] < 3 {
        return Err(ZmtpError::NotZmtp);
    }
    let mechanism = String::from_utf8_lossy(&bytes[12..32])
        .trim_end_matches('\0')
        .to_owned();
    if mechanism == "NULL" {
        Ok(())
    } else {
        Err(ZmtpError::Mechanism(mechanism))
    }
}

/// The READY command of a socket, framed. `identity` names a DEALER to its ROUTER; empty lets the
/// router choose.
pub fn ready(socket: SocketType, identity: &[u8]) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u8(5);
    body.put_slice(b"READY");
    property(&mut body, b"Socket-Type", socket.name().as_bytes());
    property(&mut body, b"Identity", identity);
    let mut out = BytesMut::new();
    put_frame(
        &mut out,
        &Frame {
            command: true,
            more: false,
            body: body.freeze(),
        },
    );
    out.freeze()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "names and values are a few bytes long"
)]
fn property(out: &mut BytesMut, name: &[u8], value: &[u8]) {
    out.put_u8(name.len() as u8);
    out.put_slice(name);
    out.put_u32(value.len() as u32);
    out.put_slice(value);
}

/// Reads the peer's READY command and returns its identity.
///
/// # Errors
/// The frame is another command (an ERROR carries its reason).
pub fn check_ready(frame: &Frame) -> Result<Bytes, ZmtpError> {
    let body = &frame.body;
    if !frame.command || !body.starts_with(b"\x05READY") {
        return Err(ZmtpError::Handshake(
            String::from_utf8_lossy(body).into_owned(),
        ));
    }
    let mut properties = body.slice(6..);
    while let Some((name, value)) = take_property(&mut properties) {
        if name.eq_ignore_ascii_case(b"Identity") {
            return Ok(value);
        }
    }
    Ok(Bytes::new())
}

fn take_property(properties: &mut Bytes) -> Option<(Bytes, Bytes)> {
    let name_len = usize::from(*properties.first()?);
    properties.advance(1);
    (properties.len() >= name_len + 4).then_some(())?;
    let name = properties.split_to(name_len);
    let value_len = usize::try_from(properties.get_u32()).ok()?;
    (properties.len() >= value_len).then(|| (name, properties.split_to(value_len)))
}

/// Appends a message of one or more frames.
pub fn put_message(out: &mut BytesMut, frames: &[Bytes]) {
    for (index, body) in frames.iter().enumerate() {
        let more = index + 1 < frames.len();
        put_frame(
            out,
            &Frame {
                command: false,
                more,
                body: body.clone(),
            },
        );
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked against 255")]
fn put_frame(out: &mut BytesMut, frame: &Frame) {
    let mut flags = 0;
    if frame.more {
        flags |= FLAG_MORE;
    }
    if frame.command {
        flags |= FLAG_COMMAND;
    }
    if frame.body.len() > 255 {
        out.put_u8(flags | FLAG_LONG);
        out.put_u64(frame.body.len() as u64);
    } else {
        out.put_u8(flags);
        out.put_u8(frame.body.len() as u8);
    }
    out.put_slice(&frame.body);
}

/// Takes one whole frame off the front of `buffer`, or says how many bytes are still missing.
///
/// # Errors
/// The frame is longer than [`MAX_FRAME`].
pub fn take_frame(buffer: &mut BytesMut) -> Result<Result<Frame, usize>, ZmtpError> {
    let Some(&flags) = buffer.first() else {
        return Ok(Err(2));
    };
    let header = if flags & FLAG_LONG != 0 { 9 } else { 2 };
    if buffer.len() < header {
        return Ok(Err(header - buffer.len()));
    }
    let length = if header == 9 {
        (&buffer[1..9]).get_u64()
    } else {
        u64::from(buffer[1])
    };
    if length > MAX_FRAME {
        return Err(ZmtpError::FrameTooLong(length));
    }
    let length = usize::try_from(length).map_err(|_| ZmtpError::FrameTooLong(length))?;
    if buffer.len() < header + length {
        return Ok(Err(header + length - buffer.len()));
    }
    buffer.advance(header);
    let body = buffer.split_to(length).freeze();
    Ok(Ok(Frame {
        command: flags & FLAG_COMMAND != 0,
        more: flags & FLAG_MORE != 0,
        body,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_round_trip_at_every_split() {
        let bodies: Vec<Bytes> = [0_usize, 1, 255, 256, 70_000]
            .iter()
            .map(|&len| Bytes::from(vec![7_u8; len]))
            .collect();
        let mut wire = BytesMut::new();
        put_message(&mut wire, &bodies);
        for step in [1, 2, 9, 300, wire.len()] {
            let mut buffer = BytesMut::new();
            let mut read = Vec::new();
            for chunk in wire.chunks(step) {
                buffer.extend_from_slice(chunk);
                while let Ok(frame) = take_frame(&mut buffer).unwrap() {
                    read.push(frame);
                }
            }
            assert!(buffer.is_empty());
            assert_eq!(
                read.iter()
                    .map(|frame| frame.body.clone())
                    .collect::<Vec<_>>(),
                bodies
            );
            assert_eq!(
                read.iter().map(|frame| frame.more).collect::<Vec<_>>(),
                [true, true, true, true, false]
            );
        }
    }

    #[test]
    fn missing_bytes_are_counted() {
        let mut buffer = BytesMut::from(&b"\x00\x05ab"[..]);
        assert_eq!(take_frame(&mut buffer), Ok(Err(3)));
        assert_eq!(&buffer[..], b"\x00\x05ab");
    }

    #[test]
    fn a_hostile_length_is_refused_before_anything_is_reserved() {
        let mut buffer = BytesMut::from(&b"\x02\xff\xff\xff\xff\xff\xff\xff\xff"[..]);
        assert_eq!(
            take_frame(&mut buffer),
            Err(ZmtpError::FrameTooLong(u64::MAX))
        );
    }

    #[test]
    fn handshake_is_recognised_and_others_are_refused() {
        assert_eq!(check_greeting(&greeting()), Ok(()));
        let mut curve = greeting();
        curve[12..17].copy_from_slice(b"CURVE");
        assert_eq!(
            check_greeting(&curve),
            Err(ZmtpError::Mechanism("CURVE".to_owned()))
        );
        assert_eq!(check_greeting(&[b'H'; 64]), Err(ZmtpError::NotZmtp));

        let mut wire = BytesMut::from(&ready(SocketType::Dealer, b"me")[..]);
        let frame = take_frame(&mut wire).unwrap().unwrap();
        assert_eq!(check_ready(&frame), Ok(Bytes::from_static(b"me")));
        let error = Frame {
            command: true,
            more: false,
            body: Bytes::from_static(b"\x05ERROR\x02no"),
        };
        assert!(check_ready(&error).is_err());
    }
}
