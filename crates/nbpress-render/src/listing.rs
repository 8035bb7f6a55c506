//! A folder as a page.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;

use crate::html::{Html, whole};
use crate::page::{Layout, Page};
use crate::size;
use crate::terminal::grouped;

/// What a folder has to show.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The entries to show, in the order to show them; [`Order::sort`] sorts them.
    pub entries: Vec<Entry>,
    /// How they are sorted.
    pub order: Order,
    /// What was searched for; empty when nothing was.
    pub search: String,
    /// How many entries there are, where these are one page of them.
    pub total: Option<usize>,
    /// Where the page before this one is.
    pub previous: Option<String>,
    /// Where the page after this one is.
    pub next: Option<String>,
}

/// One entry of a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// Where it is shown.
    pub href: String,
    /// Where it is edited, for readers who may.
    pub edit: Option<String>,
    /// What it is.
    pub kind: EntryKind,
    /// When it was changed.
    pub modified: Option<Timestamp>,
    /// Its bytes.
    pub size: Option<u64>,
}

/// What an entry is, in the order of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A folder.
    Directory,
    /// A notebook.
    Notebook,
    /// Any other file.
    File,
}

/// A column a listing can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// Folders first, then by name.
    #[default]
    Name,
    /// By kind, then by name.
    Kind,
    /// By time; without one last.
    Modified,
    /// By bytes; without any last.
    Size,
}

/// How a listing is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// By which column.
    pub by: Column,
    /// Backwards.
    pub descending: bool,
}

impl Order {
    /// Reads the value of `?sort=`: `name`, `kind`, `modified` or `size`, with `-` before it for
    /// backwards. Anything else is by name.
    pub fn from_query(value: &str) -> Self {
        let (descending, column) = match value.strip_prefix('-') {
            Some(column) => (true, column),
            None => (false, value),
        };
        let by = match column {
            "kind" => Column::Kind,
            "modified" => Column::Modified,
            "size" => Column::Size,
            "name" => Column::Name,
            _ => return Self::default(),
        };
        Self { by, descending }
    }

    /// The value of `?sort=` that [`Order::from_query`] reads as this.
    pub fn to_query(self) -> String {
        let column = match self.by {
            Column::Name => "name",
            Column::Kind => "kind",
            Column::Modified => "modified",
            Column::Size => "size",
        };
        let sign = if self.descending { "-" } else { "" };
        format!("{sign}{column}")
    }

    /// Sorts entries. Names are compared without case; what has no time or size comes last.
    pub fn sort(self, entries: &mut [Entry]) {
        entries.sort_by_cached_key(|entry| (entry.name.to_lowercase(), entry.name.clone()));
        let direction = |ordering: Ordering| {
            if self.descending {
                ordering.reverse()
            } else {
                ordering
            }
        };
        let folder = |entry: &Entry| entry.kind != EntryKind::Directory;
        match self.by {
            Column::Name => {
                if self.descending {
                    entries.reverse();
                }
                entries.sort_by_key(folder);
            }
            Column::Kind => entries.sort_by(|a, b| direction(a.kind.cmp(&b.kind))),
            Column::Modified => entries.sort_by(|a, b| last(a.modified, b.modified, direction)),
            Column::Size => entries.sort_by(|a, b| last(a.size, b.size, direction)),
        }
    }
}

fn last<T: Ord>(a: Option<T>, b: Option<T>, direction: impl Fn(Ordering) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => direction(a.cmp(&b)),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// The page of a folder.
pub fn listing(listing: &Listing, page: &Page) -> String {
    whole(|out| listing_to(out, listing, page))
}

/// [`listing()`], written piece by piece.
///
/// # Errors
/// The writer's own.
pub fn listing_to(out: &mut impl fmt::Write, listing: &Listing, page: &Page) -> fmt::Result {
    let html = &mut Html::new(out);
    page.begin(html, Layout::Wide, "")?;
    search(html, listing)?;
    if listing.entries.is_empty() {
        html.raw(if listing.search.is_empty() {
            "<p class=\"empty\">This folder is empty.</p>\n"
        } else {
            "<p class=\"empty\">Nothing here has that in its name.</p>\n"
        })?;
    } else {
        table(html, listing)?;
    }
    pages(html, listing)?;
    page.end(html)
}

fn search(html: &mut Html<'_>, listing: &Listing) -> fmt::Result {
    html.raw("<form class=\"search\" role=\"search\" method=\"get\"><input type=\"search\" name=\"q\" aria-label=\"Search this folder\" placeholder=\"Search this folder\"")?;
    html.attribute("value", &listing.search)?;
    html.raw(">")?;
    if listing.order != Order::default() {
        html.raw("<input type=\"hidden\" name=\"sort\"")?;
        html.attribute("value", &listing.order.to_query())?;
        html.raw(">")?;
    }
    html.raw("<button>Search</button></form>\n")
}

fn table(html: &mut Html<'_>, listing: &Listing) -> fmt::Result {
    html.raw("<table class=\"listing\"><thead><tr>")?;
    for (column, name, open) in [
        (Column::Name, "Name", "<th scope=\"col\""),
        (Column::Kind, "Kind", "<th scope=\"col\" class=\"kind\""),
        (
            Column::Modified,
            "Modified",
            "<th scope=\"col\" class=\"when\"",
        ),
        (Column::Size, "Size", "<th scope=\"col\" class=\"num\""),
    ] {
        html.raw(open)?;
        heading(html, listing, column, name)?;
    }
    html.raw("</tr></thead><tbody>\n")?;
    for entry in &listing.entries {
        row(html, entry)?;
    }
    html.raw("</tbody></table>\n")
}

/// A column's heading, which sorts by it, or the other way around.
fn heading(html: &mut Html<'_>, listing: &Listing, by: Column, name: &'static str) -> fmt::Result {
    let sorted = listing.order.by == by;
    if sorted {
        html.raw(if listing.order.descending {
            " aria-sort=\"descending\""
        } else {
            " aria-sort=\"ascending\""
        })?;
    }
    let next = Order {
        by,
        descending: sorted && !listing.order.descending,
    };
    let mut href = format!("?sort={}", next.to_query());
    if !listing.search.is_empty() {
        href += "&q=";
        href.extend(encoded(&listing.search));
    }
    html.raw("><a")?;
    html.attribute("href", &href)?;
    html.raw(">")?;
    html.raw(name)?;
    if sorted {
        html.raw(if listing.order.descending {
            " ↓"
        } else {
            " ↑"
        })?;
    }
    html.raw("</a></th>")
}

/// A text as part of a query.
fn encoded(text: &str) -> impl Iterator<Item = String> {
    text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    })
}

fn row(html: &mut Html<'_>, entry: &Entry) -> fmt::Result {
    let (open, kind) = match entry.kind {
        EntryKind::Directory => ("<tr class=\"dir\"><td><a", "Folder"),
        EntryKind::Notebook => ("<tr class=\"nb\"><td><a", "Notebook"),
        EntryKind::File => ("<tr><td><a", "File"),
    };
    html.raw(open)?;
    html.attribute("href", &entry.href)?;
    html.raw(">")?;
    html.text(&entry.name)?;
    html.raw("</a>")?;
    if let Some(edit) = &entry.edit {
        html.raw(" <a class=\"edit\"")?;
        html.attribute("href", edit)?;
        html.attribute("aria-label", &format!("Edit {}", entry.name))?;
        html.raw(">Edit</a>")?;
    }
    html.raw("</td><td class=\"kind\">")?;
    html.raw(kind)?;
    html.raw("</td><td class=\"when\">")?;
    if let Some(modified) = entry.modified {
        html.raw("<time")?;
        html.attribute("datetime", &format!("{modified:.0}"))?;
        html.raw(">")?;
        html.show(modified.strftime("%Y-%m-%d %H:%M"))?;
        html.raw("</time>")?;
    }
    html.raw("</td><td class=\"num\">")?;
    if let Some(size) = entry.size {
        html.text(&size::bytes(size))?;
    }
    html.raw("</td></tr>\n")
}

fn pages(html: &mut Html<'_>, listing: &Listing) -> fmt::Result {
    if listing.previous.is_none() && listing.next.is_none() && listing.total.is_none() {
        return Ok(());
    }
    html.raw("<nav class=\"pages\" aria-label=\"Pages\"><span>")?;
    page_link(html, listing.previous.as_deref(), "← Before")?;
    html.raw("</span><span>")?;
    if let Some(total) = listing.total {
        html.show(format_args!(
            "{} of {}",
            grouped(listing.entries.len()),
            grouped(total)
        ))?;
    }
    html.raw("</span><span>")?;
    page_link(html, listing.next.as_deref(), "More →")?;
    html.raw("</span></nav>\n")
}

pub(crate) fn page_link(
    html: &mut Html<'_>,
    href: Option<&str>,
    text: &'static str,
) -> fmt::Result {
    let Some(href) = href else { return Ok(()) };
    html.raw("<a")?;
    html.attribute("href", href)?;
    html.raw(">")?;
    html.raw(text)?;
    html.raw("</a>")
}
