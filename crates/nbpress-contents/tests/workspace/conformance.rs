//! What a workspace promises wherever it is.

use std::collections::BTreeSet;

use std::time::Duration;

use nbpress_contents::{Condition, ContentsError, Kind, ListOptions, Order, Resolution, Workspace};

use crate::{bytes, kind_of, names, names_of, path, refusal, save, text, told};

/// Everything, in an empty workspace each.
pub(crate) async fn all(fresh: &mut impl AsyncFnMut() -> Workspace) {
    files_are_what_was_saved(&fresh().await).await;
    conditions_decide(&fresh().await).await;
    what_cannot_be_is_refused(&fresh().await).await;
    hidden_names_need_leave(&fresh().await).await;
    listings_are_sorted_and_paged(&fresh().await).await;
    readers_sort_and_search(&fresh().await).await;
    what_happens_is_told(&fresh().await).await;
    what_was_seen_can_be_merged(&fresh().await).await;
    new_things_get_jupyters_names(&fresh().await).await;
    racing_callers_get_different_names(&fresh().await).await;
    copies_get_jupyters_names(&fresh().await).await;
    a_rename_replaces_nothing(&fresh().await).await;
    a_directory_moves_and_goes_with_everything(&fresh().await).await;
    there_is_one_checkpoint(&fresh().await).await;
    chunks_appear_whole(&fresh().await).await;
    every_version_is_kept(&fresh().await).await;
    a_history_follows_its_file(&fresh().await).await;
}

async fn files_are_what_was_saved(workspace: &Workspace) {
    let root = workspace.entry(&path("/")).await.unwrap();
    assert_eq!((root.kind, root.name.as_str()), (Kind::Directory, ""));
    let directory = workspace.make_directory(&path("a b")).await.unwrap();
    assert_eq!(directory.kind, Kind::Directory);
    assert_eq!((directory.size, directory.etag), (None, None));

    let saved = save(workspace, "a b/é%20.txt", "hello").await;
    assert!(saved.created);
    let (entry, read) = workspace.read(&path("a b/é%20.txt")).await.unwrap();
    assert_eq!(entry, saved.entry);
    assert_eq!(read, "hello");
    assert_eq!(entry.path, path("a b/é%20.txt"));
    assert_eq!(entry.kind, Kind::File);
    assert_eq!(entry.size, Some(5));
    assert_eq!(entry.mimetype, Some("text/plain"));
    assert!(entry.writable);
    assert!(entry.created <= entry.last_modified);
    let etag = entry.etag.unwrap();
    assert!(
        etag.bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"')
    );

    let again = save(workspace, "a b/é%20.txt", "jello").await;
    assert!(!again.created);
    assert_ne!(again.entry.etag.as_ref(), Some(&etag));
    let notebook = save(workspace, "n.ipynb", "{}").await.entry;
    assert_eq!((notebook.kind, notebook.mimetype), (Kind::Notebook, None));

    for (range, expected) in [(0..2, "je"), (3..99, "lo"), (5..9, ""), (7..9, "")] {
        let (entry, part) = workspace
            .read_range(&path("a b/é%20.txt"), range)
            .await
            .unwrap();
        assert_eq!((part.as_ref(), entry.size), (expected.as_bytes(), Some(5)));
    }
    let hash = workspace.hash(&path("n.ipynb")).await.unwrap();
    assert_eq!(
        hash,
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
}

async fn conditions_decide(workspace: &Workspace) {
    let file = path("a.txt");
    let save = async |text: &str, condition| workspace.save(&file, bytes(text), condition).await;
    let matching = |etag: &Option<String>| Condition::IfMatch(etag.clone().unwrap());

    let nothing = save("1", Condition::IfMatch("tag".to_owned())).await;
    let Err(ContentsError::Stale { current: None, .. }) = nothing else {
        panic!("{nothing:?}");
    };
    let first = save("1", Condition::IfAbsent).await.unwrap();
    assert!(first.created);
    let second = save("2", matching(&first.entry.etag)).await.unwrap();
    assert!(!second.created);
    for condition in [Condition::IfAbsent, matching(&first.entry.etag)] {
        let stale = save("3", condition).await;
        let Err(ContentsError::Stale {
            current: Some(current),
            ..
        }) = stale
        else {
            panic!("{stale:?}");
        };
        assert_eq!(*current, second.entry);
    }
    assert_eq!(text(workspace, "a.txt").await, "2");
    assert_eq!(workspace.history(&file).await.unwrap().len(), 2);
}

async fn what_cannot_be_is_refused(workspace: &Workspace) {
    workspace.make_directory(&path("d")).await.unwrap();
    save(workspace, "d/f", "1").await;
    let (root, directory, file, none) = (path(""), path("d"), path("d/f"), path("none/f"));
    let (nowhere, in_file, itself) = (path("none"), path("d/f/x"), path("d/x"));
    let (all, any) = (ListOptions::default, || Condition::Any);
    let not_found = [
        refusal(workspace.entry(&none).await),
        refusal(workspace.list(&nowhere, all()).await),
        refusal(workspace.read(&none).await),
        refusal(workspace.save(&none, bytes(""), any()).await),
        refusal(workspace.make_directory(&none).await),
        refusal(workspace.rename(&none, &path("x")).await),
        refusal(workspace.rename(&file, &none).await),
        refusal(workspace.copy_into(&none, &root).await),
        refusal(workspace.delete(&none, true).await),
        refusal(workspace.untitled(&nowhere, Kind::File, "").await),
        refusal(workspace.checkpoints(&none).await),
    ];
    let wrong_kind = [
        refusal(workspace.list(&file, all()).await),
        refusal(workspace.read(&directory).await),
        refusal(workspace.save(&directory, bytes(""), any()).await),
        refusal(workspace.save(&in_file, bytes(""), any()).await),
        refusal(workspace.untitled(&file, Kind::File, "").await),
        refusal(workspace.make_directory(&in_file).await),
        refusal(workspace.create_checkpoint(&directory).await),
    ];
    let exists = [
        refusal(workspace.make_directory(&directory).await),
        refusal(workspace.make_directory(&file).await),
        refusal(workspace.copy(&file, &directory).await),
    ];
    let into_itself = [
        refusal(workspace.rename(&directory, &itself).await),
        refusal(workspace.copy(&directory, &itself).await),
        refusal(workspace.copy_into(&file, &file).await),
    ];
    let at_root = [
        refusal(workspace.save(&root, bytes(""), any()).await),
        refusal(workspace.rename(&root, &path("x")).await),
        refusal(workspace.delete(&root, true).await),
    ];
    let unknown_version = [
        refusal(workspace.version(&file, "none").await),
        refusal(workspace.restore_checkpoint(&file, "checkpoint").await),
        refusal(workspace.delete_checkpoint(&file, "other").await),
    ];
    let not_empty = [refusal(workspace.delete(&directory, false).await)];
    let bad_path = [refusal(
        workspace.untitled(&root, Kind::File, "/../x").await,
    )];
    for (expected, found) in [
        ("NotFound", &not_found[..]),
        ("WrongKind", &wrong_kind),
        ("Exists", &exists),
        ("IntoItself", &into_itself),
        ("Root", &at_root),
        ("UnknownVersion", &unknown_version),
        ("NotEmpty", &not_empty),
        ("BadPath", &bad_path),
    ] {
        assert_eq!(found, vec![expected; found.len()]);
    }
    assert_eq!(names(workspace, "").await, ["d"]);
    assert_eq!(text(workspace, "d/f").await, "1");
}

async fn hidden_names_need_leave(workspace: &Workspace) {
    let all = workspace.with_hidden();
    save(&all, ".secret", "s").await;
    save(&all, "a.pyc", "noise").await;
    save(&all, "seen", "1").await;
    let hidden = path(".secret");
    for refused in [
        refusal(workspace.entry(&hidden).await),
        refusal(workspace.read(&hidden).await),
        refusal(workspace.save(&hidden, bytes(""), Condition::Any).await),
        refusal(workspace.make_directory(&path("d/.e")).await),
        refusal(workspace.rename(&path("seen"), &path(".seen")).await),
        refusal(workspace.copy(&hidden, &path("x")).await),
        refusal(workspace.delete(&hidden, false).await),
        refusal(workspace.history(&hidden).await),
        refusal(workspace.upload_chunk(&hidden, 1, bytes("")).await),
        refusal(workspace.list(&path(".d"), ListOptions::default()).await),
    ] {
        assert_eq!(refused, "Hidden");
    }
    let shown = ListOptions {
        show_hidden: true,
        ..ListOptions::default()
    };
    let page = workspace.list(&path(""), shown.clone()).await.unwrap();
    assert_eq!(names_of(&page.entries), ["seen"]);
    let page = all.list(&path(""), shown).await.unwrap();
    assert_eq!(names_of(&page.entries), [".secret", "seen"]);
    assert_eq!(names(&all, "").await, ["seen"]);
}

async fn readers_sort_and_search(workspace: &Workspace) {
    for name in ["b.txt", "A.ipynb", "ab.txt", "c.txt"] {
        save(workspace, name, name).await;
    }
    workspace.make_directory(&path("B")).await.unwrap();
    for (order, contains, expected) in [
        ("name", "", "B A.ipynb ab.txt b.txt c.txt"),
        ("-name", "", "B c.txt b.txt ab.txt A.ipynb"),
        ("name", "B", "B A.ipynb ab.txt b.txt"),
        ("", "B", "A.ipynb B ab.txt b.txt"),
        ("kind", ".TXT", "ab.txt b.txt c.txt"),
        ("size", "", "b.txt c.txt ab.txt A.ipynb B"),
        ("-size", "", "A.ipynb ab.txt b.txt c.txt B"),
    ] {
        let mut found = Vec::new();
        let mut options = ListOptions {
            limit: 2,
            order: Order::parse(order),
            contains: contains.to_owned(),
            ..ListOptions::default()
        };
        loop {
            let page = workspace.list(&path(""), options.clone()).await.unwrap();
            assert!(
                page.total
                    .is_none_or(|total| total == expected.split(' ').count())
            );
            found.extend(names_of(&page.entries));
            options.after = page.next;
            if options.after.is_none() {
                break;
            }
        }
        assert_eq!(found.join(" "), expected, "{order} {contains}");
    }
}

async fn what_happens_is_told(workspace: &Workspace) {
    workspace.make_directory(&path("d")).await.unwrap();
    save(workspace, "d/a", "1").await;
    save(workspace, "d/b", "2").await;
    let watch = workspace.watch(&path("d")).await.unwrap();
    let mut watch = watch.every(Duration::from_millis(50));
    // As long as before, and perhaps in the same second.
    let changed = save(workspace, "d/a", "9").await.entry.etag;
    let changes = told(&mut watch, &["d/a changed"]).await;
    assert_eq!(changes.last().unwrap().etag, changed);
    save(workspace, "d/c", "3").await;
    workspace.make_directory(&path("d/e")).await.unwrap();
    save(workspace, "elsewhere", "4").await;
    workspace.delete(&path("d/b"), false).await.unwrap();
    told(&mut watch, &["d/b deleted", "d/c created", "d/e created"]).await;
    workspace.delete(&path("d"), true).await.unwrap();
    let gone = async { while watch.next().await.is_ok() {} };
    tokio::time::timeout(crate::LONG, gone).await.unwrap();
}

/// Nobody saved it here; what it was when it was shown is known all the same.
async fn what_was_seen_can_be_merged(workspace: &Workspace) {
    let notebook = |first: &str, second: &str| {
        format!(
            r#"{{"cells": [{{"cell_type": "raw", "id": "a", "metadata": {{}}, "source": "{first}"}},
            {{"cell_type": "raw", "id": "b", "metadata": {{}}, "source": "{second}"}}],
            "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}"#
        )
    };
    let at = path("n.ipynb");
    save(workspace, "n.ipynb", &notebook("1", "2")).await;
    let (seen, read) = workspace.read(&at).await.unwrap();
    workspace.keep_seen(&seen, &read).await.unwrap();
    workspace.keep_seen(&seen, &read).await.unwrap();
    assert_eq!(workspace.history(&at).await.unwrap().len(), 1);
    save(workspace, "n.ipynb", &notebook("theirs", "2")).await;
    let mine = bytes(&notebook("1", "mine"));
    let done = workspace.save_merged(&at, &seen.etag.unwrap(), mine).await;
    assert!(matches!(done, Ok(Resolution::Merged(_))), "{done:?}");
    let merged = text(workspace, "n.ipynb").await;
    assert!(
        merged.contains("theirs") && merged.contains("mine"),
        "{merged}"
    );
}

async fn listings_are_sorted_and_paged(workspace: &Workspace) {
    for name in ["c", "a", "b1", "Z", "e"] {
        save(workspace, name, name).await;
    }
    workspace.make_directory(&path("d")).await.unwrap();
    save(workspace, "d/inner", "1").await;
    let expected = ["Z", "a", "b1", "c", "d", "e"];
    for limit in [1, 2, 5, 6, 7, usize::MAX] {
        let mut after = None;
        let mut found = Vec::new();
        let mut pages = 0;
        loop {
            let options = ListOptions {
                after,
                limit,
                ..ListOptions::default()
            };
            let page = workspace.list(&path(""), options).await.unwrap();
            assert!(page.entries.len() <= limit);
            found.extend(page.entries);
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
            assert!(pages < 20, "pages of {limit} do not end");
        }
        assert_eq!(names_of(&found), expected, "pages of {limit}");
        let directories: Vec<_> = found
            .iter()
            .filter(|entry| entry.kind == Kind::Directory)
            .map(|entry| entry.path.as_str())
            .collect();
        assert_eq!(directories, ["d"]);
    }
    let (inner, _) = workspace.read(&path("d/inner")).await.unwrap();
    let page = workspace
        .list(&path("d"), ListOptions::default())
        .await
        .unwrap();
    assert_eq!(page.entries[0].path, inner.path);
    assert_eq!(page.entries[0].size, inner.size);
}

async fn new_things_get_jupyters_names(workspace: &Workspace) {
    workspace.make_directory(&path("d")).await.unwrap();
    for (directory, kind, extension, expected) in [
        ("", Kind::Notebook, "", "Untitled.ipynb"),
        ("", Kind::Notebook, ".ipynb", "Untitled1.ipynb"),
        ("d", Kind::Notebook, "", "d/Untitled.ipynb"),
        ("", Kind::File, ".txt", "untitled.txt"),
        ("", Kind::File, ".txt", "untitled1.txt"),
        ("", Kind::File, "", "untitled"),
        ("", Kind::Directory, "", "Untitled Folder"),
        ("", Kind::Directory, "", "Untitled Folder 1"),
        ("", Kind::Directory, "", "Untitled Folder 2"),
    ] {
        let entry = workspace.untitled(&path(directory), kind, extension).await;
        let entry = entry.unwrap();
        assert_eq!((entry.path.as_str(), entry.kind), (expected, kind));
    }
    let notebook = text(workspace, "Untitled.ipynb").await;
    assert!(notebook.contains("\"nbformat\": 4"), "{notebook}");
}

async fn racing_callers_get_different_names(workspace: &Workspace) {
    const CALLERS: usize = 8;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let workspace = workspace.clone();
        callers.spawn(async move {
            let kind = [Kind::Notebook, Kind::Directory][caller % 2];
            let made = workspace.untitled(&path(""), kind, "").await;
            made.unwrap().path
        });
    }
    let made: BTreeSet<_> = callers.join_all().await.into_iter().collect();
    assert_eq!(made.len(), CALLERS);
    assert_eq!(names(workspace, "").await.len(), CALLERS);
}

async fn copies_get_jupyters_names(workspace: &Workspace) {
    workspace.make_directory(&path("d")).await.unwrap();
    workspace.make_directory(&path("d/deep")).await.unwrap();
    save(workspace, "x.ipynb", "{}").await;
    save(workspace, "d/a.tar.gz", "zip").await;
    save(workspace, "d/deep/er", "1").await;
    for (from, into, expected) in [
        ("x.ipynb", "", "x-Copy1.ipynb"),
        ("x.ipynb", "", "x-Copy2.ipynb"),
        ("x-Copy1.ipynb", "", "x-Copy3.ipynb"),
        ("x.ipynb", "d", "d/x.ipynb"),
        ("x.ipynb", "d", "d/x-Copy1.ipynb"),
        ("d/a.tar.gz", "d", "d/a-Copy1.tar.gz"),
        ("d", "", "d-Copy1"),
    ] {
        let copy = workspace.copy_into(&path(from), &path(into)).await.unwrap();
        assert_eq!(copy.path.as_str(), expected);
    }
    assert_eq!(text(workspace, "x-Copy3.ipynb").await, "{}");
    assert_eq!(text(workspace, "d-Copy1/deep/er").await, "1");
    workspace
        .copy(&path("d/deep"), &path("deep"))
        .await
        .unwrap();
    assert_eq!(names(workspace, "deep").await, ["er"]);
}

async fn a_rename_replaces_nothing(workspace: &Workspace) {
    workspace.make_directory(&path("d")).await.unwrap();
    workspace.make_directory(&path("e")).await.unwrap();
    save(workspace, "a", "1").await;
    save(workspace, "b", "2").await;
    for (from, to) in [("a", "b"), ("a", "d"), ("d", "a"), ("d", "e")] {
        let refused = workspace.rename(&path(from), &path(to)).await;
        assert_eq!(refusal(refused), "Exists", "{from} to {to}");
    }
    assert_eq!(text(workspace, "b").await, "2");
    let moved = workspace.rename(&path("a"), &path("d/c")).await.unwrap();
    assert_eq!(moved.path, path("d/c"));
    assert_eq!(text(workspace, "d/c").await, "1");
    assert_eq!(refusal(workspace.entry(&path("a")).await), "NotFound");
    let same = workspace.rename(&path("b"), &path("b")).await.unwrap();
    assert_eq!(same.path, path("b"));
    workspace.delete(&path("d/c"), false).await.unwrap();
    assert_eq!(names(workspace, "d").await, Vec::<String>::new());
}

async fn a_directory_moves_and_goes_with_everything(workspace: &Workspace) {
    for directory in ["d", "d/e", "ding"] {
        workspace.make_directory(&path(directory)).await.unwrap();
    }
    save(workspace, "d/e/f", "1").await;
    save(workspace, "ding/f", "a sibling").await;
    workspace.rename(&path("d"), &path("x")).await.unwrap();
    assert_eq!(text(workspace, "x/e/f").await, "1");
    assert_eq!(names(workspace, "").await, ["ding", "x"]);
    workspace.delete(&path("x"), true).await.unwrap();
    assert_eq!(names(workspace, "").await, ["ding"]);
    assert_eq!(text(workspace, "ding/f").await, "a sibling");
}

async fn there_is_one_checkpoint(workspace: &Workspace) {
    let file = path("n.ipynb");
    workspace.make_directory(&path("d")).await.unwrap();
    save(workspace, "n.ipynb", "1").await;
    assert_eq!(workspace.checkpoints(&file).await.unwrap(), []);
    let seen_by_all = workspace.with_hidden();
    let hidden = path(".ipynb_checkpoints");
    assert_eq!(refusal(seen_by_all.entry(&hidden).await), "NotFound");

    let made = workspace.create_checkpoint(&file).await.unwrap();
    assert_eq!(made.id, "checkpoint");
    assert_eq!(workspace.checkpoints(&file).await.unwrap(), [made]);
    save(workspace, "n.ipynb", "2").await;
    workspace
        .restore_checkpoint(&file, "checkpoint")
        .await
        .unwrap();
    assert_eq!(text(workspace, "n.ipynb").await, "1");
    save(workspace, "n.ipynb", "3").await;
    workspace.create_checkpoint(&file).await.unwrap();
    let kept = text(&seen_by_all, ".ipynb_checkpoints/n-checkpoint.ipynb").await;
    assert_eq!(kept, "3");

    let moved = path("d/m.ipynb");
    workspace.rename(&file, &moved).await.unwrap();
    assert_eq!(workspace.checkpoints(&moved).await.unwrap().len(), 1);
    workspace
        .delete_checkpoint(&moved, "checkpoint")
        .await
        .unwrap();
    assert_eq!(workspace.checkpoints(&moved).await.unwrap(), []);
    workspace.create_checkpoint(&moved).await.unwrap();
    workspace.delete(&moved, false).await.unwrap();
    save(workspace, "d/m.ipynb", "new").await;
    assert_eq!(workspace.checkpoints(&moved).await.unwrap(), []);
    workspace.create_checkpoint(&moved).await.unwrap();
    workspace.delete(&moved, false).await.unwrap();
    // Nothing but what is hidden there is left.
    workspace.delete(&path("d"), false).await.unwrap();
    assert_eq!(refusal(workspace.entry(&path("d")).await), "NotFound");
}

async fn chunks_appear_whole(workspace: &Workspace) {
    let file = path("big.bin");
    let send = async |chunk, text: &str| workspace.upload_chunk(&file, chunk, bytes(text)).await;
    for chunk in [2, -1, 0, -2] {
        assert_eq!(refusal(send(chunk, "x").await), "ChunkOrder", "{chunk}");
    }
    send(1, "given up ").await.unwrap();
    send(2, "too early").await.unwrap();
    send(1, "a").await.unwrap();
    assert_eq!(refusal(send(3, "c").await), "ChunkOrder");
    for (chunk, text) in [(2, "b"), (3, "c")] {
        assert_eq!(send(chunk, text).await.unwrap(), None);
        assert_eq!(names(workspace, "").await, Vec::<String>::new());
    }
    let saved = send(-1, "d").await.unwrap().unwrap();
    assert!(saved.created);
    assert_eq!(text(workspace, "big.bin").await, "abcd");
    assert_eq!(refusal(send(-1, "x").await), "ChunkOrder");
    assert_eq!(names(workspace, "").await, ["big.bin"]);
}

async fn every_version_is_kept(workspace: &Workspace) {
    let file = path("a.txt");
    let ada = workspace.acting_as("ada");
    save(&ada, "a.txt", "one").await;
    save(workspace, "a.txt", "two").await;
    save(workspace, "a.txt", "two").await;
    save(&ada, "a.txt", "one").await;
    let history = workspace.history(&file).await.unwrap();
    let described: Vec<_> = history
        .iter()
        .map(|version| (version.size, version.by.as_deref(), version.name.as_deref()))
        .collect();
    assert_eq!(
        described,
        [
            (3, Some("ada"), None),
            (3, None, None),
            (3, Some("ada"), None)
        ]
    );
    assert_eq!(history[0].hash, history[2].hash);
    assert!(history.is_sorted_by(|one, other| one.saved_at >= other.saved_at));
    let ids: BTreeSet<_> = history.iter().map(|version| &version.id).collect();
    assert_eq!(ids.len(), 3);

    let middle = &history[1].id;
    assert_eq!(workspace.version(&file, middle).await.unwrap(), "two");
    workspace
        .name_version(&file, middle, "final")
        .await
        .unwrap();
    workspace
        .name_version(&file, &history[0].id, "oops")
        .await
        .unwrap();
    workspace
        .name_version(&file, &history[0].id, "")
        .await
        .unwrap();
    let names: Vec<_> = workspace.history(&file).await.unwrap();
    let names: Vec<_> = names
        .iter()
        .map(|version| version.name.as_deref())
        .collect();
    assert_eq!(names, [None, Some("final"), None]);
    ada.restore(&file, middle).await.unwrap();
    assert_eq!(text(workspace, "a.txt").await, "two");
    assert_eq!(workspace.history(&file).await.unwrap().len(), 4);

    let other = path("b.txt");
    save(workspace, "b.txt", "mine").await;
    let refused = workspace.version(&other, middle).await.unwrap_err();
    assert_eq!(kind_of(&refused), "UnknownVersion");
}

async fn a_history_follows_its_file(workspace: &Workspace) {
    let sizes = async |at: &str| {
        let versions = workspace.history(&path(at)).await.unwrap();
        let sizes = versions.iter().map(|version| version.size);
        sizes.rev().collect::<Vec<_>>()
    };
    let rename = async |from: &str, to: &str| {
        workspace.rename(&path(from), &path(to)).await.unwrap();
    };
    workspace.make_directory(&path("d")).await.unwrap();
    save(workspace, "d/a", "1").await;
    rename("d/a", "d/b").await;
    save(workspace, "d/b", "22").await;
    rename("d", "e").await;
    save(workspace, "e/b", "333").await;
    assert_eq!(sizes("e/b").await, [1, 2, 3]);

    // What is new at an old path has a history of its own.
    workspace.make_directory(&path("d")).await.unwrap();
    save(workspace, "d/b", "55555").await;
    assert_eq!(sizes("d/b").await, [5]);
    assert_eq!(sizes("d/a").await, [0_u64; 0]);

    // There and back again.
    rename("e/b", "c").await;
    rename("c", "e/b").await;
    assert_eq!(sizes("e/b").await, [1, 2, 3]);
    workspace.delete(&path("e/b"), false).await.unwrap();
    assert_eq!(sizes("e/b").await, [1, 2, 3]);
    let first = workspace
        .history(&path("e/b"))
        .await
        .unwrap()
        .pop()
        .unwrap();
    workspace.restore(&path("e/b"), &first.id).await.unwrap();
    assert_eq!(text(workspace, "e/b").await, "1");
}
