//! The lines at the end of the terminal that change: what happens now, for how long, and the last line
//! it printed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::printer::{Printer, duration, fitted, padded};

/// How often they are drawn.
const EVERY: Duration = Duration::from_millis(100);

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Columns of a time at the end of a line: `23 h 59 min`.
pub(crate) const TIME_WIDTH: usize = 11;

/// Draws from a thread of its own, so that the time goes on while nothing is heard from the kernel.
/// Where stderr cannot redraw a line, nothing is drawn.
#[derive(Debug)]
pub(crate) struct Live {
    shared: Arc<Shared>,
    ticker: Option<JoinHandle<()>>,
}

/// The part that others may hold: prints lines that stay.
#[derive(Clone, Debug)]
pub(crate) struct Above(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    printer: Printer,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    /// What happens, and since when.
    now: Option<(String, Instant)>,
    last_line: String,
    /// Rows on the screen at this moment.
    drawn: usize,
    frame: usize,
    ended: bool,
}

impl Live {
    pub(crate) fn new(printer: Printer) -> Self {
        let shared = Arc::new(Shared {
            printer,
            state: Mutex::new(State {
                now: None,
                last_line: String::new(),
                drawn: 0,
                frame: 0,
                ended: false,
            }),
            ended: Condvar::new(),
        });
        let for_ticker = Arc::clone(&shared);
        let ticker = printer
            .is_terminal()
            .then(|| std::thread::spawn(move || for_ticker.tick()));
        Self { shared, ticker }
    }

    /// Something new happens. It is drawn once it takes a moment.
    pub(crate) fn show(&self, label: &str) {
        let mut state = self.shared.lock();
        state.now = Some((label.to_owned(), Instant::now()));
        state.last_line.clear();
    }

    /// What happens has printed a line.
    pub(crate) fn set_last_line(&self, line: String) {
        self.shared.lock().last_line = line;
    }

    /// Nothing happens any more.
    pub(crate) fn clear(&self) {
        let mut state = self.shared.lock();
        state.now = None;
        state.erase(self.shared.printer);
    }

    /// For lines that stay.
    pub(crate) fn above(&self) -> Above {
        Above(Arc::clone(&self.shared))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.clear();
        self.shared.lock().ended = true;
        self.shared.ended.notify_all();
        if let Some(ticker) = self.ticker.take() {
            let _panicked = ticker.join();
        }
    }
}

impl Above {
    /// Prints lines that stay, above those that change.
    pub(crate) fn keep<'a>(&self, lines: impl IntoIterator<Item = &'a str>) {
        let mut state = self.0.lock();
        state.erase(self.0.printer);
        for line in lines {
            self.0.printer.say(line.trim_end());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) {
        let mut state = self.lock();
        while !state.ended {
            state.draw(self.printer);
            let waited = self.ended.wait_timeout(state, EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn draw(&mut self, printer: Printer) {
        let Some((label, since)) = &self.now else {
            return;
        };
        // A row that fills the last column is continued by some terminals and not by others.
        let room = printer.columns_now().saturating_sub(1);
        let time = duration(since.elapsed().as_secs_f64());
        let spinner = SPINNER[self.frame % SPINNER.len()];
        let label = padded(label, room.saturating_sub(4 + 1 + TIME_WIDTH));
        let mut rows = vec![fitted(
            &format!("  {spinner} {label} {time:>TIME_WIDTH$}"),
            room,
        )];
        if !self.last_line.is_empty() {
            rows.push(fitted(&format!("      │ {}", self.last_line), room));
        }
        // The cursor waits at the beginning of the last row, where the echo of a typed Ctrl-C does not
        // begin a new one.
        let text = format!("{}{}\r", self.start_over(), rows.join("\r\n"));
        printer.draw(&text);
        self.drawn = rows.len();
        self.frame += 1;
    }

    fn erase(&mut self, printer: Printer) {
        let codes = self.start_over();
        if !codes.is_empty() {
            printer.draw(&codes);
        }
        self.drawn = 0;
    }

    /// The codes that go back to the first of the rows drawn, and erase from there.
    fn start_over(&self) -> String {
        match self.drawn {
            0 => String::new(),
            1 => "\r\x1b[J".to_owned(),
            rows => format!("\r\x1b[{}A\x1b[J", rows - 1),
        }
    }
}
