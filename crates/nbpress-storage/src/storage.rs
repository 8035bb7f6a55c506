//! The one contract for all kinds of store: read, write, inspect, list and delete at a location.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::error::{Operation, StorageError, StorageErrorKind};
use crate::http::Web;
use crate::local;
use crate::location::{Location, Place};
use crate::object::Buckets;
use crate::stream;

/// What a [`Storage`] needs to know about the process it runs in.
#[derive(Clone)]
pub struct Settings {
    /// The environment variables that choose endpoints and credentials (`AWS_…`, `GOOGLE_…`,
    /// `AZURE_…`, `HOME`). This crate never reads the environment itself.
    pub environment: BTreeMap<String, String>,
    /// What relative local paths are relative to; absolute.
    pub working_directory: PathBuf,
    /// How long one operation on a remote store may take in all, retries included, before the
    /// store counts as unreachable. Each 128 KiB to be moved add one second. Default: 30 s.
    pub timeout: Duration,
}

impl Settings {
    /// Settings with the default timeout.
    pub fn new(environment: BTreeMap<String, String>, working_directory: PathBuf) -> Self {
        Self {
            environment,
            working_directory,
            timeout: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for Settings {
    /// Without the environment, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("working_directory", &self.working_directory)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Identifies the bytes at a location: an entity tag, or `sha256:…` of a local file. Opaque;
/// only good for [`WriteMode::IfMatch`] on the location it came from, and for comparing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(String);

impl Version {
    /// A version that was stored as text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text, for keeping.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// On which condition to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteMode {
    /// Whatever is there.
    #[default]
    Overwrite,
    /// Only when nothing is there. Of several racing writers exactly one wins.
    IfAbsent,
    /// Only when this version is there. Arbitrates between writers that use this mode;
    /// [`WriteMode::Overwrite`] asks nobody.
    IfMatch(Version),
}

/// How to write.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// On which condition.
    pub mode: WriteMode,
    /// The MIME type that object stores and web servers are told. Default:
    /// `application/json` for `.ipynb` and `.json`, else none.
    pub content_type: Option<String>,
}

impl WriteOptions {
    /// Replaces what is there.
    pub fn overwrite() -> Self {
        Self::default()
    }

    /// Fails with [`StorageErrorKind::AlreadyExists`] when something is there.
    pub fn if_absent() -> Self {
        Self {
            mode: WriteMode::IfAbsent,
            ..Self::default()
        }
    }

    /// Fails with [`StorageErrorKind::VersionMismatch`] when something else is there.
    pub fn if_match(version: Version) -> Self {
        Self {
            mode: WriteMode::IfMatch(version),
            ..Self::default()
        }
    }
}

/// What is known about the bytes at a location without reading them for the caller.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Number of bytes.
    pub size: u64,
    /// See [`Version`]. A local file is read for it.
    pub version: Version,
    /// When it was last written; absent where a web server does not say.
    pub modified: Option<SystemTime>,
}

/// One name in a folder or under a prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The last segment only, literal.
    pub name: String,
    /// A folder, or a common prefix.
    pub is_folder: bool,
    /// Number of bytes; 0 for folders.
    pub size: u64,
    /// Absent for prefixes.
    pub modified: Option<SystemTime>,
    /// As [`Meta::version`]; absent for prefixes and where no listing says it: of local files and on Google, whose
    /// lists have no generation numbers.
    pub version: Option<Version>,
}

/// A part of a listing.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Sorted by name (in byte order). May be empty although more follow.
    pub entries: Vec<Entry>,
    /// Pass it as `after` for the next page; absent on the last.
    pub next: Option<String>,
}

/// Whether a store honours the condition of a conditional write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// A second writer is refused.
    Enforced,
    /// The condition is ignored, a second writer overwrites silently.
    NotEnforced,
}

/// Reads and writes bytes at any [`Location`].
///
/// Cheap until used: clients of remote stores are made at first use and kept.
#[derive(Debug)]
pub struct Storage {
    settings: Settings,
    buckets: Buckets,
    web: Web,
}

impl Storage {
    /// A storage for a process with these settings. Touches nothing.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            buckets: Buckets::default(),
            web: Web::default(),
        }
    }

    /// All bytes at `location`. Standard input is read to its end.
    pub async fn read(&self, location: &Location) -> Result<Bytes, StorageError> {
        let result = match location.place() {
            Place::Local(path) => local::read(self.absolute(path), None).await,
            Place::Stream => stream::read().await,
            Place::Object(place) => self.buckets.read(&self.settings, place, None).await,
            Place::Http(url) => self.web.read(&self.settings, url, None).await,
        };
        result.map_err(|kind| StorageError::new(Operation::Read, location, kind))
    }

    /// The bytes of `range`, cut at the end of what is there; empty when it starts behind the end.
    pub async fn read_range(
        &self,
        location: &Location,
        range: Range<u64>,
    ) -> Result<Bytes, StorageError> {
        let result = match location.place() {
            Place::Local(path) => local::read(self.absolute(path), Some(range)).await,
            Place::Stream => Err(StorageErrorKind::Unsupported {
                what: "reading a part of a stream",
            }),
            Place::Object(place) => self.buckets.read(&self.settings, place, Some(range)).await,
            Place::Http(url) => self.web.read(&self.settings, url, Some(range)).await,
        };
        result.map_err(|kind| StorageError::new(Operation::Read, location, kind))
    }

    /// Writes all of `bytes`, or nothing: a concurrent reader sees the bytes before or the bytes
    /// after, and when this returns they are durable. Returns the version of what was written.
    ///
    /// The promise does not hold for standard output, for pipes and devices, and for an existing
    /// local file whose folder takes no new files or that is mounted on its own.
    pub async fn write(
        &self,
        location: &Location,
        bytes: Bytes,
        options: WriteOptions,
    ) -> Result<Version, StorageError> {
        let result = match location.place() {
            Place::Local(path) => {
                local::write(self.absolute(path), location, bytes, options.mode).await
            }
            Place::Stream => stream::write(bytes, &options.mode).await,
            Place::Object(place) => {
                self.buckets
                    .write(&self.settings, place, bytes, options)
                    .await
            }
            Place::Http(url) => self.web.write(&self.settings, url, bytes, options).await,
        };
        result.map_err(|kind| StorageError::new(Operation::Write, location, kind))
    }

    /// Size, version and time of what is at `location`; None when nothing is there.
    pub async fn head(&self, location: &Location) -> Result<Option<Meta>, StorageError> {
        let result = match location.place() {
            Place::Local(path) => local::head(self.absolute(path)).await,
            Place::Stream => Err(StorageErrorKind::Unsupported {
                what: "looking at a stream",
            }),
            Place::Object(place) => self.buckets.head(&self.settings, place).await,
            Place::Http(url) => self.web.head(&self.settings, url).await,
        };
        match result {
            Ok(meta) => Ok(Some(meta)),
            Err(StorageErrorKind::NotFound { .. }) => Ok(None),
            Err(kind) => Err(StorageError::new(Operation::Inspect, location, kind)),
        }
    }

    /// Whether bytes are at `location`. False for a folder.
    pub async fn exists(&self, location: &Location) -> Result<bool, StorageError> {
        let result = match location.place() {
            Place::Local(path) => local::exists(self.absolute(path)).await,
            _ => return Ok(self.head(location).await?.is_some()),
        };
        result.map_err(|kind| StorageError::new(Operation::Inspect, location, kind))
    }

    /// At most `limit` names in a folder or under a prefix, not those below its folders.
    /// Temporary files of writers are left out. An unknown prefix of an object store is an
    /// empty page, a missing local folder is [`StorageErrorKind::NotFound`].
    pub async fn list(
        &self,
        location: &Location,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StorageError> {
        let result = match location.place() {
            Place::Local(path) => {
                local::list(self.absolute(path), after.map(str::to_owned), limit).await
            }
            Place::Stream => Err(StorageErrorKind::Unsupported {
                what: "listing a stream",
            }),
            Place::Object(place) => self.buckets.list(&self.settings, place, after, limit).await,
            Place::Http(_) => Err(StorageErrorKind::Unsupported {
                what: "listing a web address",
            }),
        };
        result.map_err(|kind| StorageError::new(Operation::List, location, kind))
    }

    /// Deletes the bytes at `location`. [`StorageErrorKind::NotFound`] when nothing is there,
    /// except on S3, which does not say.
    pub async fn delete(&self, location: &Location) -> Result<(), StorageError> {
        let result = match location.place() {
            Place::Local(path) => local::delete(self.absolute(path)).await,
            Place::Stream => Err(StorageErrorKind::Unsupported {
                what: "deleting a stream",
            }),
            Place::Object(place) => self.buckets.delete(&self.settings, place).await,
            Place::Http(url) => self.web.delete(&self.settings, url).await,
        };
        result.map_err(|kind| StorageError::new(Operation::Delete, location, kind))
    }

    /// Whether the store at `location` enforces [`WriteMode::IfAbsent`]. Tried at most once for a
    /// bucket, by writing a small object beside `location` twice and deleting it; so `location` is
    /// best what will be written. A store that only fails to arbitrate between writers that race
    /// is not found out.
    pub async fn check_conditional_writes(
        &self,
        location: &Location,
    ) -> Result<Support, StorageError> {
        let result = match location.place() {
            Place::Local(_) => Ok(Support::Enforced),
            Place::Object(place) => {
                self.buckets
                    .check_conditional_writes(&self.settings, place)
                    .await
            }
            Place::Stream | Place::Http(_) => Ok(Support::NotEnforced),
        };
        result.map_err(|kind| StorageError::new(Operation::Probe, location, kind))
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.settings.working_directory.join(path)
    }
}

/// The MIME type of a file with this extension, where a store's own guess would be wrong.
pub(crate) fn content_type_of(extension: &str) -> Option<&'static str> {
    matches!(extension, "ipynb" | "json").then_some("application/json")
}
