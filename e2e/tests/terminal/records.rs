//! What is said of runs that are over, and what scripts are given.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use e2e::live::{Stage, notebook, processes_with, test_kernelspec};
use e2e::place;
use serde_json::{Value, json};

use crate::screen::{Terminal, assert_screen, nbpress};

/// A run that fails after a scrap, a table, a long text and a skipped cell, under a warning.
fn failing(stage: &Stage) {
    let scrap = r#"{"name": "rows", "data": 1200, "encoder": "json", "version": 1}"#;
    let scrap = format!("display application/scrapbook.scrap.json+json {scrap}");
    let cells = [
        "region = \"eu\"\ndays = 7",
        "print first line\nlines 30\nlog cache is cold",
        &scrap,
        "print never",
        "display text/html <b>a table</b>\nraise KeyError 'price'",
        "print never",
    ];
    let mut failing = notebook("testkernel", &cells);
    failing["metadata"]["language_info"] = json!({"name": "python"});
    failing["cells"][0]["metadata"] = json!({"tags": ["parameters"]});
    failing["cells"][3]["metadata"] = json!({"tags": ["skip-execution"]});
    stage.write("daily.ipynb", failing.to_string());
    let arguments = [
        "run",
        "-q",
        "daily.ipynb",
        "out.ipynb",
        "-p",
        "region=us",
        "--tag",
        "team=sales",
    ];
    let output = nbpress(stage, &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

fn good(stage: &Stage, name: &str) {
    stage.notebook(name, "testkernel", &["print one", "print two"]);
    let output = nbpress(stage, &["run", name]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn the_list_of_runs() {
    let stage = Stage::new();
    let left = Terminal::start(&stage, 80, &["runs"]).end();
    assert_screen("runs_none", &left.all);
    good(
        &stage,
        "a_notebook_with_a_long_name_of_which_the_end_matters.ipynb",
    );
    failing(&stage);
    good(&stage, "last.ipynb");
    for columns in [40, 80, 100] {
        let left = Terminal::start(&stage, columns, &["runs"]).end();
        assert_screen(&format!("runs_{columns}"), &left.all);
    }
    let left = Terminal::start(&stage, 80, &["runs", "-n", "1"]).end();
    assert_screen("runs_limited", &left.all);
    // A pipe gets paths whole.
    let output = nbpress(&stage, &["runs"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("a_notebook_with_a_long_name_of_which_the_end_matters.ipynb"));
    let output = nbpress(&stage, &["runs", "--json"]).output().unwrap();
    let states = String::from_utf8(output.stdout).unwrap();
    let states = states
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let states: Vec<Value> = states.map(|run| run["state"].clone()).collect();
    assert_eq!(states, ["succeeded", "failed", "succeeded"]);
}

#[test]
fn one_run() {
    let stage = Stage::new();
    failing(&stage);
    for columns in [40, 80] {
        let left = Terminal::start(&stage, columns, &["show"]).end();
        assert_eq!(left.exit, 0);
        assert_screen(&format!("show_{columns}"), &left.all);
    }
    let left = Terminal::start(&stage, 80, &["show", "latest", "--brief"]).end();
    assert_screen("show_brief", &left.all);
    let left = Terminal::start(&stage, 80, &["scraps", "latest"]).end();
    assert_screen("scraps", &left.all);
    let left = Terminal::start(&stage, 80, &["verify"]).end();
    assert_screen("verify", &left.all);
    let output = nbpress(&stage, &["show"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'), "colour in a pipe");
    assert!(text.contains("KeyError") && output.stderr.is_empty());
}

#[test]
fn a_run_that_was_left_well_and_one_that_was_cut_off() {
    let stage = Stage::new();
    let cells = ["print one", "print ready\nhang", "print never"];
    stage.notebook("waits.ipynb", "testkernel", &cells);
    let mut run = stage.run(&["waits.ipynb"]);
    run.wait_for_output("ready");
    run.signal("KILL");
    run.end();
    let left = Terminal::start(&stage, 80, &["show"]).end();
    assert_screen("show_cut_off", &left.all);
    let left = Terminal::start(&stage, 80, &["runs"]).end();
    assert_screen("runs_cut_off", &left.all);

    stage.notebook(
        "leaves.ipynb",
        "testkernel",
        &["print one", "raise SystemExit 0", "print never"],
    );
    let left = Terminal::start(&stage, 80, &["run", "leaves.ipynb"]).end();
    assert_eq!(left.exit, 0);
    let left = Terminal::start(&stage, 80, &["show"]).end();
    assert_screen("show_left_well", &left.all);
}

#[test]
fn quiet_says_only_what_went_wrong() {
    let stage = Stage::new();
    stage.notebook("good.ipynb", "testkernel", &["print one"]);
    let output = nbpress(&stage, &["run", "-q", "good.ipynb"])
        .output()
        .unwrap();
    let id = String::from_utf8(output.stdout).unwrap();
    assert!(output.stderr.is_empty());
    assert!(id.starts_with("run_") && id.lines().count() == 1, "{id}");
    stage.notebook(
        "fails.ipynb",
        "testkernel",
        &["print one", "raise ValueError no"],
    );
    let output = nbpress(&stage, &["run", "-q", "fails.ipynb"])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_screen("quiet", &stderr);
}

#[test]
fn json_is_one_documented_event_per_line() {
    let stage = Stage::new();
    failing(&stage);
    let output = nbpress(&stage, &["run", "--json", "daily.ipynb"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let page = fs::read_to_string(place::repository().join("docs/formats.md")).unwrap();
    let documented: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let events = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for event in &events {
        let kind = event["type"].as_str().unwrap();
        assert!(
            documented.contains(kind),
            "{kind} is not in docs/formats.md"
        );
    }
    let first = events.first().unwrap();
    assert_eq!(
        (&first["type"], &events.last().unwrap()["type"]),
        (&json!("run_started"), &json!("run_finished"))
    );
    // The journal gives the same events again.
    let run = first["header"]["run_id"].as_str().unwrap();
    let output = nbpress(&stage, &["show", run, "--json"]).output().unwrap();
    let again = String::from_utf8(output.stdout).unwrap();
    let again: Vec<Value> = again
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(again, events);
}

#[test]
fn a_run_and_a_notebook_become_pages() {
    let stage = Stage::new();
    failing(&stage);
    for (source, subtitle) in [("latest", true), ("out.ipynb", false)] {
        let ended = stage.nbpress(&["export", source, "page.html", "--html", "--hide-code"]);
        assert_eq!(ended.exit, 0, "{}", ended.stderr);
        let page = fs::read_to_string(stage.path("page.html")).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.contains("<b>a table</b>"));
        assert!(page.contains("<section class=\"failure\""), "{page}");
        assert!(!page.contains("print never") && !page.contains("<script"));
        assert_eq!(page.contains("<p>Run "), subtitle);
    }
    let ended = stage.nbpress(&["export", "latest", "--hide-code"]);
    assert_eq!(ended.exit, 2, "{}", ended.stderr);
}

/// Says what it was given, that it was interrupted, and what was typed.
const CONSOLE: &str = "#!/bin/sh\ntrap 'echo interrupted' INT\n[ -f \"$2\" ] && echo console $1 $#\n\
    read line || read line\necho typed $line\n";

#[test]
fn the_console_beside_the_kernel_has_the_terminal_until_it_ends() {
    let stage = Stage::new();
    let mut spec = test_kernelspec();
    let program = PathBuf::from(spec["argv"][0].as_str().unwrap());
    fs::create_dir(stage.path("bin")).unwrap();
    let linked = stage.path("bin/testkernel");
    std::os::unix::fs::symlink(program, &linked).unwrap();
    spec["argv"][0] = linked.to_str().unwrap().into();
    stage.add_kernel("linked", &spec);
    let console = stage.write("bin/jupyter-console", CONSOLE);
    fs::set_permissions(console, fs::Permissions::from_mode(0o755)).unwrap();
    stage.notebook("nb.ipynb", "linked", &["print x", "raise KeyError 'price'"]);
    assert_eq!(stage.nbpress(&["run", "nb.ipynb"]).exit, 1);

    let mut terminal = Terminal::start(&stage, 80, &["debug"]);
    terminal.wait_for(|screen| screen.contains("console --existing 2"));
    terminal.type_keys(b"\x03");
    terminal.wait_for(|screen| screen.contains("interrupted"));
    terminal.type_keys(b"words\r");
    let left = terminal.end();
    assert!(left.all.contains("typed words"), "{}", left.all);
    assert_eq!(left.exit, 0, "{}", left.all);
    let home = format!("NBPRESS_HOME={}", stage.home.display());
    assert_eq!(processes_with(&home), Vec::<u32>::new());

    let mut terminal = Terminal::start(&stage, 80, &["debug", "--no-console"]);
    terminal.wait_for(|screen| screen.contains("jupyter console --existing"));
    terminal.type_keys(b"\x03");
    assert_eq!(terminal.end().exit, 0);
}

#[test]
fn every_command_explains_itself_in_80_columns() {
    let stage = Stage::new();
    let commands = [
        "run",
        "sweep",
        "inspect",
        "runs",
        "show",
        "export",
        "scraps",
        "verify",
        "kernels",
        "doctor",
        "papermill",
        "demo",
        "serve",
        "submit",
        "queue",
        "logs",
        "cancel",
        "retry",
        "job",
        "schedule",
        "backfill",
        "pool",
        "channel",
        "sql",
    ];
    for command in commands {
        let left = Terminal::start_without_colour(&stage, 80, &[command, "--help"]).end();
        assert_eq!(left.exit, 0);
        assert_screen(&format!("help_{command}"), &left.all);
    }
}
