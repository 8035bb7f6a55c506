//! Every word nbpress prints goes through here: stdout carries data, stderr speaks to people.
//!
//! Colour only where a terminal asks for it, and never as the only carrier of a meaning. Control
//! characters of a notebook's output are shown as text, not obeyed.

use std::io::{IsTerminal, Write};

use unicode_width::UnicodeWidthChar;

use crate::settings::Settings;

/// Narrowest and widest layout; text is easiest to read below 100 columns.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=100;

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

/// Knows the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    color: bool,
    terminal: bool,
    width: usize,
}

impl Printer {
    pub(crate) fn new(settings: &Settings) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let dumb = settings.get("TERM") == Some("dumb");
        let forced = settings
            .get("CLICOLOR_FORCE")
            .is_some_and(|value| value != "0");
        let color = settings.get("NO_COLOR").is_none() && (forced || (terminal && !dumb));
        let told = settings
            .get("COLUMNS")
            .and_then(|columns| columns.parse().ok());
        let measured = rustix::termios::tcgetwinsize(std::io::stderr())
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|&columns| columns > 0);
        let width = measured
            .or(told)
            .unwrap_or(80)
            .clamp(*WIDTHS.start(), *WIDTHS.end());
        Self {
            color,
            terminal: terminal && !dumb,
            width,
        }
    }

    /// Whether stderr can redraw a line.
    pub(crate) fn is_terminal(self) -> bool {
        self.terminal
    }

    /// Columns to lay text out in.
    pub(crate) fn width(self) -> usize {
        self.width
    }

    /// `text` emphasised, where colour is wanted.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.color {
            format!("\x1b[{}m{text}\x1b[0m", style.code())
        } else {
            text.to_owned()
        }
    }

    /// A line for people.
    #[expect(clippy::unused_self, reason = "printing is the printer's right alone")]
    pub(crate) fn say(self, line: &str) {
        // Nobody reads a closed stderr; a run must not end because of it.
        let _closed = writeln!(std::io::stderr().lock(), "{line}");
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

/// One printable line: escape sequences removed, control characters as spaces.
pub(crate) fn printable(text: &str) -> String {
    without_ansi(text)
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}

/// `text` without terminal escape sequences
/// (ECMA-48 CSI and OSC, <https://ecma-international.org/publications-and-standards/standards/ecma-48/>).
pub(crate) fn without_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\x1b' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('[') => {
                chars.by_ref().find(|end| ('\x40'..='\x7e').contains(end));
            }
            Some(']') => {
                chars.by_ref().find(|end| *end == '\x07' || *end == '\x1b');
            }
            _ => {}
        }
    }
    out
}

/// `text` cut to `width` columns, an ellipsis where something is missing.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    let columns = |char: char| char.width().unwrap_or(0);
    if text.chars().map(columns).sum::<usize>() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|&char| {
        used += columns(char);
        used <= width
    });
    kept.collect::<String>() + "…"
}

/// `text` fitted and filled up with spaces to exactly `width` columns.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let text = fitted(text, width);
    let used: usize = text.chars().map(|char| char.width().unwrap_or(0)).sum();
    text + &" ".repeat(width.saturating_sub(used))
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of seconds"
    )]
    let whole = seconds.round() as u64;
    match whole {
        ..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_fitted_by_columns() {
        for (text, width, expected) in [
            ("short", 10, "short"),
            ("exactly ten", 11, "exactly ten"),
            ("too long", 5, "too …"),
            ("日本語です", 6, "日本…"),
        ] {
            assert_eq!(fitted(text, width), expected);
        }
        assert_eq!(padded("ab", 4), "ab  ");
    }

    #[test]
    fn escapes_are_removed_not_obeyed() {
        assert_eq!(
            printable("\x1b[31mred\x1b[0m\rover\x1b]0;title\x07!"),
            "red over!"
        );
    }

    #[test]
    fn durations_read_well() {
        for (seconds, expected) in [
            (0.04, "0.0 s"),
            (9.94, "9.9 s"),
            (59.4, "59 s"),
            (185.0, "3 min 5 s"),
            (7440.0, "2 h 4 min"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }
}
