//! Text that follows on text of the same cell becomes one message.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Record;

/// The most text of one message that is put together, in bytes.
const LONGEST: usize = 64 << 10;

/// The content of a `stream` message. One with more fields than these stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stream<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    text: &'a RawValue,
}

/// The same messages, with runs of text put together. A message made of several has the number of the last
/// and the header of the first.
pub(in crate::host) fn coalesced(records: impl IntoIterator<Item = Record>) -> VecDeque<Record> {
    let mut out = VecDeque::new();
    let mut run: Option<Run> = None;
    for record in records {
        if run.as_mut().is_some_and(|run| run.takes(&record)) {
            continue;
        }
        let earlier = run.replace(Run::new(record));
        out.extend(earlier.map(Run::finish));
    }
    out.extend(run.map(Run::finish));
    out
}

/// Messages that become one.
struct Run {
    first: Record,
    last_seq: u64,
    /// Name and text as JSON without its quotation marks; made when a second message comes.
    text: Option<(String, Vec<u8>)>,
}

impl Run {
    fn new(record: Record) -> Self {
        Self {
            last_seq: record.seq,
            first: record,
            text: None,
        }
    }

    /// Takes one more message, if that is possible.
    fn takes(&mut self, next: &Record) -> bool {
        let (first, next_parts) = (&self.first.parts, &next.parts);
        if !(self.first.is_text && next.is_text)
            || self.first.to != next.to
            || first.parent != next_parts.parent
            || first.metadata != next_parts.metadata
            || !(first.buffers.is_empty() && next_parts.buffers.is_empty())
            || self.size() + next_parts.content.len() > LONGEST
        {
            return false;
        }
        let Some((next_name, next_text)) = text_of(&next_parts.content) else {
            return false;
        };
        if self.text.is_none() {
            self.text = text_of(&first.content)
                .map(|(name, text)| (name.into_owned(), text.as_bytes().to_vec()));
        }
        match &mut self.text {
            Some((name, text)) if *name == next_name => {
                text.extend_from_slice(next_text.as_bytes());
                self.last_seq = next.seq;
                true
            }
            _ => false,
        }
    }

    fn size(&self) -> usize {
        let text = self.text.as_ref().map(|(_, text)| text.len());
        text.unwrap_or(self.first.parts.content.len())
    }

    fn finish(self) -> Record {
        let mut record = self.first;
        if self.last_seq > record.seq
            && let Some((name, text)) = self.text
        {
            record.seq = self.last_seq;
            record.parts.content = content(&name, &text);
        }
        record
    }
}

/// Name and text of a `stream` message; the text as JSON without its quotation marks.
fn text_of(content: &[u8]) -> Option<(Cow<'_, str>, &str)> {
    let stream: Stream<'_> = serde_json::from_slice(content).ok()?;
    let text = stream.text.get().strip_prefix('"')?.strip_suffix('"')?;
    Some((stream.name, text))
}

fn content(name: &str, text: &[u8]) -> Bytes {
    let name = serde_json::Value::from(name).to_string();
    let parts: [&[u8]; 5] = [
        b"{\"name\":",
        name.as_bytes(),
        b",\"text\":\"",
        text,
        b"\"}",
    ];
    Bytes::from(parts.concat())
}
