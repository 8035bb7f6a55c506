//! What a workspace says about its files, and how it is asked.

use jiff::Timestamp;

use crate::error::ContentsError;
use crate::mimetype;
use crate::path::ContentsPath;

/// What something is. Jupyter's `type`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A directory, or a prefix of a bucket.
    Directory,
    /// A file whose name ends with `.ipynb`.
    Notebook,
    /// Any file but a notebook.
    File,
}

impl Kind {
    /// What a file of this name is.
    pub fn of_file(name: &str) -> Self {
        if name.strip_suffix(".ipynb").is_some() {
            Self::Notebook
        } else {
            Self::File
        }
    }

    /// Jupyter's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File => "file",
            Self::Notebook => "notebook",
        }
    }
}

/// A file or directory, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The last name of the path; empty for the root.
    pub name: String,
    /// Where it is.
    pub path: ContentsPath,
    /// What it is.
    pub kind: Kind,
    /// Whether this process may write it.
    pub writable: bool,
    /// When it was made, where the file system knows; else when its name or its rights last
    /// changed; in a bucket, when it was last written. A save makes a new file. The epoch for prefixes
    /// of a bucket.
    pub created: Timestamp,
    /// When its bytes last changed. The epoch for prefixes of a bucket.
    pub last_modified: Timestamp,
    /// Bytes; none for directories.
    pub size: Option<u64>,
    /// Guessed from the name; none for directories, notebooks and unknown extensions.
    pub mimetype: Option<&'static str>,
    /// Names these bytes, for [`Condition::IfMatch`]; visible ASCII without quotation marks. None
    /// for directories, and in the listing of a bucket.
    pub etag: Option<String>,
}

impl Entry {
    /// The same file by another name.
    pub(crate) fn seen_at(self, path: &ContentsPath) -> Self {
        if self.path == *path {
            return self;
        }
        let is_directory = self.kind == Kind::Directory;
        let kind = if is_directory {
            Kind::Directory
        } else {
            Kind::of_file(path.name())
        };
        Self {
            name: path.name().to_owned(),
            path: path.clone(),
            kind,
            mimetype: mimetype::of(path.name()).filter(|_| kind == Kind::File),
            ..self
        }
    }

    pub(crate) fn require_file(self) -> Result<Self, ContentsError> {
        if self.kind == Kind::Directory {
            return Err(ContentsError::WrongKind {
                path: self.path,
                expected: "file",
                found: Some(Kind::Directory),
            });
        }
        Ok(self)
    }
}

/// Which part of a directory to list.
#[derive(Clone, Debug)]
pub struct ListOptions {
    /// Where the page before ended: its [`Page::next`].
    pub after: Option<String>,
    /// At most that many entries.
    pub limit: usize,
    /// Also names that begin with a dot. What the globs hide stays hidden.
    pub show_hidden: bool,
    /// As readers look for things; none for the byte order of names, which is the quickest.
    pub order: Option<Order>,
    /// Only names that have this in them, whatever the case; empty for all.
    pub contains: String,
    /// Leaves out as many entries before the page; [`ListOptions::after`] is quicker.
    pub skip: usize,
}

/// How a directory is sorted for readers: names without case, and what has no time or size last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// By which column.
    pub by: Column,
    /// Backwards.
    pub descending: bool,
}

impl Order {
    /// Reads `name`, `kind`, `modified` or `size`, with `-` before it for backwards.
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, column) = match text.strip_prefix('-') {
            Some(column) => (true, column),
            None => (false, text),
        };
        let by = match column {
            "name" => Column::Name,
            "kind" => Column::Kind,
            "modified" => Column::Modified,
            "size" => Column::Size,
            _ => return None,
        };
        Some(Self { by, descending })
    }
}

/// A column that a directory can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// Directories first, then by name.
    #[default]
    Name,
    /// Directories, notebooks, files; then by name.
    Kind,
    /// By time; directories have none.
    Modified,
    /// By bytes.
    Size,
}

impl Default for ListOptions {
    /// Everything that is not hidden, in one page.
    fn default() -> Self {
        Self {
            after: None,
            limit: usize::MAX,
            show_hidden: false,
            order: None,
            contains: String::new(),
            skip: 0,
        }
    }
}

/// A part of a directory.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Sorted as was asked.
    pub entries: Vec<Entry>,
    /// [`ListOptions::after`] of the next page; none on the last. Opaque.
    pub next: Option<String>,
    /// How many there are on all pages; none where counting them would take reading them all.
    pub total: Option<usize>,
}

/// When to save.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Whatever is there.
    #[default]
    Any,
    /// Only when nothing is there.
    IfAbsent,
    /// Only when the bytes with this [`Entry::etag`] are there.
    IfMatch(String),
}

/// A save that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// What is there now.
    pub entry: Entry,
    /// Whether nothing was there before.
    pub created: bool,
}

/// How a save found its place in a notebook that somebody else had changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Nobody had changed it: the bytes are saved as they came.
    Unchanged(Saved),
    /// Both changes are in it. The caller's notebook is no longer what is on file.
    Merged(Saved),
    /// Both changed the same cells. The file keeps what the other wrote; the bytes that came are
    /// beside it.
    Conflict {
        /// The file as the other left it.
        current: Entry,
        /// Where the bytes that came are.
        copy: Saved,
        /// The ids of the cells that both changed; empty when the file could not be compared cell
        /// by cell.
        cells: Vec<String>,
    },
}

/// Jupyter's one checkpoint of a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Checkpoint {
    /// Always `checkpoint`.
    pub id: String,
    /// When it was made.
    pub last_modified: Timestamp,
}

/// One version of a file that was kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Version {
    /// Names it among the versions of its file: letters, digits and `-`.
    pub id: String,
    /// When it was saved, or noticed.
    pub saved_at: Timestamp,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its bytes in hexadecimal digits.
    pub hash: String,
    /// Who saved it; none for another program, and where the saver gave no name.
    pub by: Option<String>,
    /// The name somebody gave it.
    pub name: Option<String>,
}
