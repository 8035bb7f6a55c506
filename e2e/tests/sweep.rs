//! `nbpress sweep` from the outside: every point a run, what is done is not done again.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test: it starts programs and reads their files"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use e2e::live::{Ended, Live, Stage};
use e2e::place;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

/// What the test kernel does at each point `n`: one can wait until a gate is opened, one can raise,
/// one can hang.
const CELLS: [&str; 3] = [
    "n = 0\nfails = -1\nhangs = -1\nwaits = -1\ngate = \"\"",
    "when {n} {waits} read {gate}\nwhen {n} {fails} raise ValueError not {n}\nwhen {n} {hangs} hang",
    "display application/scrapbook.scrap.json+json {\"name\": \"half\", \"data\": {n}.5, \"encoder\": \"json\"}",
];

/// A notebook whose first cell declares its parameters as Python does.
fn notebook(kernel: &str, cells: &[&str]) -> String {
    let cell = |(index, source): (usize, &&str)| {
        let tags: &[&str] = if index == 0 { &["parameters"] } else { &[] };
        json!({"cell_type": "code", "execution_count": null, "id": format!("cell-{index}"),
               "metadata": {"tags": tags}, "outputs": [], "source": source})
    };
    let cells: Vec<Value> = cells.iter().enumerate().map(cell).collect();
    let metadata = json!({
        "kernelspec": {"display_name": kernel, "language": "python", "name": kernel},
        "language_info": {"name": "python"},
    });
    json!({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).to_string()
}

fn stage(kernel: &str, cells: &[&str]) -> Stage {
    let stage = Stage::new();
    stage.write("nb.ipynb", notebook(kernel, cells));
    stage
}

fn command(stage: &Stage, words: &[&str]) -> Command {
    let mut command = stage.command(place::nbpress());
    command.args(["sweep", "nb.ipynb"]).args(words);
    command
}

fn sweep(stage: &Stage, words: &[&str]) -> Ended {
    Live::start(&mut command(stage, words)).end()
}

/// The same with `--json`, and what became of each point.
fn states(stage: &Stage, words: &[&str]) -> BTreeMap<String, String> {
    states_of(&sweep(stage, &[words, &["--json"]].concat()))
}

fn states_of(ended: &Ended) -> BTreeMap<String, String> {
    let state = |point: Value| {
        let reused = if point["reused"] == json!(true) {
            " before"
        } else {
            ""
        };
        let words = format!("{}{reused}", point["status"].as_str().unwrap());
        (point["point"].as_str().unwrap().to_owned(), words)
    };
    ended.events().into_iter().map(state).collect()
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |&(point, state): &(&str, &str)| (point.to_owned(), state.to_owned());
    entries.iter().map(owned).collect()
}

/// The states of all runs in the store, oldest first.
fn recorded(stage: &Stage) -> Vec<String> {
    let listed = stage.nbpress(&["runs", "--json", "-n", "100"]);
    let state = |run: Value| run["state"].as_str().unwrap().to_owned();
    let mut states: Vec<String> = listed.events().into_iter().map(state).collect();
    states.reverse();
    states
}

/// A FIFO: whoever reads it waits until somebody has written it.
fn gate(stage: &Stage, name: &str) -> PathBuf {
    let path = stage.path(name);
    mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    path
}

/// Opens a gate for writing as soon as a kernel has opened it for reading.
fn wait_for_reader(gate: &Path) -> File {
    let (sender, receiver) = mpsc::channel();
    let gate = gate.to_owned();
    // A kernel that never comes must not hold up the test for ever.
    thread::spawn(move || sender.send(File::options().write(true).open(gate).unwrap()));
    receiver.recv_timeout(Duration::from_secs(90)).unwrap()
}

#[test]
fn a_failure_does_not_stop_the_rest() {
    let stage = stage("testkernel", &CELLS);
    let words = ["-s", "n=1..4", "-p", "fails=2", "--csv", "points.csv"];
    let ended = sweep(&stage, &words);
    assert_eq!(ended.exit, 1, "{}", ended.stderr);

    let table: Vec<Vec<&str>> = ended
        .stdout
        .iter()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(table[0], ["n", "status", "time", "half"]);
    for (line, (n, status, scraps)) in table[1..].iter().zip([
        ("1", "succeeded", ["1.5"].as_slice()),
        ("2", "failed", &[]),
        ("3", "succeeded", &["3.5"]),
        ("4", "succeeded", &["4.5"]),
    ]) {
        assert_eq!((line[0], line[1], line[3]), (n, status, "s"));
        assert_eq!(line[4..], *scraps);
    }
    for told in [
        "✗ n=2: cell 3 raised ValueError: not 2",
        "4 points: 3 succeeded, 1 failed in ",
    ] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }

    let csv = fs::read_to_string(stage.path("points.csv")).unwrap();
    let csv: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let heading = "n,fails,status,duration_seconds,run_id,output,reason,reused,half";
    assert_eq!(csv[0].join(","), heading);
    let reason = "cell 3 raised ValueError: not 2";
    assert_eq!([csv[1][0], csv[1][2], csv[1][8]], ["1", "succeeded", "1.5"]);
    assert_eq!([csv[2][2], csv[2][6], csv[2][8]], ["failed", reason, ""]);
}

#[test]
fn only_what_is_missing_or_failed_runs_again() {
    let stage = stage("testkernel", &CELLS);
    let first = sweep(&stage, &["-s", "n=1,2", "-s", "fails=2,9", "--jobs", "2"]);
    assert_eq!(first.exit, 1, "{}", first.stderr);
    // The same points written in another way, and one more value.
    assert_eq!(
        states(&stage, &["-s", "fails=2,9", "-s", "n=1..3"]),
        map(&[
            ("fails=2 n=1", "succeeded before"),
            ("fails=2 n=2", "failed"),
            ("fails=2 n=3", "succeeded"),
            ("fails=9 n=1", "succeeded before"),
            ("fails=9 n=2", "succeeded before"),
            ("fails=9 n=3", "succeeded"),
        ])
    );
    assert_eq!(recorded(&stage).len(), 4 + 3);

    let one = ["-s", "n=1", "-p", "fails=9"];
    let forced = states(&stage, &[&one[..], &["--force"]].concat());
    assert_eq!(forced, map(&[("fails=9 n=1", "succeeded")]));

    let changed = CELLS.map(|cell| cell.replace("not {n}", "never {n}"));
    let changed = changed.each_ref().map(String::as_str);
    stage.write("nb.ipynb", notebook("testkernel", &changed));
    let new = sweep(&stage, &[&one[..], &["--json"]].concat());
    assert_eq!(states_of(&new), map(&[("fails=9 n=1", "succeeded")]));
    assert!(
        new.stderr.contains("the notebook has changed"),
        "{}",
        new.stderr
    );
    assert_eq!(recorded(&stage).len(), 4 + 3 + 1 + 1);
}

#[test]
fn a_killed_sweep_goes_on_where_it_was() {
    let stage = stage("testkernel", &CELLS);
    let gate = gate(&stage, "gate");
    let words = [
        "-s",
        "n=1..4",
        "-p",
        "gate=gate",
        "-p",
        "waits=3",
        "-j",
        "1",
    ];
    let running = Live::start(&mut command(&stage, &[&words[..], &["--json"]].concat()));
    // Point 3 has opened its gate: 1 and 2 are done.
    let held = wait_for_reader(&gate);
    running.signal("KILL");
    let killed = running.end();
    drop(held);
    assert_eq!((killed.exit, states_of(&killed).len()), (128 + 9, 2));
    assert_eq!(recorded(&stage), ["succeeded", "succeeded", "cut_off"]);

    // The gate is open for good.
    fs::remove_file(&gate).unwrap();
    stage.write("gate", "");
    let again = states(&stage, &words);
    let before = "succeeded before";
    let expected = [before, before, "succeeded", "succeeded"];
    assert!(again.values().eq(expected), "{again:?}");
    let expected = [
        "succeeded",
        "succeeded",
        "cut_off",
        "succeeded",
        "succeeded",
    ];
    assert_eq!(recorded(&stage), expected);
}

#[test]
fn an_interrupt_ends_every_point_in_good_order() {
    let stage = stage("testkernel", &CELLS);
    let gate = gate(&stage, "gate");
    let fixed = ["-p", "gate=gate", "-p", "waits=2", "-p", "hangs=2"];
    let words = [&["-s", "n=1..3", "-j", "1", "--csv", "-"], &fixed[..]].concat();
    let running = Live::start(&mut command(&stage, &words));
    // Closing the gate lets point 2 go on to where only an interrupt ends it.
    drop(wait_for_reader(&gate));
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.exit, 130, "{}", ended.stderr);
    let statuses: Vec<&str> = ended.stdout[1..]
        .iter()
        .filter_map(|line| line.split(',').nth(4))
        .collect();
    assert_eq!(statuses, ["succeeded", "cancelled", "not_started"]);
    assert!(
        ended
            .stderr
            .contains("1 succeeded, 1 cancelled, 1 not started")
    );
    assert_eq!(recorded(&stage), ["succeeded", "cancelled"]);
}

#[test]
fn points_run_at_the_same_time() {
    let stage = stage("testkernel", &["gate = \"\"", "read {gate}"]);
    let gates = ["one", "two"].map(|name| gate(&stage, name));
    let mut sweep = command(&stage, &["-s", "gate=one,two", "--jobs", "2", "--json"]);
    let running = Live::start(&mut sweep);
    // Both gates have a reader at once.
    let mut held = gates.each_ref().map(|gate| wait_for_reader(gate));
    for gate in &mut held {
        gate.write_all(b"go").unwrap();
    }
    drop(held);
    let ended = running.end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    assert!(states_of(&ended).values().eq(["succeeded", "succeeded"]));
}

#[test]
fn a_point_that_another_process_is_at_is_left_to_it() {
    let stage = stage("testkernel", &CELLS);
    let gate = gate(&stage, "gate");
    let words = ["-s", "n=1,2", "-p", "gate=gate", "-p", "waits=1", "--json"];
    let running = Live::start(&mut command(&stage, &[&words[..], &["-j", "1"]].concat()));
    let held = wait_for_reader(&gate);
    let beside = sweep(&stage, &words);
    assert_eq!(beside.exit, 1);
    assert!(states_of(&beside).values().eq(["running", "succeeded"]));
    drop(held);
    assert_eq!(running.end().exit, 0);
}

#[test]
fn fail_fast_starts_nothing_more() {
    let stage = stage("testkernel", &CELLS);
    let words = ["-s", "n=1..4", "-p", "fails=2", "-j", "1", "--fail-fast"];
    let ended = sweep(&stage, &words);
    assert_eq!(ended.exit, 1);
    let told = "4 points: 1 succeeded, 1 failed, 2 not started";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert_eq!(recorded(&stage), ["succeeded", "failed"]);
}

#[test]
fn points_come_from_files_too() {
    let stage = stage("testkernel", &CELLS);
    for (name, text) in [
        ("points.csv", "n,fails\n1,8\n2,\n"),
        ("points.jsonl", "{\"n\": 1, \"fails\": 8}\n{\"n\": 2}\n"),
        ("points.yaml", "- {n: 1, fails: 8}\n- n: 2\n"),
    ] {
        stage.write(name, text);
        let found = states(&stage, &["--points", name, "-s", "hangs=7", "--force"]);
        let expected = [
            ("fails=8 hangs=7 n=1", "succeeded"),
            ("hangs=7 n=2", "succeeded"),
        ];
        assert_eq!(found, map(&expected), "{name}");
    }
}

#[test]
fn what_cannot_run_is_refused_before_anything_starts() {
    let stage = stage("testkernel", &CELLS);
    stage.write("points.csv", "n,fails\n1,2\n3,x\n");
    for (words, message) in [
        (
            ["-s", "n=1,x", "-s", "fails=2,3"].as_slice(),
            "  - n=x fails=2: `n` is `x`: expected `int`",
        ),
        (
            &["--points", "points.csv"],
            "  - n=3 fails=x: `fails` is `x`: expected `int`",
        ),
        (
            &["-s", "m=1,2"],
            "  - `m` is not a parameter of this notebook",
        ),
        (
            &["-s", "n=1", "-p", "n=2"],
            "parameter `n` is swept and also has a fixed value",
        ),
        (
            &["-s", "n=1,2", "-s", "fails=1,2,3", "--zip"],
            "lists of 2 and 3 values cannot be paired",
        ),
        (&["-s", "n=1..x"], "hint: ranges are `1..10`"),
        (&["-s", "n=1,2", "-k", "nosuch"], "nosuch"),
        (
            &["-s", "n=1,2", "-o", "out.ipynb"],
            "gives n=1 and n=2 one place",
        ),
        (&["-s", "n=1", "-o", "./nb.ipynb"], "would write n=1 to"),
        (&[], "--sweep <NAME=VALUES>"),
    ] {
        let ended = sweep(&stage, words);
        assert_eq!((ended.exit, ended.stdout.len()), (2, 0), "{words:?}");
        assert!(
            ended.stderr.contains(message),
            "{words:?}: {}",
            ended.stderr
        );
    }
    assert!(stage.runs().is_empty());
}

#[test]
fn outputs_are_named_by_their_points_and_written_again_without_a_run() {
    let stage = stage("testkernel", &CELLS);
    let words = ["-s", "n=1,2", "-o", "out/{n}.ipynb"];
    let ended = sweep(&stage, &words);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let first = stage.read("out/1.ipynb");
    let second = fs::read(stage.path("out/2.ipynb")).unwrap();
    assert_eq!(first["metadata"]["nbpress"]["status"], "succeeded");
    assert_eq!(
        first["metadata"]["papermill"]["parameters"],
        json!({"n": 1})
    );

    fs::remove_file(stage.path("out/1.ipynb")).unwrap();
    stage.write("out/2.ipynb", "{}");
    let before = "succeeded before";
    assert_eq!(
        states(&stage, &words),
        map(&[("n=1", before), ("n=2", before)])
    );
    assert_eq!(stage.read("out/1.ipynb"), first);
    assert_eq!(fs::read(stage.path("out/2.ipynb")).unwrap(), second);
    assert_eq!(recorded(&stage).len(), 2);

    // A copy that somebody worked in is left alone.
    let mut edited = stage.read("out/2.ipynb");
    edited["metadata"]["remark"] = json!("mine");
    stage.write("out/2.ipynb", edited.to_string());
    assert_eq!(sweep(&stage, &words).exit, 0);
    assert_eq!(stage.read("out/2.ipynb"), edited);
}

#[test]
fn a_python_notebook_is_swept_with_its_own_types() {
    let stage = stage(
        "python3",
        &[
            "from datetime import date\nalpha: float = 0.5\nday: date = date(2026, 1, 1)\nname: str = 'x'",
            "from IPython.display import publish_display_data\n\
             def scrap(name, data):\n    \
                 kind = 'application/scrapbook.scrap.json+json'\n    \
                 publish_display_data({kind: {'name': name, 'data': data, 'encoder': 'json'}})\n\
             scrap('kinds', [type(value).__name__ for value in (alpha, day, name)])\n\
             scrap('sum', alpha + day.day)",
        ],
    );
    let days = "day=2026-01-30..2026-02-01";
    let words = [
        "-s",
        "alpha=0..1:0.5",
        "-s",
        days,
        "--zip",
        "-p",
        "name=007",
        "--json",
    ];
    let ended = sweep(&stage, &words);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let mut points = ended.events();
    points.sort_by_key(|point| point["point"].to_string());
    for (point, (alpha, day, sum)) in points.iter().zip([
        (0.0, "2026-01-30", 30.0),
        (0.5, "2026-01-31", 31.5),
        (1.0, "2026-02-01", 2.0),
    ]) {
        let parameters = json!({"name": "007", "alpha": alpha, "day": day});
        let scraps = json!({"kinds": ["float", "date", "str"], "sum": sum});
        assert_eq!(
            (&point["parameters"], &point["scraps"]),
            (&parameters, &scraps)
        );
    }
    assert_eq!(points.len(), 3);
}
