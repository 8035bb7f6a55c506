//! Tests that failed are asked once more, with nothing beside them.
//!
//! The tests start thousands of processes beside each other; one that fails only then tells of the machine more often
//! than of the program. It is named at the end, so that somebody looks at it; one that fails twice is a failure.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, ensure};

/// More failures than this are no accident.
const ACCIDENTS: usize = 6;

pub(super) fn tests(cargo: impl Fn() -> Command) -> Result<()> {
    let first = Ran::to_the_end(cargo().args("test --workspace --no-fail-fast".split(' ')))?;
    if first.status.success() {
        return Ok(());
    }
    let Ran { status, failed, .. } = &first;
    let accidents = (1..=ACCIDENTS).contains(&failed.len()) && first.cut_off == 0;
    ensure!(accidents, "tests failed ({status}): {}", failed.join(", "));
    eprintln!("[test] once more, alone: {} …", failed.join(", "));
    let alone = "test --workspace --no-fail-fast -- --test-threads=1 --exact";
    let second = Ran::to_the_end(cargo().args(alone.split(' ')).args(failed))?;
    let twice = second.failed.join(", ");
    ensure!(second.status.success(), "tests failed twice: {twice}");
    for name in failed {
        eprintln!("[test] UNSTEADY: `{name}` failed beside other tests and passed alone");
    }
    Ok(())
}

/// How `cargo test` went.
struct Ran {
    status: ExitStatus,
    /// The names of the tests that failed.
    failed: Vec<String>,
    /// How many test programs ended without saying so: what crashed there has no name.
    cut_off: usize,
}

impl Ran {
    /// Passes on what the tests print.
    fn to_the_end(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let mut printed = BufReader::new(child.stdout.take().context("cargo has no output")?);
        let mut failed = Vec::new();
        let [mut begun, mut ended] = [0_usize; 2];
        let mut line = Vec::new();
        // Tests may print what is not UTF-8.
        while printed.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            let text = String::from_utf8_lossy(&line);
            begun += usize::from(is_begin(&text));
            ended += usize::from(text.starts_with("test result: "));
            failed.extend(failure(&text));
            line.clear();
        }
        Ok(Self {
            status: child.wait()?,
            failed,
            cut_off: begun.saturating_sub(ended),
        })
    }
}

/// Whether libtest says how many tests a program has.
fn is_begin(line: &str) -> bool {
    let Some(tests) = line.trim_end().strip_prefix("running ") else {
        return false;
    };
    tests.ends_with(" test") || tests.ends_with(" tests")
}

/// The name of the test that a line of libtest says has failed.
fn failure(line: &str) -> Option<String> {
    let name = line.trim_end().strip_prefix("test ")?;
    name.strip_suffix(" ... FAILED").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::failure;

    #[test]
    fn failures_are_told_by_their_line() {
        let name = failure("test jobs::a_job_fails ... FAILED\n");
        assert_eq!(name.as_deref(), Some("jobs::a_job_fails"));
        for other in [
            "test jobs::a_job_fails ... ok\n",
            "test result: FAILED. 3 passed; 1 failed\n",
            "    jobs::a_job_fails\n",
        ] {
            assert_eq!(failure(other), None, "{other}");
        }
    }
}
