//! What cannot be run, and what the reader should do about it.

use e2e::live::{Stage, notebook};
use serde_json::json;

use crate::screen::{Terminal, assert_screen};

/// A stage with notebooks that are wrong in one way each.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.write(
        "truncated.ipynb",
        "{\n \"cells\": [\n  {\n   \"cell_type\": \"co",
    );
    stage.write("trailing.ipynb", "{\n \"cells\": [],\n}\n");
    stage.write("page.html", "<!doctype html>\n<title>Sign in</title>\n");
    let mut odd = notebook("testkernel", &["print one", "print two"]);
    odd["cells"][1]["outputs"] = json!("none");
    stage.write("odd.ipynb", odd.to_string());
    let mut future = notebook("testkernel", &[]);
    future["nbformat"] = json!(5);
    stage.write("future.ipynb", future.to_string());
    stage.notebook("julia.ipynb", "julia-1.11", &["1"]);
    stage.notebook("good.ipynb", "testkernel", &["print one"]);
    let mut typed = notebook(
        "testkernel",
        &[
            "region: Literal['eu', 'us'] = 'eu'\ndays: int = 7  # 1..365",
            "print one",
        ],
    );
    typed["cells"][0]["metadata"] = json!({"tags": ["parameters"]});
    typed["metadata"]["language_info"] = json!({"name": "python"});
    stage.write("typed.ipynb", typed.to_string());
    stage.add_kernel("gone", &json!({"argv": ["/opt/gone/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                                     "display_name": "Gone", "language": "python"}));
    stage.notebook("gone.ipynb", "gone", &["1"]);
    stage
}

#[test]
fn what_cannot_be_run_says_why_and_what_to_do() {
    let stage = stage();
    let cases: [(&str, i32, &[&str]); 18] = [
        ("no_command", 2, &[]),
        ("unknown_command", 2, &["rnu", "good.ipynb"]),
        ("unknown_flag", 2, &["run", "good.ipynb", "--tiemout", "5"]),
        (
            "bad_time",
            2,
            &["run", "good.ipynb", "--timeout", "5 weeks"],
        ),
        ("missing_notebook", 2, &["run", "godo.ipynb"]),
        ("a_folder", 2, &["run", "jupyter"]),
        ("truncated", 2, &["run", "truncated.ipynb"]),
        ("trailing_comma", 2, &["run", "trailing.ipynb"]),
        ("a_web_page", 2, &["run", "page.html"]),
        ("invalid", 2, &["run", "odd.ipynb"]),
        ("from_the_future", 2, &["run", "future.ipynb"]),
        ("missing_kernel", 3, &["run", "julia.ipynb"]),
        ("missing_interpreter", 3, &["run", "gone.ipynb"]),
        (
            "unknown_parameter",
            2,
            &[
                "run",
                "typed.ipynb",
                "-p",
                "dasy=9",
                "-p",
                "region=mars",
                "-p",
                "days=400",
            ],
        ),
        ("bad_parameter", 2, &["run", "typed.ipynb", "-p", "days"]),
        (
            "missing_output_folder",
            2,
            &["run", "good.ipynb", "out/good.ipynb"],
        ),
        (
            "missing_parameters_file",
            2,
            &["run", "typed.ipynb", "-f", "defaults.yaml"],
        ),
        ("unknown_run", 2, &["show", "run_9"]),
    ];
    for (name, exit, arguments) in cases {
        // clap does not break the lines of its errors.
        let ours = !matches!(name, "unknown_command" | "unknown_flag" | "bad_time");
        for columns in [80].into_iter().chain(ours.then_some(40)) {
            let left = Terminal::start(&stage, columns, arguments).end();
            if columns == 80 {
                assert_screen(&format!("refused_{name}"), &left.all);
            }
            assert_eq!(left.exit, exit, "{name}");
        }
    }
}
