//! The manifest: which bytes are a snapshot's, and the id that follows from them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::SnapshotError;
use super::path::check_relative_path;
use crate::hash::is_sha256;

/// The SHA-256 of a manifest: 64 hexadecimal digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnapshotId(String);

impl SnapshotId {
    /// An id as it was written down.
    ///
    /// # Errors
    /// The text is no such id.
    pub fn parse(text: &str) -> Result<Self, SnapshotError> {
        if is_sha256(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(SnapshotError::NotAnId {
            text: text.chars().take(80).collect(),
        })
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SnapshotId {
    type Error = SnapshotError;

    fn try_from(text: String) -> Result<Self, SnapshotError> {
        Self::parse(&text)
    }
}

impl From<SnapshotId> for String {
    fn from(id: SnapshotId) -> Self {
        id.0
    }
}

/// What a snapshot consists of. Its bytes are canonical, so the same content has the same id
/// whoever published it and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The notebook, or the script that becomes one.
    pub notebook: NotebookEntry,
    /// The other files, sorted by path.
    pub files: Vec<FileEntry>,
}

/// The notebook of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotebookEntry {
    /// Relative to the root, `/` between the segments.
    pub path: String,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// How many there are.
    pub bytes: u64,
}

/// One more file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Relative to the root, `/` between the segments.
    pub path: String,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// How many there are.
    pub bytes: u64,
    /// Whether its owner may execute it.
    pub executable: bool,
}

impl Manifest {
    /// The object the id is the hash of: JSON in one line, keys in the order of the fields.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Texts, numbers and truth values cannot fail to be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the object of this id, whose hash was checked.
    pub(super) fn from_bytes(bytes: &[u8], id: &SnapshotId) -> Result<Self, SnapshotError> {
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|source| SnapshotError::NotAManifest {
                id: id.clone(),
                source,
            })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Whoever can write to the store can put any manifest there, and it decides where files go.
    fn check(&self) -> Result<(), SnapshotError> {
        for object in self.objects() {
            SnapshotId::parse(object)?;
        }
        let files = self.files.iter().map(|file| file.path.as_str());
        check_paths(&self.notebook.path, files)
    }

    /// The names of all objects it needs, itself aside.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().map(|file| file.sha256.as_str());
        std::iter::once(self.notebook.sha256.as_str()).chain(files)
    }

    /// The number of bytes of the notebook and all files.
    pub fn total_bytes(&self) -> u64 {
        let files = self.files.iter().map(|file| file.bytes);
        files.fold(self.notebook.bytes, u64::saturating_add)
    }
}

/// Checks that these paths can all be there at once, and that none leads elsewhere.
pub(super) fn check_paths<'a>(
    notebook: &'a str,
    files: impl Iterator<Item = &'a str>,
) -> Result<(), SnapshotError> {
    let made = runnable_path(notebook);
    let mut paths: Vec<&str> = files.chain([notebook]).collect();
    if made != notebook {
        paths.push(&made);
    }
    // With `/` as the smallest character, what is below a path follows it at once.
    paths.sort_unstable_by(|one, other| one.split('/').cmp(other.split('/')));
    for path in &paths {
        check_relative_path(path)?;
    }
    for pair in paths.windows(2) {
        let below = pair[1].strip_prefix(pair[0]);
        if below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Err(SnapshotError::Clash {
                path: pair[0].to_owned(),
                other: pair[1].to_owned(),
            });
        }
    }
    Ok(())
}

/// Where the notebook that is run is written: a script's stands beside it, `q.sql.ipynb`.
pub(super) fn runnable_path(notebook: &str) -> String {
    if is_notebook(notebook) {
        notebook.to_owned()
    } else {
        format!("{notebook}.ipynb")
    }
}

/// Whether the name is that of a notebook, and not of a script that becomes one.
pub(super) fn is_notebook(path: &str) -> bool {
    extension(path).is_some_and(|extension| extension.eq_ignore_ascii_case("ipynb"))
}

/// What follows the last dot of the last segment.
pub(super) fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty()).then_some(extension)
}
