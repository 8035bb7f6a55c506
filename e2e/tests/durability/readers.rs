//! Somebody who reads the output while it is written.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use e2e::live::Stage;
use serde_json::value::RawValue;

/// Runs that overwrite the same output, each at its beginning, now and then, and at its end.
const RUNS: usize = 12;

#[test]
fn a_reader_never_sees_half_a_notebook() {
    let stage = Stage::new();
    let cells = ["burst 7000000", "lines 1000", "print end"];
    stage.notebook("in.ipynb", "testkernel", &cells);
    let first = stage.nbpress(&["run", "-q", "in.ipynb", "out.ipynb"]);
    assert_eq!(first.exit, 0, "{}", first.stderr);
    let path = stage.path("out.ipynb");
    let over = AtomicBool::new(false);
    let (reads, torn, versions) = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut reads, mut torn, mut inodes) = (0, 0, Vec::new());
            while !over.load(Ordering::Relaxed) {
                let bytes = fs::read(&path).unwrap();
                reads += 1;
                torn += usize::from(serde_json::from_slice::<Box<RawValue>>(&bytes).is_err());
                inodes.push(fs::metadata(&path).unwrap().ino());
                inodes.dedup();
            }
            (reads, torn, inodes.len())
        });
        for _ in 0..RUNS {
            let ended = stage.nbpress(&["run", "-q", "in.ipynb", "out.ipynb"]);
            assert_eq!(ended.exit, 0, "{}", ended.stderr);
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    println!("{reads} reads of {versions} versions: {torn} torn");
    assert_eq!(torn, 0, "of {reads} reads");
    assert!(
        versions > RUNS && reads > versions,
        "{reads} reads, {versions} versions"
    );
    assert!(fs::metadata(&path).unwrap().len() > 7_000_000);
}
