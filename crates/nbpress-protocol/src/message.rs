//! One message of the Jupyter protocol, and its signature.
//!
//! Wire layout: <https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol>.

use bytes::Bytes;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::parts::Parts;

/// The frame that separates routing identities from the signed part.
pub const DELIMITER: &[u8] = b"<IDS|MSG>";

/// The protocol version nbpress speaks in the headers it sends.
pub const PROTOCOL_VERSION: &str = "5.3";

/// A message header.
///
/// Every field but the type may be missing on the wire (Almond omits `date`); absent is the empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Unique within the sender's session.
    #[serde(default)]
    pub msg_id: String,
    /// What the content is, e.g. `execute_request`.
    #[serde(default)]
    pub msg_type: String,
    /// The sender's session.
    #[serde(default)]
    pub session: String,
    /// The sender's user name; informative only.
    #[serde(default)]
    pub username: String,
    /// ISO 8601 with a zone, or empty.
    #[serde(default)]
    pub date: String,
    /// The protocol version of the sender.
    #[serde(default)]
    pub version: String,
    /// JEP 91: the subshell a shell message is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subshell_id: Option<String>,
}

/// A Jupyter message with its content unparsed.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who says what.
    pub header: Header,
    /// The header of the message this one answers; `None` where the kernel sent `{}` or `null`
    /// (xeus kernels send `null`).
    pub parent: Option<Header>,
    /// JSON object, as sent.
    pub metadata: Bytes,
    /// JSON object, as sent.
    pub content: Bytes,
    /// Binary buffers that follow (comms).
    pub buffers: Vec<Bytes>,
}

/// Why frames are not a message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// There is no `<IDS|MSG>` frame.
    #[error("message has no `<IDS|MSG>` delimiter among its {frames} frames")]
    NoDelimiter {
        /// How many frames came.
        frames: usize,
    },
    /// Fewer than five frames follow the delimiter.
    #[error("message ends after {frames} of the 5 frames that must follow the delimiter")]
    Truncated {
        /// How many frames follow the delimiter.
        frames: usize,
    },
    /// The signature is not that of the content under the connection's key.
    #[error("message signature does not match its content")]
    BadSignature,
    /// The header is not a JSON object.
    #[error("message header is not valid")]
    BadHeader(#[source] serde_json::Error),
}

impl Message {
    /// The message type.
    pub fn kind(&self) -> &str {
        &self.header.msg_type
    }

    /// The id of the request this message belongs to, if any.
    pub fn parent_id(&self) -> Option<&str> {
        self.parent.as_ref().map(|parent| parent.msg_id.as_str())
    }

    /// Parses the content into a typed view.
    ///
    /// # Errors
    /// The content does not have the shape of `T`.
    pub fn view<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.content)
    }

    /// Reads a message from the frames of one ZeroMQ multipart message, identities or topic included.
    ///
    /// # Errors
    /// The frames are not a message, or its signature is wrong.
    pub fn from_frames(frames: &[Bytes], signer: &Signer) -> Result<Self, MessageError> {
        Self::from_parts(Parts::from_frames(frames, signer)?)
    }

    /// Parses the headers of a message.
    ///
    /// # Errors
    /// The header is not a JSON object.
    pub fn from_parts(parts: Parts) -> Result<Self, MessageError> {
        Ok(Self {
            header: serde_json::from_slice(&parts.header).map_err(MessageError::BadHeader)?,
            parent: parse_parent(&parts.parent),
            metadata: parts.metadata,
            content: parts.content,
            buffers: parts.buffers,
        })
    }

    /// The message with its headers as JSON.
    pub fn to_parts(&self) -> Parts {
        Parts {
            header: encode(&self.header),
            parent: self
                .parent
                .as_ref()
                .map_or_else(|| Bytes::from_static(b"{}"), encode),
            metadata: self.metadata.clone(),
            content: self.content.clone(),
            buffers: self.buffers.clone(),
        }
    }

    /// The frames to send, signed, without identities.
    pub fn to_frames(&self, signer: &Signer) -> Vec<Bytes> {
        self.to_parts().to_frames(signer)
    }
}

fn parse_parent(frame: &[u8]) -> Option<Header> {
    let header: Header = serde_json::from_slice(frame).ok()?;
    (!header.msg_id.is_empty()).then_some(header)
}

fn encode(header: &Header) -> Bytes {
    // A struct of strings always serializes.
    Bytes::from(serde_json::to_vec(header).unwrap_or_default())
}

/// The sender's side of a conversation: makes headers with one session id.
#[derive(Clone, Debug)]
pub struct Session {
    id: String,
    username: String,
}

impl Session {
    /// A session with a fresh id.
    pub fn new(username: &str) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            username: username.to_owned(),
        }
    }

    /// The session id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A new message of this session, with an empty metadata object.
    pub fn message(&self, msg_type: &str, content: impl Into<Bytes>) -> Message {
        Message {
            header: Header {
                msg_id: uuid::Uuid::new_v4().to_string(),
                msg_type: msg_type.to_owned(),
                session: self.id.clone(),
                username: self.username.clone(),
                date: jiff::Timestamp::now().to_string(),
                version: PROTOCOL_VERSION.to_owned(),
                subshell_id: None,
            },
            parent: None,
            metadata: Bytes::from_static(b"{}"),
            content: content.into(),
            buffers: Vec::new(),
        }
    }
}

/// Signs and verifies messages with the connection's key; an empty key switches signing off.
#[derive(Clone)]
pub struct Signer {
    mac: Option<Hmac<Sha256>>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("signed", &self.mac.is_some())
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer for the `key` of a connection file (scheme `hmac-sha256`).
    pub fn new(key: &str) -> Self {
        // HMAC takes keys of any length, so an error cannot happen; an empty key means unsigned.
        Self {
            mac: if key.is_empty() {
                None
            } else {
                Hmac::new_from_slice(key.as_bytes()).ok()
            },
        }
    }

    fn digest<'a>(&self, parts: impl IntoIterator<Item = &'a Bytes>) -> Option<Hmac<Sha256>> {
        let mut mac = self.mac.clone()?;
        for part in parts {
            mac.update(part);
        }
        Some(mac)
    }

    /// The hexadecimal signature of the four signed frames; empty when unsigned.
    pub fn sign(&self, parts: [&Bytes; 4]) -> String {
        self.digest(parts)
            .map_or_else(String::new, |mac| hex::encode(mac.finalize().into_bytes()))
    }

    /// Checks a signature in constant time.
    ///
    /// # Errors
    /// [`MessageError::BadSignature`].
    pub fn verify(&self, signature: &[u8], parts: [&Bytes; 4]) -> Result<(), MessageError> {
        let Some(mac) = self.digest(parts) else {
            return Ok(());
        };
        let claimed = hex::decode(signature).map_err(|_| MessageError::BadSignature)?;
        mac.verify_slice(&claimed)
            .map_err(|_| MessageError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames_of(parts: &[&[u8]]) -> Vec<Bytes> {
        parts
            .iter()
            .map(|part| Bytes::copy_from_slice(part))
            .collect()
    }

    #[test]
    fn a_message_survives_the_wire() {
        let signer = Signer::new("secret");
        let mut message = Session::new("ada").message("execute_request", r#"{"code":"1"}"#);
        message.buffers.push(Bytes::from_static(b"\0\x01"));
        let mut frames = frames_of(&[b"identity"]);
        frames.extend(message.to_frames(&signer));
        let read = Message::from_frames(&frames, &signer).unwrap();
        assert_eq!(read.header, message.header);
        assert_eq!(read.content, message.content);
        assert_eq!(read.buffers, message.buffers);
        assert!(read.parent.is_none());
    }

    /// The vector was computed with Python's `hmac.new(b"k", …, sha256)`.
    #[test]
    fn signature_is_hmac_sha256_of_the_four_parts() {
        let parts = frames_of(&[b"{\"a\":1}", b"{}", b"{}", b"{\"b\":2}"]);
        let signature = Signer::new("k").sign([&parts[0], &parts[1], &parts[2], &parts[3]]);
        assert_eq!(
            signature,
            "5f35d77953f2fdb5497a0df5e11497f708c67989fa6694c82530764f1da34cf3"
        );
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let signer = Signer::new("secret");
        let mut frames = Session::new("ada")
            .message("status", "{}")
            .to_frames(&signer);
        frames[5] = Bytes::from_static(b"{ }");
        assert!(matches!(
            Message::from_frames(&frames, &signer),
            Err(MessageError::BadSignature)
        ));
    }

    #[test]
    fn odd_but_real_messages_are_read() {
        let unsigned = Signer::new("");
        for (parent, header) in [
            (&b"null"[..], &br#"{"msg_id":"a","msg_type":"status"}"#[..]), // xeus; Almond omits the date
            (b"{}", br#"{"msg_id":"a","msg_type":"status","date":"2026-06-06T17:21+0000","future":[1]}"#),
            (b"[]", br#"{"msg_type":"status"}"#),
        ] {
            let frames = frames_of(&[b"topic", DELIMITER, b"", header, parent, b"{}", b"{\"x\":NaN}"]);
            let message = Message::from_frames(&frames, &unsigned).unwrap();
            assert_eq!(message.kind(), "status");
            assert_eq!(message.parent_id(), None);
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        let signer = Signer::new("");
        let cases: [&[&[u8]]; 3] = [&[], &[b"a", b"b"], &[DELIMITER, b"", b"{}", b"{}"]];
        for case in cases {
            assert!(Message::from_frames(&frames_of(case), &signer).is_err());
        }
        let bad_header = frames_of(&[DELIMITER, b"", b"[1", b"{}", b"{}", b"{}"]);
        assert!(matches!(
            Message::from_frames(&bad_header, &signer),
            Err(MessageError::BadHeader(_))
        ));
    }
}
