//! Notebooks that both sides execute: papermill's own, nbclient's, ours, and other kernels.

use std::fs;
use std::path::PathBuf;

use e2e::place;

use crate::compare::{Case, run_all};

/// Where a notebook comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// papermill's tests.
    Papermill(&'static str),
    /// nbclient's tests.
    Nbclient(&'static str),
    /// `fixtures/notebooks`.
    Ours(&'static str),
}

use Source::{Nbclient, Ours, Papermill};

impl Source {
    pub(crate) fn path(self) -> PathBuf {
        let sources = place::reference().join("sdist");
        match self {
            Papermill(name) => sources
                .join("papermill-2.7.0/papermill/tests/notebooks")
                .join(format!("{name}.ipynb")),
            Nbclient(name) => sources
                .join("nbclient-0.11.0/tests/files")
                .join(format!("{name}.ipynb")),
            Ours(name) => place::fixture(name),
        }
    }
}

/// Name, notebook, arguments between `|`, papermill's exit code.
type Row = (&'static str, Source, &'static str, i32);

/// A case that reads `in.ipynb` and writes `out.ipynb`; arguments are between `|`.
pub(crate) fn case(name: &str, notebook: Source, arguments: &str, exit: i32) -> Case {
    let arguments = ["in.ipynb", "out.ipynb"]
        .into_iter()
        .chain(split(arguments));
    with_arguments(name, notebook, arguments, exit)
}

/// A case that names its own paths.
pub(crate) fn with_arguments<'a>(
    name: &str,
    notebook: Source,
    arguments: impl IntoIterator<Item = &'a str>,
    exit: i32,
) -> Case {
    let path = notebook.path();
    Case {
        name: name.to_owned(),
        notebook: fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        exit,
        last_error: false,
    }
}

pub(crate) fn split(arguments: &str) -> Vec<&str> {
    if arguments.is_empty() {
        Vec::new()
    } else {
        arguments.split('|').collect()
    }
}

fn run(what: &str, rows: &[Row]) {
    let cases: Vec<Case> = rows
        .iter()
        .map(|(name, notebook, arguments, exit)| case(name, *notebook, arguments, *exit))
        .collect();
    run_all(what, &cases);
}

#[rustfmt::skip]
const PAPERMILLS: &[Row] = &[
    ("simple execute", Papermill("simple_execute"), "-p|msg|Hello", 0),
    ("simple execute, no parameters", Papermill("simple_execute"), "", 0),
    ("no parameters cell", Papermill("no_parameters"), "-p|msg|Hello", 0),
    ("version 4.4", Papermill("nb_version_4.4"), "-k|python3|-p|var|It works", 0),
    ("no kernelspec", Papermill("blank-vscode"), "-k|python3|-p|var|It works", 0),
    ("broken, stale markers", Papermill("broken1"), "", 1),
    ("broken, display before error", Papermill("broken2"), "", 1),
    ("broken, syntax error", Papermill("broken"), "", 1),
    ("line magic error", Papermill("line_magic_error"), "", 1),
    ("sys.exit()", Papermill("sysexit"), "", 0),
    ("sys.exit(0)", Papermill("sysexit0"), "", 0),
    ("raise SystemExit", Papermill("systemexit"), "", 0),
    ("sys.exit(1)", Papermill("sysexit1"), "", 1),
    ("prepare only, stale error", Papermill("broken1"), r"--prepare-only|-p|foo|do\ not\ crash", 0),
    ("prepare only, interrupted", Papermill("keyboard_interrupt"), r"--prepare-only|-p|foo|do\ not\ crash", 0),
    ("read check, cwd", Papermill("read_check"), "--cwd|check.d", 0),
    ("read check, wrong cwd", Papermill("read_check"), "", 1),
    ("report mode", Papermill("report_mode_test"), "--report-mode|-p|a|0", 0),
    ("complex parameters are no Python", Papermill("complex_parameters"), "", 1),
    ("log output", Papermill("test_logging"), "--log-output", 1),
    ("result without count", Papermill("result_no_exec"), "", 0),
    ("notebook node", Papermill("test_notebooknode_io"), "", 0),
    ("autosave off", Papermill("test_autosave"), "--autosave-cell-every|0", 0),
];

#[rustfmt::skip]
const NBCLIENTS: &[Row] = &[
    ("kernel dies: nbclient's Autokill", Nbclient("Autokill"), "", 138),
    ("timeout: nbclient's Interrupt", Nbclient("Interrupt"), "--execution-timeout|3", 1),
    ("Disable Stdin", Nbclient("Disable Stdin"), "", 1),
    ("Clear Output", Nbclient("Clear Output"), "", 0),
    ("update-display-id", Nbclient("update-display-id"), "-k|python3", 0),
    ("Empty Cell", Nbclient("Empty Cell"), "", 0),
    ("Error", Nbclient("Error"), "", 1),
    ("Skip Execution with Cell Tag", Nbclient("Skip Execution with Cell Tag"), "-k|python3", 0),
    ("Skip Exceptions with Cell Tags", Nbclient("Skip Exceptions with Cell Tags"), "", 1),
    ("Skip Exceptions", Nbclient("Skip Exceptions"), "", 1),
    ("JupyterWidgets", Nbclient("JupyterWidgets"), "", 0),
    ("Other Comms", Nbclient("Other Comms"), "", 0),
    ("SVG", Nbclient("SVG"), "-k|python3", 0),
    ("Unicode", Nbclient("Unicode"), "-k|python3", 0),
    ("UnicodePy3", Nbclient("UnicodePy3"), "", 0),
    ("Factorials", Nbclient("Factorials"), "-k|python3", 0),
    ("HelloWorld", Nbclient("HelloWorld"), "-k|python3", 0),
    ("Sleep1s", Nbclient("Sleep1s"), "", 0),
    ("Check History in Memory", Nbclient("Check History in Memory"), "-k|python3", 0),
];

#[rustfmt::skip]
const OURS: &[Row] = &[
    ("trivial", Ours("trivial"), "-p|x|41", 0),
    ("parameters typed", Ours("parameters_typed"), "-p|count|5|-y|{tags: [x, y], maybe: 3}", 0),
    ("no parameters cell, ours", Ours("no_parameters_cell"), "-p|message|given", 0),
    ("two parameters cells", Ours("two_parameters_cells"), "-p|first|7", 0),
    ("stale injected cell", Ours("stale_injected_cell"), "-p|x|3", 0),
    ("stale injected cell kept", Ours("stale_injected_cell"), "", 0),
    ("kernel dies of SIGKILL", Ours("kernel_suicide"), "", 138),
    ("timeout: a cell that sleeps", Ours("sleep_forever"), "--execution-timeout|2", 1),
    ("kernel dies by exit code", Ours("kernel_exits_7"), "", 138),
    ("raises in a function", Ours("raises_in_cell_3"), "", 1),
    ("raises nothing with another divisor", Ours("raises_in_cell_3"), "-p|divisor|2", 0),
    ("raises-exception tag", Ours("raises_exception_tag"), "", 1),
    ("skip-execution tag", Ours("skip_execution_tag"), "", 0),
    ("widgets and output widget", Ours("widgets_output"), "", 0),
    ("clear output", Ours("clear_output"), "", 0),
    ("update display", Ours("update_display"), "", 0),
    ("stdin refused", Ours("stdin_refused"), "", 1),
    ("unicode names", Ours("unicode_names_ünï"), "-p|größe|2", 0),
    ("sys.exit(0) between cells", Ours("sysexit_0"), "", 0),
    ("sys.exit(3)", Ours("sysexit_3"), "", 1),
    ("unknown magic", Ours("magic_error"), "", 1),
    ("syntax error", Ours("syntax_error"), "", 1),
    ("carriage returns kept", Ours("carriage_return_progress"), "", 0),
    ("stdout and stderr in turn", Ours("stdout_and_stderr"), "", 0),
    ("every line separator", Ours("line_separators"), "", 0),
    ("colours", Ours("ansi_colours"), "", 0),
    ("output of an earlier cell's thread", Ours("late_background_output"), "", 0),
    ("traceback of forty frames", Ours("traceback_40_frames"), "", 1),
    ("NaN in JSON", Ours("not_finite_json"), "", 0),
    ("every MIME kind", Ours("mime_kinds"), "", 0),
    ("scraps", Ours("scraps_of_every_kind"), "", 0),
    ("comm without target", Ours("comm_without_target"), "", 0),
    ("empty cells", Ours("empty_cells"), "", 0),
    ("kernel's own stderr", Ours("kernel_stderr"), "", 0),
    ("report mode over metadata", Ours("report_mode_metadata"), "--report-mode|-p|x|1", 0),
    ("progress descriptions", Ours("progress_description"), "", 0),
    ("lines buffered", Ours("lines_100k_buffered"), "-p|lines|2000", 0),
    ("version 3", Ours("version_3"), "-k|python3|-l|python|-p|x|1", 0),
    ("version 4.4 gets cell ids", Ours("no_cell_ids_v4_4"), "-p|x|1", 0),
    ("unknown fields", Ours("unknown_fields"), "-p|x|1", 0),
    ("no kernelspec, ours", Ours("no_kernelspec"), "", 1),
    ("no kernelspec, kernel given", Ours("no_kernelspec"), "-k|python3", 0),
    ("no kernelspec, both given", Ours("no_kernelspec"), "-k|python3|-l|python", 0),
    ("ipykernel 6", Ours("trivial"), "-k|python3-ipykernel6|-p|x|1", 0),
    ("ipykernel 6 raises", Ours("raises_in_cell_3"), "-k|python3-ipykernel6", 1),
];

#[rustfmt::skip]
const OTHERS: &[(&str, Row)] = &[
    ("bash", ("bash", Ours("bash_parameters"), "-p|name|all; $(id)|-p|count|3", 0)),
    ("bash", ("bash fails", Ours("bash_fails"), "", 1)),
    ("ir", ("R", Ours("r_parameters"), "-p|name|all|-p|count|3", 0)),
    ("ir", ("R fails", Ours("r_fails"), "", 1)),
    ("octave", ("Octave", Ours("octave_parameters"), "-l|matlab|-p|count|3", 0)),
    ("octave", ("Octave fails", Ours("octave_fails"), "", 0)),
    ("deno", ("Deno", Ours("deno_parameters"), "", 0)),
    ("deno", ("Deno fails", Ours("deno_fails"), "", 1)),
    ("xpython", ("xeus-python", Ours("xpython_parameters"), "-p|name|all", 0)),
    ("xpython", ("xeus-python fails", Ours("xpython_fails"), "", 1)),
];

#[test]
fn papermills_own_notebooks() {
    run("papermill's notebooks", PAPERMILLS);
}

#[test]
fn nbclients_notebooks() {
    run("nbclient's notebooks", NBCLIENTS);
}

#[test]
fn our_own_notebooks() {
    run("our notebooks", OURS);
}

#[test]
fn other_kernels() {
    let present: Vec<Row> = OTHERS
        .iter()
        .filter(|(kernel, _)| place::has_kernel(kernel))
        .map(|(_, row)| *row)
        .collect();
    run("other kernels", &present);
}
