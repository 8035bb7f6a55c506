//! A run as it happens: on a terminal a list of cells with the running one alive, otherwise a line
//! per cell; or the events themselves for scripts.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nbpress_execute::Observer;
use nbpress_format::cell::Cell;
use nbpress_format::output::OutputKind;
use nbpress_record::{CellStatus, Document, Event, NoteLevel};

use crate::printer::{Printer, Style, duration, fitted, padded, printable};

/// Columns of the time at the end of a line.
const TIME_WIDTH: usize = 13;

/// Prints each event as one line of JSON on stdout.
#[derive(Debug)]
pub(crate) struct JsonEvents {
    pub(crate) printer: Printer,
}

impl Observer for JsonEvents {
    fn event(&mut self, event: &Event, _document: &Document) {
        // A reader that went away does not end the run.
        let _closed = self.printer.data(&event.to_json().to_compact());
    }
}

/// Says nothing.
#[derive(Debug)]
pub(crate) struct Quiet;

impl Observer for Quiet {
    fn event(&mut self, _event: &Event, _document: &Document) {}
}

/// Shows cells to people, on stderr.
#[derive(Debug)]
pub(crate) struct CellList {
    printer: Printer,
    /// The running cell, alive; hidden where stderr is not a terminal.
    live: ProgressBar,
    started: Option<Instant>,
    last_line: String,
    label: String,
}

impl CellList {
    pub(crate) fn new(printer: Printer) -> Self {
        let target = if printer.is_terminal() {
            ProgressDrawTarget::stderr_with_hz(15)
        } else {
            ProgressDrawTarget::hidden()
        };
        let live = ProgressBar::with_draw_target(None, target);
        live.set_style(spinner());
        Self {
            printer,
            live,
            started: None,
            last_line: String::new(),
            label: String::new(),
        }
    }

    fn line(&self, mark: &str, style: Style, seconds: Option<f64>) -> String {
        let time = seconds.map(duration).unwrap_or_default();
        let width = self.printer.width().saturating_sub(TIME_WIDTH + 4);
        let label = padded(&self.label, width);
        format!(
            "  {} {label} {time:>TIME_WIDTH$}",
            self.printer.paint(style, mark)
        )
    }

    /// Prints a line that stays, above the live one.
    fn keep(&self, line: &str) {
        let line = line.trim_end();
        self.live.suspend(|| self.printer.say(line));
    }

    fn started(&mut self, cell: usize, document: &Document) {
        let notebook = &document.notebook;
        self.label = format!("{:>3}  {}", cell + 1, summary(&notebook.cells[cell]));
        self.started = Some(Instant::now());
        self.last_line.clear();
        let width = self.printer.width().saturating_sub(TIME_WIDTH + 4);
        self.live.set_prefix(padded(&self.label, width));
        self.live.set_message(String::new());
        self.live.reset_elapsed();
        self.live.enable_steady_tick(Duration::from_millis(100));
    }

    fn finished(&mut self, status: CellStatus) {
        let seconds = self
            .started
            .take()
            .map(|started| started.elapsed().as_secs_f64());
        self.live.disable_steady_tick();
        self.live.set_message(String::new());
        self.live.set_prefix(String::new());
        let line = match status {
            CellStatus::Completed => self.line("✓", Style::Green, seconds),
            CellStatus::Skipped => return,
            _ => self.line("✗", Style::Red, seconds),
        };
        self.keep(&line);
    }

    fn output(&mut self, kind: &OutputKind) {
        let OutputKind::Stream { text, .. } = kind else {
            return;
        };
        let Some(last) = text
            .rsplit(['\n', '\r'])
            .find(|line| !line.trim().is_empty())
        else {
            return;
        };
        self.last_line = format!("       │ {}", printable(last));
        self.live.set_message(format!(
            "\n{}",
            fitted(&self.last_line, self.printer.width() - 1)
        ));
    }
}

impl Observer for CellList {
    fn event(&mut self, event: &Event, document: &Document) {
        match event {
            Event::CellStarted { cell, .. } if document.notebook.cells[*cell].is_code() => {
                self.started(*cell, document);
            }
            Event::CellFinished { cell, status, .. }
                if document.notebook.cells[*cell].is_code() =>
            {
                if *status == CellStatus::Skipped {
                    self.label = format!(
                        "{:>3}  {}",
                        cell + 1,
                        summary(&document.notebook.cells[*cell])
                    );
                    self.keep(&self.line("-", Style::Dim, None));
                } else {
                    self.finished(*status);
                }
            }
            Event::Output { output, .. } => self.output(&output.kind),
            Event::Note {
                level: NoteLevel::Warning | NoteLevel::Error,
                text,
                ..
            } => {
                self.keep(&format!(
                    "  {} {text}",
                    self.printer.paint(Style::Yellow, "!")
                ));
            }
            Event::RunFinished { .. } => self.live.finish_and_clear(),
            _ => {}
        }
    }
}

fn spinner() -> ProgressStyle {
    let style = ProgressStyle::with_template("  {spinner} {prefix} {elapsed:>13}{msg}");
    style
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

/// The first line of code that says something.
fn summary(cell: &Cell) -> String {
    let lines = || {
        cell.source
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let first =
        lines().find(|line| !line.starts_with(['#', '%']) || line.starts_with("# Parameters"));
    printable(first.or_else(|| lines().next()).unwrap_or("(empty)"))
}
