//! A notebook as a page: its failure first, then its outline, then cell after cell.

mod bundle;
mod cell;
mod failure;
mod image;
mod output;
#[cfg(test)]
mod tests;

use std::fmt;

use nbpress_format::cell::CellKind;
use nbpress_format::{Cell, Json, Notebook};

use crate::highlight::Language;
use crate::html::{Html, whole};
use crate::markdown::{Heading, Markdown};
use crate::page::{Layout, Page};
use failure::Failure;

pub use image::{Image, image};

/// The page of a notebook.
pub fn notebook(notebook: &Notebook, page: &Page) -> String {
    whole(|out| notebook_to(out, notebook, page))
}

/// [`notebook()`], written piece by piece.
///
/// # Errors
/// The writer's own.
pub fn notebook_to(out: &mut impl fmt::Write, notebook: &Notebook, page: &Page) -> fmt::Result {
    let html = &mut Html::new(out);
    let view = View::new(notebook, page);
    page.begin(html, Layout::Cells, &view.description())?;
    if let Some(failure) = Failure::find(notebook) {
        failure.write(html, &view)?;
    }
    view.outline(html)?;
    html.raw("<div class=\"cells\">\n")?;
    for (index, cell) in notebook.cells.iter().enumerate() {
        view.cell(html, index, cell)?;
    }
    html.raw("</div>\n")?;
    page.end(html)
}

/// Whether something in a notebook shows only where scripts run, see [`Options::live`](crate::Options).
pub fn wants_script(notebook: &Notebook) -> bool {
    let outputs = notebook.cells.iter().flat_map(Cell::outputs);
    let mut bundles = outputs.filter_map(bundle::data);
    bundles.any(|bundle| {
        let html = bundle.get("text/html").and_then(Json::as_str);
        bundle::interactive(bundle).is_some() || html.is_some_and(|html| html.contains("<script"))
    })
}

/// What all cells of a page share.
struct View<'a> {
    page: &'a Page,
    notebook: &'a Notebook,
    markdown: Markdown,
    language: Option<&'static Language>,
    /// The texts of Markdown cells, by the cell's index.
    texts: Vec<Option<crate::markdown::Text>>,
}

impl<'a> View<'a> {
    fn new(notebook: &'a Notebook, page: &'a Page) -> Self {
        let markdown = Markdown::new(&page.options);
        let text = |cell: &Cell| {
            (cell.kind == CellKind::Markdown && !failure::is_marker(cell))
                .then(|| markdown.text(&cell.source, |name| bundle::attachment(cell, name)))
        };
        Self {
            texts: notebook.cells.iter().map(text).collect(),
            language: notebook.language().and_then(Language::named),
            page,
            notebook,
            markdown,
        }
    }

    fn headings(&self) -> impl Iterator<Item = &Heading> {
        let texts = self.texts.iter().flatten();
        texts.flat_map(|text| &text.headings)
    }

    /// The first heading, for the preview of a link, or the number of cells.
    fn description(&self) -> String {
        match self.headings().next() {
            Some(heading) => heading.text.clone(),
            None => format!("A notebook of {} cells", self.notebook.cells.len()),
        }
    }

    fn outline(&self, html: &mut Html<'_>) -> fmt::Result {
        let shown = || {
            self.headings()
                .filter(|heading| heading.level <= 3 && !heading.text.is_empty())
        };
        // One heading is the title again.
        if shown().nth(1).is_none() {
            return Ok(());
        }
        html.raw("<nav class=\"outline\" aria-label=\"Outline\"><details><summary>Outline</summary><ul>\n")?;
        for heading in shown() {
            html.raw(match heading.level {
                1 => "<li class=\"l1\"><a",
                2 => "<li class=\"l2\"><a",
                _ => "<li class=\"l3\"><a",
            })?;
            html.attribute("href", &format!("#{}", heading.id))?;
            html.raw(">")?;
            html.text(&heading.text)?;
            html.raw("</a></li>\n")?;
        }
        html.raw("</ul></details></nav>\n")
    }
}
