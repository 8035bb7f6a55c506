//! Reads the notebooks of the served folder: those that were changed through the server soon after, the others when
//! the folder is looked through, at the start and every few minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nbpress_contents::{ContentsError, ContentsPath, Entry, Kind, ListOptions, Workspace};
use nbpress_format::Notebook;
use nbpress_search::{Document, DocumentKind, Stamp};
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::pace::Pace;
use super::{Behind, Desk, SERVED};
use crate::App;

/// Between two looks through the folder.
const BETWEEN_LOOKS: Duration = Duration::from_mins(5);
/// Entries of a folder that are in memory.
const PART: usize = 500;
/// Notebooks that are read, and written into the index, together.
const TOGETHER: usize = 16;
/// Bytes of them, about.
const TOGETHER_BYTES: u64 = 8 << 20;
/// Of longer notebooks only the name is found.
const LONGEST: u64 = 64 << 20;

const NOTEBOOK: DocumentKind = DocumentKind::Notebook;

/// What the index knows of the files, by path.
type Known = BTreeMap<String, (Stamp, String)>;

pub(super) async fn keep(app: &App, desk: &Desk) {
    let Some(jupyter) = &app.jupyter else {
        desk.notebooks.end();
        return;
    };
    let reader = Reader {
        workspace: &jupyter.workspace,
        desk,
    };
    let mut rebuilds = desk.rebuilds.subscribe();
    let mut changes = jupyter.workspace.changes();
    loop {
        rebuilds.mark_unchanged();
        desk.notebooks.begin();
        // What fails now is looked at again at the next look.
        let _behind = reader.look(&ContentsPath::root(), &mut changes).await;
        desk.notebooks.end();
        let _again = tokio::time::timeout(BETWEEN_LOOKS, async {
            tokio::select! {
                _asked = rebuilds.changed() => {}
                () = reader.follow(&mut changes) => {}
            }
        })
        .await;
    }
}

struct Reader<'a> {
    workspace: &'a Workspace,
    desk: &'a Desk,
}

impl Reader<'_> {
    /// Reads what is changed until changes were missed: what was saved several times meanwhile, once.
    async fn follow(&self, changes: &mut Receiver<ContentsPath>) {
        loop {
            let mut changed = BTreeSet::new();
            match changes.recv().await {
                Ok(path) => changed.insert(path),
                Err(RecvError::Lagged(_)) => return,
                // The workspace is gone, and so will be the server.
                Err(RecvError::Closed) => std::future::pending().await,
            };
            loop {
                match changes.try_recv() {
                    Ok(path) => changed.insert(path),
                    Err(TryRecvError::Lagged(_)) => return,
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                };
            }
            for path in changed {
                let mut pace = Pace::begin();
                let _behind = self.take_in(&path).await;
                pace.rest_long().await;
            }
        }
    }

    /// Reads what was changed meanwhile. Whatever was missed is found by the look that is on, or the next one.
    async fn catch_up(&self, changes: &mut Receiver<ContentsPath>) {
        loop {
            match changes.try_recv() {
                Ok(path) => {
                    let _behind = self.take_in(&path).await;
                }
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Makes the index say what is at a path now.
    async fn take_in(&self, path: &ContentsPath) -> Result<(), Behind> {
        match self.workspace.entry(path).await {
            Ok(entry) if entry.kind == Kind::Directory => self.look_beneath(path).await,
            Ok(entry) if entry.kind == Kind::Notebook => {
                self.read(vec![entry], &Known::new()).await
            }
            Ok(_) | Err(ContentsError::Hidden { .. }) => Ok(()),
            Err(ContentsError::NotFound { .. } | ContentsError::OutsideRoot { .. }) => {
                let index = &self.desk.index;
                for place in index.places_at(NOTEBOOK, SERVED, path.as_str()).await? {
                    index.remove(NOTEBOOK, SERVED, &place).await?;
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A folder that came with everything in it.
    async fn look_beneath(&self, folder: &ContentsPath) -> Result<(), Behind> {
        let mut nothing = self.workspace.changes();
        Box::pin(self.look(folder, &mut nothing)).await
    }

    /// Compares everything in a folder with the index.
    async fn look(
        &self,
        folder: &ContentsPath,
        changes: &mut Receiver<ContentsPath>,
    ) -> Result<(), Behind> {
        let index = &self.desk.index;
        let mut known = index.stamps(NOTEBOOK, SERVED).await?;
        if !folder.is_root() {
            let beneath = format!("{folder}/");
            known.retain(|place, _| place.starts_with(&beneath));
        }
        let mut there = BTreeSet::new();
        let mut folders = vec![folder.clone()];
        let mut pace = Pace::begin();
        while let Some(folder) = folders.pop() {
            // A link to a folder is another name of what is read where it is, or leads in a circle.
            if self.workspace.real_path(&folder).await? != folder {
                continue;
            }
            let mut after = None;
            loop {
                let options = ListOptions {
                    after,
                    limit: PART,
                    ..ListOptions::default()
                };
                let page = self.workspace.list(&folder, options).await?;
                let mut changed = Vec::new();
                for entry in page.entries {
                    match entry.kind {
                        Kind::Directory => folders.push(entry.path),
                        Kind::File => {}
                        Kind::Notebook => {
                            self.desk.notebooks.looked_at(1);
                            there.insert(entry.path.to_string());
                            let before = known.get(entry.path.as_str());
                            if !before.is_some_and(|(before, _)| before.matches(&stamp(&entry))) {
                                changed.push(entry);
                            }
                        }
                    }
                }
                for together in together(changed) {
                    self.read(together, &known).await?;
                    self.catch_up(changes).await;
                    pace.rest().await;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        for place in known.keys().filter(|place| !there.contains(*place)) {
            // It may have come while the look was elsewhere.
            if let Ok(path) = ContentsPath::parse(place) {
                Box::pin(self.take_in(&path)).await?;
            }
        }
        Ok(())
    }

    /// Reads notebooks and puts them into the index. Of those whose bytes it knows only the time is new.
    async fn read(&self, entries: Vec<Entry>, known: &Known) -> Result<(), Behind> {
        let mut read = Vec::new();
        for entry in entries {
            let (entry, bytes) = if entry.size.is_some_and(|size| size > LONGEST) {
                (entry, None)
            } else {
                match self.workspace.read(&entry.path).await {
                    Ok((entry, bytes)) => (entry, Some(bytes)),
                    // It went away, or may not be read: its name is found all the same, until the next look.
                    Err(_) => (entry, None),
                }
            };
            read.push((entry, bytes));
        }
        self.desk.notebooks.read(read.len());
        let hashes: Vec<Option<String>> = read
            .iter()
            .map(|(entry, _)| known.get(entry.path.as_str()).map(|(_, hash)| hash.clone()))
            .collect();
        let made = tokio::task::spawn_blocking(move || {
            let read = read.into_iter().zip(hashes);
            let documents = read
                .map(|((entry, bytes), hash)| document(&entry, bytes.as_deref(), hash.as_deref()));
            documents.collect::<Vec<_>>()
        });
        // It never panics; if it did, the rest would still be read.
        let Ok(made) = made.await else {
            return Ok(());
        };
        let index = &self.desk.index;
        let mut documents = Vec::new();
        for made in made {
            match made {
                Made::Same(place, stamp) => {
                    index.restamp(NOTEBOOK, SERVED, &place, &stamp).await?;
                }
                Made::New(document) => documents.push(*document),
            }
        }
        if !documents.is_empty() {
            index.put(&documents).await?;
        }
        Ok(())
    }
}

/// What became of a notebook that was read.
enum Made {
    /// The bytes are those that the index has.
    Same(String, Stamp),
    New(Box<Document>),
}

fn document(entry: &Entry, bytes: Option<&[u8]>, known: Option<&str>) -> Made {
    let path = entry.path.as_str();
    let stamp = stamp(entry);
    let hash = bytes.map(|bytes| hex::encode(Sha256::digest(bytes)));
    if hash.is_some() && hash.as_deref() == known {
        return Made::Same(path.to_owned(), stamp);
    }
    let mut document = Document::new(NOTEBOOK, SERVED, path, path);
    if let Some(notebook) = bytes.and_then(|bytes| Notebook::parse(bytes).ok()) {
        document = document.with_notebook(&notebook);
    }
    document.stamp = stamp;
    document.hash = hash.unwrap_or_default();
    Made::New(Box::new(document))
}

fn stamp(entry: &Entry) -> Stamp {
    Stamp {
        size: entry.size.unwrap_or_default(),
        // The index counts in microseconds.
        modified: jiff::Timestamp::from_microsecond(entry.last_modified.as_microsecond())
            .unwrap_or(entry.last_modified),
        etag: entry.etag.clone(),
    }
}

/// Notebooks in groups of which the bytes are in memory together.
fn together(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut groups = Vec::new();
    let mut group = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.size.unwrap_or_default();
        if !group.is_empty() && (group.len() == TOGETHER || bytes + size > TOGETHER_BYTES) {
            groups.push(std::mem::take(&mut group));
            bytes = 0;
        }
        bytes += size;
        group.push(entry);
    }
    groups.push(group);
    groups.retain(|group| !group.is_empty());
    groups
}
