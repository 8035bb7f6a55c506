//! One cell: its counter, its source, what it produced.

use std::fmt;

use nbpress_format::Cell;
use nbpress_format::cell::CellKind;
use nbpress_format::json::Json;

use super::{View, failure};
use crate::highlight;
use crate::html::Html;

impl View<'_> {
    pub(super) fn cell(&self, html: &mut Html<'_>, index: usize, cell: &Cell) -> fmt::Result {
        if failure::is_marker(cell) || cell.has_tag("remove-cell") || cell.has_tag("remove_cell") {
            return Ok(());
        }
        match &cell.kind {
            CellKind::Code { .. } => self.code(html, index, cell),
            CellKind::Markdown => self.prose(html, index),
            CellKind::Raw | CellKind::Other(_) if cell.source.is_empty() => Ok(()),
            CellKind::Raw | CellKind::Other(_) => {
                open(html, "<div class=\"cell raw\"", index)?;
                html.raw("<div class=\"in\">")?;
                source(html, cell, |html| html.text(&cell.source))?;
                html.raw("</div></div>\n")
            }
        }
    }

    fn prose(&self, html: &mut Html<'_>, index: usize) -> fmt::Result {
        let Some(text) = &self.texts[index] else {
            return Ok(());
        };
        open(html, "<div class=\"cell text\"", index)?;
        html.raw("<div class=\"md\">")?;
        html.clean(&text.html)?;
        html.raw("</div></div>\n")
    }

    fn code(&self, html: &mut Html<'_>, index: usize, cell: &Cell) -> fmt::Result {
        let source = if self.page.options.hide_code || cell.source.is_empty() {
            Shown::Removed
        } else {
            Shown::source(cell)
        };
        let outputs = if cell.outputs().is_empty() {
            Shown::Removed
        } else {
            Shown::outputs(cell)
        };
        if source == Shown::Removed && outputs == Shown::Removed {
            return Ok(());
        }
        let kind = if cell.has_tag("injected-parameters") {
            "<div class=\"cell code param injected\""
        } else if cell.has_tag("parameters") {
            "<div class=\"cell code param\""
        } else {
            "<div class=\"cell code\""
        };
        open(html, kind, index)?;
        if source != Shown::Removed {
            counter(html, cell)?;
            self.input(html, cell, source)?;
        }
        if outputs == Shown::Open {
            html.raw("<div class=\"out\">")?;
            self.outputs(html, index)?;
            html.raw("</div>")?;
        } else if outputs == Shown::Folded {
            html.raw("<details class=\"out\"><summary>Output</summary>")?;
            self.outputs(html, index)?;
            html.raw("</details>")?;
        }
        html.raw("</div>\n")
    }

    fn input(&self, html: &mut Html<'_>, cell: &Cell, shown: Shown) -> fmt::Result {
        let folded = shown == Shown::Folded;
        html.raw(if folded {
            "<details class=\"in\"><summary>Code</summary>"
        } else {
            "<div class=\"in\">"
        })?;
        if cell.has_tag("injected-parameters") {
            html.raw("<span class=\"tag\">Parameters of this run</span>")?;
        } else if cell.has_tag("parameters") {
            html.raw("<span class=\"tag\">Parameters</span>")?;
        }
        source(html, cell, |html| {
            highlight::write_cell(html, &cell.source, self.language)
        })?;
        html.raw(if folded { "</details>" } else { "</div>" })
    }
}

fn open(html: &mut Html<'_>, tag: &'static str, index: usize) -> fmt::Result {
    html.raw(tag)?;
    html.attribute("id", &format!("cell-{}", index + 1))?;
    html.raw(">")
}

/// The counter and the time it took, as the record has it.
fn counter(html: &mut Html<'_>, cell: &Cell) -> fmt::Result {
    html.raw("<div class=\"count\">")?;
    match cell.execution_count() {
        Some(count) => html.show(format_args!("[{count}]"))?,
        None => html.raw("[ ]")?,
    }
    let seconds = cell
        .metadata
        .get("papermill")
        .and_then(|block| block.get("duration"))
        .and_then(Json::as_f64);
    if let Some(seconds) = seconds.filter(|seconds| *seconds >= 0.0005) {
        html.raw("<small>")?;
        html.text(&duration(seconds))?;
        html.raw("</small>")?;
    }
    html.raw("</div>")
}

fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0}ms", seconds * 1000.0)
    } else if seconds < 60.0 {
        format!("{seconds:.1}s")
    } else if seconds < 3600.0 {
        format!(
            "{:.0}m {:02.0}s",
            (seconds / 60.0).floor(),
            (seconds % 60.0).floor()
        )
    } else {
        format!(
            "{:.0}h {:02.0}m",
            (seconds / 3600.0).floor(),
            (seconds / 60.0 % 60.0).floor()
        )
    }
}

fn source(
    html: &mut Html<'_>,
    cell: &Cell,
    write: impl FnOnce(&mut Html<'_>) -> fmt::Result,
) -> fmt::Result {
    html.raw(if highlight::is_wide(&cell.source) {
        "<pre tabindex=\"0\"><code>"
    } else {
        "<pre><code>"
    })?;
    write(html)?;
    html.raw("</code></pre>")
}

/// Whether a part of a cell is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Open,
    /// Its author, or the report mode of a run, hid it.
    Folded,
    /// A tag says that it is in no report.
    Removed,
}

impl Shown {
    fn source(cell: &Cell) -> Self {
        Self::of(cell, ["hide_input", "source_hidden"], "input")
    }

    fn outputs(cell: &Cell) -> Self {
        Self::of(cell, ["collapsed", "outputs_hidden"], "output")
    }

    /// By the key that classic tools set, the one in Jupyter's own block, and tags with this ending.
    fn of(cell: &Cell, [classic, own]: [&str; 2], part: &str) -> Self {
        let is_true = |json: Option<&Json>| json.and_then(Json::as_bool) == Some(true);
        let tag = |verb: &str| {
            cell.tags()
                .any(|tag| tag.replace('_', "-") == format!("{verb}-{part}"))
        };
        let jupyter = cell.metadata.get("jupyter");
        if tag("remove") {
            Self::Removed
        } else if tag("hide")
            || is_true(cell.metadata.get(classic))
            || is_true(jupyter.and_then(|block| block.get(own)))
        {
            Self::Folded
        } else {
            Self::Open
        }
    }
}
