//! What is published, and that exactly this is written out again.

use proptest::prelude::*;

use super::*;
use crate::hash::sha256;

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    let files = &snapshot.manifest.files;
    files.iter().map(|file| file.path.as_str()).collect()
}

#[tokio::test]
async fn the_id_is_the_hash_of_the_canonical_manifest() {
    let text = notebook(&[("a", "1")]);
    let desk = Desk::with(&[("n.ipynb", &text), ("b.txt", "b"), ("a/x.sh", "x")]);
    let script = desk.work().join("a/x.sh");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let snapshot = desk.publish("n.ipynb", &["*.txt", "a/*"]).await.unwrap();

    let hash = |text: &str| sha256(text.as_bytes());
    let expected = format!(
        "{{\"notebook\":{{\"path\":\"n.ipynb\",\"sha256\":\"{}\",\"bytes\":{}}},\"files\":[\
         {{\"path\":\"a/x.sh\",\"sha256\":\"{}\",\"bytes\":1,\"executable\":true}},\
         {{\"path\":\"b.txt\",\"sha256\":\"{}\",\"bytes\":1,\"executable\":false}}]}}",
        hash(&text),
        text.len(),
        hash("x"),
        hash("b"),
    );
    assert_eq!(snapshot.id.as_str(), hash(&expected));
    let kept = read(&desk.object(snapshot.id.as_str()));
    assert_eq!(String::from_utf8(kept).unwrap(), expected);
    // From another implementation: `printf b | sha256sum`.
    assert_eq!(
        hash("b"),
        "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
    );
    assert_eq!(desk.store.object(&hash("b")).await.unwrap(), "b");
}

#[tokio::test]
async fn which_files_are_found() {
    let desk = Desk::with(&[
        ("n.ipynb", &notebook(&[])),
        (".ipynb_checkpoints/n-checkpoint.ipynb", "{}"),
        (".git/config", "x"),
        (".env", "x"),
        ("data/a.csv", "x"),
        ("data/old/b.csv", "x"),
        ("data/.hidden", "x"),
        ("lib/m.py", "x"),
    ]);
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (&[], &[], &[]),
        (&["**"], &[], &["data/a.csv", "data/old/b.csv", "lib/m.py"]),
        (&["data/"], &["data/old"], &["data/a.csv"]),
        (&["data/*.csv", "data/**"], &["**/b.csv"], &["data/a.csv"]),
        (&[".env", ".git/**"], &[], &[".env", ".git/config"]),
        (&["n.ipynb"], &[], &[]),
    ];
    for (files, exclude, expected) in cases {
        let exclude = exclude.iter().map(|&text| text.to_owned()).collect();
        let request = PublishRequest {
            exclude,
            ..desk.request("n.ipynb", files)
        };
        let snapshot = desk.store.publish(&request).await.unwrap();
        assert_eq!(paths(&snapshot), *expected, "{files:?}");
    }
}

#[tokio::test]
async fn a_root_further_up_keeps_the_folders() {
    let desk = Desk::with(&[("jobs/n.ipynb", &notebook(&[])), ("lib/m.py", "x")]);
    let request = PublishRequest {
        root: Some(desk.work()),
        ..desk.request("jobs/n.ipynb", &["lib/*"])
    };
    let snapshot = desk.store.publish(&request).await.unwrap();
    let (runnable, files) = desk.materialize(&snapshot.id).await.unwrap();
    assert_eq!(runnable, Path::new("jobs/n.ipynb"));
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["jobs/n.ipynb", "lib/m.py"]
    );
}

#[tokio::test]
async fn editing_and_deleting_the_original_changes_no_snapshot() {
    let text = notebook(&[("a", "first = 1")]);
    let desk = Desk::with(&[("n.ipynb", &text), ("d.csv", "1,2")]);
    let old = desk.publish("n.ipynb", &["d.csv"]).await.unwrap();
    desk.save("n.ipynb", notebook(&[("a", "second = 2")]).as_bytes());
    desk.save("d.csv", b"3,4");
    let new = desk.publish("n.ipynb", &["d.csv"]).await.unwrap();
    assert_ne!(old.id, new.id);
    fs::remove_dir_all(desk.work()).unwrap();

    let (_, files) = desk.materialize(&old.id).await.unwrap();
    assert_eq!(files["n.ipynb"].0, text.as_bytes());
    assert_eq!(files["d.csv"].0, b"1,2");
    assert_eq!(
        desk.materialize(&new.id).await.unwrap().1["d.csv"].0,
        b"3,4"
    );
    assert_eq!(desk.store.manifest(&old.id).await.unwrap(), old.manifest);
}

#[tokio::test]
async fn a_script_is_kept_as_it_is_and_run_as_a_notebook() {
    let text = "# %% tags=[\"parameters\"]\ndays = 30\n# %%\nprint(days)\n";
    let desk = Desk::with(&[("night.py", text)]);
    let id = desk.publish("night.py", &[]).await.unwrap().id;
    let (runnable, files) = desk.materialize(&id).await.unwrap();
    assert_eq!(runnable, Path::new("night.py.ipynb"));
    assert_eq!(files["night.py"].0, text.as_bytes());
    let written = Notebook::parse(&files["night.py.ipynb"].0).unwrap();
    let read = desk.store.notebook(&id).await.unwrap();
    assert_eq!(written.to_bytes(), read.to_bytes());
    assert_eq!(read.cells.len(), 2);
    assert_eq!(read.parameters_cell(), Some(0));
    assert_eq!(read.language(), Some("python"));
}

#[tokio::test]
async fn caps_name_the_limit_and_the_largest_files() {
    let text = notebook(&[]);
    let desk = Desk::with(&[("n.ipynb", &text), ("a", "1"), ("b", "22222"), ("c", "333")]);
    let all = text.len() as u64 + 9;
    let limits = |max_bytes, max_files| Limits {
        max_bytes,
        max_files,
    };
    let request = |limits| PublishRequest {
        limits,
        ..desk.request("n.ipynb", &["*"])
    };
    desk.store.publish(&request(limits(all, 3))).await.unwrap();

    let upload = |limits| Upload {
        notebook: "n.ipynb".to_owned(),
        bytes: Bytes::from(text.clone()),
        files: [("a", "1"), ("b", "22222"), ("c", "333")]
            .map(|(path, text)| (path.to_owned(), Bytes::from(text)))
            .into(),
        limits,
    };
    let total = format!(
        "the files have {all} bytes, more than {} (the limit `max_bytes`); the largest: `n.ipynb` \
         ({}), `b` (5), `c` (3), `a` (1)",
        all - 1,
        text.len()
    );
    for (limits, expected) in [
        (limits(all - 1, 3), total.as_str()),
        (
            limits(all, 2),
            "there are more than 2 files (the limit `max_files`)",
        ),
    ] {
        let published = desk.store.publish(&request(limits)).await.unwrap_err();
        let sent = desk.store.publish_bytes(upload(limits)).await.unwrap_err();
        for error in [published, sent] {
            assert_eq!(error.to_string(), expected);
            assert!(error.hint().unwrap().contains("exclude some"));
        }
    }
    let error = desk
        .store
        .publish(&request(limits(2, 3)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`n.ipynb`"), "{error}");
}

#[tokio::test]
async fn publishers_at_once_agree() {
    let desk = Desk::with(&[
        ("n.ipynb", &notebook(&[("a", "1")])),
        ("d/x", "x"),
        ("d/y", "x"),
    ]);
    let mut publishers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store_at(&desk.folder.path().join("store"));
        let request = desk.request("n.ipynb", &["d/*"]);
        publishers.spawn(async move { store.publish(&request).await });
    }
    let done = publishers.join_all().await;
    let ids: std::collections::BTreeSet<_> =
        done.into_iter().map(|done| done.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    let (_, files) = desk.materialize(ids.first().unwrap()).await.unwrap();
    assert_eq!(files, tree(&desk.work()));
    // The notebook, the one text of both files, and the manifest.
    assert_eq!(tree(&desk.folder.path().join("store")).len(), 3);
}

#[tokio::test]
async fn garbage_is_what_no_kept_snapshot_needs() {
    let desk = Desk::with(&[
        ("n.ipynb", &notebook(&[])),
        ("shared", "s"),
        ("own", "first"),
    ]);
    let first = desk.publish("n.ipynb", &["shared", "own"]).await.unwrap();
    desk.save("own", b"second");
    let second = desk.publish("n.ipynb", &["shared", "own"]).await.unwrap();

    let names = |unreachable: Vec<Unreachable>| {
        unreachable
            .into_iter()
            .map(|object| object.sha256)
            .collect::<Vec<_>>()
    };
    let both = [first.id.clone(), second.id.clone()].into();
    assert_eq!(desk.store.garbage(&both).await.unwrap(), []);
    let found = desk
        .store
        .garbage(&[second.id.clone()].into())
        .await
        .unwrap();
    let mut expected = vec![first.id.to_string(), sha256(b"first")];
    expected.sort_unstable();
    assert_eq!(names(found), expected);
    let all = desk.store.garbage(&[].into()).await.unwrap();
    assert_eq!(names(all).len(), 6);
    let empty = Desk::new();
    assert_eq!(empty.store.garbage(&[].into()).await.unwrap(), []);
    empty
        .store
        .garbage(&both)
        .await
        .expect_err("unknown snapshots need unknown objects");
}

/// A working copy: paths that are odd but honest, any bytes, executable or not.
fn files() -> impl Strategy<Value = Tree> {
    let segment = prop_oneof!["[a-c]", "[a-z *\\[{%é日~-][a-z0-9. ]{0,6}"];
    let path = prop::collection::vec(segment, 1..4).prop_map(|segments| segments.join("/"));
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    prop::collection::btree_map(path, (bytes, any::<bool>()), 1..8).prop_map(possible)
}

/// Without files where others need a folder.
fn possible(files: Tree) -> Tree {
    let mut kept = Tree::new();
    for (path, content) in files {
        let is_below = |other: &String| path.starts_with(&format!("{other}/"));
        if !kept.keys().any(is_below) {
            kept.insert(path, content);
        }
    }
    kept
}

/// Publishes a working copy in two ways and writes it out again.
async fn round_trip(files: &Tree) {
    let text = notebook(&[("a", "1")]);
    let desk = Desk::with(&[("N.ipynb", &text)]);
    for (path, (bytes, executable)) in files {
        desk.save(path, bytes);
        let mode = if *executable { 0o755 } else { 0o644 };
        let file = desk.work().join(path);
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }
    let snapshot = desk.publish("N.ipynb", &["**"]).await.unwrap();
    let (_, written) = desk.materialize(&snapshot.id).await.unwrap();
    assert_eq!(written, tree(&desk.work()));
    assert_eq!(written.len(), files.len() + 1);
    let request = desk.request("N.ipynb", &["**"]);
    assert_eq!(
        desk.store
            .changed_since(&snapshot.id, &request)
            .await
            .unwrap(),
        None
    );

    let sent = files.iter().rev();
    let upload = Upload {
        notebook: "N.ipynb".to_owned(),
        bytes: text.into(),
        files: sent
            .map(|(path, (bytes, _))| (path.clone(), bytes.clone().into()))
            .collect(),
        limits: Limits::default(),
    };
    let sent = desk.store.publish_bytes(upload).await.unwrap();
    let is_plain = files.values().all(|(_, executable)| !executable);
    assert_eq!(sent.id == snapshot.id, is_plain);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_published_is_written_out(files in files()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(round_trip(&files));
    }
}
