//! What can go wrong with records.

use std::io;
use std::path::{Path, PathBuf};

use crate::run_id::RunId;
use crate::wire::WireError;

/// A failure to write or read a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The operating system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No room is left where the store is: the disk, a quota or a limit on the size of files.
    ///
    /// What had been written of the event is removed. The first time, the run's reserve is freed, so
    /// that the events that end the run still fit.
    #[error("no room left to write `{}`", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no such run.
    #[error("no run `{wanted}` in `{}`", store.display())]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// Where it was looked for.
        store: PathBuf,
    },
    /// Several runs have names that begin like this.
    #[error("`{wanted}` begins the names of {} runs", matches.len())]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The runs, newest first.
        matches: Vec<RunId>,
    },
    /// The run is not over, so nobody but its runner may change it.
    #[error("run `{run_id}` is not over")]
    StillRunning {
        /// The run.
        run_id: RunId,
    },
    /// The file does not begin as a journal does.
    #[error("`{}` is not a journal", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The file is written in a format of another version.
    #[error("`{}` is written in format {version}, which this version cannot read", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// The journal ends before its first event.
    #[error("the journal of run `{run_id}` has no whole event")]
    EmptyJournal {
        /// The run.
        run_id: RunId,
    },
    /// A frame of the journal is whole but its contents are not an event.
    #[error("event {index} of `{}` cannot be read", path.display())]
    Event {
        /// The journal.
        path: PathBuf,
        /// Its number, from 0.
        index: u64,
        /// What is wrong with it.
        source: PayloadError,
    },
    /// The manifest cannot be read.
    #[error("`{}` is not a manifest", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PayloadError,
    },
    /// The chain of records has a line that is not one.
    #[error("line {line} of `{}` is damaged", path.display())]
    Chain {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Something refers to a blob that the store does not have.
    #[error("blob `{sha256}` is missing")]
    MissingBlob {
        /// Its SHA-256.
        sha256: String,
    },
    /// A blob's bytes are not those of its name.
    #[error("blob `{sha256}` has changed")]
    DamagedBlob {
        /// Its SHA-256.
        sha256: String,
    },
    /// The record was to be closed before the run's last event.
    #[error("run `{run_id}` has not finished")]
    NotFinished {
        /// The run.
        run_id: RunId,
    },
}

/// Why the bytes of an event or a manifest cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// They are not JSON.
    #[error("it is not JSON")]
    Json(#[source] nbpress_format::json::JsonError),
    /// The JSON has another shape.
    #[error("it has an unexpected shape")]
    Shape(#[from] WireError),
    /// It refers to a blob that cannot be read.
    #[error("one of its values is in a blob that cannot be read")]
    Blob(#[source] Box<RecordError>),
    /// A blob is not in the encoding its reference says.
    #[error("blob `{sha256}` is damaged")]
    DamagedBlob {
        /// Its SHA-256.
        sha256: String,
    },
}

impl RecordError {
    /// A failed action on a file; running out of room is told apart.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull { path, source },
            _ => Self::Io {
                action,
                path,
                source,
            },
        }
    }

    /// Whether the failure is that no room is left.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. })
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::DiskFull { path, .. } => Some(format!(
                "free space on the disk that holds `{}`, or set `NBPRESS_HOME`",
                path.display()
            )),
            Self::NotFound { .. } => {
                Some("`nbpress runs` lists them; `latest` is the newest".to_owned())
            }
            Self::Ambiguous { matches, .. } => {
                let names: Vec<String> =
                    matches.iter().take(5).map(|id| format!("`{id}`")).collect();
                Some(format!("give more of the name: {}", names.join(", ")))
            }
            Self::StillRunning { .. } => Some("wait for it, or end it first".to_owned()),
            Self::UnknownVersion { .. } => {
                Some("read it with the version of nbpress that wrote it".to_owned())
            }
            Self::MissingBlob { .. }
            | Self::DamagedBlob { .. }
            | Self::Chain { .. }
            | Self::Event { .. }
            | Self::Manifest { .. } => {
                Some("`nbpress verify` lists everything in the store that is damaged".to_owned())
            }
            _ => None,
        }
    }
}
