//! Which rows a filter lets through, and which row groups it cannot.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, RecordBatch, Scalar, StringArray, new_null_array,
};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType};
use arrow_select::nullif::nullif;
use serde_json::Value;

use crate::error::TableError;
use crate::parquet_file::ParquetFile;
use crate::query::{Filter, Operator};

/// The smallest and largest values of a column, one of each a row group; null where they are not known.
#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) least: ArrayRef,
    pub(crate) most: ArrayRef,
}

/// For each row of the batch, whether it is let through.
pub(crate) fn matches(filter: &Filter, batch: &RecordBatch) -> Result<Vec<bool>, TableError> {
    let rows = batch.num_rows();
    match filter {
        Filter::All { and } => fold(
            and,
            vec![true; rows],
            |part| matches(part, batch),
            |a, b| a && b,
        ),
        Filter::Any { or } => fold(
            or,
            vec![false; rows],
            |part| matches(part, batch),
            |a, b| a || b,
        ),
        Filter::Test { column, is, value } => {
            let values = batch
                .column_by_name(column)
                .ok_or_else(|| TableError::NoColumn(column.clone()))?;
            test(column, &plain(values)?, *is, value)
        }
    }
}

/// For each row group of the file, whether a row in it may be let through.
pub(crate) fn possible(filter: &Filter, file: &ParquetFile) -> Result<Vec<bool>, TableError> {
    let groups = file.groups();
    match filter {
        Filter::All { and } => fold(
            and,
            vec![true; groups],
            |part| possible(part, file),
            |a, b| a && b,
        ),
        Filter::Any { or } => fold(
            or,
            vec![false; groups],
            |part| possible(part, file),
            |a, b| a || b,
        ),
        Filter::Test { column, is, value } => match file.bounds(column) {
            Some(bounds) => within(column, &bounds, *is, value),
            None => Ok(vec![true; groups]),
        },
    }
}

fn fold(
    parts: &[Filter],
    start: Vec<bool>,
    each: impl Fn(&Filter) -> Result<Vec<bool>, TableError>,
    join: impl Fn(bool, bool) -> bool,
) -> Result<Vec<bool>, TableError> {
    parts.iter().try_fold(start, |found, part| {
        let more = each(part)?;
        Ok(found.iter().zip(more).map(|(&a, b)| join(a, b)).collect())
    })
}

/// A column as it is compared: dictionaries as their values, NaN as null.
pub(crate) fn plain(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let values = match values.data_type() {
        DataType::Dictionary(_, of) => cast(values, of)?,
        DataType::Float16 => cast(values, &DataType::Float32)?,
        _ => ArrayRef::clone(values),
    };
    let nan: BooleanArray = match values.data_type() {
        DataType::Float32 => {
            let floats = values.as_primitive::<Float32Type>().values().iter();
            floats.map(|value| Some(value.is_nan())).collect()
        }
        DataType::Float64 => {
            let floats = values.as_primitive::<Float64Type>().values().iter();
            floats.map(|value| Some(value.is_nan())).collect()
        }
        _ => return Ok(values),
    };
    nullif(&values, &nan)
}

fn test(
    column: &str,
    values: &ArrayRef,
    is: Operator,
    value: &Value,
) -> Result<Vec<bool>, TableError> {
    match is {
        Operator::Null => Ok((0..values.len()).map(|row| values.is_null(row)).collect()),
        Operator::NotNull => Ok((0..values.len()).map(|row| values.is_valid(row)).collect()),
        Operator::Contains => contains(column, values, value),
        _ if values.is_empty() => Ok(Vec::new()),
        _ => {
            let constant = constant(column, values.data_type(), value)?;
            let found = compare(values, is, &constant)?;
            Ok(found.iter().map(|row| row == Some(true)).collect())
        }
    }
}

fn compare(
    values: &ArrayRef,
    is: Operator,
    constant: &Scalar<ArrayRef>,
) -> Result<BooleanArray, ArrowError> {
    match is {
        Operator::Equal => cmp::eq(values, constant),
        Operator::NotEqual => cmp::neq(values, constant),
        Operator::Less => cmp::lt(values, constant),
        Operator::AtMost => cmp::lt_eq(values, constant),
        Operator::Greater => cmp::gt(values, constant),
        _ => cmp::gt_eq(values, constant),
    }
}

fn contains(column: &str, values: &ArrayRef, value: &Value) -> Result<Vec<bool>, TableError> {
    let text =
        cast(values, &DataType::Utf8).map_err(|_| not_comparable(column, values.data_type()))?;
    let wanted = words(value).unwrap_or_default().to_lowercase();
    let text = text.as_string::<i32>().iter();
    Ok(text
        .map(|text| text.is_some_and(|text| text.to_lowercase().contains(&wanted)))
        .collect())
}

/// A row group is out only if its bounds are known and exclude the constant.
fn within(
    column: &str,
    bounds: &Bounds,
    is: Operator,
    value: &Value,
) -> Result<Vec<bool>, TableError> {
    let all = vec![true; bounds.least.len()];
    if matches!(
        is,
        Operator::NotEqual | Operator::Contains | Operator::Null | Operator::NotNull
    ) || bounds.least.is_empty()
    {
        return Ok(all);
    }
    let least = plain(&bounds.least)?;
    let most = plain(&bounds.most)?;
    let constant = constant(column, least.data_type(), value)?;
    let may = |values: &ArrayRef, is| -> Result<Vec<bool>, TableError> {
        let found = compare(values, is, &constant)?;
        Ok(found.iter().map(|group| group != Some(false)).collect())
    };
    match is {
        Operator::Less | Operator::AtMost => may(&least, is),
        Operator::Greater | Operator::AtLeast => may(&most, is),
        _ => {
            let above = may(&most, Operator::AtLeast)?;
            let below = may(&least, Operator::AtMost)?;
            Ok(above.iter().zip(below).map(|(&a, b)| a && b).collect())
        }
    }
}

/// The constant of a filter, as a value of the column's type; null for a null, which nothing equals.
fn constant(column: &str, kind: &DataType, value: &Value) -> Result<Scalar<ArrayRef>, TableError> {
    if kind.is_nested() {
        return Err(not_comparable(column, kind));
    }
    let Some(words) = words(value) else {
        return Ok(Scalar::new(new_null_array(kind, 1)));
    };
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let array =
        cast_with_options(&StringArray::from(vec![words]), kind, &strict).map_err(|source| {
            TableError::Value {
                column: column.to_owned(),
                value: value.to_string(),
                kind: kind.to_string(),
                source,
            }
        })?;
    Ok(Scalar::new(array))
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

pub(crate) fn not_comparable(column: &str, kind: &DataType) -> TableError {
    TableError::NotComparable {
        column: column.to_owned(),
        kind: kind.to_string(),
    }
}
