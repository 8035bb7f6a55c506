//! What a run did outside its kernel, as far as that can be seen: files that were written while it ran.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;

/// The most entries of folders looked at.
const LOOKED_AT: usize = 20_000;

/// Files beneath a folder that were last written in this time, sorted; hidden ones and those behind links are not
/// looked at, and no more than the first 20,000 entries.
pub fn files_written(folder: &Path, from: Timestamp, to: Timestamp) -> Vec<PathBuf> {
    let (from, to) = (SystemTime::from(from), SystemTime::from(to));
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut left = LOOKED_AT;
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.take(left) {
            left -= 1;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let Ok(about) = entry.metadata() else {
                continue;
            };
            if hidden {
                continue;
            }
            if about.is_dir() {
                folders.push(entry.path());
            } else if about.is_file() && about.modified().is_ok_and(|at| (from..=to).contains(&at))
            {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}
