//! Workspaces on disk: the suite, and links, rights and other programs.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use nbpress_contents::{Condition, ContentsError, Kind, ListOptions, Workspace};
use nbpress_storage::Location;

use crate::{OnDisk, bytes, conformance, location, names, path, refusal, save, storage};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_the_promises() {
    let mut folders = Vec::new();
    let mut fresh = async || {
        let disk = OnDisk::new().await;
        let workspace = disk.workspace.clone();
        folders.push(disk);
        workspace
    };
    conformance::all(&mut fresh).await;
    assert!(folders.len() > 10);
}

#[tokio::test]
async fn a_link_that_leads_out_is_refused_whatever_is_done() {
    let disk = OnDisk::new().await;
    let outside = disk.folder.path().join("root-sibling");
    fs::create_dir(&outside).unwrap();
    let secret = outside.join("secret");
    fs::File::create(&secret).unwrap();
    let root = disk.root();
    symlink(&outside, root.join("absolute")).unwrap();
    symlink("../root-sibling", root.join("relative")).unwrap();
    symlink(&secret, root.join("file.txt")).unwrap();
    symlink("/proc/self/root", root.join("magic")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("../root-sibling/not-yet", root.join("dangling")).unwrap();

    let workspace = &disk.workspace;
    let (any, options) = (Condition::Any, ListOptions::default());
    for at in [
        "absolute/secret",
        "relative/secret",
        "file.txt",
        "magic/etc/passwd",
        "loop",
    ] {
        let at = path(at);
        for refused in [
            refusal(workspace.entry(&at).await),
            refusal(workspace.read(&at).await),
            refusal(workspace.save(&at, bytes("x"), any.clone()).await),
            refusal(workspace.copy(&at, &path("copy")).await),
        ] {
            assert_eq!(refused, "OutsideRoot", "{at}");
        }
    }
    let dangling = path("dangling");
    let saved = workspace.save(&dangling, bytes("x"), any.clone()).await;
    assert_eq!(refusal(saved), "OutsideRoot");
    for at in ["absolute", "relative", "magic/etc"] {
        let at = path(at);
        let inside = at.join("new").unwrap();
        for refused in [
            refusal(workspace.list(&at, options.clone()).await),
            refusal(workspace.save(&inside, bytes("x"), any.clone()).await),
            refusal(workspace.make_directory(&inside).await),
            refusal(workspace.delete(&inside, true).await),
            refusal(workspace.untitled(&at, Kind::File, "").await),
        ] {
            assert_eq!(refused, "OutsideRoot", "{at}");
        }
    }
    assert_eq!(names(workspace, "").await, Vec::<String>::new());
    // Deleting a link deletes the link.
    workspace.delete(&path("absolute"), true).await.unwrap();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::metadata(&secret).unwrap().len(), 0);
}

#[tokio::test]
async fn a_link_within_is_followed_and_stays() {
    let disk = OnDisk::new().await;
    let root = disk.root();
    fs::create_dir_all(root.join("d/e")).unwrap();
    disk.write("d/e/real.txt", "1");
    symlink("d/e/real.txt", root.join("relative.txt")).unwrap();
    symlink(root.join("d/e/real.txt"), root.join("absolute.txt")).unwrap();
    symlink("../d", root.join("d/e/up")).unwrap();
    symlink(root.join("d"), root.join("directory")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();

    let workspace = &disk.workspace;
    for (number, at) in ["relative.txt", "absolute.txt", "directory/e/real.txt"]
        .into_iter()
        .enumerate()
    {
        let saved = save(workspace, at, &format!("saved {number}")).await;
        assert!(!saved.created, "{at}");
        assert_eq!(
            disk.bytes("d/e/real.txt"),
            format!("saved {number}").as_bytes()
        );
        assert_eq!(workspace.entry(&path(at)).await.unwrap(), saved.entry);
    }
    assert!(root.join("relative.txt").is_symlink());
    assert!(root.join("absolute.txt").is_symlink());
    let expected = ["absolute.txt", "d", "directory", "relative.txt"];
    assert_eq!(names(workspace, "").await, expected);
    // All names of a file have one history, which tells who saved over whom.
    for at in [
        "relative.txt",
        "absolute.txt",
        "d/e/real.txt",
        "directory/e/real.txt",
    ] {
        assert_eq!(workspace.history(&path(at)).await.unwrap().len(), 4, "{at}");
    }
    // What a link leads to may come into being.
    let saved = save(workspace, "dangling", "new").await;
    assert!(saved.created);
    assert_eq!(
        saved.entry,
        workspace.entry(&path("dangling")).await.unwrap()
    );
    assert_eq!(disk.bytes("nowhere"), b"new");
    // Copying a tree whose links lead in circles ends.
    workspace.copy(&path("d"), &path("copy")).await.unwrap();
    assert_eq!(names(workspace, "copy/e").await, ["real.txt"]);
}

#[tokio::test]
async fn the_history_is_never_in_the_workspace() {
    let disk = OnDisk::new().await;
    let root = disk.root();
    symlink(&root, disk.folder.path().join("link")).unwrap();
    for (history, expected) in [
        (root.clone(), "HistoryPlace"),
        (root.join("history"), "HistoryPlace"),
        (root.join("not/yet"), "HistoryPlace"),
        (disk.folder.path().join("link/x"), "HistoryPlace"),
        (disk.folder.path().join("root-history"), "done"),
    ] {
        let shown = history.display().to_string();
        let root = Location::from(root.clone());
        let opened = Workspace::open(storage(&[]), &root, &Location::from(history)).await;
        assert_eq!(refusal(opened), expected, "{shown}");
    }
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
    let root = Location::from(root);
    let bucket = location("s3://bucket/history");
    let refused = Workspace::open(storage(&[]), &root, &bucket)
        .await
        .unwrap_err();
    assert!(refused.hint().is_some());
    let mode = fs::metadata(disk.folder.path().join("history"))
        .unwrap()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn what_is_no_file_cannot_be_opened() {
    let disk = OnDisk::new().await;
    let pipe = disk.root().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let workspace = &disk.workspace;
    for refused in [
        refusal(workspace.read(&path("pipe")).await),
        refusal(workspace.entry(&path("pipe")).await),
        refusal(
            workspace
                .save(&path("pipe"), bytes(""), Condition::Any)
                .await,
        ),
    ] {
        assert_eq!(refused, "WrongKind");
    }
    assert_eq!(names(workspace, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn names_that_cannot_be_said_are_not_listed() {
    use std::os::unix::ffi::OsStrExt as _;
    let disk = OnDisk::new().await;
    for name in [
        &b"back\\slash"[..],
        b"new\nline",
        b"latin\xff",
        b"nul.txt",
        b"fine",
    ] {
        fs::File::create(disk.root().join(std::ffi::OsStr::from_bytes(name))).unwrap();
    }
    assert_eq!(names(&disk.workspace, "").await, ["fine"]);
}

#[tokio::test]
async fn a_file_keeps_its_rights() {
    let disk = OnDisk::new().await;
    disk.write("run.sh", "1");
    let file = disk.root().join("run.sh");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o750)).unwrap();
    save(&disk.workspace, "run.sh", "2").await;
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o750);
}

#[tokio::test]
async fn a_change_by_another_program_is_noticed_and_kept() {
    let disk = OnDisk::new().await;
    let workspace = disk.workspace.acting_as("ada");
    let first = save(&workspace, "a.txt", "first").await;
    disk.write("a.txt", "other");
    let etag = first.entry.etag.unwrap();
    let stale = workspace
        .save(&path("a.txt"), bytes("mine"), Condition::IfMatch(etag))
        .await;
    let Err(ContentsError::Stale {
        current: Some(current),
        ..
    }) = stale
    else {
        panic!("{stale:?}");
    };
    assert_eq!(current.size, Some(5));
    save(&workspace, "a.txt", "mine").await;
    let history = workspace.history(&path("a.txt")).await.unwrap();
    let by: Vec<_> = history
        .iter()
        .map(|version| version.by.as_deref())
        .collect();
    assert_eq!(by, [Some("ada"), None, Some("ada")]);
    let other = workspace.version(&path("a.txt"), &history[1].id).await;
    assert_eq!(other.unwrap(), "other");
}

#[tokio::test]
async fn a_big_directory_is_paged_without_a_gap() {
    const FILES: usize = 10_000;
    let disk = OnDisk::new().await;
    for number in 0..FILES {
        fs::File::create(disk.root().join(format!("{number:05}.txt"))).unwrap();
    }
    let mut options = ListOptions {
        limit: 999,
        ..ListOptions::default()
    };
    let mut found = Vec::new();
    loop {
        let page = disk.workspace.list(&path(""), options.clone()).await;
        let page = page.unwrap();
        found.extend(page.entries.into_iter().map(|entry| entry.name));
        options.after = page.next;
        if options.after.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), FILES);
    assert!(found.is_sorted());
}

#[tokio::test]
async fn a_large_file_is_hashed_part_by_part() {
    use sha2::{Digest as _, Sha256};
    const PART: usize = 16 * 1024 * 1024;
    let disk = OnDisk::new().await;
    for size in [0, PART - 1, PART, PART + 1] {
        let bytes = vec![7; size];
        disk.write("a.bin", &bytes);
        let hash = disk.workspace.hash(&path("a.bin")).await.unwrap();
        assert_eq!(hash, hex::encode(Sha256::digest(&bytes)), "{size} bytes");
    }
}
