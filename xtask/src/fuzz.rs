//! A brief fuzz run of every target in `fuzz/`, on the compiler everything else uses.
//!
//! `cargo fuzz` with a nightly compiler adds the address sanitizer, which code without `unsafe` needs least.
//! What finds new paths, libFuzzer's coverage, is made of code generation options that every compiler has.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// The options `cargo fuzz` passes for coverage; see `rustc -C help` and LLVM's SanitizerCoverage.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions --cfg fuzzing";

/// How the search for inputs goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    /// How long, for each target.
    pub(crate) seconds: u32,
    /// Where it begins; 0 is anywhere.
    pub(crate) seed: u32,
}

/// Searches for inputs that fail, target by target; what is found is printed.
pub(crate) fn run(root: &Path, search: Search) -> Result<()> {
    let targets = targets(&root.join("fuzz/Cargo.toml"))?;
    ensure!(!targets.is_empty(), "fuzz/Cargo.toml names no target");
    if Command::new("c++").arg("--version").output().is_err() {
        eprintln!("[test] NO FUZZING: libFuzzer needs a C++ compiler, and there is no `c++` here");
        return Ok(());
    }
    let host = host()?;
    let built = root.join("target/fuzz");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--target", &host, "--manifest-path"])
        .arg(root.join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(&built)
        .env("RUSTFLAGS", COVERAGE)
        .status()?;
    ensure!(status.success(), "the fuzz targets do not build");
    for target in targets {
        fuzz(
            root,
            &built.join(&host).join("release").join(&target),
            &target,
            search,
        )?;
    }
    Ok(())
}

fn fuzz(root: &Path, program: &Path, target: &str, search: Search) -> Result<()> {
    let corpus = root.join("target/fuzz/corpus").join(target);
    let artifacts = root.join("target/fuzz/artifacts").join(target);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let log = artifacts.join("log");
    let mut command = Command::new(program);
    command
        .arg(format!("-max_total_time={}", search.seconds))
        .arg(format!("-seed={}", search.seed))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536"])
        .arg(&corpus)
        .stderr(fs::File::create(&log)?);
    command.args(seeds(target).iter().map(|folder| root.join(folder)));
    let status = command
        .status()
        .with_context(|| program.display().to_string())?;
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    if !status.success() {
        // Who reads this may not have the machine it was found on.
        eprintln!("{}\n{}", found(&text), inputs(&artifacts)?);
    }
    ensure!(
        status.success(),
        "fuzz target {target} found something ({status}), see {}",
        artifacts.display()
    );
    let done = text.lines().rfind(|line| line.starts_with("Done"));
    eprintln!("[test] fuzz {target}: {}", done.unwrap_or("done"));
    Ok(())
}

/// The files where the search begins, besides what earlier ones have found.
fn seeds(target: &str) -> &'static [&'static str] {
    match target {
        "notebook" => &[
            "fixtures/notebooks",
            "crates/nbpress-format/tests/nbformat_fixtures/every_field",
        ],
        "websocket" => &["fixtures/notebooks"],
        _ => &[],
    }
}

/// The inputs that were found, each escaped, as far as a person would read.
fn inputs(artifacts: &Path) -> Result<String> {
    let mut shown = Vec::new();
    for entry in fs::read_dir(artifacts)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name != "log") {
            let bytes = fs::read(&path)?;
            let some = bytes[..bytes.len().min(8000)].escape_ascii();
            shown.push(format!("{}, {} bytes: {some}", path.display(), bytes.len()));
        }
    }
    Ok(shown.join("\n"))
}

/// What libFuzzer says about what it found, without how it came there.
fn found(log: &str) -> String {
    let is_progress = |line: &&str| line.starts_with('#') && line.contains(" cov: ");
    let lines: Vec<&str> = log.lines().filter(|line| !is_progress(line)).collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

/// Names of the `[[bin]]` entries.
fn targets(manifest: &Path) -> Result<Vec<String>> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()?;
    let targets = metadata
        .packages
        .iter()
        .flat_map(|package| &package.targets);
    Ok(targets
        .filter(|target| target.is_bin())
        .map(|target| target.name.clone())
        .collect())
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names no host")?;
    Ok(host.to_owned())
}
