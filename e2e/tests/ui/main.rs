//! The web UI in a real browser, against the real binary and real kernels.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "test code: a failure here is a failed test"
)]

use std::path::Path;

use e2e::live::{Stage, end_process, processes_with};
use e2e::place;
use serde_json::{Value, json};

/// One server, several stories: starting one takes longer than most of them.
#[test]
fn two_people_watch_a_run_that_fails_while_the_server_dies_and_comes_back() {
    in_the_browser("story");
}

#[test]
fn every_screen_is_accessible_in_light_in_dark_and_on_a_phone() {
    in_the_browser("screens");
}

#[test]
fn a_run_that_failed_is_compared_mended_and_resumed_and_a_kernel_is_stopped() {
    in_the_browser("mend");
}

#[test]
fn a_notebook_is_edited_by_two_people_and_a_closed_tab_loses_nothing() {
    in_the_browser("edit");
}

#[test]
fn a_table_of_a_past_run_and_one_of_a_file_are_sorted_filtered_and_scrolled_to_their_end() {
    in_the_browser("explore");
}

#[test]
fn a_folder_is_filled_searched_and_tidied_and_a_reader_is_offered_only_to_read() {
    in_the_browser("folder");
}

#[test]
fn charts_and_widgets_are_drawn_in_frames_that_load_nothing_from_elsewhere() {
    in_the_browser("outputs");
}

/// Runs a script of `e2e/ui` beside a served folder with the notebooks that it uses.
fn in_the_browser(script: &str) {
    let modules = place::repository().join("ui/node_modules");
    for (what, there) in [
        ("Debian's chromium", Path::new("/usr/bin/chromium")),
        ("playwright-core", &*modules.join("playwright-core")),
    ] {
        assert!(
            there.exists(),
            "{what} is missing; run `cargo xtask test --setup-only` and `cargo build`"
        );
    }
    let stage = Stage::new();
    std::fs::create_dir_all(&stage.home).unwrap();
    stage.write("root/watched.ipynb", watched().to_string());
    stage.write("root/report.ipynb", report().to_string());
    stage.write("root/frames.ipynb", frames().to_string());
    // Outside the stage, which goes with the test: the screens are looked at.
    let screenshots = place::repository().join("target/screenshots/ui");
    std::fs::create_dir_all(&screenshots).unwrap();
    let mut node = stage.command("node");
    let output = node
        .arg(
            place::repository()
                .join("e2e/ui")
                .join(format!("{script}.cjs")),
        )
        .env("NODE_PATH", modules)
        .env("NBPRESS_BIN", place::nbpress())
        .env("ROOT", stage.path("root"))
        .env("SCREENSHOTS", screenshots)
        .output()
        .unwrap();
    // Runs outlive servers on purpose.
    for process in processes_with(&format!("NBPRESS_HOME={}", stage.home.display())) {
        end_process(process);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let log = std::fs::read_to_string(stage.path("server.log")).unwrap_or_default();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{said}\nserver:\n{log}");
}

/// Prints before and after a file is there, then fails.
fn watched() -> Value {
    let outputs = r#"from IPython.display import HTML, display
import pandas as pd
display(HTML("""<p id="verdict">waits</p><script>
const attempt = async (what) => { try { return await what(); } catch { return "blocked"; } };
(async () => {
  const verdict = {
    origin: window.origin,
    parent: await attempt(() => parent.document.title),
    storage: await attempt(() => String(localStorage)),
    network: await attempt(async () => (await fetch("/v1/runs")).status),
  };
  document.getElementById("verdict").textContent = JSON.stringify(verdict);
})();
</script>"""))
table = pd.DataFrame({"title": list("abc"), "minutes": [3, 2, 1]})
display(HTML(table.to_html()))
table"#;
    let waits = "import pathlib, time\nprint('before', flush=True)\n\
        while not pathlib.Path(gate).exists(): time.sleep(0.01)\n\
        for part in range(3): print('\\rmeanwhile', part, end='', flush=True)\n\
        print()\npathlib.Path(gate + '.done').touch()";
    notebook(&[
        ("code", PARAMETERS, &["parameters"]),
        ("code", outputs, &[]),
        ("code", waits, &[]),
        (
            "code",
            "# 4.1M rows\nby_title = table[\"watch_minutes\"].sum()\nby_title",
            &[],
        ),
        ("code", "print('never')", &[]),
    ])
}

const PARAMETERS: &str = "from typing import Literal\n\
    region: Literal['EMEA', 'LATAM'] = 'EMEA'  # the market to look at\n\
    rows: int = 3  # 1..100\n\
    day = '2026-11-21'\n\
    full: bool = False\n\
    gate: str = ''";

/// What a person would write: text, two tables, a picture, streams; with another region it fails.
fn report() -> Value {
    let table = "import pandas as pd\n\
        sessions = pd.DataFrame({'title': ['The Long Harbor', 'Paper Moons', 'Glass River'], 'device': ['tv', 'mobile', 'web'],\n\
        \x20                        'minutes': [184223, 120044, 98310]})\n\
        display(sessions.describe())\n\
        sessions";
    let bars = "from IPython.display import SVG\n\
        bars = ''.join(f'<rect x=\"{at * 70}\" y=\"{110 - high / 1800:.0f}\" width=\"54\" height=\"{high / 1800:.0f}\" fill=\"#2453d6\"/>'\n\
        \x20              for at, high in enumerate(sessions.minutes))\n\
        SVG(f'<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"220\" height=\"110\">{bars}</svg>')";
    let says = "import sys, time\n\
        for part in range(rows):\n\
        \x20   print('loading part', part + 1, 'of', rows, flush=True)\n\
        \x20   time.sleep(0.05)\n\
        print('\\x1b[32mloaded\\x1b[0m 4,102,877 rows for', region, day)\n\
        print('the input is a day old', file=sys.stderr)";
    notebook(&[
        (
            "markdown",
            "# Daily engagement\nViewing time by title and region, with yesterday's *outliers* called out for the morning review.",
            &[],
        ),
        ("code", PARAMETERS, &["parameters"]),
        ("code", table, &[]),
        ("code", says, &[]),
        (
            "markdown",
            "## By title\nThe `minutes` $m_i$ of every title, largest first, of all\n\n$$M = \\sum_{i=1}^{n} m_i$$",
            &[],
        ),
        ("code", bars, &[]),
        (
            "code",
            "column = \"minutes\" if region == \"EMEA\" else \"watch_minutes\"\nby_title = sessions.groupby(\"title\")[column].sum()\nby_title.nlargest(rows)",
            &[],
        ),
        ("code", "print(\"done\")", &[]),
    ])
}

/// Shows a frame that is longer than its output, and one that is not.
fn frames() -> Value {
    let long = "import pandas as pd\n\
        pd.options.display.html.table_schema = True\n\
        print('made')\n\
        numbers = range(5000)\n\
        pd.DataFrame({'title': [f'Title {n % 7}' for n in numbers], 'minutes': [n * n % 97 for n in numbers],\n\
        \x20             'rating': [None if n % 10 == 0 else n % 5 + 0.5 for n in numbers]})";
    let short = "pd.DataFrame({'region': ['EMEA', 'LATAM', 'EMEA'], 'share': [0.5, 0.3, 0.2]})";
    notebook(&[("code", long, &[]), ("code", short, &[])])
}

/// A notebook of cells: kind, source, tags.
fn notebook(cells: &[(&str, &str, &[&str])]) -> Value {
    let cells = cells.iter().enumerate().map(|(at, (kind, source, tags))| {
        let mut cell = json!({"id": format!("c{at}"), "cell_type": kind, "metadata": {"tags": tags}, "source": source});
        if *kind == "code" {
            cell["outputs"] = json!([]);
            cell["execution_count"] = Value::Null;
        }
        cell
    });
    let kernelspec = json!({"name": "python3", "display_name": "Python 3", "language": "python"});
    json!({"cells": cells.collect::<Vec<Value>>(), "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5})
}
