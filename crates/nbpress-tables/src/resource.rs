//! The table in an output of type `application/vnd.dataresource+json`.
//!
//! <https://specs.frictionlessdata.io/tabular-data-resource/>: `{"schema": {"fields": [{"name", "type"}]}, "data": [{…}]}`.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::reader::ReaderBuilder;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use serde_json::Value;

use crate::error::TableError;

/// The rows of the output, with the types its schema says; types it does not know are text.
pub(crate) fn batch(output: &Value) -> Result<RecordBatch, TableError> {
    let fields = output
        .pointer("/schema/fields")
        .and_then(Value::as_array)
        .ok_or(TableError::Resource("it has no fields"))?;
    let rows = output
        .get("data")
        .and_then(Value::as_array)
        .ok_or(TableError::Resource("it has no data"))?;
    let schema = Arc::new(Schema::new(
        fields.iter().filter_map(field).collect::<Vec<_>>(),
    ));
    let mut decoder = ReaderBuilder::new(Arc::clone(&schema))
        .with_batch_size(rows.len().max(1))
        .with_coerce_primitive(true)
        .build_decoder()?;
    decoder.serialize(rows)?;
    Ok(decoder
        .flush()?
        .unwrap_or_else(|| RecordBatch::new_empty(schema)))
}

fn field(field: &Value) -> Option<Field> {
    let name = field.get("name")?.as_str()?;
    let data_type = match field.get("type").and_then(Value::as_str) {
        Some("integer") => DataType::Int64,
        Some("number") => DataType::Float64,
        Some("boolean") => DataType::Boolean,
        Some("datetime") => DataType::Timestamp(TimeUnit::Millisecond, None),
        _ => DataType::Utf8,
    };
    Some(Field::new(name, data_type, true))
}
