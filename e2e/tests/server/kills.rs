//! Processes are killed at random, hundreds of times; at the end every run is in a true state.
//!
//! `NBPRESS_KILLS=5000 cargo test -p e2e --test server kills -- --nocapture` goes on for longer.

use std::collections::BTreeMap;

use e2e::live::{poll, processes_with};

use crate::Served;

const KILLS: usize = 300;
/// Lines that each notebook prints.
const LINES: usize = 600;

/// Numbers that are the same at every run of the test (splitmix64,
/// <https://prng.di.unimi.it/splitmix64.c>).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// Processes of the stage by what they are: the second word of their command line.
fn victims(served: &Served, kind: &str) -> Vec<u32> {
    let home = format!("NBPRESS_HOME={}", served.stage.home.display());
    let is = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        match kind {
            "runner" => line.contains(" runner "),
            _ => line.contains("testkernel"),
        }
    };
    processes_with(&home).into_iter().filter(is).collect()
}

#[test]
fn whoever_is_killed_no_run_is_lost_doubled_or_stuck() {
    let kills = std::env::var("NBPRESS_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let kills: usize = kills.unwrap_or(KILLS);
    let mut served = Served::start();
    let cells = ["lines 200", "lines 200", "lines 200"];
    let notebook = served.stage.notebook("work.ipynb", "testkernel", &cells);
    let mut random = Random(7);
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut submitted = Vec::new();
    while killed.values().sum::<usize>() < kills {
        // Sometimes more than there are slots, so that runs wait while processes die.
        for _ in 0..=random.below(3) {
            let words = format!(
                "submit {} --retries platform=20 --retry-delay 0",
                notebook.display()
            );
            let ended = served.nbpress(&words);
            assert_eq!(ended.exit, 0, "{}", ended.stderr);
            submitted.push(ended.stdout[0].clone());
        }
        // From "not yet claimed" to "being recorded": whatever is on at that moment.
        let wait = std::time::Duration::from_millis(random.below(250) as u64);
        std::thread::sleep(wait);
        let kind = ["server", "runner", "kernel"][random.below(3)];
        if kind == "server" {
            served.kill();
            *killed.entry(kind).or_default() += 1;
            served.start_again();
            continue;
        }
        for victim in victims(&served, kind).into_iter().take(2) {
            if e2e::live::end_process(victim) {
                *killed.entry(kind).or_default() += 1;
            }
        }
    }
    check(&served, &submitted, &killed);
}

/// Waits until every run is over and looks at what is left.
fn check(served: &Served, submitted: &[String], killed: &BTreeMap<&str, usize>) {
    let left = poll(|| {
        let sql = "select count(*) from runs where ended_at is null";
        (served.sql(sql)[0][0] == 0).then_some(())
    });
    let stuck = served.sql("select run_id, state, reason from runs where ended_at is null");
    assert!(left.is_some(), "{stuck:?} {}", served.log());

    let states = served.sql("select state, count(*), sum(attempts) from runs group by state");
    let total: i64 = states.iter().map(|row| row[1].as_i64().unwrap()).sum();
    assert_eq!(total, i64::try_from(submitted.len()).unwrap(), "{states:?}");
    let mut lines = 0;
    for run in submitted {
        let row = &served.sql(&format!(
            "select state, record, reason from runs where run_id = '{run}'"
        ))[0];
        assert_eq!(row[0], "succeeded", "{row:?}");
        lines += lines_of(served, row[1].as_str().unwrap());
    }
    assert_eq!(
        lines,
        submitted.len() * LINES,
        "no line of a run that succeeded is missing"
    );
    terminal_once(served, submitted);
    let verified = served.nbpress("audit --verify");
    assert_eq!(
        verified.exit, 0,
        "{:?} {}",
        verified.stdout, verified.stderr
    );
    let verified = served.nbpress("verify");
    assert_eq!(
        verified.exit, 0,
        "{:?} {}",
        verified.stdout, verified.stderr
    );
    for kind in ["runner", "kernel"] {
        assert!(
            poll(|| victims(served, kind).is_empty().then_some(())).is_some(),
            "{kind}"
        );
    }
    let attempts = std::fs::read_dir(served.stage.home.join("attempts"))
        .unwrap()
        .count();
    assert_eq!(attempts, 0);
    println!(
        "{} kills {killed:?}; {} runs, {states:?} (state, runs, attempts); {lines} lines, none missing",
        killed.values().sum::<usize>(),
        submitted.len(),
    );
}

/// Lines that a record's journal holds.
fn lines_of(served: &Served, record: &str) -> usize {
    let path = served.stage.path("export.ipynb");
    let exported = served
        .stage
        .nbpress(&["export", record, &path.to_string_lossy()]);
    assert_eq!(exported.exit, 0, "{record}: {}", exported.stderr);
    let notebook = served.stage.read("export.ipynb");
    let outputs = notebook["cells"].as_array().unwrap().iter();
    let outputs = outputs.flat_map(|cell| cell["outputs"].as_array().unwrap());
    let text = |output: &serde_json::Value| match &output["text"] {
        serde_json::Value::Array(lines) => lines.len(),
        serde_json::Value::String(text) => text.lines().count(),
        _ => 0,
    };
    let count = outputs
        .filter(|output| output["name"] == "stdout")
        .map(text)
        .sum();
    std::fs::remove_file(path).unwrap();
    count
}

/// Every run's audit tells of one end, and of attempts without a gap.
fn terminal_once(served: &Served, runs: &[String]) {
    for run in runs {
        let entries = served.json(&format!("audit --object {run}"));
        let actions: Vec<&str> = entries
            .iter()
            .map(|entry| entry["action"].as_str().unwrap())
            .collect();
        let ends = actions
            .iter()
            .filter(|action| **action == "succeeded")
            .count();
        assert_eq!(ends, 1, "{run}: {actions:?}");
        assert_eq!(actions.last(), Some(&"succeeded"), "{run}: {actions:?}");
        let attempts: Vec<&str> = entries
            .iter()
            .filter(|entry| entry["action"] == "running")
            .map(|entry| entry["detail"].as_str().unwrap())
            .collect();
        let expected: Vec<String> = (1..=attempts.len())
            .map(|number| format!("attempt {number}"))
            .collect();
        assert_eq!(attempts, expected, "{run}");
    }
}
