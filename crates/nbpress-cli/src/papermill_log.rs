//! papermill's log on stderr: what was asked for with `--log-output`, `--log-level`, `--stdout-file`.

use std::io::Write;

use clap::ValueEnum;
use nbpress_execute::Observer;
use nbpress_format::json::Json;
use nbpress_format::output::{Output, OutputKind};
use nbpress_record::{Document, Event, NoteLevel};

use crate::printer::Printer;
use crate::progress::CellList;

/// Python's logging levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(crate) enum LogLevel {
    Notset,
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

impl LogLevel {
    /// Quieter by default when the notebook itself goes to stdout.
    pub(crate) fn when_piped(self) -> Self {
        if self == Self::Info {
            Self::Error
        } else {
            self
        }
    }
}

/// What is logged, and where the notebook's streams are copied to.
#[derive(Default)]
pub(crate) struct LogOptions {
    /// The notebook's output goes to the log.
    pub(crate) log_output: bool,
    /// Cells are listed as they run.
    pub(crate) progress: bool,
    /// A copy of the notebook's stdout.
    pub(crate) stdout_file: Option<Box<dyn Write>>,
    /// A copy of the notebook's stderr.
    pub(crate) stderr_file: Option<Box<dyn Write>>,
}

/// Shows a run the way papermill would.
pub(crate) struct PapermillLog {
    printer: Printer,
    level: LogLevel,
    cells: Option<CellList>,
    options: LogOptions,
}

impl PapermillLog {
    pub(crate) fn new(printer: Printer, level: LogLevel, options: LogOptions) -> Self {
        let cells = options.progress.then(|| CellList::new(printer));
        Self {
            printer,
            level,
            cells,
            options,
        }
    }

    pub(crate) fn info(&self, text: &str) {
        self.log(LogLevel::Info, text);
    }

    pub(crate) fn warning(&self, text: &str) {
        self.log(LogLevel::Warning, text);
    }

    fn log(&self, level: LogLevel, text: &str) {
        if level >= self.level {
            self.printer.say(text);
        }
    }

    fn output(&mut self, output: &Output) {
        match &output.kind {
            OutputKind::Stream { name, text } => {
                let (file, level) = if name == "stderr" {
                    (&mut self.options.stderr_file, LogLevel::Warning)
                } else {
                    (&mut self.options.stdout_file, LogLevel::Info)
                };
                if let Some(file) = file {
                    // A full disk is met again, and reported, where the notebook itself is written.
                    let _full = file.write_all(text.as_bytes()).and_then(|()| file.flush());
                }
                if self.options.log_output {
                    self.log(level, text);
                }
            }
            OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. }
                if self.options.log_output =>
            {
                if let Some(text) = data.get("text/plain").and_then(Json::as_str) {
                    self.info(text);
                }
            }
            _ => {}
        }
    }
}

impl Observer for PapermillLog {
    fn event(&mut self, event: &Event, document: &Document) {
        if let Some(cells) = &mut self.cells
            && !matches!(event, Event::Note { .. })
        {
            cells.event(event, document);
        }
        match event {
            Event::CellStarted { cell, .. } if self.options.log_output => {
                self.info(&format!("Executing Cell {:-<40}", cell + 1));
            }
            Event::CellFinished { cell, .. } if self.options.log_output => {
                self.info(&format!("Ending Cell {:-<43}", cell + 1));
            }
            Event::Output { output, .. } => self.output(output),
            Event::Note {
                level: NoteLevel::Warning | NoteLevel::Error,
                text,
                ..
            } => self.warning(text),
            Event::Note { text, .. } => self.info(text.trim_end()),
            _ => {}
        }
    }
}
