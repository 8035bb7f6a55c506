//! The folder of one interactive kernel: what to start, whether its host lives, where it is reached.
//!
//! ```text
//! <kernels>/<id>/spec.json   what to start
//! <kernels>/<id>/lock        locked as long as the host lives; holds its process id
//! <kernels>/<id>/socket      where the host is reached
//! <kernels>/<id>/spool/      messages that somebody is still to get
//! <kernels>/<id>/log         what the host printed
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nbpress_protocol::KernelSpec;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::detached::LifeLock;
use crate::find::FoundKernel;
use crate::limits::Limits;

/// A host's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostFolder {
    path: PathBuf,
}

/// What a host is to start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HostSpec {
    /// The kernel's id.
    pub(crate) id: String,
    /// The kernelspec's name.
    pub(crate) name: String,
    /// The kernelspec's folder.
    pub(crate) kernelspec_folder: PathBuf,
    /// The kernelspec.
    pub(crate) kernelspec: KernelSpec,
    /// Where the code runs.
    pub(crate) working_directory: PathBuf,
    /// Added to the host's own environment.
    pub(crate) environment: BTreeMap<String, String>,
    /// What it may use.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Who asked for it.
    #[serde(default)]
    pub(crate) owner: String,
}

impl HostSpec {
    pub(crate) fn kernel(&self) -> FoundKernel {
        FoundKernel {
            name: self.name.clone(),
            folder: self.kernelspec_folder.clone(),
            spec: self.kernelspec.clone(),
        }
    }
}

impl HostFolder {
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Every kernel's folder there is.
    pub(crate) fn all(kernels: &Path) -> io::Result<Vec<(Uuid, Self)>> {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(kernels)? {
            let entry = entry?;
            if let Ok(id) = Uuid::parse_str(&entry.file_name().to_string_lossy()) {
                folders.push((id, Self::at(&entry.path())));
            }
        }
        Ok(folders)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn lock(&self) -> LifeLock {
        LifeLock::at(&self.path.join("lock"))
    }

    /// Whether there still is a socket to connect to, or at least no word that there is none.
    pub(crate) fn is_reachable(&self) -> bool {
        self.path.join("socket").try_exists().unwrap_or(true)
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.path.join("spool")
    }

    /// Makes the folder of a kernel, readable by this person only (the spec may hold secrets), and takes its
    /// lock. It has its name only when it is locked, so that nobody takes it for one whose host is gone.
    pub(crate) fn create(kernels: &Path, id: Uuid, spec: &HostSpec) -> io::Result<(Self, File)> {
        let unfinished = Self::at(&kernels.join(format!("{id}.new")));
        unfinished.remove()?;
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&unfinished.path)?;
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(unfinished.path.join("spec.json"))?;
        file.write_all(&serde_json::to_vec(spec)?)?;
        let lock = unfinished.lock().take()?;
        let folder = Self::at(&kernels.join(id.to_string()));
        std::fs::rename(&unfinished.path, &folder.path).inspect_err(|_| {
            let _left = unfinished.remove();
        })?;
        Ok((folder, lock))
    }

    pub(crate) fn read_spec(&self) -> io::Result<HostSpec> {
        let mut bytes = Vec::new();
        File::open(self.path.join("spec.json"))?.read_to_end(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    pub(crate) fn log_file(&self) -> io::Result<File> {
        File::options()
            .append(true)
            .create(true)
            .open(self.path.join("log"))
    }

    /// What the host printed, of which there is little.
    pub(crate) fn log_text(&self) -> String {
        let mut text = String::new();
        let _absent =
            File::open(self.path.join("log")).and_then(|mut file| file.read_to_string(&mut text));
        text.trim().to_owned()
    }

    pub(crate) fn remove(&self) -> io::Result<()> {
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
