//! The writing side of one run.
//!
//! # What is on file when
//!
//! | after | survives `kill -9` | survives a power failure |
//! |---|---|---|
//! | [`append`](Recorder::append) returned | the event, with its blobs | what was synced last, at most a second of events less |
//! | [`sync`](Recorder::sync) returned | every event | every event |
//! | [`finish`](Recorder::finish) returned | the record | the record: blobs, then journal, then manifest and chain were synced in this order |
//!
//! While a run is on, `fdatasync` is called by the first append after a second has passed since the
//! last one: a run that prints much pays for it once a second, a run that computes silently not at all.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nbpress_format::json::Json;
use nbpress_format::notebook::Notebook;
use rustix::fs::FallocateFlags;

use crate::blob::RunBlobs;
use crate::chain::LinkKind;
use crate::disk;
use crate::document::Document;
use crate::error::RecordError;
use crate::event::Event;
use crate::header::RunHeader;
use crate::journal::JournalWriter;
use crate::manifest::{BlobSummary, JournalSummary, Manifest};
use crate::payload;
use crate::run_id::RunId;
use crate::store::{Store, create_for_appending};

/// Longest time between two `fdatasync` while events are appended.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Kept free for the events that end a run on a full disk, and for its manifest.
const RESERVE_BYTES: u64 = 256 << 10;

/// Writes one run's record; whoever holds it is the run's only writer.
#[derive(Debug)]
pub struct Recorder {
    store: Store,
    run_id: RunId,
    journal: JournalWriter,
    blobs: RunBlobs,
    document: Document,
    synced_at: Instant,
}

impl Recorder {
    /// The run's folder gets its name when the first event is in it.
    pub(crate) fn begin(
        store: &Store,
        header: RunHeader,
        notebook: Notebook,
    ) -> Result<Self, RecordError> {
        let run_id = header.run_id;
        let folder = store.runs().join(format!(".new-{run_id}"));
        disk::create_folder(&folder)?;
        let begun = Self::begin_in(&folder, store, header, notebook);
        begun.inspect_err(|_| drop(disk::remove_folder(&folder)))
    }

    fn begin_in(
        folder: &Path,
        store: &Store,
        header: RunHeader,
        notebook: Notebook,
    ) -> Result<Self, RecordError> {
        let run_id = header.run_id;
        let path = folder.join("journal");
        let file = create_for_appending(&path)?;
        // As long as the writer has the file open, readers see by the lock that the run is on.
        file.lock().map_err(RecordError::io("lock", &path))?;
        let mut blobs = RunBlobs::new(folder);
        let mut journal = JournalWriter::new(file, path);
        let event = Event::RunStarted { header, notebook };
        journal.append(&[payload::encode(event.to_json(), &mut |bytes| {
            blobs.put(bytes)
        })?])?;
        reserve(&folder.join(RESERVE));
        let Event::RunStarted { header, notebook } = event else {
            unreachable!("it was made above")
        };
        disk::rename(folder, &store.run_folder(run_id))?;
        blobs.moved_to(&store.run_folder(run_id));
        journal.moved_to(store.journal_path(run_id));
        let document = Document::start(header, notebook);
        let store = store.clone();
        Ok(Self {
            store,
            run_id,
            journal,
            blobs,
            document,
            synced_at: Instant::now(),
        })
    }

    /// The run's name.
    pub fn run_id(&self) -> RunId {
        self.run_id
    }

    /// The run's folder.
    pub fn folder(&self) -> PathBuf {
        self.store.run_folder(self.run_id)
    }

    /// The notebook and state after every event so far.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Writes an event; see [`append_all`](Self::append_all).
    pub fn append(&mut self, event: &Event) -> Result<(), RecordError> {
        self.append_all(std::slice::from_ref(event))
    }

    /// Writes events with one `write(2)` and takes them into the document. Costs as much as the
    /// events are large, however long the journal is.
    ///
    /// # Errors
    /// None of the events is on file and the document is unchanged. [`RecordError::DiskFull`] frees
    /// the run's reserve, after which a few more events, such as the one that ends the run, find room.
    pub fn append_all(&mut self, events: &[Event]) -> Result<(), RecordError> {
        if events.is_empty() {
            return Ok(());
        }
        self.write(events).inspect_err(|error| {
            if error.is_disk_full() {
                drop(disk::remove_file(
                    &self.store.run_folder(self.run_id).join(RESERVE),
                ));
            }
        })?;
        for event in events {
            self.document.apply(event);
        }
        if self.synced_at.elapsed() >= SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    fn write(&mut self, events: &[Event]) -> Result<(), RecordError> {
        let mut payloads = Vec::with_capacity(events.len());
        for event in events {
            if let Event::KernelStarted { kernel, .. } = event
                && let Some(sha256) = &kernel.environment
            {
                self.blobs.hold(sha256, &self.store.blobs)?;
            }
            payloads.push(payload::encode(event.to_json(), &mut |bytes| {
                self.blobs.put(bytes)
            })?);
        }
        self.journal.append(&payloads)
    }

    /// Makes the folder for files that are to be [adopted](Self::adopt); it goes when the run is over.
    pub fn incoming(&self) -> Result<PathBuf, RecordError> {
        let folder = self.folder().join(INCOMING);
        disk::create_folder(&folder)?;
        Ok(folder)
    }

    /// Takes a file that an event is going to name from the folder of [incoming](Self::incoming) ones into the
    /// record, as a blob, and answers with its length. `None` when there is none, or it is not named by the SHA-256
    /// of its bytes.
    pub fn adopt(&mut self, sha256: &str) -> Result<Option<u64>, RecordError> {
        let folder = self.folder().join(INCOMING);
        self.blobs.adopt(&folder, sha256)
    }

    /// Makes a blob of a run that is over one of this one's, too.
    ///
    /// # Errors
    /// The store has none of that name.
    pub fn hold(&mut self, sha256: &str) -> Result<(), RecordError> {
        self.blobs.hold(sha256, &self.store.blobs)
    }

    /// Makes every event durable, their blobs first.
    pub fn sync(&mut self) -> Result<(), RecordError> {
        self.blobs.sync()?;
        self.journal.sync()?;
        self.synced_at = Instant::now();
        Ok(())
    }

    /// Closes the record of a run whose last event is [`Event::RunFinished`]: everything is made
    /// durable, the manifest written and added to the store's chain.
    ///
    /// # Errors
    /// The journal is complete all the same; the run is shown as finished, without a manifest.
    pub fn finish(mut self) -> Result<Manifest, RecordError> {
        let Some(outcome) = self.document.outcome().cloned() else {
            return Err(RecordError::NotFinished {
                run_id: self.run_id,
            });
        };
        disk::remove_file(&self.folder().join(RESERVE))?;
        disk::remove_folder(&self.folder().join(INCOMING))?;
        let (sha256, bytes, frames) = self.journal.summary();
        let mut manifest = Manifest::of(
            &self.document,
            outcome,
            JournalSummary {
                sha256,
                bytes,
                frames,
            },
        );
        let scraps = manifest.put_scraps_away(&mut |bytes| self.blobs.put(bytes))?;
        manifest.blobs = self
            .blobs
            .held()
            .map(|(sha256, bytes)| BlobSummary {
                sha256: sha256.to_owned(),
                bytes,
            })
            .collect();
        self.sync()?;
        self.publish(manifest, scraps)
    }

    fn publish(&self, mut manifest: Manifest, scraps: Json) -> Result<Manifest, RecordError> {
        let mut chain = self.store.lock_chain()?;
        self.blobs.share(&self.store.blobs)?;
        manifest.previous = chain.last_record().map(str::to_owned);
        let bytes = manifest.to_bytes(scraps);
        manifest.record_id = disk::sha256(&bytes);
        disk::create_synced(&self.store.unfinished_manifest_path(self.run_id), &bytes)?;
        disk::sync_folder(&self.folder())?;
        disk::sync_folder(&self.store.runs())?;
        chain.append(LinkKind::Finished, self.run_id, &manifest.record_id)?;
        self.store.put_manifest_in_place(self.run_id)?;
        disk::remove_folder(&self.folder().join("blobs"))?;
        Ok(manifest)
    }

    /// Removes the run from the store.
    pub fn discard(self) -> Result<(), RecordError> {
        self.store.remove_run_folder(self.run_id)
    }
}

/// The file whose room the last events take on a full disk.
const RESERVE: &str = "reserve";
/// The folder for files that become blobs.
const INCOMING: &str = ".incoming";

/// Takes room on the disk. Where the file system cannot do it there is no reserve.
fn reserve(path: &Path) {
    if let Ok(file) = create_for_appending(path)
        && rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, RESERVE_BYTES).is_err()
    {
        drop(disk::remove_file(path));
    }
}

#[cfg(test)]
mod tests;
