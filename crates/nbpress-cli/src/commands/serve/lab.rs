//! Where JupyterLab's front end is on this machine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nbpress_server::Lab;

use crate::configuration::WITHOUT_VALUE;
use crate::settings::Settings;

/// The front end in the given environment, or in the first that has one where none was named.
pub(super) fn find(settings: &Settings, given: &Path) -> anyhow::Result<Lab> {
    if given != Path::new(WITHOUT_VALUE) {
        return Lab::open(given)
            .with_context(|| format!("failed to find JupyterLab in `{}`", given.display()));
    }
    prefixes(settings)
        .iter()
        .find_map(|prefix| Lab::open(prefix).ok())
        .context(
            "failed to find JupyterLab in any Python environment; install it (`pip install jupyterlab`), \
             or say where it is: `--lab=PATH`",
        )
}

/// The active environment, those of the programs on `PATH`, our own, and the person's.
fn prefixes(settings: &Settings) -> Vec<PathBuf> {
    let named = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter();
    let mut prefixes: Vec<PathBuf> = named
        .filter_map(|name| settings.get(name))
        .map(PathBuf::from)
        .collect();
    let programs = std::env::split_paths(settings.get("PATH").unwrap_or_default());
    prefixes.extend(programs.filter_map(|folder| Some(folder.parent()?.to_owned())));
    prefixes.push(settings.private_python());
    prefixes.extend(
        settings
            .get("HOME")
            .map(|home| Path::new(home).join(".local")),
    );
    prefixes
}
