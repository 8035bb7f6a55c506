//! Why a notebook failed, where the reader looks first.

use std::fmt;

use nbpress_format::json::Json;
use nbpress_format::output::OutputKind;
use nbpress_format::{Cell, Notebook};

use super::View;
use crate::html::Html;
use crate::terminal;

/// The tag of the two cells with which papermill points at a failure; the card here says the same.
const MARKER_TAG: &str = "papermill-error-cell-tag";

/// The lines around the one that failed that are shown.
const AROUND: usize = 2;

/// Whether a cell only points at a failure.
pub(super) fn is_marker(cell: &Cell) -> bool {
    cell.has_tag(MARKER_TAG)
}

/// What ended a notebook.
#[derive(Debug, PartialEq)]
pub(super) struct Failure<'a> {
    /// The index of the cell, where one failed.
    cell: Option<usize>,
    /// What happened, in one line.
    title: String,
    /// The line of the cell that failed, from 1.
    line: Option<usize>,
    /// More about it.
    detail: Option<&'a str>,
}

impl<'a> Failure<'a> {
    /// The failure of a notebook: the error of the cell its record names, else the last error that no
    /// tag allows, else whatever the record says about the end.
    pub(super) fn find(notebook: &'a Notebook) -> Option<Self> {
        let own = notebook.metadata.get("nbpress");
        let word = |key| own.and_then(|own| own.get(key)).and_then(Json::as_str);
        let failed = |cell: &Cell| {
            let block = cell.metadata.get("papermill");
            let exception = block.and_then(|block| block.get("exception"));
            exception.and_then(Json::as_bool) == Some(true)
        };
        let error = notebook
            .cells
            .iter()
            .enumerate()
            .rev()
            .find_map(|(index, cell)| {
                let tolerated = cell.has_tag("raises-exception") && !failed(cell);
                if tolerated {
                    None
                } else {
                    Self::error(index, cell)
                }
            });
        let ended = notebook.cells.iter().position(failed);
        match (error, ended) {
            (Some(error), Some(cell)) if error.cell != Some(cell) => Some(
                Self::error(cell, &notebook.cells[cell]).unwrap_or_else(|| Self {
                    cell: Some(cell),
                    title: word("reason").unwrap_or("The cell failed").to_owned(),
                    line: None,
                    detail: None,
                }),
            ),
            (Some(error), _) => Some(error),
            (None, cell) => {
                let ended = matches!(word("status"), Some("failed" | "cancelled" | "lost"));
                (cell.is_some() || ended).then(|| Self {
                    cell,
                    title: word("reason").unwrap_or("The run failed").to_owned(),
                    line: None,
                    detail: None,
                })
            }
        }
    }

    fn error(index: usize, cell: &'a Cell) -> Option<Self> {
        cell.outputs().iter().find_map(|output| {
            let OutputKind::Error {
                ename,
                evalue,
                traceback,
            } = &output.kind
            else {
                return None;
            };
            let exited = ename == "SystemExit" && matches!(evalue.as_str(), "" | "0");
            let message = terminal::plain(evalue);
            let (first, more) = message.split_once('\n').unwrap_or((&message, ""));
            let title = match (ename.is_empty(), first.is_empty()) {
                (false, false) => format!("{ename}: {first}"),
                (false, true) => ename.clone(),
                _ => first.to_owned(),
            };
            (!exited).then(|| Self {
                cell: Some(index),
                title,
                line: failed_line(traceback, cell),
                detail: (!more.trim().is_empty()).then_some(evalue.as_str()),
            })
        })
    }

    /// The card at the top.
    pub(super) fn write(&self, html: &mut Html<'_>, view: &View<'_>) -> fmt::Result {
        html.raw("<section class=\"failure\" aria-label=\"Failure\"><header><h2>")?;
        html.text(&self.title)?;
        html.raw("</h2>")?;
        let Some(index) = self.cell else {
            return html.raw("</header></section>\n");
        };
        let cell = &view.notebook.cells[index];
        html.raw("<a")?;
        html.attribute("href", &format!("#cell-{}", index + 1))?;
        html.raw(">Go to ")?;
        match cell.execution_count() {
            Some(count) => html.show(format_args!("cell [{count}]"))?,
            None => html.raw("the cell")?,
        }
        html.raw("</a></header>")?;
        if let Some(detail) = self.detail {
            html.raw("<div class=\"detail\">")?;
            terminal::write(html, detail, 8)?;
            html.raw("</div>")?;
        }
        if !view.page.options.hide_code {
            self.lines(html, cell)?;
        }
        html.raw("</section>\n")
    }

    /// The line that failed, with those around it; the beginning of the cell where it is not known.
    fn lines(&self, html: &mut Html<'_>, cell: &Cell) -> fmt::Result {
        let at = self.line.unwrap_or(1);
        let from = at.saturating_sub(AROUND).max(1);
        let shown = cell.source.lines().enumerate();
        let shown = shown.skip(from - 1).take(at + AROUND + 1 - from);
        html.raw("<pre tabindex=\"0\"><code>")?;
        for (index, text) in shown {
            let number = index + 1;
            let hit = self.line == Some(number);
            html.raw(if hit { "<mark><b>" } else { "<b>" })?;
            html.show(format_args!("{number:>3}"))?;
            html.raw("</b> ")?;
            html.text(text)?;
            html.raw(if hit { "</mark>\n" } else { "\n" })?;
        }
        html.raw("</code></pre>")
    }
}

/// The line of the cell in IPython's traceback, which marks it as `----> 3 text`; the last mark whose
/// text is that line of this cell.
fn failed_line(traceback: &[String], cell: &Cell) -> Option<usize> {
    let lines: Vec<&str> = cell.source.lines().collect();
    traceback.iter().rev().find_map(|part| {
        let plain = terminal::plain(part);
        plain.lines().find_map(|line| {
            let marked = line
                .trim_start()
                .trim_start_matches('-')
                .strip_prefix("> ")?;
            let (number, text) = marked.trim_start().split_once(' ').unwrap_or((marked, ""));
            let number: usize = number.trim().parse().ok()?;
            let own = lines.get(number.checked_sub(1)?)?;
            (own.trim() == text.trim()).then_some(number)
        })
    })
}
