//! Why a snapshot cannot be taken or used.

use std::io;
use std::path::{Path, PathBuf};

use nbpress_format::ParseError;
use nbpress_storage::StorageError;

use super::manifest::SnapshotId;
use super::path::PathError;

/// Why a snapshot cannot be taken or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The store of the snapshots, or that of the notebook, does not work.
    #[error("the bytes of a snapshot could not be moved")]
    Storage {
        /// Where, and what happened.
        #[from]
        source: StorageError,
    },
    /// A file or folder cannot be used.
    #[error("failed to {operation} `{}`", path.display())]
    Disk {
        /// `open`, `read`, `list`, `create`, `write` or `sync`.
        operation: &'static str,
        /// Which.
        path: PathBuf,
        /// In the words of the operating system.
        #[source]
        source: io::Error,
    },
    /// A thread that worked on files died.
    #[error("reading or writing the files was cut off")]
    CutOff {
        /// How.
        #[source]
        source: tokio::task::JoinError,
    },
    /// A path that no snapshot may hold.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Two files that cannot both be there: the same path twice, a file where another needs a
    /// folder, or a file where the notebook made of a script goes.
    #[error("`{path}` cannot be there together with `{other}`")]
    Clash {
        /// One.
        path: String,
        /// The other.
        other: String,
    },
    /// A pattern that is none.
    #[error("`{pattern}` is not a pattern for files")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// Why.
        #[source]
        source: globset::Error,
    },
    /// A pattern that leads out of the root.
    #[error("the pattern `{pattern}` is not usable")]
    PatternPath {
        /// As it was given.
        pattern: String,
        /// Why.
        #[source]
        source: PathError,
    },
    /// A pattern that finds no file.
    #[error("`{pattern}` matches no file in `{}`", root.display())]
    NoMatch {
        /// As it was given.
        pattern: String,
        /// Where it was looked for.
        root: PathBuf,
        /// The pattern is the path of a folder.
        is_folder: bool,
    },
    /// The notebook or a file is not beneath the root, or only by a link that leads out of it.
    #[error("`{path}` is not beneath `{}`", root.display())]
    OutsideRoot {
        /// Which.
        path: String,
        /// The root.
        root: PathBuf,
    },
    /// A notebook in a store has no folder to find files in.
    #[error("files beside `{notebook}` cannot be found by pattern without a root")]
    NoRoot {
        /// The notebook.
        notebook: String,
    },
    /// Standard input, a bare bucket.
    #[error("`{location}` has no file name")]
    NoName {
        /// The location.
        location: String,
    },
    /// Somebody kept writing to a file.
    #[error("`{path}` changed whenever it was read")]
    Changing {
        /// Which.
        path: String,
    },
    /// Too many files match.
    #[error("there are more than {limit} files (the limit `max_files`)")]
    TooManyFiles {
        /// The most there may be.
        limit: usize,
    },
    /// The folder has more entries than anybody wants to look through.
    #[error("`{}` has more than {limit} files and folders", root.display())]
    TooManyEntries {
        /// The root.
        root: PathBuf,
        /// The most that are looked at.
        limit: usize,
    },
    /// The bytes are too many.
    #[error(
        "the files have {total} bytes, more than {limit} (the limit `max_bytes`); the largest: {}",
        listed(largest)
    )]
    TooLarge {
        /// The most there may be.
        limit: u64,
        /// What there is; at least this.
        total: u64,
        /// The largest files and their bytes, largest first; at most five.
        largest: Vec<(String, u64)>,
    },
    /// The notebook's bytes are no notebook.
    #[error("`{path}` is not a notebook")]
    NotANotebook {
        /// The notebook.
        path: String,
        /// Why, and where in it.
        #[source]
        source: ParseError,
    },
    /// A script that is not UTF-8.
    #[error("`{path}` is not text in UTF-8")]
    NotText {
        /// The script.
        path: String,
    },
    /// Neither a notebook nor a script that can become one.
    #[error("`{path}` is neither a notebook nor a script that is known")]
    UnknownKind {
        /// The file.
        path: String,
    },
    /// There is no such snapshot, or a part of it is gone.
    #[error("the object `{sha256}` is missing from the store")]
    Missing {
        /// Its name.
        sha256: String,
    },
    /// The bytes are not those that were put there.
    #[error("the object `{sha256}` is damaged: its bytes have another SHA-256")]
    Damaged {
        /// Its name.
        sha256: String,
    },
    /// A text that names no object.
    #[error("`{text}` is not a SHA-256 of 64 hexadecimal digits in lower case")]
    NotAnId {
        /// As it was given.
        text: String,
    },
    /// The object is whole, but it is not a manifest.
    #[error("the object `{id}` is not the manifest of a snapshot")]
    NotAManifest {
        /// Its name.
        id: SnapshotId,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The folder to write a snapshot into has something in it.
    #[error("the folder `{}` is not empty", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
}

impl SnapshotError {
    /// For the failure of an operation on a file.
    pub(super) fn disk(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk {
            operation,
            path,
            source,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Storage { source } => source.hint(),
            Self::Path(error) | Self::PatternPath { source: error, .. } => error.hint(),
            Self::Pattern { .. } => {
                Some("`*` is any name, `**` any folders, `{a,b}` a choice: `data/**/*.csv`".into())
            }
            Self::NoMatch {
                pattern, is_folder, ..
            } => Some(no_match(pattern, *is_folder)),
            Self::OutsideRoot { .. } => Some(
                "choose a root above all files; a link must lead to a file beneath the root"
                    .to_owned(),
            ),
            Self::NoRoot { .. } => Some("give the local folder of the files as root".to_owned()),
            Self::NoName { .. } => Some("save the notebook to a file first".to_owned()),
            Self::Changing { .. } => Some("publish again when nobody writes to it".to_owned()),
            Self::TooManyFiles { .. } | Self::TooLarge { .. } => Some(
                "name fewer files, exclude some, or read large data from where it is at run time"
                    .to_owned(),
            ),
            Self::TooManyEntries { .. } => {
                Some("begin the patterns with the folder of the files: `data/**`".to_owned())
            }
            Self::UnknownKind { .. } => {
                Some("a job is an `.ipynb`, `.py`, `.R`, `.sql` or `.sh` file".to_owned())
            }
            Self::NotText { .. } => Some("save it as UTF-8".to_owned()),
            Self::Missing { .. } => {
                Some("publish the notebook again, or restore the store from its backup".to_owned())
            }
            // An object of the right size is taken for whole when it is published again.
            Self::Damaged { .. } => Some(
                "restore the store from its backup, or delete the object and publish the \
                 notebook again"
                    .to_owned(),
            ),
            Self::NotAManifest { .. } => {
                Some("the id may be that of a file, or a newer nbpress wrote it".to_owned())
            }
            Self::NotEmpty { .. } => Some("a snapshot is written into a fresh folder".to_owned()),
            Self::Clash { .. } => Some("rename one of them".to_owned()),
            Self::Disk { .. }
            | Self::CutOff { .. }
            | Self::NotANotebook { .. }
            | Self::NotAnId { .. } => None,
        }
    }
}

fn no_match(pattern: &str, is_folder: bool) -> String {
    if is_folder {
        let folder = pattern.trim_end_matches('/');
        return format!("it is a folder; for all files in it write `{folder}/**`");
    }
    "patterns are relative to the root; hidden files must be named with their dot, and links to \
     folders are not followed"
        .to_owned()
}

fn listed(largest: &[(String, u64)]) -> String {
    let files: Vec<String> = largest
        .iter()
        .map(|(path, bytes)| format!("`{path}` ({bytes})"))
        .collect();
    files.join(", ")
}
