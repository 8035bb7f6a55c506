//! What is read from a spool is what was put into it, wherever it was meanwhile.

use bytes::Bytes;

use super::*;

fn text(parent: &str, name: &str, text: &str) -> Parts {
    let content = serde_json::json!({"name": name, "text": text}).to_string();
    Parts {
        header: Bytes::from(r#"{"msg_type":"stream"}"#),
        parent: Bytes::from(format!(r#"{{"msg_id":"{parent}"}}"#)),
        metadata: Bytes::from("{}"),
        content: Bytes::from(content),
        buffers: Vec::new(),
    }
}

fn text_in(records: &[Record]) -> String {
    let text = |record: &Record| {
        let content: serde_json::Value = serde_json::from_slice(&record.parts.content).unwrap();
        content["text"].as_str().unwrap().to_owned()
    };
    records.iter().map(text).collect()
}

/// Everything after a message, and how many messages that are.
fn read_all(spool: &mut Spool, mut after: u64) -> Vec<Record> {
    let mut all = Vec::new();
    loop {
        let records = spool.read(after).unwrap();
        let Some(last) = records.last() else {
            return all;
        };
        after = last.seq;
        all.extend(records);
    }
}

fn spool() -> (tempfile::TempDir, Spool) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().join("spool"));
    (folder, spool)
}

fn numbers(range: std::ops::Range<u64>) -> String {
    let lines: Vec<String> = range.map(|number| format!("{number}\n")).collect();
    lines.concat()
}

#[test]
fn text_that_nobody_reads_is_kept_whole_in_few_messages() {
    let (_folder, mut spool) = spool();
    for number in 0..100_000 {
        spool.append(
            Channel::Iopub,
            None,
            true,
            text("a", "stdout", &format!("{number}\n")),
            0,
        );
    }
    let records = read_all(&mut spool, 0);
    assert!(records.len() < 10_000, "{} messages", records.len());
    assert!(text_in(&records) == numbers(0..100_000));
    assert_eq!(records.last().unwrap().seq, 100_000);
}

#[test]
fn what_does_not_fit_into_memory_goes_through_files() {
    let (folder, mut spool) = spool();
    let long = "x".repeat(100_000);
    let expected: Vec<String> = (0..200).map(|number| format!("{number}{long}")).collect();
    for (number, sent) in expected.iter().enumerate() {
        // Alternating cells: nothing can be put together.
        let parent = if number % 2 == 0 { "a" } else { "b" };
        spool.append(Channel::Iopub, None, true, text(parent, "stdout", sent), 0);
    }
    assert!(spool.in_files() > 18 << 20, "{} bytes", spool.in_files());
    assert!(spool.in_memory <= IN_MEMORY);
    let records = read_all(&mut spool, 0);
    assert!(text_in(&records) == expected.concat());
    // Going on after any message finds exactly the rest.
    for after in [1, 57, 150, 199] {
        let rest = read_all(&mut spool, after);
        assert!(text_in(&rest) == expected[usize::try_from(after).unwrap()..].concat());
    }
    let files = || {
        std::fs::read_dir(folder.path().join("spool"))
            .unwrap()
            .count()
    };
    assert!(files() >= 2);
    spool.release(150);
    assert_eq!(read_all(&mut spool, 150).len(), 50);
    spool.release(200);
    assert_eq!((files(), spool.in_memory), (0, 0));
    assert!(read_all(&mut spool, 0).is_empty());
}

#[test]
fn what_everybody_is_being_sent_goes_to_no_file() {
    let (_folder, mut spool) = spool();
    let long = text("a", "stdout", &"x".repeat(IN_MEMORY * 2));
    let short = || text("b", "stdout", "y");
    let append = |spool: &mut Spool, parts, on_their_way| {
        spool.append(Channel::Iopub, None, false, parts, on_their_way);
    };
    append(&mut spool, long.clone(), 0);
    // Somebody may come for it.
    assert_eq!(spool.in_files(), 0);
    append(&mut spool, short(), 1);
    assert_eq!(spool.in_files(), 0);
    append(&mut spool, long.clone(), 2);
    // Of all that waits then, nobody takes the first.
    append(&mut spool, short(), 2);
    assert!(spool.in_files() > 0);
    let records = read_all(&mut spool, 0);
    let sent: Vec<Parts> = records.into_iter().map(|record| record.parts).collect();
    assert_eq!(sent, [long.clone(), short(), long, short()]);
}

#[test]
fn what_somebody_has_seen_stays_as_it_is() {
    let (_folder, mut spool) = spool();
    let append = |spool: &mut Spool, number: u64| {
        spool.append(
            Channel::Iopub,
            None,
            true,
            text("a", "stdout", &format!("{number}\n")),
            0,
        );
    };
    (0..10).for_each(|number| append(&mut spool, number));
    assert_eq!(spool.read(0).unwrap().len(), 10);
    (10..50_000).for_each(|number| append(&mut spool, number));
    for after in 0..10 {
        let rest = read_all(&mut spool, after);
        assert!(text_in(&rest) == numbers(after..50_000));
    }
}

#[test]
fn only_text_of_one_cell_and_stream_is_put_together() {
    let record = |seq, is_text, parts| Record {
        seq,
        to: None,
        channel: Channel::Iopub,
        is_text,
        parts,
    };
    let mut other = text("a", "stdout", "no text");
    other.header = Bytes::from(r#"{"msg_type":"display_data"}"#);
    let records = vec![
        record(1, true, text("a", "stdout", "\"1\"\\")),
        record(2, true, text("a", "stdout", "é\u{1F600}\n")),
        record(3, true, text("a", "stderr", "e")),
        record(4, true, text("b", "stderr", "f")),
        record(5, false, other.clone()),
        record(6, true, text("b", "stderr", "g")),
        record(7, true, text("b", "stderr", "h")),
    ];
    let out: Vec<_> = coalesced(records)
        .into_iter()
        .map(|record| (record.seq, text_in(std::slice::from_ref(&record))))
        .collect();
    let expected = [
        (2, "\"1\"\\é\u{1F600}\n"),
        (3, "e"),
        (4, "f"),
        (5, "no text"),
        (7, "gh"),
    ];
    assert_eq!(out, expected.map(|(seq, text)| (seq, text.to_owned())));
}
