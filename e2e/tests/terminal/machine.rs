//! What is installed, what is wrong with it, and what a notebook takes.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use e2e::live::{Stage, notebook, test_kernelspec};
use e2e::place;
use serde_json::{Value, json};

use crate::screen::{Terminal, assert_screen, nbpress};

fn kernelspec(program: &str) -> Value {
    json!({"argv": [program, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
           "display_name": "x", "language": "python"})
}

/// A stage on which most kernels are broken in one way each.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.write(
        "jupyter/kernels/damaged/kernel.json",
        "{\n  \"argv\": [\"x\",]\n}",
    );
    stage.add_kernel("no-program", &kernelspec("/opt/no-env/bin/python"));
    stage.add_kernel(
        "no-such-word",
        &json!({"argv": ["moonscript-kernel", "{connection_file}"],
                                             "display_name": "x", "language": "moonscript"}),
    );
    stage.add_kernel(
        "no-argv",
        &json!({"argv": [], "display_name": "x", "language": "python"}),
    );
    // An interpreter without ipykernel, in an environment without pip.
    let python = format!("{}/bin/python", stage.path("env").display());
    stage.write("env/pyvenv.cfg", "home = /usr/bin\n");
    script(
        &stage,
        "env/bin/python",
        "echo \"$0: No module named ipykernel_launcher\" >&2; exit 1",
    );
    stage.add_kernel("no-module", &kernelspec(&python));
    // The same in one that has pip.
    let python = format!("{}/bin/python", stage.path("piped").display());
    stage.write("piped/pyvenv.cfg", "home = /usr/bin\n");
    stage.write("piped/lib/python3.14/site-packages/pip/__init__.py", "");
    script(
        &stage,
        "piped/bin/python",
        "echo \"ModuleNotFoundError: No module named 'zmq.backend'\" >&2; exit 1",
    );
    stage.add_kernel("no-zmq", &kernelspec(&python));
    // What an upgrade of the system's Python leaves of an environment.
    fs::create_dir_all(stage.path("left/bin")).unwrap();
    symlink("/usr/bin/python2.5", stage.path("left/bin/python")).unwrap();
    stage.add_kernel(
        "left",
        &kernelspec(&format!("{}/bin/python", stage.path("left").display())),
    );
    script(&stage, "silent", "exec sleep 600");
    stage.add_kernel(
        "silent",
        &kernelspec(&stage.path("silent").display().to_string()),
    );
    stage
}

/// An executable shell script.
fn script(stage: &Stage, name: &str, body: &str) {
    let path = stage.write(name, format!("#!/bin/sh\n{body}\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_kernels_and_where_they_are() {
    let stage = Stage::new();
    stage.write(
        "jupyter/kernels/bad/kernel.json",
        "{\n  \"argv\": [\"x\",]\n}",
    );
    stage.add_kernel("gone", &kernelspec("/opt/gone/bin/python"));
    for columns in [40, 80] {
        let left = Terminal::start(&stage, columns, &["kernels"]).end();
        // A kernel the machine has besides those of the stage.
        let others = |line: &&str| !line.starts_with("ir ") && !line.contains("/usr/share/jupyter");
        let ours: Vec<&str> = left.all.lines().filter(others).collect();
        assert_screen(&format!("kernels_{columns}"), &ours.join("\n"));
        assert_eq!(left.exit, 0);
    }
}

#[test]
fn the_doctor_gives_the_exact_fix() {
    let stage = stage();
    let kernels = [
        "damaged",
        "left",
        "no-argv",
        "no-module",
        "no-program",
        "no-such-word",
        "no-zmq",
        "testkernel",
    ];
    let arguments: Vec<&str> = ["doctor"].into_iter().chain(kernels).collect();
    // Without a terminal: where lines are broken depends on the name of the stage's folder.
    let output = nbpress(&stage, &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert_screen("doctor", &String::from_utf8(output.stdout).unwrap());

    let arguments = [
        "doctor",
        "damaged",
        "no-program",
        "no-such-word",
        "testkernel",
    ];
    let left = Terminal::start(&stage, 80, &arguments).end();
    assert_screen("doctor_80", &left.all);
    let left = Terminal::start(
        &stage,
        80,
        &["doctor", "silent", "--start-timeout", "100ms"],
    )
    .end();
    assert_eq!(left.exit, 5);
    assert_screen("doctor_silent", &left.all);
    let left = Terminal::start(&stage, 80, &["doctor", "lisp"]).end();
    assert_eq!(left.exit, 2);
}

/// Runs `nbpress doctor` on a machine whose `PATH` is a folder of the stage.
fn doctor_with_path(stage: &Stage, change: impl FnOnce(&mut Command)) -> String {
    let mut command = nbpress(stage, &["doctor"]);
    command
        .env("PATH", stage.path("bin"))
        .env("HOME", stage.path("user"));
    change(&mut command);
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The lines about one thing, with their fixes.
fn about(report: &str, what: &str) -> String {
    let mut lines = report.lines().skip_while(|line| !line.contains(what));
    let first = lines.next().unwrap();
    let rest = lines.take_while(|line| line.starts_with("  "));
    std::iter::once(first)
        .chain(rest)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_doctor_looks_at_the_store_and_at_python() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("bin")).unwrap();
    let report = |name: &str, what: &str, change: &dyn Fn(&mut Command)| {
        let report = doctor_with_path(&stage, change);
        assert_screen(&format!("doctor_{name}"), &about(&report, what));
    };
    report("store_fails", "store", &|command| {
        command.env("NBPRESS_HOME", "/proc/nbpress");
    });
    report("temporary_too_long", "temporary", &|command| {
        command.env("TMPDIR", format!("/tmp/{}", "x".repeat(90)));
    });
    report("no_python", "python", &|_| {});
    script(&stage, "bin/python3", "echo 3.11.2 False /usr/bin/python3");
    script(&stage, "bin/apt-get", "");
    // There are kernels: only the private environment could not be made.
    report("no_ensurepip", "python", &|_| {});
    script(&stage, "bin/python3", "echo 3.9.2 True /usr/bin/python3");
    report("old_python", "python", &|_| {});
    script(&stage, "bin/python3", "echo 3.14.0 True /usr/bin/python3");
    report("python_not_made", "python", &|_| {});
    stage.write("home/python/bin/python", "");
    report("half_made", "python", &|_| {});
}

#[test]
fn an_environment_that_cannot_be_made_says_what_to_do() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("bin")).unwrap();
    let refused = |name: &str| {
        let mut command = nbpress(&stage, &["doctor", "--fix", "testkernel"]);
        let output = command.env("PATH", stage.path("bin")).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_screen(&format!("setup_{name}"), &stderr);
    };
    refused("no_python");
    script(&stage, "bin/python3", "echo 3.11.2 False /usr/bin/python3");
    script(&stage, "bin/apt-get", "");
    refused("no_ensurepip");
    script(
        &stage,
        "bin/uv",
        "[ \"$1\" = venv ] && exit 0\necho 'Using Python' >&2\necho 'error: Request failed after 3 retries' >&2\n\
         echo '  Caused by: dns error: failed to lookup address information' >&2\nexit 2",
    );
    refused("no_index");
}

#[test]
fn a_half_made_environment_is_made_again() {
    let stage = Stage::new();
    let kept = stage.write("home/python/half", "");
    // A `uv` that makes what the real one would.
    script(
        &stage,
        "bin/uv",
        "[ \"$1\" = venv ] || exit 0\nfor last; do :; done\n\
         /bin/mkdir -p \"$last/bin\" \"$last/lib/python3.14/site-packages\"\necho > \"$last/bin/python\"",
    );
    let fix = || {
        let mut command = nbpress(&stage, &["doctor", "--fix", "testkernel"]);
        let output = command.env("PATH", stage.path("bin")).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(fix().contains("setting up Python"));
    assert!(!kept.exists());
    let spec = stage.path("home/python/share/jupyter/kernels/nbpress-python/kernel.json");
    assert!(spec.exists());
    assert_eq!(fix(), "", "made twice");
    fs::remove_file(stage.path("home/python/bin/python")).unwrap();
    assert!(fix().contains("setting up Python"));
}

#[test]
fn what_a_notebook_takes() {
    let stage = Stage::new();
    stage.add_kernel("python3", &test_kernelspec());
    let demo = place::repository().join("crates/nbpress-cli/assets/demo.ipynb");
    stage.write("demo.ipynb", fs::read(demo).unwrap());
    let typed = place::fixture("parameters_typed");
    stage.write("typed.ipynb", fs::read(typed).unwrap());
    let mut required = notebook(
        "julia-1.11",
        &[
            "day: date  # first day of the report, up to which nothing is loaded from the archive\nmode: Literal['fast', 'exact'] | None = None\nfrom defaults import *",
        ],
    );
    required["cells"][0]["metadata"] = json!({"tags": ["parameters"]});
    required["metadata"]["language_info"] = json!({"name": "python"});
    stage.write("required.ipynb", required.to_string());
    stage.notebook("untagged.ipynb", "testkernel", &["x = 1"]);
    for (name, columns) in [
        ("demo", 80),
        ("typed", 80),
        ("typed", 40),
        ("required", 80),
        ("required", 40),
        ("untagged", 80),
    ] {
        let file = format!("{name}.ipynb");
        let left = Terminal::start(&stage, columns, &["inspect", &file]).end();
        assert_eq!(left.exit, 0);
        assert_screen(&format!("inspect_{name}_{columns}"), &left.all);
    }
    let output = nbpress(&stage, &["inspect", "demo.ipynb", "--json"])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        json["parameters"][1]["bounds"]["max"],
        json!({"value": 365, "inclusive": true})
    );
    assert_eq!(
        json["parameters"][0]["choices"],
        json!(["north", "south", "east", "west"])
    );
    assert_eq!(json["cells"], 8);
}
