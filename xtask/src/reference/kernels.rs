//! The kernels the tests run notebooks with, gathered under one Jupyter data folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// A kernel, and where its kernelspec comes from.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// The kernelspec's name as the tests use it.
    pub(crate) name: &'static str,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    /// An `ipykernel` in an environment of this folder.
    Ipykernel {
        environment: &'static str,
        display_name: &'static str,
    },
    /// A kernelspec that a package left in the environment `kernels`.
    Package,
    /// Deno's own installer writes to the home directory only, so its kernelspec is written here.
    Deno,
    /// Debian's IRkernel.
    DebianR,
}

/// Every kernel that the tests expect.
pub(crate) const ALL: &[Kernel] = &[
    Kernel {
        name: "python3",
        origin: Origin::Ipykernel {
            environment: "venv",
            display_name: "Python 3 (ipykernel)",
        },
    },
    Kernel {
        name: "python3-ipykernel6",
        origin: Origin::Ipykernel {
            environment: "venv-ipykernel6",
            display_name: "Python 3 (ipykernel 6)",
        },
    },
    Kernel {
        name: "xpython",
        origin: Origin::Package,
    },
    Kernel {
        name: "xpython-raw",
        origin: Origin::Package,
    },
    Kernel {
        name: "bash",
        origin: Origin::Package,
    },
    Kernel {
        name: "octave",
        origin: Origin::Package,
    },
    Kernel {
        name: "deno",
        origin: Origin::Deno,
    },
    Kernel {
        name: "ir",
        origin: Origin::DebianR,
    },
];

/// Where Debian's package leaves R's kernel.
pub(crate) const DEBIAN_R_KERNELSPEC: &str = "/usr/share/jupyter/kernels/ir/kernel.json";
/// What the Octave kernel starts.
pub(crate) const DEBIAN_OCTAVE: &str = "/usr/bin/octave-cli";

/// The kernelspec of the small kernel in `nbpress-kernel`, which `cargo build` puts into `target/debug`.
pub(crate) fn write_test_kernel(root: &Path, jupyter: &Path) -> Result<()> {
    let spec = json!({
        "argv": [root.join("target/debug/testkernel"), "{connection_file}"],
        "display_name": "Test kernel",
        "language": "testlang",
    });
    write_if_changed(&jupyter.join("kernels/testkernel"), &spec)
}

fn write_if_changed(folder: &Path, spec: &Value) -> Result<()> {
    let text = format!("{spec:#}\n");
    let file = folder.join("kernel.json");
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    Ok(fs::write(file, text)?)
}

impl Kernel {
    /// Writes `kernels/<name>/kernel.json` under `jupyter`, every program by its absolute path.
    pub(crate) fn gather(&self, folder: &Path, jupyter: &Path) -> Result<()> {
        let spec = self.kernelspec(folder)?;
        let program = spec["argv"][0]
            .as_str()
            .context("the kernelspec has no argv")?;
        if !Path::new(program).exists() {
            bail!("`{program}` is not there");
        }
        write_if_changed(&jupyter.join("kernels").join(self.name), &spec)
    }

    fn kernelspec(&self, folder: &Path) -> Result<Value> {
        let environment = folder.join("kernels");
        match self.origin {
            Origin::Ipykernel {
                environment,
                display_name,
            } => Ok(json!({
                "argv": [folder.join(environment).join("bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": display_name,
                "language": "python",
                "metadata": {"debugger": true},
            })),
            Origin::Package => {
                if self.name == "octave" && !Path::new(DEBIAN_OCTAVE).exists() {
                    bail!("`{DEBIAN_OCTAVE}` is not there");
                }
                let spec = environment
                    .join("share/jupyter/kernels")
                    .join(self.name)
                    .join("kernel.json");
                with_absolute_program(&spec, &environment.join("bin"))
            }
            Origin::Deno => Ok(json!({
                "argv": [environment.join("bin/deno"), "jupyter", "--kernel", "--conn", "{connection_file}"],
                "display_name": "Deno",
                "language": "typescript",
            })),
            Origin::DebianR => {
                with_absolute_program(Path::new(DEBIAN_R_KERNELSPEC), Path::new("/usr/bin"))
            }
        }
    }
}

fn with_absolute_program(file: &Path, programs: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut spec: Value = serde_json::from_str(&text)?;
    let name = spec["argv"][0]
        .as_str()
        .and_then(|program| Path::new(program).file_name())
        .map(PathBuf::from);
    spec["argv"][0] = json!(programs.join(name.context("the kernelspec has no argv")?));
    Ok(spec)
}
