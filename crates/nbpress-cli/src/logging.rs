//! The log of a server and of a worker: one line of text for people, or one JSON object for programs, on stderr.

mod fields;

use std::str::FromStr;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::printer::{Printer, Style, printable};

use fields::Fields;

/// What our own events begin with.
const OURS: &str = "nbpress";

/// Options of commands that keep a log.
#[derive(Clone, Debug, Args)]
pub(crate) struct LogArgs {
    /// How the log looks: for people, or for programs.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    log_format: LogFormat,
    /// The least to log: `error`, `warn`, `info`, `debug` or `trace`; of a library too: `info,hyper=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: LogLevel,
}

impl LogArgs {
    /// Whether a program reads the log, which then has nothing else in it.
    pub(crate) fn for_programs(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    /// Logs from now on. The second call does nothing.
    pub(crate) fn begin(&self, printer: Printer) {
        let log = Log {
            printer,
            format: self.log_format,
        };
        let log = Spans.and_then(log).with_filter(self.log_level.0.clone());
        let _already = tracing_subscriber::registry().with(log).try_init();
    }
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// What is logged of whom.
#[derive(Clone, Debug)]
struct LogLevel(Targets);

impl FromStr for LogLevel {
    type Err = String;

    /// A level alone is for our own events. Libraries, which know nothing of what is secret, are asked one by one.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut targets = Targets::new().with_default(LevelFilter::WARN);
        for part in text.split(',').map(str::trim) {
            let (target, level) = part.split_once('=').unwrap_or((OURS, part));
            let usage = "write `info`, or `info,LIBRARY=debug`";
            let level = Some(level).filter(|level| !level.is_empty());
            let level = level
                .and_then(|level| LevelFilter::from_str(level).ok())
                .ok_or(usage)?;
            targets = targets.with_target(target, level);
        }
        Ok(Self(targets))
    }
}

/// Keeps what spans say, for their events.
struct Spans;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }
}

/// What an event says, with what its spans say, the innermost first.
fn gathered<S: Subscriber + for<'a> LookupSpan<'a>>(
    event: &Event<'_>,
    context: &Context<'_, S>,
) -> Fields {
    let mut fields = Fields::default();
    event.record(&mut fields);
    for span in context.event_scope(event).into_iter().flatten() {
        if let Some(known) = span.extensions().get::<Fields>() {
            fields.add(known);
        }
    }
    fields
}

/// Writes each event.
struct Log {
    printer: Printer,
    format: LogFormat,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let fields = gathered(event, &context);
        let metadata = event.metadata();
        let now = Timestamp::now();
        match self.format {
            LogFormat::Json => {
                let line = fields.into_json(now, *metadata.level(), metadata.target());
                self.printer.say(&line);
            }
            LogFormat::Text => self.say(now, *metadata.level(), &fields),
        }
    }
}

impl Log {
    /// A line for people. A terminal has the hour; whatever else keeps lines has the day as well.
    fn say(&self, now: Timestamp, level: Level, fields: &Fields) {
        let printer = self.printer;
        let time = if printer.is_terminal() {
            now.to_zoned(jiff::tz::TimeZone::system())
                .strftime("%H:%M:%S")
                .to_string()
        } else {
            now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
        };
        let (style, word) = match level {
            Level::ERROR => (Style::Red, "error"),
            Level::WARN => (Style::Yellow, "warn "),
            Level::INFO => (Style::Green, "info "),
            Level::DEBUG => (Style::Cyan, "debug"),
            Level::TRACE => (Style::Dim, "trace"),
        };
        let lead = format!(
            "{} {} ",
            printer.paint(Style::Dim, &time),
            printer.paint(style, word)
        );
        printer.say_wrapped(&lead, 2, &printable(&fields.to_text()));
    }
}

#[cfg(test)]
mod tests;
