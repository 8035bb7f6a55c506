//! Both WebSocket framings against jupyter_server's own functions, byte by byte where bytes are free of choice.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a failure here is a failed test"
)]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use bytes::Bytes;
use nbpress_protocol::websocket::{Framing, Limits, WebSocketFrame, decode, encode};
use nbpress_protocol::{Channel, Parts};
use serde_json::{Value, json};

/// Reads messages, writes what jupyter_server makes of them and of our frames.
const REFERENCE: &str = r#"
import base64, json, sys
from jupyter_server.services.kernels.connection import base
encoded = lambda data: base64.b16encode(data).decode()
decoded = lambda text: base64.b16decode(text)
for line in sys.stdin:
    case = json.loads(line)
    parts = [decoded(part) for part in case["parts"]]
    channel, read = base.deserialize_msg_from_ws_v1(decoded(case["v1"]))
    message = {
        "channel": case["channel"],
        "header": json.loads(parts[0]), "parent_header": json.loads(parts[1]),
        "metadata": json.loads(parts[2]), "content": json.loads(parts[3]), "buffers": parts[4:],
    }
    answer = {
        "v1": encoded(base.serialize_msg_to_ws_v1(parts, case["channel"])),
        "v1_read": [channel, *map(encoded, read)],
        "binary": encoded(base.serialize_binary_message(message)),
    }
    if parts[4:]:
        ours = base.deserialize_binary_message(decoded(case["default"]))
        answer["default_buffers"] = [encoded(bytes(buffer)) for buffer in ours.pop("buffers")]
    else:
        ours = json.loads(decoded(case["default"]))
        answer["default_buffers"] = ours.pop("buffers")
    answer["default_read"] = ours
    print(json.dumps(answer))
"#;

fn messages() -> Vec<(Channel, Parts)> {
    let parts = |header: Value, parent: Value, content: Value, buffers: &[&[u8]]| Parts {
        header: Bytes::from(header.to_string()),
        parent: Bytes::from(parent.to_string()),
        metadata: Bytes::from_static(b"{ }"),
        content: Bytes::from(content.to_string()),
        buffers: buffers
            .iter()
            .map(|buffer| Bytes::copy_from_slice(buffer))
            .collect(),
    };
    let header =
        |kind: &str| json!({"msg_id": "a_1", "msg_type": kind, "session": "a", "version": "5.3"});
    let parent = header("execute_request");
    vec![
        (
            Channel::Iopub,
            parts(
                header("stream"),
                parent.clone(),
                json!({"name": "stdout", "text": "é ☕ \u{1F600}\n"}),
                &[],
            ),
        ),
        (
            Channel::Shell,
            parts(header("kernel_info_request"), json!({}), json!({}), &[]),
        ),
        (
            Channel::Iopub,
            parts(
                header("comm_msg"),
                parent,
                json!({"data": {"x": [1.5, null]}}),
                &[b"\0\x01\xff", b"", &vec![7; 70_000]],
            ),
        ),
        (
            Channel::Control,
            parts(header("interrupt_request"), json!({}), json!({}), &[b"one"]),
        ),
    ]
}

fn hex(bytes: &[u8]) -> String {
    hex::encode_upper(bytes)
}

fn unhex(text: &Value) -> Bytes {
    hex::decode(text.as_str().unwrap()).unwrap().into()
}

fn bytes(frame: &WebSocketFrame) -> &Bytes {
    let (WebSocketFrame::Text(bytes) | WebSocketFrame::Binary(bytes)) = frame;
    bytes
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests start the reference implementation"
)]
fn ask_reference(questions: &[Value]) -> Vec<Value> {
    let folder = std::env::var("NBPRESS_TEST_REFERENCE").expect(
        "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs jupyter_server",
    );
    let python = PathBuf::from(folder).join("venv-jupyter/bin/python");
    let mut process = std::process::Command::new(python)
        .args(["-W", "ignore", "-c", REFERENCE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the reference Python starts");
    let mut input = process.stdin.take().unwrap();
    let lines: Vec<String> = questions.iter().map(ToString::to_string).collect();
    let lines = lines.join(
        "
",
    );
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = process.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success());
    let lines = output
        .stdout
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
fn jupyter_server_and_we_read_each_other() {
    let messages = messages();
    let questions: Vec<Value> = messages
        .iter()
        .map(|(channel, parts)| {
            let frame = |framing| hex(bytes(&encode(framing, *channel, parts).unwrap()));
            let list: Vec<String> = parts.iter().map(|part| hex(part)).collect();
            json!({
                "channel": channel.name(), "parts": list,
                "v1": frame(Framing::V1), "default": frame(Framing::Default),
            })
        })
        .collect();
    let answers = ask_reference(&questions);
    assert_eq!(answers.len(), messages.len());
    for ((channel, parts), answer) in messages.iter().zip(&answers) {
        let json = |part: &Bytes| -> Value { serde_json::from_slice(part).unwrap() };
        let header = json(&parts.header);
        let list: Vec<String> = parts.iter().map(|part| hex(part)).collect();

        // Theirs and ours are the same bytes, and each reads the other's.
        let v1 = WebSocketFrame::Binary(unhex(&answer["v1"]));
        assert!(v1 == encode(Framing::V1, *channel, parts).unwrap());
        assert_eq!(
            decode(Framing::V1, &v1, Limits::default()).unwrap(),
            (*channel, parts.clone())
        );
        let expected: Vec<&str> = std::iter::once(channel.name())
            .chain(list.iter().map(String::as_str))
            .collect();
        assert_eq!(answer["v1_read"], json!(expected));

        // What they read in ours is what they make of a message of a kernel.
        assert_eq!(answer["default_buffers"], json!(list[4..]));
        let read = &answer["default_read"];
        assert_eq!(read["channel"], channel.name());
        for (field, expected) in [
            ("header", &header),
            ("msg_id", &header["msg_id"]),
            ("msg_type", &header["msg_type"]),
            ("parent_header", &json(&parts.parent)),
            ("metadata", &json(&parts.metadata)),
            ("content", &json(&parts.content)),
        ] {
            assert_eq!(&read[field], expected, "{field}");
        }

        // We read their binary frames.
        let theirs = WebSocketFrame::Binary(unhex(&answer["binary"]));
        let (read_channel, read) = decode(Framing::Default, &theirs, Limits::default()).unwrap();
        assert_eq!(read_channel, *channel);
        assert_eq!(read.buffers, parts.buffers);
        assert_eq!(json(&read.content), json(&parts.content));
        assert_eq!(json(&read.header), header);
    }
}
