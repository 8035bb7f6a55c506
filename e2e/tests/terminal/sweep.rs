//! A sweep while it goes on, and its table.

use e2e::live::Stage;
use serde_json::{Value, json};

use crate::screen::{Terminal, assert_screen, nbpress};

/// One point raises, one hangs while the others come one after the other and report what a table has
/// to lay out.
const CELLS: [&str; 3] = [
    "n = 0\nregion = \"\"\n",
    "when {n} 1 raise ValueError there is nothing for {n}\nwhen {n} 30 hang",
    "display application/scrapbook.scrap.json+json {\"name\": \"loss\", \"data\": {n}.12345678, \"encoder\": \"json\"}\n\
     display application/scrapbook.scrap.text+json {\"name\": \"a long remark\", \"data\": \"what there is to say about {region} takes some room\", \"encoder\": \"text\"}",
];

fn stage() -> Stage {
    let stage = Stage::new();
    let cell = |(index, source): (usize, &&str)| {
        let tags: &[&str] = if index == 0 { &["parameters"] } else { &[] };
        json!({"cell_type": "code", "execution_count": null, "id": format!("cell-{index}"),
               "metadata": {"tags": tags}, "outputs": [], "source": source})
    };
    let cells: Vec<Value> = CELLS.iter().enumerate().map(cell).collect();
    let metadata = json!({
        "kernelspec": {"display_name": "Test", "language": "python", "name": "testkernel"},
        "language_info": {"name": "python"},
    });
    let notebook =
        json!({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5});
    stage.write("tune.ipynb", notebook.to_string());
    stage
}

const SWEEP: [&str; 8] = [
    "sweep",
    "tune.ipynb",
    "-s",
    "n=1,30,20,4",
    "-p",
    "region=eu, 日本",
    "--jobs",
    "2",
];

#[test]
fn points_that_run_are_alive_until_control_c() {
    for columns in [40, 80, 100] {
        let stage = stage();
        let mut terminal = Terminal::start(&stage, columns, &SWEEP);
        let running = terminal
            .wait_for(|screen| screen.contains("3/4 points") && screen.contains("cell 3/4"));
        assert_screen(&format!("sweep_running_{columns}"), &running);
        terminal.type_keys(b"\x03");
        let left = terminal.end();
        assert_eq!(left.exit, 130);
        assert_screen(&format!("sweep_stopped_{columns}"), &left.screen);
    }
}

#[test]
fn a_pipe_gets_a_line_for_each_point_that_ended() {
    let stage = stage();
    let mut command = nbpress(
        &stage,
        &["sweep", "tune.ipynb", "-s", "n=1,2", "--jobs", "1"],
    );
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert_screen("sweep_piped_stderr", &text(output.stderr));
    assert_screen("sweep_piped_stdout", &text(output.stdout));
}
