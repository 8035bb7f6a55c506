//! The text of a terminal: colours, and what `\r` and backspace do to a line.
//!
//! Understood are colours and attributes (SGR, ECMA-48 8.3.117: 16, 256 and 24-bit colours), erasing
//! in a line, `\r`, backspace and the text of links. Every other sequence is left out.

mod style;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::html::Html;
use style::Style;

/// Writes terminal texts, one after the other as one text.
///
/// Lines after `open` go into a `<details>`, where it is worth it.
pub(crate) fn write(html: &mut Html<'_>, text: &str, open: usize) -> fmt::Result {
    let lines = text.bytes().filter(|byte| *byte == b'\n').count();
    // A fold that hides a few lines only is more trouble than they are.
    let fold_at = (lines > open + open / 2).then_some(open);
    let mut screen = Screen::default();
    html.raw("<pre class=\"term\">")?;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if fold_at == Some(index) {
            html.raw("</pre><details class=\"more\"><summary>")?;
            html.show(format_args!("{} more lines", grouped(lines - index)))?;
            html.raw("</summary><pre class=\"term\">")?;
        }
        screen.line(html, line)?;
    }
    html.raw("</pre>")?;
    if fold_at.is_some() {
        html.raw("</details>")?;
    }
    Ok(())
}

/// A text without any of its sequences, as it would be read.
pub(crate) fn plain(text: &str) -> String {
    let mut screen = Screen::default();
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        screen.read(line.trim_end_matches('\n'));
        out.extend(screen.cells.drain(..).map(|cell| cell.character));
        screen.cursor = 0;
        if line.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

/// A number with a comma before each three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[derive(Clone, Copy)]
struct Character {
    character: char,
    style: Style,
}

/// The line the cursor is in.
#[derive(Default)]
struct Screen {
    style: Style,
    cells: Vec<Character>,
    cursor: usize,
}

impl Screen {
    fn line(&mut self, html: &mut Html<'_>, line: &str) -> fmt::Result {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let printed = |byte: u8| byte >= b' ' || byte == b'\t' || byte == 0x1b;
        if text.bytes().all(printed) && !text.contains("\u{1b}[2K") {
            self.straight(html, text)?;
        } else {
            self.read(text);
            self.write_cells(html)?;
        }
        if text.len() < line.len() {
            html.raw("\n")?;
        }
        Ok(())
    }

    /// A line in which the cursor only goes on; nearly all are.
    fn straight(&mut self, html: &mut Html<'_>, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            self.style.write(html, before)?;
            rest = self.sequence(after);
        }
        self.style.write(html, rest)
    }

    fn write_cells(&mut self, html: &mut Html<'_>) -> fmt::Result {
        let mut run = String::new();
        for same in self.cells.chunk_by(|a, b| a.style == b.style) {
            run.clear();
            run.extend(same.iter().map(|cell| cell.character));
            same[0].style.write(html, &run)?;
        }
        self.cells.clear();
        self.cursor = 0;
        Ok(())
    }

    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            rest = &rest[character.len_utf8()..];
            match character {
                '\r' => self.cursor = 0,
                '\u{8}' => self.cursor = self.cursor.saturating_sub(1),
                '\u{1b}' => rest = self.sequence(rest),
                '\t' => self.put(character),
                _ if character.is_control() => {}
                _ => self.put(character),
            }
        }
    }

    fn put(&mut self, character: char) {
        let style = self.style;
        let cell = Character { character, style };
        match self.cells.get_mut(self.cursor) {
            Some(place) => *place = cell,
            None => self.cells.push(cell),
        }
        self.cursor += 1;
    }

    /// Obeys what follows an escape and gives what is after it.
    fn sequence<'t>(&mut self, text: &'t str) -> &'t str {
        if let Some(control) = text.strip_prefix('[') {
            let body = control.find(|c: char| !matches!(c, ' '..='?'));
            let Some(end) = body else { return "" };
            let (parameters, rest) = control.split_at(end);
            let mut rest = rest.chars();
            match rest.next() {
                Some('m') => self.style.change(parameters),
                Some('K') => self.erase(parameters),
                _ => {}
            }
            return rest.as_str();
        }
        if let Some(command) = text.strip_prefix([']', 'P', '_', '^', 'X']) {
            return after_string(command);
        }
        // Two characters, or three where the first is an intermediate one, as in `ESC ( B`.
        let mut rest = text.chars();
        if matches!(rest.next(), Some(' '..='/')) {
            rest.next();
        }
        rest.as_str()
    }

    fn erase(&mut self, parameters: &str) {
        match parameters {
            "" | "0" => self.cells.truncate(self.cursor),
            "2" => {
                self.cells.clear();
                for _ in 0..std::mem::take(&mut self.cursor) {
                    self.put(' ');
                }
            }
            _ => {}
        }
    }
}

/// What is after a command string: it ends with a bell or with `ESC \`.
fn after_string(text: &str) -> &str {
    match text.find(['\u{7}', '\u{1b}']) {
        Some(end) if text[end..].starts_with("\u{1b}\\") => &text[end + 2..],
        Some(end) if text[end..].starts_with('\u{7}') => &text[end + 1..],
        Some(end) => &text[end..],
        None => "",
    }
}
