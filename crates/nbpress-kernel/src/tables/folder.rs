//! The tables that interactive kernels wrote: in a folder beside those of the kernels, and no more than so many bytes.
//!
//! They belong to outputs of notebooks that may have been saved, copied or forgotten, which nobody here knows; so the
//! oldest go when there is no more room. One that is shown again is new.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most bytes of all of them.
const MOST_BYTES: u64 = 4 << 30;

/// Where they are, given the folder of kernels.
pub(crate) fn beside(kernels: &Path) -> PathBuf {
    kernels.join("tables")
}

/// Makes the folder, and makes room in it.
pub(crate) fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    make_room(folder, MOST_BYTES)
}

fn make_room(folder: &Path, most: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(folder)?
        .flatten()
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect();
    files.sort_unstable_by(|one, other| other.cmp(one));
    let mut bytes = 0;
    for (_, length, path) in files {
        bytes += length;
        if bytes > most {
            // Another host may be at the same.
            let _gone = fs::remove_file(path);
        }
    }
    Ok(())
}

/// The table of that SHA-256, if there is one.
pub(crate) fn open(folder: &Path, sha256: &str) -> Option<File> {
    let is_name = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let path = folder.join(is_name.then_some(sha256)?);
    // Code of notebooks can write here, too: opening a pipe would wait for its other end.
    let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| File::open(path).ok()).flatten()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "files of the test's own")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_oldest_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let kernels = folder.path();
        let tables = beside(kernels);
        prepare(&tables).unwrap();
        let now = SystemTime::now();
        let names = ["a", "b", "c"].map(|letter| letter.repeat(64));
        for (age, name) in names.iter().enumerate() {
            let path = tables.join(name);
            fs::write(&path, [0; 100]).unwrap();
            let written = now - Duration::from_secs(age as u64);
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(written)
                .unwrap();
        }
        make_room(&tables, 250).unwrap();
        let there = names.map(|name| open(&tables, &name).is_some());
        assert_eq!(there, [true, true, false]);
    }

    #[test]
    fn only_files_of_tables_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let tables = folder.path().join("tables");
        prepare(&tables).unwrap();
        fs::write(folder.path().join("key"), "secret").unwrap();
        let link = "d".repeat(64);
        std::os::unix::fs::symlink(folder.path().join("key"), tables.join(&link)).unwrap();
        for name in [&link, "../key", "key", "", &"e".repeat(64)] {
            assert!(open(&tables, name).is_none(), "{name}");
        }
    }
}
