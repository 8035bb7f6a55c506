//! Web addresses, on small servers inside the test.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nbpress_storage::{StorageErrorKind, Support, WriteOptions, conformance};

use crate::server::{Answer, Request, Web, location, storage};

const PATIENCE: Duration = Duration::from_mins(1);

/// Keeps what is PUT, as a plain web server does.
async fn files() -> Web {
    let files = Mutex::new(BTreeMap::<String, Vec<u8>>::new());
    Web::start(move |request: &Request| -> Answer {
        let mut files = files.lock().unwrap();
        match request.method.as_str() {
            "PUT" => {
                files.insert(request.target.clone(), request.body.clone());
                ("201 Created", Vec::new())
            }
            "GET" | "HEAD" => match files.get(&request.target) {
                Some(bytes) => ("200 OK\r\nETag: \"v1\"", bytes.clone()),
                None => ("404 Not Found", b"no such page".to_vec()),
            },
            "DELETE" => {
                files.remove(&request.target);
                ("204 No Content", Vec::new())
            }
            _ => ("405 Method Not Allowed", Vec::new()),
        }
    })
    .await
}

#[tokio::test]
async fn bytes_are_put_and_got_as_papermill_does() {
    let server = files().await;
    let storage = storage(&[], PATIENCE);
    let address = location(&server.url).join("a b.ipynb");
    assert!(!storage.exists(&address).await.unwrap());
    storage
        .write(&address, "{}".into(), WriteOptions::overwrite())
        .await
        .unwrap();
    assert_eq!(storage.read(&address).await.unwrap(), "{}");
    let meta = storage.head(&address).await.unwrap().unwrap();
    assert_eq!((meta.size, meta.version.as_str()), (2, "\"v1\""));
    storage.delete(&address).await.unwrap();
    let error = storage.read(&address).await.unwrap_err();
    assert!(error.is_not_found(), "{:?}", error.kind());

    let requests = server.requests();
    let put = requests
        .iter()
        .find(|request| request.method == "PUT")
        .unwrap();
    assert_eq!(
        (put.target.as_str(), put.headers["content-type"].as_str()),
        ("/a%20b.ipynb", "application/json")
    );
    let get = requests
        .iter()
        .find(|request| request.method == "GET")
        .unwrap();
    assert_eq!(get.headers["accept"], "application/json");
}

#[tokio::test]
async fn ranges_with_and_without_the_servers_help() {
    let helpless = Web::start(|_: &Request| -> Answer { ("200 OK", b"0123456789".to_vec()) }).await;
    let able = Web::start(|request: &Request| -> Answer {
        match request.headers["range"].as_str() {
            "bytes=2-4" => ("206 Partial Content", b"234".to_vec()),
            "bytes=8-19" => ("206 Partial Content", b"89".to_vec()),
            _ => ("416 Range Not Satisfiable", Vec::new()),
        }
    })
    .await;
    let storage = storage(&[], PATIENCE);
    for server in [helpless, able] {
        for (range, expected) in [(2..5, "234"), (8..20, "89"), (30..40, "")] {
            let bytes = storage
                .read_range(&location(&server.url), range)
                .await
                .unwrap();
            assert_eq!(bytes, expected);
        }
    }
}

#[tokio::test]
async fn conditional_writes_are_refused() {
    let server = files().await;
    let storage = storage(&[], PATIENCE);
    let address = location(&server.url).join("a.ipynb");
    assert_eq!(
        storage.check_conditional_writes(&address).await.unwrap(),
        Support::NotEnforced
    );
    let error = storage
        .write(&address, "x".into(), WriteOptions::if_absent())
        .await
        .unwrap_err();
    assert!(matches!(
        error.kind(),
        StorageErrorKind::ConditionalWriteNotEnforced
    ));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_the_answers_mean() {
    type IsExpected = fn(&StorageErrorKind) -> bool;
    let cases: [(&str, IsExpected); 6] = [
        ("404 Not Found", |kind| {
            matches!(kind, StorageErrorKind::FolderMissing { .. })
        }),
        ("401 Unauthorized", |kind| {
            matches!(kind, StorageErrorKind::PermissionDenied { .. })
        }),
        ("403 Forbidden", |kind| {
            matches!(kind, StorageErrorKind::PermissionDenied { .. })
        }),
        ("405 Method Not Allowed", |kind| {
            matches!(kind, StorageErrorKind::Unsupported { .. })
        }),
        ("507 Insufficient Storage", |kind| {
            matches!(kind, StorageErrorKind::DiskFull { .. })
        }),
        ("400 Bad Request", |kind| {
            matches!(kind, StorageErrorKind::Other { .. })
        }),
    ];
    for (status, is_expected) in cases {
        let server = Web::start(move |_: &Request| -> Answer { (status, Vec::new()) }).await;
        let address = location(&server.url).join("a.ipynb");
        let result = storage(&[], PATIENCE)
            .write(&address, "x".into(), WriteOptions::overwrite())
            .await;
        let error = result.unwrap_err();
        assert!(is_expected(error.kind()), "{status}: {:?}", error.kind());
    }
}

#[tokio::test]
async fn passwords_are_sent_and_not_shown() {
    let secrets = ["hunter2", "aHVudGVyMg", "ABCDEF", "signed"];
    let echo = |request: &Request| -> Answer {
        (
            "403 Forbidden",
            format!("no: {} http://h{} hunter2", request.method, request.target).into_bytes(),
        )
    };
    let server = Web::start(echo).await;
    let address = server.url.replace("http://", "http://me:hunter2@");
    let address = location(&format!(
        "{address}/a?X-Amz-Credential=ABCDEF&X-Amz-Signature=signed"
    ));
    let storage = storage(&[], PATIENCE);
    let error = storage.read(&address).await.unwrap_err();
    conformance::error_keeps_secrets(&error, &secrets);
    // `me:hunter2`
    assert_eq!(
        server.requests()[0].headers["authorization"],
        "Basic bWU6aHVudGVyMg=="
    );
    assert!(server.requests()[0].target.ends_with("Signature=signed"));
    drop(server);
    let unreachable = storage_with_little_patience()
        .read(&address)
        .await
        .unwrap_err();
    assert!(
        matches!(unreachable.kind(), StorageErrorKind::Unreachable { .. }),
        "{:?}",
        unreachable.kind()
    );
    conformance::error_keeps_secrets(&unreachable, &secrets);
}

fn storage_with_little_patience() -> nbpress_storage::Storage {
    storage(&[], Duration::from_secs(1))
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = location(&format!("http://{}/a", silent.local_addr().unwrap()));
    let start = Instant::now();
    let error = storage_with_little_patience()
        .read(&address)
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::Unreachable { .. }),
        "{:?}",
        error.kind()
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "took {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn an_overloaded_server_is_asked_again() {
    let count = Mutex::new(0);
    let server = Web::start(move |_: &Request| -> Answer {
        let mut count = count.lock().unwrap();
        *count += 1;
        if *count < 3 {
            ("503 Service Unavailable", Vec::new())
        } else {
            ("200 OK", b"at last".to_vec())
        }
    })
    .await;
    assert_eq!(
        storage(&[], PATIENCE)
            .read(&location(&server.url))
            .await
            .unwrap(),
        "at last"
    );
}

#[tokio::test]
async fn files_on_github_come_through_its_api() {
    let server = Web::start(|_: &Request| -> Answer { ("200 OK", b"{}".to_vec()) }).await;
    let storage = storage(
        &[
            ("GITHUB_API_URL", &server.url),
            ("GITHUB_ACCESS_TOKEN", "ghp_token"),
        ],
        PATIENCE,
    );
    let address = location("https://github.com/org/repo/blob/main/a/b.ipynb");
    assert_eq!(storage.read(&address).await.unwrap(), "{}");
    let error = storage
        .write(&address, "x".into(), WriteOptions::overwrite())
        .await
        .unwrap_err();
    assert_eq!(
        error.kind().to_string(),
        "writing to GitHub is not supported here"
    );
    let [request] = &server.requests()[..] else {
        panic!("{:?}", server.requests())
    };
    assert_eq!(
        request.target,
        "/repos/org/repo/contents/a/b.ipynb?ref=main"
    );
    assert_eq!(request.headers["authorization"], "Bearer ghp_token");
}
