//! Development tasks: `cargo xtask test`, `cargo xtask bench`.
#![expect(
    clippy::disallowed_methods,
    reason = "a development tool: it starts compilers and reads its own repository, never a user's notebook"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a development tool talks to its terminal"
)]

mod bench;
mod fuzz;
mod reference;
mod test;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

/// Development tasks of nbpress.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what the tests need, then run every check of the repository.
    Test(test::TestArguments),
    /// Measure nbpress against papermill and print the table.
    Bench(bench::BenchArguments),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            // Not `Debug`: a backtrace of this program says nothing about what failed.
            eprintln!("error: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = repository_root()?;
    match Arguments::parse().task {
        Task::Test(arguments) => test::run(&root, &arguments),
        Task::Bench(arguments) => bench::run(&root, &arguments),
    }
}

/// Cargo, as if this program had not been started by it: build scripts that look at these variables would else
/// run again, and half of the dependencies with them, whenever cargo is called the other way.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// The folder that holds the workspace's `Cargo.toml`.
fn repository_root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .context("xtask has no parent folder")
}
