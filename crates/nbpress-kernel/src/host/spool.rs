//! What a kernel has sent and somebody is still to get, in order.
//!
//! It is in memory as long as it is little, which it is while every client keeps up. Beyond that the text
//! that nobody has been sent yet is put together (see [`coalesce`]), and what is still too much goes to
//! files. Nothing is dropped but what was released.

mod coalesce;
mod segment;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use nbpress_protocol::{Channel, Parts};

use segment::Segments;

pub(super) use coalesce::coalesced;

/// How much is kept in memory, in bytes.
const IN_MEMORY: usize = 1 << 20;
/// How much of that is read at once.
const AT_ONCE: usize = 256 << 10;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) seq: u64,
    /// The session it is for; everybody if `None`.
    pub(super) to: Option<Arc<str>>,
    pub(super) channel: Channel,
    /// It is text of a cell, which more text may be added to.
    pub(super) is_text: bool,
    pub(super) parts: Parts,
}

impl Record {
    /// About how much memory it takes.
    fn size(&self) -> usize {
        self.parts.len() + 128
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Spool {
    last_seq: u64,
    /// Up to here somebody has been sent something: these messages stay as they are, because whoever goes
    /// on after one of them must find the next one there.
    seen: u64,
    memory: VecDeque<Record>,
    in_memory: usize,
    segments: Segments,
}

impl Spool {
    /// A spool that puts what memory does not hold into a folder.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            last_seq: 0,
            seen: 0,
            memory: VecDeque::new(),
            in_memory: 0,
            segments: Segments::new(folder),
        }
    }

    /// The number of the last message.
    pub(super) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// How much is in files, in bytes.
    pub(super) fn in_files(&self) -> u64 {
        self.segments.bytes()
    }

    /// Adds a message. Those up to `on_their_way` are in memory anyhow, since they are being sent to everybody who
    /// has not got them yet.
    pub(super) fn append(
        &mut self,
        channel: Channel,
        to: Option<Arc<str>>,
        is_text: bool,
        parts: Parts,
        on_their_way: u64,
    ) {
        self.last_seq += 1;
        let record = Record {
            seq: self.last_seq,
            to,
            channel,
            is_text,
            parts,
        };
        self.in_memory += record.size();
        self.memory.push_back(record);
        if self.in_memory > IN_MEMORY && self.waiting(on_their_way) > IN_MEMORY {
            self.make_room();
        }
    }

    /// How much of what is in memory comes after a message. One alone, however long, is about to be taken.
    fn waiting(&self, after: u64) -> usize {
        let first = self.memory.partition_point(|record| record.seq <= after);
        let waiting = self.memory.range(first..);
        if waiting.len() > 1 {
            waiting.map(Record::size).sum()
        } else {
            0
        }
    }

    /// Puts text together, and writes everything to a file if that does not help much.
    fn make_room(&mut self) {
        let unseen = self
            .memory
            .partition_point(|record| record.seq <= self.seen);
        let unseen = self.memory.split_off(unseen);
        self.memory.extend(coalesced(unseen));
        self.in_memory = self.memory.iter().map(Record::size).sum();
        if self.in_memory > IN_MEMORY / 2
            && self.segments.append(self.memory.make_contiguous()).is_ok()
        {
            // On a full disk it stays in memory, and is tried again with the next message.
            self.memory.clear();
            self.in_memory = 0;
        }
    }

    /// What comes next after a message, in order: as much as is good to handle at once, nothing if there
    /// is nothing.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn read(&mut self, after: u64) -> io::Result<Vec<Record>> {
        let records = match self.segments.read(after)? {
            Some(records) => records,
            None => self.read_memory(after),
        };
        if let Some(last) = records.last() {
            self.seen = self.seen.max(last.seq);
        }
        Ok(records)
    }

    fn read_memory(&self, after: u64) -> Vec<Record> {
        let next = self.memory.partition_point(|record| record.seq <= after);
        let mut size = 0;
        self.memory
            .range(next..)
            .take_while(|record| {
                let room = size < AT_ONCE;
                size += record.size();
                room
            })
            .cloned()
            .collect()
    }

    /// Forgets the messages up to this one, which nobody needs any more.
    pub(super) fn release(&mut self, through: u64) {
        while let Some(first) = self.memory.front()
            && first.seq <= through
        {
            self.in_memory -= first.size();
            self.memory.pop_front();
        }
        self.segments.release(through);
    }
}

#[cfg(test)]
mod tests;
