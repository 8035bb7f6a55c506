//! Reads arbitrary bytes as a WebSocket frame in each framing.
//!
//! Nothing may panic; what is read must come back the same through both framings.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use nbpress_protocol::websocket::{Framing, Limits, WebSocketFrame, decode, encode};

const FRAMINGS: [Framing; 2] = [Framing::Default, Framing::V1];

fuzz_target!(|data: &[u8]| {
    let bytes = Bytes::copy_from_slice(data);
    for framing in FRAMINGS {
        for frame in [
            WebSocketFrame::Text(bytes.clone()),
            WebSocketFrame::Binary(bytes.clone()),
        ] {
            if let Ok(message) = decode(framing, &frame, Limits::default()) {
                again(&message);
            }
        }
    }
});

fn again(message: &(nbpress_protocol::Channel, nbpress_protocol::Parts)) {
    let (channel, parts) = message;
    for framing in FRAMINGS {
        // Raw parts need not be JSON; the other framing says so.
        if let Ok(frame) = encode(framing, *channel, parts) {
            let read = decode(framing, &frame, Limits::default());
            let (read_channel, read) = read.expect("what was encoded is decoded");
            assert_eq!(read_channel, *channel);
            assert_eq!(read.buffers, parts.buffers);
            if framing == Framing::V1 {
                assert_eq!(&read, parts);
            }
        }
    }
}
