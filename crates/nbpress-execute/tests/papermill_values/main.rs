//! Values, documents, paths and parameters cells, read by nbpress and by papermill.
//!
//! One Python process answers for all cases; how many were compared is printed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a surprise fails the test"
)]

mod cells;
mod command_line;
mod documents;
mod paths;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The differences found in one kind of case, and how many cases there were.
struct Compared {
    what: &'static str,
    cases: usize,
    differences: Vec<String>,
}

impl Compared {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            cases: 0,
            differences: Vec::new(),
        }
    }

    fn case(&mut self, case: &dyn std::fmt::Debug, ours: &str, theirs: &str) {
        self.cases += 1;
        if ours != theirs {
            self.differences.push(format!(
                "{} {case:?}\n  nbpress:   {ours}\n  papermill: {theirs}",
                self.what
            ));
        }
    }
}

#[test]
fn everything_is_read_as_papermill_reads_it() {
    let notebooks = cells::notebooks(&reference(
        "sdist/papermill-2.7.0/papermill/tests/notebooks",
    ));
    let answers = ask(&json!({
        "command_line": command_line::VALUES,
        "yaml": documents::documents(),
        "base64": documents::ENCODED,
        "paths": paths::templates(),
        "help": notebooks,
        "infer": cells::questions(&notebooks),
    }));
    let compared = [
        command_line::compare(&answers["command_line"]),
        documents::compare(&answers["yaml"]),
        documents::compare_encoded(&answers["base64"]),
        paths::compare(&answers["paths"]),
        cells::compare_help(&notebooks, &answers["help"]),
        cells::compare_names(&notebooks, &answers["infer"]),
    ];
    for Compared { what, cases, .. } in &compared {
        println!("{what}: {cases} cases compared");
    }
    let differences: Vec<_> = compared
        .into_iter()
        .flat_map(|kind| kind.differences)
        .collect();
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// The value, or the name of the exception.
fn told(answer: &Value) -> String {
    match answer["error"].as_str() {
        Some(error) => format!("raises {error}"),
        None => answer["value"].as_str().unwrap_or_default().to_owned(),
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

/// What the reference answers to all questions.
#[expect(
    clippy::disallowed_methods,
    reason = "tests start the reference implementation"
)]
fn ask(questions: &Value) -> Value {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("papermill_values.json");
    std::fs::write(&file, questions.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/papermill_values/reference.py");
    let output = std::process::Command::new(reference("venv/bin/python"))
        .args([Path::new("-W"), Path::new("ignore"), &script, &file])
        // A pipe would change papermill's usage line, an unset width click's.
        .stdin(std::process::Stdio::null())
        .env_remove("COLUMNS")
        .output()
        .expect("the reference Python starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    serde_json::from_slice(&output.stdout).unwrap()
}
