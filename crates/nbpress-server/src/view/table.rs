//! A file that holds a table as a page: a part at a time, sorted by whichever column, without script.

use nbpress_contents::{Entry, Kind};
use nbpress_render::{Link, Page, Sheet, SheetColumn, Sorted, sheet};
use nbpress_runs::Permission;
use nbpress_tables::{ColumnKind, Format, Query, SortKey, Table, TableError, in_words, json_rows};
use serde_json::Value;

use super::shown::Shown;
use super::{MOST_OF_A_FILE, Wish};
use crate::App;
use crate::error::ApiResult;
use crate::guard::Who;
use crate::jupyter::{JupyterSettings, escape};
use crate::search::SERVED;
use crate::tables::{ask, open_file};

/// Rows of one page.
const PART: u64 = 100;
/// Columns of one page.
const MOST_COLUMNS: usize = 200;

/// The format of a file that is shown as a table. Of one that is text and short, all is shown at once.
pub(super) fn format(entry: &Entry, wish: &Wish) -> Option<Format> {
    let format = Format::of_name(&entry.name).filter(|_| wish.version.is_none())?;
    let long = entry.size.unwrap_or_default() > MOST_OF_A_FILE;
    (long || !is_text(format)).then_some(format)
}

/// To the screen on which a table is sorted, filtered and drawn, for those who may ask for its rows.
pub(super) fn explore_link(app: &App, who: &Who, entry: &Entry, wish: &Wish) -> Option<Link> {
    let is_table = entry.kind == Kind::File && Format::of_name(&entry.name).is_some();
    let may_ask = wish.version.is_none() && who.may(Permission::Read, SERVED);
    (is_table && may_ask).then(|| Link {
        text: "Explore".to_owned(),
        href: app
            .base
            .join(&format!("explore?path={}", escape(entry.path.as_str()))),
        download: false,
    })
}

/// Whether a file of the format can also be shown as it is.
pub(super) fn is_text(format: Format) -> bool {
    matches!(format, Format::Csv | Format::JsonLines)
}

pub(super) async fn show(
    jupyter: &JupyterSettings,
    entry: &Entry,
    format: Format,
    wish: &Wish,
    page: Page,
) -> ApiResult<Shown> {
    let file = open_file(jupyter, &entry.path).await?;
    let part = Part::of(wish);
    let work = move |table: &Table| part.sheet(table);
    let shown = ask(move || Table::read(file, format), work).await?;
    Ok(Shown::page(sheet(&shown, &page)))
}

/// Which rows are shown.
#[derive(Clone, Debug)]
struct Part {
    /// From 1.
    page: usize,
    sort: Option<SortKey>,
}

impl Part {
    fn of(wish: &Wish) -> Self {
        let descending = wish.descending.as_deref() == Some("1");
        let sort = wish.sort.clone().filter(|column| !column.is_empty());
        Self {
            page: wish.page.unwrap_or(1).max(1),
            sort: sort.map(|column| SortKey { column, descending }),
        }
    }

    fn sheet(&self, table: &Table) -> Result<Sheet, TableError> {
        let fields = table.schema().fields();
        let names = fields.iter().take(MOST_COLUMNS).map(|field| field.name());
        let query = Query {
            offset: (self.page as u64 - 1).saturating_mul(PART),
            limit: PART,
            sort: self.sort.clone().into_iter().collect(),
            columns: (fields.len() > MOST_COLUMNS).then(|| names.cloned().collect()),
            ..Query::default()
        };
        let page = table.page(&query)?;
        let rows = json_rows(&page.rows)?;
        let after = query.offset.saturating_add(rows.len() as u64);
        let columns = page.rows.schema_ref().fields().iter().map(|field| {
            let number = ColumnKind::of(field.data_type()) == ColumnKind::Number;
            self.column(field.name(), in_words(field.data_type()), number)
        });
        Ok(Sheet {
            columns: columns.collect(),
            all_columns: fields.len(),
            rows: rows.into_iter().map(texts).collect(),
            before: usize::try_from(query.offset).unwrap_or(usize::MAX),
            total: usize::try_from(page.matching).unwrap_or(usize::MAX),
            previous: (self.page > 1).then(|| link(self.page - 1, self.sort.as_ref())),
            next: (after < page.matching).then(|| link(self.page + 1, self.sort.as_ref())),
        })
    }

    fn column(&self, name: &str, holds: String, is_number: bool) -> SheetColumn {
        let sorted = self.sort.as_ref().filter(|sort| sort.column == name);
        let sorted = sorted.map(|sort| {
            if sort.descending {
                Sorted::Descending
            } else {
                Sorted::Ascending
            }
        });
        let next = SortKey {
            column: name.to_owned(),
            descending: sorted == Some(Sorted::Ascending),
        };
        SheetColumn {
            name: name.to_owned(),
            holds,
            is_number,
            href: link(1, Some(&next)),
            sorted,
        }
    }
}

fn link(page: usize, sort: Option<&SortKey>) -> String {
    let sort = sort.map(|sort| {
        let descending = if sort.descending { "&descending=1" } else { "" };
        format!("&sort={}{descending}", escape(&sort.column))
    });
    format!("?page={page}{}", sort.unwrap_or_default())
}

fn texts(row: Vec<Value>) -> Vec<Option<String>> {
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    row.into_iter().map(text).collect()
}
