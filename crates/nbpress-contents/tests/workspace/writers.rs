//! Other programs that write the same files, as they really do.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use nbpress_contents::{Condition, ContentsError, ContentsPath, Workspace};

use crate::{OnDisk, bytes, path, save, text, told};

#[expect(clippy::disallowed_methods, reason = "another program")]
fn git(folder: &Path, words: &[&str]) {
    let mut git = Command::new("git");
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let done = git.current_dir(folder).args(identity).args(words).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{words:?}: {done:?}");
}

/// A branch is checked out beneath open documents: what each was is kept, and what happened is told.
#[tokio::test]
async fn a_branch_is_checked_out() {
    let disk = OnDisk::new().await;
    let root = disk.root();
    git(&root, &["init", "-q", "-b", "main"]);
    disk.write("a.txt", "main");
    disk.write("gone.txt", "main");
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "main"]);
    git(&root, &["checkout", "-qb", "other"]);
    git(&root, &["rm", "-q", "gone.txt"]);
    disk.write("a.txt", "other branch");
    disk.write("new.txt", "other");
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "other"]);
    git(&root, &["checkout", "-q", "main"]);

    let (seen, read) = disk.workspace.read(&path("a.txt")).await.unwrap();
    disk.workspace.keep_seen(&seen, &read).await.unwrap();
    let mut watch = disk.workspace.watch(&path("")).await.unwrap();
    git(&root, &["checkout", "-q", "other"]);
    let expected = ["a.txt changed", "gone.txt deleted", "new.txt created"];
    let changes = told(&mut watch, &expected).await;
    let now = disk.workspace.entry(&path("a.txt")).await.unwrap();
    let tags: Vec<_> = changes.iter().map(|change| &change.etag).collect();
    assert!(tags.contains(&&now.etag), "{changes:?}");

    // The stale save is told; what the client had seen can be had.
    let unchanged = Condition::IfMatch(seen.etag.unwrap());
    let stale = disk
        .workspace
        .save(&seen.path, bytes("mine"), unchanged)
        .await;
    assert!(
        matches!(stale, Err(ContentsError::Stale { .. })),
        "{stale:?}"
    );
    assert_eq!(
        kept(&disk.workspace, "a.txt").await,
        ["main".to_owned()].into()
    );
}

#[tokio::test]
async fn every_way_of_writing_is_noticed() {
    let disk = OnDisk::new().await;
    let root = disk.root();
    disk.write("a.txt", "1");
    let mut watch = disk.workspace.watch(&path("")).await.unwrap();
    // In place.
    disk.write("a.txt", "2");
    told(&mut watch, &["a.txt changed"]).await;
    // Beside, and renamed, as editors do.
    disk.write("a.txt~", "3");
    std::fs::rename(root.join("a.txt~"), root.join("a.txt")).unwrap();
    told(&mut watch, &["a.txt changed"]).await;
    std::fs::rename(root.join("a.txt"), root.join("b.txt")).unwrap();
    told(&mut watch, &["b.txt renamed from a.txt"]).await;
    // Appended to, by somebody who keeps it open.
    let mut file = std::fs::OpenOptions::new();
    let mut file = file.append(true).open(root.join("b.txt")).unwrap();
    std::io::Write::write_all(&mut file, b"4").unwrap();
    drop(file);
    told(&mut watch, &["b.txt changed"]).await;
    save(&disk.workspace, "b.txt", "ours").await;
    told(&mut watch, &["b.txt changed"]).await;
}

/// Another program writes while we save, in place and by rename, a hundred times: whatever it wrote is the file or
/// in the history, and so is what we wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_version_is_lost_in_a_race() {
    let disk = OnDisk::new().await;
    save(&disk.workspace, "a", "begin").await;
    let at = path("a");
    for round in 0..100 {
        let (theirs, ours) = (format!("theirs {round}"), format!("ours {round}"));
        let (file, text) = (disk.root().join("a"), theirs.clone());
        let other = tokio::task::spawn_blocking(move || write(&file, &text, round % 2 == 0));
        let saved = disk.workspace.save(&at, bytes(&ours), Condition::Any);
        saved.await.unwrap();
        other.await.unwrap();
        let now = crate::text(&disk.workspace, "a").await;
        let kept = kept(&disk.workspace, "a").await;
        for version in [theirs, ours] {
            assert!(
                now == version || kept.contains(&version),
                "{version} is lost"
            );
        }
    }
    // Nothing is left lying about.
    assert_eq!(std::fs::read_dir(disk.root()).unwrap().count(), 1);
}

/// A save that saw a version never replaces another one, however late that came.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_conditional_save_never_replaces_what_it_has_not_seen() {
    let disk = OnDisk::new().await;
    let mut saves = 0;
    for round in 0..100 {
        let seen = save(&disk.workspace, "a", &format!("seen {round}"))
            .await
            .entry;
        let (file, theirs) = (disk.root().join("a"), format!("theirs {round}"));
        let text_of_theirs = theirs.clone();
        let other =
            tokio::task::spawn_blocking(move || write(&file, &text_of_theirs, round % 2 == 0));
        let unchanged = Condition::IfMatch(seen.etag.unwrap());
        let saved = disk
            .workspace
            .save(&path("a"), bytes("ours"), unchanged)
            .await;
        other.await.unwrap();
        saves += usize::from(saved.is_ok());
        // Whoever came last: if it is not theirs, they came first, and we should not have saved.
        assert_eq!(
            text(&disk.workspace, "a").await,
            theirs,
            "round {round}: {saved:?}"
        );
    }
    assert!(saves < 100, "they never came first");
}

#[expect(clippy::disallowed_methods, reason = "another program would write so")]
fn write(file: &Path, text: &str, in_place: bool) {
    if in_place {
        std::fs::write(file, text).unwrap();
        return;
    }
    let beside = file.with_extension("tmp~");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, file).unwrap();
}

async fn kept(workspace: &Workspace, at: &str) -> BTreeSet<String> {
    let at: ContentsPath = path(at);
    let mut kept = BTreeSet::new();
    for version in workspace.history(&at).await.unwrap() {
        let bytes = workspace.version(&at, &version.id).await.unwrap();
        kept.insert(String::from_utf8_lossy(&bytes).into_owned());
    }
    kept
}
