//! The history's own files: each version once, and what a crash leaves there.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nbpress_contents::ContentsError;

use crate::{OnDisk, open_folder, path, save};

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            let list = if kind.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(entry.path());
        }
    }
    files
}

#[tokio::test]
async fn the_same_bytes_are_kept_once() {
    let disk = OnDisk::new().await;
    for (at, text) in [("a", "same"), ("b", "same"), ("a", "other"), ("a", "same")] {
        save(&disk.workspace, at, text).await;
    }
    let blobs = files_in(&disk.folder.path().join("history/blobs"));
    assert_eq!(blobs.len(), 2);
}

#[tokio::test]
async fn a_torn_line_costs_only_itself() {
    let disk = OnDisk::new().await;
    save(&disk.workspace, "a", "1").await;
    let logs = files_in(&disk.folder.path().join("history/log"));
    let [log] = logs.as_slice() else {
        panic!("{logs:?}");
    };
    let mut file = fs::OpenOptions::new().append(true).open(log).unwrap();
    file.write_all(b"{\"what\":\"kept\",\"at\":\"20").unwrap();
    let workspace = open_folder(disk.folder.path()).await;
    assert_eq!(workspace.history(&path("a")).await.unwrap().len(), 1);
    save(&workspace, "a", "2").await;
    assert_eq!(workspace.history(&path("a")).await.unwrap().len(), 2);
}

#[tokio::test]
async fn damage_is_told() {
    let disk = OnDisk::new().await;
    save(&disk.workspace, "a", "1").await;
    let blobs = files_in(&disk.folder.path().join("history/blobs"));
    let mut file = fs::File::create(&blobs[0]).unwrap();
    file.write_all(b"2").unwrap();
    let version = disk.workspace.history(&path("a")).await.unwrap().remove(0);
    let read = disk.workspace.version(&path("a"), &version.id).await;
    assert!(matches!(read, Err(ContentsError::Damaged { .. })));
}

#[tokio::test]
async fn abandoned_chunks_are_removed_by_the_next_upload() {
    let disk = OnDisk::new().await;
    let send = async |at: &str| {
        let sent = disk.workspace.upload_chunk(&path(at), 1, "x".into()).await;
        sent.unwrap();
    };
    send("old").await;
    send("recent").await;
    let uploads = disk.folder.path().join("history/uploads");
    let chunks = files_in(&uploads);
    assert_eq!(chunks.len(), 2);
    let two_days_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(48);
    let chunk = fs::File::options().write(true).open(&chunks[0]).unwrap();
    chunk.set_modified(two_days_ago).unwrap();
    send("new").await;
    let left = files_in(&uploads);
    assert_eq!(left.len(), 2);
    assert!(!left.contains(&chunks[0]));
    assert_eq!(fs::read_dir(&uploads).unwrap().count(), 2);
}

#[tokio::test]
async fn a_large_upload_is_never_in_memory() {
    const CHUNK: usize = 8 << 20;
    let disk = OnDisk::new().await;
    let upload = path("large.bin");
    let send = async |number: i64| {
        let bytes = vec![u8::try_from(number).unwrap_or(16); CHUNK];
        let sent = disk.workspace.upload_chunk(&upload, number, bytes.into());
        sent.await.unwrap()
    };
    for number in 1..=15 {
        send(number).await;
    }
    let before = anonymous_memory();
    let ended = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let ended = Arc::clone(&ended);
        move || {
            let mut most = 0;
            while !ended.load(Ordering::Relaxed) {
                most = most.max(anonymous_memory());
            }
            most
        }
    });
    send(-1).await;
    ended.store(true, Ordering::Relaxed);
    let most = watch.join().unwrap();
    let grown = most.saturating_sub(before);
    // A chunk or two, and what other tests do beside this one.
    assert!(grown < 64 << 20, "{grown} bytes for a file of 128 MiB");
    let (entry, bytes) = disk.workspace.read(&upload).await.unwrap();
    assert_eq!(entry.size, Some(16 * CHUNK as u64));
    for (number, chunk) in (1..=16).zip(bytes.chunks(CHUNK)) {
        assert!(chunk.iter().all(|byte| *byte == number), "chunk {number}");
    }
}

/// Memory of this process that is no file's, in bytes.
fn anonymous_memory() -> u64 {
    let mut status = String::new();
    let mut file = fs::File::open("/proc/self/status").unwrap();
    file.read_to_string(&mut status).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes: u64 = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kilobytes * 1024
}
