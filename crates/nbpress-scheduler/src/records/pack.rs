//! One record as one file: a compressed tar archive of what its folder holds.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use nbpress_record::{Record, RecordError, RunId, Store};
use tar::{Builder, EntryType, Header};

use crate::hash::{is_sha256, sha256_of_file};
use crate::report::record_hash;

/// Largest archive's content: what a stranger could make of a few bytes.
const LARGEST: u64 = 64 << 30;
/// How long a copy that nobody asked for again is kept.
const KEPT: Duration = Duration::from_hours(24);

/// Why an archive's object is not the record.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It is no archive, or it cannot be written here.
    #[error("it cannot be unpacked")]
    Io(#[from] io::Error),
    /// It holds something that no record has.
    #[error("it holds `{}`", .0.display())]
    Stray(PathBuf),
    /// Its record cannot be read.
    #[error("its record cannot be read")]
    Record(#[from] RecordError),
    /// It is another record, or it was changed.
    #[error("its hash is {found}, not {expected}")]
    Hash {
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
}

/// The bytes of a record that is over. They depend on nothing else.
pub(super) fn pack(record: &Record) -> Result<Vec<u8>, RecordError> {
    let folder = record.folder();
    let fault = |source| RecordError::Io {
        action: "pack",
        path: folder.clone(),
        source,
    };
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    if record.manifest().is_some() {
        append_file(&mut archive, &folder, "manifest.json").map_err(fault)?;
    }
    append_file(&mut archive, &folder, "journal").map_err(fault)?;
    for name in record.blob_names()? {
        let bytes = record.blob(&name)?;
        let mut header = header(bytes.len() as u64);
        let added = archive.append_data(&mut header, format!("blobs/{name}"), bytes.as_slice());
        added.map_err(fault)?;
    }
    let packed = archive.into_inner().and_then(GzEncoder::finish);
    packed.map_err(fault)
}

fn append_file(archive: &mut Builder<impl Write>, folder: &Path, name: &str) -> io::Result<()> {
    let file = File::open(folder.join(name))?;
    let length = file.metadata()?.len();
    // A journal of a run that was cut off does not grow any more.
    archive.append_data(&mut header(length), name, file.take(length))
}

fn header(length: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(length);
    header.set_mode(0o644);
    header
}

/// Puts a record into a store, whole and checked, or nothing.
pub(super) fn unpack(
    bytes: &[u8],
    run_id: RunId,
    sha256: &str,
    store: &Store,
) -> Result<(), PackError> {
    let staging = tempfile::Builder::new()
        .prefix(".unpacked-")
        .tempdir_in(store.root())?;
    let unpacked = Store::open(staging.path())?;
    let (name, runs) = (run_id.to_string(), Path::new("runs"));
    let folder = staging.path().join(runs).join(&name);
    fs::create_dir_all(folder.join("blobs"))?;
    extract(bytes, &folder)?;
    check(&unpacked.find(&name)?, sha256)?;
    let place = store.root().join(runs).join(&name);
    if place.is_dir() {
        // A part of it, or the same that somebody else has asked for at the same time.
        fs::rename(&place, staging.path().join("replaced"))?;
    }
    Ok(fs::rename(&folder, &place)?)
}

fn extract(bytes: &[u8], folder: &Path) -> Result<(), PackError> {
    let unpacked = GzDecoder::new(bytes).take(LARGEST);
    let mut archive = tar::Archive::new(unpacked);
    let mut seen = HashSet::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let is_file = entry.header().entry_type() == EntryType::Regular;
        if !is_file || !is_part_of_a_record(&path) || !seen.insert(path.clone()) {
            return Err(PackError::Stray(path));
        }
        io::copy(&mut entry, &mut File::create_new(folder.join(path))?)?;
    }
    Ok(())
}

fn is_part_of_a_record(path: &Path) -> bool {
    let parts: Vec<Component<'_>> = path.components().collect();
    match parts.as_slice() {
        [Component::Normal(name)] => *name == "journal" || *name == "manifest.json",
        [Component::Normal(folder), Component::Normal(name)] => {
            *folder == "blobs" && name.to_str().is_some_and(is_sha256)
        }
        _ => false,
    }
}

/// The row names the manifest by its hash, the manifest the journal and the blobs by theirs.
pub(super) fn check(record: &Record, sha256: &str) -> Result<(), PackError> {
    let same = |found: String, expected: &str| {
        if found == expected {
            return Ok(());
        }
        let expected = expected.to_owned();
        Err(PackError::Hash { found, expected })
    };
    same(record_hash(record)?, sha256)?;
    if let Some(manifest) = record.manifest() {
        let found = sha256_of_file(&record.folder().join("journal"))?;
        same(found, &manifest.journal.sha256)?;
    }
    for name in record.blob_names()? {
        record.blob(&name)?;
    }
    Ok(())
}

/// Removes copies that were written a day ago, and what an interrupted copy left behind.
pub(super) fn remove_old(store: &Store) -> io::Result<()> {
    for entry in fs::read_dir(store.root().join("runs"))? {
        let folder = entry?.path();
        // A journal grows as long as its run is on.
        if is_old(&folder.join("journal")) {
            fs::remove_dir_all(folder)?;
        }
    }
    for entry in fs::read_dir(store.root())? {
        let entry = entry?;
        let left = entry
            .file_name()
            .to_string_lossy()
            .starts_with(".unpacked-");
        if left && is_old(&entry.path()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn is_old(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|found| found.modified());
    let age = modified.map(|modified| SystemTime::now().duration_since(modified));
    age.is_ok_and(|age| age.is_ok_and(|age| age > KEPT))
}
