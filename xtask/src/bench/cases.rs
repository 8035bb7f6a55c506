//! The notebooks that are measured, and how a result is checked.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// One notebook, its arguments and how often each side runs it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) notebook: Value,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) papermill_runs: usize,
    pub(crate) nbpress_runs: usize,
    /// How many lines of standard output a whole result has.
    pub(crate) lines: Option<usize>,
}

/// Every case; `quick` leaves one run to each slow one.
pub(crate) fn all(quick: bool) -> Vec<Case> {
    let several = |runs| if quick { 1 } else { runs };
    let case = |name, cells: Vec<String>| Case {
        name,
        notebook: notebook(&cells),
        arguments: &[],
        papermill_runs: 1,
        nbpress_runs: several(3),
        lines: None,
    };
    let print_lines = |flush| {
        vec![format!(
            "for number in range(100_000):\n    print(number, flush={flush})"
        )]
    };
    vec![
        Case {
            arguments: &["-p", "x", "1"],
            papermill_runs: if quick { 3 } else { 11 },
            nbpress_runs: if quick { 3 } else { 11 },
            ..case(
                "trivial",
                vec![
                    "x = 0".to_owned(),
                    "y = x + 1".to_owned(),
                    "print(y)\ny".to_owned(),
                ],
            )
        },
        case(
            "500 trivial cells",
            (0..500).map(|number| format!("x = {number}")).collect(),
        ),
        case(
            "200 cells of 200 KB",
            vec!["print(('x' * 99 + '\\n') * 2000, end='')".to_owned(); 200],
        ),
        Case {
            papermill_runs: several(3),
            lines: Some(100_000),
            ..case("100,000 lines", print_lines("False"))
        },
        Case {
            lines: Some(100_000),
            ..case("100,000 lines, each flushed", print_lines("True"))
        },
        Case {
            papermill_runs: several(3),
            ..case(
                "20 MB picture",
                vec![
                    "import base64, random\nfrom IPython.display import display\n\n\
                     noise = random.Random(1).randbytes(15_000_000)\n\
                     display({'image/png': base64.b64encode(noise).decode()}, raw=True)"
                        .to_owned(),
                ],
            )
        },
    ]
}

pub(crate) fn notebook(cells: &[String]) -> Value {
    let cell = |(index, source): (usize, &String)| {
        let metadata = if source == "x = 0" && index == 0 {
            json!({"tags": ["parameters"]})
        } else {
            json!({})
        };
        json!({
            "cell_type": "code", "execution_count": null, "id": format!("cell-{index}"),
            "metadata": metadata, "outputs": [], "source": source,
        })
    };
    json!({
        "cells": cells.iter().enumerate().map(cell).collect::<Vec<_>>(),
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    })
}

/// Lines of standard output in an output notebook, and the number of outputs they are spread over.
pub(crate) fn lines_kept(output: &Path) -> Result<(usize, usize)> {
    let text = fs::read_to_string(output).with_context(|| output.display().to_string())?;
    let notebook: Value = serde_json::from_str(&text)?;
    let cells = notebook["cells"].as_array().into_iter().flatten();
    let streams: Vec<String> = cells
        .flat_map(|cell| cell["outputs"].as_array().into_iter().flatten())
        .filter(|output| output["name"] == "stdout")
        .map(|output| match &output["text"] {
            Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
            text => text.as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    Ok((streams.concat().lines().count(), streams.len()))
}
