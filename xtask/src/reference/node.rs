//! Programs and libraries for Node, from npm.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::step::Steps;

/// The Azure storage emulator.
const AZURITE: &[&str] = &["azurite@3.35.0"];
/// What JupyterLab itself talks to servers with, and a driver for a browser that Debian has.
const JUPYTER_CLIENTS: &[&str] = &["@jupyterlab/services@7.6.6", "playwright-core@1.65.1"];

pub(super) fn install(steps: &Steps, root: &Path, folder: &Path) -> Result<()> {
    packages(steps, &folder.join("azure"), "azurite", AZURITE)?;
    let clients = folder.join("jupyter-node");
    packages(steps, &clients, "@jupyterlab/services", JUPYTER_CLIENTS)?;
    let openid = folder.join("openid");
    locked(steps, &openid, "oidc-provider", &root.join("e2e/openid"))
}

/// Installs packages into `folder`; one of them tells whether they are still there.
fn packages(steps: &Steps, folder: &Path, one: &str, pins: &[&str]) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let product = folder.join("node_modules").join(one);
    steps.once(&name, &pins.join(" "), &product, |log| {
        fs::create_dir_all(folder)?;
        // Its own package file, or npm would look for one in the folders above.
        fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund"]).args(pins);
        log.run(npm.current_dir(folder))
    })
}

/// Installs what a lockfile says into `folder`; one of the packages tells whether they are still there.
fn locked(steps: &Steps, folder: &Path, one: &str, from: &Path) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let product = folder.join("node_modules").join(one);
    let lock = from.join("package-lock.json");
    let inputs = fs::read_to_string(&lock).with_context(|| lock.display().to_string())?;
    steps.once(&name, &inputs, &product, |log| {
        fs::create_dir_all(folder)?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(from.join(file), folder.join(file))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        log.run(npm.current_dir(folder))
    })
}
