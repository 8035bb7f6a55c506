//! Debian packages: the kernels that are in no Python package, the Postgres server, a browser, pandoc.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::step::Log;

/// Where the package `postgresql` puts its programs, in a folder per version.
pub(super) const POSTGRES: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres` of the newest version.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    let versions = fs::read_dir(POSTGRES).ok()?.flatten();
    let numbered = versions.filter_map(|entry| {
        let number: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        programs
            .join("initdb")
            .exists()
            .then_some((number, programs))
    });
    numbered.max().map(|(_, programs)| programs)
}

/// Installs packages; needs `apt-get` and root (or a `sudo` that asks nothing).
pub(crate) fn install(log: &Log, packages: &[&str]) -> Result<()> {
    let Some(mut update) = apt_get() else {
        bail!(
            "needs Debian's {} and neither root nor a password-less sudo is here to install them",
            packages.join(", ")
        );
    };
    let Some(mut install) = apt_get() else {
        return Ok(());
    };
    log.run(update.args(["update", "-q"]))?;
    log.run(
        install
            .args(["install", "-q", "-y", "--no-install-recommends"])
            .args(packages),
    )
}

fn apt_get() -> Option<Command> {
    let runs = |program: &str, words: &[&str]| {
        Command::new(program)
            .args(words)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !runs("apt-get", &["--version"]) {
        return None;
    }
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let mut command = if root {
        Command::new("apt-get")
    } else if runs("sudo", &["-n", "true"]) {
        let mut command = Command::new("sudo");
        command.args(["-n", "apt-get"]);
        command
    } else {
        return None;
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Some(command)
}
