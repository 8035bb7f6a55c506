//! The interactive kernels of a server, each behind a [`host`](crate::host) of its own.
//!
//! A server that starts finds the kernels that its predecessor left, under their ids and with everything
//! in them.

mod connection;
mod interactive;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::find::{FoundKernel, KernelFinder, KernelNotFound, SpecError};
use crate::host::folder::{HostFolder, HostSpec};
use crate::host::wire::{Answer, Command};

pub use crate::host::{Delivery, ExecutionState, KernelModel};
use crate::limits::Limits;
pub use crate::process::TreeUsage;
use crate::tables;
pub use connection::{Connection, ConnectionEnd, ConnectionReceiver, ConnectionSender};
pub use interactive::InteractiveKernel;

/// The interactive kernels of a folder. Clones are the same.
#[derive(Clone, Debug)]
pub struct Kernels {
    shared: Arc<Shared>,
    limits: Limits,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    program: PathBuf,
    finder: KernelFinder,
    environment: BTreeMap<String, String>,
    kernels: Mutex<BTreeMap<Uuid, Arc<InteractiveKernel>>>,
    changes: watch::Sender<u64>,
    /// What follows the state of each kernel; ends with this value, and the kernels do not.
    watchers: Mutex<JoinSet<()>>,
}

/// What to start.
#[derive(Clone, Debug, Default)]
pub struct StartRequest {
    /// The id it gets; a new one if not said.
    pub id: Option<Uuid>,
    /// The kernelspec; `python3`, or whatever there is, if not said.
    pub name: Option<String>,
    /// The folder its code runs in.
    pub working_directory: PathBuf,
    /// Variables added to the environment of every kernel.
    pub environment: BTreeMap<String, String>,
    /// What it may use, where that is less than what every kernel may.
    pub limits: Limits,
    /// Who asked for it; empty where nobody did.
    pub owner: String,
}

/// Why something could not be done with a kernel.
#[derive(Debug, thiserror::Error)]
pub enum KernelsError {
    /// There is none of that id.
    #[error("there is no kernel `{0}`")]
    NoSuchKernel(Uuid),
    /// There is one of that id already.
    #[error("there is a kernel `{0}` already")]
    Exists(Uuid),
    /// No such kernelspec.
    #[error(transparent)]
    NotFound(#[from] KernelNotFound),
    /// Its kernelspec is broken.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The working directory does not exist.
    #[error("working directory `{0}` does not exist")]
    WorkingDirectory(PathBuf),
    /// The folder of kernels cannot be used.
    #[error("failed to use the folder `{folder}`")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The host's process cannot be started.
    #[error("failed to start the host of kernel `{id}`")]
    Start {
        /// The kernel.
        id: Uuid,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The host cannot be reached.
    #[error("the host of kernel `{id}` does not answer")]
    Unreachable {
        /// The kernel.
        id: Uuid,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The host could not do it.
    #[error("kernel `{id}`: {reason}")]
    Refused {
        /// The kernel.
        id: Uuid,
        /// Why.
        reason: String,
    },
}

impl KernelsError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(error) => Some(error.hint()),
            Self::Exists(_) => Some("leave out the id, or shut that kernel down first".to_owned()),
            _ => None,
        }
    }
}

impl Shared {
    fn kernels(&self) -> MutexGuard<'_, BTreeMap<Uuid, Arc<InteractiveKernel>>> {
        self.kernels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, id: Uuid) {
        self.kernels().remove(&id);
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

impl Kernels {
    /// The kernels of a folder, those included that a server before this one left there; what is left of
    /// kernels whose host is gone is removed. `program` is a host when it is called with
    /// `kernel-host FOLDER`; `environment` is that of hosts and kernels.
    ///
    /// # Errors
    /// [`KernelsError::Folder`].
    pub async fn open(
        folder: &Path,
        program: PathBuf,
        finder: KernelFinder,
        environment: BTreeMap<String, String>,
    ) -> Result<Self, KernelsError> {
        let unusable = |source| KernelsError::Folder {
            folder: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let kernels = Self {
            shared: Arc::new(Shared {
                folder: folder.to_owned(),
                program,
                finder,
                environment,
                kernels: Mutex::default(),
                changes: watch::Sender::new(0),
                watchers: Mutex::default(),
            }),
            limits: Limits::default(),
        };
        for (id, folder) in HostFolder::all(folder).map_err(unusable)? {
            if folder.lock().is_held().map_err(unusable)? {
                // One that is just ending is not adopted, nor one that cannot be understood.
                let _of_no_use = kernels.adopt(id, &folder, None).await;
            } else {
                folder.remove().map_err(unusable)?;
            }
        }
        Ok(kernels)
    }

    /// The same, where every kernel that is started from now on may use no more than this.
    #[must_use]
    pub fn limited_to(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Where kernelspecs are searched.
    pub fn finder(&self) -> &KernelFinder {
        &self.shared.finder
    }

    /// Opens a table that one of them has written, by the SHA-256 that its output says; what was shown long ago may be
    /// gone.
    pub fn open_table(&self, sha256: &str) -> Option<File> {
        tables::folder::open(&tables::folder::beside(&self.shared.folder), sha256)
    }

    /// Starts a kernel. Returns as soon as its process is there, which takes milliseconds; until the kernel
    /// answers it is [`ExecutionState::Starting`].
    ///
    /// # Errors
    /// There is no such kernelspec or folder, or a process cannot be started.
    pub async fn start(
        &self,
        request: StartRequest,
    ) -> Result<Arc<InteractiveKernel>, KernelsError> {
        let id = request.id.unwrap_or_else(Uuid::new_v4);
        if self.get(id).is_some() {
            return Err(KernelsError::Exists(id));
        }
        if !request.working_directory.is_dir() {
            return Err(KernelsError::WorkingDirectory(request.working_directory));
        }
        let kernel = self.find(request.name.as_deref())?;
        let spec = HostSpec {
            id: id.to_string(),
            name: kernel.name,
            kernelspec_folder: kernel.folder,
            kernelspec: kernel.spec,
            working_directory: request.working_directory,
            environment: request.environment,
            limits: request.limits.within(self.limits),
            owner: request.owner,
        };
        let failed = |source| KernelsError::Start { id, source };
        let made = HostFolder::create(&self.shared.folder, id, &spec);
        let (folder, lock) = made.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => {
                KernelsError::Exists(id)
            }
            _ => failed(error),
        })?;
        let started = match self.start_host(&folder, lock) {
            Ok(host) => self.adopt(id, &folder, Some(host)).await,
            Err(error) => Err(error),
        };
        let kernel = started.map_err(|error| {
            let _left = folder.remove();
            failed(error)
        })?;
        if kernel.launched().await {
            return Ok(kernel);
        }
        let reason = kernel.model().reason.unwrap_or_default();
        self.shutdown(id).await?;
        Err(KernelsError::Refused { id, reason })
    }

    fn find(&self, name: Option<&str>) -> Result<FoundKernel, KernelsError> {
        let finder = &self.shared.finder;
        if let Some(name) = name {
            return Ok(finder.by_name(name)??);
        }
        match finder.by_name("python3") {
            Ok(kernel) => Ok(kernel?),
            Err(none) => {
                let any = finder.all().into_values().flatten().next();
                Ok(any.ok_or(none)?)
            }
        }
    }

    fn start_host(&self, folder: &HostFolder, lock: File) -> io::Result<std::process::Child> {
        crate::detached::start(
            &self.shared.program,
            &["kernel-host".as_ref(), folder.path().as_os_str()],
            &self.shared.environment,
            lock,
            folder.log_file()?,
        )
    }

    /// Follows the kernel of a host that lives, or that has just been started.
    async fn adopt(
        &self,
        id: Uuid,
        folder: &HostFolder,
        host: Option<std::process::Child>,
    ) -> io::Result<Arc<InteractiveKernel>> {
        let Some((kernel, reader)) = InteractiveKernel::reach(id, folder).await? else {
            if let Some(mut host) = host {
                let _status = host.wait()?;
            }
            return Err(io::Error::other(folder.log_text()));
        };
        let kernel = Arc::new(kernel);
        self.kernels().insert(id, Arc::clone(&kernel));
        self.shared.changed();
        let (followed, changes) = (Arc::clone(&kernel), self.shared.changes.clone());
        let shared = Arc::downgrade(&self.shared);
        let watcher = async move {
            let changed = || changes.send_modify(|count| *count += 1);
            let shut_down = followed.follow(reader, changed).await;
            if shut_down && let Some(shared) = shared.upgrade() {
                shared.forget(id);
            }
            // It is over: this only takes its entry out of the process table.
            if let Some(mut host) = host {
                let _reaped = tokio::task::spawn_blocking(move || host.wait()).await;
            }
        };
        let mut watchers = self
            .shared
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        watchers.spawn(watcher);
        while watchers.try_join_next().is_some() {}
        Ok(kernel)
    }

    fn kernels(&self) -> MutexGuard<'_, BTreeMap<Uuid, Arc<InteractiveKernel>>> {
        self.shared.kernels()
    }

    /// Counts up whenever a kernel comes, goes, or is in another state.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Every kernel, dead ones included until they are shut down.
    pub fn list(&self) -> Vec<Arc<InteractiveKernel>> {
        self.kernels().values().cloned().collect()
    }

    /// The kernel of that id.
    pub fn get(&self, id: Uuid) -> Option<Arc<InteractiveKernel>> {
        self.kernels().get(&id).cloned()
    }

    fn existing(&self, id: Uuid) -> Result<Arc<InteractiveKernel>, KernelsError> {
        self.get(id).ok_or(KernelsError::NoSuchKernel(id))
    }

    /// Ends a kernel with everything it started, and its host. Returns when nothing is left of them.
    ///
    /// # Errors
    /// There is no such kernel, or its folder cannot be removed.
    pub async fn shutdown(&self, id: Uuid) -> Result<(), KernelsError> {
        let kernel = self.existing(id)?;
        // A host that does not answer is ending or gone.
        let _answer = kernel.command(Command::Shutdown).await;
        let folder = kernel.folder();
        let cleared = match folder.lock().released().await {
            Ok(()) => folder.remove(),
            Err(error) => Err(error),
        };
        self.shared.forget(id);
        cleared.map_err(|source| KernelsError::Folder {
            folder: folder.path().to_owned(),
            source,
        })
    }

    /// Interrupts what a kernel is doing.
    ///
    /// # Errors
    /// There is no such kernel, or it is not running.
    pub async fn interrupt(&self, id: Uuid) -> Result<(), KernelsError> {
        self.done(id, Command::Interrupt).await
    }

    /// Ends the kernel and starts another one under the same id; sessions stay connected. Returns when
    /// the new one answers.
    ///
    /// # Errors
    /// There is no such kernel, or the new one does not start.
    pub async fn restart(&self, id: Uuid) -> Result<(), KernelsError> {
        self.done(id, Command::Restart).await
    }

    async fn done(&self, id: Uuid, command: Command) -> Result<(), KernelsError> {
        match self.existing(id)?.command(command).await? {
            Answer::Failed(reason) => Err(KernelsError::Refused { id, reason }),
            Answer::Done | Answer::Used(_) => Ok(()),
        }
    }

    /// Shuts down what has been idle for that long: never a kernel that works on a request, and one that
    /// clients are connected to only with `connected_too`. The hosts decide, who know of each message.
    /// Returns the ids of what was shut down.
    pub async fn cull(&self, idle: Duration, connected_too: bool) -> Vec<Uuid> {
        let command = Command::Cull {
            idle_milliseconds: u64::try_from(idle.as_millis()).unwrap_or(u64::MAX),
            connected_too,
        };
        let mut culled = Vec::new();
        for kernel in self.list() {
            let id = kernel.id();
            if matches!(kernel.command(command).await, Ok(Answer::Done))
                && self.shutdown(id).await.is_ok()
            {
                culled.push(id);
            }
        }
        culled
    }
}
