//! A run as it happens: on a terminal a list of cells with the running one alive, otherwise a line
//! per cell; or the events themselves for scripts.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use nbpress_execute::{Observer, Stop};
use nbpress_format::cell::Cell;
use nbpress_format::output::OutputKind;
use nbpress_record::{
    CellError, CellStatus, Document, Event, FailureClass, KernelInfo, NoteLevel, Outcome, RunHeader,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::printer::{Printer, Style, duration, fitted, padded, printable};
use crate::report;

/// Columns of the time at the end of a line: `23 h 59 min`.
const TIME_WIDTH: usize = 11;

/// Columns before a cell's label and between it and its time.
const FRAME_WIDTH: usize = 5;

/// How many of the kernel's last lines are kept for the case that it dies.
const LAST_WORDS: usize = 8;

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
    /// What happens at this moment; hidden where stderr is not a terminal.
    live: ProgressBar,
    started: Option<Instant>,
    label: String,
    /// What the kernel wrote outside the protocol.
    last_words: VecDeque<String>,
}

impl CellList {
    pub(crate) fn new(printer: Printer) -> Self {
        let target = if printer.is_terminal() {
            ProgressDrawTarget::stderr_with_hz(15)
        } else {
            ProgressDrawTarget::hidden()
        };
        let live = ProgressBar::with_draw_target(None, target);
        live.set_style(style());
        Self {
            printer,
            live,
            started: None,
            label: String::new(),
            last_words: VecDeque::new(),
        }
    }

    /// Answers the first signal at once, for as long as the returned tasks are kept: the cell may
    /// take some seconds to end.
    pub(crate) fn answer_stop(&self, mut stop: watch::Receiver<Stop>) -> JoinSet<()> {
        let (live, printer) = (self.live.clone(), self.printer);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            if stop.changed().await.is_ok() {
                let mark = printer.paint(Style::Yellow, "!");
                live.suspend(|| {
                    let lead = format!("  {mark} ");
                    printer.say_wrapped(&lead, 4, "stopping; once more to stop at once");
                });
            }
        });
        tasks
    }

    fn label_width(&self) -> usize {
        self.printer
            .width()
            .saturating_sub(TIME_WIDTH + FRAME_WIDTH)
    }

    fn label_of(&self, cell: usize, document: &Document) -> String {
        let cells = &document.notebook.cells;
        let digits = cells.len().to_string().len();
        let label = format!(
            "{:>digits$}/{}  {}",
            cell + 1,
            cells.len(),
            summary(&cells[cell])
        );
        padded(&label, self.label_width())
    }

    /// Prints a line that stays, above the live one.
    fn keep(&self, line: &str) {
        self.live.suspend(|| self.printer.say(line.trim_end()));
    }

    fn keep_cell(&self, mark: &str, style: Style, label: &str, time: &str) {
        let mark = self.printer.paint(style, mark);
        self.keep(&format!("  {mark} {label} {time:>TIME_WIDTH$}"));
    }

    /// Says what the run is before its first cell.
    fn introduce(&self, header: &RunHeader, document: &Document) {
        let fact = |name: &str, value: &str| {
            self.printer
                .fact(name, value)
                .iter()
                .for_each(|line| self.printer.say(line));
        };
        fact("run", &header.run_id.to_string());
        fact("notebook", &header.source.path);
        if !header.parameters.is_empty() {
            fact("parameters", &report::pairs(&header.parameters));
        }
        let kernel = document.notebook.kernel_name().unwrap_or_default();
        self.show_live(&padded(
            printable(&format!("starting kernel {kernel}")).trim_end(),
            self.label_width(),
        ));
        if self.printer.is_terminal() {
            self.live.enable_steady_tick(Duration::from_millis(100));
        }
    }

    fn show_live(&self, label: &str) {
        self.live.set_message(String::new());
        self.live.set_prefix(label.to_owned());
        self.live.reset_elapsed();
    }

    fn kernel_started(&self, kernel: &KernelInfo) {
        self.live.suspend(|| {
            self.printer
                .fact("kernel", &report::kernel(kernel))
                .iter()
                .for_each(|line| self.printer.say(line));
            self.printer.say("");
        });
    }

    fn cell_started(&mut self, cell: usize, document: &Document) {
        self.label = self.label_of(cell, document);
        self.started = Some(Instant::now());
        self.show_live(&self.label);
    }

    fn cell_finished(
        &mut self,
        cell: usize,
        status: CellStatus,
        error: Option<&CellError>,
        document: &Document,
    ) {
        let elapsed = self
            .started
            .take()
            .map(|started| duration(started.elapsed().as_secs_f64()));
        let label = self.label_of(cell, document);
        let (mark, style, time) = match status {
            CellStatus::Skipped => ("-", Style::Dim, Some("skipped".to_owned())),
            CellStatus::Completed => ("✓", Style::Green, elapsed),
            _ if error.is_some_and(report::is_clean_exit) => ("✓", Style::Green, elapsed),
            _ => ("✗", Style::Red, elapsed),
        };
        self.keep_cell(mark, style, &label, &time.unwrap_or_default());
    }

    /// Keeps the last line a cell has printed under its label.
    fn output(&self, kind: &OutputKind) {
        let OutputKind::Stream { text, .. } = kind else {
            return;
        };
        let lines = text.rsplit(['\n', '\r']);
        let Some(last) = lines.into_iter().find(|line| !line.trim().is_empty()) else {
            return;
        };
        // A line may be megabytes long; escape sequences take room but no columns.
        let beginning: String = last.chars().take(10 * self.printer.width()).collect();
        let line = format!("      │ {}", printable(&beginning));
        self.live
            .set_message(format!("\n{}", fitted(&line, self.printer.width() - 1)));
    }

    fn note(&mut self, level: NoteLevel, text: &str) {
        if level == NoteLevel::Info {
            self.last_words.extend(text.lines().map(printable));
            let surplus = self.last_words.len().saturating_sub(LAST_WORDS);
            self.last_words.drain(..surplus);
            return;
        }
        let style = if level == NoteLevel::Error {
            Style::Red
        } else {
            Style::Yellow
        };
        let lead = format!("  {} ", self.printer.paint(style, "!"));
        let lines = self.printer.wrap(&lead, 4, &printable(text));
        lines.iter().for_each(|line| self.keep(line));
    }

    /// What a kernel wrote before it died is often the only explanation.
    fn run_finished(&self, outcome: &Outcome) {
        self.live.finish_and_clear();
        let died = matches!(
            outcome.class,
            Some(FailureClass::Platform | FailureClass::Resource)
        );
        if !died || self.last_words.is_empty() {
            return;
        }
        self.printer.say("\n  the kernel's last words");
        for line in &self.last_words {
            self.printer.say(&self.printer.fit(&format!("    {line}")));
        }
    }
}

impl Observer for CellList {
    fn event(&mut self, event: &Event, document: &Document) {
        let is_code = |cell: usize| document.notebook.cells[cell].is_code();
        match event {
            Event::RunStarted { header, .. } => self.introduce(header, document),
            Event::KernelStarted { kernel, .. } => self.kernel_started(kernel),
            Event::CellStarted { cell, .. } if is_code(*cell) => self.cell_started(*cell, document),
            Event::CellFinished {
                cell,
                status,
                error,
                ..
            } if is_code(*cell) => self.cell_finished(*cell, *status, error.as_ref(), document),
            Event::Output { output, .. } => self.output(&output.kind),
            Event::Note { level, text, .. } => self.note(*level, text),
            Event::RunFinished { outcome, .. } => self.run_finished(outcome),
            _ => {}
        }
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("  {spinner} {prefix} {time:>11}{msg}");
    style
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key(
            "time",
            |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                // Writing to a string cannot fail.
                let _infallible = out.write_str(&duration(state.elapsed().as_secs_f64()));
            },
        )
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

/// The first line of code that says something.
fn summary(cell: &Cell) -> String {
    if cell.has_tag("injected-parameters") {
        return "(parameters)".to_owned();
    }
    let lines = || {
        cell.source
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let says_something = |line: &&str| {
        !["#", "%", "//", "--", "/*"]
            .iter()
            .any(|opening| line.starts_with(opening))
    };
    let line = lines().find(says_something).or_else(|| lines().next());
    printable(line.unwrap_or("(empty)"))
}
