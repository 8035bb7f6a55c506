//! A run as it happens: on a terminal a list of cells with the running one alive, otherwise a line
//! per cell; or the events themselves for scripts.

mod live;

use std::collections::VecDeque;
use std::time::Instant;

use nbpress_execute::{Observer, Stop};
use nbpress_format::cell::Cell;
use nbpress_format::output::OutputKind;
use nbpress_record::{
    CellError, CellStatus, Document, Event, FailureClass, KernelInfo, NoteLevel, Outcome,
    Resumption, RunHeader,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) use self::live::Live;
use self::live::TIME_WIDTH;
use crate::printer::{Printer, Style, duration, padded, printable};
use crate::report;

/// Columns before a cell's label, between it and its time, and after that.
const FRAME_WIDTH: usize = 6;

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
    /// What happens at this moment.
    live: Live,
    started: Option<Instant>,
    /// What the kernel wrote outside the protocol.
    last_words: VecDeque<String>,
}

impl CellList {
    pub(crate) fn new(printer: Printer) -> Self {
        Self {
            printer,
            live: Live::new(printer),
            started: None,
            last_words: VecDeque::new(),
        }
    }

    /// Answers the first signal at once, for as long as the returned tasks are kept: the cell may
    /// take some seconds to end.
    pub(crate) fn answer_stop(&self, mut stop: watch::Receiver<Stop>) -> JoinSet<()> {
        let (above, printer) = (self.live.above(), self.printer);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            if stop.changed().await.is_ok() {
                let lead = format!("  {} ", printer.paint(Style::Yellow, "!"));
                let lines = printer.wrap(&lead, 4, "stopping; once more to stop at once");
                above.keep(lines.iter().map(String::as_str));
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

    fn keep(&self, lines: &[String]) {
        self.live.above().keep(lines.iter().map(String::as_str));
    }

    fn keep_cell(&self, mark: &str, style: Style, label: &str, time: &str) {
        let mark = self.printer.paint(style, mark);
        self.keep(&[format!("  {mark} {label} {time:>TIME_WIDTH$}")]);
    }

    /// Says what the run is before its first cell.
    fn introduce(&self, header: &RunHeader, document: &Document) {
        let mut lines = self.printer.fact("run", &header.run_id.to_string());
        lines.extend(self.printer.fact("notebook", &header.source.path));
        if !header.parameters.is_empty() {
            let parameters = report::pairs(&header.parameters);
            lines.extend(self.printer.fact("parameters", &parameters));
        }
        self.keep(&lines);
        let kernel = document.notebook.kernel_name().unwrap_or_default();
        self.live
            .show(&printable(format!("starting kernel {kernel}").trim_end()));
    }

    fn resumed(&self, resumption: &Resumption, document: &Document) {
        if let Some(parent) = document.header().parent {
            let text = report::resumed(parent, Some(resumption));
            let mut lines = self.printer.fact("resumed", &text);
            lines.push(String::new());
            self.keep(&lines);
        }
    }

    fn kernel_started(&self, kernel: &KernelInfo) {
        let mut lines = self.printer.fact("kernel", &report::kernel(kernel));
        lines.push(String::new());
        self.keep(&lines);
    }

    fn cell_started(&mut self, cell: usize, document: &Document) {
        self.started = Some(Instant::now());
        self.live.show(&self.label_of(cell, document));
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
        self.live.set_last_line(printable(&beginning));
    }

    fn note(&mut self, level: NoteLevel, text: &str) {
        if level == NoteLevel::Info {
            // A line and its end can come as two pieces.
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            self.last_words.extend(lines.map(printable));
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
        self.keep(&self.printer.wrap(&lead, 4, &printable(text)));
    }

    /// What a kernel wrote before it died is often the only explanation.
    fn run_finished(&self, outcome: &Outcome) {
        self.live.clear();
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
            Event::Resumed { resumption, .. } => self.resumed(resumption, document),
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
