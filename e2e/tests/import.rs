//! `nbpress import` with a real server: what papermill, jupyter-scheduler and cron have becomes ours, once.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a failure here is a failed test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use e2e::live::{Ended, Live, Stage, notebook, poll};
use e2e::place;
use serde_json::Value;

/// A server of the stage's own home, without a worker.
struct Served<'stage> {
    stage: &'stage Stage,
    server: Child,
}

impl<'stage> Served<'stage> {
    fn start(stage: &'stage Stage) -> Self {
        std::fs::create_dir_all(&stage.home).unwrap();
        let mut command = stage.command(place::nbpress());
        command.args(["serve", "--listen", "127.0.0.1:0", "--no-worker"]);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null());
        let server = server.spawn().unwrap();
        let file = stage.home.join("server.json");
        poll(|| file.exists().then_some(())).expect("the server does not start");
        Self { stage, server }
    }

    /// What a command answers with `--json`.
    fn json(&self, words: &[&str]) -> Vec<Value> {
        json(self.stage, words)
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}

fn json(stage: &Stage, words: &[&str]) -> Vec<Value> {
    let ended = stage.nbpress(&[words, &["--json"]].concat());
    assert_eq!(ended.exit, 0, "{words:?}: {}", ended.stderr);
    let parse = |line: &String| serde_json::from_str(line).unwrap();
    ended.stdout.iter().map(parse).collect()
}

/// The outcomes of an import, by what they are of.
fn outcomes(answer: &Value, kind: &str, name: &str) -> BTreeMap<String, String> {
    let items = answer[kind].as_array().unwrap().iter();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    items
        .map(|item| (text(&item[name]), text(&item["outcome"])))
        .collect()
}

/// Every file below a folder, by its bytes.
fn bytes_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.insert(entry.path(), std::fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

/// Runs the real papermill; whether it succeeded.
fn papermill(stage: &Stage, words: &[&str]) -> bool {
    let mut command = stage.command(place::reference().join("venv/bin/papermill"));
    command.args(words).arg("--no-progress-bar");
    command.output().unwrap().status.success()
}

fn columns(ended: &Ended) -> usize {
    let lines = ended
        .stdout
        .iter()
        .map(String::as_str)
        .chain(ended.stderr.lines());
    lines.map(|line| line.chars().count()).max().unwrap_or(0)
}

/// A stage on which papermill has run two notebooks into `out`, one of which failed, among other files.
fn with_outputs() -> Stage {
    let stage = Stage::new();
    let mut good = notebook("python3", &["days = 30", "print('days', days)"]);
    good["cells"][0]["metadata"]["tags"] = serde_json::json!(["parameters"]);
    stage.write("good.ipynb", good.to_string());
    let cells = ["print('one')", "1 / 0", "print('never')"];
    stage.notebook("bad.ipynb", "python3", &cells);
    std::fs::create_dir_all(stage.path("out/deep")).unwrap();
    let parameters = ["good.ipynb", "out/good.ipynb", "-p", "days", "60"];
    assert!(papermill(&stage, &parameters));
    assert!(!papermill(&stage, &["bad.ipynb", "out/deep/bad.ipynb"]));
    stage.write("out/plain.ipynb", good.to_string());
    stage.write("out/broken.ipynb", "not a notebook");
    stage
}

#[test]
fn runs_of_papermill_become_records_once() {
    let stage = with_outputs();
    let before = bytes_below(&stage.path("out"));

    let dry = stage.nbpress(&["import", "papermill", "out"]);
    assert_eq!(dry.exit, 0, "{}", dry.stderr);
    assert!(dry.stderr.contains("nothing was changed"), "{}", dry.stderr);
    assert!(
        stage.runs().is_empty(),
        "a dry run needs no server and makes nothing"
    );

    let served = Served::start(&stage);
    let import = |words: &[&str]| {
        let answer = served
            .json(&[&["import", "papermill", "out"], words].concat())
            .remove(0);
        assert_eq!(answer["left_out"].as_array().unwrap().len(), 2, "{answer}");
        outcomes(&answer, "runs", "notebook")
    };
    let all = |outcome: &str| {
        let names = ["bad.ipynb", "good.ipynb"];
        BTreeMap::from(names.map(|name| (name.to_owned(), outcome.to_owned())))
    };
    assert_eq!(import(&[]), all("new"));
    assert_eq!(import(&["--apply"]), all("added"));
    assert_eq!(import(&["--apply"]), all("known"));
    assert_eq!(import(&[]), all("known"));
    assert_eq!(
        bytes_below(&stage.path("out")),
        before,
        "the source is as it was"
    );

    check_history(&stage, &served.json(&["queue"]));
}

/// What is there of the two runs after the import.
fn check_history(stage: &Stage, runs: &[Value]) {
    assert_eq!(runs.len(), 2, "{runs:?}");
    let (bad, good) = (&runs[0], &runs[1]);
    assert_eq!(
        (&bad["state"], &bad["class"]),
        (&"failed".into(), &"user".into())
    );
    assert_eq!(
        (&bad["cell"], &bad["ename"]),
        (&1.into(), &"ZeroDivisionError".into())
    );
    assert_eq!(
        (&good["state"], &good["trigger"]),
        (&"succeeded".into(), &"import".into())
    );
    assert_eq!(good["parameters"], serde_json::json!({"days": 60}));
    let written = stage.read("out/good.ipynb");
    // papermill writes zeros at the end of a fraction.
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(
        time(&good["started_at"]),
        time(&written["metadata"]["papermill"]["start_time"])
    );
    assert_eq!(good["created_at"], good["started_at"]);

    // What reads records reads these.
    let id = |run: &Value| run["id"].as_str().unwrap().to_owned();
    let exported = stage.nbpress(&["export", &id(good), "exported.ipynb"]);
    assert_eq!(exported.exit, 0, "{}", exported.stderr);
    let exported = stage.read("exported.ipynb");
    assert_eq!(
        exported["cells"], written["cells"],
        "byte for byte papermill's cells"
    );
    let logs = stage.nbpress(&["logs", &id(good)]);
    assert_eq!(logs.stdout, ["days 60"], "{}", logs.stderr);
    let shown = stage.nbpress(&["show", &id(bad)]).stdout.join("\n");
    assert!(
        shown.contains("cell 2 · In [2]") && shown.contains("never ran"),
        "{shown}"
    );
    assert_eq!(stage.nbpress(&["verify"]).exit, 0);
    let again = stage.nbpress(&["retry", &id(good)]);
    assert!(
        again.exit != 0 && again.stderr.contains("imported"),
        "{}",
        again.stderr
    );
}

#[test]
fn lines_of_a_crontab_become_paused_jobs_once() {
    let stage = Stage::new();
    let mut report = notebook("testkernel", &["", "say hello"]);
    report["cells"][0]["metadata"]["tags"] = serde_json::json!(["parameters"]);
    stage.write("nb/report.ipynb", report.to_string());
    stage.write("nb/defaults.yaml", "region: west\ndays: 1\n");
    let folder = stage.path("nb");
    let lines = [
        "MAILTO=ann@example.org",
        "CRON_TZ=Europe/Berlin",
        "30 7 * * 1-5 cd NB && papermill report.ipynb out.ipynb -f defaults.yaml -p days 60 >> log 2>&1",
        "@hourly papermill NB/report.ipynb",
        "@daily papermill NB/lost.ipynb",
        "0 3 * * * /usr/bin/backup",
        "0 4 * * * papermill 'NB/report.ipynb",
    ];
    let text = lines
        .join("\n")
        .replace("NB", &folder.display().to_string());
    let crontab = stage.write("crontab", &text);
    let served = Served::start(&stage);
    let import = |words: &[&str], exit: i32| {
        let words = [&["import", "crontab", "crontab", "--json"], words].concat();
        let ended = stage.nbpress(&words);
        assert_eq!(ended.exit, exit, "{}", ended.stderr);
        let answer: Value = serde_json::from_str(&ended.stdout[0]).unwrap();
        let left_out = answer["left_out"].as_array().unwrap();
        let what = |left: &Value| left["what"].as_str().unwrap()[..7].to_owned();
        assert_eq!(
            left_out.iter().map(what).collect::<Vec<_>>(),
            ["line 6:", "line 7:"]
        );
        answer
    };
    let dry = outcomes(&import(&[], 0), "jobs", "name");
    let names: Vec<_> = dry
        .iter()
        .map(|(name, outcome)| (&name[..], &outcome[..]))
        .collect();
    assert_eq!(
        names,
        [("lost", "new"), ("report", "new"), ("report-2", "new")]
    );
    assert!(served.json(&["job", "list"]).is_empty());

    let applied = outcomes(&import(&["--apply"], 5), "jobs", "name");
    assert_eq!(
        (&applied["report"][..], &applied["report-2"][..]),
        ("added", "added")
    );
    assert!(applied["lost"].contains("failed"), "{applied:?}");
    let again = outcomes(&import(&["--apply"], 5), "jobs", "name");
    assert_eq!(
        (&again["report"][..], &again["report-2"][..]),
        ("known", "known")
    );

    let jobs = served.json(&["job", "list"]);
    assert_eq!(jobs.len(), 2, "{jobs:?}");
    let task = &jobs[0]["definition"]["tasks"][0];
    assert_eq!(
        task["parameters"],
        serde_json::json!({"region": "west", "days": 60})
    );
    let schedules = served.json(&["schedule", "list"]);
    assert_eq!(schedules.len(), 2);
    for schedule in &schedules {
        assert_eq!(schedule["paused"], true, "cron still runs these");
        assert_eq!(
            schedule["definition"]["trigger"]["time_zone"],
            "Europe/Berlin"
        );
        assert!(schedule["definition"]["start_at"].is_null(), "{schedule}");
    }
    assert_eq!(std::fs::read_to_string(crontab).unwrap(), text);
    assert!(served.json(&["queue"]).is_empty());
}

#[test]
fn a_crontab_is_read_from_a_pipe_and_shown_in_80_columns() {
    let stage = Stage::new();
    let line = "30 7 * * 1-5 cd /srv/notebooks && /opt/venv/bin/papermill report.ipynb out/report.ipynb \
        -p region west --cwd /data >> /var/log/report.log 2>&1 && curl -fsS https://hc.example.org/ping/7c1b\n";
    let file = stage.write(
        "crontab",
        format!("{line}\n* * * * * {}\n", "x".repeat(1 << 20)),
    );
    let mut command = stage.command(place::nbpress());
    command.args(["import", "crontab", "-", "--zone", "Europe/Berlin"]);
    command.stdin(std::fs::File::open(file).unwrap());
    let ended = Live::start(&mut command).end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let shown = ended.stdout.join("\n");
    for part in [
        "job report",
        "at 30 7 * * 1-5, Europe/Berlin, paused",
        "skip     line 3",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(columns(&ended) <= 80, "{shown}\n{}", ended.stderr);

    let binary = stage.write("binary", b"\x7fELF\0\0");
    let refused = stage.nbpress(&["import", "crontab", binary.to_str().unwrap()]);
    assert_eq!(refused.exit, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("is no text"), "{}", refused.stderr);
    let nothing = stage.nbpress(&["import", "papermill", "missing"]);
    assert_eq!(nothing.exit, 2, "{}", nothing.stderr);
}

#[test]
fn a_database_of_jupyter_scheduler_becomes_jobs_schedules_and_history_once() {
    let stage = Stage::new();
    let fixture = place::repository().join("fixtures/jupyter_scheduler");
    for (path, bytes) in bytes_below(&fixture) {
        let name = path.strip_prefix(&fixture).unwrap();
        stage.write(&format!("data/{}", name.display()), bytes);
    }
    let load = "import sqlite3, sys; c = sqlite3.connect('scheduler.sqlite'); c.executescript(open('scheduler.sql').read())";
    let made = Command::new(place::reference().join("venv/bin/python"))
        .args(["-c", load])
        .current_dir(stage.path("data"))
        .status();
    assert!(made.unwrap().success());
    let before = bytes_below(&stage.path("data"));
    let served = Served::start(&stage);
    let import = |words: &[&str]| {
        let words = [
            &["import", "jupyter-scheduler", "data/scheduler.sqlite"],
            words,
        ]
        .concat();
        let answer = served.json(&words).remove(0);
        let jobs = outcomes(&answer, "jobs", "name").into_values();
        let runs = outcomes(&answer, "runs", "id").into_values();
        jobs.chain(runs).collect::<Vec<_>>()
    };
    assert_eq!(import(&[]), ["new"; 5]);
    assert_eq!(import(&["--apply"]), ["added"; 5]);
    assert_eq!(import(&["--apply"]), ["known"; 5]);
    assert_eq!(
        bytes_below(&stage.path("data")),
        before,
        "the source is as it was"
    );

    let schedules = served.json(&["schedule", "list"]);
    let shown: BTreeMap<_, _> = schedules
        .iter()
        .map(|schedule| {
            let expression = schedule["definition"]["trigger"]["expression"].as_str();
            (expression.unwrap(), schedule["paused"] == true)
        })
        .collect();
    assert_eq!(
        shown,
        BTreeMap::from([("30 7 * * 1-5", false), ("@weekly", true)])
    );
    let mut history = served.json(&["queue", "--job", "Daily report"]);
    // Its schedule may fire at any time.
    history.retain(|run| run["trigger"] == "import");
    let states: Vec<_> = history
        .iter()
        .map(|run| run["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["succeeded", "cancelled"]);
    let logs = stage.nbpress(&["logs", history[0]["id"].as_str().unwrap()]);
    assert_eq!(logs.stdout, ["days 60"], "{}", logs.stderr);
}
