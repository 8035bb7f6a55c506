//! Something that happened, from when until when, and how it ended.

use jiff::Timestamp;

use crate::context::TraceContext;

/// Something that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its own place in the trace.
    pub context: TraceContext,
    /// The place of what it is part of; none for the first of a trace.
    pub parent: Option<TraceContext>,
    /// What happened, in a few words that are the same for all of its kind: `GET /v1/runs`, `run`.
    pub name: String,
    /// On which side of a call it is.
    pub kind: Kind,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// What else is known: by the names of <https://opentelemetry.io/docs/specs/semconv/> where these have one.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// A word for why it failed, if it did.
    pub failure: Option<String>,
}

/// On which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Within one program.
    Internal,
    /// It answers somebody.
    Server,
    /// It was asked for earlier and is done now.
    Consumer,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Attribute {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
