//! What a scribe has heard of cells that still run: messages, one after the other, in a file.
//!
//! Each is its length as a little-endian `u32` and the frame that clients get too. A torn end is dropped. The
//! file is cut to nothing whenever no cell runs; it is not synced, since it guards against the end of the
//! server, not of the machine.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use nbpress_protocol::websocket::{Framing, Limits, WebSocketFrame, decode, encode_in_pieces};
use nbpress_protocol::{Channel, Parts};
use uuid::Uuid;

const ENDING: &str = "journal";
/// From this length on a write of its own costs less than a copy.
const LONG: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    is_empty: bool,
}

impl Journal {
    pub(super) fn open(folder: &Path, kernel: Uuid) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{kernel}.{ENDING}"));
        let file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)?;
        let is_empty = file.metadata()?.len() == 0;
        Ok(Self {
            path,
            file,
            is_empty,
        })
    }

    /// The kernels that have one.
    pub(super) fn kernels(folder: &Path) -> Vec<Uuid> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Uuid::try_parse(name.strip_suffix(ENDING)?.strip_suffix('.')?).ok()
            })
            .collect()
    }

    /// Everything that is in it.
    pub(super) fn replay(&mut self) -> io::Result<Vec<(Channel, Parts)>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        let mut rest = Bytes::from(bytes);
        let mut messages = Vec::new();
        while rest.len() >= 4 {
            let length = rest.split_to(4);
            let length = u32::from_le_bytes(length.as_ref().try_into().unwrap_or_default());
            let Ok(length) = usize::try_from(length) else {
                break;
            };
            if length > rest.len() {
                break;
            }
            let frame = WebSocketFrame::Binary(rest.split_to(length));
            messages.extend(decode(Framing::V1, &frame, Limits::default()));
        }
        Ok(messages)
    }

    pub(super) fn append(&mut self, channel: Channel, parts: &Parts) -> io::Result<()> {
        let pieces = encode_in_pieces(channel, parts);
        let length = pieces.iter().map(Bytes::len).sum::<usize>();
        let length = u32::try_from(length).map_err(io::Error::other)?;
        self.is_empty = false;
        let mut few = length.to_le_bytes().to_vec();
        for piece in &pieces {
            if piece.len() < LONG {
                few.extend(piece);
                continue;
            }
            self.file.write_all(&few)?;
            self.file.write_all(piece)?;
            few.clear();
        }
        self.file.write_all(&few)
    }

    /// Nothing of it is needed any more.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if !self.is_empty {
            self.file.set_len(0)?;
            self.is_empty = true;
        }
        Ok(())
    }

    /// There will be nothing more.
    pub(super) fn remove(self) {
        let _gone = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: usize) -> Parts {
        Parts {
            header: format!("{{\"msg_id\":\"{number}\"}}").into(),
            parent: "{}".into(),
            metadata: "{}".into(),
            content: "{\"text\":\"a\\nb\"}".into(),
            buffers: vec![
                Bytes::from_static(b"\0\xff"),
                Bytes::from(vec![b'l'; LONG]),
                Bytes::from_static(b"end"),
            ],
        }
    }

    #[test]
    fn what_was_written_is_there_for_the_next_server_up_to_a_torn_end() {
        let folder = tempfile::tempdir().unwrap();
        let kernel = Uuid::new_v4();
        let mut journal = Journal::open(folder.path(), kernel).unwrap();
        for number in 0..3 {
            journal.append(Channel::Iopub, &message(number)).unwrap();
        }
        let length = journal.file.metadata().unwrap().len();
        for cut in [0, 1, 5, length / 3, length / 2] {
            journal.file.set_len(length - cut).unwrap();
            let mut again = Journal::open(folder.path(), kernel).unwrap();
            let whole = (length - cut) / (length / 3);
            let expected: Vec<_> = (0..usize::try_from(whole).unwrap())
                .map(|number| (Channel::Iopub, message(number)))
                .collect();
            assert_eq!(again.replay().unwrap(), expected, "cut by {cut}");
        }
        assert_eq!(Journal::kernels(folder.path()), [kernel]);
        journal.clear().unwrap();
        assert!(journal.replay().unwrap().is_empty());
        journal.remove();
        assert!(Journal::kernels(folder.path()).is_empty());
    }
}
