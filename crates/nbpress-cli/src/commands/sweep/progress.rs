//! A sweep as it happens: on a terminal a live line for each point that runs and one for all,
//! otherwise a line for each point that has ended.

use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use nbpress_execute::Observer;
use nbpress_record::{Document, Event};

use super::plan::Plan;
use super::result::{PointResult, PointStatus};
use crate::printer::{Printer, Style, duration, padded};

/// Columns of a point's live line beside its label: spinner, cells and time.
const LIVE_WIDTH: usize = 2 + 2 + 2 + 12 + 2 + 7;

/// Columns of the time at the end of a line.
const TIME_WIDTH: usize = 12;

/// Shows the sweep, on stderr.
#[derive(Debug)]
pub(crate) struct Progress {
    printer: Printer,
    quiet: bool,
    bars: MultiProgress,
    all: ProgressBar,
    running: Vec<ProgressBar>,
    points: usize,
    missing: usize,
    /// Points that ended in this process, and those that had ended before.
    ended: usize,
    before: usize,
    failed: usize,
    started: Instant,
}

impl Progress {
    pub(crate) fn new(printer: Printer, plan: &Plan, quiet: bool) -> Self {
        let live = printer.is_terminal() && !quiet;
        let target = if live {
            ProgressDrawTarget::stderr_with_hz(15)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bars = MultiProgress::with_draw_target(target);
        let all = bars.add(ProgressBar::no_length());
        all.set_style(style("{msg}"));
        Self {
            printer,
            quiet,
            bars,
            all,
            running: Vec::new(),
            points: plan.points.len(),
            missing: plan.missing().count(),
            ended: 0,
            before: 0,
            failed: 0,
            started: Instant::now(),
        }
    }

    /// A point begins; what it does is told to the observer.
    pub(crate) fn start(&mut self, label: &str) -> PointProgress {
        let bar = self.bars.insert_before(&self.all, ProgressBar::no_length());
        bar.set_style(style("  {spinner} {prefix}  {msg:>12}  {elapsed:>7}"));
        let width = self.printer.width().saturating_sub(LIVE_WIDTH).max(8);
        bar.set_prefix(padded(label, width));
        bar.set_message("kernel starts");
        self.running.retain(|bar| !bar.is_finished());
        self.running.push(bar.clone());
        self.show_all();
        PointProgress { bar, cells: 0 }
    }

    /// How many points failed.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// A point has ended, or had ended before.
    pub(crate) fn finished(&mut self, label: &str, result: &PointResult) {
        self.failed += usize::from(result.status == PointStatus::Failed);
        if result.reused || result.status == PointStatus::Running {
            self.before += 1;
            return;
        }
        self.ended += 1;
        // The table says the rest; without a terminal there is nothing else to see until then.
        if !self.quiet && (!self.printer.is_terminal() || result.status == PointStatus::Failed) {
            self.keep(label, result);
        }
        self.show_all();
    }

    fn keep(&self, label: &str, result: &PointResult) {
        let number = self.before + self.ended;
        let counter = format!(
            "{number:>width$}/{}",
            self.points,
            width = self.points.to_string().len()
        );
        let width = self
            .printer
            .width()
            .saturating_sub(counter.len() + 4 + TIME_WIDTH);
        let time = result.seconds.map(duration).unwrap_or_default();
        let line = format!(
            "{counter} {} {} {time:>TIME_WIDTH$}",
            self.printer
                .paint(result.status.style(), result.status.mark()),
            padded(label, width)
        );
        self.aside(|| self.printer.say(line.trim_end()));
    }

    /// Prints something above the live lines.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bars.suspend(print)
    }

    /// Turns the spinners and the clocks.
    pub(crate) fn tick(&self) {
        for bar in &self.running {
            bar.tick();
        }
    }

    /// Takes the live lines away.
    pub(crate) fn clear(&self) {
        self.all.finish_and_clear();
    }

    fn show_all(&self) {
        let mut words = format!("{}/{} points", self.before + self.ended, self.points);
        if self.failed > 0 {
            let failed = format!("{} failed", self.failed);
            words = format!("{words}, {}", self.printer.paint(Style::Red, &failed));
        }
        let left = self.missing.saturating_sub(self.ended);
        if self.ended > 0 && left > 0 {
            let each = self.started.elapsed().as_secs_f64() / self.ended as f64;
            words = format!("{words}, about {} left", about(each * left as f64));
        }
        self.all.set_message(words);
    }
}

/// A time as an estimate: `20 s`, `3 min`, `2 h 10 min`.
fn about(seconds: f64) -> String {
    let up_to = |unit: f64| (seconds / unit).ceil() * unit;
    match seconds {
        ..55.0 => duration(up_to(5.0).max(10.0)),
        ..3600.0 => format!("{:.0} min", (seconds / 60.0).ceil()),
        _ => duration(up_to(600.0)),
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

/// The live line of one point; gone when the point has ended.
#[derive(Debug)]
pub(crate) struct PointProgress {
    bar: ProgressBar,
    cells: usize,
}

impl Observer for PointProgress {
    fn event(&mut self, event: &Event, document: &Document) {
        let cells = &document.notebook.cells;
        if let Event::CellStarted { cell, .. } = event
            && cells[*cell].is_code()
        {
            self.cells += 1;
            let all = cells.iter().filter(|cell| cell.is_code()).count();
            self.bar.set_message(format!("cell {}/{all}", self.cells));
        }
    }
}

impl Drop for PointProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
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
