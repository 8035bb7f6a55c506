//! The part of `docs/benchmarks.md` about the queue.

use serde_json::Value;

use super::super::page::QUEUE;
use super::super::table::aligned;
use super::figures::Figures;

const DATABASES: [&str; 2] = ["SQLite", "Postgres"];
const KERNELS: [&str; 2] = ["testkernel", "python3"];
const WORKERS: [i64; 3] = [1, 8, 32];

pub(super) fn page(machine: &str, seconds: f64, quick: bool, figures: &Figures) -> String {
    let quick = if quick {
        " This is a quick look (`--quick`), with a hundredth of the rows: no measurement."
    } else {
        ""
    };
    format!(
        "{QUEUE}\n\
         Written by `cargo xtask bench --queue --write` in {seconds:.0} s, on {day}.{quick} Release build; SQLite and Postgres,\n\
         where every commit is on the disk when it returns, on the same disk as everything else.\n\n\
         Machine: {machine}.\n\n\
         *Load* is the one-minute load average when the figure was taken, the benchmark's own included. Two processors are busy at 2;\n\
         above that a figure says more about the machine than about the program.\n\n\
         {disk}\n\n\
         ### Enqueue, claim, finish, list\n\n\
         Per second, and in brackets the median of one call, with so many calls at a time from one thread, as the server has. The\n\
         floors are the same driver on the same database: a question without an answer, and a transaction of one row.\n\n\
         {rates}\n\
         ### The top of the hour\n\n\
         {schedules}\n\
         ### Pages of the list, a million runs\n\n\
         Pages of 50 with the whole run in each row, half of them the newest ones and half from somewhere in the past.\n\
         {filled}.\n\n\
         {pages}\n\
         ### The server\n\n\
         {server}\n\
         ### What the queue adds to a run\n\n\
         A notebook of two or three trivial cells through `nbpress run` and, as a job, through `nbpress serve` on SQLite. *Alone* is one\n\
         run after the other, from before the request to the end of the run; *two at a time* is all of them submitted at once to two\n\
         slots. CPU is that of all processes, kernel included. `nbpress run` has the limits here that the queue gives every run\n\
         (`--memory 2GiB --cpus 1`); what these cost by themselves is in a row of its own.\n\n\
         {runs}\n\
         {missed}",
        day = jiff::Timestamp::now().strftime("%-d %B %Y"),
        disk = disk(figures),
        rates = rates(figures),
        schedules = schedules(figures),
        filled = filled(figures),
        pages = pages(figures),
        server = server(figures),
        runs = runs(figures),
        missed = missed(figures),
    )
}

/// Every aim that was not reached, with the figure.
fn missed(figures: &Figures) -> String {
    let mut missed = Vec::new();
    let mut aim = |what: &str, value: f64, most: f64, unit: &str| {
        // A figure that is missing is no success.
        if value.is_nan() || value > most {
            missed.push(format!(
                "{what}: {value:.1} {unit} where {most} {unit} was wanted"
            ));
        }
    };
    let field = |about, what, field| {
        figures
            .one(about, what)
            .map_or(f64::NAN, |figure| number(figure, field))
    };
    for database in DATABASES {
        let seconds = field(database, "schedules due in one minute", "all_after_seconds");
        aim(
            &format!("{database}, schedules of one minute"),
            seconds,
            60.0,
            "s",
        );
        for page in figures.of(database, "rows") {
            let what = format!(
                "{database}, page \"{}\", 95 %",
                page["what"].as_str().unwrap_or_default()
            );
            aim(&what, number(page, "p95_ms"), 50.0, "ms");
        }
    }
    aim("start", field("server", "start", "median_ms"), 50.0, "ms");
    let resident = field("server", "idle, empty database", "resident_bytes") / 1e6;
    aim("idle server", resident, 20.0, "MB");
    for kernel in KERNELS {
        let added = |what, queue, direct| field(kernel, what, queue) - field(kernel, what, direct);
        let wall = added("one after the other", "queue_ms", "direct_ms");
        aim(
            &format!("{kernel}, wall that the queue adds"),
            wall,
            10.0,
            "ms",
        );
        let cpu = added("two at a time", "queue_cpu_ms", "direct_cpu_ms");
        aim(
            &format!("{kernel}, CPU that the queue adds"),
            cpu,
            10.0,
            "ms",
        );
    }
    if missed.is_empty() {
        return "Every aim is reached.\n".to_owned();
    }
    format!(
        "Aims not reached in this run:\n\n- {}\n",
        missed.join("\n- ")
    )
}

fn number(figure: &Value, field: &str) -> f64 {
    figure[field].as_f64().unwrap_or(f64::NAN)
}

fn milliseconds(figure: &Value, field: &str) -> String {
    let value = number(figure, field);
    match value {
        _ if value >= 10_000.0 => format!("{:.1} s", value / 1e3),
        _ if value >= 100.0 => format!("{value:.0} ms"),
        _ if value >= 1.0 => format!("{value:.1} ms"),
        _ => format!("{value:.2} ms"),
    }
}

fn load(figure: &Value) -> String {
    format!("{:.1}", number(figure, "load"))
}

fn head<const COLUMNS: usize>(words: [&str; COLUMNS]) -> [String; COLUMNS] {
    words.map(str::to_owned)
}

fn disk(figures: &Figures) -> String {
    figures.one("disk", "4 KiB and fdatasync").map_or_else(String::new, |disk| {
        format!(
            "The floor of every promise: this disk takes {:.0} times a second 4 KiB and `fdatasync` (median {}, 99 % within {}; load {}).",
            number(disk, "per_second"),
            milliseconds(disk, "p50_ms"),
            milliseconds(disk, "p99_ms"),
            load(disk)
        )
    })
}

fn rates(figures: &Figures) -> String {
    let mut rows = vec![head(["database", "what", "1 at a time", "8", "32", "load"])];
    for database in DATABASES {
        let mut whats: Vec<&str> = Vec::new();
        for figure in figures.of(database, "workers") {
            let what = figure["what"].as_str().unwrap_or_default();
            if !whats.contains(&what) {
                whats.push(what);
            }
        }
        for what in whats {
            let at = |workers: i64| {
                figures
                    .of(database, "workers")
                    .find(|figure| figure["what"] == what && figure["workers"] == workers)
            };
            let [one, eight, many] = WORKERS.map(|workers| {
                at(workers).map_or_else(String::new, |figure| {
                    format!(
                        "{:.0} ({})",
                        number(figure, "per_second"),
                        milliseconds(figure, "p50_ms")
                    )
                })
            });
            let loads: Vec<String> = WORKERS.into_iter().filter_map(at).map(load).collect();
            rows.push([
                database.to_owned(),
                what.to_owned(),
                one,
                eight,
                many,
                loads.join(", "),
            ]);
        }
    }
    aligned(&rows)
}

fn schedules(figures: &Figures) -> String {
    let mut rows = vec![head([
        "database",
        "schedules due in one minute",
        "all enqueued after",
        "lag, median",
        "lag, 99 %",
        "per second",
        "a look when nothing is due",
        "load",
    ])];
    for database in DATABASES {
        let (Some(due), Some(look)) = (
            figures.one(database, "schedules due in one minute"),
            figures.one(database, "look when nothing is due"),
        ) else {
            continue;
        };
        rows.push([
            database.to_owned(),
            format!("{:.0}", number(due, "schedules")),
            format!("{:.1} s", number(due, "all_after_seconds")),
            milliseconds(due, "p50_ms"),
            milliseconds(due, "p99_ms"),
            format!("{:.0}", number(due, "per_second")),
            milliseconds(look, "p50_ms"),
            load(due),
        ]);
    }
    aligned(&rows)
}

fn filled(figures: &Figures) -> String {
    let fills = DATABASES.map(|database| {
        figures
            .one(database, "fill")
            .map_or(f64::NAN, |fill| number(fill, "runs"))
    });
    format!(
        "SQLite holds {:.0} runs, Postgres {:.0}, each with an attempt, two parameters and a label",
        fills[0], fills[1]
    )
}

fn pages(figures: &Figures) -> String {
    let mut rows = vec![head([
        "filter",
        "runs a page",
        "SQLite, median",
        "95 %",
        "worst",
        "Postgres, median",
        "95 %",
        "worst",
        "load",
    ])];
    for lite in figures.of("SQLite", "rows") {
        let what = lite["what"].as_str().unwrap_or_default();
        let Some(full) = figures.one("Postgres", what) else {
            continue;
        };
        rows.push([
            what.to_owned(),
            format!("{:.0}", number(lite, "rows")),
            milliseconds(lite, "p50_ms"),
            milliseconds(lite, "p95_ms"),
            milliseconds(lite, "max_ms"),
            milliseconds(full, "p50_ms"),
            milliseconds(full, "p95_ms"),
            milliseconds(full, "max_ms"),
            format!("{}, {}", load(lite), load(full)),
        ]);
    }
    aligned(&rows)
}

fn server(figures: &Figures) -> String {
    let megabytes = |figure: &Value, field| format!("{:.1} MB", number(figure, field) / 1e6);
    let mut rows = vec![head(["what", "measured", "aim", "load"])];
    let mut row = |what: &str, measured: String, aim: &str, figure: &Value| {
        rows.push([what.to_owned(), measured, aim.to_owned(), load(figure)]);
    };
    if let Some(start) = figures.one("server", "start") {
        let what = "from exec to the first answer";
        row(what, milliseconds(start, "median_ms"), "50 ms", start);
        let what = "the same, where it makes its database first";
        row(what, milliseconds(start, "first_ms"), "", start);
    }
    for (name, aim) in [
        ("idle, empty database", "20 MB"),
        ("idle, a million runs", ""),
    ] {
        let Some(idle) = figures.one("server", name) else {
            continue;
        };
        let memory = format!(
            "{}, {} of it not the program's file",
            megabytes(idle, "resident_bytes"),
            megabytes(idle, "anonymous_bytes")
        );
        row(&format!("{name}: resident memory"), memory, aim, idle);
        let share = format!(
            "{:.2} % of one processor",
            number(idle, "cpu_share") * 100.0
        );
        row(&format!("{name}: CPU"), share, "", idle);
        if !idle["start_ms"].is_null() {
            let what = format!("{name}: from exec to the first answer");
            row(&what, milliseconds(idle, "start_ms"), "50 ms", idle);
        }
    }
    if let Some(pages) = figures.one("server", "400 pages over HTTP") {
        let times = format!(
            "median {}, 95 % within {}",
            milliseconds(pages, "p50_ms"),
            milliseconds(pages, "p95_ms")
        );
        row("400 pages over HTTP, a million runs", times, "50 ms", pages);
        let memory = megabytes(pages, "resident_bytes");
        row("resident memory after them", memory, "", pages);
    }
    aligned(&rows)
}

fn runs(figures: &Figures) -> String {
    let mut rows = vec![head([
        "kernel",
        "measure",
        "`nbpress run`",
        "through the queue",
        "the queue adds",
        "aim",
        "load",
    ])];
    for kernel in KERNELS {
        let mut row =
            |figure: &Value, measure: &str, [direct, queue, adds]: [String; 3], aim: &str| {
                rows.push([
                    kernel.to_owned(),
                    measure.to_owned(),
                    direct,
                    queue,
                    adds,
                    aim.to_owned(),
                    load(figure),
                ]);
            };
        if let Some(alone) = figures.one(kernel, "one after the other") {
            let measure = format!("alone, wall, median of {:.0}", number(alone, "runs"));
            row(
                alone,
                &measure,
                compared(alone, "direct_ms", "queue_ms"),
                "10 ms",
            );
            let fastest = compared(alone, "direct_min_ms", "queue_min_ms");
            row(alone, "alone, wall, fastest", fastest, "");
            let limits = number(alone, "direct_ms") - number(alone, "bare_ms");
            let limits = [format!("{limits:+.1} ms"), String::new(), String::new()];
            row(alone, "in it: the limits", limits, "");
            let request = [
                String::new(),
                milliseconds(alone, "submit_ms"),
                String::new(),
            ];
            row(alone, "in it: the request", request, "");
            let claimed = [
                String::new(),
                milliseconds(alone, "claim_ms"),
                String::new(),
            ];
            row(alone, "in it: from enqueued to claimed", claimed, "");
        }
        if let Some(both) = figures.one(kernel, "two at a time") {
            let measure = format!("two at a time, {:.0} runs", number(both, "runs"));
            row(both, &measure, throughput(both), "");
            let cpu = compared(both, "direct_cpu_ms", "queue_cpu_ms");
            row(both, "CPU of a run, all processes", cpu, "10 ms");
            let own = [
                String::new(),
                milliseconds(both, "server_cpu_ms"),
                String::new(),
            ];
            row(both, "in it: the server's own", own, "");
        }
    }
    aligned(&rows)
}

fn compared(figure: &Value, direct: &str, queue: &str) -> [String; 3] {
    let adds = number(figure, queue) - number(figure, direct);
    [
        milliseconds(figure, direct),
        milliseconds(figure, queue),
        format!("{adds:+.1} ms"),
    ]
}

fn throughput(figure: &Value) -> [String; 3] {
    let (direct, queue) = (
        number(figure, "direct_per_second"),
        number(figure, "queue_per_second"),
    );
    let adds = (queue / direct - 1.0) * 100.0;
    [
        format!("{direct:.1} /s"),
        format!("{queue:.1} /s"),
        format!("{adds:+.0} %"),
    ]
}
