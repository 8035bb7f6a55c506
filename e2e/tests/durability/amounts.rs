//! Much output, and how much is written for it.

use std::fs;
use std::process::Stdio;

use e2e::live::{Stage, poll};
use e2e::place;
use serde_json::Value;

fn joined(text: &Value) -> String {
    let lines = text.as_array().unwrap().iter();
    lines.map(|line| line.as_str().unwrap()).collect()
}

fn outputs(notebook: &Value, cell: usize) -> &Vec<Value> {
    notebook["cells"][cell]["outputs"].as_array().unwrap()
}

#[test]
fn a_hundred_thousand_lines_are_one_output_from_the_test_kernel() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["lines 100000", "print after"]);
    let ended = stage.nbpress(&["run", "-q", "in.ipynb", "out.ipynb"]);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let expected: Vec<String> = (0..100_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    assert_one_stream(&stage.read("out.ipynb"), 0, &expected.concat());
}

/// papermill keeps about half of them and fails.
#[test]
fn a_hundred_thousand_flushed_prints_of_python_are_one_output() {
    let stage = Stage::new();
    let notebook = place::fixture("lines_100k_flush").display().to_string();
    let ended = stage.nbpress(&["run", "-q", &notebook, "out.ipynb"]);
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let expected: Vec<String> = (0..100_000).map(|number| format!("{number}\n")).collect();
    assert_one_stream(&stage.read("out.ipynb"), 1, &expected.concat());
}

fn assert_one_stream(notebook: &Value, cell: usize, expected: &str) {
    let outputs = outputs(notebook, cell);
    assert_eq!(outputs.len(), 1);
    let text = joined(&outputs[0]["text"]);
    let lost = expected.lines().count().abs_diff(text.lines().count());
    assert!(text == expected, "{lost} lines lost, or out of order");
}

#[test]
fn a_display_of_20_mb_is_kept_whole_and_shared_with_the_record() {
    let stage = Stage::new();
    let notebook = place::fixture("display_20mb").display().to_string();
    let ended = stage.run(&[&notebook, "out.ipynb"]).end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let output = stage.read("out.ipynb");
    let cells = output["cells"].as_array().unwrap();
    let sizes = cells
        .iter()
        .flat_map(|cell| cell["outputs"].as_array().into_iter().flatten());
    let longest = sizes.map(|output| output.to_string().len()).max().unwrap();
    assert!(longest > 20_000_000, "{longest}");
    let exported = stage.nbpress(&["export", &ended.run_id(), "exported.ipynb"]);
    assert_eq!(exported.exit, 0, "{}", exported.stderr);
    assert_eq!(stage.read("exported.ipynb"), output);
}

#[test]
fn what_is_written_is_a_few_times_the_output() {
    let written = |cells: usize| {
        let stage = Stage::new();
        stage.notebook("in.ipynb", "testkernel", &vec!["burst 100000"; cells]);
        let mut command = stage.command(place::nbpress());
        command.args(["run", "-q", "in.ipynb", "out.ipynb"]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let id = child.id();
        // An ended process is still there, with its counts, until it is waited for.
        let ended = poll(|| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
            stat.contains(") Z ").then_some(())
        });
        assert!(ended.is_some());
        let counts = fs::read_to_string(format!("/proc/{id}/io")).unwrap();
        assert!(child.wait().unwrap().success());
        let written = counts.lines().find_map(|line| line.strip_prefix("wchar: "));
        (
            written.unwrap().parse::<u64>().unwrap(),
            fs::metadata(stage.path("out.ipynb")).unwrap().len(),
        )
    };
    let [few, more, many] = [50, 100, 200].map(written);
    println!("written and size of the output: {few:?} {more:?} {many:?}");
    for (written, size) in [few, more, many] {
        // Once to the record, once to the output, and saves in between that grow by half each time:
        // a few times the size, whatever the size.
        assert!(written < 4 * size, "{written} bytes written for {size}");
    }
}
