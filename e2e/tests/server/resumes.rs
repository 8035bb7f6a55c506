//! Runs of the queue that go on where others failed, with a kernel of Python.

use serde_json::Value;

use crate::Served;

/// Each time it runs it leaves a line in a file that stays open, beneath the folder it runs in.
const FIRST: &str = "log = open('log', 'a')\nprint('once', file=log, flush=True)\nx = 41";
const LAST: &str = "print('once more', file=log, flush=True)\nprint(open('log').read(), x)";
/// Whose work it is, as cells see it.
const WHOSE: &str = "import os\n\
    print(*[os.environ['NBPRESS_' + name] for name in ('RUN_ID', 'IDEMPOTENCY_KEY', 'ATTEMPT', 'WORKSPACE')])";
const CARRIED: [&str; 3] = ["once", "once more", " 41"];

/// Runs a command that waits for a run, and answers with the run.
fn waited(served: &Served, words: &str, exit: i32) -> Value {
    let ended = served.nbpress(&format!("{words} --wait --json"));
    assert_eq!(ended.exit, exit, "{words}: {}", ended.stderr);
    serde_json::from_str(ended.stdout.last().unwrap()).unwrap()
}

/// Code that fails the first time.
fn fails_once(served: &Served, how: &str) -> String {
    let flag = served.stage.path("came").display().to_string();
    format!(
        "import os, pathlib\nflag = pathlib.Path({flag:?})\nif not flag.exists():\n    flag.touch()\n    {how}"
    )
}

/// What its cells printed; before that it may say how its limits hold.
fn printed(served: &Served, run: &Value) -> Vec<String> {
    let log = served.nbpress(&format!("logs {}", run["id"].as_str().unwrap()));
    let lines = log.stdout.into_iter();
    lines.filter(|line| !line.starts_with("limits: ")).collect()
}

#[test]
fn a_run_that_failed_goes_on_with_the_mended_notebook() {
    let served = Served::start();
    let stage = &served.stage;
    let notebook = stage.notebook("nb.ipynb", "python3", &[FIRST, "mend(x)"]);
    let submit = format!("submit {} --keep every", notebook.display());
    let failed = waited(&served, &submit, 1);
    let run = failed["id"].as_str().unwrap();
    assert!(failed["kept"]["until"].is_string(), "{failed:#}");

    stage.notebook("nb.ipynb", "python3", &[FIRST, LAST]);
    let resume = format!("retry {run} {} --resume", notebook.display());
    let mended = waited(&served, &resume, 0);
    let resumed = &mended["resumed"];
    assert_eq!(resumed["way"], "fork", "{mended:#}");
    assert_eq!(
        (&resumed["run"], &resumed["first"]),
        (&failed["id"], &1.into())
    );
    assert_eq!(printed(&served, &mended), CARRIED);

    // The state is used up, so all cells run.
    let again = waited(&served, &resume, 0);
    assert_eq!(again["resumed"]["way"], "rerun", "{again:#}");
    assert_eq!(printed(&served, &again), CARRIED);
    let nothing = served.nbpress(&format!(
        "retry {} --resume",
        mended["id"].as_str().unwrap()
    ));
    assert_eq!(nothing.exit, 2, "{}", nothing.stderr);
}

#[test]
fn a_retry_goes_on_where_the_attempt_before_failed() {
    let served = Served::start();
    let fails_once = fails_once(&served, "raise OSError('away')");
    let cells = [FIRST, &fails_once, LAST];
    let notebook = served.stage.notebook("nb.ipynb", "python3", &cells);
    let submit = format!(
        "submit {} --retries user=1 --retry-delay 0 --retry-resumes",
        notebook.display()
    );
    let run = waited(&served, &submit, 0);
    assert_eq!(run["attempt"], 2, "{run:#}");
    assert_eq!(run["resumed"]["way"], "fork", "{run:#}");
    assert_eq!(printed(&served, &run), CARRIED);
    let kept = served.stage.home.join("kept");
    let left = std::fs::read_dir(kept).unwrap().count();
    assert_eq!(left, 0, "nobody needs the states any more");
}

#[test]
fn a_kernel_that_goes_on_works_for_the_new_run() {
    let served = Served::start();
    let notebook = served
        .stage
        .notebook("nb.ipynb", "python3", &[FIRST, "mend(x)"]);
    let submit = format!("submit {} --keep every", notebook.display());
    let failed = waited(&served, &submit, 1);
    let run = failed["id"].as_str().unwrap();
    served
        .stage
        .notebook("nb.ipynb", "python3", &[FIRST, WHOSE]);
    let resume = format!("retry {run} {} --resume", notebook.display());
    let mended = waited(&served, &resume, 0);
    assert_eq!(mended["resumed"]["way"], "fork", "{mended:#}");
    let new = mended["id"].as_str().unwrap();
    let record = mended["record"].as_str().unwrap();
    assert_ne!(new, run);
    assert_eq!(
        printed(&served, &mended),
        [format!("{record} {new} 1 main")]
    );
}

#[test]
fn a_kernel_that_is_killed_while_it_goes_on_is_tried_again() {
    let served = Served::start();
    let notebook = served
        .stage
        .notebook("nb.ipynb", "python3", &[FIRST, "mend(x)"]);
    let submit = format!(
        "submit {} --keep every --retries platform=1 --retry-delay 0",
        notebook.display()
    );
    let failed = waited(&served, &submit, 1);
    let run = failed["id"].as_str().unwrap();
    let killed_once = fails_once(&served, "os.kill(os.getpid(), 9)");
    served
        .stage
        .notebook("nb.ipynb", "python3", &[FIRST, &killed_once, LAST]);
    let resume = format!("retry {run} {} --resume", notebook.display());
    let mended = waited(&served, &resume, 0);
    assert_eq!(
        (&mended["state"], &mended["attempt"]),
        (&"succeeded".into(), &2.into()),
        "{mended:#}"
    );
    assert_eq!(printed(&served, &mended), CARRIED);
}

#[test]
fn the_files_of_a_run_are_read_where_its_server_keeps_them() {
    let stage = e2e::live::Stage::new();
    let elsewhere = stage.path("bucket").display().to_string();
    let served = Served::on(stage, &["--snapshots", &elsewhere]);
    std::fs::write(served.stage.path("data.txt"), "41").unwrap();
    let cells = ["x = int(open('data.txt').read())", "mend(x)"];
    let notebook = served.stage.notebook("nb.ipynb", "python3", &cells);
    let submit = format!("submit {} --file data.txt", notebook.display());
    let failed = waited(&served, &submit, 1);
    std::fs::remove_file(served.stage.path("data.txt")).unwrap();
    let (said, ended) = served
        .stage
        .debug(&[failed["id"].as_str().unwrap()], "print(x + 1)");
    assert_eq!(said, ["42"], "{}", ended.stderr);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
}

#[test]
fn the_last_attempt_of_a_run_is_looked_around_in_also_without_its_folder() {
    for keep in ["off", "every"] {
        let served = Served::start();
        let second = format!(
            "{}\ny = x + 1",
            fails_once(&served, "raise OSError('away')")
        );
        let notebook = served
            .stage
            .notebook("nb.ipynb", "python3", &[FIRST, &second, "mend(y)"]);
        let submit = format!(
            "submit {} --keep {keep} --retries user=1 --retry-delay 0",
            notebook.display()
        );
        let failed = waited(&served, &submit, 1);
        assert_eq!(failed["attempt"], 2, "{failed:#}");
        let run = failed["id"].as_str().unwrap();
        let (said, ended) = served.stage.debug(&[run], "print(y, open('log').read())");
        assert_eq!(
            (&said[..1], ended.exit),
            (&["42 once".to_owned()][..], 0),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("before cell 3"), "{}", ended.stderr);
        assert_eq!(
            ended.stderr.contains("as it was kept"),
            keep == "every",
            "{}",
            ended.stderr
        );
        let left = std::fs::read_dir(&served.stage.home).unwrap().flatten();
        let left = left.filter(|entry| entry.file_name().to_string_lossy().starts_with("debug-"));
        assert_eq!(left.count(), 0);
    }
}
