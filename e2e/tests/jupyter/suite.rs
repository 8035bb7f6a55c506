//! jupyter_server's own tests, over HTTP and WebSocket, against our server.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use e2e::place;
use serde::Deserialize;

use crate::{Served, scripts};

/// How many tests can be asked of a server from outside; fewer means that the redirection lost some.
///
/// jupyter_server 2.21.1 itself, served the same way, passes 228 and fails 4.
const LEAST_ASKED: usize = 225;

/// One test, as `blackbox.py` tells it.
#[derive(Debug, Deserialize)]
struct Told {
    test: String,
    outcome: Outcome,
    reason: String,
    /// The requests it made.
    asked: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

#[test]
fn jupyter_servers_own_tests_pass_except_for_those_listed() {
    let served = Served::start(&[]);
    let told = run_suite(&served);
    let of = |outcome| told.iter().filter(move |test| test.outcome == outcome);
    let count = |outcome| of(outcome).count();
    println!(
        "jupyter_server's tests: {} passed, {} failed, {} skipped",
        count(Outcome::Passed),
        count(Outcome::Failed),
        count(Outcome::Skipped),
    );
    for (reason, count) in skipped(&told) {
        println!("  skipped {count:4}  {reason}");
    }
    let expected = expected_failures();
    let failed: BTreeSet<&str> = of(Outcome::Failed).map(|test| &*test.test).collect();
    let mut wrong = Vec::new();
    for test in of(Outcome::Failed) {
        match expected.get(&test.test) {
            Some(why) => println!("  fails as listed  {}: {why}", test.test),
            None => wrong.push(format!(
                "fails and is not listed: {}\n  asked {}\n  {}",
                test.test,
                test.asked.join(", "),
                test.reason
            )),
        }
    }
    for test in expected.keys().filter(|test| !failed.contains(&***test)) {
        wrong.push(format!("listed as failing, and does not fail: {test}"));
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), served.log());
    assert!(count(Outcome::Passed) + failed.len() >= LEAST_ASKED);
}

/// Runs the suite once.
fn run_suite(served: &Served) -> Vec<Told> {
    let source = source();
    let report = served.stage.path("suite.jsonl");
    let output = served
        .client("python")
        .args(["-m", "pytest", "-c"])
        .arg(scripts().join("suite.ini"))
        .arg("--rootdir")
        .arg(&source)
        .arg(source.join("tests"))
        .env("PYTHONPATH", scripts())
        .env("BLACKBOX_URL", &served.url)
        .env("BLACKBOX_TOKEN", &served.token)
        .env("BLACKBOX_ROOT", served.stage.path("root"))
        .env("BLACKBOX_DATA", served.stage.path("data"))
        .env("BLACKBOX_REPORT", &report)
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&report).unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    // 0 and 1: the suite ran to its end.
    let ended = output.status.code();
    assert!(matches!(ended, Some(0 | 1)), "{ended:?} {said}{complaint}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The unpacked source distribution of jupyter_server.
fn source() -> PathBuf {
    let folder = place::reference().join("sdist-jupyter");
    let mut entries = std::fs::read_dir(&folder).unwrap_or_else(|_| {
        panic!(
            "{} is missing; run `cargo xtask test --setup-only`",
            folder.display()
        )
    });
    entries.next().unwrap().unwrap().path()
}

/// Test → why it fails and may.
fn expected_failures() -> BTreeMap<String, String> {
    let text = std::fs::read(scripts().join("expected_failures.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// How many tests were skipped for which reason.
fn skipped(told: &[Told]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for test in told.iter().filter(|test| test.outcome == Outcome::Skipped) {
        *counts.entry(test.reason.as_str()).or_default() += 1;
    }
    counts
}
