//! Runs of the queue that go on where others failed, with a kernel of Python.

use serde_json::Value;

use crate::Served;

/// Each time it runs it leaves a line in a file that stays open, beneath the folder it runs in.
const FIRST: &str = "log = open('log', 'a')\nprint('once', file=log, flush=True)\nx = 41";
const LAST: &str = "print('once more', file=log, flush=True)\nprint(open('log').read(), x)";
const CARRIED: [&str; 3] = ["once", "once more", " 41"];

/// Runs a command that waits for a run, and answers with the run.
fn waited(served: &Served, words: &str, exit: i32) -> Value {
    let ended = served.nbpress(&format!("{words} --wait --json"));
    assert_eq!(ended.exit, exit, "{words}: {}", ended.stderr);
    serde_json::from_str(ended.stdout.last().unwrap()).unwrap()
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
    let flag = served.stage.path("came");
    let fails_once = format!(
        "import pathlib\nflag = pathlib.Path({:?})\nif not flag.exists():\n    flag.touch()\n    raise OSError('away')",
        flag.display().to_string()
    );
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
