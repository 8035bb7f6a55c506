//! A folder as a page.

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;

use crate::html::{Html, whole};
use crate::page::Page;

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
    /// Where the page before and the page after are.
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
    page.begin(html, "")?;
    for entry in &listing.entries {
        html.text(&entry.name)?;
    }
    page.end(html)
}
