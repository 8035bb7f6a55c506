//! Asking nbformat.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nbpress_format::Json;

/// A file to compare on.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// What nbformat says about a file.
pub(crate) enum Verdict {
    Refused(String),
    Written {
        bytes: Vec<u8>,
        /// Where the schema has something against it, as `cells[0].source`.
        places: Vec<String>,
        repeated_ids: bool,
    },
}

/// The folder with the reference implementations.
pub(crate) fn reference_folder() -> PathBuf {
    let folder = std::env::var("NBPRESS_TEST_REFERENCE");
    folder.map(PathBuf::from).unwrap_or_else(|_| {
        panic!("NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs nbformat and sets it")
    })
}

/// One verdict per case, from one Python process.
pub(crate) fn ask(cases: &[Case]) -> Vec<Verdict> {
    let folder = tempfile::tempdir().unwrap();
    let path = |index: usize| folder.path().join(index.to_string());
    let mut request = String::new();
    for (index, case) in cases.iter().enumerate() {
        fs::write(path(index), &case.bytes).unwrap();
        request += path(index).to_str().unwrap();
        request += "\n";
    }
    let answers = run_python(&request);
    let lines: Vec<&str> = answers.lines().collect();
    assert_eq!(
        lines.len(),
        cases.len(),
        "nbformat answered for some files only"
    );
    let verdicts = lines.iter().enumerate();
    verdicts
        .map(|(index, line)| verdict(line, &path(index)))
        .collect()
}

fn run_python(request: &str) -> String {
    let python = reference_folder().join("venv/bin/python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nbformat_fixtures/reference.py");
    let mut child = Command::new(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask test`", python.display()));
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // The answers fill the pipe while requests are still being written.
        scope.spawn(move || stdin.write_all(request.as_bytes()));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "the reference script failed");
    String::from_utf8(output.stdout).unwrap()
}

fn verdict(line: &str, path: &Path) -> Verdict {
    let answer = Json::parse(line.as_bytes()).unwrap();
    if answer.get("written") == Some(&Json::Bool(false)) {
        let error = answer.get("error").and_then(Json::as_str).unwrap();
        return Verdict::Refused(error.to_owned());
    }
    let places = answer.get("places").and_then(Json::as_array).unwrap();
    let mut expected = path.as_os_str().to_owned();
    expected.push(".expected");
    Verdict::Written {
        bytes: fs::read(expected).unwrap(),
        places: places.iter().map(place).collect(),
        repeated_ids: answer.get("repeated_ids").and_then(Json::as_bool).unwrap(),
    }
}

/// `["cells", 0, "source"]` as `cells[0].source`.
fn place(steps: &Json) -> String {
    let is_name = |key: &str| {
        key.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let step = |step: &Json| match step.as_str() {
        Some(key) if is_name(key) => format!(".{key}"),
        Some(_) | None => format!("[{}]", step.to_compact()),
    };
    let place: String = steps.as_array().unwrap().iter().map(step).collect();
    place.strip_prefix('.').unwrap_or(&place).to_owned()
}
