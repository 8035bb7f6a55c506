//! Rows as JSON that no browser misreads.

use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use serde_json::{Number, Value};

use crate::error::TableError;
use crate::table::limit;

/// The largest integer up to which JavaScript's numbers are exact.
const MAX_SAFE: i64 = (1 << 53) - 1;

/// The most bytes of text in the rows of one page.
const MAX_BYTES: u64 = 32 << 20;

/// The rows as arrays, in the columns' order. Numbers are numbers, integers beyond 2^53 and decimals
/// are text, NaN and infinities null; all other values are text as Arrow prints them, times in ISO 8601.
pub fn json_rows(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, TableError> {
    let options = FormatOptions::default().with_null("");
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    let mut bytes = 0;
    for column in batch.columns() {
        let formatter = ArrayFormatter::try_new(column, &options)?;
        for (index, row) in rows.iter_mut().enumerate() {
            if column.is_null(index) {
                row.push(Value::Null);
                continue;
            }
            let text = formatter.value(index).try_to_string()?;
            bytes += text.len() as u64;
            limit("bytes on a page", bytes, MAX_BYTES)?;
            row.push(typed(column.data_type(), text));
        }
    }
    Ok(rows)
}

fn typed(kind: &DataType, text: String) -> Value {
    match kind {
        DataType::Dictionary(_, of) => typed(of, text),
        DataType::Boolean => Value::Bool(text == "true"),
        _ if kind.is_integer() => match text.parse::<i64>() {
            Ok(number) if (-MAX_SAFE..=MAX_SAFE).contains(&number) => number.into(),
            _ => Value::String(text),
        },
        _ if kind.is_floating() => text
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map_or(Value::Null, Value::Number),
        _ => Value::String(text),
    }
}
