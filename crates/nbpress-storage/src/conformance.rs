//! The contract of [`Storage`], as functions that a test of any kind of store can call.
//!
//! Each takes a storage and an empty folder or prefix of its own, and panics where the store
//! breaks the contract.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken contract is reported by panicking, as in any test"
)]

use std::collections::BTreeSet;
use std::error::Error;

use bytes::Bytes;
use futures_util::future::{join, join_all};

use crate::{Entry, Location, Page, Storage, StorageErrorKind, Support, Version, WriteOptions};

/// Bytes come back as they were written; listing and deleting see them.
pub async fn put_get_list_delete(storage: &Storage, base: &Location) {
    let location = base.join("one.ipynb");
    assert!(!storage.exists(&location).await.unwrap());
    let version = put(storage, &location, b"first").await;
    assert_eq!(storage.read(&location).await.unwrap(), "first");
    assert!(storage.exists(&location).await.unwrap());
    let meta = storage.head(&location).await.unwrap().unwrap();
    assert_eq!((meta.size, &meta.version), (5, &version));
    assert!(meta.modified.is_some());

    let next = put(storage, &location, b"second").await;
    assert_ne!(version, next);
    assert_eq!(storage.read(&location).await.unwrap(), "second");
    assert_eq!(
        names(&storage.list(base, None, 10).await.unwrap()),
        ["one.ipynb"]
    );

    storage.delete(&location).await.unwrap();
    assert!(!storage.exists(&location).await.unwrap());
    assert_eq!(storage.list(base, None, 10).await.unwrap().entries, []);
}

/// What is not there is [`StorageErrorKind::NotFound`] for a reader, None for `head`.
pub async fn missing_object(storage: &Storage, base: &Location) {
    let location = base.join("missing.ipynb");
    let error = storage.read(&location).await.unwrap_err();
    assert!(error.is_not_found(), "{:?}", error.kind());
    assert_eq!(error.to_string(), format!("failed to read `{location}`"));
    assert!(
        storage
            .read_range(&location, 0..1)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(storage.head(&location).await.unwrap().is_none());
}

/// A reader never sees a part of a write, or a mixture of two.
pub async fn overwrite_is_never_torn(storage: &Storage, base: &Location) {
    const ROUNDS: u8 = 30;
    const SIZE: usize = 1 << 20;
    let location = base.join("busy.ipynb");
    put(storage, &location, &vec![0; SIZE]).await;
    let write = async {
        for round in 1..=ROUNDS {
            put(storage, &location, &vec![round; SIZE]).await;
        }
    };
    let read = async {
        let mut last = 0;
        while last < ROUNDS {
            let bytes = storage.read(&location).await.unwrap();
            let first = bytes.first().copied().unwrap();
            assert_eq!(bytes.len(), SIZE);
            assert!(
                bytes.iter().all(|byte| *byte == first),
                "a mixture of two writes"
            );
            assert!(first >= last, "an older write came back");
            last = first;
        }
    };
    join(
        write,
        join(read, async {
            // A second reader, so that one of them is always in the middle.
            while storage.read(&location).await.unwrap().first() != Some(&ROUNDS) {}
        }),
    )
    .await;
}

/// Of writers that race to create the same object exactly one wins, and its bytes stay.
pub async fn if_absent_has_one_winner(storage: &Storage, base: &Location) {
    assert_eq!(
        storage
            .check_conditional_writes(&base.join("any"))
            .await
            .unwrap(),
        Support::Enforced
    );
    for round in 0..20 {
        let location = base.join(&format!("race-{round}.ipynb"));
        let writers = (0..8).map(|writer| {
            let bytes = Bytes::from(format!("writer {writer}"));
            storage.write(&location, bytes, WriteOptions::if_absent())
        });
        let winner = only_winner(join_all(writers).await, |kind| {
            matches!(kind, StorageErrorKind::AlreadyExists { .. })
        });
        let expected = format!("writer {winner}");
        assert_eq!(storage.read(&location).await.unwrap(), expected);
    }
}

/// A writer that has not seen the latest bytes is refused, and of several that have, one wins.
pub async fn if_match_refuses_the_stale(storage: &Storage, base: &Location) {
    let location = base.join("versions.ipynb");
    let is_mismatch =
        |kind: &StorageErrorKind| matches!(kind, StorageErrorKind::VersionMismatch { .. });
    let first = put(storage, &location, b"first").await;
    let second = storage
        .write(
            &location,
            "second".into(),
            WriteOptions::if_match(first.clone()),
        )
        .await
        .unwrap();
    let stale = storage
        .write(
            &location,
            "third".into(),
            WriteOptions::if_match(first.clone()),
        )
        .await
        .unwrap_err();
    assert!(is_mismatch(stale.kind()), "{:?}", stale.kind());
    assert_eq!(storage.read(&location).await.unwrap(), "second");

    let mut current = second;
    for round in 0..10 {
        let writers = (0..8).map(|writer| {
            let bytes = Bytes::from(format!("round {round} writer {writer}"));
            storage.write(&location, bytes, WriteOptions::if_match(current.clone()))
        });
        let winner = only_winner(join_all(writers).await, is_mismatch);
        let expected = format!("round {round} writer {winner}");
        assert_eq!(storage.read(&location).await.unwrap(), expected);
        current = storage.head(&location).await.unwrap().unwrap().version;
    }

    storage.delete(&location).await.unwrap();
    let gone = storage
        .write(&location, "x".into(), WriteOptions::if_match(current))
        .await
        .unwrap_err();
    assert!(is_mismatch(gone.kind()), "{:?}", gone.kind());
    assert!(!storage.exists(&location).await.unwrap());
}

/// A range is cut at the end, and empty behind it.
pub async fn ranges(storage: &Storage, base: &Location) {
    let location = base.join("digits");
    put(storage, &location, b"0123456789").await;
    let cases = [
        (0..3, "012"),
        (7..9, "78"),
        (8..100, "89"),
        (10..20, ""),
        (50..60, ""),
        (4..4, ""),
    ];
    for (range, expected) in cases {
        let bytes = storage.read_range(&location, range.clone()).await.unwrap();
        assert_eq!(bytes, expected, "{range:?}");
    }
}

/// Pages follow each other without gaps or repetitions, and folders appear once.
pub async fn listing_pages(storage: &Storage, base: &Location) {
    let mut expected = BTreeSet::new();
    for index in 0..23 {
        let name = format!("n{index:02}.ipynb");
        put(storage, &base.join(&name), name.as_bytes()).await;
        expected.insert(Entry {
            name,
            is_folder: false,
            size: 9,
            modified: None,
            version: None,
        });
    }
    for name in ["folder/a", "folder/b", "n05-folder/c"] {
        let location = base.join(name);
        make_folder_of(&location);
        put(storage, &location, b"x").await;
    }
    for name in ["folder", "n05-folder"] {
        expected.insert(Entry {
            name: name.to_owned(),
            is_folder: true,
            size: 0,
            modified: None,
            version: None,
        });
    }
    for limit in [1, 7, 25, 100] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = storage.list(base, after.as_deref(), limit).await.unwrap();
            assert!(page.entries.len() <= limit);
            assert!(page.entries.is_sorted_by_key(|entry| entry.name.clone()));
            for entry in page.entries {
                if let Some(version) = &entry.version {
                    let head = storage.head(&base.join(&entry.name)).await.unwrap();
                    assert_eq!(head.map(|head| head.version).as_ref(), Some(version));
                }
                found.push(Entry {
                    modified: None,
                    version: None,
                    ..entry
                });
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), expected.len(), "pages of {limit}");
        assert_eq!(
            found.into_iter().collect::<BTreeSet<_>>(),
            expected,
            "pages of {limit}"
        );
    }
}

/// Names are literal: spaces, percent signs, and letters of all scripts survive.
pub async fn odd_names(storage: &Storage, base: &Location) {
    let mut odd = [
        "a b.ipynb",
        "100%.ipynb",
        "%2F.ipynb",
        "ünï-ノート-🚀.ipynb",
        "q?x=1&y.ipynb",
        "h#1.ipynb",
        "plus+and=.ipynb",
        "quote's \"x\".ipynb",
        "[b]{c}.ipynb",
        "semi;colon:.ipynb",
        "~.ipynb",
    ];
    for name in odd {
        let location = base.join(name);
        put(storage, &location, name.as_bytes()).await;
        assert_eq!(storage.read(&location).await.unwrap(), name);
        assert_eq!(location.file_name().as_deref(), Some(name));
    }
    odd.sort_unstable();
    assert_eq!(names(&storage.list(base, None, 100).await.unwrap()), odd);
    for name in odd {
        storage.delete(&base.join(name)).await.unwrap();
    }
    assert_eq!(storage.list(base, None, 100).await.unwrap().entries, []);
}

/// No bytes at all, and 20 MB of them.
pub async fn empty_and_large(storage: &Storage, base: &Location) {
    let empty = base.join("empty");
    put(storage, &empty, b"").await;
    assert_eq!(storage.read(&empty).await.unwrap(), "");
    assert_eq!(storage.read_range(&empty, 0..10).await.unwrap(), "");
    assert_eq!(storage.head(&empty).await.unwrap().unwrap().size, 0);

    let large = base.join("large.ipynb");
    let bytes = large_bytes();
    put(storage, &large, &bytes).await;
    assert!(
        storage.read(&large).await.unwrap() == bytes,
        "20 MB came back changed"
    );
    let range = storage
        .read_range(&large, 19_999_990..30_000_000)
        .await
        .unwrap();
    assert!(
        range == bytes[19_999_990..],
        "the end of 20 MB came back changed"
    );
    assert_eq!(
        storage.head(&large).await.unwrap().unwrap().size,
        20_000_000
    );
}

/// None of `secrets` is in any text of an error and its causes, nor in its debugging form.
pub fn error_keeps_secrets(error: &crate::StorageError, secrets: &[&str]) {
    let mut texts = vec![format!("{error:?}"), error.hint().unwrap_or_default()];
    let chain = std::iter::successors(Some(error as &dyn Error), |&error| error.source());
    texts.extend(chain.map(ToString::to_string));
    for text in texts {
        for secret in secrets {
            assert!(!text.contains(secret), "`{secret}` is in: {text}");
        }
    }
}

/// 20 MB in which every part differs from every other.
fn large_bytes() -> Bytes {
    let words = (0..2_500_000_u64)
        .flat_map(|index| index.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    words.collect::<Vec<_>>().into()
}

async fn put(storage: &Storage, location: &Location, bytes: &[u8]) -> Version {
    let bytes = Bytes::copy_from_slice(bytes);
    storage
        .write(location, bytes, WriteOptions::overwrite())
        .await
        .unwrap()
}

fn names(page: &Page) -> Vec<&str> {
    page.entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect()
}

/// Object stores have no folders to make.
fn make_folder_of(location: &Location) {
    if let Some(folder) = location.is_local().and_then(|path| path.parent()) {
        std::fs::create_dir_all(folder).unwrap();
    }
}

/// The index of the one success; all others must have failed as expected.
fn only_winner(
    results: Vec<Result<Version, crate::StorageError>>,
    is_expected: impl Fn(&StorageErrorKind) -> bool,
) -> usize {
    let mut winners = Vec::new();
    for (writer, result) in results.into_iter().enumerate() {
        match result {
            Ok(_) => winners.push(writer),
            Err(error) if is_expected(error.kind()) => {}
            Err(error) => panic!("writer {writer}: {error}: {:?}", error.kind()),
        }
    }
    let [winner] = winners[..] else {
        panic!("winners: {winners:?}")
    };
    winner
}
