//! JupyterLab's own front end, driven in a real browser.

use std::path::Path;

use e2e::live::{notebook, poll};
use e2e::place;
use serde_json::json;

use crate::clients::{node, run};
use crate::{Served, scripts};

#[test]
fn jupyterlab_opens_edits_runs_interrupts_restarts_saves_and_has_a_terminal() {
    let served = Served::start(&["--lab"]);
    open_notebook(&served, &["1 + 1"]);
    in_jupyterlab(&served, "visit");
    assert!(served.stage.path("root/from-the-terminal.txt").exists());
    let saved = served.stage.read("root/visit.ipynb");
    assert_eq!(saved["cells"][0]["source"], json!(["kept = 41"]));
    assert_eq!(saved["cells"][1]["outputs"][0]["ename"], "NameError");
    assert_eq!(
        saved["cells"][2]["outputs"][1]["ename"],
        "KeyboardInterrupt"
    );
}

/// The tab is closed while a cell runs, the server is killed, the cell goes on, another server starts.
#[test]
fn jupyterlab_finds_its_variables_and_what_was_printed_while_it_was_away() {
    let mut served = Served::start(&["--lab"]);
    let waits = "import os, time\nprint('before', flush=True)\n\
                 while not os.path.exists('go'): time.sleep(0.01)\nprint('meanwhile')";
    open_notebook(&served, &["kept = 41", waits, "print('kept', kept)"]);
    in_jupyterlab(&served, "leave");
    served.kill();
    served.stage.write("root/go", "");
    served.start_again();
    let printed = poll(|| {
        let saved = served.stage.read("root/visit.ipynb");
        let text = saved["cells"][1]["outputs"][0]["text"].to_string();
        text.contains("meanwhile").then_some(())
    });
    assert!(printed.is_some(), "{}", served.log());
    in_jupyterlab(&served, "return");
}

fn open_notebook(served: &Served, cells: &[&str]) {
    let visit = notebook("python3", cells).to_string();
    served.stage.write("root/visit.ipynb", visit);
}

/// What a person does in a browser; the script says which steps there are.
fn in_jupyterlab(served: &Served, scenario: &str) {
    assert!(
        Path::new("/usr/bin/chromium").exists(),
        "Debian's chromium is missing; run `cargo xtask test --setup-only`"
    );
    // Outside the stage, which goes with the test: a failure is looked at afterwards.
    let screenshots = place::repository().join("target/screenshots/jupyterlab");
    std::fs::create_dir_all(&screenshots).unwrap();
    let mut person = node(served);
    person
        .arg(scripts().join("lab.cjs"))
        .arg(scenario)
        .env("SCREENSHOTS", screenshots);
    run(served, &mut person);
}
