//! How fast a workspace in a folder is: `cargo bench -p nbpress-contents` prints a figure per line.
//!
//! Beside each save stands what the disk takes for the same bytes: a new file, written and synced.
#![expect(clippy::print_stdout, reason = "a program that measures and prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use nbpress_contents::{Condition, ContentsPath, ListOptions, Workspace};
use nbpress_storage::{Location, Settings, Storage};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each is done; the median is shown.
const TIMES: usize = 9;

fn main() -> Result<()> {
    // `cargo test --all-targets` only wants to see it start.
    if !std::env::args().any(|word| word == "--bench") {
        println!("usage: cargo bench -p nbpress-contents --bench workspace");
        return Ok(());
    }
    // Not in memory: what is measured includes the disk.
    let folder = tempfile::tempdir_in(".")?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        listings(folder.path()).await?;
        saves(folder.path()).await
    })
}

async fn listings(folder: &Path) -> Result<()> {
    for (files, limit) in [(10, usize::MAX), (10_000, usize::MAX), (100_000, 1000)] {
        let (root, workspace) = open(folder, &format!("list {files}")).await?;
        for number in 0..files {
            File::create(root.join(format!("{number:06}.ipynb")))?;
        }
        let mut samples = Vec::new();
        for _ in 0..TIMES {
            let options = ListOptions {
                limit,
                ..ListOptions::default()
            };
            let begin = Instant::now();
            let page = workspace.list(&ContentsPath::root(), options).await?;
            samples.push(begin.elapsed());
            assert_eq!(page.entries.len(), limit.min(files));
        }
        let page = limit.min(files);
        println!("list {page} of {files} entries: {}", median(samples));
    }
    Ok(())
}

async fn saves(folder: &Path) -> Result<()> {
    for (name, size) in [
        ("10 KB", 10_000),
        ("1 MB", 1_000_000),
        ("20 MB", 20_000_000),
    ] {
        let (root, workspace) = open(folder, &format!("save {name}")).await?;
        let path = ContentsPath::parse("a.bin")?;
        let (mut saves, mut disk, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..TIMES {
            let bytes = Bytes::from(vec![b'a' + u8::try_from(number)?; size]);
            let begin = Instant::now();
            let saved = workspace.save(&path, bytes.clone(), Condition::Any).await;
            saves.push(begin.elapsed());
            saved?;
            let begin = Instant::now();
            let mut file = File::create(root.join(format!("beside {number}")))?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            disk.push(begin.elapsed());
            let begin = Instant::now();
            workspace.read(&path).await?;
            reads.push(begin.elapsed());
        }
        let (saves, disk, reads) = (median(saves), median(disk), median(reads));
        println!("save {name}: {saves}, the disk alone {disk}; read: {reads}");
    }
    Ok(())
}

async fn open(folder: &Path, name: &str) -> Result<(PathBuf, Workspace)> {
    let root = folder.join(name);
    std::fs::create_dir(&root)?;
    let settings = Settings::new(BTreeMap::new(), folder.to_owned());
    let history = Location::from(folder.join("history").join(name));
    let storage = Arc::new(Storage::new(settings));
    let workspace = Workspace::open(storage, &Location::from(root.clone()), &history).await?;
    Ok((root, workspace))
}

fn median(mut samples: Vec<Duration>) -> String {
    samples.sort_unstable();
    let middle = samples.get(samples.len() / 2).copied();
    format!("{:.2} ms", middle.unwrap_or_default().as_secs_f64() * 1e3)
}
