//! The journal's bytes: frames in a file that only grows.
//!
//! A journal is the line `nbpress-journal 1` and then frames, one after the other:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length of the payload, little-endian, 1 to 64 MiB |
//! | 4 | CRC-32 (IEEE) of the previous frame's checksum (0 before the first), this length and the payload |
//! | length | the payload |
//!
//! Since a checksum covers the one before it, a frame that was moved, repeated or left out ends the
//! journal as damage does. Reading stops before the first frame that is not whole; what was read
//! until then is what was written.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::RecordError;

const MAGIC: &[u8] = b"nbpress-journal ";
const VERSION: &[u8] = b"1\n";
/// Length and checksum, four bytes each.
const FRAME_HEAD: u64 = 8;
/// The longest payload that is written or read.
pub(crate) const LONGEST_PAYLOAD: usize = 64 << 20;

/// What follows the last whole frame of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    Clean,
    /// Bytes that are no whole frame.
    Torn {
        /// Where they begin.
        at_byte: u64,
        /// How many there are.
        dropped_bytes: u64,
    },
}

/// Writes frames to the end of a file that nobody else writes to.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    file: File,
    path: PathBuf,
    buffer: Vec<u8>,
    checksum: u32,
    frames: u64,
    bytes: u64,
    hasher: Sha256,
    /// Bytes of a failed write may follow the last frame.
    torn: bool,
}

impl JournalWriter {
    /// A writer into an empty file that was opened for appending. The first [`append`](Self::append) writes the head of the file
    /// too, so that no file has a head and nothing else.
    pub(crate) fn new(file: File, path: PathBuf) -> Self {
        let buffer = [MAGIC, VERSION].concat();
        Self {
            file,
            path,
            buffer,
            checksum: 0,
            frames: 0,
            bytes: 0,
            hasher: Sha256::new(),
            torn: false,
        }
    }

    /// Adds frames in one `write(2)`. When it fails, the file is as it was before.
    pub(crate) fn append(&mut self, payloads: &[String]) -> Result<(), RecordError> {
        if self.torn {
            self.remove_torn_frames()
                .map_err(RecordError::io("repair", &self.path))?;
        }
        let head = self.buffer.len();
        let mut checksum = self.checksum;
        for payload in payloads {
            checksum = push_frame(&mut self.buffer, checksum, payload.as_bytes());
        }
        if let Err(error) = self.file.write_all(&self.buffer) {
            self.buffer.truncate(head);
            self.torn = true;
            // Where even this fails it is tried again; until then readers drop the torn frame.
            let _ = self.remove_torn_frames();
            return Err(RecordError::io("write", &self.path)(error));
        }
        self.hasher.update(&self.buffer);
        self.bytes += self.buffer.len() as u64;
        self.frames += payloads.len() as u64;
        self.checksum = checksum;
        self.buffer.clear();
        Ok(())
    }

    fn remove_torn_frames(&mut self) -> io::Result<()> {
        self.file.set_len(self.bytes)?;
        self.torn = false;
        Ok(())
    }

    /// Makes everything written durable.
    pub(crate) fn sync(&self) -> Result<(), RecordError> {
        self.file
            .sync_data()
            .map_err(RecordError::io("sync", &self.path))
    }

    /// SHA-256, length and number of frames of the file.
    pub(crate) fn summary(&self) -> (String, u64, u64) {
        (
            hex::encode(self.hasher.clone().finalize()),
            self.bytes,
            self.frames,
        )
    }

    /// The folder that the file is in has another name now.
    pub(crate) fn moved_to(&mut self, path: PathBuf) {
        self.path = path;
    }
}

fn push_frame(buffer: &mut Vec<u8>, previous: u32, payload: &[u8]) -> u32 {
    debug_assert!(
        (1..=LONGEST_PAYLOAD).contains(&payload.len()),
        "larger payloads go to a blob"
    );
    // The assertion holds the length far below 4 GiB.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a payload is at most 64 MiB"
    )]
    let length = payload.len() as u32;
    let checksum = frame_checksum(previous, length, payload);
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&checksum.to_le_bytes());
    buffer.extend_from_slice(payload);
    checksum
}

fn frame_checksum(previous: u32, length: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&previous.to_le_bytes());
    hasher.update(&length.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// Why a file is not read as a journal.
#[derive(Debug, PartialEq, Eq)]
pub enum HeadError {
    /// It begins with something else.
    NotAJournal,
    /// It is a journal of a version that this reader does not know.
    UnknownVersion(String),
}

/// Reads the whole frames of a journal, in order.
#[derive(Debug)]
pub struct JournalReader<R> {
    source: R,
    /// Bytes that the source had when reading began; later ones are not looked at.
    length: u64,
    /// Where the next frame begins.
    offset: u64,
    checksum: u32,
    state: ReaderState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReaderState {
    Head,
    Frames,
    Ended,
}

impl JournalReader<BufReader<File>> {
    /// Reads the file as it is now; what is appended later is not seen.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let file = File::open(path).map_err(RecordError::io("open", path))?;
        let length = file
            .metadata()
            .map_err(RecordError::io("read", path))?
            .len();
        Ok(Self::new(BufReader::with_capacity(64 << 10, file), length))
    }

    /// After the end was reached: goes on where it was with what was appended since. Costs as much as
    /// that is, however long the journal has become.
    pub fn look_again(&mut self) -> io::Result<()> {
        self.length = self.source.get_ref().metadata()?.len().max(self.offset);
        self.source.seek(SeekFrom::Start(self.offset))?;
        self.state = match self.offset {
            0 => ReaderState::Head,
            _ => ReaderState::Frames,
        };
        Ok(())
    }
}

impl<R: BufRead> JournalReader<R> {
    /// Reads at most `length` bytes.
    pub fn new(source: R, length: u64) -> Self {
        Self {
            source,
            length,
            offset: 0,
            checksum: 0,
            state: ReaderState::Head,
        }
    }

    /// The payload of the next whole frame, or `None` at the end.
    pub fn next_payload(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        if self.state == ReaderState::Head {
            self.state = ReaderState::Ended;
            if !self.read_head()? {
                return Ok(None);
            }
            self.state = ReaderState::Frames;
        }
        if self.state == ReaderState::Ended {
            return Ok(None);
        }
        let payload = self.read_frame()?;
        if payload.is_none() {
            self.state = ReaderState::Ended;
        }
        Ok(payload)
    }

    /// What follows the last frame that [`next_payload`](Self::next_payload) gave; to be asked when
    /// it gave `None`.
    pub fn tail(&self) -> Tail {
        match self.length - self.offset {
            0 => Tail::Clean,
            dropped_bytes => Tail::Torn {
                at_byte: self.offset,
                dropped_bytes,
            },
        }
    }

    /// `false` when the file ends within its head.
    fn read_head(&mut self) -> Result<bool, ReadError> {
        // A version is a short number; a file that is no journal may have no line at all.
        let longest = (MAGIC.len() + 16) as u64;
        let mut head = Vec::new();
        (&mut self.source)
            .take(longest.min(self.length))
            .read_until(b'\n', &mut head)?;
        if let Some(version) = head
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.strip_suffix(b"\n"))
        {
            if version != VERSION.trim_ascii_end() {
                let version = String::from_utf8_lossy(version).into_owned();
                return Err(ReadError::Head(HeadError::UnknownVersion(version)));
            }
            self.offset = head.len() as u64;
            return Ok(true);
        }
        let whole = [MAGIC, VERSION].concat();
        if whole.starts_with(&head) {
            return Ok(false);
        }
        Err(ReadError::Head(HeadError::NotAJournal))
    }

    fn read_frame(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let rest = self.length - self.offset;
        let (mut length, mut checksum) = ([0; 4], [0; 4]);
        if rest <= FRAME_HEAD
            || !fill(&mut self.source, &mut length)?
            || !fill(&mut self.source, &mut checksum)?
        {
            return Ok(None);
        }
        let length = u32::from_le_bytes(length);
        let checksum = u32::from_le_bytes(checksum);
        let size = length as usize;
        // Checked before anything is allocated.
        if size == 0 || size > LONGEST_PAYLOAD || u64::from(length) > rest - FRAME_HEAD {
            return Ok(None);
        }
        let mut payload = vec![0; size];
        if !fill(&mut self.source, &mut payload)?
            || frame_checksum(self.checksum, length, &payload) != checksum
        {
            return Ok(None);
        }
        self.checksum = checksum;
        self.offset += FRAME_HEAD + u64::from(length);
        Ok(Some(payload))
    }
}

/// `false` when the source ends first: a journal may be cut short while it is read.
fn fill(source: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Why a journal cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The source failed.
    #[error("the source failed")]
    Io(#[from] io::Error),
    /// The file is not a journal of this version.
    #[error("the file is not a journal that this version reads")]
    Head(HeadError),
}

impl ReadError {
    /// The same error with the file's name.
    pub(crate) fn of(self, path: &Path) -> RecordError {
        match self {
            Self::Io(source) => RecordError::io("read", path)(source),
            Self::Head(HeadError::NotAJournal) => RecordError::NotAJournal {
                path: path.to_owned(),
            },
            Self::Head(HeadError::UnknownVersion(version)) => RecordError::UnknownVersion {
                path: path.to_owned(),
                version,
            },
        }
    }
}

#[cfg(test)]
mod tests;
