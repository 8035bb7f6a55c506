//! Snapshots in temporary folders: what was published is what is written out, whatever happens meanwhile.

mod changes;
mod copy;
mod crashes;
mod hostile;
mod publish;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nbpress_storage::Settings;
use serde_json::json;
use tempfile::TempDir;

use super::*;

/// A working copy, a store and a place to write snapshots to, all in one temporary folder.
struct Desk {
    folder: TempDir,
    store: SnapshotStore,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        let store = store_at(&folder.path().join("store"));
        Self { folder, store }
    }

    /// With these files in the working copy.
    fn with(files: &[(&str, &str)]) -> Self {
        let desk = Self::new();
        for (path, text) in files {
            desk.save(path, text.as_bytes());
        }
        desk
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn save(&self, path: &str, bytes: &[u8]) {
        write(&self.work().join(path), bytes);
    }

    /// Where the store keeps an object.
    fn object(&self, sha256: &str) -> PathBuf {
        let objects = self.folder.path().join("store/objects");
        objects.join(&sha256[..2]).join(sha256)
    }

    /// A notebook of the working copy and the files these patterns find.
    fn request(&self, notebook: &str, files: &[&str]) -> PublishRequest {
        PublishRequest {
            files: files.iter().map(|&text| text.to_owned()).collect(),
            ..PublishRequest::new(local(&self.work().join(notebook)))
        }
    }

    async fn publish(&self, notebook: &str, files: &[&str]) -> Result<Snapshot, SnapshotError> {
        self.store.publish(&self.request(notebook, files)).await
    }

    /// Writes a snapshot to a folder that is not there yet.
    async fn materialize(&self, id: &SnapshotId) -> Result<(PathBuf, Tree), SnapshotError> {
        let folder = TempDir::new_in(self.folder.path())
            .unwrap()
            .path()
            .join("new");
        let notebook = self.store.materialize(id, &folder).await?;
        let relative = notebook.strip_prefix(&folder).unwrap().to_owned();
        Ok((relative, tree(&folder)))
    }
}

fn store_at(base: &Path) -> SnapshotStore {
    let settings = Settings::new(BTreeMap::new(), PathBuf::from("/nonexistent"));
    SnapshotStore::new(Arc::new(Storage::new(settings)), &local(base))
}

fn local(path: &Path) -> Location {
    Location::parse(path.to_str().unwrap()).unwrap()
}

/// The bytes of every file by its path, and whether it can be executed.
type Tree = BTreeMap<String, (Vec<u8>, bool)>;

fn tree(folder: &Path) -> Tree {
    let mut files = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            files.insert(name.to_owned(), (read(&path), mode & 0o100 != 0));
        }
    }
    files
}

fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().write_all(bytes).unwrap();
}

/// A notebook with these code cells, as id and text.
fn notebook(cells: &[(&str, &str)]) -> String {
    let cells: Vec<_> = cells
        .iter()
        .map(|(id, source)| {
            json!({"cell_type": "code", "execution_count": null, "id": id, "metadata": {},
                   "outputs": [], "source": source})
        })
        .collect();
    let kernel = json!({"name": "python3", "display_name": "Python 3", "language": "python"});
    json!({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})
        .to_string()
}

/// An error with its causes and its hint, as a person reads it.
fn told(error: &SnapshotError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    match error.hint() {
        Some(hint) => format!("{text} ({hint})"),
        None => text,
    }
}
