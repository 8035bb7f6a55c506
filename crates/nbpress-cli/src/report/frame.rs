//! The code of the cell a run ended in, the line marked that the kernel's traceback points to.

use nbpress_format::cell::Cell;
use nbpress_format::notebook::Notebook;
use nbpress_format::output::OutputKind;
use nbpress_record::{ERROR_MARKER_TAG, Outcome, RunStatus};

use super::traceback;
use crate::printer::{Printer, Style, plural, printable};

/// Lines of code shown before and after the failing one.
const CONTEXT: usize = 3;

/// The most lines of code shown where the failing one is unknown.
const UNKNOWN_LINE_SHOWN: usize = 10;

/// A line of a cell that a traceback names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CellLine {
    /// The number in `In [ ]`.
    count: u64,
    /// From 1.
    line: usize,
}

/// The code around the place where a run ended, as lines: in the failing cell, then in the cell whose
/// function it had called, then the file of a library. Empty for a run that was cancelled where nobody
/// knows.
///
/// `position` is the failing cell's in `notebook`, which may contain papermill's markers.
pub(crate) fn code_frame(
    printer: Printer,
    notebook: &Notebook,
    outcome: &Outcome,
    position: usize,
) -> Vec<String> {
    let Some(cell) = notebook.cells.get(position) else {
        return Vec::new();
    };
    let traceback = match &outcome.error {
        Some(error) => traceback(&error.traceback),
        None => shown_traceback(cell),
    };
    let named = named_lines(&traceback);
    let own_count = cell.execution_count();
    let own = |named: &&CellLine| Some(named.count) == own_count;
    let failing = named.iter().rev().find(own).map(|named| named.line);
    if failing.is_none() && outcome.status == RunStatus::Cancelled {
        return Vec::new();
    }
    let mut lines = listing(printer, notebook, position, failing);
    if let Some(called) = named.last().filter(|last| !own(last))
        && let Some(other) = with_count(notebook, called.count)
    {
        lines.push("  which called".to_owned());
        lines.extend(listing(printer, notebook, other, Some(called.line)));
    }
    if let Some(place) = library_place(&traceback) {
        lines.extend(printer.wrap("  raised in ", 4, &printable(&place)));
    }
    lines
}

/// The traceback in a cell's outputs: a cell that was interrupted tells where it was.
fn shown_traceback(cell: &Cell) -> String {
    let of_error = |kind: &OutputKind| match kind {
        OutputKind::Error {
            traceback: frames, ..
        } => Some(traceback(frames)),
        _ => None,
    };
    let mut outputs = cell.outputs().iter().rev();
    outputs
        .find_map(|output| of_error(&output.kind))
        .unwrap_or_default()
}

fn with_count(notebook: &Notebook, count: u64) -> Option<usize> {
    let cells = notebook.cells.iter();
    cells
        .map(Cell::execution_count)
        .position(|other| other == Some(count))
}

/// Some lines of a cell under its name.
fn listing(
    printer: Printer,
    notebook: &Notebook,
    position: usize,
    failing: Option<usize>,
) -> Vec<String> {
    let cell = &notebook.cells[position];
    let code: Vec<&str> = cell.source.lines().collect();
    let failing = failing.filter(|&line| line <= code.len());
    let (first, last) = match failing {
        Some(line) => (
            line.saturating_sub(CONTEXT).max(1),
            (line + CONTEXT).min(code.len()),
        ),
        None => (1, code.len().min(UNKNOWN_LINE_SHOWN)),
    };
    // Markers papermill puts before cells do not count for people.
    let before = notebook.cells[..position].iter();
    let number = 1 + before
        .filter(|cell| !cell.has_tag(ERROR_MARKER_TAG))
        .count();
    let count = cell
        .execution_count()
        .map_or_else(String::new, |count| format!(" · In [{count}]"));
    let mut lines = vec![format!("  cell {number}{count}")];
    let digits = last.to_string().len();
    for (index, line) in code.iter().enumerate().take(last).skip(first - 1) {
        let marked = failing == Some(index + 1);
        let mark = if marked { ">" } else { " " };
        let text = format!("  {mark} {:>digits$} │ {}", index + 1, printable(line));
        let text = printer.fit(text.trim_end());
        lines.push(if marked {
            printer.paint(Style::Bold, &text)
        } else {
            text
        });
    }
    if last < code.len() {
        let more = plural(code.len() - last, "more line");
        lines.push(format!("  {:digits$}   ⋮ {more}", ""));
    }
    lines
}

/// The lines of cells that a traceback names, the innermost last: IPython's `Cell In[4], line 12`.
///
/// Deno's `<anonymous>:12:28` counts the lines of the JavaScript it made of the cell, which are others.
fn named_lines(traceback: &str) -> Vec<CellLine> {
    let named = traceback.split("Cell In[").skip(1).filter_map(|rest| {
        let (count, rest) = rest.split_once("], line ")?;
        Some(CellLine {
            count: count.parse().ok()?,
            line: leading_number(rest)?,
        })
    });
    named.collect()
}

/// `/usr/lib/python3.14/json/decoder.py:355, in JSONDecoder.raw_decode`: the innermost frame, where it
/// is in a file.
fn library_place(traceback: &str) -> Option<String> {
    let mut frames = traceback.lines().map(str::trim_start);
    let last = frames.rfind(|line| line.starts_with("File ") || line.starts_with("Cell In["))?;
    let place = last.strip_prefix("File ")?;
    let (file, function) = place.split_once(", in ")?;
    let function = function.split('(').next().unwrap_or_default();
    Some(format!("{file}, in {function}"))
}

fn leading_number(text: &str) -> Option<usize> {
    let digits = text.split(|char: char| !char.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracebacks_name_lines_of_cells() {
        let at = |count, line| CellLine { count, line };
        for (traceback, expected) in [
            ("Cell In[4], line 12, in f()\nFile x.py:3", vec![at(4, 12)]),
            (
                "Cell In[2], line 1\nCell In[1], line 3, in f(x)",
                vec![at(2, 1), at(1, 3)],
            ),
            (
                "Error: no\n    at f (<anonymous>:2:9)\n    at <anonymous>:7:1",
                vec![],
            ),
            ("Error in f(): no", vec![]),
            ("Cell In[x], line 1 Cell In[1], line ", vec![]),
        ] {
            assert_eq!(named_lines(traceback), expected, "{traceback}");
        }
    }

    #[test]
    fn the_innermost_file_is_named_where_the_cell_is_not_the_innermost() {
        for (traceback, expected) in [
            (
                "Cell In[1], line 1\nFile /lib/json.py:355, in Decoder.decode(self, s)\n    353 x",
                Some("/lib/json.py:355, in Decoder.decode"),
            ),
            (
                "File /lib/json.py:3, in f(x)\nCell In[1], line 1, in g()",
                None,
            ),
            ("ValueError: no", None),
        ] {
            assert_eq!(library_place(traceback).as_deref(), expected);
        }
    }
}
