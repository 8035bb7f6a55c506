//! The working copy: the notebook and the files beside it as they are now, found and read once.

use std::io;
use std::path::{Path, PathBuf};

use super::PublishRequest;
use super::contents::{Content, Contents, Limits};
use super::error::SnapshotError;
use super::pattern::Pattern;
use root::Root;

mod root;

/// The most files and folders that are looked at.
const MOST_ENTRIES: usize = 100_000;

/// What a request speaks of, opened.
pub(super) struct WorkingCopy {
    /// None where the notebook is in a store and no files are wanted.
    root: Option<Root>,
    /// Relative to the root.
    notebook: String,
    wanted: Vec<Pattern>,
    excluded: Vec<Pattern>,
    limits: Limits,
}

/// Files that match, by path and size, and the patterns that match none.
struct Listing {
    files: Vec<(String, u64)>,
    unmatched: Vec<String>,
}

/// Reads everything that is asked for; `remote` is the notebook where it is in a store.
pub(super) fn collect(
    request: &PublishRequest,
    remote: Option<Content>,
) -> Result<Contents, SnapshotError> {
    let copy = WorkingCopy::open(request)?;
    let listing = copy.list()?;
    copy.refuse_unmatched(&listing)?;
    let notebook = match remote {
        Some(notebook) => notebook,
        None => copy.read_notebook()?,
    };
    let files = copy.read_files(listing, &notebook)?;
    Contents::new(notebook, files, request.limits)
}

/// Reads what is there of what is asked for, and does not mind what is not.
pub(super) fn collect_what_is_left(
    request: &PublishRequest,
    remote: Option<Content>,
) -> Result<(Option<Content>, Vec<Content>), SnapshotError> {
    let copy = match WorkingCopy::open(request) {
        Err(error) if is_absent(&error) => return Ok((remote, Vec::new())),
        copy => copy?,
    };
    let listing = copy.list()?;
    let notebook = match (remote, copy.is_local(request)) {
        (None, true) => match copy.read_notebook() {
            Err(error) if is_absent(&error) => None,
            notebook => Some(notebook?),
        },
        (remote, _) => remote,
    };
    let nothing = Content::new(copy.notebook.clone(), bytes::Bytes::new(), false);
    let files = copy.read_files(listing, notebook.as_ref().unwrap_or(&nothing))?;
    Ok((notebook, files))
}

fn is_absent(error: &SnapshotError) -> bool {
    matches!(error, SnapshotError::Disk { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

impl WorkingCopy {
    fn open(request: &PublishRequest) -> Result<Self, SnapshotError> {
        let (root, notebook) = match request.notebook.is_local() {
            Some(path) => {
                let root = Root::open(&root_of(request, path))?;
                let notebook = root.relative(path)?;
                (Some(root), notebook)
            }
            None => (
                request.root.as_deref().map(Root::open).transpose()?,
                name_of(request)?,
            ),
        };
        if root.is_none() && !request.files.is_empty() {
            return Err(SnapshotError::NoRoot {
                notebook: request.notebook.to_string(),
            });
        }
        Ok(Self {
            root,
            notebook,
            wanted: parse(&request.files)?,
            excluded: parse(&request.exclude)?,
            limits: request.limits,
        })
    }

    fn is_local(&self, request: &PublishRequest) -> bool {
        self.root.is_some() && request.notebook.is_local().is_some()
    }

    fn root(&self) -> Result<&Root, SnapshotError> {
        self.root.as_ref().ok_or_else(|| SnapshotError::NoRoot {
            notebook: self.notebook.clone(),
        })
    }

    fn read_notebook(&self) -> Result<Content, SnapshotError> {
        let limits = self.limits;
        self.root()?.read(&self.notebook, limits.max_bytes, limits)
    }

    /// Sizes are checked before anything is read, and again while it is.
    fn read_files(
        &self,
        mut listing: Listing,
        notebook: &Content,
    ) -> Result<Vec<Content>, SnapshotError> {
        let sizes = listing
            .files
            .iter()
            .map(|(path, bytes)| (path.as_str(), *bytes));
        self.limits
            .check(sizes, (&notebook.path, notebook.size()))?;
        listing.files.sort_unstable();
        let mut left = self.limits.max_bytes.saturating_sub(notebook.size());
        let mut files = Vec::new();
        for (path, _) in listing.files {
            let file = self.root()?.read(&path, left, self.limits)?;
            left = left.saturating_sub(file.size());
            files.push(file);
        }
        Ok(files)
    }

    fn refuse_unmatched(&self, listing: &Listing) -> Result<(), SnapshotError> {
        let Some(pattern) = listing.unmatched.first() else {
            return Ok(());
        };
        let root = self.root()?.path();
        Err(SnapshotError::NoMatch {
            is_folder: root.join(pattern).is_dir(),
            pattern: pattern.clone(),
            root: root.to_owned(),
        })
    }

    /// Finds the files; links to folders are not followed, pipes and devices are no files.
    fn list(&self) -> Result<Listing, SnapshotError> {
        let mut files = Vec::new();
        let mut has_matched = vec![false; self.wanted.len()];
        let mut looked_at = 0;
        let mut folders = Vec::from_iter((!self.wanted.is_empty()).then(String::new));
        while let Some(folder) = folders.pop() {
            for entry in self.root()?.entries(&folder)? {
                looked_at += 1;
                if looked_at > MOST_ENTRIES {
                    return Err(SnapshotError::TooManyEntries {
                        root: self.root()?.path().to_owned(),
                        limit: MOST_ENTRIES,
                    });
                }
                if self.excluded.iter().any(|own| own.covers(&entry.path)) {
                    continue;
                }
                if entry.is_folder {
                    if self.wanted.iter().any(|own| own.reaches(&entry.path)) {
                        folders.push(entry.into_path()?);
                    }
                } else if let Some(file) = self.wanted_file(entry, &mut has_matched)? {
                    files.push(file);
                    if files.len() > self.limits.max_files {
                        return Err(SnapshotError::TooManyFiles {
                            limit: self.limits.max_files,
                        });
                    }
                }
            }
        }
        let unmatched = self.wanted.iter().zip(has_matched);
        Ok(Listing {
            files,
            unmatched: unmatched
                .filter(|(_, has_matched)| !has_matched)
                .map(|(pattern, _)| pattern.text().to_owned())
                .collect(),
        })
    }

    /// The path and size of an entry that some pattern wants, unless it is the notebook.
    fn wanted_file(
        &self,
        entry: root::Entry,
        has_matched: &mut [bool],
    ) -> Result<Option<(String, u64)>, SnapshotError> {
        let matching: Vec<usize> = (0..self.wanted.len())
            .filter(|&at| self.wanted[at].matches(&entry.path))
            .collect();
        if matching.is_empty() {
            return Ok(None);
        }
        let size = self.root()?.size(&entry);
        let path = entry.into_path()?;
        let Some(bytes) = size? else {
            return Ok(None);
        };
        for at in matching {
            has_matched[at] = true;
        }
        Ok((path != self.notebook).then_some((path, bytes)))
    }
}

/// What the request's paths are relative to.
fn root_of(request: &PublishRequest, notebook: &Path) -> PathBuf {
    match &request.root {
        Some(root) => root.clone(),
        None => match notebook.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        },
    }
}

/// The path in the snapshot of a notebook in a store.
pub(super) fn name_of(request: &PublishRequest) -> Result<String, SnapshotError> {
    request
        .notebook
        .file_name()
        .ok_or_else(|| SnapshotError::NoName {
            location: request.notebook.to_string(),
        })
}

fn parse(patterns: &[String]) -> Result<Vec<Pattern>, SnapshotError> {
    patterns.iter().map(|text| Pattern::parse(text)).collect()
}
