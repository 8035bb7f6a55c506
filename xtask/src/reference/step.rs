//! One installation step: skipped when its stamp says that the same inputs were installed before.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// Runs steps inside one folder, with their stamps and logs.
#[derive(Debug)]
pub(crate) struct Steps {
    folder: PathBuf,
}

impl Steps {
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        for child in [".stamps", "logs"] {
            fs::create_dir_all(folder.join(child))?;
        }
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    /// Runs `work` unless `name` was done with the same `inputs` and `product` still exists.
    ///
    /// The stamp is removed first and written last, so that an interrupted step runs again.
    pub(crate) fn once(
        &self,
        name: &str,
        inputs: &str,
        product: &Path,
        work: impl FnOnce(&Log) -> Result<()>,
    ) -> Result<()> {
        let stamp = self.folder.join(".stamps").join(name);
        let key = key_of(inputs);
        if product.exists() && fs::read_to_string(&stamp).is_ok_and(|done| done == key) {
            return Ok(());
        }
        fs::remove_file(&stamp).ok();
        eprintln!("[setup] {name} …");
        let start = Instant::now();
        let log = Log {
            path: self.folder.join("logs").join(format!("{name}.log")),
        };
        fs::write(&log.path, "")?;
        work(&log).with_context(|| format!("setup step `{name}` failed"))?;
        fs::write(&stamp, key)?;
        eprintln!(
            "[setup] {name} done in {:.1} s",
            start.elapsed().as_secs_f64()
        );
        Ok(())
    }
}

/// Where a step's commands write what they print.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
}

impl Log {
    /// Runs a command to its end; a failure shows the last lines it printed.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        let open = || {
            fs::File::options()
                .append(true)
                .create(true)
                .open(&self.path)
        };
        let status = command
            .stdin(Stdio::null())
            .stdout(open()?)
            .stderr(open()?)
            .status()
            .with_context(|| format!("cannot start {}", shown(command)))?;
        if status.success() {
            return Ok(());
        }
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(30)..].join("\n");
        bail!(
            "{} ended with {status}; the end of {}:\n{tail}",
            shown(command),
            self.path.display()
        )
    }
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    format!("`{}`", words.join(" "))
}

fn key_of(inputs: &str) -> String {
    let mut hasher = DefaultHasher::new();
    inputs.hash(&mut hasher);
    format!("{:016x}\n", hasher.finish())
}
