//! The archive of records, in a folder and in an object store.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use jiff::Timestamp;
use nbpress_format::Notebook;
use nbpress_format::json::Json;
use nbpress_record::{Event, Outcome, Record, RunHeader, RunId, RunStatus, Source, Store};
use nbpress_scheduler::records::{Records, RecordsError, ReplicaError};
use nbpress_storage::{Location, Storage, WriteOptions};
use tempfile::TempDir;

use crate::{Moto, location};

/// Two machines with an archive between them.
struct Machines {
    storage: Arc<Storage>,
    base: Location,
    folders: [TempDir; 2],
    records: [Records; 2],
    _kept: Kept,
}

/// Where the archive is, until it is removed.
enum Kept {
    Folder(#[expect(dead_code, reason = "only kept")] TempDir),
    Server(#[expect(dead_code, reason = "only kept")] Moto),
}

impl Machines {
    fn new(storage: Arc<Storage>, base: Location, kept: Kept) -> Self {
        let folders = [(); 2].map(|()| TempDir::new().unwrap());
        let records = [0, 1].map(|at: usize| {
            let home = folders[at].path();
            let store = Store::open(&home.join("records")).unwrap();
            let storage = Arc::clone(&storage);
            Records::open(store)
                .unwrap()
                .with_archive(storage, base.clone())
        });
        Self {
            storage,
            base,
            folders,
            records,
            _kept: kept,
        }
    }

    async fn everywhere() -> Vec<Self> {
        let server = Moto::start();
        let bucket = server.bucket("records").await.join("a prefix");
        let storage = server.storage();
        let folder = TempDir::new().unwrap();
        let local = location(folder.path().to_str().unwrap());
        vec![
            Self::new(Arc::clone(&storage), local, Kept::Folder(folder)),
            Self::new(storage, bucket, Kept::Server(server)),
        ]
    }

    /// Where a record is in the archive.
    fn place(&self, name: &str) -> Location {
        let folder = self.base.join(&name[name.len() - 2..]);
        folder.join(&format!("{name}.tar.gz"))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the journal is a file of this machine"
)]
/// Runs a notebook on paper: its first cell prints a text, which may be large.
fn record(store: &Store, printed: &str, finished: bool) -> (String, String) {
    let at = Timestamp::now();
    let notebook = br#"{"cells": [{"cell_type": "code", "id": "a", "source": "1 / 0", "metadata": {},
        "outputs": [], "execution_count": null}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let header = RunHeader {
        run_id: RunId::new(),
        nbpress_version: "0".to_owned(),
        command: "run".to_owned(),
        source: Source {
            path: "daily.ipynb".to_owned(),
            sha256: "5a".to_owned(),
        },
        output_path: None,
        parameters: IndexMap::default(),
        working_directory: None,
        platform: "test".to_owned(),
        git_commit: None,
        sweep: None,
        parent: None,
        tags: [("large".to_owned(), Json::from(printed))]
            .into_iter()
            .collect(),
        started_at: at,
    };
    let name = header.run_id.to_string();
    let mut recorder = store
        .begin(header, Notebook::parse(notebook).unwrap())
        .unwrap();
    recorder
        .append(&Event::CellStarted { cell: 0, at })
        .unwrap();
    if !finished {
        recorder.sync().unwrap();
        drop(recorder);
        // A process that another test is starting has the lock too until it becomes its program.
        while !store.find(&name).unwrap().is_left() {
            std::thread::yield_now();
        }
        let journal = fs::read(store.find(&name).unwrap().folder().join("journal")).unwrap();
        return (name, sha256(&journal));
    }
    let outcome = Outcome::new(RunStatus::Succeeded);
    recorder
        .append(&Event::RunFinished { outcome, at })
        .unwrap();
    (name, recorder.finish().unwrap().record_id)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// What a record says, whole.
fn said(record: &Record) -> (Vec<u8>, Vec<String>, Option<String>) {
    let events = record.events().unwrap();
    let events = events.map(|event| event.unwrap().to_json().to_compact());
    let manifest = record.manifest().map(|manifest| manifest.record_id.clone());
    (
        record.notebook().unwrap().to_bytes(),
        events.collect(),
        manifest,
    )
}

#[tokio::test]
async fn what_one_machine_kept_another_reads() {
    let large = "many words ".repeat(40_000);
    for machines in Machines::everywhere().await {
        let [one, other] = &machines.records;
        for (printed, finished) in [("", true), (large.as_str(), true), (large.as_str(), false)] {
            let (name, hash) = record(one.here(), printed, finished);
            let lost = other.find(&name, Some(&hash)).await.unwrap_err();
            assert!(lost.is_not_found(), "{lost}");
            // Cut off after this, it is kept once more.
            one.keep(&name).await.unwrap();
            one.keep(&name).await.unwrap();
            let there = other.find(&name, Some(&hash)).await.unwrap();
            let here = one.find(&name, Some(&hash)).await.unwrap();
            assert_eq!(said(&there), said(&here));
            assert_ne!(there.folder(), here.folder());

            one.remove(&name).await.unwrap();
            other.remove(&name).await.unwrap();
            for records in [one, other] {
                let gone = records.find(&name, Some(&hash)).await.unwrap_err();
                assert!(gone.is_not_found(), "{gone}");
            }
        }
    }
}

#[tokio::test]
async fn a_record_that_was_changed_in_the_archive_is_refused() {
    let machines = Machines::everywhere().await.remove(0);
    let [one, other] = &machines.records;
    let (name, hash) = record(one.here(), &"x".repeat(100_000), true);
    one.keep(&name).await.unwrap();
    let place = machines.place(&name);
    let whole = machines.storage.read(&place).await.unwrap();
    let put = async |bytes: Vec<u8>| {
        let write = WriteOptions::overwrite();
        machines
            .storage
            .write(&place, Bytes::from(bytes), write)
            .await
            .unwrap();
    };
    let damaged = async |what: &str, hash: &str| {
        let error = other.find(&name, Some(hash)).await.unwrap_err();
        assert!(
            matches!(error, RecordsError::Damaged(_)),
            "{what}: {error:?}"
        );
        let left = fs::read_dir(machines.folders[1].path().join("records/elsewhere")).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["runs"], "{what}");
    };
    damaged("another row", &"0".repeat(64)).await;
    for cut in [0, 1, whole.len() / 2, whole.len() * 9 / 10] {
        put(whole[..cut].to_vec()).await;
        damaged(&format!("cut at {cut}"), &hash).await;
    }
    let mut refused = 0;
    for at in (0..whole.len()).step_by(3) {
        let mut flipped = whole.to_vec();
        flipped[at] ^= 0x10;
        put(flipped).await;
        // Some bytes say nothing, such as those that fill the last block.
        match other.find(&name, Some(&hash)).await {
            Ok(record) => {
                assert_eq!(said(&record), said(&one.find(&name, None).await.unwrap()));
                fs::remove_dir_all(record.folder()).unwrap();
            }
            Err(error) => {
                assert!(matches!(error, RecordsError::Damaged(_)), "byte {at}");
                refused += 1;
            }
        }
    }
    assert!(
        refused > whole.len() / 6,
        "{refused} of {}",
        whole.len() / 3
    );
    put(whole.to_vec()).await;
    other.find(&name, Some(&hash)).await.unwrap();
}

#[tokio::test]
async fn an_archive_writes_nothing_outside_of_its_record() {
    let machines = Machines::everywhere().await.remove(0);
    let [one, other] = &machines.records;
    let (name, hash) = record(one.here(), "", true);
    one.keep(&name).await.unwrap();
    let outside = machines.folders[1].path().join("outside");
    let hash_named = format!("blobs/../../{}", "a".repeat(64));
    let hostile: [(&str, tar::EntryType); 9] = [
        ("../../../outside", tar::EntryType::Regular),
        (outside.to_str().unwrap(), tar::EntryType::Regular),
        ("blobs/../../../outside", tar::EntryType::Regular),
        (&hash_named, tar::EntryType::Regular),
        ("blobs/short", tar::EntryType::Regular),
        ("journal/x", tar::EntryType::Regular),
        ("journal", tar::EntryType::Symlink),
        ("journal", tar::EntryType::Link),
        ("journal", tar::EntryType::Directory),
    ];
    for (path, kind) in hostile {
        let bytes = archive_with(path, kind, &outside);
        let write = WriteOptions::overwrite();
        machines
            .storage
            .write(&machines.place(&name), bytes.into(), write)
            .await
            .unwrap();
        let error = other.find(&name, Some(&hash)).await.unwrap_err();
        assert!(
            matches!(error, RecordsError::Damaged(_)),
            "{path}: {error:?}"
        );
        assert!(!outside.exists(), "{path}");
    }
}

/// An archive with one entry, whose name is written as it is.
fn archive_with(path: &str, kind: tar::EntryType, target: &Path) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_link_name(target).unwrap();
    header.set_size(u64::from(kind == tar::EntryType::Regular));
    header.set_mode(0o644);
    header.set_cksum();
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(packed);
    builder.append(&header, &b"x"[..]).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

/// What a worker far away sends, in parts of this size, each twice.
async fn send(from: &Records, to: &Records, name: &str, size: usize) {
    let record = from.find(name, None).await.unwrap();
    for blob in record.blob_names().unwrap() {
        let bytes = record.blob(&blob).unwrap();
        to.put_blob(name, &blob, bytes.clone()).await.unwrap();
        to.put_blob(name, &blob, bytes).await.unwrap();
    }
    let journal = journal(&record);
    for (at, part) in journal.chunks(size).enumerate() {
        let (at, after) = ((at * size) as u64, (at * size + part.len()) as u64);
        assert_eq!(to.append(name, at, part.to_vec()).await.unwrap(), after);
        assert_eq!(to.append(name, at, part.to_vec()).await.unwrap(), after);
    }
    // From the beginning once more: nothing is new.
    let length = journal.len() as u64;
    assert_eq!(to.append(name, 0, journal).await.unwrap(), length);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the journal is a file of this machine"
)]
fn journal(record: &Record) -> Vec<u8> {
    fs::read(record.folder().join("journal")).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the manifest is a file of this machine"
)]
fn manifest(record: &Record) -> Option<Vec<u8>> {
    fs::read(record.folder().join("manifest.json")).ok()
}

#[tokio::test]
async fn a_copy_is_sent_in_parts_and_checked_as_a_whole() {
    for machines in Machines::everywhere().await {
        let [worker, server] = &machines.records;
        for finished in [true, false] {
            let (name, hash) = record(worker.here(), &"words ".repeat(20_000), finished);
            let original = worker.find(&name, None).await.unwrap();
            assert_eq!(server.copied(&name).await.unwrap(), (0, BTreeSet::new()));
            let gap = server.append(&name, 7, "later").await.unwrap_err();
            assert!(matches!(gap, ReplicaError::Gap { length: 0 }), "{gap}");
            send(worker, server, &name, 100).await;
            let blobs: BTreeSet<String> = original.blob_names().unwrap().into_iter().collect();
            let whole = (journal(&original).len() as u64, blobs);
            assert_eq!(server.copied(&name).await.unwrap(), whole);
            assert!(!whole.1.is_empty(), "a large value is among it");
            // It can be read before it is over.
            let copy = server.find(&name, None).await.unwrap();
            assert_eq!(said(&copy).1, said(&original).1);

            for _ in 0..2 {
                server
                    .seal(&name, &hash, manifest(&original))
                    .await
                    .unwrap();
            }
            server.keep(&name).await.unwrap();
            assert_eq!(
                said(&server.find(&name, Some(&hash)).await.unwrap()),
                said(&original)
            );
        }
    }
}

#[tokio::test]
async fn a_copy_that_cannot_be_read_stays() {
    let machines = Machines::everywhere().await.remove(0);
    let [worker, server] = &machines.records;
    let (name, hash) = record(worker.here(), "words", true);
    let manifest = manifest(&worker.find(&name, None).await.unwrap());
    send(worker, server, &name, 1 << 20).await;
    let copy = server.here().root().join("elsewhere/runs").join(&name);
    // A disk that answers with an error, for root too.
    std::fs::remove_file(copy.join("journal")).unwrap();
    std::fs::create_dir(copy.join("journal")).unwrap();
    let failed = server.seal(&name, &hash, manifest).await.unwrap_err();
    assert!(matches!(failed, ReplicaError::Disk(_)), "{failed}");
    assert!(copy.is_dir());
}

#[tokio::test]
async fn a_copy_that_is_not_the_record_is_sent_again() {
    let machines = Machines::everywhere().await.remove(0);
    let [worker, server] = &machines.records;
    let (name, hash) = record(worker.here(), &"words ".repeat(20_000), true);
    let original = worker.find(&name, None).await.unwrap();
    let manifest = manifest(&original);
    let blob = original.blob_names().unwrap().remove(0);
    let other = server.put_blob(&name, &blob, "other").await.unwrap_err();
    assert!(matches!(other, ReplicaError::Damaged(_)), "{other}");
    let whole = journal(&original);
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (what, sent, with_blob) in [
        ("changed", &changed[..], true),
        ("cut", &whole[..whole.len() - 1], true),
        ("without its blob", &whole[..], false),
    ] {
        server.append(&name, 0, sent.to_vec()).await.unwrap();
        if with_blob {
            let bytes = original.blob(&blob).unwrap();
            server.put_blob(&name, &blob, bytes).await.unwrap();
        }
        let refused = server
            .seal(&name, &hash, manifest.clone())
            .await
            .unwrap_err();
        assert!(
            matches!(refused, ReplicaError::Damaged(_)),
            "{what}: {refused}"
        );
        assert_eq!(server.copied(&name).await.unwrap().0, 0, "{what}");
    }
    send(worker, server, &name, 1 << 20).await;
    server.seal(&name, &hash, manifest).await.unwrap();

    for hostile in ["..", "../x", "run_1", &name.to_uppercase(), "", "a/b"] {
        let refused = server.append(hostile, 0, "x").await.unwrap_err();
        assert!(matches!(refused, ReplicaError::Name(_)), "{hostile}");
        let refused = server.put_blob(&name, hostile, "x").await.unwrap_err();
        assert!(matches!(refused, ReplicaError::Name(_)), "{hostile}");
    }
}
