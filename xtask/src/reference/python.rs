//! Python environments: made by `uv` when it can be had, by `venv` and `pip` when not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::step::{Log, Steps};

/// What makes the environments.
#[derive(Debug)]
pub(crate) struct Python {
    tools: PathBuf,
    uv: Option<PathBuf>,
}

impl Python {
    /// A helper environment with pip, and uv in it where the package index has it for this machine.
    pub(crate) fn install(steps: &Steps, folder: &Path) -> Result<Self> {
        let tools = folder.join("tools");
        let uv = tools.join("bin/uv");
        steps.once("tools", "venv uv", &tools.join("bin/pip"), |log| {
            fs::remove_dir_all(&tools).ok();
            make_first_venv(log, &tools)?;
            let wanted =
                log.run(Command::new(tools.join("bin/pip")).args(["install", "--quiet", "uv"]));
            if let Err(cause) = wanted {
                eprintln!("[setup] no uv, pip takes its place (slower): {cause:#}");
            }
            Ok(())
        })?;
        Ok(Self {
            uv: uv.exists().then_some(uv),
            tools,
        })
    }

    /// A fresh environment holding exactly the packages of a requirements file.
    pub(crate) fn environment(&self, log: &Log, folder: &Path, requirements: &Path) -> Result<()> {
        fs::remove_dir_all(folder).ok();
        if let Some(uv) = &self.uv {
            log.run(
                Command::new(uv)
                    .args(["venv", "--quiet", "--python"])
                    .arg(self.tools.join("bin/python"))
                    .arg(folder),
            )?;
        } else {
            log.run(
                Command::new(self.tools.join("bin/python"))
                    .args(["-m", "venv"])
                    .arg(folder),
            )?;
        }
        log.run(self.install_into(folder).arg("-r").arg(requirements))
    }

    /// An `install` command for an environment, without the packages' names.
    pub(crate) fn install_into(&self, folder: &Path) -> Command {
        if let Some(uv) = &self.uv {
            let mut command = Command::new(uv);
            // As pip does: where PYTHONDONTWRITEBYTECODE is set, nobody would do it later.
            command
                .args([
                    "pip",
                    "install",
                    "--quiet",
                    "--compile-bytecode",
                    "--python",
                ])
                .arg(folder.join("bin/python"));
            command
        } else {
            let mut command = Command::new(folder.join("bin/python"));
            command.args(["-m", "pip", "install", "--quiet"]);
            command
        }
    }

    /// Fetches source distributions and unpacks them into `folder`.
    ///
    /// Only the named packages are wanted as source: what pip needs to read their metadata may be wheels.
    pub(crate) fn source_distributions(
        &self,
        log: &Log,
        folder: &Path,
        pins: &[&str],
    ) -> Result<()> {
        fs::remove_dir_all(folder).ok();
        fs::create_dir_all(folder)?;
        let names: Vec<&str> = pins
            .iter()
            .filter_map(|pin| pin.split("==").next())
            .collect();
        log.run(
            Command::new(self.tools.join("bin/pip"))
                .args([
                    "download",
                    "--quiet",
                    "--no-deps",
                    "--no-binary",
                    &names.join(","),
                    "--dest",
                ])
                .arg(folder)
                .args(pins),
        )?;
        for archive in fs::read_dir(folder)? {
            let archive = archive?.path();
            log.run(
                Command::new("tar")
                    .arg("-xzf")
                    .arg(&archive)
                    .arg("-C")
                    .arg(folder),
            )?;
            fs::remove_file(&archive)?;
        }
        Ok(())
    }
}

/// Debian's python3 comes without the module that `venv` needs; root may install it.
fn make_first_venv(log: &Log, folder: &Path) -> Result<()> {
    let make = || log.run(Command::new("python3").args(["-m", "venv"]).arg(folder));
    let Err(cause) = make() else { return Ok(()) };
    super::debian::install(log, &["python3-venv"])
        .with_context(|| format!("python3 cannot make a virtual environment: {cause:#}"))?;
    fs::remove_dir_all(folder).ok();
    make()
}
