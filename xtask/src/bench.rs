//! `cargo xtask bench`: nbpress and the real papermill, side by side in the same run; with `--queue` the queue, with `--server` the server,
//! with `--ready` ready kernels, with `--resume` notebooks that failed and go on.

mod cases;
mod measure;
mod page;
mod queue;
mod ready;
mod resume;
mod server;
mod table;
mod ui;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use self::cases::Case;
use self::measure::Cost;
use self::table::{Row, Sample, Unit};
use crate::reference::Reference;

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line, each of its own"
)]
pub(crate) struct BenchArguments {
    /// Write the table to `docs/benchmarks.md` too.
    #[arg(long)]
    write: bool,
    /// Few runs of everything: a look, not a measurement.
    #[arg(long)]
    quick: bool,
    /// Only the cases whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Measure the queue, its databases and the server instead.
    #[arg(long, conflicts_with = "only")]
    queue: bool,
    /// Measure what the server is to Jupyter's clients instead, beside jupyter_server.
    #[arg(long, conflicts_with_all = ["only", "queue"])]
    server: bool,
    /// Measure runs with ready kernels instead, beside papermill and cold kernels.
    #[arg(long, conflicts_with_all = ["only", "queue", "server"])]
    ready: bool,
    /// Resume a corpus of notebooks that fail instead; with `--quick` by the debug program that is there.
    #[arg(long, conflicts_with_all = ["queue", "server", "ready"])]
    resume: bool,
    /// Measure the editor instead, beside JupyterLab.
    #[arg(long, conflicts_with_all = ["only", "queue", "server", "ready", "resume"])]
    ui: bool,
}

const RUNS_AT_ONCE: &str = "runs at 2 jobs";

pub(crate) fn run(root: &Path, arguments: &BenchArguments) -> Result<()> {
    if arguments.queue {
        return queue::run(root, arguments);
    }
    if arguments.server {
        return server::run(root, arguments);
    }
    if arguments.ready {
        return ready::run(root, arguments);
    }
    if arguments.resume {
        return resume::run(root, arguments);
    }
    if arguments.ui {
        return ui::run(root, arguments);
    }
    let reference = Reference::install(root)?;
    let built = crate::cargo()
        .args(["build", "--release", "--package", "nbpress-cli"])
        .current_dir(root)
        .status()?;
    ensure!(built.success(), "the release build failed");
    let folder = root.join("target/bench");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder)?;
    let bench = Bench {
        reference,
        nbpress: root.join("target/release/nbpress"),
        folder,
    };
    measure::adopt_orphans();
    let machine = machine();
    eprintln!("{machine}");
    let mut rows = Vec::new();
    for case in cases::all(arguments.quick)
        .iter()
        .filter(|case| case.name.contains(&arguments.only))
    {
        let measured = bench.case(case)?;
        eprintln!("{}", table::markdown(&measured));
        rows.extend(measured);
    }
    if RUNS_AT_ONCE.contains(&arguments.only) {
        rows.push(bench.throughput(if arguments.quick { 6 } else { 20 })?);
    }
    let table = table::markdown(&rows);
    println!("{table}");
    let rows: Vec<_> = rows.iter().map(Row::to_json).collect();
    let json = json!({"machine": machine, "rows": rows});
    fs::write(root.join("target/bench.json"), format!("{json:#}\n"))?;
    if arguments.write {
        page::write(root, page::RUNS, &page(&machine, &table))?;
    }
    Ok(())
}

struct Bench {
    reference: Reference,
    nbpress: PathBuf,
    folder: PathBuf,
}

#[derive(Clone, Copy)]
enum Side {
    Papermill,
    Nbpress,
}

impl Bench {
    /// The command that runs `notebook` to `output` without showing progress.
    fn command(&self, side: Side, notebook: &Path, output: &Path, arguments: &[&str]) -> Command {
        let mut command = match side {
            Side::Papermill => Command::new(self.reference.program("papermill")),
            Side::Nbpress => {
                let mut command = Command::new(&self.nbpress);
                command.arg("papermill");
                command
            }
        };
        command
            .arg(notebook)
            .arg(output)
            .arg("--no-progress-bar")
            .args(arguments);
        command.envs(self.reference.environment());
        command
            .env("NBPRESS_HOME", self.folder.join("home"))
            .current_dir(&self.folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn case(&self, case: &Case) -> Result<Vec<Row>> {
        eprintln!("[bench] {} …", case.name);
        let notebook = self.folder.join("in.ipynb");
        fs::write(&notebook, case.notebook.to_string())?;
        let output = |side| {
            self.folder.join(match side {
                Side::Papermill => "papermill.ipynb",
                Side::Nbpress => "nbpress.ipynb",
            })
        };
        let (mut papermill, mut nbpress) = (Vec::new(), Vec::new());
        let once =
            |side| measure::run(&mut self.command(side, &notebook, &output(side), case.arguments));
        for round in 0..case.papermill_runs.max(case.nbpress_runs) {
            if round < case.papermill_runs {
                papermill.push(once(Side::Papermill)?);
            }
            if round < case.nbpress_runs {
                nbpress.push(once(Side::Nbpress)?);
            }
        }
        let wrong = nbpress.iter().find(|cost| cost.exit != 0);
        ensure!(
            wrong.is_none(),
            "{}: nbpress ended with {wrong:?}",
            case.name
        );
        let mut rows = costs(
            case.name,
            &papermill,
            &nbpress,
            fs::metadata(output(Side::Nbpress))?.len(),
        );
        if let Some(lines) = case.lines {
            let kept =
                |side| cases::lines_kept(&output(side)).map(|(kept, _)| Sample(vec![kept as f64]));
            rows.push(Row {
                case: case.name.to_owned(),
                measure: "lines kept",
                papermill: kept(Side::Papermill)?,
                nbpress: kept(Side::Nbpress)?,
                floor: Some((lines as f64, "printed")),
                unit: Unit::Lines,
            });
        }
        if let Some(failed) = papermill.iter().find(|cost| cost.exit != 0) {
            eprintln!("[bench] papermill failed: exit code {}", failed.exit);
            for row in &mut rows {
                row.case.push_str(" (papermill fails)");
            }
        }
        Ok(rows)
    }

    /// Whole runs of the trivial notebook, two at a time.
    fn throughput(&self, runs: usize) -> Result<Row> {
        eprintln!("[bench] {RUNS_AT_ONCE} …");
        let Some(trivial) = cases::all(true).into_iter().next() else {
            anyhow::bail!("no trivial notebook")
        };
        let notebook = self.folder.join("in.ipynb");
        fs::write(&notebook, trivial.notebook.to_string())?;
        let rate = |side| -> Result<f64> {
            let start = Instant::now();
            thread::scope(|scope| {
                let jobs = [0, 1].map(|job| {
                    let notebook = &notebook;
                    scope.spawn(move || {
                        (0..runs / 2).try_for_each(|_| {
                            let output = self.folder.join(format!("job-{job}.ipynb"));
                            let status = self
                                .command(side, notebook, &output, trivial.arguments)
                                .status()?;
                            ensure!(status.success(), "a run at 2 jobs ended with {status}");
                            Ok(())
                        })
                    })
                });
                jobs.into_iter()
                    .try_for_each(|job| job.join().map_err(|_| anyhow::anyhow!("a job died"))?)
            })?;
            Ok((runs / 2 * 2) as f64 / start.elapsed().as_secs_f64())
        };
        Ok(Row {
            case: RUNS_AT_ONCE.to_owned(),
            measure: "throughput",
            papermill: Sample(vec![rate(Side::Papermill)?]),
            nbpress: Sample(vec![rate(Side::Nbpress)?]),
            floor: None,
            unit: Unit::RunsPerSecond,
        })
    }
}

/// The rows that every case has.
fn costs(case: &str, papermill: &[Cost], nbpress: &[Cost], output_bytes: u64) -> Vec<Row> {
    let row = |measure, unit, floor, value: &dyn Fn(&Cost) -> f64| Row {
        case: case.to_owned(),
        measure,
        papermill: Sample::of(papermill, value),
        nbpress: Sample::of(nbpress, value),
        floor,
        unit,
    };
    let kernel = Sample::of(nbpress, Cost::kernel_cpu_seconds).median();
    let written = output_bytes as f64;
    vec![
        row("wall", Unit::Seconds, None, &|cost| cost.wall_seconds),
        row(
            "CPU, with kernel",
            Unit::Seconds,
            Some((kernel, "kernel alone")),
            &|cost| cost.tree_cpu_seconds,
        ),
        row("CPU, runner alone", Unit::Seconds, None, &|cost| {
            cost.own_cpu_seconds
        }),
        row("peak memory, runner", Unit::Bytes, None, &|cost| {
            cost.own_peak_bytes as f64
        }),
        row(
            "bytes written",
            Unit::Bytes,
            Some((written, "output file")),
            &|cost| cost.own_written_bytes as f64,
        ),
    ]
}

fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("unknown");
    let memory = read("/proc/meminfo");
    let kilobytes = memory
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse::<f64>().ok())
        .unwrap_or(0.0);
    format!(
        "{} × {}, {:.0} GB, Linux {}, load {} when it began",
        thread::available_parallelism().map_or(0, usize::from),
        model.trim_start_matches([' ', '\t', ':']),
        kilobytes / 1e6,
        read("/proc/sys/kernel/osrelease").trim(),
        read("/proc/loadavg").split(' ').next().unwrap_or_default()
    )
}

fn page(machine: &str, table: &str) -> String {
    format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench --write`: nbpress (release build) and papermill 2.7.0 run the same notebooks in the same\n\
         minutes, by turns, each with a cold ipykernel 7.4. Numbers are medians, with the minimum in brackets where there were\n\
         several runs (11 of the trivial notebook).\n\n\
         Machine: {machine}.\n\n\
         {table}\n\
         *CPU, with kernel* is user and system time of the whole process tree, *runner alone* of papermill's or nbpress's own\n\
         process. *Kernel alone* is the tree without the runner: a runner cannot make a cold kernel cheaper. *Bytes written* are\n\
         those the runner's process gave to `write`, so pipes are counted too; nbpress writes a journal and then the file.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tree_is_measured() {
        let mut busy = Command::new("sh");
        busy.args(["-c", "echo 12345 > /dev/null; sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; exit 3"]);
        let cost = measure::run(&mut busy).unwrap();
        assert_eq!(cost.exit, 3);
        assert!(cost.tree_cpu_seconds > cost.own_cpu_seconds, "{cost:?}");
        assert!(cost.own_cpu_seconds > 0.0, "{cost:?}");
        assert!(cost.own_written_bytes >= 6, "{cost:?}");
        assert!(
            cost.wall_seconds >= cost.kernel_cpu_seconds() * 0.5,
            "{cost:?}"
        );
    }

    #[test]
    fn medians_and_ratios_are_shown() {
        let row = Row {
            case: "trivial".to_owned(),
            measure: "wall",
            papermill: Sample(vec![3.0, 1.0, 2.0]),
            nbpress: Sample(vec![0.5]),
            floor: Some((0.25, "kernel alone")),
            unit: Unit::Seconds,
        };
        let table = table::markdown(&[row]);
        let last = table
            .lines()
            .last()
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(
            last,
            "| trivial | wall | 2.00 s (1.00 s) | 500 ms | 4.0× | 250 ms (kernel alone) |"
        );
    }
}
