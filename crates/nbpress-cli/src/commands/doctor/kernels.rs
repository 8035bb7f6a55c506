//! Whether a kernel starts; where it does not, why, and the command that helps.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use nbpress_kernel::find::SpecError;
use nbpress_kernel::provision::LaunchError;
use nbpress_kernel::{FoundKernel, Kernel, LaunchRequest, Limits, LocalProvisioner, StartError};

use super::{Problem, Verdict};
use crate::printer::duration;
use crate::private_python::{as_root, on_path};
use crate::report::Fix;
use crate::settings::Settings;

/// A kernelspec, or why it is none.
type Found = Result<FoundKernel, SpecError>;

/// The kernels asked for, or all.
pub(super) fn chosen(
    settings: &Settings,
    names: &[String],
) -> anyhow::Result<BTreeMap<String, Found>> {
    let mut all = settings.finder().all();
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen = BTreeMap::new();
    for name in names {
        match all.remove_entry(&name.to_lowercase()) {
            Some((name, found)) => {
                chosen.insert(name, found);
            }
            None if chosen.contains_key(&name.to_lowercase()) => {}
            None => {
                let known: Vec<String> = all.into_keys().collect();
                return Err(anyhow!(
                    "no kernel named `{name}` is installed; there are: {}",
                    known.join(", ")
                ));
            }
        }
    }
    Ok(chosen)
}

/// Starts a kernel and ends it again.
pub(super) async fn verdict(settings: &Settings, found: Found, timeout: Duration) -> Verdict {
    let kernel = match found {
        Ok(kernel) => kernel,
        Err(error) => return Verdict::Broken(broken_file(&error)),
    };
    let request = LaunchRequest {
        kernel: &kernel,
        working_directory: Path::new("/"),
        environment: &settings.environment,
        limits: Limits::default(),
    };
    let started = std::time::Instant::now();
    match Kernel::start(&LocalProvisioner::default(), &request, timeout).await {
        Ok(running) => {
            let elapsed = started.elapsed();
            let info = running.info().clone();
            running.kill().await;
            let words = [
                format!("{} {}", info.implementation, info.implementation_version),
                format!("{} {}", info.language(), info.language_version()),
                format!("ready in {}", duration(elapsed.as_secs_f64())),
            ];
            Verdict::Works(words.map(|word| word.trim().to_owned()).join(", "))
        }
        Err(error) => Verdict::Broken(diagnosis(settings, &kernel, &error)),
    }
}

fn broken_file(error: &SpecError) -> Problem {
    let cause = error.source().map(|cause| format!(": {cause}"));
    let reason = format!("{error}{}", cause.unwrap_or_default());
    let (SpecError::Read { path, .. } | SpecError::Parse { path, .. }) = error;
    let folder = path.parent().unwrap_or(path);
    Problem::new(
        reason,
        vec![
            Fix::advice(format!("correct `{}`", path.display())),
            remove(folder),
        ],
    )
}

fn diagnosis(settings: &Settings, kernel: &FoundKernel, error: &StartError) -> Problem {
    let log = error.log().trim();
    match error {
        StartError::Launch(LaunchError::Program {
            program, source, ..
        }) => {
            let reason = format!("`{program}` cannot be started: {source}");
            Problem::new(
                reason,
                missing_program(settings, kernel, Path::new(program)),
            )
        }
        StartError::Launch(LaunchError::EmptyCommandLine { .. }) => {
            let file = kernel.folder.join("kernel.json");
            let advice = Fix::advice(format!(
                "give `argv` in `{}` a command line",
                file.display()
            ));
            Problem::new(error.to_string(), vec![advice, remove(&kernel.folder)])
        }
        StartError::ExitedEarly { .. } => {
            if let (Some(module), Some(python)) = (missing_module(log), kernel.interpreter()) {
                let reason = format!("`{}` has no module `{module}`", python.display());
                return Problem::new(reason, vec![install(settings, &python, module)]);
            }
            let reason = format!("{error}{}", last_line(log));
            let fixes = match error.hint(kernel) {
                Some(hint) => vec![Fix::Advice(hint)],
                None => vec![Fix::Advice(format!(
                    "see what it says: `{}`",
                    by_hand(kernel)
                ))],
            };
            Problem::new(reason, fixes)
        }
        StartError::Timeout { timeout, .. } => {
            let longer = format!(
                "nbpress doctor {} --start-timeout {}",
                kernel.name,
                timeout.as_secs().max(1) * 4
            );
            let reason = format!(
                "no answer in {}{}",
                duration(timeout.as_secs_f64()),
                last_line(log)
            );
            Problem::new(reason, vec![Fix::Command(longer)])
        }
        StartError::Launch(other) => {
            let cause = other.source().map(|cause| format!(": {cause}"));
            Problem::new(format!("{other}{}", cause.unwrap_or_default()), Vec::new())
        }
    }
}

fn last_line(log: &str) -> String {
    log.lines()
        .next_back()
        .map_or_else(String::new, |line| format!(": {}", line.trim()))
}

/// The command line that shows why a kernel ends; without a connection file it is not started for good.
fn by_hand(kernel: &FoundKernel) -> String {
    let line = kernel.command_line(Path::new("/dev/null"));
    line.join(" ")
}

fn remove(folder: &Path) -> Fix {
    Fix::command(format!("rm -r {}", quoted(folder)))
}

/// What helps where the program of a kernelspec is not there.
fn missing_program(settings: &Settings, kernel: &FoundKernel, program: &Path) -> Vec<Fix> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let environment = program.parent().filter(|bin| bin.ends_with("bin"));
    let environment = environment.and_then(Path::parent);
    let mut fixes = Vec::new();
    match environment.filter(|_| name.starts_with("python") && program.is_absolute()) {
        // What is left of an environment points to an interpreter that is gone, after an upgrade say.
        Some(folder) => {
            let clear = if folder.exists() { " --clear" } else { "" };
            fixes.push(Fix::command(format!(
                "python3 -m venv{clear} {} && {} -m pip install ipykernel",
                quoted(folder),
                quoted(program)
            )));
        }
        None => fixes.push(known_program(settings, &name)),
    }
    fixes.push(remove(&kernel.folder));
    fixes
}

fn known_program(settings: &Settings, name: &str) -> Fix {
    let debian = on_path(settings, "apt-get").is_some();
    let package = |packages: &str| Fix::Command(as_root(&format!("apt-get install {packages}")));
    match name {
        "R" | "Rscript" if debian => package("r-base-core r-cran-irkernel"),
        "octave" if debian => package("octave"),
        "deno" => Fix::advice("install Deno: https://docs.deno.com/runtime/"),
        "julia" => Fix::advice("install Julia: https://julialang.org/install/"),
        name if name.starts_with("python") && debian => package("python3"),
        name => Fix::Advice(format!("put `{name}` on PATH")),
    }
}

/// The module that Python says it does not have.
fn missing_module(log: &str) -> Option<&str> {
    let rest = log.rsplit_once("No module named ")?.1.lines().next()?;
    let name = rest.trim().trim_matches('\'');
    name.split('.').next().filter(|name| !name.is_empty())
}

/// The command that installs a module for an interpreter, whoever manages its environment.
fn install(settings: &Settings, python: &Path, module: &str) -> Fix {
    let package = match module {
        "ipykernel_launcher" => "ipykernel",
        other => other,
    };
    let prefix = python.parent().and_then(Path::parent);
    let virtual_environment = prefix.is_some_and(|prefix| prefix.join("pyvenv.cfg").is_file());
    if virtual_environment && !prefix.is_some_and(has_pip) {
        if on_path(settings, "uv").is_some() {
            return Fix::command(format!(
                "uv pip install --python {} {package}",
                quoted(python)
            ));
        }
        let python = quoted(python);
        return Fix::command(format!(
            "{python} -m ensurepip && {python} -m pip install {package}"
        ));
    }
    if !virtual_environment && externally_managed(python) {
        let debian = on_path(settings, "apt-get").is_some();
        return match package {
            "ipykernel" if debian => Fix::Command(as_root("apt-get install python3-ipykernel")),
            _ => Fix::advice(format!(
                "the system manages `{}`: install `{package}` with its package manager, or use a \
                 virtual environment",
                python.display()
            )),
        };
    }
    Fix::command(format!("{} -m pip install {package}", quoted(python)))
}

fn has_pip(prefix: &Path) -> bool {
    let libraries = prefix
        .join("lib")
        .read_dir()
        .into_iter()
        .flatten()
        .flatten();
    libraries
        .map(|entry| entry.path().join("site-packages/pip"))
        .any(|pip| pip.is_dir())
}

/// Whether `pip` refuses to change an interpreter's packages
/// (<https://packaging.python.org/en/latest/specifications/externally-managed-environments/>).
fn externally_managed(python: &Path) -> bool {
    let Ok(python) = python.canonicalize() else {
        return false;
    };
    let prefix = python.parent().and_then(Path::parent);
    let libraries = prefix.and_then(|prefix| prefix.join("lib").read_dir().ok());
    let version = python.file_name().unwrap_or_default();
    libraries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name() == version)
        .any(|entry| entry.path().join("EXTERNALLY-MANAGED").is_file())
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |char: char| char.is_alphanumeric() || "/._-+@:".contains(char);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_module_is_read_from_the_log() {
        for (log, expected) in [
            (
                "/opt/python: No module named ipykernel_launcher",
                Some("ipykernel_launcher"),
            ),
            (
                "Traceback …\nModuleNotFoundError: No module named 'zmq.backend'\n",
                Some("zmq"),
            ),
            ("Segmentation fault", None),
        ] {
            assert_eq!(missing_module(log), expected, "{log}");
        }
    }

    #[test]
    fn paths_are_quoted_for_the_shell() {
        for (path, expected) in [
            ("/opt/py-3.12/bin/python", "/opt/py-3.12/bin/python"),
            ("/my env/bin/python", "'/my env/bin/python'"),
            ("/it's", r"'/it'\''s'"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }
}
