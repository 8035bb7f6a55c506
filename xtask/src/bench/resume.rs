//! `cargo xtask bench --resume`: notebooks that fail in their last cell are mended and resumed; which way there was, whether
//! the state was right, and what it took beside running all cells again.

mod corpus;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use self::corpus::Case;
use super::{BenchArguments, machine, page};

/// What became of one notebook.
#[derive(Debug)]
struct Resumed {
    case: Case,
    /// `fork`, `pickle` or `rerun`, as the record says.
    way: String,
    /// Cells that ran although they had run.
    repeated: u64,
    /// Whether the cell that asserts the state found it.
    right: bool,
    /// What the record says was not carried, or why a better way was not there.
    lost: Vec<String>,
    resume_seconds: f64,
    again_seconds: f64,
}

struct Bench {
    nbpress: PathBuf,
    /// Data folders of Jupyter with the kernels of the corpus: its own of Python, and those of the tests.
    kernels: [PathBuf; 2],
    folder: PathBuf,
}

pub(super) fn run(root: &Path, arguments: &BenchArguments) -> Result<()> {
    let bench = Bench::prepare(root, arguments.quick)?;
    let (machine, start) = (machine(), Instant::now());
    eprintln!("{machine}");
    let cases = corpus::all().into_iter();
    let cases = cases.filter(|case| case.name.contains(&arguments.only));
    let cases = cases.filter(|case| bench.has_kernel(case));
    let resumed: Result<Vec<Resumed>> = cases.map(|case| bench.resume(case)).collect();
    fs::remove_dir_all(&bench.folder).ok();
    let resumed = resumed?;
    let build = if arguments.quick { "debug" } else { "release" };
    let text = tables::page(&machine, build, start.elapsed().as_secs_f64(), &resumed);
    println!("{text}");
    let rows: Vec<Value> = resumed.iter().map(Resumed::to_json).collect();
    let json = json!({"machine": machine, "build": build, "rows": rows});
    fs::write(root.join("target/bench-resume.json"), format!("{json:#}\n"))?;
    if arguments.write {
        page::write(root, page::RESUME, &text)?;
    }
    Ok(())
}

impl Bench {
    fn prepare(root: &Path, quick: bool) -> Result<Self> {
        // A quick look is at the debug program that is there.
        if !quick {
            let mut build = super::super::cargo();
            build.args(["build", "--release", "--package", "nbpress-cli"]);
            let built = build.current_dir(root).status()?;
            ensure!(built.success(), "the release build failed");
        }
        let profile = if quick { "debug" } else { "release" };
        let folder = std::env::temp_dir().join(format!("nbpress-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let nbpress = folder.join("nbpress");
        // A build beside this one may replace it.
        fs::copy(root.join("target").join(profile).join("nbpress"), &nbpress)?;
        Ok(Self {
            nbpress,
            kernels: [kernels(root)?, root.join("target/test-reference/jupyter")],
            folder,
        })
    }

    fn has_kernel(&self, case: &Case) -> bool {
        let there = self
            .kernels
            .iter()
            .any(|folder| folder.join("kernels").join(case.kernel).is_dir());
        if !there {
            eprintln!(
                "[bench] {} is left out: no kernel `{}`",
                case.name, case.kernel
            );
        }
        there
    }

    fn resume(&self, case: Case) -> Result<Resumed> {
        eprintln!("[bench] {} …", case.name);
        let [first, again] = ["first", "again"].map(|name| self.folder.join(name));
        for folder in [&first, &again] {
            fs::remove_dir_all(folder).ok();
            fs::create_dir_all(folder)?;
        }
        write(&first, &case.broken())?;
        let words = |words: &[&'static str]| [words, &case.arguments].concat();
        let keep = words(&["run", "--keep", "every", "nb.ipynb"]);
        let (failed, _) = self.nbpress(&first, &keep)?;
        ensure!(!failed, "{} does not fail", case.name);
        write(&first, &case.mended())?;
        let (right, resume_seconds) = self.nbpress(&first, &words(&["resume", "latest"]))?;
        let record = last_record(&first)?;
        write(&again, &case.mended())?;
        let (sound, again_seconds) = self.nbpress(&again, &words(&["run", "nb.ipynb"]))?;
        ensure!(sound, "{} fails although it is mended", case.name);
        self.nbpress(&first, &["kept", "drop", "--all"])?;
        let resumption = &record["resumption"];
        let cell = |name: &str| resumption[name].as_u64().unwrap_or_default();
        let lost = resumption["lost"].as_array().into_iter().flatten();
        Ok(Resumed {
            way: resumption["way"].as_str().context("no way")?.to_owned(),
            repeated: cell("cell").saturating_sub(cell("first")),
            lost: lost
                .filter_map(|lost| Some(lost.as_str()?.to_owned()))
                .collect(),
            right,
            resume_seconds,
            again_seconds,
            case,
        })
    }

    /// Runs a command in a folder; whether it succeeded, and for how long it ran.
    fn nbpress(&self, folder: &Path, words: &[&str]) -> Result<(bool, f64)> {
        let mut command = Command::new(&self.nbpress);
        command
            .args(words)
            .current_dir(folder)
            .env("NBPRESS_HOME", folder.join("home"))
            .env("JUPYTER_PATH", std::env::join_paths(&self.kernels)?)
            .env_remove("PYTHONPATH")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let start = Instant::now();
        let ended = command.status()?;
        Ok((ended.success(), start.elapsed().as_secs_f64()))
    }
}

fn write(folder: &Path, notebook: &Value) -> Result<()> {
    Ok(fs::write(folder.join("nb.ipynb"), notebook.to_string())?)
}

/// The manifest of the newest run of a folder's home.
fn last_record(folder: &Path) -> Result<Value> {
    let runs = fs::read_dir(folder.join("home/runs"))?;
    let mut runs: Vec<PathBuf> = runs
        .map(|run| Ok(run?.path()))
        .collect::<std::io::Result<_>>()?;
    runs.sort();
    let last = runs.pop().context("nothing ran")?;
    Ok(serde_json::from_slice(&fs::read(
        last.join("manifest.json"),
    )?)?)
}

/// A data folder of Jupyter with the one kernel that has what the notebooks import; installs it where it is not there.
fn kernels(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/bench-corpus");
    let (environment, done) = (folder.join("venv"), folder.join("installed.txt"));
    let wanted = include_str!("resume/requirements.txt");
    if fs::read_to_string(&done).ok().as_deref() != Some(wanted) {
        fs::remove_dir_all(&environment).ok();
        fs::create_dir_all(&folder)?;
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment)
            .status()?;
        ensure!(made.success(), "failed to make `{}`", environment.display());
        let installed = Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(root.join("xtask/src/bench/resume/requirements.txt"))
            .status()?;
        ensure!(
            installed.success(),
            "failed to install the corpus's packages"
        );
        fs::write(&done, wanted)?;
    }
    let spec = folder.join("jupyter/kernels/python3");
    fs::create_dir_all(&spec)?;
    let python = environment.join("bin/python");
    let argv = json!([
        python,
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}"
    ]);
    let kernel = json!({"argv": argv, "display_name": "Corpus", "language": "python"});
    fs::write(spec.join("kernel.json"), kernel.to_string())?;
    Ok(folder.join("jupyter"))
}

impl Resumed {
    fn to_json(&self) -> Value {
        json!({"group": self.case.group, "notebook": self.case.name, "way": self.way, "repeated": self.repeated,
            "right": self.right, "lost": self.lost, "resume_seconds": self.resume_seconds,
            "again_seconds": self.again_seconds})
    }
}
