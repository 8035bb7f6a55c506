//! Any file as a page.

use std::fmt;

use crate::html::{Html, whole};
use crate::page::Page;

/// A file to show.
#[derive(Clone, Debug)]
pub struct File<'a> {
    /// Its name, by whose ending it is known.
    pub name: &'a str,
    /// Its MIME type, where somebody said it; it is known by its name otherwise.
    pub mimetype: Option<&'a str>,
    /// All of it, or its beginning.
    pub bytes: &'a [u8],
    /// How many bytes the whole file has.
    pub size: u64,
}

/// The page of a file that is no notebook: Markdown, a table, JSON, an image, source or plain text;
/// HTML in a frame without scripts; its size and a link to it otherwise.
pub fn file(file: &File<'_>, page: &Page) -> String {
    whole(|out| file_to(out, file, page))
}

/// [`file()`], written piece by piece.
///
/// # Errors
/// The writer's own.
pub fn file_to(out: &mut impl fmt::Write, file: &File<'_>, page: &Page) -> fmt::Result {
    let html = &mut Html::new(out);
    page.begin(html, "")?;
    html.raw("<pre>")?;
    html.text(&String::from_utf8_lossy(file.bytes))?;
    html.raw("</pre>\n")?;
    page.end(html)
}
