//! Programs and libraries for Node, from npm.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::step::Steps;

/// The Azure storage emulator.
const AZURITE: &[&str] = &["azurite@3.35.0"];
/// What JupyterLab itself talks to servers with, and a driver for a browser that Debian has.
const JUPYTER_CLIENTS: &[&str] = &["@jupyterlab/services@7.6.6", "playwright-core@1.65.1"];

pub(super) fn install(steps: &Steps, folder: &Path) -> Result<()> {
    packages(steps, &folder.join("azure"), "azurite", AZURITE)?;
    let clients = folder.join("jupyter-node");
    packages(steps, &clients, "@jupyterlab/services", JUPYTER_CLIENTS)
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
