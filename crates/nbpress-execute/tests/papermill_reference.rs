//! Translators, `-p` values and YAML, compared with papermill's own answers.
//!
//! One Python process answers for all cases; how many were compared is printed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "papermill_reference/documents.rs"]
mod documents;
#[path = "papermill_reference/generator.rs"]
mod generator;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use nbpress_execute::translate::{Compat, TranslateError, translate};
use nbpress_execute::{command_line_value, yaml};
use nbpress_format::parameters::{Integer, ParameterValue};
use serde_json::{Value, json};

/// Written once, read by everybody: what each translator does with each kind of value.
const CASES: &str = include_str!("data/translator_cases.json");
const RANDOM_CASES: usize = 3000;
const RANDOM_TEXTS: usize = 2000;

#[test]
fn nbpress_answers_as_papermill() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let written = cases.len();
    let cases: Vec<Value> = cases
        .into_iter()
        .chain(generator::cases(RANDOM_CASES))
        .collect();
    let texts: Vec<String> = documents::VALUES
        .iter()
        .map(|&text| text.to_owned())
        .chain(generator::numbers(RANDOM_TEXTS))
        .collect();
    let documents = documents::documents();
    let answers = ask(&json!({"translate": cases, "command_line": texts, "yaml": documents}));

    let mut differences = Vec::new();
    for (case, answer) in cases.iter().zip(answers["translate"].as_array().unwrap()) {
        differences.extend(compare_translation(case, answer));
    }
    for (text, answer) in texts
        .iter()
        .zip(answers["command_line"].as_array().unwrap())
    {
        let ours = typed(&command_line_value::resolve(text));
        differences.extend(differs(text, &ours, answer["value"].as_str().unwrap()));
    }
    for (text, answer) in documents.iter().zip(answers["yaml"].as_array().unwrap()) {
        let ours = yaml::load(text).map_or_else(|_| "error".to_owned(), |value| typed(&value));
        let theirs = answer["value"].as_str().unwrap_or("error");
        if !documents::DELIBERATE.contains(&text.as_str()) {
            differences.extend(differs(text, &ours, theirs));
        } else {
            assert_ne!(ours, theirs, "{text:?} is no difference any more");
        }
    }
    println!("translators: {written} written and {RANDOM_CASES} random cases compared");
    println!("-p: {} texts compared", texts.len());
    println!("YAML: {} documents compared", documents.len());
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
}

fn differs(case: &str, ours: &str, theirs: &str) -> Option<String> {
    (ours != theirs).then(|| format!("{case:?}\n  nbpress:   {ours}\n  papermill: {theirs}"))
}

fn compare_translation(case: &Value, answer: &Value) -> Option<String> {
    let parameters = case["parameters"].as_array().unwrap();
    let named = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), decode(&pair[1]));
    let parameters: IndexMap<String, ParameterValue> = parameters.iter().map(named).collect();
    let (kernel, language) = (
        case["kernel"].as_str().unwrap(),
        case["language"].as_str().unwrap(),
    );
    let write = |mode| match translate(kernel, language, &parameters, "Parameters", mode) {
        Ok(code) => code,
        Err(TranslateError::NoTranslator { .. }) => "PapermillException".to_owned(),
        Err(TranslateError::Unrepresentable { .. }) => "NotImplementedError".to_owned(),
        Err(TranslateError::InvalidName { name, .. }) => format!("refused: {name}"),
    };
    let theirs = answer["value"]
        .as_str()
        .or(answer["error"].as_str())
        .unwrap();
    let strict = differs(&case.to_string(), &write(Compat::Strict), theirs);
    // The texts every language writes as papermill does, in the safe mode too.
    let plain = case["plain"].as_bool().unwrap_or(false);
    strict.or_else(|| {
        plain.then(|| differs(&format!("safe: {case}"), &write(Compat::Safe), theirs))?
    })
}

fn decode(value: &Value) -> ParameterValue {
    match value {
        Value::Null => ParameterValue::Null,
        Value::Bool(value) => ParameterValue::Bool(*value),
        Value::String(text) => ParameterValue::from(text.as_str()),
        Value::Array(items) => ParameterValue::List(items.iter().map(decode).collect()),
        Value::Number(number)
            if number.is_f64() && !number.to_string().bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            ParameterValue::Float(number.as_f64().unwrap())
        }
        Value::Number(number) => integer(&number.to_string()),
        Value::Object(tagged) => match tagged.iter().next().unwrap() {
            (kind, Value::String(text)) if kind == "$float" => {
                ParameterValue::Float(text.parse().unwrap())
            }
            (kind, Value::String(text)) if kind == "$int" => integer(text),
            (_, Value::String(text)) => ParameterValue::Other(text.clone()),
            (_, entries) => {
                let entries = entries.as_array().unwrap();
                ParameterValue::Map(
                    entries
                        .iter()
                        .map(|entry| (decode(&entry[0]), decode(&entry[1])))
                        .collect(),
                )
            }
        },
    }
}

fn integer(text: &str) -> ParameterValue {
    let digits = text.trim_start_matches('-');
    ParameterValue::Int(Integer::from_digits(text.starts_with('-'), digits, 10).unwrap())
}

/// As `typed` of the script prints it.
fn typed(value: &ParameterValue) -> String {
    match value {
        ParameterValue::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", typed(key), typed(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        ParameterValue::List(items) => format!(
            "[{}]",
            items.iter().map(typed).collect::<Vec<_>>().join(", ")
        ),
        ParameterValue::Other(text) if text.starts_with('{') && text.contains(',') => {
            "set".to_owned()
        }
        value => value.to_python_repr(),
    }
}

/// A file or folder of the reference folder.
fn reference(path: &str) -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test runner says where the reference is"
    )]
    let folder = std::env::var("NBPRESS_TEST_REFERENCE").expect(
        "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs papermill",
    );
    Path::new(&folder).join(path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests start the reference implementation"
)]
fn ask(questions: &Value) -> Value {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("papermill_reference.json");
    std::fs::write(&file, questions.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/values.py");
    let output = std::process::Command::new(reference("venv/bin/python"))
        .args([&script, &file])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
