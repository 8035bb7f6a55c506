//! `cargo xtask test`: every check of the repository, after installing what the checks need.
//!
//! Variables that the tests may read:
//!
//! | variable | meaning |
//! |---|---|
//! | `NBPRESS_TEST_REFERENCE` | the folder described in `reference.rs` |
//! | `NBPRESS_TEST_KERNELS` | names of the kernels installed there, separated by commas |
//! | `NBPRESS_TEST_POSTGRES` | the folder with Postgres' `initdb` and `postgres` |
//! | `JUPYTER_PATH` | the Jupyter data folder with exactly those kernels |
//! | `NBPRESS_BIN` | the `nbpress` program under test |
//!
//! `NBPRESS_TEST_WITHOUT_KERNELS=ir,octave` lets the run pass where those kernels cannot be installed.
//! `cargo xtask test --setup-only` prints the variables as shell `export` lines:
//! `eval "$(cargo xtask test --setup-only)"`.

mod again;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::fuzz;
use crate::reference::Reference;

#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// Only install what the tests need, and print the variables they read.
    #[arg(long)]
    setup_only: bool,
    /// Run only the check of this name: format, lints, build, ui, tests, python, documentation, fuzzing.
    #[arg(long)]
    only: Option<String>,
    /// How long each fuzz target runs, in seconds.
    #[arg(long, default_value_t = 30)]
    fuzz_seconds: u32,
    /// Where the fuzzer begins. The same place, so that a change is judged for what it changes; 0 is anywhere,
    /// for a longer search.
    #[arg(long, default_value_t = 1)]
    fuzz_seed: u32,
}

pub(crate) fn run(root: &Path, arguments: &TestArguments) -> Result<()> {
    let start = Instant::now();
    let reference = Reference::install(root)?;
    eprintln!("[setup] ready after {:.1} s", start.elapsed().as_secs_f64());
    let mut environment = reference.environment();
    let binary = root.join("target/debug/nbpress");
    environment.push(("NBPRESS_BIN", binary.display().to_string()));
    if arguments.setup_only {
        for (name, value) in environment {
            println!("export {name}='{value}'");
        }
        return Ok(());
    }
    let checks = Checks {
        root,
        environment,
        only: arguments.only.as_deref(),
    };
    checks.cargo("format", "fmt --all --check")?;
    checks.cargo("lints", "clippy --workspace --all-targets -- -D warnings")?;
    // The tests start these programs; `cargo test` alone builds a program only for its own package.
    checks.cargo(
        "build",
        "build --package nbpress-cli --package nbpress-kernel --bins",
    )?;
    // The build has installed what it needs. Its stories in a browser are among the tests.
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "check", "--prefix", "ui"]);
    checks.command("ui", &mut npm)?;
    checks.timed("tests", || again::tests(|| checks.prepared(env!("CARGO"))))?;
    let mut pytest = Command::new(reference.program("python"));
    pytest.args("-m pytest -q -p no:cacheprovider python".split(' '));
    checks.command("python", &mut pytest)?;
    let mut documentation = Command::new(env!("CARGO"));
    documentation.args("doc --workspace --no-deps --quiet".split(' '));
    checks.command(
        "documentation",
        documentation.env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    let search = fuzz::Search {
        seconds: arguments.fuzz_seconds,
        seed: arguments.fuzz_seed,
    };
    checks.timed("fuzzing", || fuzz::run(root, search))?;
    eprintln!(
        "[test] everything passed in {:.0} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Runs commands in the repository with the tests' variables.
struct Checks<'root> {
    root: &'root Path,
    environment: Vec<(&'static str, String)>,
    only: Option<&'root str>,
}

impl Checks<'_> {
    fn cargo(&self, name: &str, words: &str) -> Result<()> {
        self.command(name, Command::new(env!("CARGO")).args(words.split(' ')))
    }

    fn prepared(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.prepare(&mut command);
        command
    }

    fn prepare<'command>(&self, command: &'command mut Command) -> &'command mut Command {
        let environment = self.environment.iter();
        command
            .current_dir(self.root)
            .envs(environment.map(|(name, value)| (name, value)))
    }

    fn command(&self, name: &str, command: &mut Command) -> Result<()> {
        self.timed(name, || {
            let status = self
                .prepare(command)
                .status()
                .with_context(|| format!("cannot start {command:?}"))?;
            ensure!(status.success(), "{name} failed ({status})");
            Ok(())
        })
    }

    /// Says what runs, and how long it took.
    fn timed(&self, name: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.only.is_some_and(|only| only != name) {
            return Ok(());
        }
        eprintln!("[test] {name} …");
        let start = Instant::now();
        check()?;
        eprintln!(
            "[test] {name} passed in {:.1} s",
            start.elapsed().as_secs_f64()
        );
        Ok(())
    }
}
