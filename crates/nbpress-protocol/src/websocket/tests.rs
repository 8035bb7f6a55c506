//! What is put into a frame comes out of it; what is none is refused.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn parts(content: &str, buffers: &[&[u8]]) -> Parts {
    Parts {
        header: Bytes::from(r#"{"msg_id":"1","msg_type":"comm_msg"}"#),
        parent: Bytes::from_static(b"{}"),
        metadata: Bytes::from(r#"{"a": [1, "\u00e9"]}"#),
        content: Bytes::from(content.to_owned()),
        buffers: buffers
            .iter()
            .map(|buffer| Bytes::copy_from_slice(buffer))
            .collect(),
    }
}

fn json_object() -> impl Strategy<Value = Bytes> {
    vec((".*", any::<Option<i64>>()), 0..4).prop_map(|fields| {
        let object: serde_json::Map<String, serde_json::Value> = fields
            .into_iter()
            .map(|(name, value)| (name, serde_json::to_value(value).unwrap()))
            .collect();
        Bytes::from(serde_json::to_vec(&object).unwrap())
    })
}

fn message() -> impl Strategy<Value = (Channel, Parts)> {
    let channel = prop_oneof![
        Just(Channel::Shell),
        Just(Channel::Iopub),
        Just(Channel::Stdin),
        Just(Channel::Control),
    ];
    let buffers = vec(vec(any::<u8>(), 0..20).prop_map(Bytes::from), 0..4);
    let objects = (json_object(), json_object(), json_object(), json_object());
    (channel, objects, buffers).prop_map(|(channel, objects, buffers)| {
        let (header, parent, metadata, content) = objects;
        let parts = Parts {
            header,
            parent,
            metadata,
            content,
            buffers,
        };
        (channel, parts)
    })
}

proptest! {
    #[test]
    fn every_message_survives_every_framing((channel, parts) in message()) {
        for framing in [Framing::Default, Framing::V1] {
            let frame = encode(framing, channel, &parts).unwrap();
            let read = decode(framing, &frame, Limits::default()).unwrap();
            prop_assert_eq!(&read, &(channel, parts.clone()));
        }
    }

    #[test]
    fn pieces_are_the_frame((channel, parts) in message()) {
        let pieces = encode_in_pieces(channel, &parts).concat();
        let frame = encode(Framing::V1, channel, &parts).unwrap();
        prop_assert_eq!(WebSocketFrame::Binary(pieces.into()), frame);
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in vec(any::<u8>(), 0..100)) {
        let bytes = Bytes::from(bytes);
        for framing in [Framing::Default, Framing::V1] {
            for frame in [WebSocketFrame::Text(bytes.clone()), WebSocketFrame::Binary(bytes.clone())] {
                let _read = decode(framing, &frame, Limits::default());
            }
        }
    }

    #[test]
    fn a_frame_with_changed_bytes_never_panics((channel, parts) in message(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for framing in [Framing::Default, Framing::V1] {
            let frame = encode(framing, channel, &parts).unwrap();
            let (WebSocketFrame::Text(bytes) | WebSocketFrame::Binary(bytes)) = frame;
            let mut bytes = bytes.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _read = decode(framing, &WebSocketFrame::Binary(Bytes::from(bytes)), Limits::default());
        }
    }
}

#[test]
fn decoded_parts_share_the_memory_of_the_frame() {
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(1000));
    for framing in [Framing::Default, Framing::V1] {
        let frame = encode(framing, Channel::Shell, &parts(&long, &[b"buffer"])).unwrap();
        let WebSocketFrame::Binary(bytes) = &frame else {
            panic!("a message with buffers is binary");
        };
        let (_, read) = decode(framing, &frame, Limits::default()).unwrap();
        let inside = |part: &Bytes| bytes.as_ptr_range().contains(&part.as_ptr());
        assert!(read.iter().all(inside), "{framing:?}");
    }
}

#[test]
fn what_clients_leave_out_is_filled_in() {
    for (text, channel) in [
        (r#"{"header":{"msg_id":"1"}}"#, Channel::Shell),
        (
            r#"{"header":{"msg_id":"1"},"channel":null,"parent_header":null}"#,
            Channel::Shell,
        ),
        (
            r#"{"buffers":[],"channel":"control","content":{},"header":{"msg_id":"1"},"unknown":[{}]}"#,
            Channel::Control,
        ),
    ] {
        let frame = WebSocketFrame::Text(Bytes::from(text));
        let (read_channel, parts) = decode(Framing::Default, &frame, Limits::default()).unwrap();
        assert_eq!(read_channel, channel);
        assert_eq!(parts.header, r#"{"msg_id":"1"}"#);
        assert_eq!([parts.parent, parts.metadata, parts.content], ["{}"; 3]);
    }
}

const FEW: Limits = Limits {
    bytes: 1000,
    buffers: 2,
};

fn refused(framing: Framing, frame: &WebSocketFrame, expected: &str) {
    let error = decode(framing, frame, FEW).unwrap_err();
    assert_eq!(error.to_string(), expected, "{frame:?}");
}

#[test]
fn what_is_no_message_in_the_default_framing_is_refused_with_its_reason() {
    for (text, expected) in [
        ("{}", "frame is not valid JSON"),
        (&"[".repeat(900), "frame is not valid JSON"),
        (
            r#"{"header":{},"channel":"hb"}"#,
            "there is no channel `hb`",
        ),
        (
            &"x".repeat(1001),
            "frame of 1001 bytes is longer than the limit of 1000",
        ),
    ] {
        let frame = WebSocketFrame::Text(Bytes::from(text.to_owned()));
        refused(Framing::Default, &frame, expected);
    }
    for (numbers, expected) in [
        (&[0_u32][..], "message has 0 of the 4 parts it needs"),
        (
            &[4, 0],
            "message with 3 buffers has more than the limit of 2",
        ),
        (&[1, 9], "offset 9 does not fit into a frame of 8 bytes"),
        (&[2, 8], "offset 4 does not fit into a frame of 8 bytes"),
    ] {
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect();
        refused(
            Framing::Default,
            &WebSocketFrame::Binary(Bytes::from(bytes)),
            expected,
        );
    }
    let not_json = parts(r#"{"x":NaN}"#, &[]);
    let error = encode(Framing::Default, Channel::Iopub, &not_json).unwrap_err();
    assert_eq!(error.to_string(), "content is not valid JSON");
}

#[test]
fn what_is_no_message_in_v1_is_refused_with_its_reason() {
    let text = WebSocketFrame::Text(Bytes::from_static(b"{}"));
    refused(
        Framing::V1,
        &text,
        "text frame, where `v1.kernel.websocket.jupyter.org` has binary ones only",
    );
    for (numbers, expected) in [
        (&[][..], "offset 8 does not fit into a frame of 0 bytes"),
        (&[5], "message has 3 of the 4 parts it needs"),
        (
            &[u64::MAX],
            "message with 18446744073709551609 buffers has more than the limit of 2",
        ),
        (
            &[6, 56, 56, 56, 56, 56, 57],
            "offset 57 does not fit into a frame of 56 bytes",
        ),
        (
            &[6, 56, 55, 56, 56, 56, 56],
            "offset 55 does not fit into a frame of 56 bytes",
        ),
        (&[6, 56, 56, 56, 56, 56, 56], "there is no channel ``"),
    ] {
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number: &u64| number.to_le_bytes())
            .collect();
        refused(
            Framing::V1,
            &WebSocketFrame::Binary(Bytes::from(bytes)),
            expected,
        );
    }
}

#[test]
fn the_best_offered_framing_is_chosen() {
    let v1 = "v1.kernel.websocket.jupyter.org";
    assert_eq!(Framing::among([]), Framing::Default);
    assert_eq!(Framing::among(["other", v1]), Framing::V1);
    assert_eq!(Framing::among(["other"]).subprotocol(), None);
    assert_eq!(Framing::V1.subprotocol(), Some(v1));
}
