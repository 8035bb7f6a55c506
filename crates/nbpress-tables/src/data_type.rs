//! The words for what a column holds.

use arrow_schema::DataType;

/// What a column of this type holds, in a word or two for people: `text`, `integer`, `decimal`, `date`.
pub fn in_words(data_type: &DataType) -> String {
    let words = match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text",
        DataType::Boolean => "true or false",
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "number",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time32(_) | DataType::Time64(_) => "time of day",
        DataType::Timestamp(_, Some(zone)) => return format!("time, {zone}"),
        DataType::Timestamp(_, None) => "time",
        DataType::Duration(_) | DataType::Interval(_) => "duration",
        DataType::Struct(_) => "fields",
        DataType::Map(..) => "map",
        DataType::Null => "nothing",
        DataType::Dictionary(_, values) => return in_words(values),
        DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) => {
            return format!("list of {}", in_words(of.data_type()));
        }
        integer if integer.is_integer() => "integer",
        decimal if decimal.is_numeric() => "decimal",
        _ => "bytes",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_schema::{Field, TimeUnit};

    use super::*;

    #[test]
    fn types_are_words() {
        let text = Arc::new(Field::new("item", DataType::Utf8View, true));
        let category = DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into());
        let berlin = DataType::Timestamp(TimeUnit::Second, Some("Europe/Berlin".into()));
        for (data_type, words) in [
            (DataType::UInt64, "integer"),
            (DataType::Float32, "number"),
            (DataType::Decimal128(10, 2), "decimal"),
            (DataType::Date32, "date"),
            (DataType::Binary, "bytes"),
            (category, "text"),
            (berlin, "time, Europe/Berlin"),
            (DataType::List(text), "list of text"),
        ] {
            assert_eq!(in_words(&data_type), words, "{data_type}");
        }
    }
}
