//! Every word nbpress prints goes through here: stdout carries data, stderr speaks to people.
//!
//! Colour only where a terminal asks for it, and never as the only carrier of a meaning. Control
//! characters of a notebook's output are shown as text, not obeyed. Text is laid out for the terminal
//! it goes to; what goes to a file or a pipe is neither cut nor broken.

mod table;
mod text;

use std::io::{IsTerminal, Write};

use crate::settings::Settings;

pub(crate) use text::{
    columns, duration, fitted, fitted_path, padded, plural, printable, without_ansi, wrapped,
};

/// Narrowest and widest layout; text is easiest to read below 100 columns.
const WIDTHS: std::ops::RangeInclusive<usize> = 20..=100;

/// Columns of the names before facts.
const FACT_NAME: usize = 10;

/// Below this many columns, facts are not aligned.
const NARROW: usize = 60;

/// How to emphasise a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Cyan => "36",
        }
    }
}

/// What text is laid out for.
#[derive(Clone, Copy, Debug)]
struct Page {
    color: bool,
    /// Columns of the terminal, or of `COLUMNS`; `None` where lines may be as long as they like.
    columns: Option<usize>,
}

impl Page {
    fn of(stream: impl IsTerminal + std::os::fd::AsFd, settings: &Settings) -> Self {
        let terminal = stream.is_terminal();
        let dumb = settings.get("TERM") == Some("dumb");
        let forced = settings
            .get("CLICOLOR_FORCE")
            .is_some_and(|value| value != "0");
        let measured = rustix::termios::tcgetwinsize(stream)
            .ok()
            .map(|size| usize::from(size.ws_col));
        let told = settings
            .get("COLUMNS")
            .and_then(|columns| columns.parse().ok());
        Self {
            color: settings.get("NO_COLOR").is_none() && (forced || (terminal && !dumb)),
            columns: measured
                .filter(|&columns| columns > 0)
                .or(told)
                .or(terminal.then_some(80)),
        }
    }
}

/// Knows where words go and how they look there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    page: Page,
    data: Page,
    redraws: bool,
    data_is_seen: bool,
}

impl Printer {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            page: Page::of(std::io::stderr(), settings),
            data: Page::of(std::io::stdout(), settings),
            redraws: std::io::stderr().is_terminal() && settings.get("TERM") != Some("dumb"),
            data_is_seen: std::io::stdout().is_terminal() && std::io::stderr().is_terminal(),
        }
    }

    /// Whether people see what is printed as data, beside what is said to them.
    pub(crate) fn data_is_seen(self) -> bool {
        self.data_is_seen
    }

    /// Lays text out for stdout: its own width and colour.
    pub(crate) fn for_data(self) -> Self {
        Self {
            page: self.data,
            ..self
        }
    }

    /// Whether stderr can redraw a line.
    pub(crate) fn is_terminal(self) -> bool {
        self.redraws
    }

    /// Columns to lay tables out in.
    pub(crate) fn width(self) -> usize {
        let columns = self.page.columns.unwrap_or(80);
        columns.clamp(*WIDTHS.start(), *WIDTHS.end())
    }

    /// `text` cut where the terminal ends; whole where there is none.
    pub(crate) fn fit(self, text: &str) -> String {
        match self.page.columns {
            Some(columns) => fitted(text, columns),
            None => text.to_owned(),
        }
    }

    /// A path cut at its beginning so that `room` columns hold it; whole where there is no terminal.
    pub(crate) fn fit_path(self, path: &str, room: usize) -> String {
        let path = printable(path);
        match self.page.columns {
            Some(_) => fitted_path(&path, room),
            None => path,
        }
    }

    /// The lines of a text that begins after `lead`, broken between words where the terminal ends.
    /// Further lines are indented by `indent` columns.
    pub(crate) fn wrap(self, lead: &str, indent: usize, text: &str) -> Vec<String> {
        let width = self.page.columns.map(|_| self.width());
        let first = columns(&without_ansi(lead));
        let mut lines = wrapped(text, first, indent, width).into_iter();
        let head = format!("{lead}{}", lines.next().unwrap_or_default());
        let rest = lines.map(|line| " ".repeat(indent) + &line);
        std::iter::once(head).chain(rest).collect()
    }

    /// `name  value`: a fact about a run.
    pub(crate) fn fact(self, name: &str, value: &str) -> Vec<String> {
        // Where it is narrow, a run's id would not fit beside a column of names.
        let (name, indent) = if self.width() < NARROW {
            (name.to_owned(), 2)
        } else {
            (padded(name, FACT_NAME), FACT_NAME + 2)
        };
        let lead = format!("{}  ", self.paint(Style::Dim, &name));
        self.wrap(&lead, indent, &printable(value))
    }

    /// Columns beside the name of a [`fact`](Self::fact); endless where there is no terminal.
    pub(crate) fn fact_room(self) -> usize {
        let room = self.width().saturating_sub(FACT_NAME + 2);
        self.page.columns.map_or(usize::MAX, |_| room)
    }

    /// The lines of a shell command: one, or several that the shell reads as one.
    pub(crate) fn command(self, indent: usize, command: &str) -> Vec<String> {
        let fits = |columns: usize| indent + text::columns(command) <= columns;
        // A quoted word must not be broken.
        let quoted = command.contains(['"', '\'']);
        let Some(columns) = self.page.columns.filter(|&width| !quoted && !fits(width)) else {
            return vec![" ".repeat(indent) + command];
        };
        // Room for ` && \`.
        let width = Some(columns.saturating_sub(5));
        let mut lines: Vec<String> = Vec::new();
        for (index, part) in command.split(" && ").enumerate() {
            if let Some(last) = lines.last_mut().filter(|_| index > 0) {
                last.push_str(" && \\");
            }
            let part = with_values_kept(part);
            for (line, words) in wrapped(&part, indent, indent + 4, width).iter().enumerate() {
                if let Some(last) = lines.last_mut().filter(|_| line > 0) {
                    last.push_str(" \\");
                }
                let further = if line > 0 { 4 } else { 0 };
                let words = words.replace(NO_BREAK, " ");
                lines.push(format!("{}{words}", " ".repeat(indent + further)));
            }
        }
        lines
    }

    /// `text` emphasised, where colour is wanted.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.page.color {
            format!("\x1b[{}m{text}\x1b[0m", style.code())
        } else {
            text.to_owned()
        }
    }

    /// Columns of the terminal at this moment: people change it while they wait.
    #[expect(
        clippy::unused_self,
        reason = "only the printer knows where people read"
    )]
    pub(crate) fn columns_now(self) -> usize {
        let size = rustix::termios::tcgetwinsize(std::io::stderr());
        let columns = size.map_or(0, |size| usize::from(size.ws_col));
        if columns == 0 {
            80
        } else {
            columns.min(*WIDTHS.end())
        }
    }

    /// Text with control codes, for a terminal that redraws.
    #[expect(clippy::unused_self, reason = "printing is the printer's right alone")]
    pub(crate) fn draw(self, codes: &str) {
        let mut stderr = std::io::stderr().lock();
        // Nobody reads a closed stderr; a run must not end because of it.
        let _closed = stderr
            .write_all(codes.as_bytes())
            .and_then(|()| stderr.flush());
    }

    /// A line for people.
    #[expect(clippy::unused_self, reason = "printing is the printer's right alone")]
    pub(crate) fn say(self, line: &str) {
        // Nobody reads a closed stderr; a run must not end because of it.
        let _closed = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// Lines for people.
    pub(crate) fn say_all(self, lines: &[String]) {
        for line in lines {
            self.say(line);
        }
    }

    /// A sentence for people, broken between words where the terminal ends.
    pub(crate) fn say_wrapped(self, lead: &str, indent: usize, text: &str) {
        self.say_all(&self.wrap(lead, indent, text));
    }

    /// A line of data.
    #[expect(clippy::unused_self, reason = "printing is the printer's right alone")]
    pub(crate) fn data(self, line: &str) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(line.as_bytes())?;
        stdout.write_all(b"\n")?;
        stdout.flush()
    }

    /// Bytes of data as they are.
    #[expect(clippy::unused_self, reason = "printing is the printer's right alone")]
    pub(crate) fn bytes(self, bytes: &[u8]) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }
}

/// A space at which no line is broken.
const NO_BREAK: char = '\u{a0}';

/// A command whose options hold on to their values.
fn with_values_kept(command: &str) -> String {
    let mut out = String::new();
    let mut option = false;
    for word in command.split(' ') {
        let value = option && !word.starts_with('-');
        if !out.is_empty() {
            out.push(if value { NO_BREAK } else { ' ' });
        }
        out.push_str(word);
        option = word.starts_with('-');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_columns(columns: Option<usize>) -> Printer {
        let page = Page {
            color: false,
            columns,
        };
        Printer {
            page,
            data: page,
            redraws: false,
            data_is_seen: false,
        }
    }

    #[test]
    fn a_command_is_broken_so_that_the_shell_reads_it_as_one() {
        let narrow = of_columns(Some(32));
        for (command, expected) in [
            ("short enough -p a=1", vec!["  short enough -p a=1"]),
            (
                "nbpress run report.ipynb -p region=west -q",
                vec!["  nbpress run report.ipynb \\", "      -p region=west -q"],
            ),
            (
                "make one thing && make yet another",
                vec!["  make one thing && \\", "  make yet another"],
            ),
            (
                "a quoted word 'is not broken at all'",
                vec!["  a quoted word 'is not broken at all'"],
            ),
        ] {
            assert_eq!(narrow.command(2, command), expected);
        }
        let whole = "nbpress run report.ipynb -p region=west -q";
        assert_eq!(of_columns(None).command(0, whole), [whole]);
    }

    #[test]
    fn what_goes_to_a_pipe_is_neither_cut_nor_broken() {
        let text = "a line of more than twenty columns";
        let (narrow, pipe) = (of_columns(Some(20)), of_columns(None));
        assert_eq!(narrow.fit(text), "a line of more than…");
        assert_eq!(narrow.fit_path("some/folder/x.ipynb", 10), "…r/x.ipynb");
        assert_eq!(
            narrow.wrap("> ", 2, text),
            ["> a line of more", "  than twenty", "  columns"]
        );
        assert_eq!(pipe.fit(text), text);
        assert_eq!(
            pipe.fit_path("some/folder/x.ipynb", 10),
            "some/folder/x.ipynb"
        );
        assert_eq!(pipe.wrap("> ", 2, text), [format!("> {text}")]);
    }
}
