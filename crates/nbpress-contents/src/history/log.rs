//! The log of a path: records that are only ever added.
//!
//! In a folder it is a file of JSON lines; a line that a crash tore is dropped by readers and ended by
//! the next writer. Objects cannot grow, so in a bucket each record is an object, whose name counts down
//! with time: the newest comes first.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use nbpress_storage::{Location, WriteOptions};
use uuid::Uuid;

use super::record::{Kept, Record};
use super::{History, Result, failed, key};
use crate::error::ContentsError;
use crate::folder::blocking;
use crate::path::ContentsPath;

/// How much of a log's end is read for its last version: some dozens of records.
const TAIL: u64 = 8 * 1024;
/// How many of a bucket's newest records are looked at for the last version.
const NEWEST: usize = 8;
/// How many objects are read at once.
const AT_ONCE: usize = 16;

/// The file of a path's log.
pub(super) fn file_name(path: &ContentsPath) -> String {
    format!("{}.jsonl", folder_name(path))
}

fn folder_name(path: &ContentsPath) -> String {
    let key = key(path);
    format!("log/{}/{key}", key.get(..2).unwrap_or_default())
}

impl History {
    /// Adds a record. The caller holds the path's lock.
    ///
    /// That a version was kept need not survive a loss of power, only its bytes must: the next save
    /// finds a file it does not know, and keeps it.
    pub(crate) async fn append(&self, path: &ContentsPath, record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record).map_err(|error| failed("write")(error.into()))?;
        if let Some(file) = self.log_file(path) {
            line.push(b'\n');
            super::make_parent(&file).await?;
            let heals = matches!(record, Record::Kept(_));
            let append = move || append_line(&file, &line, !heals).map_err(failed("write"));
            return blocking(append).await;
        }
        let place = self
            .root
            .join(&folder_name(path))
            .join(&object_name(record));
        let written = self
            .storage
            .write(&place, line.into(), WriteOptions::if_absent());
        written.await.map(drop).map_err(ContentsError::Storage)
    }

    /// Everything that happened at a path, in order.
    pub(super) async fn records(&self, path: &ContentsPath) -> Result<Vec<Record>> {
        if let Some(file) = self.log_file(path) {
            let lines = blocking(move || read_from_end(&file, u64::MAX).map_err(failed("read")));
            return Ok(parse(&lines.await?));
        }
        let mut records = self.newest_objects(path, usize::MAX).await?;
        records.reverse();
        Ok(records)
    }

    /// The last version that was kept at a path, if that is not long ago. Costs the same however
    /// long the log is.
    pub(crate) async fn last_kept(&self, path: &ContentsPath) -> Result<Option<Kept>> {
        let mut newest = if let Some(file) = self.log_file(path) {
            let lines = blocking(move || read_from_end(&file, TAIL).map_err(failed("read")));
            let mut records = parse(&lines.await?);
            records.reverse();
            records
        } else {
            self.newest_objects(path, NEWEST).await?
        }
        .into_iter();
        Ok(newest.find_map(|record| match record {
            Record::Kept(kept) => Some(kept),
            _ => None,
        }))
    }

    fn log_file(&self, path: &ContentsPath) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(file_name(path)))
    }

    async fn newest_objects(&self, path: &ContentsPath, limit: usize) -> Result<Vec<Record>> {
        let folder = self.root.join(&folder_name(path));
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let wanted = limit.saturating_sub(names.len()).min(1000);
            let page = self.storage.list(&folder, after.as_deref(), wanted).await;
            let page = page.map_err(ContentsError::Storage)?;
            names.extend(page.entries.into_iter().map(|entry| entry.name));
            after = page.next;
            if after.is_none() || names.len() >= limit {
                break;
            }
        }
        let objects = names
            .into_iter()
            .map(|name| self.object(folder.join(&name)));
        let records: Vec<Option<Record>> = stream::iter(objects)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(records.into_iter().flatten().collect())
    }

    async fn object(&self, place: Location) -> Result<Option<Record>> {
        let bytes = self.storage.read(&place).await;
        let bytes = bytes.map_err(ContentsError::Storage)?;
        Ok(serde_json::from_slice(&bytes).ok())
    }
}

fn object_name(record: &Record) -> String {
    let left = (Timestamp::MAX.as_nanosecond() - record.at().as_nanosecond()).unsigned_abs();
    format!("{left:024}-{}.json", Uuid::new_v4().simple())
}

fn append_line(file: &PathBuf, line: &[u8], durable: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).append(true).read(true).open(file)?;
    if is_torn(&mut file)? {
        file.write_all(b"\n")?;
    }
    file.write_all(line)?;
    if durable {
        file.sync_data()?;
    }
    Ok(())
}

fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// The last bytes of a file; none when there is no file.
fn read_from_end(file: &PathBuf, most: u64) -> io::Result<Vec<u8>> {
    let mut file = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A line that was torn or cut off at its begin is no record.
fn parse(lines: &[u8]) -> Vec<Record> {
    lines
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}
