//! The store: a local folder with the records of runs.
//!
//! ```text
//! <store>/runs/<run id>/journal         what happened, event by event
//! <store>/runs/<run id>/manifest.json   what it was, once it is over
//! <store>/runs/<run id>/blobs/<sha256>  large values, until it is over
//! <store>/blobs/<2 digits>/<sha256>     large values of runs that are over
//! <store>/chain                         the order of the records
//! ```
//!
//! A store is always a folder of this machine: a journal needs appending, locking and syncing, which
//! object stores do not have. Names that begin with a dot are unfinished business and not looked at.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nbpress_format::notebook::Notebook;

use crate::blob::{BlobSource, SharedBlobs};
use crate::chain::{Chain, Link, LinkKind};
use crate::disk;
use crate::error::RecordError;
use crate::header::RunHeader;
use crate::journal::JournalReader;
use crate::manifest::Manifest;
use crate::outcome::Outcome;
use crate::record::{Record, RunState};
use crate::recorder::Recorder;
use crate::run_id::RunId;
use crate::verify::{VerifyReport, verify};

/// The records of runs in one folder.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    pub(crate) blobs: SharedBlobs,
}

/// What a list of runs shows of one.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Its name.
    pub run_id: RunId,
    /// Whether it is on.
    pub state: RunState,
    /// What was known when it began.
    pub header: RunHeader,
    /// How it ended; absent while it is on.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The id of its record.
    pub record_id: Option<String>,
}

impl Store {
    /// The store in a folder, which is made if there is none.
    pub fn open(root: &Path) -> Result<Self, RecordError> {
        let store = Self {
            root: root.to_owned(),
            blobs: SharedBlobs::in_store(root),
        };
        disk::create_folder(&store.runs())?;
        Ok(store)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Begins a run: its journal, with [`Event::RunStarted`](crate::Event::RunStarted) in it, is there when this returns.
    pub fn begin(&self, header: RunHeader, notebook: Notebook) -> Result<Recorder, RecordError> {
        Recorder::begin(self, header, notebook)
    }

    /// The run with this name, or whose name is the only one to begin like this (`run_` may be left
    /// out), or the `latest`.
    pub fn find(&self, wanted: &str) -> Result<Record, RecordError> {
        if let Ok(run_id) = RunId::parse(wanted) {
            return self.record(run_id, wanted);
        }
        let mut runs = self.run_ids()?;
        if wanted == "latest" {
            runs.truncate(1);
        } else {
            let lower = wanted.to_ascii_lowercase();
            let begin = lower.strip_prefix("run_").unwrap_or(&lower);
            runs.retain(|id| id.to_string()["run_".len()..].starts_with(begin));
        }
        match runs.as_slice() {
            [run_id] => self.record(*run_id, wanted),
            [] => Err(self.not_found(wanted)),
            _ => Err(RecordError::Ambiguous {
                wanted: wanted.to_owned(),
                matches: runs,
            }),
        }
    }

    fn record(&self, run_id: RunId, wanted: &str) -> Result<Record, RecordError> {
        if !self.run_folder(run_id).is_dir() {
            return Err(self.not_found(wanted));
        }
        Record::open(self, run_id)
    }

    fn not_found(&self, wanted: &str) -> RecordError {
        RecordError::NotFound {
            wanted: wanted.to_owned(),
            store: self.root.clone(),
        }
    }

    /// Every run that can be read, newest first. Of runs that are over only the manifest is read, of
    /// the others the first event and the last.
    pub fn list(&self) -> Result<Vec<RunSummary>, RecordError> {
        Ok(self
            .run_ids()?
            .into_iter()
            .filter_map(|run_id| self.summary(run_id).ok())
            .collect())
    }

    /// What a list shows of one run.
    pub fn summary(&self, run_id: RunId) -> Result<RunSummary, RecordError> {
        if let Some(manifest) = self.manifest(run_id)? {
            return Ok(RunSummary {
                run_id,
                state: RunState::Finished,
                header: manifest.header,
                outcome: Some(manifest.outcome),
                finished_at: Some(manifest.finished_at),
                record_id: Some(manifest.record_id),
            });
        }
        let record = Record::open(self, run_id)?;
        let end = record.end()?;
        Ok(RunSummary {
            run_id,
            state: record.state(),
            header: record.header().clone(),
            finished_at: end.as_ref().map(|(_, at)| *at),
            outcome: end.map(|(outcome, _)| outcome),
            record_id: None,
        })
    }

    /// Removes a run that is not on, and the blobs that no other run needs.
    pub fn remove(&self, run_id: RunId) -> Result<(), RecordError> {
        if !self.run_folder(run_id).is_dir() {
            return Err(self.not_found(&run_id.to_string()));
        }
        if self.is_running(run_id)? {
            return Err(RecordError::StillRunning { run_id });
        }
        let mut chain = self.lock_chain()?;
        let manifest = self.manifest(run_id)?;
        if let Some(manifest) = &manifest {
            chain.append(LinkKind::Removed, run_id, &manifest.record_id)?;
        }
        self.remove_run_folder(run_id)?;
        self.remove_unneeded_blobs(manifest.map(|manifest| manifest.blobs).unwrap_or_default())
    }

    /// Runs that are on hold their blobs by a link of their own, so only manifests are looked at.
    fn remove_unneeded_blobs(
        &self,
        mut unneeded: Vec<crate::manifest::BlobSummary>,
    ) -> Result<(), RecordError> {
        for run_id in self.run_ids()? {
            if unneeded.is_empty() {
                break;
            }
            // While one manifest cannot be read, nobody knows what it needs.
            let Ok(other) = self.manifest(run_id) else {
                return Ok(());
            };
            if let Some(other) = other {
                unneeded.retain(|blob| {
                    other
                        .blobs
                        .binary_search_by(|b| b.sha256.cmp(&blob.sha256))
                        .is_err()
                });
            }
        }
        unneeded
            .iter()
            .try_for_each(|blob| self.blobs.remove(&blob.sha256))
    }

    /// Keeps some bytes, durably, and names them by their SHA-256.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<String, RecordError> {
        self.blobs.put(bytes)
    }

    /// The bytes of a blob that was [put](Self::put_blob) or that belongs to a run that is over.
    pub fn get_blob(&self, sha256: &str) -> Result<Vec<u8>, RecordError> {
        self.blobs.get(sha256)
    }

    /// Reads every byte of the store and reports what is not as it was written.
    pub fn verify(&self) -> Result<VerifyReport, RecordError> {
        verify(self)
    }

    /// The names of all runs, newest first.
    pub(crate) fn run_ids(&self) -> Result<Vec<RunId>, RecordError> {
        let names = disk::names(&self.runs())?;
        let mut runs: Vec<RunId> = names
            .iter()
            .filter_map(|name| RunId::parse(name).ok())
            .collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        Ok(runs)
    }

    /// The manifest of a run that is over.
    pub(crate) fn manifest(&self, run_id: RunId) -> Result<Option<Manifest>, RecordError> {
        let path = self.manifest_path(run_id);
        let Some(bytes) = disk::read(&path)? else {
            return Ok(None);
        };
        let blobs = self.blob_source(run_id);
        let manifest = Manifest::from_bytes(&bytes, &|sha256| blobs.get(sha256));
        manifest.map(Some).map_err(|error| error.of(&path))
    }

    /// Whether a runner holds the journal.
    pub(crate) fn is_running(&self, run_id: RunId) -> Result<bool, RecordError> {
        let path = self.journal_path(run_id);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if disk::is_absent(&error) => return Ok(false),
            Err(error) => return Err(RecordError::io("open", &path)(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(RecordError::io("lock", &path)(error)),
        }
    }

    pub(crate) fn open_journal(
        &self,
        run_id: RunId,
    ) -> Result<JournalReader<std::io::BufReader<File>>, RecordError> {
        JournalReader::open(&self.journal_path(run_id))
    }

    /// The chain, locked; a manifest that its last line announces but that was not put in place is.
    pub(crate) fn lock_chain(&self) -> Result<Chain, RecordError> {
        let chain = Chain::lock(&self.root)?;
        if let Some(last) = chain.last() {
            self.complete(last)?;
        }
        Ok(chain)
    }

    /// Puts the manifest that a line of the chain announces in place, if that was left undone. The
    /// chain must be locked.
    pub(crate) fn complete(&self, link: &Link) -> Result<(), RecordError> {
        if link.kind == LinkKind::Finished
            && !self.manifest_path(link.run_id).is_file()
            && let Some(bytes) = disk::read(&self.unfinished_manifest_path(link.run_id))?
            && disk::sha256(&bytes) == link.record_id
        {
            self.put_manifest_in_place(link.run_id)?;
        }
        Ok(())
    }

    /// The new name need not be durable: whoever misses it [completes](Self::complete) it again.
    pub(crate) fn put_manifest_in_place(&self, run_id: RunId) -> Result<(), RecordError> {
        disk::rename(
            &self.unfinished_manifest_path(run_id),
            &self.manifest_path(run_id),
        )
    }

    /// Removes a run's folder: nobody ever sees half of it.
    pub(crate) fn remove_run_folder(&self, run_id: RunId) -> Result<(), RecordError> {
        let leaving = self.runs().join(format!(".removed-{run_id}"));
        disk::rename(&self.run_folder(run_id), &leaving)?;
        disk::remove_folder(&leaving)
    }

    pub(crate) fn blob_source(&self, run_id: RunId) -> BlobSource {
        BlobSource::new(&self.run_folder(run_id), self.blobs.clone())
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(crate) fn run_folder(&self, run_id: RunId) -> PathBuf {
        self.runs().join(run_id.to_string())
    }

    pub(crate) fn journal_path(&self, run_id: RunId) -> PathBuf {
        self.run_folder(run_id).join("journal")
    }

    pub(crate) fn manifest_path(&self, run_id: RunId) -> PathBuf {
        self.run_folder(run_id).join("manifest.json")
    }

    pub(crate) fn unfinished_manifest_path(&self, run_id: RunId) -> PathBuf {
        self.run_folder(run_id).join(".manifest.json")
    }
}

/// Opens a file for appending; it must not be there.
pub(crate) fn create_for_appending(path: &Path) -> Result<File, RecordError> {
    OpenOptions::new()
        .create_new(true)
        .append(true)
        .open(path)
        .map_err(RecordError::io("create", path))
}

#[cfg(test)]
mod tests;
