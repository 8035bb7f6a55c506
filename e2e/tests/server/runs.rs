//! What is submitted, scheduled and cancelled.

use std::io::Write as _;

use e2e::live::{has_ended, poll, processes_with, signal};

use crate::Served;

/// A FIFO: the cell that reads it waits until the test writes.
pub(crate) fn gate(served: &Served, name: &str) -> std::path::PathBuf {
    let path = served.stage.path(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
    path
}

pub(crate) fn open(gate: &std::path::Path) {
    // Opening a FIFO waits for its reader.
    std::fs::File::options()
        .write(true)
        .open(gate)
        .unwrap()
        .write_all(b"go")
        .unwrap();
}

#[test]
fn the_exit_code_of_wait_is_the_runs() {
    let served = Served::start();
    for (name, cells, options, exit, state) in [
        ("good", vec!["print one"], "", 0, "succeeded"),
        ("raises", vec!["raise ValueError no"], "", 1, "failed"),
        ("dies", vec!["die 9"], "--retries platform=0", 138, "failed"),
        ("hangs", vec!["hang"], "--cell-timeout 1", 124, "failed"),
        ("kernel", vec!["print one"], "--kernel nosuch", 2, "failed"),
    ] {
        let notebook = served
            .stage
            .notebook(&format!("{name}.ipynb"), "testkernel", &cells);
        let words = format!("submit {} --wait {options}", notebook.display());
        let ended = served.nbpress(words.trim());
        assert_eq!(ended.exit, exit, "{name}: {}", ended.stderr);
        let found = served.sql(&format!(
            "select state from runs where run_id = '{}'",
            ended.stdout[0]
        ));
        assert_eq!(found[0][0], state, "{name}");
    }
    let refused = served.nbpress("submit nothing.ipynb");
    assert_eq!(refused.exit, 2);
    assert!(
        refused.stderr.contains("nothing.ipynb"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_run_outlives_the_server_that_started_it() {
    let mut served = Served::start();
    let path = gate(&served, "gate");
    let wait = format!("read {}", path.display());
    let cells = ["lines 100", &wait, "lines 100", "env NBPRESS_ATTEMPT"];
    let notebook = served.stage.notebook("long.ipynb", "testkernel", &cells);
    let run = served.submit(&notebook.display().to_string());
    let journal = served.stage.home.join("runs").join(&run).join("journal");
    let begun = poll(|| (std::fs::metadata(&journal).ok()?.len() > 1000).then_some(()));
    assert!(begun.is_some(), "{}", served.log());
    served.kill();
    open(&path);
    served.start_again();
    assert_eq!(served.wait(&run), "succeeded");
    let log = served.nbpress(&format!("logs {run} -f"));
    let lines = log
        .stdout
        .iter()
        .filter(|line| line.starts_with("line"))
        .count();
    assert_eq!(lines, 200, "{:?}", log.stdout);
    assert_eq!(
        log.stdout.last().unwrap(),
        "1",
        "the first attempt, and no other"
    );
    assert!(
        std::fs::read_dir(served.stage.home.join("attempts"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn a_run_whose_runner_is_killed_is_tried_again() {
    let served = Served::start();
    let path = gate(&served, "gate");
    let cells = [
        "n = 1",
        "print before {n}",
        &format!("read {}", path.display()),
        "env NBPRESS_ATTEMPT",
    ];
    let notebook = served.stage.notebook("killed.ipynb", "testkernel", &cells);
    let run = served.submit(&format!("{} --retry-delay 0", notebook.display()));
    let lock = served.stage.home.join("attempts").join(&run).join("lock");
    let pid = poll(|| std::fs::read_to_string(&lock).ok()?.parse::<u32>().ok()).unwrap();
    let journal = served.stage.home.join("runs").join(&run).join("journal");
    poll(|| {
        let bytes = std::fs::read(&journal).ok()?;
        bytes
            .windows(8)
            .any(|window| window == b"before 1")
            .then_some(())
    })
    .unwrap();
    let entry = format!("NBPRESS_RUN_ID={run}");
    let first = processes_with(&entry);
    assert!(!first.is_empty(), "the kernel reads the gate");
    signal(pid, "KILL");
    // The gate opens for whoever reads it: that must not be the kernel that is about to end.
    poll(|| {
        first
            .iter()
            .all(|process| has_ended(*process))
            .then_some(())
    })
    .unwrap();
    open(&path);
    assert_eq!(served.wait(&run), "succeeded");
    let attempts = served.stage.nbpress(&["queue", "--json"]);
    assert_eq!(attempts.stdout.len(), 1);
    let states = served.sql(&format!("select attempts from runs where run_id = '{run}'"));
    assert_eq!(states[0][0], 2);
    // The attempt that was killed is still there to read.
    let first = served.nbpress(&format!("logs {run} --attempt 1"));
    assert_eq!(first.stdout, ["before 1"], "{}", first.stderr);
    assert!(processes_with(&entry).is_empty());
}

#[test]
fn a_cancelled_run_leaves_nothing_behind() {
    let served = Served::start();
    for cell in ["hang", "hang hard"] {
        let notebook = served
            .stage
            .notebook("hangs.ipynb", "testkernel", &["spawn", cell]);
        let run = served.submit(&notebook.display().to_string());
        let started = poll(|| {
            let sql = format!("select state from runs where run_id = '{run}'");
            let kernel = processes_with(&format!("NBPRESS_RUN_ID={run}"));
            (served.sql(&sql)[0][0] == "running" && kernel.len() >= 2).then_some(())
        });
        assert!(started.is_some(), "{}", served.log());
        let ended = served.nbpress(&format!("cancel {run} --wait"));
        assert_eq!(ended.exit, 130, "{cell}: {}", ended.stderr);
        assert!(
            processes_with(&format!("NBPRESS_RUN_ID={run}")).is_empty(),
            "{cell}"
        );
    }
}

#[test]
fn a_cancel_reaches_its_run_and_no_other() {
    let served = Served::start();
    let path = gate(&served, "gate");
    let read = format!("read {}", path.display());
    let goes_on = served
        .stage
        .notebook("on.ipynb", "testkernel", &[&read, "print after"]);
    let hangs = ["print before", "hang", "print after"];
    let hangs = served.stage.notebook("hangs.ipynb", "testkernel", &hangs);
    let other = served.submit(&goes_on.display().to_string());
    let run = served.submit(&hangs.display().to_string());
    let begun = poll(|| {
        let printed = served.nbpress(&format!("logs {run}")).stdout;
        (printed == ["before"]).then_some(())
    });
    assert!(begun.is_some(), "{}", served.log());
    let ended = served.nbpress(&format!("cancel {run} --wait"));
    assert_eq!(ended.exit, 130, "{}", ended.stderr);
    // The other one cannot end before its gate is open.
    open(&path);
    assert_eq!(served.wait(&other), "succeeded");
    let order = served.sql("select run_id, state from runs order by ended_at");
    assert_eq!(order[0], [run.as_str(), "cancelled"]);
    assert_eq!(order[1], [other.as_str(), "succeeded"]);
    for (run, printed) in [(&run, vec!["before"]), (&other, vec!["go", "after"])] {
        assert_eq!(served.nbpress(&format!("logs {run}")).stdout, printed);
    }
    let cells = served.sql(&format!(
        "select cell, status from cells where run_id = '{run}' order by cell"
    ));
    let status: Vec<&str> = cells.iter().map(|cell| cell[1].as_str().unwrap()).collect();
    assert_eq!(status, ["completed", "failed", "not_run"]);
}

#[test]
fn a_schedule_fires_by_itself_and_after_the_server_was_away() {
    let mut served = Served::start();
    let notebook = served
        .stage
        .notebook("tick.ipynb", "testkernel", &["env NBPRESS_LOGICAL_TIME"]);
    served.json(&format!("job publish tick {}", notebook.display()));
    let schedule = &served.json("schedule set tick --every 1s --catch-up latest")[0];
    assert_eq!(schedule["upcoming"].as_array().unwrap().len(), 20);
    let count = |served: &Served| {
        let sql = "select count(*) from runs where state = 'succeeded' and trigger = 'schedule'";
        served.sql(sql)[0][0].as_i64().unwrap()
    };
    poll(|| (count(&served) >= 2).then_some(())).unwrap();
    served.kill();
    let removed = std::fs::remove_file(&notebook);
    assert!(removed.is_ok(), "the schedule runs its snapshot");
    served.start_again();
    let before = count(&served);
    poll(|| (count(&served) >= before + 2).then_some(())).unwrap();
    let doubled = served.sql(
        "select logical_time, count(*) from runs where trigger = 'schedule' group by logical_time having count(*) > 1",
    );
    assert!(doubled.is_empty(), "{doubled:?}");
    let id = schedule["id"].as_str().unwrap();
    served.json(&format!("schedule pause {id}"));
}

#[test]
fn a_second_server_is_told_who_holds_the_database() {
    let served = Served::start();
    let holder = served.server.as_ref().unwrap().id().to_string();
    let second = served.nbpress("serve --listen 127.0.0.1:0");
    assert_eq!(second.exit, 2);
    assert!(second.stderr.contains(&holder), "{}", second.stderr);
    assert_eq!(served.json("queue").len(), 0, "the first one goes on");
}

#[test]
fn a_setting_that_cannot_be_used_is_named_at_the_start() {
    let stage = e2e::live::Stage::new();
    for (variable, setting, value, part) in [
        (
            "NBPRESS_URL",
            "`url`",
            "nb.example",
            "https://nbpress.example.org",
        ),
        ("NBPRESS_SMTP", "`smtp`", "mail.example", "smtps://"),
        (
            "NBPRESS_MAIL_FROM",
            "`mail_from`",
            "nobody",
            "<nbpress@example.org>",
        ),
    ] {
        let mut command = stage.command(e2e::place::nbpress());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.env("NBPRESS_SMTP", "smtp://127.0.0.1:1");
        command.env("NBPRESS_MAIL_FROM", "nbpress@example.org");
        command.env(variable, value);
        let ended = e2e::live::Live::start(&mut command).end();
        assert_eq!(ended.exit, 2, "{variable}");
        let hint = ended.stderr.split("hint:").nth(1).unwrap_or_default();
        assert!(ended.stderr.contains(setting), "{}", ended.stderr);
        assert!(hint.contains(part), "{}", ended.stderr);
    }
}

#[test]
fn a_channel_names_only_secrets_that_are_meant_for_channels() {
    let served = Served::start();
    let set = "channel set hook --webhook https://h.example/ --secret";
    for (source, exit) in [
        ("env:NBPRESS_TOKEN", 2),
        ("env:PATH", 2),
        ("env:NBPRESS_SECRET_HOOK", 0),
    ] {
        let ended = served.nbpress(&format!("{set} {source}"));
        assert_eq!(ended.exit, exit, "{source}: {}", ended.stderr);
        let says = ended.stderr.contains("`env:NBPRESS_SECRET_NAME`");
        assert_eq!(says, exit != 0, "{}", ended.stderr);
    }
}

#[test]
fn what_a_task_reports_is_a_parameter_of_the_next() {
    let served = Served::start();
    let scrap = "from IPython.display import display\n\
        display({'application/scrapbook.scrap.json+json': {'name': 'rows', 'data': 42, 'encoder': 'json', 'version': 1}}, \
        raw=True, metadata={'scrapbook': {'name': 'rows', 'data': True, 'display': False}})";
    let load = served.stage.notebook("load.ipynb", "python3", &[scrap]);
    let mut report = e2e::live::notebook("python3", &["rows = 0", "print('rows', rows + 1)"]);
    report["cells"][0]["metadata"]["tags"] = serde_json::json!(["parameters"]);
    let report = served.stage.write("report.ipynb", report.to_string());
    let definition = serde_json::json!({"tasks": [
        {"key": "load", "source": load},
        {"key": "report", "source": report, "depends_on": ["load"],
         "parameters": {"rows": "${tasks.load.scraps.rows}"}},
    ]});
    let path = served.stage.write("job.json", definition.to_string());
    served.json(&format!("job publish etl --definition {}", path.display()));
    let ended = served.nbpress("job run etl --wait");
    assert_eq!(ended.exit, 0, "{} {}", ended.stderr, served.log());
    let task = served.sql("select run_id from runs where task = 'report'");
    let log = served.nbpress(&format!("logs {}", task[0][0].as_str().unwrap()));
    assert_eq!(log.stdout.last().unwrap(), "rows 43");
}
