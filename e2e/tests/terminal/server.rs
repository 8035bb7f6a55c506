//! What is said of the runs of a server, at the width of a phone, a terminal and a large one.

use std::process::{Child, Stdio};

use e2e::live::{Stage, end_process, poll, processes_with};
use serde_json::Value;

use crate::screen::{Terminal, assert_screen, nbpress};

/// A server of the stage's home.
struct Served {
    stage: Stage,
    server: Child,
}

impl Served {
    fn start() -> Self {
        let stage = Stage::new();
        let mut command = nbpress(&stage, &["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--slots", "2"]);
        let silent = command.stdout(Stdio::null()).stderr(Stdio::null());
        let server = silent.spawn().unwrap();
        let file = stage.home.join("server.json");
        let ready = poll(|| std::fs::metadata(&file).ok());
        assert!(ready.is_some(), "the server does not start");
        Self { stage, server }
    }

    fn run(&self, words: &str) -> Vec<String> {
        let output = nbpress(&self.stage, &words.split(' ').collect::<Vec<_>>()).output();
        let output = output.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// The screens of a command in 40, 80 and 100 columns.
    fn screens(&self, name: &str, arguments: &[&str]) {
        for columns in [40, 80, 100] {
            let left = Terminal::start(&self.stage, columns, arguments).end();
            assert_screen(&format!("{name}_{columns}"), &left.all);
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _gone = self.server.wait();
        // Runners outlive servers on purpose.
        let home = format!("NBPRESS_HOME={}", self.stage.home.display());
        for process in processes_with(&home) {
            end_process(process);
        }
    }
}

/// A job with parameters, a run that succeeded, one that failed, and two in a pool of one slot.
fn busy() -> Served {
    let served = Served::start();
    let stage = &served.stage;
    let mut daily = e2e::live::notebook("testkernel", &["region = \"eu\"\ndays = 7", "print one"]);
    daily["cells"][0]["metadata"] = serde_json::json!({"tags": ["parameters"]});
    daily["metadata"]["language_info"] = serde_json::json!({"name": "python"});
    let name = "reports/a_notebook_with_a_long_name_of_which_the_end_matters.ipynb";
    stage.write(name, daily.to_string());
    stage.notebook(
        "fails.ipynb",
        "testkernel",
        &["print one", "raise KeyError no column named price"],
    );
    stage.notebook("hangs.ipynb", "testkernel", &["print begun", "hang"]);
    served.run(&format!("job publish daily {name}"));
    served.run("job run daily --wait");
    served.run("submit fails.ipynb --wait");
    served.run("pool set warehouse 1");
    let hangs = "submit hangs.ipynb --pool warehouse";
    let held = served.run(hangs).remove(0);
    let begun = poll(|| (served.run(&format!("logs {held}")) == ["begun"]).then_some(()));
    assert!(begun.is_some());
    served.run(hangs);
    served
}

#[test]
fn runs_jobs_and_places() {
    let served = busy();
    for (name, words) in [
        ("queue", "queue"),
        ("job_show", "job show daily"),
        ("pool_list", "pool list"),
        ("profile_list", "profile list"),
    ] {
        served.screens(name, &words.split(' ').collect::<Vec<_>>());
    }
    let few =
        "select state, class, count(*) as count from runs group by state, class order by state";
    served.screens("sql", &["sql", few]);
    let wide = "select run_id, notebook, reason, ename, evalue from runs where state = 'failed'";
    served.screens("sql_wide", &["sql", wide]);
    // Scripts get one line for each run, whole.
    let lines = served.run("queue");
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(
        lines.iter().all(|line| line.starts_with("run_")),
        "{lines:?}"
    );
    let json = served.run("queue --json");
    let parse = |line: &String| serde_json::from_str::<Value>(line).unwrap();
    let states: Vec<Value> = json
        .iter()
        .map(|line| parse(line)["state"].clone())
        .collect();
    assert_eq!(states, ["queued", "running", "failed", "succeeded"]);
}

#[test]
fn a_schedule_before_it_is_saved() {
    let served = Served::start();
    let words = [
        "schedule",
        "preview",
        "--cron",
        "30 7 * * MON-FRI",
        "--zone",
        "Europe/Berlin",
    ];
    let shown = |columns| {
        let left = Terminal::start(&served.stage, columns, &words).end();
        assert_eq!(left.exit, 0);
        let lines: Vec<String> = left.all.lines().map(str::to_owned).collect();
        lines
    };
    let lines = shown(40);
    assert_eq!(lines.len(), 20, "{lines:#?}");
    for line in &lines {
        // Which days these are depends on today.
        let words: Vec<&str> = line.split(' ').collect();
        let [day, date, "07:30", "CET" | "CEST"] = words.as_slice() else {
            panic!("{line}");
        };
        assert!(["Mon", "Tue", "Wed", "Thu", "Fri"].contains(day), "{line}");
        assert_eq!(date.len(), "2026-01-31".len(), "{line}");
    }
    assert_eq!(
        served
            .run(&words.join(" ").replace("30 7 * * MON-FRI", "@daily"))
            .len(),
        20
    );
}

#[test]
fn what_is_waited_for_and_what_it_prints() {
    let served = Served::start();
    let stage = &served.stage;
    stage.notebook("good.ipynb", "testkernel", &["print one", "print two"]);
    stage.notebook(
        "fails.ipynb",
        "testkernel",
        &[
            "print one",
            "raise KeyError there is no column named price in what was read",
        ],
    );
    for (notebook, exit) in [("fails", 1), ("good", 0)] {
        for columns in [40, 80, 100] {
            let words = ["submit", &format!("{notebook}.ipynb"), "--wait"];
            let left = Terminal::start(stage, columns, &words).end();
            assert_eq!(left.exit, exit);
            // What it waits for on the way depends on the machine.
            let (id, rest) = left.all.split_once('\n').unwrap();
            let rest = rest.lines().skip_while(|line| line.starts_with("  "));
            let seen: Vec<&str> = std::iter::once(id).chain(rest).collect();
            assert_screen(&format!("submit_{notebook}_{columns}"), &seen.join("\n"));
        }
    }
    served.screens("logs", &["logs", "latest"]);
}

#[test]
fn without_a_server_it_says_how_to_start_one() {
    let stage = Stage::new();
    for columns in [40, 80] {
        let left = Terminal::start(&stage, columns, &["queue"]).end();
        assert_eq!(left.exit, 2);
        assert_screen(&format!("no_server_{columns}"), &left.all);
    }
}
