//! Workspaces as their users see them: one suite on a folder and on a real S3 server, and what only
//! one of them can do wrong.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bucket;
mod conformance;
mod folder;
mod history;
mod merged;
mod reference;
mod saves;
mod writers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nbpress_contents::{
    Change, Condition, ContentsError, ContentsPath, Entry, Happened, ListOptions, Saved, Watch,
    Workspace,
};
use nbpress_storage::{Location, Settings, Storage};
use tempfile::TempDir;

/// A workspace in a folder, with its history beside it.
struct OnDisk {
    folder: TempDir,
    workspace: Workspace,
}

impl OnDisk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("root")).unwrap();
        let workspace = open_folder(folder.path()).await;
        Self { folder, workspace }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// As another program would write it.
    #[expect(clippy::disallowed_methods, reason = "another program would write so")]
    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.root().join(path), bytes).unwrap();
    }

    /// As another program would read it.
    #[expect(clippy::disallowed_methods, reason = "another program would read so")]
    fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.root().join(path)).unwrap()
    }
}

async fn open_folder(folder: &Path) -> Workspace {
    let storage = storage(&[]);
    let root = Location::from(folder.join("root"));
    let history = Location::from(folder.join("history"));
    Workspace::open(storage, &root, &history).await.unwrap()
}

fn storage(environment: &[(&str, &str)]) -> Arc<Storage> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment: BTreeMap<_, _> = environment.iter().map(own).collect();
    Arc::new(Storage::new(Settings::new(
        environment,
        PathBuf::from("/nonexistent"),
    )))
}

fn location(text: &str) -> Location {
    Location::parse(text).unwrap()
}

fn path(text: &str) -> ContentsPath {
    ContentsPath::parse(text).unwrap()
}

fn bytes(text: &str) -> Bytes {
    Bytes::from(text.to_owned())
}

async fn save(workspace: &Workspace, at: &str, text: &str) -> Saved {
    let saved = workspace.save(&path(at), bytes(text), Condition::Any).await;
    saved.unwrap()
}

/// Longer than anything takes, however busy the machine is.
const LONG: Duration = Duration::from_mins(1);

/// Waits until all of this was told, in whatever order and however often.
async fn told(watch: &mut Watch, expected: &[&str]) -> Vec<Change> {
    let mut missing: BTreeSet<&str> = expected.iter().copied().collect();
    let mut told = Vec::new();
    while !missing.is_empty() {
        let Ok(changes) = tokio::time::timeout(LONG, watch.next()).await else {
            panic!("{missing:?} was never told, only {told:?}");
        };
        for change in changes.unwrap() {
            let from = match &change.happened {
                Happened::Renamed { from } => format!(" from {from}"),
                _ => String::new(),
            };
            missing.remove(format!("{} {}{from}", change.path, change.happened.as_str()).as_str());
            told.push(change);
        }
    }
    told
}

async fn text(workspace: &Workspace, at: &str) -> String {
    let (_, bytes) = workspace.read(&path(at)).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn names(workspace: &Workspace, at: &str) -> Vec<String> {
    let page = workspace.list(&path(at), ListOptions::default()).await;
    names_of(&page.unwrap().entries)
}

fn names_of(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.name.clone()).collect()
}

/// The variant's name.
fn kind_of(error: &ContentsError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(', '{']).next().unwrap().to_owned()
}

fn refusal<T>(result: Result<T, ContentsError>) -> String {
    result.err().as_ref().map_or("done".to_owned(), kind_of)
}
