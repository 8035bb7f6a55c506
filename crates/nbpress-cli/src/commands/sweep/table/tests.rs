use std::collections::BTreeMap;

use super::*;
use crate::settings::Settings;

fn numbers(name: &str, texts: &[&str]) -> Column {
    column(name, texts, Value::Number)
}

fn texts(name: &str, texts: &[&str]) -> Column {
    column(name, texts, Value::Text)
}

/// An empty text is a field without a value.
fn column(name: &str, fields: &[&str], value: fn(String) -> Value) -> Column {
    let value = |text: &&str| (!text.is_empty()).then(|| value((*text).to_owned()));
    Column::new(name, &fields.iter().map(value).collect::<Vec<_>>())
}

fn plain_table(width: usize) -> Vec<String> {
    let rows = [
        (PointStatus::Succeeded, Some(0.42)),
        (PointStatus::Failed, Some(185.0)),
        (PointStatus::NotStarted, None),
    ];
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|(status, seconds)| Row {
            status,
            seconds,
            ..Row::default()
        })
        .collect();
    let parameters = vec![
        numbers("alpha", &["0.1", "0.25", "10.0"]),
        texts("region", &["eu", "日本", "a-very-long-region"]),
    ];
    let scraps = vec![
        numbers("score", &["0.912345", "", ""]),
        texts("a long remark", &["nothing to be said", "", ""]),
    ];
    let columns = fitting(width, parameters, [status(&rows), time(&rows)], scraps);
    let environment = BTreeMap::from([("NO_COLOR".to_owned(), "1".to_owned())]);
    let settings = Settings {
        environment,
        home: "/".into(),
    };
    written(Printer::new(&settings), &columns, rows.len())
}

#[test]
fn columns_are_narrowed_then_left_out() {
    for (width, expected) in [
        (
            90,
            [
                "alpha  region              status            time     score  a long remark",
                " 0.1   eu                  succeeded        0.4 s  0.912345  nothing to be said",
                " 0.25  日本                failed       3 min 5 s",
                "10.0   a-very-long-region  not started",
            ],
        ),
        (
            64,
            [
                "alpha  region       status            time     score  a long re…",
                " 0.1   eu           succeeded        0.4 s  0.912345  nothing t…",
                " 0.25  日本         failed       3 min 5 s",
                "10.0   a-very-lon…  not started",
            ],
        ),
        (
            55,
            [
                "alpha  region       status            time     score  …",
                " 0.1   eu           succeeded        0.4 s  0.912345  …",
                " 0.25  日本         failed       3 min 5 s            …",
                "10.0   a-very-lon…  not started                       …",
            ],
        ),
        (
            37,
            [
                "alpha  …  status            time  …",
                " 0.1   …  succeeded        0.4 s  …",
                " 0.25  …  failed       3 min 5 s  …",
                "10.0   …  not started             …",
            ],
        ),
    ] {
        let lines = plain_table(width);
        assert_eq!(lines, expected, "{width}");
        assert!(lines.iter().all(|line| line.width() <= width), "{width}");
    }
}

#[test]
fn numbers_have_the_digits_that_matter() {
    for (number, expected) in [
        (0.0, "0.0"),
        (0.1, "0.1"),
        (2.0, "2.0"),
        (0.123_456_789, "0.123457"),
        (-12.345_678_9, "-12.3457"),
        (123_456.789, "123456.8"),
        (0.000_123_456_7, "0.000123457"),
        (1_234_567.0, "1.23457e6"),
        (0.000_012_345_67, "1.23457e-5"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(six_digits(number), expected);
    }
}

#[test]
fn records_are_quoted_where_they_must_be() {
    let mut text = String::new();
    write_record(
        &mut text,
        ["a", "b,c", "say \"x\"", "two\nlines", ""].into_iter(),
    );
    assert_eq!(text, "a,\"b,c\",\"say \"\"x\"\"\",\"two\nlines\",\n");
}
