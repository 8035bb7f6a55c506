//! `target/test-reference`: the reference implementations and kernels that the tests compare with.
//!
//! | in it | what |
//! |---|---|
//! | `venv` | papermill, nbclient, nbformat, scrapbook, ipykernel 7, what the demo notebook imports, our own `python/` package |
//! | `venv-ipykernel6` | ipykernel 6, cloudpickle |
//! | `frames` | DuckDB, polars and jupysql, for kernels of `venv` that are given its `site-packages` as `PYTHONPATH` |
//! | `kernels` | xeus-python, bash_kernel, octave_kernel, Deno |
//! | `s3` | moto's S3 server and boto3 |
//! | `services` | aiosmtpd, a mail server; opentelemetry-proto, which reads traces |
//! | `azure` | azurite, the Azure storage emulator, from npm |
//! | `venv-jupyter` | jupyter_server with what its own tests need, JupyterLab, jupyter_kernel_client, papermill |
//! | `sdist-jupyter` | jupyter_server's unpacked source distribution, for its tests |
//! | `jupyter-node` | `@jupyterlab/services`, and a driver for the browser, from npm |
//! | `openid` | `oidc-provider`, a certified OpenID Connect provider, from npm with its lockfile |
//! | `sdist` | unpacked source distributions of papermill, nbclient, nbformat and scrapbook (their fixtures and tests) |
//! | `jupyter` | a Jupyter data folder with a kernelspec for every kernel above and for our `testkernel`; the tests' `JUPYTER_PATH` |
//! | `logs` | what the installers printed |
//!
//! The packages are pinned in `xtask/reference/*.txt`.

mod debian;
mod kernels;
mod node;
mod python;
mod step;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, bail};

pub(crate) use self::debian::postgres_programs;
use self::python::Python;
use self::step::Steps;

/// Names of kernels that may be missing, separated by commas.
const WITHOUT_KERNELS: &str = "NBPRESS_TEST_WITHOUT_KERNELS";
const SOURCES: &[&str] = &[
    "papermill==2.7.0",
    "nbclient==0.11.0",
    "nbformat==5.11.1",
    "scrapbook==0.5.0",
];
const JUPYTER_SOURCES: &[&str] = &["jupyter_server==2.21.1"];

/// The installed folder.
#[derive(Debug)]
pub(crate) struct Reference {
    folder: PathBuf,
    kernels: Vec<&'static str>,
}

impl Reference {
    /// Installs what is missing; a second call costs a few file reads.
    pub(crate) fn install(root: &Path) -> Result<Self> {
        let folder = root.join("target/test-reference");
        let steps = Steps::new(&folder)?;
        let lock = fs::File::create(folder.join(".lock"))?;
        lock.lock().context("cannot lock the reference folder")?;
        let debian = thread::scope(|scope| {
            let debian = scope.spawn(|| install_debian_packages(&steps));
            install_python(&steps, root, &folder)?;
            node::install(&steps, root, &folder)?;
            debian
                .join()
                .map_err(|_| anyhow::anyhow!("the thread that ran apt-get died"))
        })?;
        if let Err(cause) = debian {
            eprintln!("[setup] {cause:#}");
        }
        let kernels = gather_kernels(&folder)?;
        kernels::write_test_kernel(root, &folder.join("jupyter"))?;
        Ok(Self { folder, kernels })
    }

    /// The variables that the tests read; `test.rs` says what each means.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        let mut environment = vec![
            ("NBPRESS_TEST_REFERENCE", self.folder.display().to_string()),
            ("NBPRESS_TEST_KERNELS", self.kernels.join(",")),
            ("JUPYTER_PATH", path("jupyter")),
        ];
        // Where it could not be installed, the tests that need it say so.
        if let Some(programs) = debian::postgres_programs() {
            environment.push(("NBPRESS_TEST_POSTGRES", programs.display().to_string()));
        }
        environment
    }

    /// A program in the main environment, such as `python` or `papermill`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("venv/bin").join(name)
    }
}

fn install_python(steps: &Steps, root: &Path, folder: &Path) -> Result<()> {
    let python = Python::install(steps, folder)?;
    let pins = root.join("xtask/reference");
    for (name, file) in [
        ("venv", "papermill.txt"),
        ("venv-ipykernel6", "ipykernel6.txt"),
        ("frames", "frames.txt"),
        ("kernels", "kernels.txt"),
        ("s3", "s3.txt"),
        ("services", "services.txt"),
        ("venv-jupyter", "jupyter.txt"),
    ] {
        let requirements = pins.join(file);
        let pinned = fs::read_to_string(&requirements)
            .with_context(|| requirements.display().to_string())?;
        let inputs = format!("compiled\n{pinned}");
        let environment = folder.join(name);
        steps.once(name, &inputs, &environment.join("bin/python"), |log| {
            python.environment(log, &environment, &requirements)?;
            if name == "kernels" {
                // bash_kernel's wheel has no kernelspec in it.
                let mut install = Command::new(environment.join("bin/python"));
                log.run(install.args(["-m", "bash_kernel.install", "--sys-prefix"]))?;
            }
            Ok(())
        })?;
    }
    for (name, pins) in [("sdist", SOURCES), ("sdist-jupyter", JUPYTER_SOURCES)] {
        let sources = folder.join(name);
        steps.once(name, &pins.join(" "), &sources, |log| {
            python.source_distributions(log, &sources, pins)
        })?;
    }
    install_our_package(steps, &python, root, &folder.join("venv"))
}

/// Installs `python/`; its build backend leaves nothing in the repository.
fn install_our_package(
    steps: &Steps,
    python: &Python,
    root: &Path,
    environment: &Path,
) -> Result<()> {
    let package = root.join("python");
    let mut inputs = String::new();
    for file in ["pyproject.toml", "src/nbpress/__init__.py"] {
        inputs.push_str(
            &fs::read_to_string(package.join(file)).with_context(|| format!("python/{file}"))?,
        );
    }
    // A mark inside the environment goes when the environment is made anew.
    let mark = environment.join(".nbpress-installed");
    steps.once("nbpress-python", &inputs, &mark, |log| {
        let mut install = python.install_into(environment);
        install.args(["--no-deps", "--no-build-isolation", "--force-reinstall"]);
        log.run(install.arg(&package))?;
        Ok(fs::write(&mark, "")?)
    })
}

fn install_debian_packages(steps: &Steps) -> Result<()> {
    let wanted = [
        (kernels::DEBIAN_R_KERNELSPEC, "r-cran-irkernel"),
        (kernels::DEBIAN_OCTAVE, "octave"),
        (debian::POSTGRES, "postgresql"),
        ("/usr/bin/chromium", "chromium"),
        ("/usr/bin/pandoc", "pandoc"),
    ];
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    // What is installed is asked of the machine, not of a stamp: it is not in this folder.
    steps.once(
        "debian",
        &missing.join(" "),
        Path::new("/nonexistent"),
        |log| debian::install(log, &missing),
    )
}

/// Every kernel's kernelspec, or a loud complaint about those that are missing.
fn gather_kernels(folder: &Path) -> Result<Vec<&'static str>> {
    let excused = std::env::var(WITHOUT_KERNELS).unwrap_or_default();
    let excused: Vec<&str> = excused.split(',').map(str::trim).collect();
    let mut present = Vec::new();
    let mut missing = Vec::new();
    for kernel in kernels::ALL {
        match kernel.gather(folder, &folder.join("jupyter")) {
            Ok(()) => present.push(kernel.name),
            Err(cause) => {
                eprintln!("[setup] KERNEL MISSING: {}: {cause:#}", kernel.name);
                if !excused.contains(&kernel.name) {
                    missing.push(kernel.name);
                }
            }
        }
    }
    if !missing.is_empty() {
        bail!(
            "kernels missing: {names}; install them, or say that the tests shall do without: {WITHOUT_KERNELS}={names}",
            names = missing.join(",")
        );
    }
    Ok(present)
}
