//! Saves of several processes, and of processes that are killed: this program starts itself as them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nbpress_contents::{Condition, ContentsError, ContentsPath, ListOptions, Workspace};
use nbpress_storage::{Location, Settings, Storage};

/// What the processes do, and where.
const COUNT: &str = "--as-one-that-counts";
const SAVE: &str = "--as-one-that-is-killed";

const COUNTERS: usize = 4;
const EACH: usize = 40;
const KILLS: u64 = 40;
const SIZE: usize = 4 * 1024 * 1024;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let given: Vec<String> = std::env::args().skip(1).collect();
    match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [COUNT, folder] => runtime.block_on(count(Path::new(folder))),
        [SAVE, folder] => runtime.block_on(save(Path::new(folder))),
        // Whatever a test runner says.
        _ => {
            runtime.block_on(no_update_is_lost());
            runtime.block_on(a_killed_save_leaves_the_old_or_the_new());
        }
    }
}

/// Each of the processes adds one to a number in a file, time and again.
async fn no_update_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = open(folder.path()).await;
    workspace
        .save(&file(), "0".into(), Condition::IfAbsent)
        .await
        .unwrap();
    let counters: Vec<Child> = (0..COUNTERS).map(|_| start(COUNT, folder.path())).collect();
    for mut counter in counters {
        assert!(counter.wait().unwrap().success());
    }
    let (_, bytes) = workspace.read(&file()).await.unwrap();
    assert_eq!(number(&bytes), COUNTERS * EACH);
    let history = workspace.history(&file()).await.unwrap();
    assert_eq!(history.len(), COUNTERS * EACH + 1);
}

async fn count(folder: &Path) {
    let workspace = open(folder).await;
    let mut done = 0;
    while done < EACH {
        let (entry, bytes) = workspace.read(&file()).await.unwrap();
        let next = (number(&bytes) + 1).to_string();
        let unchanged = Condition::IfMatch(entry.etag.unwrap());
        match workspace.save(&file(), next.into(), unchanged).await {
            Ok(_) => done += 1,
            Err(ContentsError::Stale { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn number(bytes: &Bytes) -> usize {
    std::str::from_utf8(bytes).unwrap().parse().unwrap()
}

/// Each version is of one letter; the process says which before it saves, and is killed at another
/// moment each time.
async fn a_killed_save_leaves_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = open(folder.path()).await;
    let mut after_the_kill = [0, 0];
    for round in 0..KILLS {
        workspace
            .save(&file(), version(b'a'), Condition::Any)
            .await
            .unwrap();
        let mut saver = start(SAVE, folder.path());
        let mut said = String::new();
        let mut output = BufReader::new(saver.stdout.take().unwrap());
        output.read_line(&mut said).unwrap();
        assert_eq!(said, "b\n");
        // Not to wait for anything: so that each is killed elsewhere in its save.
        std::thread::sleep(Duration::from_millis(round));
        saver.kill().unwrap();
        saver.wait().unwrap();

        let (_, bytes) = workspace.read(&file()).await.unwrap();
        assert_eq!(bytes.len(), SIZE);
        let letter = bytes[0];
        assert!(matches!(letter, b'a' | b'b'));
        assert!(bytes.iter().all(|byte| *byte == letter));
        after_the_kill[usize::from(letter - b'a')] += 1;
        let page = workspace
            .list(&ContentsPath::root(), ListOptions::default())
            .await;
        assert_eq!(page.unwrap().entries.len(), 1);
    }
    // Every version that is told of is there.
    for version in workspace.history(&file()).await.unwrap() {
        let bytes = workspace.version(&file(), &version.id).await.unwrap();
        assert_eq!(bytes.len(), SIZE);
    }
    let [old, new] = after_the_kill;
    assert!(old > 0, "none of {new} saves was killed before its end");
}

async fn save(folder: &Path) {
    let workspace = open(folder).await;
    let mut output = std::io::stdout();
    output.write_all(b"b\n").unwrap();
    output.flush().unwrap();
    let saved = workspace.save(&file(), version(b'b'), Condition::Any).await;
    saved.unwrap();
    // Killed in any case.
    std::future::pending::<()>().await;
}

fn version(letter: u8) -> Bytes {
    vec![letter; SIZE].into()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test is about other processes"
)]
fn start(role: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .arg(role)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn file() -> ContentsPath {
    ContentsPath::parse("file").unwrap()
}

async fn open(folder: &Path) -> Workspace {
    let root = folder.join("root");
    std::fs::create_dir_all(&root).unwrap();
    let settings = Settings::new(BTreeMap::new(), folder.to_owned());
    let history = Location::from(folder.join("history"));
    let storage = Arc::new(Storage::new(settings));
    Workspace::open(storage, &Location::from(root), &history)
        .await
        .unwrap()
}
