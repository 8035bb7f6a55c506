//! One page of a table of any length: its columns and their types, its rows, and the way to the others.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::html::{Html, whole};
use crate::listing::page_link;
use crate::page::{Layout, Page};
use crate::terminal::grouped;

/// The bytes of a field that are shown.
const LONGEST_FIELD: usize = 2000;

/// What a page of a table has to show.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The columns, in the order they are shown.
    pub columns: Vec<SheetColumn>,
    /// How many columns the table has, with those that are not shown.
    pub all_columns: usize,
    /// The rows, each with a field for every column; a null has no text.
    pub rows: Vec<Vec<Option<String>>>,
    /// Rows of the table before these.
    pub before: usize,
    /// Rows of the table.
    pub total: usize,
    /// Where the page before this one is.
    pub previous: Option<String>,
    /// Where the page after this one is.
    pub next: Option<String>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub struct SheetColumn {
    /// Its name.
    pub name: String,
    /// What it holds, in a word or two.
    pub holds: String,
    /// Whether its fields are numbers, which are set to the right.
    pub is_number: bool,
    /// Where the table is sorted by it, or the other way around.
    pub href: String,
    /// How the rows are sorted by it.
    pub sorted: Option<Sorted>,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// The page of a table.
pub fn sheet(sheet: &Sheet, page: &Page) -> String {
    whole(|out| {
        let html = &mut Html::new(out);
        let description = format!(
            "{} rows, {} columns",
            grouped(sheet.total),
            grouped(sheet.all_columns)
        );
        page.begin(html, Layout::Wide, &description)?;
        html.raw("<p class=\"note\">")?;
        html.show(&description)?;
        let hidden = sheet.all_columns.saturating_sub(sheet.columns.len());
        if hidden > 0 {
            html.show(format_args!(
                ", of which the first {} are shown",
                sheet.columns.len()
            ))?;
        }
        html.raw(".</p>\n")?;
        html.raw("<div class=\"sheet\" tabindex=\"0\"><table><thead><tr><td></td>")?;
        for column in &sheet.columns {
            heading(html, column)?;
        }
        html.raw("</tr></thead><tbody>\n")?;
        for (index, fields) in sheet.rows.iter().enumerate() {
            row(html, sheet, sheet.before + index + 1, fields)?;
        }
        html.raw("</tbody></table></div>\n")?;
        pages(html, sheet)?;
        page.end(html)
    })
}

fn heading(html: &mut Html<'_>, column: &SheetColumn) -> fmt::Result {
    html.raw("<th scope=\"col\"")?;
    if column.is_number {
        html.raw(" class=\"num\"")?;
    }
    let (state, arrow) = match column.sorted {
        None => ("", ""),
        Some(Sorted::Ascending) => (" aria-sort=\"ascending\"", " ↑"),
        Some(Sorted::Descending) => (" aria-sort=\"descending\"", " ↓"),
    };
    html.raw(state)?;
    html.raw("><a")?;
    html.attribute("href", &column.href)?;
    html.raw(">")?;
    html.text(&column.name)?;
    html.raw(arrow)?;
    html.raw("</a><small>")?;
    html.text(&column.holds)?;
    html.raw("</small></th>")
}

fn row(
    html: &mut Html<'_>,
    sheet: &Sheet,
    number: usize,
    fields: &[Option<String>],
) -> fmt::Result {
    html.raw("<tr><th scope=\"row\">")?;
    html.text(&grouped(number))?;
    html.raw("</th>")?;
    for (column, field) in sheet.columns.iter().zip(fields) {
        html.raw(match (field, column.is_number) {
            (None, _) => "<td class=\"null\">",
            (Some(_), true) => "<td class=\"num\">",
            (Some(_), false) => "<td>",
        })?;
        html.text(field.as_deref().map_or("null", shortened))?;
        html.raw("</td>")?;
    }
    html.raw("</tr>\n")
}

fn shortened(field: &str) -> &str {
    &field[..field.floor_char_boundary(LONGEST_FIELD)]
}

fn pages(html: &mut Html<'_>, sheet: &Sheet) -> fmt::Result {
    if sheet.previous.is_none() && sheet.next.is_none() {
        return Ok(());
    }
    html.raw("<nav class=\"pages\" aria-label=\"Pages\"><span>")?;
    page_link(html, sheet.previous.as_deref(), "← Before")?;
    html.raw("</span><span>")?;
    if !sheet.rows.is_empty() {
        let last = sheet.before + sheet.rows.len();
        let (first, last) = (grouped(sheet.before + 1), grouped(last));
        html.show(format_args!("{first}–{last} of {}", grouped(sheet.total)))?;
    }
    html.raw("</span><span>")?;
    page_link(html, sheet.next.as_deref(), "More →")?;
    html.raw("</span></nav>\n")
}
