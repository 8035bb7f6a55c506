//! Object stores that refuse, vanish or hang.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use e2e::live::{Live, Stage};
use e2e::place;
use e2e::s3::{Moto, SECRET, credentials};

use crate::scenario::{assert_nothing_left, status};

fn run(stage: &Stage, address: &str, output: &str) -> Live {
    let mut command = stage.command(place::nbpress());
    credentials(&mut command, address);
    command.args(["run", "--json", "in.ipynb", output]);
    Live::start(&mut command)
}

#[test]
fn a_store_that_refuses_is_found_out_before_a_kernel_starts() {
    let moto = Moto::start();
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print before"]);
    let ended = run(&stage, &moto.address, "s3://no-such-bucket/out.ipynb").end();
    assert_eq!(ended.exit, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("no-such-bucket"), "{}", ended.stderr);
    assert!(!ended.stderr.contains(SECRET));
    assert!(stage.runs().is_empty(), "nothing was run");
}

#[test]
fn a_store_that_vanishes_costs_the_output_only() {
    let moto = Moto::start();
    let stage = Stage::new();
    moto.make_bucket(&stage, "results");
    stage.notebook(
        "in.ipynb",
        "testkernel",
        &["print before", "print hanging\nhang", "print never"],
    );
    let mut live = run(&stage, &moto.address, "s3://results/out.ipynb");
    live.wait_for_output("hanging");
    drop(moto);
    live.signal("TERM");
    live.wait_for(|event| event["type"] == "run_finished");
    // A second signal gives up a store that does not answer.
    live.signal("TERM");
    let before = Instant::now();
    let ended = live.end();
    assert!(
        before.elapsed() < Duration::from_secs(6),
        "{:?}",
        before.elapsed()
    );
    assert_eq!(ended.exit, 4, "{}", ended.stderr);
    assert_eq!(status(&ended.outcome()), "cancelled");
    assert!(
        ended.stderr.contains("s3://results/out.ipynb"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("nbpress export"), "{}", ended.stderr);
    assert!(!ended.stderr.contains(SECRET));
    let exported = stage.nbpress(&["export", "latest", "exported.ipynb"]);
    assert_eq!(exported.exit, 0, "{}", exported.stderr);
    assert_eq!(
        stage.read("exported.ipynb")["metadata"]["nbpress"]["status"],
        "cancelled"
    );
    assert_nothing_left(&ended.run_id());
}

#[test]
fn a_store_that_hangs_does_not_hold_up_a_stop() {
    // Takes connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print before"]);
    let live = run(&stage, &address, "s3://results/out.ipynb");
    let (_connection, _) = listener.accept().unwrap();
    live.signal("INT");
    let before = Instant::now();
    let ended = live.end();
    assert!(
        before.elapsed() < Duration::from_secs(3),
        "{:?}",
        before.elapsed()
    );
    assert_eq!(ended.exit, 130, "{}", ended.stderr);
    assert!(ended.stderr.contains("SIGINT"), "{}", ended.stderr);
    assert!(stage.runs().is_empty(), "nothing was run");
}
