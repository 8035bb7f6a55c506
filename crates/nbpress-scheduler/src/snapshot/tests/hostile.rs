//! What somebody sends, links, or puts into the store to be read or written elsewhere.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use super::*;
use crate::hash::sha256;

/// The notebook's name, its text (`None`: a good one), the files' paths, and what is told.
const REFUSED: &[(&str, Option<&str>, &[&str], &str)] = &[
    ("", None, &[], "a path may not be empty (name the file"),
    ("../n.ipynb", None, &[], "`../n.ipynb` leads upwards"),
    (
        "/n.ipynb",
        None,
        &[],
        "is absolute (relative to the root it would be `n.ipynb`)",
    ),
    (
        "n.ipynb",
        None,
        &["/etc/cron.d/x"],
        "it would be `etc/cron.d/x`",
    ),
    ("n.ipynb", None, &["a/../../x"], "leads upwards"),
    ("n.ipynb", None, &["a\0b"], "control character"),
    ("n.ipynb", None, &["a\\b"], "backslash"),
    ("n.ipynb", None, &["a//b"], "it would be `a/b`"),
    (
        "n.ipynb",
        None,
        &["x", "x"],
        "`x` cannot be there together with `x`",
    ),
    (
        "n.ipynb",
        None,
        &["n.ipynb"],
        "together with `n.ipynb` (rename",
    ),
    (
        "n.ipynb",
        None,
        &["d/x", "d"],
        "`d` cannot be there together with `d/x`",
    ),
    (
        "n.ipynb",
        None,
        &["d/x", "d-x", "d"],
        "`d` cannot be there together with `d/x`",
    ),
    (
        "q.sql",
        Some("select 1"),
        &["q.sql.ipynb"],
        "together with `q.sql.ipynb`",
    ),
    ("n.ipynb", Some("{}"), &[], "`n.ipynb` is not a notebook"),
    ("n.ipynb", Some(""), &[], "`n.ipynb` is not a notebook"),
    (
        "n.exe",
        Some("MZ"),
        &[],
        "neither a notebook nor a script that is known (a job is an",
    ),
];

#[tokio::test]
async fn uploads_that_are_refused() {
    let desk = Desk::new();
    for (name, text, files, expected) in REFUSED {
        let text = text.map_or_else(|| notebook(&[]), str::to_owned);
        let files = files
            .iter()
            .map(|&path| (path.to_owned(), Bytes::from_static(b"x")));
        let upload = Upload {
            notebook: (*name).to_owned(),
            bytes: text.into(),
            files: files.collect(),
            limits: Limits::default(),
        };
        let error = desk
            .store
            .publish_bytes(upload.clone())
            .await
            .expect_err(expected);
        assert!(
            told(&error).contains(expected),
            "{upload:?}: {}",
            told(&error)
        );
    }
    let upload = Upload {
        notebook: "n.py".to_owned(),
        bytes: Bytes::from_static(b"\xff"),
        files: Vec::new(),
        limits: Limits::default(),
    };
    let error = desk.store.publish_bytes(upload).await.unwrap_err();
    assert!(matches!(error, SnapshotError::NotText { .. }), "{error}");
    assert!(
        !desk.folder.path().join("store").exists(),
        "something refused was kept"
    );
}

#[tokio::test]
async fn working_copies_that_are_refused() {
    let desk = Desk::with(&[
        ("n.ipynb", &notebook(&[])),
        ("data/x.csv", "x"),
        ("empty/.keep", ""),
    ]);
    let cases: &[(&str, &[&str], &str)] = &[
        ("n.ipynb", &["*.csv"], "`*.csv` matches no file in"),
        (
            "n.ipynb",
            &["n.ipynb", "nothing/**"],
            "`nothing/**` matches no file",
        ),
        (
            "n.ipynb",
            &["empty/**"],
            "hidden files must be named with their dot",
        ),
        (
            "n.ipynb",
            &["data"],
            "it is a folder; for all files in it write `data/**`",
        ),
        ("n.ipynb", &["../secret"], "leads upwards"),
        ("n.ipynb", &["/etc/passwd"], "it would be `etc/passwd`"),
        ("n.ipynb", &["{a"], "is not a pattern for files"),
        ("gone.ipynb", &[], "gone.ipynb`"),
        ("no/n.ipynb", &[], "failed to open"),
        ("data", &[], "failed to read"),
        ("data/x.csv", &[], "neither a notebook nor a script"),
    ];
    for (notebook, files, expected) in cases {
        let error = desk.publish(notebook, files).await.expect_err(expected);
        assert!(
            told(&error).contains(expected),
            "{notebook} {files:?}: {}",
            told(&error)
        );
    }
    let root = Some(desk.work().join("data"));
    let request = PublishRequest {
        root,
        ..desk.request("n.ipynb", &[])
    };
    let error = desk.store.publish(&request).await.unwrap_err();
    assert!(
        matches!(error, SnapshotError::OutsideRoot { .. }),
        "{error}"
    );
    let remote = PublishRequest {
        files: vec!["*".to_owned()],
        ..PublishRequest::new(Location::parse("-").unwrap())
    };
    let error = desk.store.publish(&remote).await.unwrap_err();
    assert!(matches!(error, SnapshotError::NoName { .. }), "{error}");
}

#[tokio::test]
async fn links_out_of_the_root_lead_nowhere() {
    let text = notebook(&[]);
    let desk = Desk::with(&[("n.ipynb", &text), ("data/x", "x")]);
    let secret = desk.folder.path().join("secret");
    write(&secret.join("key"), b"sesame");
    write(&secret.join("n.ipynb"), text.as_bytes());
    let link = |target: &Path, name: &str| symlink(target, desk.work().join(name)).unwrap();
    link(&secret.join("key"), "to-file");
    link(&secret.join("n.ipynb"), "out.ipynb");
    link(&secret, "to-folder");
    link(Path::new("../secret/key"), "data/relative");
    link(Path::new("inside-too"), "inside");
    link(Path::new("data/x"), "inside-too");

    for (notebook, pattern) in [
        ("n.ipynb", "to-file"),
        ("n.ipynb", "to-folder"),
        ("n.ipynb", "data/**"),
        ("n.ipynb", "**"),
        ("out.ipynb", "data/x"),
        ("to-folder/n.ipynb", "key"),
    ] {
        let root = Some(desk.work());
        let request = PublishRequest {
            root,
            ..desk.request(notebook, &[pattern])
        };
        let error = desk.store.publish(&request).await.expect_err(pattern);
        assert!(
            matches!(
                error,
                SnapshotError::OutsideRoot { .. } | SnapshotError::Disk { .. }
            ),
            "{notebook} {pattern}: {}",
            told(&error)
        );
    }
    // A link to a folder is not followed, not even for a name behind it.
    let error = desk
        .publish("n.ipynb", &["to-folder/key"])
        .await
        .unwrap_err();
    assert!(matches!(error, SnapshotError::NoMatch { .. }), "{error}");
    assert!(
        !desk.folder.path().join("store").exists(),
        "something from outside was kept"
    );

    let snapshot = desk.publish("n.ipynb", &["inside"]).await.unwrap();
    let (_, files) = desk.materialize(&snapshot.id).await.unwrap();
    assert_eq!(files["inside"].0, b"x");
}

#[tokio::test]
async fn names_that_are_not_text() {
    for broken in ["f\u{fffd}le", "f\u{fffd}lder/x"] {
        let desk = Desk::with(&[("n.ipynb", &notebook(&[])), ("good/x", "x")]);
        let bytes: Vec<u8> = broken.replace('\u{fffd}', "\u{1}").into_bytes();
        let bytes: Vec<u8> = bytes
            .into_iter()
            .map(|byte| if byte == 1 { 0xff } else { byte })
            .collect();
        write(&desk.work().join(std::ffi::OsStr::from_bytes(&bytes)), b"x");
        let error = desk.publish("n.ipynb", &["**"]).await.expect_err(broken);
        let SnapshotError::Path(PathError::NotText { path }) = &error else {
            panic!("{broken}: {}", told(&error));
        };
        assert!(broken.starts_with(path), "{path}");
        desk.publish("n.ipynb", &["good/*"]).await.unwrap();
    }
}

#[tokio::test]
async fn a_pipe_is_no_file_and_holds_nobody_up() {
    let desk = Desk::with(&[("n.ipynb", &notebook(&[])), ("d/x", "x")]);
    for name in ["d/pipe", "p.ipynb"] {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, desk.work().join(name), kind, mode, 0).unwrap();
    }
    let snapshot = desk.publish("n.ipynb", &["d/*"]).await.unwrap();
    assert_eq!(snapshot.manifest.files.len(), 1);
    let error = desk.publish("p.ipynb", &[]).await.unwrap_err();
    assert!(
        told(&error).contains("it is not a regular file"),
        "{}",
        told(&error)
    );
}

/// Puts any bytes into the store, under their own hash or another name.
fn plant(desk: &Desk, bytes: &[u8]) -> SnapshotId {
    let id = SnapshotId::parse(&sha256(bytes)).unwrap();
    write(&desk.object(id.as_str()), bytes);
    id
}

#[tokio::test]
async fn a_planted_manifest_writes_nothing_outside() {
    let desk = Desk::new();
    let text = notebook(&[]);
    let book = plant(&desk, text.as_bytes());
    let entry = |path: &str, sha256: &str| json!({"path": path, "sha256": sha256, "bytes": 1, "executable": false});
    let own = json!({"path": "n.ipynb", "sha256": book, "bytes": text.len()});
    for (files, expected) in [
        (vec![entry("../../escaped", book.as_str())], "leads upwards"),
        (vec![entry("/tmp/escaped", book.as_str())], "is absolute"),
        (
            vec![entry("n.ipynb/x", book.as_str())],
            "cannot be there together",
        ),
        (vec![entry("x", "../../../etc/passwd")], "is not a SHA-256"),
        (
            vec![json!({"path": "x"})],
            "is not the manifest of a snapshot: missing field",
        ),
    ] {
        let planted = json!({"notebook": own, "files": files}).to_string();
        let id = plant(&desk, planted.as_bytes());
        let folder = desk.folder.path().join("deep/inside/out");
        let error = desk
            .store
            .materialize(&id, &folder)
            .await
            .expect_err(expected);
        assert!(
            told(&error).contains(expected),
            "{planted}: {}",
            told(&error)
        );
        assert!(!folder.exists(), "{planted}");
    }
    let error = desk.store.manifest(&book).await.unwrap_err();
    assert!(
        matches!(error, SnapshotError::NotAManifest { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn damage_is_noticed_wherever_it_is() {
    let desk = Desk::with(&[("n.ipynb", &notebook(&[])), ("x", "right")]);
    let id = desk.publish("n.ipynb", &["x"]).await.unwrap().id;
    desk.materialize(&id).await.unwrap();
    let manifest = desk.store.manifest(&id).await.unwrap();
    let names: Vec<String> = manifest
        .objects()
        .map(str::to_owned)
        .chain([id.to_string()])
        .collect();
    assert_eq!(names.len(), 3);
    for name in names {
        let place = desk.object(&name);
        let whole = read(&place);
        let mut flipped = whole.clone();
        flipped[0] ^= 1;
        for damaged in [&flipped[..], &whole[1..], &[]] {
            write(&place, damaged);
            let error = desk.materialize(&id).await.unwrap_err();
            assert!(
                matches!(&error, SnapshotError::Damaged { sha256 } if *sha256 == name),
                "{error}"
            );
            desk.store.object(&name).await.unwrap_err();
        }
        fs::remove_file(&place).unwrap();
        let error = desk.materialize(&id).await.unwrap_err();
        assert!(
            matches!(&error, SnapshotError::Missing { sha256 } if *sha256 == name),
            "{error}"
        );
        // As the hint says.
        desk.publish("n.ipynb", &["x"]).await.unwrap();
        desk.materialize(&id).await.unwrap();
    }
}

#[tokio::test]
async fn texts_that_are_no_ids() {
    let desk = Desk::new();
    let upper = "A".repeat(64);
    for text in [
        "",
        "x",
        "../../../../etc/passwd",
        &upper,
        &"a".repeat(63),
        &"é".repeat(32),
    ] {
        SnapshotId::parse(text).expect_err(text);
        let error = desk.store.object(text).await.expect_err(text);
        assert!(
            matches!(error, SnapshotError::NotAnId { .. }),
            "{text}: {error}"
        );
    }
    let unknown = SnapshotId::parse(&"a".repeat(64)).unwrap();
    let error = desk.store.manifest(&unknown).await.unwrap_err();
    assert!(matches!(error, SnapshotError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn only_a_fresh_folder_is_written_into() {
    let desk = Desk::with(&[("n.ipynb", &notebook(&[]))]);
    let id = desk.publish("n.ipynb", &[]).await.unwrap().id;
    let folder = desk.folder.path().join("out");
    desk.store.materialize(&id, &folder).await.unwrap();
    let error = desk.store.materialize(&id, &folder).await.unwrap_err();
    assert!(matches!(error, SnapshotError::NotEmpty { .. }), "{error}");
    let error = desk
        .store
        .materialize(&id, &folder.join("n.ipynb"))
        .await
        .unwrap_err();
    assert!(matches!(error, SnapshotError::Disk { .. }), "{error}");
}
