//! Source and plain text, with a number and an anchor for each line.

use std::fmt;

use super::{File, rest};
use crate::highlight::{self, Language};
use crate::html::Html;
use crate::page::Page;

pub(super) fn write(
    html: &mut Html<'_>,
    file: &File<'_>,
    language: Option<&'static Language>,
    page: &Page,
) -> fmt::Result {
    let (text, shown) = file.text(page);
    html.raw("<pre class=\"lines\" tabindex=\"0\"><code>")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let mut number = 1;
    begin(html, number)?;
    highlight::each(text, language, |class, piece| {
        for (index, part) in piece.split('\n').enumerate() {
            if index > 0 {
                number += 1;
                html.raw("</i>\n")?;
                begin(html, number)?;
            }
            highlight::span(html, class, part.strip_suffix('\r').unwrap_or(part))?;
        }
        Ok(())
    })?;
    html.raw("</i></code></pre>\n")?;
    rest(html, file, shown, page)
}

fn begin(html: &mut Html<'_>, number: usize) -> fmt::Result {
    html.raw("<i")?;
    html.attribute("id", &format!("L{number}"))?;
    html.raw("><a")?;
    html.attribute("href", &format!("#L{number}"))?;
    html.raw(">")?;
    html.show(number)?;
    html.raw("</a>")
}
