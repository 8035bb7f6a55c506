//! How an error reads: what happened, its causes, what to do next; and where in a cell it was.

use nbpress_execute::ExecuteError;
use nbpress_execute::path_template::PathTemplateError;
use nbpress_execute::sweep::SpaceError;
use nbpress_execute::sweep::values::ValuesError;
use nbpress_execute::yaml::YamlError;
use nbpress_format::notebook::Notebook;
use nbpress_record::{CellError, Outcome};
use nbpress_storage::{LocationError, StorageError};

use crate::printer::{Printer, Style, fitted, printable, without_ansi};

/// Lines of code shown before and after the failing one.
const CONTEXT: usize = 3;

/// The most lines of code shown where the failing one is unknown.
const UNKNOWN_LINE_SHOWN: usize = 10;

/// Prints an error with its causes and its hint.
pub(crate) fn error(printer: Printer, error: &anyhow::Error) {
    match error.downcast_ref::<ExecuteError>() {
        Some(error) => execute_error(printer, error),
        None => {
            chain(printer, error.as_ref());
            say_hint(printer, error.chain().find_map(hint));
        }
    }
}

/// The advice beside an error.
fn hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let values = || error.downcast_ref().and_then(ValuesError::hint);
    let space = || error.downcast_ref().and_then(SpaceError::hint);
    let path = || error.downcast_ref().and_then(PathTemplateError::hint);
    let yaml = || error.downcast_ref().and_then(YamlError::hint);
    let location = || error.downcast_ref().and_then(LocationError::hint);
    let storage = || error.downcast_ref().and_then(StorageError::hint);
    values()
        .or_else(space)
        .or_else(path)
        .or_else(yaml)
        .or_else(location)
        .or_else(storage)
}

fn say_hint(printer: Printer, hint: Option<String>) {
    if let Some(hint) = hint {
        printer.say(&format!("\n{} {hint}", printer.paint(Style::Cyan, "hint:")));
    }
}

/// [`error`] of a run that could not be started, or not be written.
pub(crate) fn execute_error(printer: Printer, error: &ExecuteError) {
    chain(printer, error);
    if let ExecuteError::Parameters { problems, .. } = error {
        for problem in problems {
            printer.say(&format!("  - {problem}"));
        }
    }
    say_hint(printer, error.hint());
}

fn chain(printer: Printer, error: &dyn std::error::Error) {
    printer.say(&format!("{} {error}", printer.paint(Style::Red, "error:")));
    let mut source = error.source();
    while let Some(cause) = source {
        printer.say(&format!("  cause: {cause}"));
        source = cause.source();
    }
}

/// The failing cell's code, the failing line marked where the traceback tells it.
pub(crate) fn code_frame(
    printer: Printer,
    notebook: &Notebook,
    outcome: &Outcome,
    position: usize,
) {
    let Some(cell) = notebook.cells.get(position) else {
        return;
    };
    let failing = outcome.error.as_ref().and_then(failing_line);
    let lines: Vec<&str> = cell.source.lines().collect();
    let (first, last) = match failing {
        Some(line) => (
            line.saturating_sub(CONTEXT).max(1),
            (line + CONTEXT).min(lines.len()),
        ),
        None => (1, lines.len().min(UNKNOWN_LINE_SHOWN)),
    };
    let count = cell
        .execution_count()
        .map_or_else(String::new, |count| format!(" · In [{count}]"));
    // Markers papermill puts before the cell do not count for people.
    let number = outcome.cell.unwrap_or(position) + 1;
    printer.say(&format!("\n  cell {number}{count}"));
    for (number, line) in lines.iter().enumerate().take(last).skip(first - 1) {
        let number = number + 1;
        let marked = failing == Some(number);
        let text = format!(
            "  {} {number:>4} │ {}",
            if marked { ">" } else { " " },
            printable(line)
        );
        let text = fitted(&text, printer.width());
        printer.say(&if marked {
            printer.paint(Style::Bold, &text)
        } else {
            text
        });
    }
    if last < lines.len() {
        printer.say(&format!("         ⋮ {} more lines", lines.len() - last));
    }
}

/// The line of the cell an IPython traceback points to: the last `Cell In[n], line N` in it.
fn failing_line(error: &CellError) -> Option<usize> {
    let text = without_ansi(&error.traceback.join("\n"));
    let after = text.rsplit_once("Cell In[")?.1.split_once("], line ")?.1;
    after
        .split(|char: char| !char.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_frame_of_the_cell_counts() {
        let error = |traceback: &str| CellError {
            ename: "E".into(),
            evalue: String::new(),
            traceback: traceback.lines().map(str::to_owned).collect(),
        };
        for (traceback, line) in [
            (
                "Cell \x1b[0;32mIn[4], line 12\x1b[0m, in f()\nFile x.py:3",
                Some(12),
            ),
            ("Cell In[2], line 1\nCell In[1], line 3, in f(x)", Some(3)),
            ("Error in f(): no", None),
        ] {
            assert_eq!(failing_line(&error(traceback)), line, "{traceback}");
        }
    }
}
