//! Whether every byte of a store is as it was written.
//!
//! The chain names every manifest by its hash, a manifest its journal and blobs by theirs. Journals
//! of runs without a manifest have only their frames' checksums. Whoever can write everything in the
//! store can also write a new chain: against that, keep the last record id elsewhere.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;

use crate::chain::{self, LinkKind};
use crate::disk;
use crate::error::RecordError;
use crate::journal::Tail;
use crate::manifest::Manifest;
use crate::record::{Record, RunState};
use crate::run_id::RunId;
use crate::store::Store;

/// What was read and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Records of finished runs.
    pub records: usize,
    /// Runs without a manifest: they are on, or were cut off.
    pub unfinished: usize,
    /// Blobs of finished runs.
    pub blobs: usize,
    /// Bytes of all of them.
    pub bytes: u64,
    /// The id of the newest record; kept elsewhere, it proves later that nothing was removed.
    pub last_record: Option<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What is worth knowing but happens without anybody's fault.
    pub notices: Vec<Problem>,
}

impl VerifyReport {
    /// Whether everything is as it was written.
    pub fn is_intact(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, from the store's folder.
    pub path: PathBuf,
    /// The run it belongs to.
    pub run_id: Option<RunId>,
    /// What is wrong.
    pub damage: Damage,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` {}", self.path.display(), self.damage)
    }
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is not there.
    Missing,
    /// Its bytes are not those that were written.
    Changed,
    /// This line of the chain was changed, moved, or the line before it was.
    ChangedLine(usize),
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// The chain has no such record.
    NotInChain,
    /// The record says that it follows another one than the chain says.
    OutOfOrder,
    /// So many bytes at its end are no whole event.
    TornTail(u64),
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("is missing"),
            Self::Changed => formatter.write_str("has changed"),
            Self::ChangedLine(line) => write!(formatter, "has changed in line {line}"),
            Self::Unreadable(reason) => write!(formatter, "cannot be read: {reason}"),
            Self::NotInChain => formatter.write_str("is not in the chain of records"),
            Self::OutOfOrder => formatter.write_str("is out of order"),
            Self::TornTail(bytes) => {
                write!(formatter, "ends with {bytes} bytes that are no whole event")
            }
        }
    }
}

/// Reads everything. Runs may begin and end meanwhile.
pub(crate) fn verify(store: &Store) -> Result<VerifyReport, RecordError> {
    complete(store)?;
    let mut check = Check {
        store,
        report: VerifyReport::default(),
        found: Vec::new(),
        blobs: BTreeMap::new(),
    };
    for run_id in store.run_ids()? {
        check.run(run_id)?;
    }
    check.all_blobs()?;
    // Read last: what the chain then says of a run is later than what was seen of it.
    check.chain()?;
    Ok(check.report)
}

/// Puts manifests in place whose writers were killed, or whose new names a power failure took.
fn complete(store: &Store) -> Result<(), RecordError> {
    let _lock = store.lock_chain()?;
    let chain = chain::read(store.root())?;
    chain.links.iter().try_for_each(|link| store.complete(link))
}

struct Check<'a> {
    store: &'a Store,
    report: VerifyReport,
    /// Run, record id, and what the record says is the one before.
    found: Vec<(RunId, String, Option<String>)>,
    /// Blobs that manifests refer to, with one of the runs.
    blobs: BTreeMap<String, RunId>,
}

impl Check<'_> {
    fn run(&mut self, run_id: RunId) -> Result<(), RecordError> {
        let path = self.store.manifest_path(run_id);
        let Some(bytes) = disk::read(&path)? else {
            self.unfinished(run_id);
            return Ok(());
        };
        self.report.records += 1;
        self.report.bytes += bytes.len() as u64;
        let blobs = self.store.blob_source(run_id);
        let manifest = match Manifest::from_bytes(&bytes, &|sha256| blobs.get(sha256)) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.problem(path, Some(run_id), Damage::Unreadable(error.to_string()));
                self.found.push((run_id, disk::sha256(&bytes), None));
                return Ok(());
            }
        };
        if manifest.header.run_id != run_id {
            self.problem(path, Some(run_id), Damage::Changed);
        }
        self.blobs.extend(
            manifest
                .blobs
                .iter()
                .map(|blob| (blob.sha256.clone(), run_id)),
        );
        let journal = self.store.journal_path(run_id);
        match disk::sha256_of_file(&journal)? {
            None => self.problem(journal, Some(run_id), Damage::Missing),
            Some((sha256, bytes)) => {
                self.report.bytes += bytes;
                if sha256 != manifest.journal.sha256 {
                    self.problem(journal, Some(run_id), Damage::Changed);
                }
            }
        }
        self.found
            .push((run_id, manifest.record_id, manifest.previous));
        Ok(())
    }

    fn unfinished(&mut self, run_id: RunId) {
        self.report.unfinished += 1;
        let path = self.store.journal_path(run_id);
        if disk::length(&path).is_none() {
            self.problem(path, Some(run_id), Damage::Missing);
            return;
        }
        let read = Record::open(self.store, run_id).and_then(|record| {
            let mut events = record.events()?;
            events.by_ref().try_for_each(|event| event.map(drop))?;
            Ok((record.state(), events.tail()))
        });
        match read {
            Err(error) => self.problem(path, Some(run_id), Damage::Unreadable(error.to_string())),
            // The end of a journal that is being written is nobody's fault.
            Ok((RunState::Running, _) | (_, Tail::Clean)) => {}
            Ok((_, Tail::Torn { dropped_bytes, .. })) => {
                let notice = self.made(path, Some(run_id), Damage::TornTail(dropped_bytes));
                self.report.notices.push(notice);
            }
        }
    }

    fn all_blobs(&mut self) -> Result<(), RecordError> {
        let stored = self.store.blobs.names()?;
        let referred: HashMap<&String, RunId> = self
            .blobs
            .iter()
            .map(|(sha256, run)| (sha256, *run))
            .collect();
        let mut problems = Vec::new();
        for sha256 in stored.iter().chain(
            referred
                .keys()
                .copied()
                .filter(|sha256| !stored.contains(*sha256)),
        ) {
            let run_id = referred.get(sha256).copied();
            let path = self.store.blobs.path(sha256);
            match disk::sha256_of_file(&path)? {
                None => problems.push((path, run_id, Damage::Missing)),
                Some((found, bytes)) => {
                    self.report.blobs += 1;
                    self.report.bytes += bytes;
                    if found != *sha256 {
                        problems.push((path, run_id, Damage::Changed));
                    }
                }
            }
        }
        for (path, run_id, damage) in problems {
            self.problem(path, run_id, damage);
        }
        Ok(())
    }

    fn chain(&mut self) -> Result<(), RecordError> {
        let chain = chain::read(self.store.root())?;
        let path = self.store.root().join("chain");
        for line in chain.damaged_lines {
            self.problem(path.clone(), None, Damage::ChangedLine(line));
        }
        let mut previous = None;
        let mut expected = HashMap::new();
        let mut removed = HashSet::new();
        for link in chain.links {
            match link.kind {
                LinkKind::Finished => {
                    expected.insert(
                        link.run_id,
                        (link.record_id.clone(), previous.replace(link.record_id)),
                    );
                }
                LinkKind::Removed => {
                    removed.insert(link.run_id);
                }
            }
        }
        self.report.last_record = previous;
        self.report.problems.retain(|problem| {
            problem
                .run_id
                .is_none_or(|run_id| !removed.contains(&run_id))
        });
        for (run_id, record_id, previous) in std::mem::take(&mut self.found) {
            let damage = match expected.remove(&run_id) {
                _ if removed.contains(&run_id) => continue,
                None => Damage::NotInChain,
                Some((expected_id, _)) if expected_id != record_id => Damage::Changed,
                Some((_, expected_previous)) if expected_previous != previous => Damage::OutOfOrder,
                Some(_) => continue,
            };
            self.problem(self.store.manifest_path(run_id), Some(run_id), damage);
        }
        for run_id in expected
            .into_keys()
            .filter(|run_id| !removed.contains(run_id))
        {
            // A run that finished after it was looked at has its manifest by now.
            let path = self.store.manifest_path(run_id);
            if disk::length(&path).is_none() {
                self.problem(path, Some(run_id), Damage::Missing);
            }
        }
        Ok(())
    }

    fn problem(&mut self, path: PathBuf, run_id: Option<RunId>, damage: Damage) {
        let problem = self.made(path, run_id, damage);
        self.report.problems.push(problem);
    }

    fn made(&self, path: PathBuf, run_id: Option<RunId>, damage: Damage) -> Problem {
        let path = path
            .strip_prefix(self.store.root())
            .map(PathBuf::from)
            .unwrap_or(path);
        Problem {
            path,
            run_id,
            damage,
        }
    }
}

#[cfg(test)]
mod tests;
