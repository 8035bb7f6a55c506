//! What is kept of a failed attempt for the run that goes on from it: its kernel's state, and the files it worked with.
//!
//! ```text
//! <home>/kept/<record>/<time>/   the frozen copies of its kernel: processes, which end after a while
//! <home>/kept/<record>/work/     the folder its cells worked in
//! ```
//!
//! Only one run can go on from it: files that cells have open are in that folder, so it is not copied but moved.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nbpress_kernel::kept;
use nbpress_record::Store;

use crate::attempt_folder::AttemptFolder;

/// What is kept of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptState {
    folder: PathBuf,
}

/// Where the states of all attempts of a machine are, beside their records.
pub(crate) fn all(records: &Store) -> PathBuf {
    records.root().join("kept")
}

impl KeptState {
    /// Of the attempt with this record, on this machine.
    pub fn of(records: &Store, record: &str) -> Self {
        Self {
            folder: all(records).join(record),
        }
    }

    /// Until when a run can go on from it; `None` where none can.
    pub fn until(&self) -> Option<Timestamp> {
        let has_work = self.work().is_dir();
        has_work.then(|| self.copies_until()).flatten()
    }

    /// Where the copies of its kernel are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the copies wait for another run that has their files.
    pub(crate) fn is_taken(&self) -> bool {
        !self.work().is_dir() && self.copies_until().is_some()
    }

    /// Puts an attempt's files beside the copies of its kernel, if there are any.
    pub(crate) fn put_by(&self, attempt: &AttemptFolder) -> io::Result<()> {
        if self.copies_until().is_none() || self.work().exists() {
            return Ok(());
        }
        fs::rename(attempt.work(), self.work())
    }

    /// Makes its files those of another attempt; whether they are.
    pub(crate) fn take_up(&self, attempt: &AttemptFolder) -> bool {
        // Of two that want it, one gets it.
        self.until().is_some() && fs::rename(self.work(), attempt.work()).is_ok()
    }

    /// Ends the copies and removes the files.
    pub(crate) fn drop_all(&self) {
        kept::drop_all(&self.folder);
    }

    fn copies_until(&self) -> Option<Timestamp> {
        kept::list(&self.folder).pop().map(|copy| copy.until)
    }

    fn work(&self) -> PathBuf {
        self.folder.join("work")
    }
}

/// Removes the files of states whose time is over.
pub(crate) fn remove_old(records: &Store) {
    let entries = fs::read_dir(all(records)).into_iter().flatten().flatten();
    let states = entries.map(|entry| KeptState {
        folder: entry.path(),
    });
    states
        .filter(|state| state.work().is_dir() && state.copies_until().is_none())
        .for_each(|state| state.drop_all());
}

/// Puts every file of a folder into another one, in the place of what is there.
pub(crate) fn move_over(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            fs::rename(entry.path(), target)?;
            continue;
        }
        if target.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            fs::remove_file(&target)?;
        }
        move_over(&entry.path(), &target)?;
    }
    fs::remove_dir(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_process_that_waits_nothing_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let records = Store::open(home.path()).unwrap();
        let attempt = AttemptFolder::of(&home.path().join("attempts"), "run_x");
        fs::create_dir_all(attempt.work()).unwrap();
        let state = KeptState::of(&records, "run_x");
        state.put_by(&attempt).unwrap();
        assert!(attempt.work().is_dir());
        // Its process was killed.
        fs::create_dir_all(state.work()).unwrap();
        assert!((state.until(), state.is_taken(), state.take_up(&attempt)) == (None, false, false));
        remove_old(&records);
        assert!(!state.folder().exists());
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "small local files, not notebooks"
    )]
    fn files_that_are_moved_over_take_the_place_of_others_of_their_name() {
        let place = tempfile::tempdir().unwrap();
        let file = |path: &str, text: &str| {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (path, text) in [
            ("old/n.ipynb", "old"),
            ("old/made/by-a-cell", "kept"),
            ("old/data", "a file"),
            ("new/n.ipynb", "new"),
            ("new/data/now-a-folder", "new"),
        ] {
            file(path, text);
        }
        let path = |name: &str| place.path().join(name);
        move_over(&path("new"), &path("old")).unwrap();
        let read = |name: &str| fs::read(path(name)).unwrap();
        assert_eq!(read("old/n.ipynb"), b"new");
        assert_eq!(read("old/made/by-a-cell"), b"kept");
        assert_eq!(read("old/data/now-a-folder"), b"new");
        assert!(!path("new").exists());
    }
}
