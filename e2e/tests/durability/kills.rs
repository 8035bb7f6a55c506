//! The runner killed at any moment.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use e2e::live::{Ended, Stage, assert_valid_notebooks, cell_statuses, poll, processes_with};
use serde_json::Value;

/// How often the runner is killed.
const KILLS: u64 = 100;

/// How many lines a chatty cell prints.
const LINES: usize = 400;

#[test]
fn a_killed_runner_leaves_everything_it_had_shown_and_nothing_that_runs() {
    let stage = Stage::new();
    let lines = format!("lines {LINES}");
    // Small events, large ones that go to files of their own, and processes that would stay.
    let cells = [
        "spawn\nspawn away",
        &lines,
        "burst 300000",
        "show a first",
        &lines,
        "update a last",
        "print end",
    ];
    stage.notebook("in.ipynb", "testkernel", &cells);
    let whole = stage.run(&["in.ipynb", "whole.ipynb"]).end();
    assert_eq!(whole.exit, 0, "{}", whole.stderr);

    let mut random = Random(20_261_123);
    let mut tally = Tally::default();
    let mut outputs = Vec::new();
    for number in 0..KILLS {
        // Up to the whole length of a run, so that the moments cover all of it.
        let micros = u64::try_from(whole.time.as_micros()).unwrap();
        let moment = Duration::from_micros(random.next() % micros);
        let output = format!("out-{number}.ipynb");
        let before = stage.runs();
        let killed = kill_after(&stage, &output, moment);
        if let Some(id) = stage.runs().iter().find(|id| !before.contains(id)) {
            check(&stage, id, &killed, &mut tally);
        } else {
            assert!(killed.stdout.is_empty(), "shown but not on file");
            tally.before_the_record += 1;
        }
        outputs.extend(check_output(&stage, &output, &mut tally));
    }
    println!("{KILLS} kills: {tally:?}");
    assert!(
        tally.cut_off > KILLS / 2,
        "the moments were badly chosen: {tally:?}"
    );
    assert_valid_notebooks(&outputs);
    let verified = stage.nbpress(&["verify"]);
    assert_eq!(verified.exit, 0, "{}", verified.stdout.join("\n"));
}

/// What the kills met with.
#[derive(Debug, Default)]
struct Tally {
    before_the_record: u64,
    cut_off: u64,
    finished: u64,
    without_output: u64,
    events: usize,
    /// Events on file that had not been shown yet.
    not_yet_shown: usize,
}

fn kill_after(stage: &Stage, output: &str, moment: Duration) -> Ended {
    let live = stage.run(&["in.ipynb", output]);
    thread::sleep(moment);
    // It may have ended by itself already.
    let process = live.process_id().to_string();
    Command::new("kill")
        .args(["-KILL", &process])
        .output()
        .unwrap();
    live.end()
}

/// Everything that must be true of a run that is on file.
fn check(stage: &Stage, id: &str, killed: &Ended, tally: &mut Tally) {
    let journal = stage.nbpress(&["show", "--json", id]);
    assert_eq!(journal.exit, 0, "{}", journal.stderr);
    // A line that was cut by the kill had not been shown.
    let mut shown = killed.stdout.clone();
    if shown
        .last()
        .is_some_and(|line| serde_json::from_str::<Value>(line).is_err())
    {
        shown.pop();
    }
    assert!(
        journal.stdout.len() >= shown.len(),
        "{} events were shown, {} are on file: {:?}",
        shown.len(),
        journal.stdout.len(),
        shown.last()
    );
    let on_file = &journal.stdout[..shown.len()];
    let differs = on_file
        .iter()
        .zip(&shown)
        .position(|(file, shown)| file != shown);
    assert_eq!(
        differs, None,
        "the event that is on file is not the one that was shown"
    );
    tally.events += journal.stdout.len();
    tally.not_yet_shown += journal.stdout.len() - shown.len();

    let finished = journal.stdout.last().unwrap().contains("\"run_finished\"");
    // A child that the runner had forked and that is not a program of its own yet still holds the journal; it
    // ends as soon as it gets a processor.
    let human = poll(|| {
        let human = stage.nbpress(&["show", "--brief", id]);
        assert_eq!(human.exit, 0, "{}", human.stderr);
        let human = human.stdout.join("\n");
        (!human.contains("status      running")).then_some(human)
    });
    assert!(human.is_some(), "somebody holds the journal of {id}");
    let human = human.unwrap();
    assert_eq!(human.contains("cut off"), !finished, "{human}");
    *(if finished {
        &mut tally.finished
    } else {
        &mut tally.cut_off
    }) += 1;

    let exported = stage.nbpress(&["export", id, "exported.ipynb"]);
    assert_eq!(exported.exit, 0, "{}", exported.stderr);
    check_notebook(&stage.read("exported.ipynb"));
    let alive = || processes_with(&format!("NBPRESS_RUN_ID={id}"));
    let gone = poll(|| alive().is_empty().then_some(()));
    assert!(gone.is_some(), "still alive: {:?}", alive());
}

/// Nothing is missing in the middle: what the cells printed is how it begins, and they ran in order.
fn check_notebook(notebook: &Value) {
    let all: Vec<String> = (0..LINES)
        .map(|number| format!("line {number}\n"))
        .collect();
    let all = all.concat();
    let cells = notebook["cells"].as_array().unwrap();
    let chatty = cells
        .iter()
        .filter(|cell| cell["source"].to_string().contains("lines"));
    for cell in chatty {
        let outputs = cell["outputs"].as_array().unwrap();
        assert!(outputs.len() <= 1, "one stream: {} outputs", outputs.len());
        let text = outputs
            .first()
            .map(|output| text(&output["text"]))
            .unwrap_or_default();
        assert!(all.starts_with(&text), "a gap in what was printed");
    }
    let rank = |status: &str| {
        ["completed", "failed", "running", "pending"]
            .iter()
            .position(|known| *known == status)
    };
    let ranks: Vec<_> = cell_statuses(notebook)
        .iter()
        .map(|status| rank(status).unwrap())
        .collect();
    assert!(ranks.is_sorted(), "{:?}", cell_statuses(notebook));
}

fn text(value: &Value) -> String {
    match value {
        Value::Array(lines) => lines.iter().map(|line| line.as_str().unwrap()).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// The output is not there, or whole; nothing lies beside it.
fn check_output(stage: &Stage, output: &str, tally: &mut Tally) -> Option<PathBuf> {
    let path = stage.path(output);
    if !path.exists() {
        tally.without_output += 1;
        return None;
    }
    check_notebook(&stage.read(output));
    Some(path)
}

/// The same numbers in every run of the test: xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}
