//! The private Python environment: a kernel that is always there, made once, used by the demo and by
//! notebooks whose own kernel is missing.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use nbpress_kernel::process;

use crate::printer::Printer;
use crate::settings::Settings;

/// What the demo notebook imports, and the kernel.
const PACKAGES: [&str; 4] = ["ipykernel>=7", "pandas", "matplotlib", "altair"];

/// The client library that notebooks import, shipped inside the binary.
const CLIENT_LIBRARY: &str = include_str!("../../../python/src/nbpress/__init__.py");

/// Makes the environment where it is missing or unfinished, and returns its interpreter.
pub(crate) fn ensure(printer: Printer, settings: &Settings) -> anyhow::Result<PathBuf> {
    let folder = settings.private_python();
    let interpreter = folder.join("bin/python");
    let stamp = folder.join("nbpress-environment");
    let wanted = format!("{} {}", env!("CARGO_PKG_VERSION"), PACKAGES.join(" "));
    if read_text(&stamp).as_deref() == Some(wanted.as_str()) && interpreter.is_file() {
        return Ok(interpreter);
    }
    printer.say(&format!("setting up Python in {} (once)", folder.display()));
    if let Some(uv) = on_path(settings, "uv") {
        run(
            printer,
            settings,
            &uv,
            &["venv", "--quiet", "--allow-existing", &text(&folder)],
        )?;
        let mut install = vec!["pip", "install", "--quiet", "--python"];
        let python = text(&interpreter);
        install.push(&python);
        install.extend(PACKAGES);
        run(printer, settings, &uv, &install)?;
    } else {
        let python = on_path(settings, "python3")
            .context("there is no `python3` on PATH; install Python 3.10 or newer")?;
        run(printer, settings, &python, &["-m", "venv", &text(&folder)]).context(
            "making a virtual environment failed; on Debian and Ubuntu it needs the package `python3-venv`",
        )?;
        let mut install = vec![
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        install.extend(PACKAGES);
        run(printer, settings, &interpreter, &install)?;
    }
    install_client_library(&folder)?;
    write_text(&stamp, &wanted)?;
    Ok(interpreter)
}

/// Puts the `nbpress` package beside the others, in the layout pip recognises
/// (<https://packaging.python.org/en/latest/specifications/recording-installed-packages/>).
fn install_client_library(folder: &Path) -> anyhow::Result<()> {
    let library = folder
        .join("lib")
        .read_dir()
        .with_context(|| format!("`{}` has no `lib`", folder.display()))?;
    let site_packages = library
        .flatten()
        .map(|entry| entry.path().join("site-packages"))
        .find(|path| path.is_dir())
        .context("the environment has no site-packages")?;
    let version = env!("CARGO_PKG_VERSION");
    let info = site_packages.join(format!("nbpress-{version}.dist-info"));
    let package = site_packages.join("nbpress");
    for folder in [&info, &package] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("failed to make `{}`", folder.display()))?;
    }
    let metadata = format!("Metadata-Version: 2.1\nName: nbpress\nVersion: {version}\n");
    write_text(&package.join("__init__.py"), CLIENT_LIBRARY)?;
    write_text(&info.join("METADATA"), &metadata)?;
    write_text(&info.join("INSTALLER"), "nbpress\n")?;
    let record = format!(
        "nbpress/__init__.py,,\nnbpress-{version}.dist-info/METADATA,,\nnbpress-{version}.dist-info/INSTALLER,,\nnbpress-{version}.dist-info/RECORD,,\n"
    );
    write_text(&info.join("RECORD"), &record)
}

/// The first executable of that name on `PATH`.
pub(crate) fn on_path(settings: &Settings, program: &str) -> Option<PathBuf> {
    let path = settings.get("PATH")?;
    std::env::split_paths(path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn run(
    printer: Printer,
    settings: &Settings,
    program: &Path,
    arguments: &[&str],
) -> anyhow::Result<()> {
    let output = process::run_to_end(program, arguments, &settings.environment)
        .with_context(|| format!("failed to start `{}`", program.display()))?;
    if !output.success {
        printer.say(output.text.trim_end());
        bail!("`{} {}` failed", program.display(), arguments.join(" "));
    }
    Ok(())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "files of the environment, never notebooks"
)]
fn read_text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "files of the environment, never notebooks"
)]
fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}
