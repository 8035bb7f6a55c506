//! Saves that race, and saves that are watched or killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use nbpress_contents::{Condition, ContentsError, ContentsPath};
use tokio::task::JoinSet;

use crate::{OnDisk, bytes, open_folder, path, save};

/// Each round, of 16 that saw the same version one saves; half of them have a workspace of their own,
/// as another process would.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_saves_one_wins_and_the_others_learn_what_is_there() {
    const ROUNDS: usize = 12;
    const WRITERS: usize = 16;
    let disk = OnDisk::new().await;
    let mut etag = save(&disk.workspace, "a", "begin").await.entry.etag;
    for round in 0..ROUNDS {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let workspace = if writer % 2 == 0 {
                disk.workspace.clone()
            } else {
                open_folder(disk.folder.path()).await
            };
            let condition = Condition::IfMatch(etag.clone().unwrap());
            let text = bytes(&format!("{round} {writer}"));
            writers.spawn(async move { workspace.save(&path("a"), text, condition).await });
        }
        let (won, lost): (Vec<_>, Vec<_>) = writers
            .join_all()
            .await
            .into_iter()
            .partition(Result::is_ok);
        let [Ok(won)] = won.as_slice() else {
            panic!("round {round}: {} won", won.len());
        };
        for lost in lost {
            let Err(ContentsError::Stale {
                current: Some(current),
                ..
            }) = lost
            else {
                panic!("round {round}: {lost:?}");
            };
            assert_eq!(*current, won.entry);
        }
        etag.clone_from(&won.entry.etag);
    }
    let history = disk.workspace.history(&path("a")).await.unwrap();
    assert_eq!(history.len(), ROUNDS + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_creations_one_wins() {
    let disk = OnDisk::new().await;
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let workspace = open_folder(disk.folder.path()).await;
        let text = bytes(&format!("{writer}"));
        writers.spawn(async move { workspace.save(&path("a"), text, Condition::IfAbsent).await });
    }
    let results = writers.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

/// Whoever reads during saves of 20 MB finds one of the two versions, whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_never_sees_a_part() {
    const SIZE: usize = 20 * 1024 * 1024;
    const SAVES: u8 = 6;
    let disk = OnDisk::new().await;
    let version = |number: u8| Bytes::from(vec![b'a' + number; SIZE]);
    let file: ContentsPath = path("big.bin");
    let saved = disk.workspace.save(&file, version(0), Condition::Any).await;
    saved.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let watcher = {
        let (done, watched) = (Arc::clone(&done), disk.root().join("big.bin"));
        std::thread::spawn(move || watch(&watched, &done, SIZE))
    };
    for number in 1..=SAVES {
        let saved = disk.workspace.save(&file, version(number), Condition::Any);
        saved.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let reads = watcher.join().unwrap();
    assert!(reads > usize::from(SAVES), "only {reads} reads");
    let left = std::fs::read_dir(disk.root()).unwrap().count();
    assert_eq!(left, 1, "something was left beside the file");
}

/// How often the file was read, each time whole.
fn watch(file: &std::path::Path, done: &AtomicBool, size: usize) -> usize {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut reads = 0;
    while !done.load(Ordering::SeqCst) {
        let mut file = std::fs::File::open(file).unwrap();
        assert_eq!(file.metadata().unwrap().len(), size as u64);
        let mut ends = [0, 0];
        file.read_exact(&mut ends[..1]).unwrap();
        file.seek(SeekFrom::End(-1)).unwrap();
        file.read_exact(&mut ends[1..]).unwrap();
        assert_eq!(ends[0], ends[1]);
        reads += 1;
    }
    reads
}
