//! Every cut, every flipped bit.

use std::io::Cursor;

use super::*;

fn write(payloads: &[&[u8]]) -> Vec<u8> {
    let mut bytes = [MAGIC, VERSION].concat();
    let mut checksum = 0;
    for payload in payloads {
        checksum = push_frame(&mut bytes, checksum, payload);
    }
    bytes
}

/// The payloads that are read, and what follows them.
fn read(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, Tail), ReadError> {
    let mut reader = JournalReader::new(Cursor::new(bytes), bytes.len() as u64);
    let mut payloads = Vec::new();
    while let Some(payload) = reader.next_payload()? {
        payloads.push(payload);
    }
    assert!(reader.next_payload()?.is_none(), "the end stays the end");
    Ok((payloads, reader.tail()))
}

const PAYLOADS: [&[u8]; 5] = [b"first", b"x", b"{\"type\":\"note\"}", &[0; 40], b"last"];

/// Where frames end.
fn ends() -> Vec<usize> {
    (0..=PAYLOADS.len())
        .map(|count| write(&PAYLOADS[..count]).len())
        .collect()
}

#[test]
fn frames_are_read_back() {
    assert_eq!(
        read(&write(&PAYLOADS)).unwrap(),
        (PAYLOADS.map(<[u8]>::to_vec).to_vec(), Tail::Clean)
    );
    assert_eq!(read(&write(&[])).unwrap(), (Vec::new(), Tail::Clean));
}

#[test]
fn cut_anywhere_all_whole_frames_are_read() {
    let bytes = write(&PAYLOADS);
    let ends = ends();
    for length in 0..bytes.len() {
        let (payloads, tail) = read(&bytes[..length]).unwrap();
        let whole = ends
            .iter()
            .filter(|&&end| end <= length)
            .count()
            .saturating_sub(1);
        assert_eq!(payloads, &PAYLOADS[..whole], "cut at {length}");
        let end = if length < ends[0] { 0 } else { ends[whole] };
        let expected = match length - end {
            0 => Tail::Clean,
            rest => Tail::Torn {
                at_byte: end as u64,
                dropped_bytes: rest as u64,
            },
        };
        assert_eq!(tail, expected, "cut at {length}");
    }
}

#[test]
fn a_flipped_bit_ends_the_journal_before_its_frame() {
    let bytes = write(&PAYLOADS);
    let ends = ends();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            if place < ends[0] {
                assert!(read(&damaged).is_err() || read(&damaged).unwrap().0.is_empty());
                continue;
            }
            let intact = ends.iter().filter(|&&end| end <= place).count() - 1;
            let (payloads, tail) = read(&damaged).unwrap();
            assert_eq!(payloads, &PAYLOADS[..intact], "bit {bit} of byte {place}");
            let dropped_bytes = (bytes.len() - ends[intact]) as u64;
            assert_eq!(
                tail,
                Tail::Torn {
                    at_byte: ends[intact] as u64,
                    dropped_bytes
                }
            );
        }
    }
}

#[test]
fn frames_in_another_order_are_not_accepted() {
    let bytes = write(&PAYLOADS);
    let ends = ends();
    let frame = |index: usize| &bytes[ends[index]..ends[index + 1]];
    for (order, accepted) in [
        (vec![0, 1, 2, 3, 4], 5),
        (vec![1, 0, 2, 3, 4], 0),
        (vec![0, 2, 3, 4], 1),
        (vec![0, 1, 1, 2], 2),
        (vec![0, 1, 2, 4, 3], 3),
    ] {
        let mut shuffled = bytes[..ends[0]].to_vec();
        for &index in &order {
            shuffled.extend_from_slice(frame(index));
        }
        assert_eq!(
            read(&shuffled).unwrap().0,
            &PAYLOADS[..accepted],
            "{order:?}"
        );
    }
}

#[test]
fn what_a_power_failure_leaves_at_the_end_is_dropped() {
    let bytes = write(&PAYLOADS);
    for rest in [
        vec![0; 4096],
        vec![0xff; 4096],
        bytes.clone(),
        b"\0\0\0\0\0\0\0\0x".to_vec(),
    ] {
        let damaged = [bytes.as_slice(), &rest].concat();
        let (payloads, tail) = read(&damaged).unwrap();
        assert_eq!(payloads.len(), PAYLOADS.len());
        assert_eq!(
            tail,
            Tail::Torn {
                at_byte: bytes.len() as u64,
                dropped_bytes: rest.len() as u64
            }
        );
    }
}

#[test]
fn other_files_are_told_apart() {
    let head = |bytes: &[u8]| match read(bytes) {
        Err(ReadError::Head(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(head(b"{\"cells\": []}"), HeadError::NotAJournal);
    assert_eq!(head(&[0; 100]), HeadError::NotAJournal);
    assert_eq!(
        head(b"nbpress-journal 2\n"),
        HeadError::UnknownVersion("2".to_owned())
    );
    assert_eq!(
        head(b"nbpress-journal 10\nmore"),
        HeadError::UnknownVersion("10".to_owned())
    );
    assert_eq!(
        read(b"nbpress-journal 1").unwrap().1,
        Tail::Torn {
            at_byte: 0,
            dropped_bytes: 17
        }
    );
}

#[test]
fn an_absurd_length_is_refused_before_anything_is_allocated() {
    let mut bytes = write(&[]);
    bytes.extend_from_slice(&u32::MAX.to_le_bytes());
    bytes.extend_from_slice(&[0; 100]);
    // The source claims to be long enough.
    let mut reader = JournalReader::new(Cursor::new(&bytes), 1 << 40);
    assert!(reader.next_payload().unwrap().is_none());
}

#[test]
fn the_summary_is_that_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let file = File::options()
        .create_new(true)
        .append(true)
        .open(&path)
        .unwrap();
    let mut writer = JournalWriter::new(file, path.clone());
    writer.append(&["one".to_owned()]).unwrap();
    writer
        .append(&["two".to_owned(), "three".to_owned()])
        .unwrap();
    let (sha256, bytes, frames) = writer.summary();
    assert_eq!(
        crate::disk::sha256_of_file(&path).unwrap(),
        Some((sha256, bytes))
    );
    assert_eq!(frames, 3);
    let mut reader = JournalReader::open(&path).unwrap();
    for payload in ["one", "two", "three"] {
        assert_eq!(reader.next_payload().unwrap().unwrap(), payload.as_bytes());
    }
}

#[test]
fn a_full_disk_is_told_apart_from_other_failures() {
    let open = |path: &str| File::options().append(true).open(path).unwrap();
    let mut writer = JournalWriter::new(open("/dev/full"), PathBuf::from("/dev/full"));
    for _ in 0..2 {
        let error = writer.append(&["payload".to_owned()]).unwrap_err();
        // The device cannot be cut short, so the second attempt must not write at all.
        assert!(
            error.is_disk_full()
                || matches!(
                    error,
                    RecordError::Io {
                        action: "repair",
                        ..
                    }
                ),
            "{error:?}"
        );
    }
}

#[test]
fn a_reader_goes_on_with_what_was_appended_since_it_reached_the_end() {
    let bytes = write(&PAYLOADS);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    for first in 0..bytes.len() {
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(&bytes[..first]))
            .unwrap();
        let mut reader = JournalReader::open(&path).unwrap();
        let mut payloads = Vec::new();
        for end in [first, first, bytes.len()] {
            let mut file = std::fs::OpenOptions::new()
                .append(true)
                .open(&path)
                .unwrap();
            let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
            file.write_all(&bytes[length..end]).unwrap();
            reader.look_again().unwrap();
            while let Some(payload) = reader.next_payload().unwrap() {
                payloads.push(payload);
            }
        }
        assert_eq!(payloads, PAYLOADS, "first {first} bytes");
        assert_eq!(reader.tail(), Tail::Clean);
    }
}
