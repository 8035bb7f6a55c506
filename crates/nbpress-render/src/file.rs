//! Any file as a page.

mod kind;
mod source;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nbpress_format::Json;

use crate::html::{Html, whole};
use crate::json_tree;
use crate::markdown::Markdown;
use crate::page::{Layout, Page};
use crate::size;
use kind::Kind;

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
    let kind = Kind::of(file);
    let description = format!("{}, {}", kind.name(), size::bytes(file.size));
    page.begin(html, Layout::Wide, &description)?;
    match kind {
        Kind::Markdown => markdown(html, file, page)?,
        Kind::Table(delimiter) => table::write(html, file, delimiter, page)?,
        Kind::Json => json(html, file, page)?,
        Kind::Image(mimetype) => image(html, file, mimetype, page)?,
        Kind::Html => frame(html, file, page)?,
        Kind::Source(language) => source::write(html, file, language, page)?,
        Kind::Parquet | Kind::Binary => facts(html, file, kind, page)?,
    }
    page.end(html)
}

impl File<'_> {
    /// As much of its text as is shown, to the end of a line, and how many bytes that is.
    fn text(&self, page: &Page) -> (Cow<'_, str>, usize) {
        let bytes = self.bytes;
        let most = page.options.most_output;
        let shown = if page.options.embed || bytes.len() <= most {
            bytes.len()
        } else {
            let line = bytes[..most].iter().rposition(|byte| *byte == b'\n');
            line.map_or(most, |end| end + 1)
        };
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = &text[..shown.min(text.len())];
        (String::from_utf8_lossy(text), shown)
    }

    /// Whether all of it is here and of a size to show.
    fn is_whole(&self, most: usize) -> bool {
        self.bytes.len() as u64 >= self.size && self.bytes.len() <= most
    }
}

/// Says how much of a file is not shown.
fn rest(html: &mut Html<'_>, file: &File<'_>, shown: usize, page: &Page) -> fmt::Result {
    let left = file.size.saturating_sub(shown as u64);
    if left == 0 {
        return Ok(());
    }
    html.raw("<p class=\"note\">")?;
    html.show(format_args!("{} more are in ", size::bytes(left)))?;
    page.raw_link(html, "the file")?;
    html.raw(".</p>\n")
}

fn markdown(html: &mut Html<'_>, file: &File<'_>, page: &Page) -> fmt::Result {
    let (text, shown) = file.text(page);
    html.raw("<article class=\"md\">")?;
    html.clean(&Markdown::new(&page.options).text(&text, |_| None).html)?;
    html.raw("</article>\n")?;
    rest(html, file, shown, page)
}

fn json(html: &mut Html<'_>, file: &File<'_>, page: &Page) -> fmt::Result {
    let parsed = file
        .is_whole(page.options.most_output)
        .then(|| Json::parse(file.bytes).ok())
        .flatten();
    match parsed {
        Some(json) => json_tree::write(html, &json),
        // It is too long for a tree, or not what it says it is.
        None => source::write(html, file, crate::highlight::Language::named("json"), page),
    }
}

fn image(html: &mut Html<'_>, file: &File<'_>, mimetype: &str, page: &Page) -> fmt::Result {
    let url = match &page.options.raw_url {
        Some(url) if !page.options.embed => url.clone(),
        _ => format!(
            "data:{mimetype};base64,{}",
            BASE64_STANDARD.encode(file.bytes)
        ),
    };
    html.raw("<img class=\"plot\"")?;
    html.attribute("src", &url)?;
    html.attribute("alt", file.name)?;
    html.raw(">\n")
}

/// An HTML file, in a frame that may do nothing: no script, no form, no way out.
fn frame(html: &mut Html<'_>, file: &File<'_>, page: &Page) -> fmt::Result {
    html.raw("<iframe class=\"frame\" sandbox")?;
    html.attribute("title", file.name)?;
    if let Some(url) = &page.options.frame_url {
        html.attribute("src", url)?;
    } else {
        let (text, _) = file.text(page);
        html.attribute("srcdoc", &text)?;
    }
    html.raw("></iframe>\n<p class=\"note\">Shown without its scripts; they are in ")?;
    page.raw_link(html, "the file")?;
    html.raw(".</p>\n")
}

fn facts(html: &mut Html<'_>, file: &File<'_>, kind: Kind, page: &Page) -> fmt::Result {
    html.raw("<div class=\"facts\"><p>")?;
    html.raw(kind.name())?;
    html.raw(", ")?;
    html.text(&size::bytes(file.size))?;
    html.raw("</p>")?;
    if page.options.raw_url.is_some() {
        html.raw("<p>")?;
        page.raw_link(html, "Download")?;
        html.raw("</p>")?;
    }
    html.raw("</div>\n")
}
