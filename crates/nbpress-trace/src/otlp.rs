//! A batch of spans as an `ExportTraceServiceRequest` in Protocol Buffers
//! (<https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto>).

use jiff::Timestamp;

use crate::context::TraceContext;
use crate::span::{Attribute, Kind, Span};

/// A status that says that something failed.
const ERROR: u64 = 2;
/// The flag of W3C that says that a trace is kept: others never come here.
const SAMPLED: u32 = 1;

/// The body of a request: what all spans come from, and the spans.
pub(crate) fn request(resource: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    let resource = Message::default().each(1, resource, |(key, value)| {
        attribute(key, &Attribute::Text(value.clone()))
    });
    let scope = Message::default()
        .text(1, "nbpress")
        .text(2, env!("CARGO_PKG_VERSION"));
    let scoped = Message::default().message(1, &scope).each(2, spans, span);
    let all = Message::default().message(1, &resource).message(2, &scoped);
    Message::default().message(1, &all).0
}

fn span(span: &Span) -> Message {
    let kind = match span.kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Consumer => 5,
    };
    let TraceContext {
        trace, span: id, ..
    } = &span.context;
    let mut message = Message::default().bytes(1, trace).bytes(2, id);
    if let Some(parent) = &span.parent {
        message = message.bytes(4, &parent.span);
    }
    message = message
        .text(5, &span.name)
        .number(6, kind)
        .fixed(7, &nanoseconds(span.began).to_le_bytes())
        .fixed(8, &nanoseconds(span.ended).to_le_bytes())
        .each(9, &span.attributes, |(key, value)| attribute(key, value));
    if let Some(failure) = &span.failure {
        let status = Message::default().text(2, failure).number(3, ERROR);
        message = message.message(15, &status);
    }
    message.fixed(16, &SAMPLED.to_le_bytes())
}

fn attribute(key: &str, value: &Attribute) -> Message {
    let value = match value {
        Attribute::Text(text) => Message::default().text(1, text),
        Attribute::Number(number) => Message::default().number(3, number.cast_unsigned()),
    };
    Message::default().text(1, key).message(2, &value)
}

/// Since 1970; times before are of no clock that anybody has.
fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or_default()
}

/// A message, field by field (<https://protobuf.dev/programming-guides/encoding/>).
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    /// Four or eight bytes, as they are.
    fn fixed(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | if value.len() == 8 { 1 } else { 5 });
        self.0.extend_from_slice(value);
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    fn each<T>(self, field: u64, values: &[T], encode: impl Fn(&T) -> Self) -> Self {
        let fold = |all: Self, value| all.message(field, &encode(value));
        values.iter().fold(self, fold)
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }
}
