//! The sessions there are, in memory and in a file that is replaced whole at every change.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

/// A document and its kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// A notebook's path in the workspace, or any name that a client made up.
    pub(crate) path: String,
    pub(crate) name: String,
    /// `notebook`, `console`, `file`, …
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) kernel: Uuid,
}

/// The sessions of a server. Clones are the same.
#[derive(Clone, Debug)]
pub struct Sessions {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    sessions: Mutex<BTreeMap<String, Session>>,
    turn: Semaphore,
}

impl Sessions {
    /// The sessions in the folder of a server's state. A file that cannot be read counts as none: kernels can be
    /// found without it.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(state: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(state)?;
        let file = state.join("sessions.json");
        #[expect(clippy::disallowed_methods, reason = "our own state, never a notebook")]
        let bytes = std::fs::read(&file).unwrap_or_default();
        let sessions: Vec<Session> = serde_json::from_slice(&bytes).unwrap_or_default();
        let sessions = sessions
            .into_iter()
            .map(|session| (session.id.clone(), session));
        Ok(Self {
            shared: Arc::new(Shared {
                file,
                sessions: Mutex::new(sessions.collect()),
                turn: Semaphore::new(1),
            }),
        })
    }

    /// Held by whoever changes sessions, over more than one step.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.shared.turn.acquire().await.ok()
    }

    pub(crate) fn all(&self) -> Vec<Session> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn get(&self, id: &str) -> Option<Session> {
        self.lock().get(id).cloned()
    }

    pub(crate) async fn put(&self, session: Session) -> io::Result<()> {
        self.lock().insert(session.id.clone(), session);
        self.write().await
    }

    pub(crate) async fn remove(&self, id: &str) -> io::Result<()> {
        self.lock().remove(id);
        self.write().await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Session>> {
        let sessions = self.shared.sessions.lock();
        sessions.unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self) -> io::Result<()> {
        let bytes = serde_json::to_vec(&self.all())?;
        let file = self.shared.file.clone();
        let written = tokio::task::spawn_blocking(move || {
            let folder = file.parent().unwrap_or(Path::new("/"));
            let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
            unfinished.write_all(&bytes)?;
            unfinished.as_file().sync_data()?;
            unfinished.persist(&file)?;
            Ok(())
        });
        written
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}
