//! A message as its JSON parts and buffers, unparsed: what is passed on between a kernel and its clients.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;

use crate::message::{DELIMITER, Message, MessageError, Signer};

/// The four JSON parts of a message and what follows them, each as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// JSON object.
    pub header: Bytes,
    /// JSON object; `{}` where the kernel sent `null`.
    pub parent: Bytes,
    /// JSON object.
    pub metadata: Bytes,
    /// JSON object.
    pub content: Bytes,
    /// Binary buffers (comms).
    pub buffers: Vec<Bytes>,
}

/// The few fields of a header that decide where a message goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Label<'a> {
    /// Unique within the sender's session; may be empty.
    #[serde(borrow, default)]
    pub msg_id: Cow<'a, str>,
    /// What the content is; may be empty.
    #[serde(borrow, default)]
    pub msg_type: Cow<'a, str>,
    /// The sender's session; may be empty.
    #[serde(borrow, default)]
    pub session: Cow<'a, str>,
}

impl Parts {
    /// Reads the frames of one ZeroMQ multipart message, identities or topic included, and checks the
    /// signature. No JSON is parsed.
    ///
    /// # Errors
    /// The frames are not a message, or its signature is wrong.
    pub fn from_frames(frames: &[Bytes], signer: &Signer) -> Result<Self, MessageError> {
        let delimiter = frames
            .iter()
            .position(|frame| frame.as_ref() == DELIMITER)
            .ok_or(MessageError::NoDelimiter {
                frames: frames.len(),
            })?;
        let [signature, header, parent, metadata, content, buffers @ ..] = &frames[delimiter + 1..]
        else {
            return Err(MessageError::Truncated {
                frames: frames.len() - delimiter - 1,
            });
        };
        signer.verify(signature, [header, parent, metadata, content])?;
        let object = |part: &Bytes| match part.as_ref() {
            // xeus kernels send this for a message that answers nothing; JavaScript clients look inside.
            b"null" => Bytes::from_static(b"{}"),
            _ => part.clone(),
        };
        Ok(Self {
            header: header.clone(),
            parent: object(parent),
            metadata: metadata.clone(),
            content: content.clone(),
            buffers: buffers.to_vec(),
        })
    }

    /// The frames to send, signed, without identities.
    pub fn to_frames(&self, signer: &Signer) -> Vec<Bytes> {
        let signature = signer.sign([&self.header, &self.parent, &self.metadata, &self.content]);
        let mut frames = vec![Bytes::from_static(DELIMITER), Bytes::from(signature)];
        frames.extend(self.iter().cloned());
        frames
    }

    /// Header, parent, metadata, content, buffers: the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> {
        [&self.header, &self.parent, &self.metadata, &self.content]
            .into_iter()
            .chain(&self.buffers)
    }

    /// The same parts from the order of the wire; `None` for fewer than four.
    pub fn from_list(list: Vec<Bytes>) -> Option<Self> {
        let mut list = list.into_iter();
        Some(Self {
            header: list.next()?,
            parent: list.next()?,
            metadata: list.next()?,
            content: list.next()?,
            buffers: list.collect(),
        })
    }

    /// How many bytes all parts have together.
    pub fn len(&self) -> usize {
        self.iter().map(Bytes::len).sum()
    }

    /// Whether every part is empty, which no message is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the header says; empty fields where it says nothing or is none.
    pub fn label(&self) -> Label<'_> {
        serde_json::from_slice(&self.header).unwrap_or_default()
    }

    /// What the header of the message says that this one answers; empty fields where there is none.
    pub fn parent_label(&self) -> Label<'_> {
        serde_json::from_slice(&self.parent).unwrap_or_default()
    }

    /// Parses both headers.
    ///
    /// # Errors
    /// The header is not a JSON object.
    pub fn into_message(self) -> Result<Message, MessageError> {
        Message::from_parts(self)
    }
}

impl From<&Message> for Parts {
    fn from(message: &Message) -> Self {
        message.to_parts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;

    #[test]
    fn what_is_passed_on_is_what_was_sent() {
        let signer = Signer::new("secret");
        let mut message = Session::new("ada").message("comm_msg", r#"{"data":{}}"#);
        message.buffers.push(Bytes::from_static(b"\0\x01"));
        let parts = Parts::from_frames(&message.to_frames(&signer), &signer).unwrap();
        assert_eq!(parts.label().msg_type, "comm_msg");
        assert_eq!(parts.label().msg_id, message.header.msg_id);
        assert_eq!(parts.parent_label(), Label::default());
        assert_eq!(parts.to_frames(&signer), message.to_frames(&signer));
        let list: Vec<Bytes> = parts.iter().cloned().collect();
        assert_eq!(Parts::from_list(list), Some(parts.clone()));
        assert_eq!(parts.into_message().unwrap().header, message.header);
    }

    #[test]
    fn a_parent_that_is_null_is_an_empty_object() {
        let frames = [
            DELIMITER,
            b"",
            br#"{"msg_type":"status"}"#,
            b"null",
            b"{}",
            b"{}",
        ]
        .map(Bytes::from_static);
        let parts = Parts::from_frames(&frames, &Signer::new("")).unwrap();
        assert_eq!(parts.parent, "{}");
    }
}
