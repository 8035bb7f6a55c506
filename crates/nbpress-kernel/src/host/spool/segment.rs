//! The part of a spool that is in files.
//!
//! A segment is a file of blocks; a block is what was in memory when it became too much, message after
//! message, each with its length in front. A file goes once everything in it has been released.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};

use super::Record;
use crate::host::outbox::Outbox;
use crate::host::wire::{malformed, message_length, put_message, take_message};

/// How long a file gets before the next one is begun, in bytes.
const LONG_ENOUGH: u64 = 8 << 20;

#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    files: VecDeque<Segment>,
    next_number: u64,
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    length: u64,
    blocks: VecDeque<Block>,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    last_seq: u64,
    offset: u64,
    length: usize,
}

impl Segments {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            files: VecDeque::new(),
            next_number: 0,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|segment| segment.length).sum()
    }

    /// Writes a block. What a failed attempt left in the file is overwritten by the next one.
    pub(super) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let Some(last_seq) = records.last().map(|record| record.seq) else {
            return Ok(());
        };
        let mut block = Outbox::default();
        for record in records {
            put(&mut block, record);
        }
        let segment = self.unfinished()?;
        let file = File::options().write(true).open(&segment.path)?;
        let mut length = 0;
        for piece in block.into_pieces() {
            file.write_all_at(&piece, segment.length + length as u64)?;
            length += piece.len();
        }
        segment.blocks.push_back(Block {
            last_seq,
            offset: segment.length,
            length,
        });
        segment.length += length as u64;
        Ok(())
    }

    fn unfinished(&mut self) -> io::Result<&mut Segment> {
        let begin = |last: &Segment| last.length >= LONG_ENOUGH;
        if self.files.back().is_none_or(begin) {
            std::fs::create_dir_all(&self.folder)?;
            let path = self.folder.join(self.next_number.to_string());
            File::options()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?
                .flush()?;
            self.next_number += 1;
            self.files.push_back(Segment {
                path,
                length: 0,
                blocks: VecDeque::new(),
            });
        }
        self.files.back_mut().ok_or_else(malformed)
    }

    /// The messages after this one in the block that has the next one; `None` if none of them is in a file.
    pub(super) fn read(&self, after: u64) -> io::Result<Option<Vec<Record>>> {
        let has_more = |block: &&Block| block.last_seq > after;
        let found = self
            .files
            .iter()
            .find_map(|segment| Some((segment, segment.blocks.iter().find(has_more)?)));
        let Some((segment, block)) = found else {
            return Ok(None);
        };
        let mut bytes = vec![0; block.length];
        File::open(&segment.path)?.read_exact_at(&mut bytes, block.offset)?;
        let mut bytes = Bytes::from(bytes);
        let mut records = Vec::new();
        while bytes.has_remaining() {
            let record = take(&mut bytes)?;
            if record.seq > after {
                records.push(record);
            }
        }
        Ok(Some(records))
    }

    pub(super) fn release(&mut self, through: u64) {
        for segment in &mut self.files {
            while let Some(first) = segment.blocks.front()
                && first.last_seq <= through
            {
                segment.blocks.pop_front();
            }
        }
        while let Some(first) = self.files.front()
            && first.blocks.is_empty()
        {
            let _absent = std::fs::remove_file(&first.path);
            self.files.pop_front();
        }
    }
}

fn put(out: &mut Outbox, record: &Record) {
    let to = record.to.as_deref();
    let named = to.unwrap_or_default();
    let length = 8 + 1 + 8 + named.len() + message_length(&record.parts);
    out.copy(&(length as u64).to_le_bytes());
    out.copy(&record.seq.to_le_bytes());
    out.copy(&[u8::from(record.is_text)]);
    let length = to.map_or(u64::MAX, |to| to.len() as u64);
    out.copy(&length.to_le_bytes());
    out.copy(named.as_bytes());
    put_message(out, record.channel, &record.parts);
}

fn take(bytes: &mut Bytes) -> io::Result<Record> {
    let torn = |_| malformed();
    let length = usize::try_from(bytes.try_get_u64_le().map_err(torn)?).map_err(|_| malformed())?;
    if length > bytes.len() {
        return Err(malformed());
    }
    let mut body = bytes.split_to(length);
    let seq = body.try_get_u64_le().map_err(torn)?;
    let is_text = body.try_get_u8().map_err(torn)? == 1;
    let to = match body.try_get_u64_le().map_err(torn)? {
        u64::MAX => None,
        length => {
            let length = usize::try_from(length).map_err(|_| malformed())?;
            if length > body.len() {
                return Err(malformed());
            }
            let name = body.split_to(length);
            Some(Arc::from(
                std::str::from_utf8(&name).map_err(|_| malformed())?,
            ))
        }
    };
    let (channel, parts) = take_message(&mut body)?;
    Ok(Record {
        seq,
        to,
        channel,
        is_text,
        parts,
    })
}
