//! The private Python environment: a kernel that is always there, made once, used by the demo and by
//! notebooks whose own kernel is missing.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nbpress_kernel::process;

use crate::printer::Printer;
use crate::progress::Live;
use crate::report::Fix;
use crate::settings::Settings;

/// The name of its kernel, beside ipykernel's own `python3`, which other environments have too.
pub(crate) const KERNEL: &str = "nbpress-python";

/// What the demo notebook imports, and the kernel.
const PACKAGES: [&str; 4] = ["ipykernel>=7", "pandas", "matplotlib", "altair"];

/// Imports what the first run would otherwise compile; matplotlib also lists the machine's fonts.
const WARM_UP: &str = "import ipykernel.kernelapp, pandas, matplotlib.pyplot, altair; altair.Chart().to_dict(validate=False)";

/// Prints the version, the program, and whether it can make environments.
const PROBE: &str = "import sys, importlib.util as u\n\
    print('.'.join(map(str, sys.version_info[:3])), all(map(u.find_spec, ('venv', 'ensurepip'))), sys.executable)";

const INSTALL_PYTHON: &str = "install Python 3.10 or newer, or uv: https://docs.astral.sh/uv/";

/// The oldest Python that ipykernel 7 runs on.
const OLDEST: (u32, u32) = (3, 10);

/// The client library that notebooks import, shipped inside the binary.
const CLIENT_LIBRARY: &str = include_str!("../../../python/src/nbpress/__init__.py");

/// What there is of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It was never made.
    Missing,
    /// Making it did not come to its end, or something of it was removed.
    Unfinished,
    /// It was made by another version of nbpress.
    Outdated,
    /// It can be used.
    Ready,
}

/// Why the environment could not be made.
#[derive(Debug)]
pub(crate) struct SetupError {
    what: String,
    /// The last lines of what the program said.
    said: Option<Box<dyn Error + Send + Sync>>,
    fix: Option<Fix>,
}

impl SetupError {
    /// What helps.
    pub(crate) fn fix(&self) -> Option<Fix> {
        self.fix.clone()
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let said = self.said.as_deref()?;
        Some(said)
    }
}

/// The `python3` on `PATH`.
#[derive(Clone, Debug)]
pub(crate) struct SystemPython {
    pub(crate) program: PathBuf,
    pub(crate) version: String,
    /// Whether it can make virtual environments with pip in them.
    makes_environments: bool,
}

impl SystemPython {
    /// Asks the first `python3` on `PATH`; `None` where there is none, or none that runs.
    pub(crate) fn find(settings: &Settings) -> Option<Self> {
        let program = on_path(settings, "python3")?;
        let output = process::run_to_end(&program, &["-c", PROBE], &settings.environment).ok()?;
        let mut words = output.text.trim().splitn(3, ' ');
        let version = words.next()?.to_owned();
        let makes_environments = words.next()? == "True";
        let program = words.next().map_or(program, PathBuf::from);
        output.success.then_some(Self {
            program,
            version,
            makes_environments,
        })
    }

    /// What keeps it from making the environment, and what helps.
    pub(crate) fn problem(&self, settings: &Settings) -> Option<(String, Fix)> {
        let mut numbers = self
            .version
            .split('.')
            .map(|part| part.parse().unwrap_or(0));
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if version < OLDEST {
            let (major, minor) = OLDEST;
            let what = format!("Python {} is older than {major}.{minor}", self.version);
            return Some((what, Fix::advice(INSTALL_PYTHON)));
        }
        if self.makes_environments {
            return None;
        }
        let what = format!(
            "Python {} cannot make environments: `ensurepip` is missing",
            self.version
        );
        let package = format!("apt-get install python{}.{}-venv", version.0, version.1);
        let fix = match on_path(settings, "apt-get") {
            Some(_) => Fix::Command(as_root(&package)),
            None => Fix::advice("install the part of Python that has `venv` and `ensurepip`"),
        };
        Some((what, fix))
    }
}

/// What helps where there is no `python3` on `PATH`.
pub(crate) fn install_python(settings: &Settings) -> Fix {
    match on_path(settings, "apt-get") {
        Some(_) => Fix::Command(as_root("apt-get install python3-venv")),
        None => Fix::advice(INSTALL_PYTHON),
    }
}

/// A command for an administrator, as this user must write it.
pub(crate) fn as_root(command: &str) -> String {
    if rustix::process::geteuid().is_root() {
        command.to_owned()
    } else {
        format!("sudo {command}")
    }
}

/// What there is.
pub(crate) fn state(settings: &Settings) -> State {
    let folder = settings.private_python();
    match read_text(&stamp(&folder)) {
        _ if !folder.exists() => State::Missing,
        Some(_) if !interpreter(&folder).is_file() => State::Unfinished,
        Some(made) if made == wanted() => State::Ready,
        Some(_) => State::Outdated,
        None => State::Unfinished,
    }
}

/// Makes the environment where it is missing or unfinished.
pub(crate) fn ensure(printer: Printer, settings: &Settings) -> anyhow::Result<()> {
    if state(settings) == State::Ready {
        return Ok(());
    }
    let folder = settings.private_python();
    let _alone = lock(&folder)?;
    // Another nbpress may have made it while this one waited.
    match state(settings) {
        State::Ready => return Ok(()),
        State::Unfinished => std::fs::remove_dir_all(&folder)
            .with_context(|| format!("failed to remove the unfinished `{}`", folder.display()))?,
        State::Missing | State::Outdated => {}
    }
    printer.say_wrapped(
        "",
        2,
        &format!("setting up Python in {}, once", folder.display()),
    );
    let setup = Setup {
        settings,
        folder: &folder,
        live: &Live::new(printer),
    };
    match on_path(settings, "uv") {
        Some(uv) => setup.with_uv(&uv)?,
        None => setup.with_venv()?,
    }
    install_client_library(&folder)?;
    install_kernelspec(&folder)?;
    setup.warm_up();
    write_text(&stamp(&folder), &wanted())
}

/// The first executable of that name on `PATH`.
pub(crate) fn on_path(settings: &Settings, program: &str) -> Option<PathBuf> {
    let path = settings.get("PATH")?;
    std::env::split_paths(path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

/// Written last: what the environment was made for.
fn stamp(folder: &Path) -> PathBuf {
    folder.join("nbpress-environment")
}

fn wanted() -> String {
    format!(
        "{} {KERNEL} {}",
        env!("CARGO_PKG_VERSION"),
        PACKAGES.join(" ")
    )
}

/// Held by the one process that makes the environment; released by the system when it ends.
fn lock(folder: &Path) -> anyhow::Result<std::fs::File> {
    let path = folder.with_extension("lock");
    let locked = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let file = std::fs::File::create(&path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    };
    locked().with_context(|| format!("failed to lock `{}`", path.display()))
}

/// One way or the other to an environment with the packages.
struct Setup<'a> {
    settings: &'a Settings,
    folder: &'a Path,
    live: &'a Live,
}

impl Setup<'_> {
    fn with_uv(&self, uv: &Path) -> Result<(), SetupError> {
        let (folder, python) = (text(self.folder), text(&interpreter(self.folder)));
        self.live.show("making an environment with uv");
        let make = [
            "venv",
            "--quiet",
            "--no-project",
            "--allow-existing",
            &folder,
        ];
        self.program(uv, &make, "uv could not make an environment")?;
        self.live.show(&installing());
        let mut install = vec!["pip", "install", "--quiet", "--python", &python];
        install.extend(PACKAGES);
        self.program(uv, &install, "uv could not install the packages")
    }

    fn with_venv(&self) -> Result<(), SetupError> {
        let refused = |what: String, fix: Fix| SetupError {
            what,
            said: None,
            fix: Some(fix),
        };
        let python = SystemPython::find(self.settings).ok_or_else(|| {
            let what = "there is no `python3` on PATH".to_owned();
            refused(what, install_python(self.settings))
        })?;
        if let Some((what, fix)) = python.problem(self.settings) {
            return Err(refused(what, fix));
        }
        let folder = text(self.folder);
        self.live.show("making an environment");
        let make = ["-m", "venv", &folder];
        self.program(
            &python.program,
            &make,
            "Python could not make an environment",
        )?;
        self.live.show(&installing());
        // Only what is imported gets compiled: by the warm-up.
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--disable-pip-version-check",
        ];
        let install: Vec<&str> = pip.into_iter().chain(PACKAGES).collect();
        let python = interpreter(self.folder);
        self.program(&python, &install, "pip could not install the packages")
    }

    /// A failure here costs the first run some seconds, nothing else.
    fn warm_up(&self) {
        self.live.show("importing them once");
        let mut environment = self.settings.environment.clone();
        environment.remove("PYTHONDONTWRITEBYTECODE");
        let python = interpreter(self.folder);
        let _slower = process::run_to_end(&python, &["-c", WARM_UP], &environment);
    }

    fn program(&self, program: &Path, arguments: &[&str], what: &str) -> Result<(), SetupError> {
        let failed = |said: &str| {
            let lines: Vec<&str> = said
                .lines()
                .filter(|line| !line.trim().is_empty())
                .collect();
            let last = &lines[lines.len().saturating_sub(3)..];
            SetupError {
                what: what.to_owned(),
                said: Some(last.join("\n").into()),
                fix: Some(Fix::advice(
                    "is the package index reachable from here? `HTTPS_PROXY` is obeyed",
                )),
            }
        };
        match process::run_to_end(program, arguments, &self.settings.environment) {
            Ok(output) if output.success => Ok(()),
            Ok(output) => Err(failed(&output.text)),
            Err(error) => Err(failed(&format!("`{}`: {error}", program.display()))),
        }
    }
}

fn installing() -> String {
    let names = PACKAGES.map(|package| package.split(['>', '=']).next().unwrap_or_default());
    format!("installing {}", names.join(", "))
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
    let info = format!("nbpress-{version}.dist-info");
    let files = [
        ("nbpress/__init__.py".to_owned(), CLIENT_LIBRARY.to_owned()),
        (
            format!("{info}/METADATA"),
            format!("Metadata-Version: 2.1\nName: nbpress\nVersion: {version}\n"),
        ),
        (format!("{info}/INSTALLER"), "nbpress\n".to_owned()),
        (
            format!("{info}/RECORD"),
            format!(
                "nbpress/__init__.py,,\n{info}/METADATA,,\n{info}/INSTALLER,,\n{info}/RECORD,,\n"
            ),
        ),
    ];
    for (name, content) in files {
        write_text(&site_packages.join(name), &content)?;
    }
    Ok(())
}

fn install_kernelspec(folder: &Path) -> anyhow::Result<()> {
    // A bare `python` is the interpreter of the environment the kernelspec is in.
    let spec = serde_json::json!({
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python (nbpress)",
        "language": "python",
        "metadata": {"debugger": true},
    });
    let file = format!("share/jupyter/kernels/{KERNEL}/kernel.json");
    write_text(&folder.join(file), &spec.to_string())
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
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    written
        .and_then(|()| std::fs::write(path, text))
        .with_context(|| format!("failed to write `{}`", path.display()))
}
