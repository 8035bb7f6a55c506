//! The code that the explorer's menu writes gives the rows that the explorer shows, in pandas, in polars and in DuckDB.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use e2e::live::Stage;
use e2e::place;
use serde_json::{Value, json};

use crate::Served;
use crate::tables::ask;

const FILES: [&str; 4] = ["it's.parquet", "short.pq", "t.feather", "t.csv"];
const TEXT: &str = "te\"xt \\ ü";

/// Relations and constants, by column.
fn tests() -> Vec<Value> {
    let of_columns = json!({
        TEXT: [["=", "say \"hi\""], ["=", "it's"], ["=", "'; DROP TABLE t; --"], ["=", "back\\slash"],
            ["=", "two\nlines"], ["=", ""], ["=", "NA"], ["!=", "plain"], ["contains", "%"], ["contains", "_"],
            ["contains", "\\"], ["contains", "\""], ["contains", "zü"], ["contains", "\n"], ["<", "it's"],
            [">=", "plain"], ["null"], ["not null"]],
        "x": [[">", 3], ["<=", -1.5], ["!=", 0.5], ["=", "2.5"], ["null"], ["not null"], ["contains", ".5"]],
        "n": [["=", 7], ["!=", 7], ["<", 0], [">=", "10"], ["null"], ["not null"], ["contains", "1"]],
        "long": [["=", "9007199254740993"], [">", "9007199254740995"], ["contains", "93"]],
        "ok": [["=", true], ["=", "false"], ["!=", true], ["null"], ["contains", "TRUE"]],
        "day": [["<", "2000-01-01"], [">=", "1969-12-31"], ["!=", "2024-01-05"], ["null"], ["contains", "-02-"]],
        "at": [["<", "2024-04-01T00:00:00.000Z"], [">=", "2024-04-05T12:30:00.500Z"], ["not null"], ["contains", "T1"]],
        "zoned": [["<", "2024-04-01T00:00:00.000Z"], [">", "2024-03-31T01:00:00.000Z"], ["null"]],
        "money": [["=", 1.1], ["!=", "2.5"], [">=", 2.5], ["<", "-1.25"], ["null"], ["contains", "-4"]],
        "class": [["=", "m"], ["!=", "m"], ["<", "m"], ["contains", "A"], ["null"]],
    });
    let each = of_columns.as_object().unwrap().iter();
    let tests = each.flat_map(|(column, tests)| {
        let tests = tests.as_array().unwrap().iter();
        tests.map(
            move |test| json!({"column": column, "is": test[0], "value": test.get(1).unwrap_or(&Value::Null)}),
        )
    });
    tests.collect()
}

fn questions() -> Vec<Value> {
    let filters = tests();
    let groups = [
        json!({"and": []}),
        json!({"or": []}),
        json!({"and": [filters[0], {"or": []}]}),
        json!({"and": [{"and": []}, {"column": "n", "is": "<", "value": 0}]}),
        json!({"and": [
            {"or": [{"column": "n", "is": "null"}, {"column": "n", "is": "<", "value": 1}]},
            {"and": [{"column": "x", "is": ">=", "value": -5}, {"column": "x", "is": "<", "value": 5}]},
            {"column": "ok", "is": "not null"},
        ]}),
    ];
    let filtered = filters.iter().chain(&groups);
    let mut questions: Vec<Value> = filtered.map(|filter| json!({"filter": filter})).collect();
    let key = |column: &str, descending: bool| json!({"column": column, "descending": descending});
    for column in [
        TEXT, "x", "n", "long", "ok", "day", "at", "zoned", "money", "class",
    ] {
        for descending in [false, true] {
            questions.push(json!({"sort": [key(column, descending)]}));
        }
    }
    questions.push(json!({
        "sort": [key("ok", true), key("x", false), key("n", true)],
        "filter": {"column": TEXT, "is": "not null"},
        "hidden": ["ok", TEXT],
    }));
    questions
}

#[test]
fn what_the_menu_writes_gives_the_rows_that_are_shown() {
    let stage = Stage::new();
    let folder = stage.path("folder");
    std::fs::create_dir(&folder).unwrap();
    python(&folder, "make", &Value::Null);
    let served = Served::on(stage, &[folder.to_str().unwrap()]);
    let mut differences = Vec::new();
    for path in FILES {
        let table = format!("/v1/tables?path={}", path.replace('\'', "%27"));
        let all = ask(&served, &table, &[("limit", json!(10_000))]);
        let all = Answer::of(&all);
        let questions = questions().into_iter().filter(|asked| all.has(asked));
        let questions: Vec<Value> = questions.collect();
        let written = menu(&all.columns, path, &questions);
        let answers = python(&folder, "run", &json!({"path": path, "codes": written}));
        for ((question, codes), answers) in questions
            .iter()
            .zip(written.as_array().unwrap())
            .zip(answers.as_array().unwrap())
        {
            let wanted = all.asked(&served, &table, question);
            for (name, answer) in answers.as_object().unwrap() {
                if !wanted.is(answer, name == "sql", question, &all) {
                    differences.push(format!(
                        "{path}: {question}\n{}\n{answer}\n{:?}",
                        codes[name].as_str().unwrap(),
                        wanted.ids()
                    ));
                }
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.join("\n\n")
    );
}

/// The code of each question.
fn menu(columns: &Value, path: &str, questions: &[Value]) -> Value {
    let mut node = Command::new("node");
    node.arg(place::repository().join("e2e/ui/code.cjs"))
        .env("NODE_PATH", place::repository().join("ui/node_modules"));
    told(
        &mut node,
        &json!({"columns": columns, "path": path, "questions": questions}),
    )
}

fn python(folder: &Path, what: &str, input: &Value) -> Value {
    let script = place::repository().join("e2e/tests/server/code.py");
    let mut python = Command::new(place::reference().join("venv/bin/python"));
    python
        .arg(script)
        .arg(what)
        .current_dir(folder)
        .env("PYTHONPATH", place::frames());
    told(&mut python, input)
}

/// What a program answers on its standard output.
fn told(command: &mut Command, input: &Value) -> Value {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// What the server answers.
struct Answer {
    columns: Value,
    names: Vec<String>,
    rows: Vec<Value>,
}

impl Answer {
    fn of(page: &Value) -> Self {
        let columns = page["columns"].as_array().unwrap().iter();
        Self {
            names: columns
                .map(|column| column["name"].as_str().unwrap().to_owned())
                .collect(),
            columns: page["columns"].clone(),
            rows: page["rows"].as_array().unwrap().clone(),
        }
    }

    /// Whether a question is about columns that are there.
    fn has(&self, question: &Value) -> bool {
        let text = question.to_string();
        ["zoned", "money", "class"].iter().all(|name| {
            self.names.iter().any(|there| there == name) || !text.contains(&format!("\"{name}\""))
        })
    }

    fn asked(&self, served: &Served, table: &str, question: &Value) -> Self {
        let hidden = question["hidden"].as_array().cloned().unwrap_or_default();
        let names = self.names.iter();
        let visible: Vec<&String> = names
            .filter(|name| !hidden.contains(&json!(name)))
            .collect();
        let mut asked = vec![("limit", json!(10_000)), ("columns", json!(visible))];
        for name in ["sort", "filter"] {
            asked.extend(question.get(name).map(|value| (name, value.clone())));
        }
        Self::of(&ask(served, table, &asked))
    }

    fn ids(&self) -> Vec<u64> {
        let at = self.names.iter().position(|name| name == "id").unwrap();
        self.rows
            .iter()
            .map(|row| row[at].as_u64().unwrap())
            .collect()
    }

    /// Whether these are the rows of an answer. In SQL those with equal keys come in any order.
    fn is(&self, answer: &Value, any_order: bool, question: &Value, all: &Self) -> bool {
        let found = answer["ids"]
            .as_array()
            .map(|ids| ids.iter().filter_map(Value::as_u64).collect::<Vec<_>>());
        let Some(mut found) = found else { return false };
        let mut wanted = self.ids();
        let keys = |ids: &[u64]| {
            ids.iter()
                .map(|&id| all.keys(id, question))
                .collect::<Vec<_>>()
        };
        let same_keys = keys(&found) == keys(&wanted);
        if any_order && question.get("sort").is_some() {
            found.sort_unstable();
            wanted.sort_unstable();
        }
        answer["columns"] == json!(self.names) && found == wanted && same_keys
    }

    /// What a row is sorted by.
    fn keys(&self, id: u64, question: &Value) -> Vec<Value> {
        let keys = question["sort"].as_array().cloned().unwrap_or_default();
        let row = &self.rows[usize::try_from(id).unwrap()];
        let value = |key: &Value| {
            let at = self.names.iter().position(|name| key["column"] == *name);
            row[at.unwrap()].clone()
        };
        keys.iter().map(value).collect()
    }
}
