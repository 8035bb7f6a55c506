//! Signals to the runner, at any moment.

use std::fs;
use std::time::Duration;

use e2e::live::{Live, Stage, poll, signal};
use e2e::place;
use serde_json::json;

use crate::machine::is_root;
use crate::scenario::{BEFORE, NEVER, PLAIN, Scenario, Source, assert_nothing_left, play, status};

const STOPPED: Scenario = Scenario {
    status: "cancelled",
    ..PLAIN
};

const HANGING: Source = Source::Cells(&[BEFORE, "spawn\nspawn away\nprint hanging\nhang", NEVER]);

#[test]
fn a_signal_interrupts_the_cell_and_keeps_what_it_had_printed() {
    play(&[
        Scenario {
            source: Source::Fixture("sleep_forever"),
            action: |live| {
                live.wait_for_output("sleeping");
                live.signal("INT");
            },
            exit: 130,
            reason: &["stopped by SIGINT in cell 3"],
            cells: &["completed", "completed", "failed", "pending"],
            ..STOPPED
        },
        Scenario {
            source: HANGING,
            action: |live| {
                live.wait_for_output("hanging");
                live.signal("TERM");
            },
            exit: 143,
            reason: &["stopped by SIGTERM in cell 2"],
            ..STOPPED
        },
        Scenario {
            source: HANGING,
            action: |live| {
                live.wait_for_output("hanging");
                live.signal("HUP");
            },
            exit: 129,
            reason: &["stopped by SIGHUP in cell 2"],
            ..STOPPED
        },
    ]);
}

#[test]
fn a_second_signal_does_not_wait_for_a_kernel_that_ignores_the_first() {
    let twice = |live: &mut Live, printed: &str| {
        live.wait_for_output(printed);
        live.signal("INT");
        // The kernel says that it has been interrupted, and goes on.
        live.wait_for_output("not now");
        live.signal("TERM");
    };
    let stage = Stage::new();
    let mut live = stage.run(&[
        &place::fixture("interrupt_ignored").display().to_string(),
        "out.ipynb",
    ]);
    twice(&mut live, "sleeping");
    let before = std::time::Instant::now();
    let ended = live.end();
    // Without the second signal it would have been 5 s.
    assert!(
        before.elapsed() < Duration::from_secs(4),
        "{:?}",
        before.elapsed()
    );
    let outcome = ended.outcome();
    assert_eq!((ended.exit, status(&outcome).as_str()), (130, "cancelled"));
    let reason = outcome["reason"].as_str().unwrap();
    assert!(
        reason.contains("did not react to the interrupt"),
        "{reason}"
    );
    assert_nothing_left(&ended.run_id());
}

#[test]
fn a_signal_is_honoured_while_the_kernel_is_starting() {
    let stage = Stage::new();
    // Never answers, and has children.
    let script = "touch started; sleep 3600 & setsid sleep 3600 & wait";
    let spec = json!({"argv": ["/bin/sh", "-c", script], "display_name": "x", "language": "x"});
    stage.add_kernel("mute", &spec);
    stage.notebook("in.ipynb", "mute", &["1"]);
    let live = stage.run(&["in.ipynb", "out.ipynb"]);
    poll(|| stage.path("started").exists().then_some(())).unwrap();
    live.signal("TERM");
    let before = std::time::Instant::now();
    let ended = live.end();
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
    let outcome = ended.outcome();
    assert_eq!((ended.exit, status(&outcome).as_str()), (143, "cancelled"));
    assert!(
        outcome["reason"]
            .as_str()
            .unwrap()
            .contains("while the kernel was starting")
    );
    assert_eq!(
        stage.read("out.ipynb")["metadata"]["nbpress"]["status"],
        "cancelled"
    );
    assert_nothing_left(&ended.run_id());
}

#[test]
fn a_signal_while_the_kernel_shuts_down_changes_nothing_but_the_wait() {
    let stage = Stage::new();
    let cell = "import atexit, pathlib, time\n\
        def slow():\n    pathlib.Path('leaving').touch()\n    time.sleep(3600)\n\
        atexit.register(slow)\nprint('done')";
    stage.notebook("in.ipynb", "python3", &[cell]);
    let live = stage.run(&["in.ipynb", "out.ipynb"]);
    poll(|| stage.path("leaving").exists().then_some(())).unwrap();
    let before = std::time::Instant::now();
    live.signal("INT");
    let ended = live.end();
    assert!(
        before.elapsed() < Duration::from_secs(2),
        "{:?}",
        before.elapsed()
    );
    assert_eq!(
        (ended.exit, status(&ended.outcome()).as_str()),
        (0, "succeeded")
    );
    assert_nothing_left(&ended.run_id());
}

/// In a container nobody handles signals for the first process, and orphans become its children.
#[test]
fn the_first_process_of_a_container_ends_as_any_other() {
    let stage = Stage::new();
    stage.notebook(
        "in.ipynb",
        "testkernel",
        &[BEFORE, "spawn away\nprint hanging\nhang", NEVER],
    );
    let mut command = stage.command("unshare");
    command.args(["--pid", "--fork", "--mount-proc"]);
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg(place::nbpress());
    command.args(["run", "--json", "in.ipynb", "out.ipynb"]);
    let mut live = Live::start(&mut command);
    live.wait_for_output("hanging");
    let first = children(live.process_id());
    assert_eq!(first.len(), 1, "{first:?}");
    signal(first[0], "TERM");
    let ended = live.end();
    assert_eq!(ended.exit, 143, "{}", ended.stderr);
    assert_eq!(status(&ended.outcome()), "cancelled");
    assert_eq!(
        stage.read("out.ipynb")["metadata"]["nbpress"]["status"],
        "cancelled"
    );
    assert_nothing_left(&ended.run_id());
}

fn children(process: u32) -> Vec<u32> {
    let listed = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
    listed
        .split_whitespace()
        .map(|id| id.parse().unwrap())
        .collect()
}

/// What is printed is not read: the runner stands in a write that does not return.
#[test]
fn a_runner_that_is_stuck_can_still_be_ended() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["spawn away\nlines 1000000000"]);
    let mut command = stage.command(place::nbpress());
    command.args(["run", "--json", "in.ipynb", "out.ipynb"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Standing in a write to the full pipe: asleep, and no further.
    let state = || {
        let stat = fs::read_to_string(format!("/proc/{}/wchan", child.id())).unwrap();
        stat.contains("pipe").then_some(())
    };
    assert!(poll(state).is_some());
    let started = std::time::Instant::now();
    let mut sent = 0;
    let ended = poll(|| {
        // Once a second, as somebody would who loses patience.
        if started.elapsed() > Duration::from_secs(sent) {
            signal(child.id(), "TERM");
            sent += 1;
        }
        child.try_wait().unwrap()
    });
    assert_eq!(ended.and_then(|status| status.code()), Some(143));
    assert!((3..=6).contains(&sent), "{sent} signals");
    let id = stage.runs().pop().unwrap();
    let shown = stage.nbpress(&["show", "--brief", &id]).stdout.join("\n");
    assert!(shown.contains("cut off"), "{shown}");
    assert_nothing_left(&id);
}
