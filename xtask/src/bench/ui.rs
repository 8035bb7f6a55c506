//! `cargo xtask bench --ui`: the editor beside JupyterLab, in the same browser, on the same server, by turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::queue::server::{Server, load};
use super::server::figures::Figures;
use super::{BenchArguments, cases, machine, page};
use crate::reference::Reference;

mod tables;

/// What shows a notebook, as `ui/measure.cjs` calls it.
const FRONTS: [&str; 3] = ["nbpress", "jupyterlab", "view"];
const NOTEBOOKS: [&str; 4] = [
    "small.ipynb",
    "cells.ipynb",
    "stream.ipynb",
    "pictures.ipynb",
];
/// How often each front end opens each notebook.
const TURNS: usize = 5;

struct Bench {
    root: PathBuf,
    environment: Vec<(&'static str, String)>,
    nbpress: PathBuf,
    folder: PathBuf,
    turns: usize,
}

pub(super) fn run(root: &Path, arguments: &BenchArguments) -> Result<()> {
    let bench = Bench::prepare(root, arguments.quick)?;
    let (machine, start) = (machine(), Instant::now());
    eprintln!("{machine}");
    let figures = bench.measure();
    fs::remove_dir_all(&bench.folder).ok();
    let figures = figures?;
    let text = tables::page(
        &machine,
        start.elapsed().as_secs_f64(),
        bench.turns,
        &figures,
    );
    println!("{text}");
    let json = json!({"machine": machine, "figures": figures.all()});
    fs::write(root.join("target/bench-ui.json"), format!("{json:#}\n"))?;
    if arguments.write {
        page::write(root, page::UI, &text)?;
    }
    Ok(())
}

impl Bench {
    fn prepare(root: &Path, quick: bool) -> Result<Self> {
        let reference = Reference::install(root)?;
        let mut build = crate::cargo();
        build.args("build --package nbpress-cli --package nbpress-kernel --bins".split(' '));
        build.args((!quick).then_some("--release"));
        let built = build.current_dir(root).status()?;
        ensure!(built.success(), "the build failed");
        let profile = if quick { "debug" } else { "release" };
        let folder = std::env::temp_dir().join(format!("nbpress-bench-{}", std::process::id()));
        let notebooks = folder.join("notebooks");
        fs::create_dir_all(&notebooks)?;
        for (name, notebook) in NOTEBOOKS.into_iter().zip(notebooks_of_all_sizes()) {
            fs::write(notebooks.join(name), notebook.to_string())?;
        }
        Ok(Self {
            root: root.to_owned(),
            environment: reference.environment(),
            nbpress: root.join("target").join(profile).join("nbpress"),
            folder,
            turns: if quick { 1 } else { TURNS },
        })
    }

    /// Every turn has a server of its own: kernels and documents of the turn before cost nothing.
    fn measure(&self) -> Result<Figures> {
        let mut figures = Figures::default();
        for turn in 0..self.turns {
            let home = self.folder.join(format!("home-{turn}"));
            let served = self.folder.join("notebooks").display().to_string();
            let lab = self.root.join("target/test-reference/venv-jupyter");
            let lab = format!("--lab={}", lab.display());
            let options = [&*served, &*lab];
            let server = Server::start(&self.nbpress, &self.environment, &home, &options)?;
            for notebook in NOTEBOOKS {
                for front in FRONTS {
                    eprintln!("[bench] {notebook} in {front} …");
                    figures.add(front, self.open(&server, front, notebook)?);
                }
            }
            server.end()?;
        }
        Ok(figures)
    }

    /// What the script in the browser says of one notebook in one front end.
    fn open(&self, server: &Server, front: &str, notebook: &str) -> Result<Vec<Value>> {
        let ended = Command::new("node")
            .arg(self.root.join("xtask/src/bench/ui/measure.cjs"))
            .env("NODE_PATH", self.root.join("ui/node_modules"))
            .env("FRONT", front)
            .env("NOTEBOOK", notebook)
            .env("URL", server.url())
            .env("TOKEN", Server::TOKEN)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(ended.status.success(), "{notebook} in {front} failed");
        String::from_utf8(ended.stdout)?
            .lines()
            .map(|line| {
                let mut figure: Value = serde_json::from_str(line).context(line.to_owned())?;
                figure["load"] = json!(load());
                Ok(figure)
            })
            .collect()
    }
}

/// Ten cells; two thousand, each with an output; 10 MB of text in one output; a hundred pictures, 20 MB in all.
fn notebooks_of_all_sizes() -> [Value; 4] {
    let lines: String = (0..200_000)
        .map(|line| format!("line {line:>8} of a stream, with an end that is long enough\n"))
        .take_while({
            let mut bytes = 0;
            move |line| {
                bytes += line.len();
                bytes <= 10_000_000
            }
        })
        .collect();
    // What does not compress, as no picture does; the browser says that it is broken, after reading it whole.
    let mut state = 1_u32;
    let mut picture = || {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let noise: String = (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(letters[(state >> 26) as usize])
            })
            .collect();
        json!({"output_type": "display_data", "metadata": {}, "data": {"image/png": noise, "text/plain": "<Figure>"}})
    };
    let text = |text: String| json!({"output_type": "stream", "name": "stdout", "text": text});
    let code = |index: usize| {
        format!(
            "# Cell {index}\ntotal = 0\nfor value in range({index}):\n    total += value\nprint(total)"
        )
    };
    [
        cases::notebook(&(0..10).map(code).collect::<Vec<_>>()),
        with_outputs(2_000, code, |index| {
            text(format!("{}\n", index * index / 2))
        }),
        with_outputs(10, code, |index| {
            text(if index == 5 {
                lines.clone()
            } else {
                "0\n".to_owned()
            })
        }),
        with_outputs(100, code, |_| picture()),
    ]
}

fn with_outputs(
    count: usize,
    code: impl Fn(usize) -> String,
    mut output: impl FnMut(usize) -> Value,
) -> Value {
    let mut notebook = cases::notebook(&(0..count).map(code).collect::<Vec<_>>());
    for index in 0..count {
        notebook["cells"][index]["outputs"] = json!([output(index)]);
        notebook["cells"][index]["execution_count"] = json!(index + 1);
    }
    notebook
}
