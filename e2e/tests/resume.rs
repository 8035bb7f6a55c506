//! `nbpress resume`, `debug` and `kept` from the outside: a run breaks, is mended, and goes on.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: a failure here is a failed test"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use e2e::live::{Ended, Stage, processes_with, signal};
use e2e::place;
use serde_json::Value;

/// Leaves a line in `log` each time it runs.
const FIRST: &str = "print('once', file=open('log', 'a'))\nx = 41";

/// A run of three cells that broke in the last one, its state kept or not.
fn broken(keep: &str) -> Stage {
    let stage = Stage::new();
    stage.notebook("nb.ipynb", "python3", &[FIRST, "y = x + 1", "mend(y)"]);
    let ended = stage.nbpress(&["run", "--keep", keep, "nb.ipynb", "out.ipynb"]);
    assert_eq!(ended.exit, 1, "{}", ended.stderr);
    stage
}

fn resume(stage: &Stage, cells: &[&str]) -> Ended {
    stage.notebook("nb.ipynb", "python3", cells);
    let ended = stage.nbpress(&["resume", "latest", "-o", "new.ipynb"]);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let output = stage.read("new.ipynb");
    let last = &output["cells"].as_array().unwrap()[cells.len() - 1];
    assert!(last["outputs"].to_string().contains("mended"), "{last:#}");
    ended
}

fn times_run(stage: &Stage) -> usize {
    let log = fs::read_to_string(stage.path("log")).unwrap();
    log.lines().count()
}

/// What is kept, a line of JSON each.
fn kept(stage: &Stage) -> Vec<Value> {
    let listed = stage.nbpress(&["kept", "--json"]).stdout;
    let lines = listed
        .iter()
        .map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[test]
fn a_mended_run_goes_on_without_running_what_had_run() {
    let stage = broken("every");
    assert_eq!(kept(&stage).len(), 3);
    let ended = resume(&stage, &[FIRST, "y = x + 1", "print('mended', y)"]);
    assert!(
        ended.stderr.contains("at cell 3 by fork"),
        "{}",
        ended.stderr
    );
    assert_eq!(times_run(&stage), 1);
    let output = stage.read("new.ipynb");
    assert_eq!(output["cells"][1]["execution_count"], 2);
    assert!(
        stage.read("out.ipynb").to_string().contains("NameError"),
        "the other output stays"
    );
    let runs = stage.nbpress(&["runs", "--json"]).stdout;
    let runs: Vec<Value> = runs
        .iter()
        .map(|run| serde_json::from_str(run).unwrap())
        .collect();
    assert_eq!(runs[0]["parent"], runs[1]["run_id"]);
    assert_eq!(
        kept(&stage),
        Vec::<Value>::new(),
        "nobody needs it any more"
    );
    assert_eq!(stage.nbpress(&["verify"]).exit, 0);
}

#[test]
fn a_run_with_limits_goes_on_without_running_what_had_run() {
    let stage = Stage::new();
    stage.notebook("nb.ipynb", "python3", &[FIRST, "mend(x)"]);
    let limits = ["--memory", "1GiB", "--cpus", "2"];
    let keep = ["run", "--keep", "every", "nb.ipynb"];
    let ended = stage.nbpress(&[&keep[..], &limits].concat());
    assert_eq!(ended.exit, 1, "{}", ended.stderr);
    stage.notebook("nb.ipynb", "python3", &[FIRST, "print('mended', x)"]);
    let go_on = ["resume", "latest", "-o", "new.ipynb"];
    let ended = stage.nbpress(&[&go_on[..], &limits].concat());
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("at cell 2 by fork"),
        "{}",
        ended.stderr
    );
    assert!(stage.read("new.ipynb").to_string().contains("mended 41"));
    assert_eq!(times_run(&stage), 1);
}

#[test]
fn a_cell_that_changed_runs_again_with_all_after_it() {
    let stage = broken("every");
    let ended = resume(&stage, &[FIRST, "y = x + 2", "print('mended', y)"]);
    assert!(
        ended
            .stderr
            .contains("at cell 2 by fork; changed before: 2"),
        "{}",
        ended.stderr
    );
    assert_eq!(times_run(&stage), 1);
    assert!(stage.read("new.ipynb").to_string().contains("mended 43"));
}

#[test]
fn without_a_kept_state_the_cells_before_run_again() {
    for dropped in [false, true] {
        let stage = broken(if dropped { "every" } else { "off" });
        for copy in kept(&stage) {
            signal(
                u32::try_from(copy["pid"].as_u64().unwrap()).unwrap(),
                "KILL",
            );
        }
        let ended = resume(&stage, &[FIRST, "y = x + 1", "print('mended', y)"]);
        assert!(ended.stderr.contains("by rerun"), "{}", ended.stderr);
        assert_eq!(times_run(&stage), 2);
    }
}

#[test]
fn where_no_copy_can_be_made_the_variables_are_read_from_a_file() {
    /// What happens between the run and its resumption.
    type Meanwhile = fn(&Stage);
    const THREAD: &str = "import threading\nstop = threading.Event()\n\
        threading.Thread(target=stop.wait, daemon=True).start()";
    const CELLS: [&str; 3] = [THREAD, FIRST, "def next_to(n=0): return x + n + 1"];
    let everybody_reads: Meanwhile = |stage| {
        let readable = fs::Permissions::from_mode(0o644);
        for file in glob_saved(stage) {
            fs::set_permissions(file, readable.clone()).unwrap();
        }
    };
    let leave: Meanwhile = |_| {};
    let cases: [(&str, &str, Meanwhile, usize); 3] = [
        (
            "print('mended', next_to())",
            "at cell 4 by pickle",
            leave,
            1,
        ),
        (
            "stop.set()\nprint('mended')",
            "the kept variables lack `stop`",
            leave,
            2,
        ),
        (
            "print('mended')",
            "not this user's alone",
            everybody_reads,
            2,
        ),
    ];
    for (mended, said, meanwhile, times) in cases {
        let stage = Stage::new();
        stage.notebook("nb.ipynb", "python3", &[&CELLS[..], &["mend(x)"]].concat());
        let ended = stage.nbpress(&["run", "--keep", "every", "nb.ipynb"]);
        assert_eq!(ended.exit, 1, "{}", ended.stderr);
        let last = kept(&stage).pop().unwrap();
        assert_eq!((&last["cell"], &last["pid"]), (&4.into(), &Value::Null));
        assert!(!glob_saved(&stage).is_empty());
        meanwhile(&stage);
        let ended = resume(&stage, &[&CELLS[..], &[mended]].concat());
        let words: Vec<&str> = ended.stderr.split_whitespace().collect();
        assert!(words.join(" ").contains(said), "{said}: {}", ended.stderr);
        assert_eq!(times_run(&stage), times, "{said}");
        assert_eq!(
            kept(&stage),
            Vec::<Value>::new(),
            "nobody needs it any more"
        );
    }
}

/// The files of variables.
fn glob_saved(stage: &Stage) -> Vec<PathBuf> {
    let runs = fs::read_dir(stage.home.join("kept")).unwrap();
    let states = runs.flat_map(|run| fs::read_dir(run.unwrap().path()).unwrap());
    let files = states.map(|state| state.unwrap().path().join("namespace.pickle"));
    files.filter(|file| file.exists()).collect()
}

#[test]
fn a_run_that_went_on_and_failed_again_goes_on_from_what_its_parent_kept() {
    let stage = broken("every");
    stage.notebook("nb.ipynb", "python3", &[FIRST, "y = x + 1", "still(y)"]);
    let again = stage.nbpress(&["resume", "latest", "--keep", "off"]);
    assert_eq!(again.exit, 1, "{}", again.stderr);
    assert!(
        again.stderr.contains("at cell 3 by fork"),
        "{}",
        again.stderr
    );
    let ended = resume(&stage, &[FIRST, "y = x + 2", "print('mended', y)"]);
    assert!(
        ended.stderr.contains("at cell 2 by fork"),
        "{}",
        ended.stderr
    );
    assert_eq!(times_run(&stage), 1);
    assert_eq!(kept(&stage), Vec::<Value>::new(), "nobody needs any of it");
}

#[test]
fn a_kernel_that_is_killed_in_a_run_that_goes_on_ends_that_run_alone() {
    let stage = broken("every");
    let killed = "import os; os.kill(os.getpid(), 9)";
    stage.notebook("nb.ipynb", "python3", &[FIRST, "y = x + 1", killed]);
    let ended = stage.nbpress(&["resume", "latest", "--keep", "off"]);
    assert_eq!(ended.exit, 138, "{}", ended.stderr);
    assert!(ended.stderr.contains("SIGKILL"), "{}", ended.stderr);
    let copies = kept(&stage).len();
    assert!(copies > 0);
    let home = format!("NBPRESS_HOME={}", stage.home.display());
    assert_eq!(processes_with(&home).len(), copies, "only copies are left");
    let ended = resume(&stage, &[FIRST, "y = x + 1", "print('mended', y)"]);
    assert!(
        ended.stderr.contains("at cell 3 by fork"),
        "{}",
        ended.stderr
    );
    assert_eq!(times_run(&stage), 1);
    assert_eq!(processes_with(&home), Vec::<u32>::new());
}

#[test]
fn a_fork_without_memory_is_named_in_the_record_of_the_run_that_goes_on() {
    const REFUSE: &str =
        "import os\ndef refuse(): raise OSError(12, 'Cannot allocate memory')\nos.fork = refuse";
    let stage = Stage::new();
    stage.notebook("nb.ipynb", "python3", &[REFUSE, FIRST, "mend(x)"]);
    let ended = stage.nbpress(&["run", "--keep", "every", "nb.ipynb"]);
    assert_eq!(ended.exit, 1, "{}", ended.stderr);
    let ended = resume(&stage, &[REFUSE, FIRST, "print('mended', x)"]);
    let words: Vec<&str> = ended.stderr.split_whitespace().collect();
    let words = words.join(" ");
    assert!(words.contains("at cell 3 by pickle"), "{words}");
    assert!(words.contains("Cannot allocate memory"), "{words}");
    assert_eq!(times_run(&stage), 1);
}

#[test]
fn a_kernel_of_any_language_resumes_by_running_again() {
    if !place::has_kernel("bash") {
        return;
    }
    let stage = Stage::new();
    stage.notebook(
        "nb.ipynb",
        "bash",
        &["echo once >> log; x=41", "no-such-program"],
    );
    assert_eq!(
        stage.nbpress(&["run", "--keep", "every", "nb.ipynb"]).exit,
        1
    );
    stage.notebook(
        "nb.ipynb",
        "bash",
        &["echo once >> log; x=41", "echo mended $x"],
    );
    let ended = stage.nbpress(&["resume", "latest", "-o", "new.ipynb"]);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("by rerun"), "{}", ended.stderr);
    assert!(stage.read("new.ipynb").to_string().contains("mended 41"));
    assert_eq!(times_run(&stage), 2);
}

#[test]
fn other_parameters_and_the_other_output_are_refused() {
    let stage = broken("off");
    for arguments in [["-p", "region=west"], ["-o", "out.ipynb"]] {
        let ended = stage.nbpress(&["resume", "latest", arguments[0], arguments[1]]);
        assert_eq!(ended.exit, 2, "{}", ended.stderr);
    }
    assert_eq!(stage.runs().len(), 1);
}

#[test]
fn a_client_of_jupyter_finds_the_state_before_the_failing_cell() {
    let stage = broken("every");
    let (said, ended) = stage.debug(&["latest"], "print(y)");
    assert_eq!(said, ["42"], "{}", ended.stderr);
    assert!(ended.stderr.contains("as it was kept"), "{}", ended.stderr);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    assert!(!fs::exists(&ended.stdout[0]).unwrap());
    assert_eq!(stage.nbpress(&["kept", "drop", "latest"]).exit, 0);
    assert_eq!(kept(&stage), Vec::<Value>::new());
}
