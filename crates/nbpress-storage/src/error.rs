//! What failed, while doing what, where, and what to do about it.

use std::error::Error;
use std::fmt;
use std::io;

use crate::location::{Location, redact_text};
use crate::storage::Version;

/// A failed operation on one location.
///
/// Its text is `failed to write <location>`; what happened is its
/// [`source`](Error::source), a [`StorageErrorKind`]; the operating system's or the store's own
/// words, without credentials, are the source of that.
#[derive(Debug)]
pub struct StorageError(Box<Failure>);

#[derive(Debug)]
struct Failure {
    operation: Operation,
    location: Location,
    kind: StorageErrorKind,
}

/// What was being done when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reading bytes.
    Read,
    /// Writing bytes.
    Write,
    /// Asking whether something is there, and how large and how old it is.
    Inspect,
    /// Listing a folder or prefix.
    List,
    /// Deleting.
    Delete,
    /// Trying whether the store enforces conditional writes.
    Probe,
}

impl Operation {
    /// For "while …": `reading`, `writing`.
    pub fn gerund(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::Write => "writing",
            Self::Inspect => "inspecting",
            Self::List => "listing",
            Self::Delete => "deleting",
            Self::Probe => "probing",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Inspect => "inspect",
            Self::List => "list",
            Self::Delete => "delete",
            Self::Probe => "probe",
        })
    }
}

/// Someone else's error, kept as the source of ours.
type Source = Box<dyn Error + Send + Sync>;

/// What happened.
#[derive(Debug, thiserror::Error)]
pub enum StorageErrorKind {
    /// Nothing is there.
    #[error("nothing is there")]
    NotFound {
        /// In the words of the operating system or the store.
        #[source]
        source: Option<Source>,
    },
    /// [`crate::WriteMode::IfAbsent`] found something.
    #[error("something is there already")]
    AlreadyExists {
        /// In the words of the operating system or the store.
        #[source]
        source: Option<Source>,
    },
    /// [`crate::WriteMode::IfMatch`] found another version, or nothing.
    #[error("it has changed: expected version `{expected}`, found {}", found_version(found.as_ref()))]
    VersionMismatch {
        /// The version the caller had seen.
        expected: Version,
        /// The version that is there, where the store tells.
        found: Option<Version>,
    },
    /// The operating system or the store refuses this caller.
    #[error("permission denied")]
    PermissionDenied {
        /// In the words of the operating system or the store.
        #[source]
        source: Option<Source>,
        /// For a store: which credentials were used or looked for.
        advice: Option<String>,
    },
    /// `ENOSPC`, `EDQUOT`, or `507 Insufficient Storage`.
    #[error("no space left")]
    DiskFull {
        /// In the words of the operating system or the store.
        #[source]
        source: Option<Source>,
    },
    /// The folder, bucket or container to write into does not exist.
    #[error("output folder `{folder}` doesn't exist")]
    FolderMissing {
        /// As the location names it.
        folder: String,
    },
    /// The location is a folder, bytes were asked for.
    #[error("it is a folder")]
    IsFolder,
    /// The store cannot be reached, or did not answer in time.
    #[error("the store at `{endpoint}` cannot be reached")]
    Unreachable {
        /// Scheme, host and port, or the name of the service.
        endpoint: String,
        /// The last attempt's failure.
        #[source]
        source: Option<Source>,
    },
    /// The store ignores the condition of a conditional write, and would overwrite. Nothing has been written.
    #[error("this store does not enforce conditional writes")]
    ConditionalWriteNotEnforced,
    /// No store of this kind can do it, or not at this location.
    #[error("{what} is not supported here")]
    Unsupported {
        /// The thing that is not supported.
        what: &'static str,
    },
    /// The settings for the store do not make sense.
    #[error("the settings of the store are not usable: {reason}")]
    Settings {
        /// Which setting, and why. Without its value when that is a secret.
        reason: String,
        /// The library's own words.
        #[source]
        source: Option<Source>,
    },
    /// Anything else; the source says what.
    #[error("the operation did not succeed")]
    Other {
        /// In the words of the operating system or the store.
        #[source]
        source: Option<Source>,
    },
}

fn found_version(found: Option<&Version>) -> String {
    found.map_or_else(
        || "something else".to_owned(),
        |version| format!("`{version}`"),
    )
}

impl StorageErrorKind {
    /// For someone else's error whose text may hold credentials.
    pub(crate) fn other(source: Cause) -> Self {
        Self::Other {
            source: Some(Box::new(source)),
        }
    }
}

impl From<io::Error> for StorageErrorKind {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        let kind = error.kind();
        let source: Option<Source> = Some(error.into());
        match kind {
            Kind::NotFound | Kind::NotADirectory => Self::NotFound { source },
            Kind::AlreadyExists => Self::AlreadyExists { source },
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Self::PermissionDenied {
                source,
                advice: None,
            },
            Kind::StorageFull | Kind::QuotaExceeded => Self::DiskFull { source },
            Kind::IsADirectory => Self::IsFolder,
            _ => Self::Other { source },
        }
    }
}

impl From<rustix::io::Errno> for StorageErrorKind {
    fn from(error: rustix::io::Errno) -> Self {
        io::Error::from(error).into()
    }
}

impl StorageError {
    pub(crate) fn new(operation: Operation, location: &Location, kind: StorageErrorKind) -> Self {
        Self(Box::new(Failure {
            operation,
            location: location.clone(),
            kind,
        }))
    }

    /// What was being done.
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// Where.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// What happened.
    pub fn kind(&self) -> &StorageErrorKind {
        &self.0.kind
    }

    /// Whether nothing was there.
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, StorageErrorKind::NotFound { .. })
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.0.kind {
            StorageErrorKind::AlreadyExists { .. } => {
                Some("choose another location, delete it first, or allow overwriting".to_owned())
            }
            StorageErrorKind::VersionMismatch { .. } => {
                Some("someone else wrote it meanwhile; read it again before writing".to_owned())
            }
            StorageErrorKind::PermissionDenied { advice, .. } => advice.clone(),
            StorageErrorKind::DiskFull { .. } => Some("free some space and run again".to_owned()),
            StorageErrorKind::FolderMissing { folder } if self.0.location.is_local().is_some() => {
                Some(format!("create it first: `mkdir -p {folder}`"))
            }
            StorageErrorKind::FolderMissing { .. } => Some("check the name, or create it first".to_owned()),
            StorageErrorKind::Unreachable { .. } => {
                Some("check the address, the network and the proxy settings".to_owned())
            }
            StorageErrorKind::ConditionalWriteNotEnforced => Some(
                "the store would overwrite silently, so nothing was written; use a store that honours \
                 `If-None-Match` and `If-Match`, or allow overwriting"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {} `{}`", self.0.operation, self.0.location)
    }
}

impl Error for StorageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0.kind)
    }
}

/// Another library's chain of errors as plain text, one per level, without credentials and
/// without levels that only repeat the one below.
#[derive(Debug)]
pub struct Cause {
    text: String,
    source: Option<Box<Self>>,
}

impl Cause {
    pub(crate) fn new(error: &(dyn Error + 'static), secrets: &[String]) -> Self {
        let text = redact_text(&error.to_string(), secrets);
        let mut source = error.source().map(|source| Self::new(source, secrets));
        // Many libraries print their cause inside their own text.
        while let Some(inner) = source.take_if(|inner| text.contains(&inner.text)) {
            source = inner.source.map(|source| *source);
        }
        Self {
            text,
            source: source.map(Box::new),
        }
    }

    pub(crate) fn from_text(text: &str, secrets: &[String]) -> Self {
        Self {
            text: redact_text(text, secrets),
            source: None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
