//! A sweep as it happens: on a terminal a live line for each point that runs and one for all,
//! otherwise a line for each point that has ended.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use nbpress_execute::Observer;
use nbpress_record::{Document, Event};

use super::plan::Plan;
use super::result::{PointResult, PointStatus};
use crate::printer::{Printer, Style, duration, fitted, padded, plural};

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// The most live lines of points; a terminal has 24 rows or more.
const MOST_LIVE: usize = 16;

/// Columns of a time at the end of a line: `23 h 59 min`.
const TIME_WIDTH: usize = 11;

/// Columns of what a point is at: `cell 12/34`.
const CELL_WIDTH: usize = 13;

/// Shows the sweep, on stderr.
#[derive(Debug)]
pub(crate) struct Progress {
    printer: Printer,
    quiet: bool,
    running: Vec<Rc<Running>>,
    points: usize,
    missing: usize,
    /// Points that ended in this process, and those that had ended before.
    ended: usize,
    before: usize,
    failed: usize,
    started: Instant,
    /// Rows on the screen at this moment.
    drawn: usize,
    frame: usize,
}

/// A point that runs.
#[derive(Debug)]
struct Running {
    label: String,
    since: Instant,
    /// Code cells begun, of all; none while the kernel starts.
    cells: Cell<(usize, usize)>,
    ended: Cell<bool>,
}

impl Progress {
    pub(crate) fn new(printer: Printer, plan: &Plan, quiet: bool) -> Self {
        Self {
            printer,
            quiet,
            running: Vec::new(),
            points: plan.points.len(),
            missing: plan.missing().count(),
            ended: 0,
            before: 0,
            failed: 0,
            started: Instant::now(),
            drawn: 0,
            frame: 0,
        }
    }

    /// A point begins; what it does is told to the observer.
    pub(crate) fn start(&mut self, label: &str) -> PointProgress {
        let point = Rc::new(Running {
            label: label.to_owned(),
            since: Instant::now(),
            cells: Cell::new((0, 0)),
            ended: Cell::new(false),
        });
        self.running.push(Rc::clone(&point));
        PointProgress(point)
    }

    /// How many points failed.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// A point has ended, or had ended before.
    pub(crate) fn finished(&mut self, label: &str, result: &PointResult) {
        self.running.retain(|point| !point.ended.get());
        self.failed += usize::from(result.status == PointStatus::Failed);
        if result.reused || result.status == PointStatus::Running {
            self.before += 1;
            return;
        }
        self.ended += 1;
        // The table says the rest; without a terminal there is nothing else to see until then.
        if !self.quiet && (!self.printer.is_terminal() || result.status == PointStatus::Failed) {
            let line = self.line(label, result);
            self.keep(&line);
        }
    }

    fn line(&self, label: &str, result: &PointResult) -> String {
        let digits = self.points.to_string().len();
        let counter = format!("{:>digits$}/{}", self.before + self.ended, self.points);
        let room = self.printer.width();
        let room = room.saturating_sub(counter.len() + 4 + TIME_WIDTH);
        format!(
            "{counter} {} {} {:>TIME_WIDTH$}",
            self.printer
                .paint(result.status.style(), result.status.mark()),
            padded(label, room),
            result.seconds.map(duration).unwrap_or_default()
        )
    }

    /// The first signal is answered at once: the points may take some seconds to end.
    pub(crate) fn stopping(&mut self) {
        if !self.quiet && !self.running.is_empty() {
            let mark = self.printer.paint(Style::Yellow, "!");
            self.keep(&format!("{mark} stopping; once more to stop at once"));
        }
    }

    /// Prints a line that stays, above those that change.
    fn keep(&mut self, line: &str) {
        self.clear();
        self.printer.say(line.trim_end());
    }

    /// Takes the lines that change away, until they are drawn again.
    pub(crate) fn clear(&mut self) {
        if self.drawn > 0 {
            self.printer.draw(&self.start_over());
            self.drawn = 0;
        }
    }

    /// Draws the lines that change.
    pub(crate) fn draw(&mut self) {
        if self.quiet || !self.printer.is_terminal() || self.running.is_empty() {
            return;
        }
        // A row that fills the last column is continued by some terminals and not by others.
        let room = self.printer.columns_now().saturating_sub(1);
        let spinner = SPINNER[self.frame % SPINNER.len()];
        let mut rows: Vec<String> = self
            .running
            .iter()
            .take(MOST_LIVE)
            .map(|point| fitted(&point.row(spinner, room), room))
            .collect();
        if self.running.len() > MOST_LIVE {
            rows.push(format!("  and {} more", self.running.len() - MOST_LIVE));
        }
        rows.push(fitted(&self.all(), room));
        // The cursor waits at the beginning of the last row, where the echo of a typed Ctrl-C does not
        // begin a new one.
        let text = format!("{}{}\r", self.start_over(), rows.join("\r\n"));
        self.printer.draw(&text);
        self.drawn = rows.len();
        self.frame += 1;
    }

    /// The codes that go back to the first of the rows drawn, and erase from there.
    fn start_over(&self) -> String {
        match self.drawn {
            0 => String::new(),
            1 => "\r\x1b[J".to_owned(),
            rows => format!("\r\x1b[{}A\x1b[J", rows - 1),
        }
    }

    /// `12/93 points, 2 failed, about 3 min left`.
    fn all(&self) -> String {
        let mut words = format!(
            "{}/{}",
            self.before + self.ended,
            plural(self.points, "point")
        );
        if self.failed > 0 {
            words = format!("{words}, {} failed", self.failed);
        }
        let left = self.missing.saturating_sub(self.ended);
        if self.ended > 0 && left > 0 {
            let each = self.started.elapsed().as_secs_f64() / self.ended as f64;
            words = format!("{words}, about {} left", about(each * left as f64));
        }
        words
    }
}

impl Running {
    fn row(&self, spinner: &str, room: usize) -> String {
        let at = match self.cells.get() {
            (_, 0) => "kernel starts".to_owned(),
            (begun, all) => format!("cell {begun}/{all}"),
        };
        let time = duration(self.since.elapsed().as_secs_f64());
        let label = padded(
            &self.label,
            room.saturating_sub(4 + 2 + CELL_WIDTH + TIME_WIDTH),
        );
        format!("  {spinner} {label} {at:>CELL_WIDTH$} {time:>TIME_WIDTH$}")
    }
}

/// A time as an estimate: `20 s`, `3 min`, `2 h 10 min`.
fn about(seconds: f64) -> String {
    let up_to = |unit: f64| (seconds / unit).ceil() * unit;
    match seconds {
        ..55.0 => duration(up_to(5.0).max(10.0)),
        ..3600.0 => format!("{:.0} min", up_to(60.0) / 60.0),
        _ => duration(up_to(600.0)),
    }
}

/// Watches one point.
#[derive(Debug)]
pub(crate) struct PointProgress(Rc<Running>);

impl Observer for PointProgress {
    fn event(&mut self, event: &Event, document: &Document) {
        let cells = &document.notebook.cells;
        if let Event::CellStarted { cell, .. } = event
            && cells[*cell].is_code()
        {
            let begun = self.0.cells.get().0 + 1;
            let all = cells.iter().filter(|cell| cell.is_code()).count();
            self.0.cells.set((begun, all));
        }
    }
}

impl Drop for PointProgress {
    fn drop(&mut self) {
        self.0.ended.set(true);
    }
}

#[cfg(test)]
mod tests {
    use super::about;

    #[test]
    fn estimates_are_round() {
        for (seconds, expected) in [
            (1.0, "10 s"),
            (12.0, "15 s"),
            (70.0, "2 min"),
            (179.0, "3 min"),
            (4000.0, "1 h 10 min"),
        ] {
            assert_eq!(about(seconds), expected);
        }
    }
}
