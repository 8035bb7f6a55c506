//! What was measured with ready kernels, as a part of `docs/benchmarks.md`.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::page::READY;

pub(super) fn page(machine: &str, seconds: f64, figures: &[Value]) -> String {
    let day = jiff::Zoned::now().strftime("%-d %B %Y");
    let mut text = format!(
        "{READY}\nWritten by `cargo xtask bench --ready --write` in {seconds:.0} s, on {day}: the real papermill, `nbpress run` with a \
         cold kernel, and `nbpress run`\nwith one from `nbpress ready`, all with ipykernel 7.4, from the command to its exit. CPU is that of \
         all processes, those of the pool too.\n\nMachine: {machine}\n\n\
         | notebook | way | runs | p50 | p99 | fastest | CPU a run | aim | load |\n|---|---|---|---|---|---|---|---|---|\n"
    );
    let is = |figure: &&Value, what: &str| figure["what"] == what;
    for notebook in ["trivial", "pandas"] {
        for figure in figures.iter().filter(|figure| is(figure, notebook)) {
            let ready = notebook == "trivial" && figure["way"] == "ready kernel";
            let aim = if ready {
                "p50 50 ms, p99 150 ms, CPU 48 ms"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "| {notebook} | {} | {} | {} | {} | {} | {} | {aim} | {:.1} |",
                words(&figure["way"]),
                figure["runs"],
                ms(&figure["p50_ms"]),
                ms(&figure["p99_ms"]),
                ms(&figure["least_ms"]),
                ms(&figure["cpu_ms"]),
                number(&figure["load"]),
            );
        }
    }
    text.push_str(
        "\n*trivial* is three cells of arithmetic; *pandas* imports it and describes a table, with a pool that imported it before \
         (`--import pandas`).\n\n| runs per second | 1 at a time | 2 | 4 |\n|---|---|---|---|\n",
    );
    for way in super::WAYS {
        let rates: Vec<String> = figures
            .iter()
            .filter(|figure| is(figure, "at once") && figure["way"] == way.name())
            .map(|figure| {
                format!(
                    "{:.1} (load {:.1})",
                    number(&figure["per_second"]),
                    number(&figure["load"])
                )
            })
            .collect();
        let _ = writeln!(text, "| {} | {} |", way.name(), rates.join(" | "));
    }
    for queue in figures.iter().filter(|figure| is(figure, "queue")) {
        let _ = write!(
            text,
            "\nThrough the queue of `nbpress serve --slots 4`, submitted one by one, every record kept: {} runs in {:.0} s, {:.1} a second \
             (aim 17.4), {} of\nthem with a kernel from the pool; load {:.1}.",
            queue["runs"],
            number(&queue["seconds"]),
            number(&queue["per_second"]),
            queue["from_pool"],
            number(&queue["load"]),
        );
        if !queue["reason"].is_null() {
            let _ = write!(text, " The last one that was not: {}.", queue["reason"]);
        }
        text.push('\n');
    }
    text.push('\n');
    for memory in figures.iter().filter(|figure| is(figure, "memory")) {
        let _ = writeln!(
            text,
            "With {} kernels waiting for *{}*, the pool's template and kernels hold {:.0} MB (PSS).",
            memory["kernels"],
            words(&memory["of"]),
            number(&memory["bytes"]) / 1e6,
        );
    }
    text.push_str(
        "\nThe floor of the trivial run, from the study of 22 November: 2.5 ms of CPU for a fork and its end, 20 to 25 for ipykernel's start \
         after it, 3 a cell;\n35 to 40 ms of wall time without a kernel that waits, 10 to 15 with one.\n",
    );
    text
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn ms(value: &Value) -> String {
    format!("{:.0} ms", number(value))
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
