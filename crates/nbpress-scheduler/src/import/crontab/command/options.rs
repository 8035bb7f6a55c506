//! The options of programs that run notebooks, and what each means for a job.
//!
//! papermill's: <https://papermill.readthedocs.io/en/latest/usage-cli.html>; nbconvert's:
//! <https://nbconvert.readthedocs.io/en/latest/config_options.html>; nbclient's:
//! <https://nbclient.readthedocs.io/en/latest/client.html>.

use super::{Tool, short};

/// What an option means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing that a job needs.
    Nothing,
    /// The notebook is run.
    Execute,
    /// A name, and a value that is typed by how it looks.
    Parameter,
    /// A name and a text.
    RawParameter,
    /// `NAME=VALUE`.
    Assignment,
    /// A file of values.
    ParameterFile,
    /// Values in YAML.
    Yaml,
    /// The same in base64.
    Base64,
    /// The kernel's name.
    Kernel,
    /// Longest time of a cell.
    CellTimeout,
    /// Longest time of the run.
    RunTimeout,
    /// Longest time of the kernel's start.
    StartTimeout,
    /// Something a job does differently.
    Different(&'static str),
    /// Something a job cannot do.
    Refused(&'static str),
}

use Meaning::{
    Assignment, Base64, CellTimeout, Different, Execute, Kernel, Nothing, Parameter, ParameterFile,
    RawParameter, Refused, RunTimeout, StartTimeout, Yaml,
};

/// Names of an option, how many values it takes, and what it means.
type Known = (&'static [&'static str], usize, Meaning);

const FOLDER: Meaning = Different("a run has a folder of its own, not that of `--cwd`");
const PATHS: Meaning = Different("paths are not injected as parameters");

const PAPERMILL: &[Known] = &[
    (&["-p", "--parameters"], 2, Parameter),
    (&["-r", "--parameters_raw"], 2, RawParameter),
    (&["-f", "--parameters_file"], 1, ParameterFile),
    (&["-y", "--parameters_yaml"], 1, Yaml),
    (&["-b", "--parameters_base64"], 1, Base64),
    (&["-k", "--kernel"], 1, Kernel),
    (
        &["-l", "--language"],
        1,
        Different("its language is the notebook's"),
    ),
    (&["--cwd"], 1, FOLDER),
    (&["--execution-timeout"], 1, CellTimeout),
    (&["--start-timeout", "--start_timeout"], 1, StartTimeout),
    (
        &[
            "--inject-input-path",
            "--inject-output-path",
            "--inject-paths",
        ],
        0,
        PATHS,
    ),
    (&["--report-mode"], 0, Different("inputs are not hidden")),
    (
        &["--prepare-only"],
        0,
        Refused("it prepares a notebook without running it"),
    ),
    (
        &["--help-notebook", "--help", "-h", "--version"],
        0,
        Refused("it runs no notebook"),
    ),
    (&["--engine"], 1, Different("its engine is ours")),
    (
        &["--stdout-file", "--stderr-file"],
        1,
        Different("what it prints is in `nbpress logs`"),
    ),
    (&["--autosave-cell-every", "--log-level"], 1, Nothing),
    (
        &[
            "--log-output",
            "--no-log-output",
            "--progress-bar",
            "--no-progress-bar",
            "--no-report-mode",
            "--prepare-execute",
            "--request-save-on-cell-execute",
            "--no-request-save-on-cell-execute",
        ],
        0,
        Nothing,
    ),
];

const NBPRESS_RUN: &[Known] = &[
    (&["-p", "--parameter"], 1, Assignment),
    (&["-f", "--parameters-file"], 1, ParameterFile),
    (&["-y", "--parameters-yaml"], 1, Yaml),
    (&["-k", "--kernel"], 1, Kernel),
    (&["--cell-timeout"], 1, CellTimeout),
    (&["--timeout"], 1, RunTimeout),
    (&["--start-timeout"], 1, StartTimeout),
    (&["--cwd"], 1, FOLDER),
    (
        &["-l", "--language"],
        1,
        Different("its language is the notebook's"),
    ),
    (
        &["--memory", "--cpus"],
        1,
        Different("how large it may be is its profile's"),
    ),
    (&["--tag"], 1, Different("its labels are not taken over")),
    (
        &["--secret"],
        1,
        Refused("it has a secret; publish it with `--secret`"),
    ),
    (
        &["--allow-errors"],
        0,
        Refused("it goes on after errors, which a job does not"),
    ),
    (
        &["--skip-tag", "--only"],
        1,
        Refused("it runs some cells only, which a job does not"),
    ),
    (&["--report-mode"], 0, Different("inputs are not hidden")),
    (
        &[
            "--if-absent",
            "--no-record",
            "--json",
            "-q",
            "--quiet",
            "--tables",
        ],
        0,
        Nothing,
    ),
];

const NBCONVERT: &[Known] = &[
    (&["--execute"], 0, Execute),
    (&["--to"], 1, Different("what it converts to is not made")),
    (
        &["--output", "--output-dir"],
        1,
        Different("its output becomes a record"),
    ),
    (
        &["--inplace"],
        0,
        Different("the notebook itself is not overwritten; its output is a record"),
    ),
    (&["--ExecutePreprocessor.timeout"], 1, CellTimeout),
    (&["--ExecutePreprocessor.startup_timeout"], 1, StartTimeout),
    (&["--ExecutePreprocessor.kernel_name"], 1, Kernel),
    (
        &["--allow-errors"],
        0,
        Refused("it goes on after errors, which a job does not"),
    ),
    (
        &[
            "--no-input",
            "--no-prompt",
            "--clear-output",
            "--embed-images",
            "-y",
            "--debug",
            "--stdout",
        ],
        0,
        Nothing,
    ),
    (&["--log-level", "--template"], 1, Nothing),
];

const EXECUTE: &[Known] = &[
    (&["--timeout"], 1, CellTimeout),
    (&["--startup_timeout"], 1, StartTimeout),
    (&["--kernel_name"], 1, Kernel),
    (&["--output"], 1, Different("its output becomes a record")),
    (
        &["--inplace"],
        0,
        Different("the notebook itself is not overwritten; its output is a record"),
    ),
    (
        &["--allow-errors"],
        0,
        Refused("it goes on after errors, which a job does not"),
    ),
    (&["-y", "--debug", "--show-config"], 0, Nothing),
    (&["--log-level"], 1, Nothing),
];

/// What was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// Options with their values, in order.
    pub(super) options: Vec<(Meaning, Vec<String>)>,
    /// Arguments that are no options.
    pub(super) positional: Vec<String>,
}

/// Takes arguments apart.
///
/// # Errors
/// A reason for people: an option that is not known, or has no value.
pub(super) fn read(tool: Tool, arguments: &[String]) -> Result<Given, String> {
    let known = match tool {
        Tool::Papermill => PAPERMILL,
        Tool::NbpressRun => NBPRESS_RUN,
        Tool::Nbconvert => NBCONVERT,
        Tool::JupyterExecute => EXECUTE,
    };
    let mut given = Given::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            given.positional.extend(rest.cloned());
            break;
        }
        if !argument.starts_with('-') || argument == "-" {
            given.positional.push(argument.clone());
            continue;
        }
        let (found, attached) = find(known, argument)
            .ok_or_else(|| format!("its option `{}` is not known", short(argument)))?;
        let (_, count, meaning) = *found;
        let mut values: Vec<String> = attached.map(str::to_owned).into_iter().collect();
        while values.len() < count {
            let missing = || format!("its option `{}` has no value", short(argument));
            values.push(rest.next().ok_or_else(missing)?.clone());
        }
        given.options.push((meaning, values));
    }
    Ok(given)
}

/// An option by how it is written: `--kernel x`, `--kernel=x`, `-kx`.
fn find<'a>(
    known: &'static [Known],
    argument: &'a str,
) -> Option<(&'static Known, Option<&'a str>)> {
    let by_name = |name: &str| known.iter().find(|(names, _, _)| names.contains(&name));
    if let Some(found) = by_name(argument) {
        return Some((found, None));
    }
    let takes_one = |found: &&Known| found.1 > 0;
    if argument.starts_with("--") {
        let (name, value) = argument.split_once('=')?;
        return Some((by_name(name).filter(takes_one)?, Some(value)));
    }
    let (name, value) = argument.split_at_checked(2)?;
    Some((by_name(name).filter(takes_one)?, Some(value)))
}
