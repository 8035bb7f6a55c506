//! Where everything is that this benchmark needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::reference::Reference;

/// Programs, a folder that is removed in the end, and the variables of both servers.
pub(super) struct Place {
    programs: PathBuf,
    /// The environment with jupyter_server.
    jupyter: PathBuf,
    folder: PathBuf,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) quick: bool,
}

impl Place {
    /// Builds what is measured and what measures it: for a quick look what the tests use too.
    pub(super) fn prepare(root: &Path, quick: bool) -> Result<Self> {
        let reference = Reference::install(root)?;
        let mut build = crate::cargo();
        build.args(
            "build --package nbpress-cli --package nbpress-kernel --package e2e --bins".split(' '),
        );
        build.args((!quick).then_some("--release"));
        ensure!(
            build.current_dir(root).status()?.success(),
            "the build failed"
        );
        let profile = if quick { "debug" } else { "release" };
        // The paths of a kernel's sockets must be short.
        let folder = std::env::temp_dir().join(format!("nbpress-bench-{}", std::process::id()));
        let mut place = Self {
            programs: root.join("target").join(profile),
            jupyter: root.join("target/test-reference/venv-jupyter/bin"),
            environment: reference.environment(),
            folder,
            quick,
        };
        place.add_kernel()?;
        Ok(place)
    }

    /// The kernelspec of the kernel that costs least, before those of the tests.
    fn add_kernel(&mut self) -> Result<()> {
        let spec = json!({"argv": [self.program("testkernel"), "{connection_file}"],
            "display_name": "Test kernel", "language": "testlang"});
        let kernel = self.folder.join("jupyter/kernels/testkernel");
        fs::create_dir_all(&kernel)?;
        fs::write(kernel.join("kernel.json"), spec.to_string())?;
        let ours = self.folder.join("jupyter");
        for (name, value) in &mut self.environment {
            if *name == "JUPYTER_PATH" {
                *value = format!("{}:{value}", ours.display());
            }
        }
        Ok(())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A program of the environment with jupyter_server.
    pub(super) fn jupyter(&self, name: &str) -> PathBuf {
        self.jupyter.join(name)
    }

    /// What the program with the clients says of one part.
    pub(super) fn load(&self, part: &str, target: &Value) -> Result<Vec<Value>> {
        let ended = Command::new(self.program("load"))
            .args([part, &target.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        let said = String::from_utf8(ended.stdout)?;
        ensure!(ended.status.success(), "{part}: {said}");
        said.lines()
            .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
            .collect()
    }
}
