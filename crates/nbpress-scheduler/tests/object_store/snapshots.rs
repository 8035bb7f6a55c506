//! Snapshots.

use std::collections::BTreeSet;

use bytes::Bytes;
use nbpress_scheduler::snapshot::{Limits, PublishRequest, SnapshotError, SnapshotStore, Upload};
use nbpress_storage::WriteOptions;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{Moto, location};

const NOTEBOOK: &str = r#"{"cells": [{"cell_type": "code", "execution_count": null, "id": "a",
"metadata": {}, "outputs": [], "source": "1"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;

/// A notebook with two dozen files, among them two of the same bytes.
fn upload() -> Upload {
    let file = |at: usize| (format!("data/{at}.bin"), Bytes::from(vec![0; at.max(1)]));
    Upload {
        notebook: "n.ipynb".to_owned(),
        bytes: Bytes::from_static(NOTEBOOK.as_bytes()),
        files: (0..24).map(file).collect(),
        limits: Limits::default(),
    }
}

#[tokio::test]
async fn publishers_at_once_agree_and_all_is_written_out() {
    let server = Moto::start();
    let base = server
        .bucket("together")
        .await
        .join("some prefix/snapshots");
    let mut publishers = JoinSet::new();
    for _ in 0..4 {
        let store = SnapshotStore::new(server.storage(), &base);
        publishers.spawn(async move { store.publish_bytes(upload()).await });
    }
    let done = publishers.join_all().await;
    let ids: BTreeSet<_> = done.into_iter().map(|done| done.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    let id = ids.first().unwrap();

    let store = SnapshotStore::new(server.storage(), &base);
    let folder = TempDir::new().unwrap();
    let notebook = store.materialize(id, folder.path()).await.unwrap();
    assert_eq!(notebook, folder.path().join("n.ipynb"));
    for (path, bytes) in upload().files {
        let written = location(folder.path().join(&path).to_str().unwrap());
        assert_eq!(
            server.storage().read(&written).await.unwrap(),
            bytes,
            "{path}"
        );
    }
    assert_eq!(store.garbage(&ids).await.unwrap(), []);
    // The notebook, 23 different files, and the manifest.
    let all = store.garbage(&BTreeSet::new()).await.unwrap();
    assert_eq!(all.len(), 25);
    assert!(
        all.iter()
            .all(|object| object.bytes > 0 && object.modified.is_some())
    );
}

#[tokio::test]
async fn a_notebook_in_the_store_with_files_of_a_folder() {
    let server = Moto::start();
    let bucket = server.bucket("mixed").await;
    let store = SnapshotStore::new(server.storage(), &bucket.join("snapshots"));
    let source = bucket.join("jobs/n.ipynb");
    let save = |text: String| {
        let (storage, source) = (server.storage(), source.clone());
        async move {
            storage
                .write(&source, text.into(), WriteOptions::overwrite())
                .await
                .unwrap()
        }
    };
    save(NOTEBOOK.to_owned()).await;
    let folder = TempDir::new().unwrap();
    let file = location(folder.path().join("x.csv").to_str().unwrap());
    server
        .storage()
        .write(&file, "1,2".into(), WriteOptions::overwrite())
        .await
        .unwrap();
    let alone = PublishRequest::new(source.clone());
    let without_root = PublishRequest {
        files: vec!["*.csv".to_owned()],
        ..alone
    };
    let error = store.publish(&without_root).await.unwrap_err();
    assert!(matches!(error, SnapshotError::NoRoot { .. }), "{error}");

    let request = PublishRequest {
        root: Some(folder.path().to_owned()),
        ..without_root
    };
    let snapshot = store.publish(&request).await.unwrap();
    assert_eq!(snapshot.manifest.notebook.path, "n.ipynb");
    assert_eq!(snapshot.manifest.files[0].path, "x.csv");
    assert_eq!(
        store.changed_since(&snapshot.id, &request).await.unwrap(),
        None
    );

    save(NOTEBOOK.replace("\"1\"", "\"2\"")).await;
    let diff = store
        .changed_since(&snapshot.id, &request)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(diff.summary, "1 cell changed");
    server.storage().delete(&source).await.unwrap();
    let diff = store
        .changed_since(&snapshot.id, &request)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(diff.summary, "the notebook is gone");
    assert_eq!(
        store.notebook(&snapshot.id).await.unwrap().cells[0].source,
        "1"
    );
}

#[tokio::test]
async fn cut_off_halfway_there_is_no_snapshot() {
    let server = Moto::start();
    let bucket = server.bucket("cut").await;
    let other = SnapshotStore::new(server.storage(), &bucket.join("other"));
    let expected = other.publish_bytes(upload()).await.unwrap();
    let store = SnapshotStore::new(server.storage(), &bucket.join("snapshots"));
    let mut publisher = Box::pin(store.publish_bytes(upload()));
    // Step by step until the first object is there; it makes none while somebody looks.
    let nothing = BTreeSet::new();
    while store.garbage(&nothing).await.unwrap().is_empty() {
        tokio::select! {
            biased;
            _ = &mut publisher => panic!("it was done before anybody saw an object"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(publisher);
    let error = store.manifest(&expected.id).await.unwrap_err();
    assert!(matches!(error, SnapshotError::Missing { .. }), "{error}");
    assert_eq!(store.publish_bytes(upload()).await.unwrap(), expected);
    store
        .materialize(&expected.id, TempDir::new().unwrap().path())
        .await
        .unwrap();
}
