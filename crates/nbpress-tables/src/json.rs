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
        // A column of type null says of no value that it is one, and a dictionary's values can be null.
        let nulls = column.logical_nulls();
        for (index, row) in rows.iter_mut().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(index)) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int8Type;
    use arrow_array::{ArrayRef, DictionaryArray, Int8Array, NullArray, StringArray};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_null_without_saying_so_is_null() {
        let values = StringArray::from(vec![Some("a"), None]);
        let keys = Int8Array::from(vec![Some(0), Some(1), None]);
        let dictionary = DictionaryArray::<Int8Type>::new(keys, Arc::new(values));
        let columns: [(&str, ArrayRef); 2] = [
            ("nothing", Arc::new(NullArray::new(3))),
            ("category", Arc::new(dictionary)),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let rows = json!([[null, "a"], [null, null], [null, null]]);
        assert_eq!(json!(json_rows(&batch).unwrap()), rows);
    }
}
