//! Where kernelspecs are: Jupyter's data path, and what was found there.
//!
//! <https://docs.jupyter.org/en/latest/use/jupyter-directories.html#data-files>

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nbpress_protocol::KernelSpec;

/// A kernel that can be started.
#[derive(Clone, Debug)]
pub struct FoundKernel {
    /// The folder's name in lower case, which is the kernel's name.
    pub name: String,
    /// The folder with `kernel.json`.
    pub folder: PathBuf,
    /// The content of `kernel.json`.
    pub spec: KernelSpec,
}

/// A `kernel.json` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The file cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a kernelspec.
    #[error("`{path}` is not a kernelspec")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// No kernelspec of that name, or for that language.
#[derive(Debug, thiserror::Error)]
#[error("no kernel named `{wanted}` is installed")]
pub struct KernelNotFound {
    /// The name or language that was asked for.
    pub wanted: String,
    /// The names that exist.
    pub available: Vec<String>,
    /// The folders that were searched, first wins.
    pub searched: Vec<PathBuf>,
}

impl KernelNotFound {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let python = self.wanted.starts_with("python");
        match (self.available.as_slice(), python) {
            ([], true) => "`nbpress doctor --fix` sets up a Python kernel".to_owned(),
            ([], false) => {
                "no kernel is installed; `nbpress kernels` lists where they are searched".to_owned()
            }
            (available, true) => format!(
                "`nbpress doctor --fix` sets up a Python kernel; installed: {}",
                available.join(", ")
            ),
            (available, false) => {
                format!(
                    "installed kernels: {}; choose one with `--kernel NAME`",
                    available.join(", ")
                )
            }
        }
    }
}

/// Searches the Jupyter data path given by an environment.
#[derive(Clone, Debug)]
pub struct KernelFinder {
    folders: Vec<PathBuf>,
}

impl KernelFinder {
    /// The folders Jupyter searches under `environment`, then `extra` data folders (a private
    /// Python environment's `share/jupyter`, say).
    ///
    /// The order is jupyter_core's: `JUPYTER_PATH`, then the active environment (`VIRTUAL_ENV`,
    /// `CONDA_PREFIX`, or the one whose `python3` is first on `PATH`) and the user's data folder,
    /// then the system's.
    pub fn new(environment: &BTreeMap<String, String>, extra: &[PathBuf]) -> Self {
        let mut data: Vec<PathBuf> = Vec::new();
        if let Some(path) = environment.get("JUPYTER_PATH") {
            data.extend(
                std::env::split_paths(path).filter(|folder| !folder.as_os_str().is_empty()),
            );
        }
        data.extend(
            active_prefixes(environment)
                .iter()
                .map(|prefix| prefix.join("share/jupyter")),
        );
        data.extend(user_data_folder(environment));
        data.extend(["/usr/local/share/jupyter", "/usr/share/jupyter"].map(PathBuf::from));
        data.extend_from_slice(extra);
        let mut folders: Vec<PathBuf> = Vec::new();
        for folder in data.into_iter().map(|folder| folder.join("kernels")) {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        Self { folders }
    }

    /// The folders searched, first wins.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Every kernelspec, by name; broken ones as the reason they are broken.
    pub fn all(&self) -> BTreeMap<String, Result<FoundKernel, SpecError>> {
        let mut found = BTreeMap::new();
        for folder in &self.folders {
            let Ok(entries) = folder.read_dir() else {
                continue;
            };
            for entry in entries.flatten().map(|entry| entry.path()) {
                if !entry.join("kernel.json").is_file() {
                    continue;
                }
                let Some(name) = entry.file_name().and_then(|name| name.to_str()) else {
                    continue;
                };
                found
                    .entry(name.to_lowercase())
                    .or_insert_with(|| read(&entry));
            }
        }
        found
    }

    /// The kernel of that name.
    ///
    /// # Errors
    /// There is none, or its `kernel.json` is broken.
    pub fn by_name(&self, name: &str) -> Result<Result<FoundKernel, SpecError>, KernelNotFound> {
        // Notebooks older than Jupyter 4 say `python`; jupyter_client reads it the same way.
        let name = if name == "python" {
            "python3".to_owned()
        } else {
            name.to_lowercase()
        };
        self.folders
            .iter()
            .map(|folder| folder.join(&name))
            .find(|folder| folder.join("kernel.json").is_file())
            .map(|folder| read(&folder))
            .or_else(|| self.all().remove(&name))
            .ok_or_else(|| self.not_found(&name))
    }

    /// A kernel for a language, preferring the one named after it.
    ///
    /// # Errors
    /// There is none.
    pub fn by_language(&self, language: &str) -> Result<FoundKernel, KernelNotFound> {
        self.all()
            .into_values()
            .flatten()
            .filter(|kernel| kernel.spec.language.eq_ignore_ascii_case(language))
            .min_by_key(|kernel| {
                (
                    !kernel.name.starts_with(&language.to_lowercase()),
                    kernel.name.clone(),
                )
            })
            .ok_or_else(|| self.not_found(language))
    }

    fn not_found(&self, wanted: &str) -> KernelNotFound {
        KernelNotFound {
            wanted: wanted.to_owned(),
            available: self.all().into_keys().collect(),
            searched: self.folders.clone(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "kernelspecs are local files, never notebooks"
)]
fn read(folder: &Path) -> Result<FoundKernel, SpecError> {
    let path = folder.join("kernel.json");
    let text = std::fs::read(&path).map_err(|source| SpecError::Read {
        path: path.clone(),
        source,
    })?;
    let spec = serde_json::from_slice(&text).map_err(|source| SpecError::Parse { path, source })?;
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    Ok(FoundKernel {
        name,
        folder: folder.to_owned(),
        spec,
    })
}

impl FoundKernel {
    /// The command line, its placeholders filled in.
    ///
    /// A bare `python` in a kernelspec means the interpreter of the environment the kernelspec is
    /// installed in (jupyter_client replaces it with `sys.executable`).
    pub fn command_line(&self, connection_file: &Path) -> Vec<String> {
        let prefix = self.prefix();
        let fill = |argument: &String| {
            argument
                .replace("{connection_file}", &connection_file.to_string_lossy())
                .replace("{resource_dir}", &self.folder.to_string_lossy())
                .replace(
                    "{prefix}",
                    &prefix
                        .map(|prefix| prefix.to_string_lossy())
                        .unwrap_or_default(),
                )
        };
        let mut line: Vec<String> = self.spec.argv.iter().map(fill).collect();
        if let Some(interpreter) = self.interpreter()
            && let Some(first) = line.first_mut()
        {
            *first = interpreter.to_string_lossy().into_owned();
        }
        if line
            .iter()
            .any(|argument| argument.contains("ipykernel_launcher"))
        {
            // A run's input does not belong into the person's history, and writing it costs a
            // database transaction a cell (nbclient passes the same argument).
            line.push("--HistoryManager.hist_file=:memory:".to_owned());
        }
        line
    }

    /// The Python interpreter that runs this kernel, where the command line names one.
    pub fn interpreter(&self) -> Option<PathBuf> {
        let first = self.spec.argv.first()?;
        let file = Path::new(first).file_name()?.to_str()?;
        if !file.starts_with("python") {
            return None;
        }
        if first.contains('/') {
            return Some(PathBuf::from(first));
        }
        let own = self.prefix()?.join("bin").join(file);
        own.is_file().then_some(own)
    }

    /// The environment the kernelspec is installed in: `<prefix>/share/jupyter/kernels/<name>`.
    fn prefix(&self) -> Option<&Path> {
        let data = self.folder.parent()?.parent()?;
        (data.file_name()? == "jupyter" && data.parent()?.file_name()? == "share")
            .then(|| data.parent().and_then(Path::parent))?
    }

    /// Whether the kernel is known to serve Unix sockets. Others get TCP ports: Deno and tslab
    /// build `ipc` addresses differently from jupyter_client.
    pub fn serves_unix_sockets(&self) -> bool {
        const KNOWN: [&str; 6] = [
            "ipykernel",
            "bash_kernel",
            "octave_kernel",
            "IRkernel::main",
            "xpython",
            "testkernel",
        ];
        self.spec
            .argv
            .iter()
            .any(|argument| KNOWN.iter().any(|known| argument.contains(known)))
    }
}

fn user_data_folder(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if let Some(folder) = environment.get("JUPYTER_DATA_DIR") {
        return Some(PathBuf::from(folder));
    }
    let home = PathBuf::from(environment.get("HOME")?);
    if cfg!(target_os = "macos") {
        return Some(home.join("Library/Jupyter"));
    }
    let data = environment
        .get("XDG_DATA_HOME")
        .filter(|folder| !folder.is_empty());
    Some(
        data.map_or_else(|| home.join(".local/share"), PathBuf::from)
            .join("jupyter"),
    )
}

fn active_prefixes(environment: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let named = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(|name| environment.get(name));
    let mut prefixes: Vec<PathBuf> = named.map(PathBuf::from).collect();
    let path = environment
        .get("PATH")
        .map(String::as_str)
        .unwrap_or_default();
    let on_path = std::env::split_paths(path).find(|folder| folder.join("python3").is_file());
    if let Some(prefix) = on_path.as_deref().and_then(Path::parent) {
        prefixes.push(prefix.to_owned());
    }
    prefixes
}
