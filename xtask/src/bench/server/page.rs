//! The part of `docs/benchmarks.md` about the server.

use super::super::page::SERVER;
use super::super::table::aligned;
use super::figures::{Figures, Name};

/// The design's aims: no more than this, in the unit of the figure.
const AIMS: [(&str, &str, f64); 17] = [
    ("server", "start to first answer", 50.0),
    ("server", "memory (PSS)", 20e6),
    ("folder of 10000", "median", 100.0),
    ("read 20 MB", "CPU per request", 40.0),
    ("write 20 MB", "CPU per request", 100.0),
    ("cell of testkernel", "added, median", 1.0),
    ("cell of python3", "added, median", 1.0),
    ("100,000 flushed lines of python3", "lines lost", 0.0),
    ("100,000 lines at once", "lines lost", 0.0),
    ("one output of 50 MB", "bytes lost", 0.0),
    ("200 WebSockets on one kernel", "lines lost", 0.0),
    ("200 WebSockets on one kernel", "delay, 95 %", 100.0),
    ("200 viewers of a run's events", "lines lost", 0.0),
    ("200 viewers of a run's events", "delay, 95 %", 100.0),
    ("page of 100 MB", "first 100 KB", 1_000.0),
    ("page of 100 MB", "first byte", 1_000.0),
    ("status, 1 at a time", "median", 1.0),
];

/// Titles of the tables, and how the names of what is in them begin.
const TABLES: [(&str, &[&str]); 5] = [
    ("Start and memory", &["server", "after"]),
    ("Requests", &["status", "folder"]),
    ("Notebooks", &["read", "write", "10 KB", "page"]),
    ("Kernels", &["start of", "cell of"]),
    ("Outputs", &["100,000", "one output", "200"]),
];

pub(super) fn page(machine: &str, seconds: f64, quick: bool, figures: &Figures) -> String {
    let quick = if quick {
        " This is a quick look (`--quick`): debug builds and a fiftieth of the requests; no measurement."
    } else {
        ""
    };
    let tables: Vec<String> = TABLES
        .iter()
        .map(|(title, beginnings)| format!("### {title}\n\n{}", table(figures, beginnings)))
        .collect();
    format!(
        "{SERVER}\n\
         Written by `cargo xtask bench --server --write` in {seconds:.0} s, on {day}.{quick} nbpress (release build) and\n\
         jupyter_server 2.21.1 (no JupyterLab, no limit on outputs) by turns, each with a copy of the same folder, with a token, on\n\
         127.0.0.1. Every part has a server of its own; figures are medians of its turns.\n\n\
         Machine: {machine}.\n\n\
         The clients are blocking threads of one Rust program. *CPU* is that of the server's processes, for nbpress with the hosts of\n\
         its kernels, without the kernels themselves, exact to 10 ms in all that was asked. *Memory* is of the same processes: *PSS*,\n\
         or for a *peak* the sum of the largest resident sets. *Load* is the one-minute load average at nbpress's turn and at the\n\
         other's: two processors are busy at 2, and above that the clock says more about the machine than about the program; the\n\
         clients and the kernels are on the same two processors. *Floor* is the same without a server: for a folder `readdir`\n\
         and a `stat` each, for reading the file and copying it once in memory, for writing `write` and `fsync`, and as CPU the SHA-256\n\
         of the bytes.\n\n\
         {tables}\n\
         A *cell* does nothing; it is over when the WebSocket has brought the reply and `idle`, and *direct ZeroMQ* is the same on\n\
         the sockets of the same kernel, by turns, from the same program. *Lines at once* come from a kernel in Rust that waits for\n\
         nothing. The *page* of 1 MB is nbconvert's at the other server. The times of *viewers* are from `print` to receipt; those of a\n\
         run read server-sent events.\n\n\
         {missed}",
        day = jiff::Timestamp::now().strftime("%-d %B %Y"),
        tables = tables.join("\n"),
        missed = missed(figures),
    )
}

fn table(figures: &Figures, beginnings: &[&str]) -> String {
    let head = [
        "what",
        "measure",
        "nbpress",
        "jupyter_server",
        "better by",
        "floor",
        "aim",
        "load",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    let names = figures.names();
    let named = |name: &&Name<'_>| beginnings.iter().any(|start| name.what.starts_with(start));
    rows.extend(names.iter().filter(named).map(|name| row(figures, *name)));
    aligned(&rows)
}

fn row(figures: &Figures, name: Name<'_>) -> [String; 8] {
    let of = |server| figures.value(server, name.what, name.measure);
    let (ours, theirs) = (of("nbpress"), of("jupyter_server"));
    let shown = |value: Option<f64>| value.map_or_else(String::new, |value| show(name.unit, value));
    let loads = ["nbpress", "jupyter_server"]
        .iter()
        .filter_map(|server| figures.load(server, name.what, name.measure))
        .map(|load| format!("{load:.1}"))
        .collect::<Vec<_>>();
    [
        name.what.to_owned(),
        name.measure.to_owned(),
        shown(ours),
        shown(theirs),
        ratio(name, ours, theirs),
        shown(of("floor")),
        shown(aim(name)),
        loads.join(", "),
    ]
}

fn aim(name: Name<'_>) -> Option<f64> {
    AIMS.iter()
        .find(|(what, measure, _)| (*what, *measure) == (name.what, name.measure))
        .map(|(_, _, most)| *most)
}

/// How many times less, or more of what is better the more there is.
fn ratio(name: Name<'_>, ours: Option<f64>, theirs: Option<f64>) -> String {
    // Counts are compared by the reader.
    let Some((ours, theirs)) = ours.zip(theirs).filter(|_| !name.unit.is_empty()) else {
        return String::new();
    };
    let (less, more) = if name.unit == "/s" {
        (theirs, ours)
    } else {
        (ours, theirs)
    };
    if less <= 0.0 || name.measure == "answer" || name.measure.starts_with("direct") {
        return String::new();
    }
    format!("{:.1}×", more / less)
}

fn show(unit: &str, value: f64) -> String {
    match unit {
        "B" if value >= 1e6 => format!("{:.1} MB", value / 1e6),
        "B" if value >= 1e3 => format!("{:.1} kB", value / 1e3),
        "ms" if value.abs() >= 10_000.0 => format!("{:.1} s", value / 1e3),
        "ms" if value.abs() >= 100.0 => format!("{value:.0} ms"),
        "ms" if value.abs() >= 10.0 => format!("{value:.1} ms"),
        "ms" if value.abs() >= 0.1 => format!("{value:.2} ms"),
        "ms" => format!("{value:.3} ms"),
        "s" => format!("{value:.2} s"),
        "" => format!("{value:.0}"),
        unit => format!("{value:.0} {unit}"),
    }
}

/// Every aim, reached or not.
fn missed(figures: &Figures) -> String {
    let (mut reached, mut missed) = (0, Vec::new());
    for (what, measure, most) in AIMS {
        let unit = figures
            .names()
            .iter()
            .find(|name| (name.what, name.measure) == (what, measure))
            .map_or("", |name| name.unit);
        match figures.value("nbpress", what, measure) {
            Some(value) if value <= most => reached += 1,
            Some(value) => missed.push(format!(
                "{what}, {measure}: {} where {} was wanted",
                show(unit, value),
                show(unit, most)
            )),
            // A figure that is missing is no success.
            None => missed.push(format!("{what}, {measure}: not measured")),
        }
    }
    if missed.is_empty() {
        return format!("All {reached} aims are reached.\n");
    }
    format!(
        "{reached} of {} aims are reached; those that are not:\n\n- {}\n",
        AIMS.len(),
        missed.join("\n- ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_servers_the_floor_and_the_aim_are_in_one_row_and_what_is_missed_is_said() {
        let mut figures = Figures::default();
        let figure = |what: &str, measure: &str, unit: &str, value: f64| json!({"what": what, "measure": measure, "unit": unit, "value": value, "load": 1.26});
        let name = ("write 20 MB", "CPU per request");
        let written = |value| vec![figure(name.0, name.1, "ms", value)];
        figures.add("nbpress", written(150.0));
        figures.add("nbpress", written(170.0));
        figures.add("jupyter_server", written(640.0));
        figures.add("floor", written(12.5));
        figures.add(
            "nbpress",
            vec![figure("status, 1 at a time", "median", "ms", 0.1)],
        );
        let page = page("two processors", 3.0, false, &figures);
        let row = page.lines().find(|line| line.starts_with("| write 20 MB"));
        let cells: Vec<&str> = row.unwrap().split('|').map(str::trim).collect();
        assert_eq!(
            cells[1..9],
            [
                "write 20 MB",
                "CPU per request",
                "160 ms",
                "640 ms",
                "4.0×",
                "12.5 ms",
                "100 ms",
                "1.3, 1.3"
            ]
        );
        assert!(page.contains("1 of 17 aims are reached"), "{page}");
        assert!(
            page.contains("- write 20 MB, CPU per request: 160 ms where 100 ms was wanted"),
            "{page}"
        );
        assert!(
            page.contains("- page of 100 MB, first byte: not measured"),
            "{page}"
        );
    }
}
