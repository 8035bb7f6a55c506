//! JupyterLab's own front end, driven in a real browser.

use std::path::Path;

use e2e::live::notebook;
use e2e::place;
use serde_json::json;

use crate::clients::{node, run};
use crate::{Served, scripts};

#[test]
fn jupyterlab_opens_edits_runs_interrupts_restarts_saves_and_has_a_terminal() {
    assert!(
        Path::new("/usr/bin/chromium").exists(),
        "Debian's chromium is missing; run `cargo xtask test --setup-only`"
    );
    let served = Served::start(&["--lab"]);
    let visit = notebook("python3", &["1 + 1"]);
    served.stage.write("root/visit.ipynb", visit.to_string());
    // Outside the stage, which goes with the test: a failure is looked at afterwards.
    let screenshots = place::repository().join("target/screenshots/jupyterlab");
    std::fs::create_dir_all(&screenshots).unwrap();
    let mut visitor = node(&served);
    visitor
        .arg(scripts().join("lab.cjs"))
        .env("SCREENSHOTS", screenshots);
    run(&served, &mut visitor);
    assert!(served.stage.path("root/from-the-terminal.txt").exists());
    let saved = served.stage.read("root/visit.ipynb");
    assert_eq!(saved["cells"][0]["source"], json!(["kept = 41"]));
    assert_eq!(saved["cells"][1]["outputs"][0]["ename"], "NameError");
    assert_eq!(
        saved["cells"][2]["outputs"][1]["ename"],
        "KeyboardInterrupt"
    );
}
