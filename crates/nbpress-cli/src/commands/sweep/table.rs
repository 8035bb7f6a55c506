//! The table of a sweep: in the width of the terminal for people, in full as CSV.

use indexmap::{IndexMap, IndexSet};
use nbpress_format::json::Json;
use nbpress_format::parameters::ParameterValue;
use nbpress_record::{Scrap, Store};
use unicode_width::UnicodeWidthStr as _;

use super::plan::{Plan, PlannedPoint};
use super::result::{PointStatus, Row};
use crate::printer::{Printer, Style, duration, fitted, padded, printable};

/// Columns between two columns.
const GAP: usize = 2;

/// The widest a column of text may be while others need room.
const NARROW: usize = 8;

/// The most characters of a text that are kept for the table.
const LONGEST_KEPT: usize = 120;

/// What stands in a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Aligned by its decimal point; never cut.
    Number(String),
    /// Cut where there is no room.
    Text(String),
}

impl Value {
    /// A scrap with data that fits a table; displays and data frames do not.
    pub(crate) fn of_scrap(scrap: &Scrap) -> Option<Self> {
        let data = field(scrap)?;
        Some(match data {
            Json::Number(number) if number.is_integer() => Self::Number(number.as_str().to_owned()),
            Json::Number(number) => Self::Number(six_digits(number.as_f64())),
            other => Self::Text(
                printable(&plain(other))
                    .chars()
                    .take(LONGEST_KEPT)
                    .collect(),
            ),
        })
    }

    fn of_parameter(value: &ParameterValue) -> Self {
        let text = value.to_python_str();
        match value {
            ParameterValue::Int(_) | ParameterValue::Float(_) => Self::Number(text),
            _ => Self::Text(printable(&text).chars().take(LONGEST_KEPT).collect()),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Number(text) | Self::Text(text) => text,
        }
    }
}

fn field(scrap: &Scrap) -> Option<&Json> {
    scrap.data.as_ref().filter(|_| scrap.encoder != "pandas")
}

/// A text as it is, anything else as JSON.
fn plain(json: &Json) -> String {
    json.as_str()
        .map_or_else(|| json.to_compact(), str::to_owned)
}

/// A number with the six digits that matter.
fn six_digits(number: f64) -> String {
    if number == 0.0 {
        return "0.0".to_owned();
    }
    if !number.is_finite() || !(1e-4..1e6).contains(&number.abs()) {
        return format!("{number:.5e}");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 9, by the range above"
    )]
    let decimals = (5.0 - number.abs().log10().floor()).max(1.0) as usize;
    let text = format!("{number:.decimals$}");
    let short = text.trim_end_matches('0');
    let point = if short.ends_with('.') { "0" } else { "" };
    format!("{short}{point}")
}

/// One column.
struct Column {
    heading: String,
    fields: Vec<String>,
    right: bool,
    style: Vec<Option<Style>>,
    /// The narrowest and the widest it may be.
    least: usize,
    most: usize,
}

impl Column {
    fn new(heading: &str, values: &[Option<Value>]) -> Self {
        let heading = printable(heading);
        let given = || values.iter().flatten();
        let numbers = given().all(|value| matches!(value, Value::Number(_)));
        let texts = values
            .iter()
            .map(|value| value.as_ref().map_or("", Value::text));
        let fields: Vec<String> = if numbers {
            aligned(texts)
        } else {
            texts.map(str::to_owned).collect()
        };
        let widest = fields.iter().map(|field| field.width()).max().unwrap_or(0);
        let least = if numbers { widest } else { widest.min(NARROW) };
        Self {
            least: least.max(heading.width().min(NARROW)),
            most: widest.max(heading.width()),
            style: vec![None; fields.len()],
            right: numbers && given().next().is_some(),
            fields,
            heading,
        }
    }

    /// What stands where columns are missing.
    fn ellipsis(rows: usize) -> Self {
        Self::new("…", &vec![Some(Value::Text("…".to_owned())); rows])
    }

    fn filled(&self, text: &str, width: usize) -> String {
        if !self.right {
            return padded(text, width);
        }
        let text = fitted(text, width);
        format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
    }
}

/// Numbers with their decimal points under each other.
fn aligned<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let split = |text: &'a str| text.split_at(text.find('.').unwrap_or(text.len()));
    let decimals = texts
        .clone()
        .map(|text| split(text).1.len())
        .max()
        .unwrap_or(0);
    texts
        .map(|text| match text {
            "" => String::new(),
            text => text.to_owned() + &" ".repeat(decimals - split(text).1.len()),
        })
        .collect()
}

/// The table in the width of the terminal. Where it has no room for every column, the last scraps go
/// first, then the last parameters, and an ellipsis stands in their place.
pub(crate) fn lines(printer: Printer, plan: &Plan, rows: &[Row]) -> Vec<String> {
    let parameter = |name: &String| {
        let values = plan.points.iter().map(|point| point.parameters.get(name));
        let values: Vec<_> = values.map(|value| value.map(Value::of_parameter)).collect();
        Column::new(name, &values)
    };
    let parameters: Vec<Column> = plan.swept.iter().map(parameter).collect();
    let scrap = |name: &String| {
        let values: Vec<_> = rows
            .iter()
            .map(|row| row.scraps.get(name).cloned())
            .collect();
        Column::new(name, &values)
    };
    let scraps: Vec<Column> = scrap_names(rows).iter().map(scrap).collect();
    let columns = fitting(
        printer.width(),
        parameters,
        [status(rows), time(rows)],
        scraps,
    );
    written(printer, &columns, rows.len())
}

fn scrap_names(rows: &[Row]) -> IndexSet<String> {
    rows.iter()
        .flat_map(|row| row.scraps.keys().cloned())
        .collect()
}

fn status(rows: &[Row]) -> Column {
    let words = rows
        .iter()
        .map(|row| Some(Value::Text(row.status.words().to_owned())));
    let mut column = Column::new("status", &words.collect::<Vec<_>>());
    column.least = column.most;
    column.style = rows
        .iter()
        .map(|row| (row.status != PointStatus::Succeeded).then(|| row.status.style()))
        .collect();
    column
}

fn time(rows: &[Row]) -> Column {
    let times = rows
        .iter()
        .map(|row| Some(Value::Text(duration(row.seconds?))));
    let mut column = Column::new("time", &times.collect::<Vec<_>>());
    column.least = column.most;
    column.right = true;
    column
}

/// The columns that have room, and how wide each is.
fn fitting(
    available: usize,
    mut parameters: Vec<Column>,
    state: [Column; 2],
    mut scraps: Vec<Column>,
) -> Vec<(Column, usize)> {
    let rows = state[0].fields.len();
    let (mut fewer_parameters, mut fewer_scraps) = (false, false);
    let least = |columns: &[Column]| {
        columns
            .iter()
            .map(|column| column.least + GAP)
            .sum::<usize>()
    };
    loop {
        let dots = usize::from(fewer_parameters) + usize::from(fewer_scraps);
        let needed = least(&parameters) + least(&state) + least(&scraps) + dots * (1 + GAP) - GAP;
        if needed <= available {
            break;
        }
        if scraps.pop().is_some() {
            fewer_scraps = true;
        } else if parameters.len() > 1 {
            parameters.pop();
            fewer_parameters = true;
        } else {
            break;
        }
    }
    if fewer_parameters {
        parameters.push(Column::ellipsis(rows));
    }
    if fewer_scraps {
        scraps.push(Column::ellipsis(rows));
    }
    let columns: Vec<Column> = parameters.into_iter().chain(state).chain(scraps).collect();
    let widths = widths(&columns, available);
    columns.into_iter().zip(widths).collect()
}

fn written(printer: Printer, columns: &[(Column, usize)], rows: usize) -> Vec<String> {
    let heading = columns
        .iter()
        .map(|(column, width)| column.filled(&column.heading, *width));
    let mut lines = vec![printer.paint(Style::Dim, &joined(heading))];
    lines.extend((0..rows).map(|row| {
        joined(columns.iter().map(|(column, width)| {
            let field = column.filled(&column.fields[row], *width);
            match column.style[row] {
                Some(style) => printer.paint(style, &field),
                None => field,
            }
        }))
    }));
    lines
}

fn joined(fields: impl Iterator<Item = String>) -> String {
    let line = fields.collect::<Vec<_>>().join(&" ".repeat(GAP));
    line.trim_end().to_owned()
}

/// Every column as narrow as it may be, then wider, one after the other, while there is room.
fn widths(columns: &[Column], available: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(|column| column.least).collect();
    let used = widths.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1);
    let mut room = available.saturating_sub(used);
    loop {
        let before = room;
        for (width, column) in widths.iter_mut().zip(columns) {
            if room > 0 && *width < column.most {
                *width += 1;
                room -= 1;
            }
        }
        if room == before {
            return widths;
        }
    }
}

/// The table as CSV (RFC 4180): what varies, what is fixed, how the run ended, and scraps in full from
/// their records. A name that another column has is written `scrap.NAME`.
pub(crate) fn csv(store: &Store, plan: &Plan, rows: &[Row]) -> anyhow::Result<Vec<u8>> {
    let given = plan.points.iter().flat_map(|point| point.parameters.keys());
    let parameters: IndexSet<&String> = plan.swept.iter().chain(given).collect();
    let scraps = scrap_names(rows);
    let mut columns: IndexSet<String> = parameters.iter().copied().cloned().collect();
    let own = STATE.iter().map(|name| ("run", *name));
    let named = scraps.iter().map(|name| ("scrap", name.as_str()));
    for (kind, name) in own.chain(named) {
        if !columns.insert(name.to_owned()) {
            columns.insert(format!("{kind}.{name}"));
        }
    }
    let mut text = String::new();
    write_record(&mut text, columns.iter().map(String::as_str));
    for (row, point) in rows.iter().zip(&plan.points) {
        let values = parameters.iter().map(|name| {
            let value = point.parameters.get(*name)?;
            Some(plain(&value.to_json()))
        });
        let found = scraps_in_full(store, row)?;
        let found = scraps.iter().map(|name| found.get(name).cloned());
        let fields: Vec<Option<String>> = values.chain(state(row, point)).chain(found).collect();
        let fields = fields
            .iter()
            .map(|field| field.as_deref().unwrap_or_default());
        write_record(&mut text, fields);
    }
    Ok(text.into_bytes())
}

/// What [`state`] tells of each point.
const STATE: [&str; 6] = [
    "status",
    "duration_seconds",
    "run_id",
    "output",
    "reason",
    "reused",
];

fn state(row: &Row, point: &PlannedPoint) -> [Option<String>; 6] {
    [
        Some(row.status.as_str().to_owned()),
        row.seconds.map(|seconds| format!("{seconds:.6}")),
        row.run_id.map(|id| id.to_string()),
        point.output.as_ref().map(ToString::to_string),
        row.reason.clone(),
        Some(row.reused.to_string()),
    ]
}

fn scraps_in_full(store: &Store, row: &Row) -> anyhow::Result<IndexMap<String, String>> {
    let Some(id) = row.run_id.filter(|_| !row.scraps.is_empty()) else {
        return Ok(IndexMap::new());
    };
    let scraps = store.find(&id.to_string())?.scraps()?;
    let data = |scrap: &Scrap| Some((scrap.name.clone(), plain(field(scrap)?)));
    Ok(scraps.iter().filter_map(data).collect())
}

fn write_record<'a>(text: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests;
