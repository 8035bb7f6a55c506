//! A run while it goes on, and how it ends.

use e2e::live::{Stage, notebook};
use serde_json::json;

use crate::screen::{Terminal, assert_screen, nbpress};

/// A cell that prints, a long one that waits until it is interrupted, one that never runs.
const WAITS: [&str; 3] = [
    "# a comment\nprint ready",
    "print working on a line that is much too long for a terminal of eighty columns, and then some more\nhang",
    "print never",
];

#[test]
fn the_running_cell_is_alive_and_is_stopped_by_control_c() {
    for columns in [40, 80, 100] {
        let stage = Stage::new();
        stage.notebook("nightly.ipynb", "testkernel", &WAITS);
        let mut terminal = Terminal::start(&stage, columns, &["run", "nightly.ipynb"]);
        let running = terminal.wait_for(|screen| screen.contains("│ working on"));
        assert_screen(&format!("running_{columns}"), &running);
        terminal.type_keys(b"\x03");
        let left = terminal.end();
        assert_eq!(left.exit, 130);
        assert_screen(&format!("stopped_{columns}"), &left.screen);
    }
}

#[test]
fn a_run_that_succeeds() {
    let stage = Stage::new();
    let cells = [
        "region = \"eu\"",
        "# Sales\n\nNot listed: nothing runs here.",
        "",
        "# totals\nprint two\nprint 日本語",
        "print left out",
        "result 3",
    ];
    let mut mixed = notebook("testkernel", &cells);
    mixed["metadata"]["language_info"] = json!({"name": "python"});
    mixed["cells"][0]["metadata"] = json!({"tags": ["parameters"]});
    mixed["cells"][1] =
        json!({"cell_type": "markdown", "id": "m", "metadata": {}, "source": cells[1]});
    mixed["cells"][4]["metadata"] = json!({"tags": ["skip-execution"]});
    stage.write("nightly.ipynb", mixed.to_string());
    let arguments = ["run", "nightly.ipynb", "out.ipynb", "-p", "region=日本"];
    for columns in [40, 80] {
        let left = Terminal::start(&stage, columns, &arguments).end();
        assert_eq!(left.exit, 0);
        assert_screen(&format!("succeeded_{columns}"), &left.screen);
    }
}

#[test]
fn a_list_longer_than_the_screen_scrolls_and_repeats_nothing() {
    let stage = Stage::new();
    let mut cells: Vec<String> = (1..=30).map(|cell| format!("print {cell}")).collect();
    cells.push("print working\nhang".to_owned());
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    stage.notebook("long.ipynb", "testkernel", &cells);
    let mut terminal = Terminal::start(&stage, 80, &["run", "long.ipynb"]);
    terminal.wait_for(|screen| screen.contains("│ working"));
    terminal.type_keys(b"\x03");
    let left = terminal.end();
    assert_screen("scrolled", &left.screen);
}

#[test]
fn nothing_is_said_by_colour_alone() {
    let stage = Stage::new();
    stage.notebook(
        "fails.ipynb",
        "testkernel",
        &["print one", "raise ValueError no", "print two"],
    );
    let left = Terminal::start(&stage, 80, &["run", "fails.ipynb"]).end();
    assert!(left.bytes.windows(5).any(|bytes| bytes == b"\x1b[31m"));
    let without = Terminal::start_without_colour(&stage, 80, &["run", "fails.ipynb"]).end();
    assert!(!without.bytes.windows(3).any(|bytes| bytes == b"\x1b[3"));
    assert_screen("fails", &left.screen);
    assert_screen("fails", &without.screen);
}

#[test]
fn a_pipe_gets_one_line_per_cell_and_no_control_codes() {
    let stage = Stage::new();
    stage.notebook(
        "fails.ipynb",
        "testkernel",
        &[
            "print one",
            "print \u{1b}[31mred",
            "raise ValueError no",
            "print two",
        ],
    );
    let output = nbpress(&stage, &["run", "fails.ipynb"]).output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    let control = |char: char| char.is_control() && char != '\n';
    assert!(
        !stdout.contains(control) && !stderr.contains(control),
        "{stderr:?}"
    );
    assert_screen("piped", &format!("{stderr}--- stdout\n{stdout}"));
}

/// Errors of a real Python kernel: its forty frames, its colours and its long lines stay out.
#[test]
fn the_code_where_python_failed() {
    const CALLED: [&str; 3] = [
        "import json\n\ndef parse(text):\n    # as the source system writes it\n    return json.loads(text)\n",
        "rows = []",
        "for line in ['{}', '{']:\n    row = parse(line)\n    rows.append(row)\nprint(len(rows))\nprint('of a long line', 'only what fits is shown, the rest is in the notebook that was written')\n\n\n# the end\n# of the cell",
    ];
    let long_text =
        "raise ValueError('\\n'.join(f'\\x1b[31mcolumn {n} is 日本語' for n in range(20)))";
    let deep = "def down(n):\n    if n == 0:\n        raise RuntimeError('at the bottom')\n    down(n - 1)\n\ndown(50)";
    let cases: [(&str, &[&str]); 5] = [
        ("called", &CALLED),
        ("long_text", &[long_text]),
        ("deep", &[deep]),
        ("syntax", &["x = 1\ny = = 2"]),
        (
            "leaves_well",
            &["print('one')", "import sys\nsys.exit(0)", "print('never')"],
        ),
    ];
    for (name, cells) in cases {
        let stage = Stage::new();
        stage.notebook("etl.ipynb", "python3", cells);
        let left = Terminal::start_with_kernels(&stage, 80, &["run", "etl.ipynb"]).end();
        assert_screen(&format!("python_{name}"), &left.all);
    }
}

#[test]
fn a_kernel_that_dies_has_last_words() {
    let stage = Stage::new();
    let cells = [
        "log warming up",
        "log Fatal error: no cheese\ndie 6",
        "print never",
    ];
    stage.notebook("etl.ipynb", "testkernel", &cells);
    let left = Terminal::start(&stage, 80, &["run", "etl.ipynb"]).end();
    assert_eq!(left.exit, 138);
    assert_screen("dies", &left.all);
}
