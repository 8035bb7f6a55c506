//! What the environment says, read once. A variable that is not here does not exist.
//!
//! | variable | meaning |
//! |---|---|
//! | `NBPRESS_HOME` | the local store and the private Python environment; default `$XDG_DATA_HOME/nbpress` or `~/.local/share/nbpress` |
//! | `NO_COLOR`, `CLICOLOR_FORCE` | <https://no-color.org>, <https://bixense.com/clicolors/> |
//! | `COLUMNS` | width where the terminal does not tell |
//! | `JUPYTER_PATH`, `JUPYTER_DATA_DIR`, `VIRTUAL_ENV`, `CONDA_PREFIX`, `PATH` | where kernels are found |
//! | `NBPRESS_TABLES`, `NBPRESS_TABLES_ROWS`, `NBPRESS_TABLES_BYTES` | whether tables that cells show are kept whole, and how large ones |
//! | `NBPRESS_NO_CGROUPS` | limits kernels process by process, also where control groups could be made |
//! | `AWS_…`, `GOOGLE_…`, `AZURE_…`, `BOTO3_ENDPOINT_URL` | credentials and endpoints of object stores |

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use nbpress_execute::execute::Context;
use nbpress_kernel::{KernelFinder, LocalProvisioner};
use nbpress_record::{Record, RecordError, Store};
use nbpress_scheduler::records::ELSEWHERE;
use nbpress_storage::{Settings as StorageSettings, Storage};

/// The settings of one invocation.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The environment, whole; kernels inherit it.
    pub(crate) environment: BTreeMap<String, String>,
    /// `NBPRESS_HOME` or its default.
    pub(crate) home: PathBuf,
}

impl Settings {
    /// Reads the environment. Variables that are not UTF-8 are left out.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = home(&environment).context("neither `NBPRESS_HOME` nor `HOME` is set")?;
        Ok(Self { environment, home })
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The private Python environment.
    pub(crate) fn private_python(&self) -> PathBuf {
        self.home.join("python")
    }

    /// The Jupyter data path, the private environment last.
    pub(crate) fn finder(&self) -> KernelFinder {
        KernelFinder::new(
            &self.environment,
            &[self.private_python().join("share/jupyter")],
        )
    }

    /// The store of records.
    pub(crate) fn store(&self) -> anyhow::Result<Store> {
        Store::open(&self.home)
            .with_context(|| format!("failed to open the store `{}`", self.home.display()))
    }

    /// The record of a run of this machine, or one that a worker of another sent to the server of this home.
    pub(crate) fn record(&self, wanted: &str) -> anyhow::Result<Record> {
        let found = self.store()?.find(wanted);
        let sent = self.home.join(ELSEWHERE);
        match &found {
            Err(RecordError::NotFound { .. }) if sent.is_dir() => {
                Ok(Store::open(&sent)?.find(wanted).or(found)?)
            }
            _ => Ok(found?),
        }
    }

    /// Access to notebooks wherever they are.
    pub(crate) fn storage(&self) -> Storage {
        let working_directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        Storage::new(StorageSettings::new(
            self.environment.clone(),
            working_directory,
        ))
    }

    /// Everything a run needs.
    pub(crate) fn context(&self) -> anyhow::Result<Context> {
        Ok(Context {
            storage: self.storage(),
            store: self.store()?,
            finder: self.finder(),
            provisioner: self.provisioner(),
        })
    }

    /// What starts kernels on this machine.
    pub(crate) fn provisioner(&self) -> LocalProvisioner {
        LocalProvisioner {
            guard: std::env::current_exe().ok(),
            process_limits_only: self.get("NBPRESS_NO_CGROUPS").is_some(),
            pool: Some(self.pool_socket()),
            ..LocalProvisioner::default()
        }
    }

    /// Where the states of kernels are that were kept, each run's in a folder of its name.
    pub(crate) fn copies(&self) -> PathBuf {
        self.home.join("kept")
    }

    /// Where `nbpress ready` is reached.
    pub(crate) fn pool_socket(&self) -> PathBuf {
        self.home.join("ready/socket")
    }
}

fn home(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let set = |name: &str| {
        environment
            .get(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let default = || set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")));
    let home = set("NBPRESS_HOME").or_else(|| Some(default()?.join("nbpress")))?;
    std::path::absolute(home).ok()
}
