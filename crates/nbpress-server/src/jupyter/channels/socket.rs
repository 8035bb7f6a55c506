//! A WebSocket whose frames are ours: a long message goes out in fragments (RFC 6455, section 5.4), each taken from
//! where the message is in memory. As one frame it would be put together, and copied once more to be written.

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use axum::http::request::Parts as RequestParts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use nbpress_protocol::websocket::{Framing, Limits, WebSocketFrame, encode, encode_in_pieces};
use nbpress_protocol::{Channel, Parts};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// The longest frame, in bytes.
const FRAGMENT: usize = 128 << 10;
/// What a client's key is hashed with (RFC 6455, section 4.2.2).
const ACCEPTED: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;
pub(super) type Sink = SplitSink<Socket, Message>;

/// The connection of a request that asks for a WebSocket, as axum has found.
#[derive(Debug)]
pub(super) struct Connection {
    upgrade: Option<OnUpgrade>,
    key: Option<HeaderValue>,
}

impl<S: Send + Sync> FromRequestParts<S> for Connection {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(
        parts: &mut RequestParts,
        state: &S,
    ) -> Result<Self, Self::Rejection> {
        // Before axum takes it.
        let upgrade = parts.extensions.get::<OnUpgrade>().cloned();
        let _asked = WebSocketUpgrade::from_request_parts(parts, state).await?;
        let key = parts.headers.get(SEC_WEBSOCKET_KEY).cloned();
        Ok(Self { upgrade, key })
    }
}

impl Connection {
    /// The answer to the request; after it, `converse` has the socket.
    pub(super) fn accept<C>(
        self,
        limits: Limits,
        converse: impl FnOnce(Socket) -> C + Send + 'static,
    ) -> Response
    where
        C: Future<Output = ()> + Send,
    {
        // Axum refuses requests without either.
        let (Some(upgrade), Some(key)) = (self.upgrade, self.key) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let config = WebSocketConfig::default()
            .max_message_size(Some(limits.bytes))
            .max_frame_size(Some(limits.bytes));
        #[expect(
            clippy::disallowed_methods,
            reason = "it begins after the answer, and hears itself of the server's end"
        )]
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                let stream = TokioIo::new(upgraded);
                let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config));
                converse(socket.await).await;
            }
        });
        let headers = [
            (CONNECTION, HeaderValue::from_static("upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
        ];
        let mut response = (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
        if let Ok(accepted) = accepted(&key).try_into() {
            response
                .headers_mut()
                .insert(SEC_WEBSOCKET_ACCEPT, accepted);
        }
        response
    }
}

fn accepted(key: &HeaderValue) -> String {
    let hashed = [key.as_bytes(), ACCEPTED].concat();
    // What the protocol says, and no secret.
    let sha1 = &ring::digest::SHA1_FOR_LEGACY_USE_ONLY;
    STANDARD.encode(ring::digest::digest(sha1, &hashed))
}

/// Passes a message of the kernel on; nothing where it is no JSON and has to be.
pub(super) async fn pass(
    sink: &mut Sink,
    framing: Framing,
    channel: Channel,
    parts: &Parts,
) -> Result<(), Error> {
    if framing == Framing::V1 && parts.len() > FRAGMENT {
        let pieces = encode_in_pieces(channel, parts);
        return feed_in_fragments(sink, Data::Binary, pieces).await;
    }
    match encode(framing, channel, parts) {
        Ok(WebSocketFrame::Text(text)) if text.len() > FRAGMENT => {
            feed_in_fragments(sink, Data::Text, vec![text]).await
        }
        Ok(WebSocketFrame::Text(text)) => match Utf8Bytes::try_from(text) {
            Ok(text) => sink.feed(Message::Text(text)).await,
            Err(_) => Ok(()),
        },
        Ok(WebSocketFrame::Binary(bytes)) if bytes.len() > FRAGMENT => {
            feed_in_fragments(sink, Data::Binary, vec![bytes]).await
        }
        Ok(WebSocketFrame::Binary(bytes)) => sink.feed(Message::Binary(bytes)).await,
        // There is nothing a client could do with it.
        Err(_) => Ok(()),
    }
}

async fn feed_in_fragments(sink: &mut Sink, data: Data, pieces: Vec<Bytes>) -> Result<(), Error> {
    for fragment in fragments(data, pieces) {
        sink.feed(Message::Frame(fragment)).await?;
    }
    Ok(())
}

/// One message as frames, each of a part of one piece.
fn fragments(data: Data, pieces: Vec<Bytes>) -> Vec<Frame> {
    let mut fragments = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            fragments.push(piece.split_to(piece.len().min(FRAGMENT)));
        }
    }
    let last = fragments.len().saturating_sub(1);
    let frame = |(at, fragment): (usize, Bytes)| {
        let data = if at == 0 { data } else { Data::Continue };
        Frame::message(fragment, OpCode::Data(data), at == last)
    };
    fragments.into_iter().enumerate().map(frame).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_answered_as_the_protocol_says() {
        // The example of RFC 6455, section 1.3.
        let key = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accepted(&key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn fragments_are_the_message_in_order_and_one_of_them_is_the_last() {
        let pieces = || {
            let lengths = [3, 0, FRAGMENT, 2 * FRAGMENT + 1, 1];
            let pieces = lengths.iter().enumerate();
            let piece = |(at, &length): (usize, &usize)| {
                Bytes::from(vec![b'a' + u8::try_from(at).unwrap(); length])
            };
            pieces.map(piece).collect::<Vec<_>>()
        };
        let frames = fragments(Data::Binary, pieces());
        let payload: Vec<u8> = frames
            .iter()
            .flat_map(|frame| frame.payload().to_vec())
            .collect();
        assert!(payload == pieces().concat());
        let opcode = |frame: &Frame| (frame.header().opcode, frame.header().is_final);
        let (first, rest) = frames.split_first().unwrap();
        let (last, between) = rest.split_last().unwrap();
        assert_eq!(opcode(first), (OpCode::Data(Data::Binary), false));
        let going_on = OpCode::Data(Data::Continue);
        assert!(
            between
                .iter()
                .all(|frame| opcode(frame) == (going_on, false))
        );
        assert_eq!(opcode(last), (going_on, true));
        assert!(frames.iter().all(|frame| frame.payload().len() <= FRAGMENT));
    }
}
