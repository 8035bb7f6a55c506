//! What went wrong in a workspace, and what to do about it.

use std::io;

use nbpress_storage::{StorageError, StorageErrorKind};

use crate::entry::{Entry, Kind};
use crate::path::{ContentsPath, PathError};

/// Why something in a workspace could not be done. Nothing was changed, unless a variant says so.
///
/// Its text names paths inside the workspace only, never where that is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsError {
    /// The text is no path inside a workspace.
    #[error("the path cannot be used")]
    BadPath(#[from] PathError),
    /// Nothing is there.
    #[error("`{path}` does not exist")]
    NotFound {
        /// Where.
        path: ContentsPath,
    },
    /// Something is there, and nothing may be.
    #[error("`{path}` exists already")]
    Exists {
        /// Where.
        path: ContentsPath,
    },
    /// Other bytes are there than those the caller had seen.
    #[error("`{path}` has changed since it was read")]
    Stale {
        /// Where.
        path: ContentsPath,
        /// What is there now; none when nothing is.
        current: Option<Box<Entry>>,
    },
    /// A directory that is to be deleted has something in it.
    #[error("the directory `{path}` is not empty")]
    NotEmpty {
        /// Where.
        path: ContentsPath,
    },
    /// A name in the path begins with a dot, and the workspace shows no such names. Answer it like
    /// [`ContentsError::NotFound`] when something was to be read.
    #[error("`{path}` is hidden")]
    Hidden {
        /// Where.
        path: ContentsPath,
    },
    /// A link leads out of the workspace.
    #[error("`{path}` leads out of the workspace")]
    OutsideRoot {
        /// Where.
        path: ContentsPath,
    },
    /// The system or the store does not let this process.
    #[error("permission denied: `{path}`")]
    Denied {
        /// Where.
        path: ContentsPath,
    },
    /// A directory where a file is needed, or the other way round.
    #[error("`{path}` is not a {expected}")]
    WrongKind {
        /// Where.
        path: ContentsPath,
        /// `file` or `directory`.
        expected: &'static str,
        /// What it is; none for pipes, sockets and devices.
        found: Option<Kind>,
    },
    /// The workspace itself cannot be renamed, deleted or written.
    #[error("this cannot be done to the root of the workspace")]
    Root,
    /// A directory cannot be put into itself.
    #[error("`{path}` is within the directory that is to be moved or copied")]
    IntoItself {
        /// The new place.
        path: ContentsPath,
    },
    /// The disk or a quota is full.
    #[error("no space left for `{path}`")]
    Full {
        /// Where.
        path: ContentsPath,
    },
    /// The history has no version of this id for the file, or the file no such checkpoint.
    #[error("`{path}` has no version `{id}`")]
    UnknownVersion {
        /// Of what.
        path: ContentsPath,
        /// The id.
        id: String,
    },
    /// A chunk came without those before it.
    #[error("chunk {chunk} of `{path}` does not follow the chunks before it")]
    ChunkOrder {
        /// Of what.
        path: ContentsPath,
        /// Its number.
        chunk: i64,
    },
    /// The workspace and its history cannot be where they are said to be.
    #[error("the history cannot be kept there: {reason}")]
    HistoryPlace {
        /// Why not.
        reason: &'static str,
    },
    /// The bytes of the history are not those that were kept.
    #[error("version `{id}` in the history is damaged")]
    Damaged {
        /// Of which version.
        id: String,
    },
    /// The folder of the history failed.
    #[error("failed to {action} the history")]
    History {
        /// What was being done: `read`, `write`.
        action: &'static str,
        /// In the words of the system.
        #[source]
        source: io::Error,
    },
    /// A store failed.
    #[error("the store of the workspace failed")]
    Storage(#[source] StorageError),
    /// The system failed.
    #[error("failed to {action} `{path}`")]
    Io {
        /// What was being done: `read`, `write`.
        action: &'static str,
        /// With what.
        path: ContentsPath,
        /// In the words of the system.
        #[source]
        source: io::Error,
    },
}

impl ContentsError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Exists { .. } => "choose another name",
            Self::Stale { .. } => {
                "somebody else wrote it meanwhile: load it again, or save a copy under another name"
            }
            Self::NotEmpty { .. } => {
                "delete what is in it first, or delete it with everything in it"
            }
            Self::OutsideRoot { .. } => {
                "replace the link by what it leads to, or open a workspace there"
            }
            Self::Denied { .. } => "ask the owner of the workspace for the right to do this",
            Self::Full { .. } => "free some space, and save again",
            Self::ChunkOrder { .. } => "upload the file again, from its first chunk",
            Self::HistoryPlace { .. } => "name another folder for the history",
            Self::Storage(error) => return error.hint(),
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// What a failed system call on `path` means.
    pub(crate) fn io(action: &'static str, path: &ContentsPath) -> impl Fn(io::Error) -> Self {
        let path = path.clone();
        move |source| {
            use io::ErrorKind as Kind;
            let path = path.clone();
            match source.kind() {
                Kind::NotFound | Kind::NotADirectory => Self::NotFound { path },
                Kind::AlreadyExists => Self::Exists { path },
                Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Self::Denied { path },
                Kind::StorageFull | Kind::QuotaExceeded => Self::Full { path },
                Kind::DirectoryNotEmpty => Self::NotEmpty { path },
                _ => Self::Io {
                    action,
                    path,
                    source,
                },
            }
        }
    }

    /// What a failed operation of a store on `path` means.
    pub(crate) fn storage(path: &ContentsPath) -> impl Fn(StorageError) -> Self {
        let path = path.clone();
        move |error| {
            let path = path.clone();
            match error.kind() {
                StorageErrorKind::NotFound { .. } => Self::NotFound { path },
                StorageErrorKind::AlreadyExists { .. } => Self::Exists { path },
                StorageErrorKind::PermissionDenied { .. } => Self::Denied { path },
                StorageErrorKind::DiskFull { .. } => Self::Full { path },
                _ => Self::Storage(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_has_a_meaning() {
        use io::ErrorKind as Kind;
        let path = ContentsPath::parse("a/b").unwrap();
        for (kind, expected) in [
            (Kind::NotFound, "`a/b` does not exist"),
            (Kind::NotADirectory, "`a/b` does not exist"),
            (Kind::AlreadyExists, "`a/b` exists already"),
            (Kind::PermissionDenied, "permission denied: `a/b`"),
            (Kind::ReadOnlyFilesystem, "permission denied: `a/b`"),
            (Kind::StorageFull, "no space left for `a/b`"),
            (Kind::QuotaExceeded, "no space left for `a/b`"),
            (Kind::DirectoryNotEmpty, "the directory `a/b` is not empty"),
            (Kind::TimedOut, "failed to write `a/b`"),
        ] {
            let error = ContentsError::io("write", &path)(kind.into());
            assert_eq!(error.to_string(), expected);
        }
    }
}
