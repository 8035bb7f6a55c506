//! Kernels that end, hang, refuse, or are not there.

use e2e::live::{Stage, assert_valid_notebooks, cell_statuses, test_kernelspec};
use e2e::place;
use serde_json::json;

use crate::scenario::{BEFORE, NEVER, PLAIN, Scenario, Source, assert_nothing_left, play, status};

const DIED: Scenario = Scenario {
    exit: 138,
    status: "failed (platform)",
    ..PLAIN
};

const TIMED_OUT: Scenario = Scenario {
    exit: 124,
    status: "failed (timeout)",
    ..PLAIN
};

#[test]
fn a_kernel_that_dies_is_said_to_have_died_and_of_what() {
    play(&[
        Scenario {
            source: Source::Fixture("kernel_suicide"),
            reason: &["the kernel died in cell 2", "signal 9 (SIGKILL)"],
            ..DIED
        },
        Scenario {
            source: Source::Fixture("kernel_exits_7"),
            reason: &["the kernel died in cell 2", "exit", "7"],
            ..DIED
        },
        Scenario {
            source: Source::Cells(&[BEFORE, "print dying\ndie 11", NEVER]),
            reason: &["the kernel died in cell 2", "SIGSEGV"],
            ..DIED
        },
        // An exit status of 0 in the middle of a cell is no success.
        Scenario {
            source: Source::Cells(&[BEFORE, "print leaving\nexit 0", NEVER]),
            reason: &["the kernel died in cell 2", "exit", "0"],
            ..DIED
        },
        // An error that was tolerated before does not draw the markers to itself.
        Scenario {
            source: Source::Cells(&["raise ValueError tolerated", "exit 3", NEVER]),
            arguments: &["--allow-errors"],
            reason: &["the kernel died in cell 2", "exit", "3"],
            ..DIED
        },
    ]);
}

#[test]
fn what_takes_too_long_is_interrupted_and_then_killed() {
    play(&[
        Scenario {
            source: Source::Fixture("sleep_forever"),
            arguments: &["--cell-timeout", "1"],
            reason: &["cell 3 ran longer than 1 s"],
            cells: &["completed", "completed", "failed", "pending"],
            ..TIMED_OUT
        },
        Scenario {
            source: Source::Cells(&[BEFORE, "print hanging\nhang", NEVER]),
            arguments: &["--timeout", "500ms"],
            reason: &["the run took longer than 0.5 s", "in cell 2"],
            ..TIMED_OUT
        },
        Scenario {
            source: Source::Cells(&[BEFORE, "print hanging\nhang hard", NEVER]),
            arguments: &["--cell-timeout", "200ms"],
            reason: &[
                "cell 2 ran longer than 0.2 s",
                "did not react to the interrupt",
            ],
            ..TIMED_OUT
        },
    ]);
}

#[test]
fn code_that_stops_the_run_ends_it_as_it_would_end_a_program() {
    play(&[
        Scenario {
            source: Source::Fixture("stdin_refused"),
            reason: &["cell 2 raised StdinNotImplementedError"],
            ..PLAIN
        },
        Scenario {
            source: Source::Fixture("sysexit_3"),
            reason: &["cell 2 raised SystemExit: 3"],
            ..PLAIN
        },
        Scenario {
            source: Source::Fixture("sysexit_0"),
            exit: 0,
            status: "succeeded",
            reason: &["cell 2 ended the run with SystemExit"],
            markers: 0,
            ..PLAIN
        },
        Scenario {
            source: Source::Fixture("testkernel_aborted"),
            reason: &["cell 2 raised Aborted"],
            ..PLAIN
        },
        Scenario {
            source: Source::Fixture("testkernel_quiet_error"),
            reason: &["cell 2 raised ValueError: no luck"],
            ..PLAIN
        },
    ]);
}

#[test]
fn children_end_with_their_kernel_wherever_they_went() {
    // Both start processes that would live for an hour; `play` looks whether any does.
    play(&[
        Scenario {
            source: Source::Fixture("child_process"),
            arguments: &["--cell-timeout", "1", "-p", "pid_file=/dev/null"],
            reason: &["ran longer than 1 s"],
            cells: &["completed", "completed", "completed", "failed", "pending"],
            ..TIMED_OUT
        },
        Scenario {
            source: Source::Cells(&["spawn\nspawn away\nprint started"]),
            exit: 0,
            status: "succeeded",
            cells: &["completed"],
            markers: 0,
            ..PLAIN
        },
        Scenario {
            source: Source::Cells(&["spawn\nspawn away", "die 9"]),
            reason: &["SIGKILL"],
            cells: &["completed", "failed"],
            ..DIED
        },
    ]);
}

#[test]
fn a_daemon_of_python_ends_with_its_kernel() {
    let stage = Stage::new();
    let pid_file = stage.path("child.pid");
    let notebook = place::fixture("daemonized_child").display().to_string();
    let parameter = format!("pid_file={}", pid_file.display());
    let ended = stage.run(&[&notebook, "out.ipynb", "-p", &parameter]).end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    assert!(pid_file.exists(), "the daemon was started");
    assert_nothing_left(&ended.run_id());
}

/// Kernels that do not become ready: kernelspec, arguments, words of the reason, class.
#[test]
fn a_kernel_that_does_not_start_is_said_not_to_have_started_and_why() {
    let shell = |script: &str| json!({"argv": ["/bin/sh", "-c", script, "sh", "{connection_file}"], "display_name": "x", "language": "x"});
    let missing = json!({"argv": ["/nowhere/kernel", "{connection_file}"], "display_name": "x", "language": "x"});
    let empty = json!({"argv": [], "display_name": "x", "language": "x"});
    let cases = [
        (
            missing,
            &["/nowhere/kernel", "not there"][..],
            "failed (invalid)",
        ),
        (empty, &["empty"], "failed (invalid)"),
        (
            shell("echo cannot find the moon >&2; exit 4"),
            &["cannot find the moon", "4"],
            "failed (platform)",
        ),
        (shell("kill -SEGV $$"), &["SIGSEGV"], "failed (platform)"),
        (
            shell("exec sleep 3600"),
            &["didn't respond in 1 seconds", "--start-timeout"],
            "failed (timeout)",
        ),
        (
            shell("sleep 3600 & setsid sleep 3600 & wait"),
            &["didn't respond"],
            "failed (timeout)",
        ),
    ];
    let mut outputs = Vec::new();
    let mut stages = Vec::new();
    for (spec, words, expected) in cases {
        let stage = Stage::new();
        stage.add_kernel("odd", &spec);
        stage.notebook("in.ipynb", "odd", &["1", "2"]);
        let ended = stage
            .run(&["in.ipynb", "out.ipynb", "--start-timeout", "1"])
            .end();
        let outcome = ended.outcome();
        let reason = outcome["reason"].as_str().unwrap();
        assert_eq!(ended.exit, 3, "{spec} {reason}");
        assert_eq!(status(&outcome), expected, "{spec} {reason}");
        for word in words {
            assert!(reason.contains(word), "`{word}` is not in `{reason}`");
        }
        let output = stage.read("out.ipynb");
        assert_eq!(cell_statuses(&output), ["pending", "pending"]);
        assert_eq!(output["metadata"]["nbpress"]["reason"], reason);
        assert_nothing_left(&ended.run_id());
        outputs.push(stage.path("out.ipynb"));
        stages.push(stage);
    }
    assert_valid_notebooks(&outputs);
}

#[test]
fn a_kernel_that_is_not_there_is_refused_before_anything_is_written() {
    let stage = Stage::new();
    stage.write("jupyter/kernels/broken/kernel.json", "{\"argv\": [");
    stage.notebook("in.ipynb", "testkernel", &["1"]);
    for (kernel, word) in [("nowhere", "nowhere"), ("broken", "kernel.json")] {
        let ended = stage
            .run(&["in.ipynb", "out.ipynb", "--kernel", kernel])
            .end();
        assert_eq!(ended.exit, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(word), "{}", ended.stderr);
        assert!(!stage.path("out.ipynb").exists());
        assert!(stage.runs().is_empty());
    }
    let missing = stage.nbpress(&["run", "in.ipynb", "-k", "nowhere"]);
    assert!(missing.stderr.contains("testkernel"), "{}", missing.stderr);
    assert!(test_kernelspec()["argv"].is_array());
}
