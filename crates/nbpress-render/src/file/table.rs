//! Comma- and tab-separated values as a table (<https://www.rfc-editor.org/rfc/rfc4180>).

use std::borrow::Cow;
use std::fmt;

use super::File;
use crate::html::Html;
use crate::page::Page;
use crate::terminal::grouped;

/// The columns that are shown.
const MOST_COLUMNS: usize = 200;

/// The bytes of a field that are shown.
const LONGEST_FIELD: usize = 2000;

pub(super) fn write(
    html: &mut Html<'_>,
    file: &File<'_>,
    delimiter: Option<u8>,
    page: &Page,
) -> fmt::Result {
    let bytes = file
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(file.bytes);
    let mut records = Records {
        rest: bytes,
        delimiter: delimiter.unwrap_or_else(|| guess(bytes)),
    };
    let Some(head) = records.next() else {
        return html.raw("<p class=\"empty\">This table is empty.</p>\n");
    };
    let rows: Vec<Vec<Cow<'_, str>>> = records.by_ref().take(page.options.most_rows).collect();
    let columns = rows.iter().chain([&head]).map(Vec::len).max();
    let columns = columns.unwrap_or_default();
    let shown = columns.min(MOST_COLUMNS);
    let numeric: Vec<bool> = (0..shown).map(|column| is_numeric(&rows, column)).collect();
    html.raw("<div class=\"sheet\" tabindex=\"0\"><table><thead><tr><td></td>")?;
    for (column, numeric) in numeric.iter().enumerate() {
        html.raw(if *numeric {
            "<th scope=\"col\" class=\"num\">"
        } else {
            "<th scope=\"col\">"
        })?;
        html.text(head.get(column).map_or("", AsRef::as_ref))?;
        html.raw("</th>")?;
    }
    html.raw("</tr></thead><tbody>\n")?;
    for (index, row) in rows.iter().enumerate() {
        html.raw("<tr><th scope=\"row\">")?;
        html.show(index + 1)?;
        html.raw("</th>")?;
        for (column, numeric) in numeric.iter().enumerate() {
            html.raw(if *numeric {
                "<td class=\"num\">"
            } else {
                "<td>"
            })?;
            html.text(row.get(column).map_or("", AsRef::as_ref))?;
            html.raw("</td>")?;
        }
        html.raw("</tr>\n")?;
    }
    html.raw("</tbody></table></div>\n")?;
    let left = records.count();
    let whole = file.bytes.len() as u64 >= file.size;
    summary(html, page, rows.len(), (left, whole), columns)
}

/// How many rows and columns there are, and what is not shown.
fn summary(
    html: &mut Html<'_>,
    page: &Page,
    shown: usize,
    (left, whole): (usize, bool),
    columns: usize,
) -> fmt::Result {
    html.raw("<p class=\"note\">")?;
    let more = if whole { "" } else { "more than " };
    let rows = grouped(shown + left);
    html.show(format_args!(
        "{more}{rows} rows, {} columns. ",
        grouped(columns)
    ))?;
    if left > 0 || !whole || columns > MOST_COLUMNS {
        html.show(format_args!("The first {} rows", grouped(shown)))?;
        if columns > MOST_COLUMNS {
            html.show(format_args!(" and {MOST_COLUMNS} columns"))?;
        }
        html.raw(" are shown; all of them are in ")?;
        page.raw_link(html, "the file")?;
        html.raw(".")?;
    }
    html.raw("</p>\n")
}

/// The delimiter that the first line has most of.
fn guess(bytes: &[u8]) -> u8 {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let count = |delimiter: u8| line.matches(char::from(delimiter)).count();
    // Of equals the last wins, and that is the comma.
    let best = [b'|', b'\t', b';', b',']
        .into_iter()
        .max_by_key(|one| count(*one));
    best.unwrap_or(b',')
}

fn is_numeric(rows: &[Vec<Cow<'_, str>>], column: usize) -> bool {
    let mut any = false;
    for field in rows.iter().filter_map(|row| row.get(column)) {
        let field = field.trim();
        if field.is_empty() {
            continue;
        }
        if field.trim_end_matches('%').parse::<f64>().is_err() {
            return false;
        }
        any = true;
    }
    any
}

/// The records of a file, one after the other.
struct Records<'a> {
    rest: &'a [u8],
    delimiter: u8,
}

impl<'a> Iterator for Records<'a> {
    type Item = Vec<Cow<'a, str>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut record = Vec::new();
        loop {
            let (field, ends) = self.field();
            record.push(field);
            if ends {
                return Some(record);
            }
        }
    }
}

impl<'a> Records<'a> {
    /// The next field, and whether it is the record's last.
    fn field(&mut self) -> (Cow<'a, str>, bool) {
        let mut quoted = Vec::new();
        let start = self.rest;
        let is_quoted = start.first() == Some(&b'"');
        if is_quoted {
            self.rest = &start[1..];
            self.unquote(&mut quoted);
        }
        let after = self.rest;
        let end = after
            .iter()
            .position(|byte| *byte == self.delimiter || *byte == b'\n')
            .unwrap_or(after.len());
        let ends = after.get(end) != Some(&self.delimiter);
        self.rest = after.get(end + 1..).unwrap_or_default();
        let plain = &after[..end];
        let plain = if ends {
            plain.strip_suffix(b"\r").unwrap_or(plain)
        } else {
            plain
        };
        if is_quoted {
            quoted.extend_from_slice(plain);
            let text = String::from_utf8_lossy(shortened(&quoted)).into_owned();
            (Cow::Owned(text), ends)
        } else {
            (String::from_utf8_lossy(shortened(plain)), ends)
        }
    }

    /// Reads on to the closing quote; two of them are one of the text.
    fn unquote(&mut self, out: &mut Vec<u8>) {
        loop {
            let end = self.rest.iter().position(|byte| *byte == b'"');
            let Some(end) = end else {
                out.extend_from_slice(self.rest);
                self.rest = &[];
                return;
            };
            out.extend_from_slice(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            if self.rest.first() != Some(&b'"') {
                return;
            }
            out.push(b'"');
            self.rest = &self.rest[1..];
        }
    }
}

fn shortened(field: &[u8]) -> &[u8] {
    &field[..field.len().min(LONGEST_FIELD)]
}
