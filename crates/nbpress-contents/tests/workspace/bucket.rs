//! Workspaces in an object store: the suite on a real S3 server (moto), and what is special there.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nbpress_contents::{Kind, ListOptions, Workspace};
use nbpress_storage::{Location, Storage, WriteOptions};

use crate::{conformance, location, names, path, refusal, save, storage};

/// A server as a process of its own, ended with the value.
struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    /// Waits for the line in which the server says where it listens.
    #[expect(
        clippy::disallowed_methods,
        reason = "a real server is started for the tests"
    )]
    fn start() -> Self {
        let reference = std::env::var("NBPRESS_TEST_REFERENCE").expect(
            "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs the servers",
        );
        let program = Path::new(&reference).join("s3/bin/moto_server");
        let mut child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; run `cargo xtask test`", program.display())
            });
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://127.0.0.1:")?;
            let port = rest.split(|digit: char| !digit.is_ascii_digit()).next()?;
            Some(format!("http://127.0.0.1:{port}"))
        });
        // To the end, so that the server never waits for its log to be read.
        std::thread::spawn(move || lines.for_each(drop));
        let url = address.expect("the server did not start");
        Self { child, url }
    }

    fn storage(&self) -> Arc<Storage> {
        storage(&[
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_ACCESS_KEY_ID", "AKIATEST"),
            ("AWS_SECRET_ACCESS_KEY", "a secret"),
            ("AWS_REGION", "us-east-1"),
        ])
    }

    /// An empty bucket of this name.
    async fn bucket(&self, name: &str) -> Location {
        let address = location(&format!("{}/{name}", self.url));
        let made = self.storage();
        let made = made.write(&address, "".into(), WriteOptions::overwrite());
        made.await.unwrap();
        location(&format!("s3://{name}"))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_the_promises() {
    let moto = Moto::start();
    let bucket = moto.bucket("work").await;
    let mut count = 0;
    let mut fresh = async || {
        count += 1;
        let root = bucket.join(&format!("team {count}"));
        let history = bucket.join(&format!("history {count}"));
        Workspace::open(moto.storage(), &root, &history)
            .await
            .unwrap()
    };
    conformance::all(&mut fresh).await;
    assert!(count > 10);
}

#[tokio::test]
async fn a_bucket_may_have_its_history_in_a_folder() {
    let moto = Moto::start();
    let bucket = moto.bucket("work").await;
    let folder = tempfile::tempdir().unwrap();
    let history = Location::from(folder.path().join("history"));
    let workspace = Workspace::open(moto.storage(), &bucket, &history)
        .await
        .unwrap();
    save(&workspace, "a.txt", "1").await;
    save(&workspace, "a.txt", "2").await;
    assert_eq!(workspace.history(&path("a.txt")).await.unwrap().len(), 2);
    assert_eq!(names(&workspace, "").await, ["a.txt"]);
}

#[tokio::test]
async fn a_sibling_prefix_is_another_place() {
    let moto = Moto::start();
    let bucket = moto.bucket("work").await;
    let storage = moto.storage();
    for key in ["team/a", "teams/b", "team", "team/deep/er"] {
        let options = WriteOptions::overwrite();
        let written = storage.write(&bucket.join(key), "1".into(), options).await;
        written.unwrap();
    }
    let history = bucket.join("history");
    let workspace = Workspace::open(Arc::clone(&storage), &bucket.join("team"), &history)
        .await
        .unwrap();
    assert_eq!(names(&workspace, "").await, ["a", "deep"]);
    let deep = workspace.entry(&path("deep")).await.unwrap();
    assert_eq!(deep.kind, Kind::Directory);
    assert_eq!(refusal(workspace.entry(&path("b")).await), "NotFound");
    workspace.delete(&path("deep"), true).await.unwrap();
    assert!(storage.exists(&bucket.join("teams/b")).await.unwrap());

    for (root, history, expected) in [
        ("team", "team/history", "HistoryPlace"),
        ("team", "team", "HistoryPlace"),
        ("", "history", "HistoryPlace"),
        ("team", "teams", "done"),
    ] {
        let (root, history) = (bucket.join(root), bucket.join(history));
        let opened = Workspace::open(Arc::clone(&storage), &root, &history).await;
        assert_eq!(refusal(opened), expected, "{root} {history}");
    }
}

#[tokio::test]
async fn pages_are_longer_than_the_stores_own() {
    const FILES: usize = 1203;
    let moto = Moto::start();
    let bucket = moto.bucket("work").await;
    let storage = moto.storage();
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..FILES {
        let (storage, key) = (Arc::clone(&storage), bucket.join(&format!("w/{number:05}")));
        writers.spawn(async move {
            let written = storage.write(&key, "1".into(), WriteOptions::overwrite());
            written.await.unwrap();
        });
    }
    writers.join_all().await;
    let workspace = Workspace::open(storage, &bucket.join("w"), &bucket.join("h"))
        .await
        .unwrap();
    assert_eq!(names(&workspace, "").await.len(), FILES);
    let options = ListOptions {
        limit: 1100,
        ..ListOptions::default()
    };
    let page = workspace.list(&path(""), options).await.unwrap();
    assert_eq!(page.entries.len(), 1100);
    assert!(page.next.is_some());
}
