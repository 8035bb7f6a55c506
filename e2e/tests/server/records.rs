//! The archive of records: what it has outlives a disk, and nothing is over before it is there.

use e2e::live::{Stage, poll};

use crate::Served;

#[test]
fn a_record_outlives_the_disk_it_was_written_to() {
    let stage = Stage::new();
    let archive = stage.path("archive");
    let mut served = Served::on(stage, &["--records", archive.to_str().unwrap()]);
    let cells = ["lines 50", "print end", "raise ValueError no"];
    let notebook = served.stage.notebook("kept.ipynb", "testkernel", &cells);
    let run = served.submit(&notebook.display().to_string());
    assert_eq!(served.wait(&run), "failed");
    let before = served.nbpress(&format!("logs {run}"));
    assert!(before.stdout.len() > 50, "{}", before.stderr);

    served.kill();
    std::fs::remove_dir_all(served.stage.home.join("runs")).unwrap();
    served.start_again();
    let after = served.nbpress(&format!("logs {run}"));
    assert_eq!(after.stdout, before.stdout, "{}", served.log());
    assert!(!served.stage.home.join("runs").join(&run).exists());
}

#[test]
fn no_run_is_over_before_its_record_is_in_the_archive() {
    let stage = Stage::new();
    // A file where a folder should be: nothing can be written below it.
    let away = stage.write("archive", "");
    let served = Served::on(stage, &["--records", away.to_str().unwrap()]);
    let notebook = served
        .stage
        .notebook("waits.ipynb", "testkernel", &["print one"]);
    let run = served.submit(&notebook.display().to_string());
    let complained = poll(|| served.log().contains("reporting").then_some(()));
    assert!(complained.is_some(), "{}", served.log());
    let sql = format!("select state from runs where run_id = '{run}'");
    assert_eq!(served.sql(&sql)[0][0], "running");

    std::fs::remove_file(&away).unwrap();
    assert_eq!(served.wait(&run), "succeeded");
    let name = format!("{}/{run}.tar.gz", &run[run.len() - 2..]);
    assert!(away.join(name).is_file());
}
