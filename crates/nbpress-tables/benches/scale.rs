//! How long a page, a sort, a filter and a summary of a Parquet file take.
//!
//! `cargo bench -p nbpress-tables --bench scale -- FILE NUMBER-COLUMN`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures, and prints what it measured"
)]

use std::path::Path;
use std::time::Instant;

use nbpress_tables::{Filter, Format, Query, Table};
use serde_json::{Value, json};

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (Some(file), Some(column)) = (words.next(), words.next()) else {
        println!("scale FILE NUMBER-COLUMN");
        return;
    };
    let started = Instant::now();
    let table = Table::open(Path::new(&file), Format::Parquet).unwrap();
    println!("open      {:?}: {} rows", started.elapsed(), table.rows());

    let below = json!({"column": column, "is": "<", "value": 0.01});
    let questions = [
        ("page", json!({})),
        ("page, mid", json!({"offset": table.rows() / 2})),
        ("sort", json!({"sort": [{"column": column}]})),
        ("filter", json!({"filter": below})),
    ];
    for (name, question) in questions {
        ask(&table, name, question);
    }
    let filter: Filter = serde_json::from_value(below).unwrap();
    for (name, filter) in [("summary", None), ("of few", Some(&filter))] {
        let started = Instant::now();
        table
            .summary(std::slice::from_ref(&column), filter)
            .unwrap();
        println!("{name:9} {:?}", started.elapsed());
    }
}

fn ask(table: &Table, name: &str, question: Value) {
    let query: Query = serde_json::from_value(question).unwrap();
    let started = Instant::now();
    let page = table.page(&query).unwrap();
    println!("{name:9} {:?}: {} match", started.elapsed(), page.matching);
}
