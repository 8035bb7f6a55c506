//! papermill's own pipe tests, run by pytest with the helper that starts papermill pointed at our program.

use std::process::Command;

use e2e::place;
use e2e::run::environment;

use crate::compare::announce;

/// A pytest plugin that replaces `papermill_cli` in papermill's `test_cli.py`.
const PLUGIN: &str = r#"
import os
import subprocess

import papermill.tests.test_cli as tests


def papermill_cli(papermill_args=None, **options):
    return subprocess.Popen([os.environ["NBPRESS_BIN"], "papermill", *(papermill_args or [])], **options)


tests.papermill_cli = papermill_cli
"#;

/// The tests that start a process, by name.
const TESTS: &[&str] = &[
    "test_pipe_in_out_auto",
    "test_pipe_in_out_explicit",
    "test_pipe_out_auto",
    "test_pipe_out_explicit",
    "test_pipe_in_auto",
    "test_pipe_in_explicit",
    "test_stdout_file",
];

#[test]
fn papermills_pipe_tests() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("nbpress_plugin.py"), PLUGIN).unwrap();
    // The wheel has no tests in it: they are imported from the source distribution.
    let sources = place::reference().join("sdist/papermill-2.7.0");
    let output = Command::new(place::reference().join("venv/bin/python"))
        .args([
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "nbpress_plugin",
            "-k",
            &TESTS.join(" or "),
        ])
        .arg(sources.join("papermill/tests/test_cli.py"))
        .current_dir(&sources)
        .envs(environment())
        .env(
            "PYTHONPATH",
            format!("{}:{}", folder.path().display(), sources.display()),
        )
        .env("NBPRESS_BIN", place::nbpress())
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let last = text
        .lines()
        .rfind(|line| line.contains("passed"))
        .unwrap_or_default();
    announce(&format!("papermill's own pipe tests: {last}"));
    assert!(
        output.status.success() && last.contains(&format!("{} passed", TESTS.len())),
        "{text}"
    );
}
