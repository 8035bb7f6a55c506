//! Spans of requests and of the runs they asked for, as one trace, sent to an OpenTelemetry collector.
//!
//! Whoever did something says what it was once it is over: [`Tracer::record`] never waits and never fails. What
//! belongs together is told by the [`TraceContext`] that is handed from process to process, in the header or the
//! variable of W3C. Attributes are given one by one, so that nothing is sent that nobody meant to send.

mod context;
mod export;
mod otlp;
mod settings;
mod span;
mod tracer;

pub use context::TraceContext;
pub use export::Exporter;
pub use settings::{SettingsError, TraceSettings};
pub use span::{Attribute, Kind, Span};
pub use tracer::Tracer;
