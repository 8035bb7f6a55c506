//! The order in which records came into a store, as a chain of hashes.
//!
//! `<store>/chain` has one line per record, oldest first, and is only appended to:
//!
//! ```text
//! <link> finished <run id> <record id>
//! <link> removed <run id> <record id>
//! ```
//!
//! A link is the SHA-256 of the link before it (of nothing for the first line) and the rest of its
//! own line after the blank, so that no line can be changed, moved or left out unseen. Lines are
//! written while `<store>/chain.lock` is locked, before the manifest they speak of gets its name: a
//! manifest under its provisional name whose line is there is put in place by the next writer.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::blob::is_sha256;
use crate::disk;
use crate::error::RecordError;
use crate::run_id::RunId;

/// What a line of the chain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// The run finished with this record.
    Finished,
    /// The user removed it.
    Removed,
}

impl LinkKind {
    fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Removed => "removed",
        }
    }
}

/// A line of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) kind: LinkKind,
    pub(crate) run_id: RunId,
    pub(crate) record_id: String,
    hash: String,
}

impl Link {
    fn after(previous_hash: &str, kind: LinkKind, run_id: RunId, record_id: &str) -> Self {
        let hash =
            disk::sha256(format!("{previous_hash}{} {run_id} {record_id}", kind.word()).as_bytes());
        Self {
            kind,
            run_id,
            record_id: record_id.to_owned(),
            hash,
        }
    }

    /// What a line says, without a look at its hash.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let hash = words.next().filter(|word| is_sha256(word))?.to_owned();
        let kind = match words.next()? {
            "finished" => LinkKind::Finished,
            "removed" => LinkKind::Removed,
            _ => return None,
        };
        let run_id = RunId::parse(words.next()?).ok()?;
        let record_id = words.next().filter(|word| is_sha256(word))?.to_owned();
        let link = Self {
            kind,
            run_id,
            record_id,
            hash,
        };
        (line == link.line()).then_some(link)
    }

    fn follows(&self, previous_hash: &str) -> bool {
        *self == Self::after(previous_hash, self.kind, self.run_id, &self.record_id)
    }

    fn line(&self) -> String {
        format!(
            "{} {} {} {}",
            self.hash,
            self.kind.word(),
            self.run_id,
            self.record_id
        )
    }
}

/// The first word of a line, whatever it is: a damaged line is still followed by others.
fn hash_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line.split(|&byte| byte == b' ').next().unwrap_or_default())
        .into_owned()
}

/// The end of a store's chain, open for one writer at a time.
#[derive(Debug)]
pub(crate) struct Chain {
    path: PathBuf,
    last_hash: String,
    last: Option<Link>,
    last_record: Option<String>,
    /// The lock is held as long as this is open.
    _lock: File,
}

impl Chain {
    /// Waits until nobody else writes, and removes a last line that was cut short. Costs the same
    /// however long the chain is.
    pub(crate) fn lock(store: &Path) -> Result<Self, RecordError> {
        let lock_path = store.join("chain.lock");
        let open = |path: &Path| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .read(true)
                .open(path)
        };
        let lock = open(&lock_path).map_err(RecordError::io("open", &lock_path))?;
        lock.lock().map_err(RecordError::io("lock", &lock_path))?;
        let path = store.join("chain");
        let mut file = open(&path).map_err(RecordError::io("open", &path))?;
        let lines = read_last_lines(&mut file).map_err(RecordError::io("read", &path))?;
        let links: Vec<Option<Link>> = lines.iter().map(|line| parse_bytes(line)).collect();
        let last_record = links
            .iter()
            .flatten()
            .rfind(|link| link.kind == LinkKind::Finished);
        Ok(Self {
            path,
            last_hash: lines.last().map(|line| hash_of(line)).unwrap_or_default(),
            last_record: last_record.map(|link| link.record_id.clone()),
            last: links.into_iter().next_back().flatten(),
            _lock: lock,
        })
    }

    /// The last line.
    pub(crate) fn last(&self) -> Option<&Link> {
        self.last.as_ref()
    }

    /// The record that finished last, removed or not.
    pub(crate) fn last_record(&self) -> Option<&str> {
        self.last_record.as_deref()
    }

    /// Adds a line, durably.
    pub(crate) fn append(
        &mut self,
        kind: LinkKind,
        run_id: RunId,
        record_id: &str,
    ) -> Result<(), RecordError> {
        let link = Link::after(&self.last_hash, kind, run_id, record_id);
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path);
        let mut file = file.map_err(RecordError::io("open", &self.path))?;
        file.write_all(format!("{}\n", link.line()).as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(RecordError::io("write", &self.path))?;
        if kind == LinkKind::Finished {
            self.last_record = Some(record_id.to_owned());
        }
        self.last_hash.clone_from(&link.hash);
        self.last = Some(link);
        Ok(())
    }
}

fn parse_bytes(line: &[u8]) -> Option<Link> {
    Link::parse(std::str::from_utf8(line).ok()?)
}

/// The last whole lines, among them a `finished` one if there is any. What follows them is removed.
fn read_last_lines(file: &mut File) -> io::Result<Vec<Vec<u8>>> {
    let length = file.metadata()?.len();
    let mut wanted: u64 = 4096;
    loop {
        let from = length.saturating_sub(wanted);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        let begin = match from {
            0 => 0,
            // The first line is probably not whole.
            _ => bytes
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(whole, |end| end + 1),
        };
        let lines: Vec<Vec<u8>> = bytes[begin..whole]
            .split_inclusive(|&byte| byte == b'\n')
            .map(|line| line.trim_ascii_end().to_vec())
            .collect();
        let is_finished =
            |line: &Vec<u8>| parse_bytes(line).is_some_and(|link| link.kind == LinkKind::Finished);
        if from == 0 || lines.iter().any(is_finished) {
            if whole < bytes.len() {
                file.set_len(from + whole as u64)?;
            }
            return Ok(lines);
        }
        wanted *= 2;
    }
}

/// All lines of a chain.
#[derive(Debug)]
pub(crate) struct ReadChain {
    pub(crate) links: Vec<Link>,
    /// Lines that are not what they should be after the one before them; from 1.
    pub(crate) damaged_lines: Vec<usize>,
}

/// Reads the chain as it is; a last line without its end is left out, as it is being written.
pub(crate) fn read(store: &Path) -> Result<ReadChain, RecordError> {
    let bytes = disk::read(&store.join("chain"))?.unwrap_or_default();
    let mut chain = ReadChain {
        links: Vec::new(),
        damaged_lines: Vec::new(),
    };
    let mut previous_hash = String::new();
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\n") else {
            break;
        };
        match parse_bytes(line) {
            Some(link) if link.follows(&previous_hash) => chain.links.push(link),
            _ => chain.damaged_lines.push(index + 1),
        }
        previous_hash = hash_of(line);
    }
    Ok(chain)
}

#[cfg(test)]
mod tests;
