//! Every format is asked the same questions, and pandas answers them too.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test, whose helpers are no tests to clippy"
)]

use std::path::{Path, PathBuf};

use nbpress_tables::{ColumnKind, Filter, Format, Query, Table, TableError, json_rows};
use serde_json::{Value, json};

const FILES: [&str; 5] = [
    "t.parquet",
    "t.snappy.parquet",
    "t.arrow",
    "t.csv",
    "t.jsonl",
];

#[test]
fn every_format_answers_as_pandas_does() {
    let folder = tempfile::tempdir().unwrap();
    let answers = pandas(folder.path());
    let questions = answers["questions"].as_array().unwrap();
    assert!(questions.len() > 20);
    for (name, table) in tables(folder.path()) {
        assert_eq!(table.rows(), answers["rows"], "{name}");
        for question in questions {
            let query: Query = serde_json::from_value(question["query"].clone()).unwrap();
            let page = table.page(&query).unwrap();
            let rows = json_rows(&page.rows).unwrap();
            let ids = rows.iter().map(|row| row[1].clone()).collect::<Vec<_>>();
            assert_eq!(Value::from(ids), question["ids"], "{name}: {query:?}");
            assert_eq!(page.matching, question["matching"], "{name}: {query:?}");
        }
        check_summary(&name, &table, &answers["summary"]);
        check_samples(&name, &table);
        check_refusals(&name, &table);
    }
}

/// Of what matches, in its order, from the first to the last; without a filter too.
fn check_samples(name: &str, table: &Table) {
    let filter = json!({"column": "region", "is": "=", "value": "west"});
    let sort = json!([{"column": "revenue", "descending": true}]);
    for wish in [
        json!({}),
        json!({"filter": filter}),
        json!({"sort": sort}),
        json!({"filter": filter, "sort": sort}),
    ] {
        let ids = |more: Value| {
            let mut query = wish.clone();
            query
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            let page = table.page(&serde_json::from_value(query).unwrap()).unwrap();
            let rows = json_rows(&page.rows).unwrap();
            rows.iter().map(|row| row[1].clone()).collect::<Vec<_>>()
        };
        let all = ids(json!({"limit": Query::MAX_LIMIT}));
        let some = ids(json!({"limit": 7, "sample": true}));
        let last = all.len() - 1;
        let wanted = (0..7).map(|at| all[at * last / 6].clone());
        assert!(last > 20, "{name}: {wish}");
        assert_eq!(some, wanted.collect::<Vec<_>>(), "{name}: {wish}");
    }
}

#[expect(clippy::float_cmp, reason = "the same number of the same file")]
fn check_summary(name: &str, table: &Table, wanted: &Value) {
    let columns = ["revenue".to_owned(), "region".to_owned()];
    let [revenue, region] = table.summary(&columns, None).unwrap().try_into().unwrap();
    assert_eq!(revenue.kind, ColumnKind::Number, "{name}");
    assert_eq!(revenue.count, wanted["count"], "{name}");
    assert_eq!(revenue.nulls, wanted["nulls"], "{name}");
    assert_eq!(revenue.min.unwrap(), wanted["min"], "{name}");
    assert_eq!(revenue.max.unwrap(), wanted["max"], "{name}");
    let mean = wanted["mean"].as_f64().unwrap();
    assert!((revenue.mean.unwrap() - mean).abs() < 1e-9, "{name}");
    let distinct = wanted["distinct"].as_f64().unwrap();
    let estimate = revenue.distinct as f64;
    assert!(
        (estimate / distinct - 1.0).abs() < 0.1,
        "{name}: {estimate}"
    );
    assert_eq!(
        json!(revenue.histogram.unwrap().bins),
        wanted["bins"],
        "{name}"
    );

    assert_eq!(region.distinct, 4, "{name}");
    let top = region.top.unwrap();
    let top = top.iter().map(|top| json!([top.value, top.count]));
    assert_eq!(top.collect::<Value>(), wanted["top"], "{name}");

    let west: Filter =
        serde_json::from_value(json!({"column": "region", "is": "=", "value": "west"})).unwrap();
    let of_west = table.summary(&columns, Some(&west)).unwrap();
    assert_eq!(of_west[1].distinct, 1, "{name}");
}

fn check_refusals(name: &str, table: &Table) {
    let refused = |query: Value| {
        let query: Query = serde_json::from_value(query).unwrap();
        table.page(&query).unwrap_err()
    };
    let error = refused(json!({"columns": ["nowhere"]}));
    assert!(matches!(error, TableError::NoColumn(_)), "{name}: {error}");
    let error = refused(json!({"sort": [{"column": "nowhere"}]}));
    assert!(error.is_question(), "{name}: {error}");
    let error = refused(json!({"filter": {"column": "id", "is": "<", "value": "many"}}));
    assert!(matches!(error, TableError::Value { .. }), "{name}: {error}");
}

/// What was cut off, or has other bytes somewhere, is an error or another table, and never a panic.
#[test]
fn damaged_files_are_refused_or_read() {
    let folder = tempfile::tempdir().unwrap();
    pandas(folder.path());
    let mut refused = 0;
    for name in FILES {
        let whole = bytes(&folder.path().join(name));
        let damaged = folder.path().join(format!("damaged.{name}"));
        for round in 0..40 {
            let mut bytes = whole.clone();
            let at = bytes.len() * (2 * round + 1) / 80;
            // The end of Parquet and Arrow files says where everything else is.
            let at = if round % 2 == 0 {
                at
            } else {
                bytes.len() - 1 - at % 2000
            };
            if round % 5 == 0 {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 0xa5;
            }
            write(&damaged, &bytes);
            let sorted: Query =
                serde_json::from_value(json!({"sort": [{"column": "revenue"}]})).unwrap();
            let answer = Table::open(&damaged, Format::of_name(name).unwrap())
                .and_then(|table| table.page(&sorted));
            refused += usize::from(answer.is_err());
        }
    }
    assert!(refused > 20, "{refused}");
}

fn tables(folder: &Path) -> Vec<(String, Table)> {
    let mut tables = Vec::new();
    for name in FILES {
        let format = Format::of_name(name).unwrap();
        let table = Table::open(&folder.join(name), format).unwrap();
        tables.push((name.to_owned(), table));
    }
    let output = serde_json::from_slice(&bytes(&folder.join("t.json"))).unwrap();
    let table = Table::from_resource(&output).unwrap();
    tables.push(("dataresource".to_owned(), table));
    tables
}

#[expect(clippy::disallowed_methods, reason = "a file of the test's own")]
fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a file of the test's own")]
fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

/// Has the files written, and gives pandas' answers.
#[expect(
    clippy::disallowed_methods,
    reason = "the test runner says where the reference is; tests start it"
)]
fn pandas(folder: &Path) -> Value {
    let reference = std::env::var("NBPRESS_TEST_REFERENCE")
        .expect("NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs pandas");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/tables.py");
    let output = std::process::Command::new(PathBuf::from(reference).join("venv/bin/python"))
        .arg(script)
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
