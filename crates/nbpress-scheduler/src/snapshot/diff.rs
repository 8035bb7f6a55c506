//! How far the working copy is ahead of a snapshot: files, and the notebook cell by cell.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use nbpress_format::Notebook;
use serde::{Deserialize, Serialize};

use super::contents::{Content, parse};
use super::manifest::Manifest;

mod cells;

/// How long comparing may take; beyond it the answer is right but coarser.
const PATIENCE: Duration = Duration::from_secs(1);

/// What republishing would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotDiff {
    /// In one line: `2 cells changed, 1 file added`.
    pub summary: String,
    /// The notebook.
    pub notebook: NotebookDiff,
    /// The other files that are not the same, sorted by path.
    pub files: Vec<FileChange>,
}

/// What has become of the notebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotebookDiff {
    /// In one word.
    pub state: NotebookState,
    /// Its path, where that is another now.
    pub renamed_to: Option<String>,
    /// Whether it names another kernel or language.
    pub kernel_changed: bool,
    /// The cells that are not the same, in their present order.
    pub cells: Vec<CellChange>,
}

/// What has become of the notebook, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotebookState {
    /// The same bytes.
    Same,
    /// Cells or the kernel are not the same.
    Edited,
    /// Other bytes, but what would run is the same: outputs, or metadata that only tools read.
    OutputsOnly,
    /// It is gone.
    Missing,
    /// What is there is not a notebook.
    Unreadable,
}

/// A cell that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellChange {
    /// What has become of it.
    pub change: CellChangeKind,
    /// Its id.
    pub id: Option<String>,
    /// Where it was in the snapshot, counted from 0.
    pub before: Option<usize>,
    /// Where it is now, counted from 0.
    pub after: Option<usize>,
    /// A unified diff of its text, or of its type and tags where only these changed. Empty for a
    /// cell that moved. Cut after 64 KiB.
    pub diff: String,
}

/// What has become of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellChangeKind {
    /// Its text, type or tags are others.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is in another place.
    Moved,
}

/// A file that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Relative to the root.
    pub path: String,
    /// What has become of it.
    pub change: FileChangeKind,
}

/// What has become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChangeKind {
    /// Its bytes are others, or it can be executed now, or no longer.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// Compares a snapshot with what is there now; `before` are the bytes of its notebook, needed where
/// those of the present one are others.
pub(super) fn compare(
    manifest: &Manifest,
    before: Option<Bytes>,
    notebook: Option<&Content>,
    files: &[Content],
) -> Option<SnapshotDiff> {
    let notebook = compare_notebooks(manifest, before, notebook);
    let files = compare_files(manifest, files);
    let is_same = notebook.state == NotebookState::Same && notebook.renamed_to.is_none();
    if is_same && files.is_empty() {
        return None;
    }
    Some(SnapshotDiff {
        summary: summary(&notebook, &files),
        notebook,
        files,
    })
}

fn compare_notebooks(
    manifest: &Manifest,
    before: Option<Bytes>,
    now: Option<&Content>,
) -> NotebookDiff {
    let renamed = now.filter(|now| now.path != manifest.notebook.path);
    let mut diff = NotebookDiff {
        state: NotebookState::Same,
        renamed_to: renamed.map(|now| now.path.clone()),
        kernel_changed: false,
        cells: Vec::new(),
    };
    let (Some(now), before) = (now, before) else {
        diff.state = NotebookState::Missing;
        return diff;
    };
    let Some(before) = before else {
        return diff;
    };
    let before = parse(&manifest.notebook.path, &before);
    let (Ok(before), Ok(now)) = (before, parse(&now.path, &now.bytes)) else {
        diff.state = NotebookState::Unreadable;
        return diff;
    };
    diff.kernel_changed = kernel(&before) != kernel(&now);
    diff.cells = cells::compare(&before.cells, &now.cells, Instant::now() + PATIENCE);
    diff.state = if diff.kernel_changed || !diff.cells.is_empty() {
        NotebookState::Edited
    } else {
        NotebookState::OutputsOnly
    };
    diff
}

fn kernel(notebook: &Notebook) -> (Option<&str>, Option<&str>) {
    (notebook.kernel_name(), notebook.language())
}

fn compare_files(manifest: &Manifest, files: &[Content]) -> Vec<FileChange> {
    let then = manifest
        .files
        .iter()
        .map(|file| (file.path.as_str(), (file.sha256.as_str(), file.executable)));
    let mut then: BTreeMap<_, _> = then.collect();
    let mut changes = BTreeMap::new();
    for file in files {
        let now = (file.sha256.as_str(), file.executable);
        let change = match then.remove(file.path.as_str()) {
            Some(before) if before == now => continue,
            Some(_) => FileChangeKind::Changed,
            None => FileChangeKind::Added,
        };
        changes.insert(file.path.as_str(), change);
    }
    changes.extend(then.into_keys().map(|path| (path, FileChangeKind::Removed)));
    let changes = changes.into_iter().map(|(path, change)| FileChange {
        path: path.to_owned(),
        change,
    });
    changes.collect()
}

fn summary(notebook: &NotebookDiff, files: &[FileChange]) -> String {
    let mut parts = Vec::new();
    match notebook.state {
        NotebookState::Missing => parts.push("the notebook is gone".to_owned()),
        NotebookState::Unreadable => parts.push("the file is not a notebook any more".to_owned()),
        NotebookState::OutputsOnly => parts.push("only outputs or metadata changed".to_owned()),
        NotebookState::Same | NotebookState::Edited => {}
    }
    if let Some(path) = &notebook.renamed_to {
        parts.push(format!("the notebook is `{path}` now"));
    }
    if notebook.kernel_changed {
        parts.push("another kernel".to_owned());
    }
    for (kind, word) in [
        (CellChangeKind::Changed, "changed"),
        (CellChangeKind::Added, "added"),
        (CellChangeKind::Removed, "removed"),
        (CellChangeKind::Moved, "moved"),
    ] {
        let number = notebook.cells.iter().filter(|cell| cell.change == kind);
        parts.extend(counted(number.count(), "cell", word));
    }
    for (kind, word) in [
        (FileChangeKind::Changed, "changed"),
        (FileChangeKind::Added, "added"),
        (FileChangeKind::Removed, "removed"),
    ] {
        let number = files.iter().filter(|file| file.change == kind);
        parts.extend(counted(number.count(), "file", word));
    }
    parts.join(", ")
}

fn counted(number: usize, noun: &str, verb: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {noun} {verb}")),
        _ => Some(format!("{number} {noun}s {verb}")),
    }
}
