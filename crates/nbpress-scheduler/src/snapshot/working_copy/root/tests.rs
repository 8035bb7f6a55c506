//! Files that change while they are read, and how much of a file is read.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::*;

fn read(root: &Root, name: &str, left: u64) -> Result<Content, SnapshotError> {
    root.read(name, left, Limits::default())
}

/// A file of the system that is longer than it says: to whoever reads it, it always grows.
#[test]
fn a_file_that_changes_whenever_it_is_read() {
    let root = Root::open(Path::new("/proc/self")).unwrap();
    let error = read(&root, "status", 1 << 20).unwrap_err();
    assert!(matches!(error, SnapshotError::Changing { .. }), "{error}");
    assert!(error.hint().unwrap().contains("when nobody writes"));
}

#[test]
fn a_file_that_grows_is_seen_as_it_was_at_some_moment() {
    // It divides a page, so that the system itself never shows half of one.
    const LINE: &[u8] = b"one row\n";
    let folder = TempDir::new().unwrap();
    let root = Root::open(folder.path()).unwrap();
    let mut log = File::create(folder.path().join("log")).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                log.write_all(LINE).unwrap();
            }
        });
        let results: Vec<_> = (0..50).map(|_| read(&root, "log", 1 << 30)).collect();
        is_over.store(true, Ordering::Relaxed);
        for result in results {
            match result {
                Ok(content) => {
                    let lines: Vec<&[u8]> = content.bytes.chunks(LINE.len()).collect();
                    assert!(lines.iter().all(|line| *line == LINE));
                }
                Err(error) => assert!(matches!(error, SnapshotError::Changing { .. }), "{error}"),
            }
        }
    });
    let whole = read(&root, "log", 1 << 30).unwrap();
    assert_eq!(
        whole.size(),
        fs::metadata(folder.path().join("log")).unwrap().len()
    );
}

#[test]
fn no_more_is_read_than_may_be() {
    let folder = TempDir::new().unwrap();
    let root = Root::open(folder.path()).unwrap();
    // Without content, and larger than any memory.
    let huge = File::create(folder.path().join("huge")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let error = read(&root, "huge", 1 << 20).unwrap_err();
    let SnapshotError::TooLarge { largest, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(largest, [("huge".to_owned(), 1 << 40)]);
    huge.set_len(100).unwrap();
    assert_eq!(read(&root, "huge", 100).unwrap().size(), 100);
    assert!(read(&root, "huge", 99).is_err());
}
