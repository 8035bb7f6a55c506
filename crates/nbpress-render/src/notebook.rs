//! A notebook as a page.

use std::fmt;

use nbpress_format::Notebook;

use crate::html::{Html, whole};
use crate::page::Page;

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
    page.begin(html, "")?;
    for cell in &notebook.cells {
        html.raw("<pre>")?;
        html.text(&cell.source)?;
        html.raw("</pre>\n")?;
    }
    page.end(html)
}
