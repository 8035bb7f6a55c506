//! The contract on a real S3 server (moto), and what happens with servers that are none.

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use nbpress_storage::{
    Location, Storage, StorageError, StorageErrorKind, Support, WriteOptions, conformance,
};

use crate::server::{Answer, Request, Server, Web, location, reference, storage};

const PATIENCE: Duration = Duration::from_mins(1);
const SECRET: &str = "very+secret/key";

/// A server that the tests of this file share as long as one of them runs.
pub(crate) fn moto() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap();
    shared.upgrade().unwrap_or_else(|| {
        let program = reference().join("s3/bin/moto_server");
        let server = Arc::new(Server::start(&program, &["-H", "127.0.0.1", "-p", "0"]));
        *shared = Arc::downgrade(&server);
        server
    })
}

fn signed_in(endpoint: &str, timeout: Duration) -> Storage {
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "AKIATEST"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", "us-east-1"),
    ];
    storage(&environment, timeout)
}

/// A storage on moto with an empty bucket of this name.
async fn bucket(server: &Server, name: &str) -> (Storage, Location) {
    let storage = signed_in(&server.url, PATIENCE);
    let address = location(&format!("{}/{name}", server.url));
    storage
        .write(&address, "".into(), WriteOptions::overwrite())
        .await
        .unwrap();
    (storage, location(&format!("s3://{name}")))
}

macro_rules! conforms {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            let server = moto();
            let (storage, bucket) = bucket(&server, &stringify!($name).replace('_', "-")).await;
            conformance::$name(&storage, &bucket.join("some folder/below")).await;
        }
    )*};
}

conforms!(
    put_get_list_delete,
    missing_object,
    overwrite_is_never_torn,
    if_match_refuses_the_stale,
    ranges,
    listing_pages,
    odd_names,
    empty_and_large,
);

/// moto looks and writes in two steps, so that on a busy machine two of eight writers may win, which S3 itself
/// excludes. A client that does not ask for the condition has eight winners each time.
#[tokio::test]
async fn if_absent_has_one_winner() {
    let server = moto();
    let mut tries = tokio::task::JoinSet::new();
    for attempt in 0..5 {
        let (storage, bucket) = bucket(&server, &format!("race-{attempt}")).await;
        tries.spawn(async move {
            conformance::if_absent_has_one_winner(&storage, &bucket.join("below")).await;
        });
        if tries.join_next().await.is_some_and(|done| done.is_ok()) {
            return;
        }
    }
    panic!("two writers won, five times");
}

#[tokio::test]
async fn a_whole_bucket_is_listed() {
    let server = moto();
    let (storage, bucket) = bucket(&server, "whole").await;
    for name in ["b", "a/x", "a.ipynb"] {
        storage
            .write(&bucket.join(name), "x".into(), WriteOptions::if_absent())
            .await
            .unwrap();
    }
    let page = storage.list(&bucket, None, 10).await.unwrap();
    let found: Vec<_> = page
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.is_folder))
        .collect();
    assert_eq!(found, [("a", true), ("a.ipynb", false), ("b", false)]);
    // A folder has none.
    let versions: Vec<_> = page
        .entries
        .iter()
        .map(|entry| entry.version.is_some())
        .collect();
    assert_eq!(versions, [false, true, true]);
    let old_scheme = location("s3n://whole/b");
    assert_eq!(storage.read(&old_scheme).await.unwrap(), "x");
}

#[tokio::test]
async fn the_probe_leaves_nothing_behind() {
    let server = moto();
    let (storage, bucket) = bucket(&server, "probed").await;
    let object = bucket.join("a/b");
    let version = storage
        .write(&object, "x".into(), WriteOptions::if_absent())
        .await
        .unwrap();
    storage
        .write(&object, "y".into(), WriteOptions::if_match(version))
        .await
        .unwrap();
    // Read as a plain web page, which hides nothing.
    let page = storage
        .read(&location(&format!("{}/probed?list-type=2", server.url)))
        .await
        .unwrap();
    let page = String::from_utf8(page.into()).unwrap();
    assert!(
        page.contains("<Key>a/b</Key>") && page.contains("<KeyCount>1</KeyCount>"),
        "{page}"
    );
}

#[tokio::test]
async fn a_missing_bucket() {
    let server = moto();
    let storage = signed_in(&server.url, PATIENCE);
    let object = location("s3://no-such-bucket/a");
    for options in [WriteOptions::overwrite(), WriteOptions::if_absent()] {
        let error = storage
            .write(&object, "x".into(), options)
            .await
            .unwrap_err();
        assert_eq!(
            error.kind().to_string(),
            "output folder `no-such-bucket` doesn't exist"
        );
    }
    assert!(storage.read(&object).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn keys_endpoint_and_region_come_from_the_profile() {
    let server = moto();
    let home = tempfile::TempDir::new().unwrap();
    let files = Storage::new(nbpress_storage::Settings::new(
        [].into(),
        home.path().to_owned(),
    ));
    let credentials =
        "[team]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = profile-secret\n";
    let config = format!(
        "[profile team]\nregion = eu-west-1\nendpoint_url = {}\n",
        server.url
    );
    tokio::fs::create_dir(home.path().join(".aws"))
        .await
        .unwrap();
    for (name, text) in [
        (".aws/credentials", credentials.to_owned()),
        (".aws/config", config),
    ] {
        files
            .write(&location(name), text.into(), WriteOptions::overwrite())
            .await
            .unwrap();
    }
    let (_, bucket) = bucket(&server, "profiled").await;
    let home = home.path().to_str().unwrap();
    let storage = storage(&[("HOME", home), ("AWS_PROFILE", "team")], PATIENCE);
    storage
        .write(&bucket.join("a"), "x".into(), WriteOptions::if_absent())
        .await
        .unwrap();
}

#[tokio::test]
async fn without_credentials_the_hint_says_where_they_were_looked_for() {
    let storage = storage(
        &[
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("HOME", "/nonexistent"),
        ],
        PATIENCE,
    );
    let error = storage.read(&location("s3://bucket/a")).await.unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::PermissionDenied { .. }),
        "{:?}",
        error.kind()
    );
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("`AWS_ACCESS_KEY_ID`") && hint.contains("`/nonexistent/.aws/credentials`"),
        "{hint}"
    );
}

/// Some servers ignore the conditions of a write: they answer success, and have overwritten.
#[tokio::test]
async fn a_server_that_ignores_conditions_is_found_out() {
    let careless = |_: &Request| -> Answer { ("200 OK\r\nETag: \"e1\"", Vec::new()) };
    let server = Web::start(careless).await;
    let storage = signed_in(&server.url, PATIENCE);
    let object = location("s3://bucket/folder/a.ipynb");
    assert_eq!(
        storage.check_conditional_writes(&object).await.unwrap(),
        Support::NotEnforced
    );
    let version = storage
        .write(&object, "x".into(), WriteOptions::overwrite())
        .await
        .unwrap();
    for options in [WriteOptions::if_absent(), WriteOptions::if_match(version)] {
        for _ in 0..2 {
            let error = storage
                .write(&object, "y".into(), options.clone())
                .await
                .unwrap_err();
            assert!(
                matches!(error.kind(), StorageErrorKind::ConditionalWriteNotEnforced),
                "{:?}",
                error.kind()
            );
            assert!(error.hint().unwrap().contains("nothing was written"));
        }
    }
    let writes = server
        .requests()
        .into_iter()
        .filter(|request| request.method == "PUT");
    let (to_object, probes): (Vec<_>, Vec<_>) =
        writes.partition(|request| request.target.contains("a.ipynb"));
    assert_eq!(
        to_object.len(),
        1,
        "only the unconditional write may reach the object"
    );
    // Two for the one condition, three for the other, although each was asked for more than once.
    assert_eq!(probes.len(), 5);
}

#[tokio::test]
async fn an_unreachable_store_is_given_up_in_time() {
    let limit = Duration::from_secs(2);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    for url in [silent_url, closed_url] {
        let storage = signed_in(&url, limit);
        let object = location("s3://bucket/a.ipynb");
        let start = Instant::now();
        let error = storage
            .write(&object, "x".into(), WriteOptions::overwrite())
            .await
            .unwrap_err();
        let expected = format!("the store at `{url}` cannot be reached");
        assert_eq!(error.kind().to_string(), expected);
        assert!(start.elapsed() < limit * 3, "took {:?}", start.elapsed());
        conformance::error_keeps_secrets(&error, &[SECRET]);
    }
}

#[tokio::test]
async fn a_store_that_refuses_is_given_up_in_time() {
    let refusing = |_: &Request| -> Answer {
        (
            "503 Slow Down",
            format!("<Error><Message>AKIATEST {SECRET}</Message></Error>").into_bytes(),
        )
    };
    let server = Web::start(refusing).await;
    let storage = signed_in(&server.url, Duration::from_secs(2));
    let start = Instant::now();
    let error = storage
        .read(&location("s3://bucket/a.ipynb"))
        .await
        .unwrap_err();
    assert!(
        start.elapsed() < Duration::from_secs(6),
        "took {:?}",
        start.elapsed()
    );
    assert!(
        server.requests().len() > 1,
        "an overloaded server is asked again"
    );
    assert!(chain(&error).contains("503"), "{}", chain(&error));
    conformance::error_keeps_secrets(&error, &[SECRET, "AKIATEST"]);
}

#[tokio::test]
async fn refused_credentials_are_named_but_not_shown() {
    let refusing = |_: &Request| -> Answer {
        (
            "403 Forbidden",
            b"<Error><AWSAccessKeyId>AKIATEST</AWSAccessKeyId></Error>".to_vec(),
        )
    };
    let server = Web::start(refusing).await;
    let storage = signed_in(&server.url, PATIENCE);
    let error = storage
        .write(&location("s3://b/a"), "x".into(), WriteOptions::overwrite())
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::PermissionDenied { .. }),
        "{:?}",
        error.kind()
    );
    assert_eq!(
        error.hint().unwrap(),
        "the credentials in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` were used"
    );
    conformance::error_keeps_secrets(&error, &[SECRET, "AKIATEST"]);
}

fn chain(error: &StorageError) -> String {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |error| {
        error.source()
    });
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
