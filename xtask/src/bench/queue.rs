//! `cargo xtask bench --queue`: the databases, the server, and what the queue adds to a run.

mod figures;
mod postgres;
pub(super) mod runs;
pub(super) mod server;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use self::figures::Figures;
use self::postgres::Postgres;
use super::{BenchArguments, machine, measure, page};
use crate::reference::Reference;

/// Where everything is, and how much is measured.
pub(super) struct Queue {
    nbpress: PathBuf,
    /// What measures the store.
    program: PathBuf,
    /// Everything that is measured is on this one disk.
    folder: PathBuf,
    /// The variables of `nbpress`.
    environment: Vec<(&'static str, String)>,
    quick: bool,
}

pub(super) fn run(root: &Path, arguments: &BenchArguments) -> Result<()> {
    let queue = Queue::prepare(root, arguments.quick)?;
    let (machine, start) = (machine(), Instant::now());
    eprintln!("{machine}");
    let figures = queue.measure();
    fs::remove_dir_all(&queue.folder).ok();
    let figures = figures?;
    let seconds = start.elapsed().as_secs_f64();
    let text = tables::page(&machine, seconds, arguments.quick, &figures);
    println!("{text}");
    let json = json!({"machine": machine, "seconds": seconds, "figures": figures.all()});
    fs::write(root.join("target/bench-queue.json"), format!("{json:#}\n"))?;
    if arguments.write {
        page::write(root, page::QUEUE, &text)?;
    }
    Ok(())
}

impl Queue {
    fn prepare(root: &Path, quick: bool) -> Result<Self> {
        let reference = Reference::install(root)?;
        let built = crate::cargo()
            .args(
                "build --release --package nbpress-cli --package nbpress-kernel --bins".split(' '),
            )
            .current_dir(root)
            .status()?;
        ensure!(built.success(), "the release build failed");
        let program = build_program(root)?;
        // Not in the repository: Postgres runs as somebody who may not be able to enter it.
        let folder = std::env::temp_dir().join(format!("nbpress-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let testkernel = root.join("target/release/testkernel");
        let spec = json!({"argv": [testkernel, "{connection_file}"], "display_name": "Test kernel",
            "language": "testlang"});
        let kernel = folder.join("jupyter/kernels/testkernel");
        fs::create_dir_all(&kernel)?;
        fs::write(kernel.join("kernel.json"), spec.to_string())?;
        let mut environment = reference.environment();
        for (name, value) in &mut environment {
            if *name == "JUPYTER_PATH" {
                *value = format!("{}:{value}", folder.join("jupyter").display());
            }
        }
        measure::adopt_orphans();
        Ok(Self {
            program,
            nbpress: root.join("target/release/nbpress"),
            folder,
            environment,
            quick,
        })
    }

    fn serve(&self, home: &Path, options: &[&str]) -> Result<server::Server> {
        server::Server::start(&self.nbpress, &self.environment, home, options)
    }

    fn measure(&self) -> Result<Figures> {
        let mut figures = Figures::default();
        figures.add(
            "disk",
            self.store("disk", &self.folder.display().to_string())?,
        );
        let sqlite = |name: &str| format!("sqlite:{}", self.folder.join(name).display());
        {
            let postgres = Postgres::start(&self.folder.join("postgres"))?;
            for part in ["rates", "schedules"] {
                figures.add("SQLite", self.store(part, &sqlite(&format!("{part}.db")))?);
                let url = postgres.new_database(part)?;
                figures.add("Postgres", self.store(part, &url)?);
            }
            let history = [sqlite("history.db"), postgres.new_database("history")?];
            let databases = [("SQLite", &history[0]), ("Postgres", &history[1])];
            self.fill(&mut figures, &databases)?;
            for (database, url) in databases {
                figures.add(database, self.store("pages", url)?);
            }
        }
        server::measure(self, &sqlite("history.db"), &mut figures)?;
        runs::measure(self, &mut figures)?;
        Ok(figures)
    }

    /// Both at the same time: nothing of it is measured.
    fn fill(&self, figures: &mut Figures, databases: &[(&str, &String)]) -> Result<()> {
        thread::scope(|scope| {
            let fills: Vec<_> = databases
                .iter()
                .map(|(name, url)| (name, scope.spawn(|| self.store("fill", url))))
                .collect();
            for (name, filled) in fills {
                let filled = filled.join().map_err(|_| anyhow::anyhow!("a fill died"))?;
                figures.add(name, filled?);
            }
            Ok(())
        })
    }

    /// What the program beside the store says of one part.
    fn store(&self, part: &str, url: &str) -> Result<Vec<Value>> {
        eprintln!(
            "[bench] {part} of {} …",
            url.split('?').next().unwrap_or_default()
        );
        let mut command = Command::new(&self.program);
        command.args([part, url]);
        command.args(self.quick.then_some("--quick"));
        let ended = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        let said = String::from_utf8(ended.stdout)?;
        ensure!(ended.status.success(), "{part} of {url}: {said}");
        said.lines()
            .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
            .collect()
    }
}

/// Builds the program beside the store, with the dependencies that `nbpress` has; where it is.
fn build_program(root: &Path) -> Result<PathBuf> {
    let packages = "--package nbpress-cli --package nbpress-kernel --package nbpress-runs";
    let words = format!("build --release {packages} --bench queue --message-format json");
    let built = crate::cargo()
        .args(words.split(' '))
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(built.status.success(), "the release build failed");
    let said = String::from_utf8(built.stdout)?;
    let program = said.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_ours = message["target"]["name"] == "queue";
        message["executable"]
            .as_str()
            .filter(|_| is_ours)
            .map(PathBuf::from)
    });
    program.context("cargo built no program `queue`")
}
