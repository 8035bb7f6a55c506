//! Runs that end in every way.

use std::fs;

use nbpress_format::output::Output;

use super::*;
use crate::outcome::{CellStatus, FailureClass, Outcome, RunStatus};
use crate::record::RunState;
use crate::sample::{self, completed, started, stdout, succeeded};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn begin(store: &Store) -> Recorder {
    store
        .begin(sample::header(), sample::notebook(&["a", "b"]))
        .unwrap()
}

fn image() -> String {
    use base64::Engine as _;
    let bytes: Vec<u8> = (0..90_000_u32).map(|index| (index % 241) as u8).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A run with a large text, an image, and a few small events.
fn events() -> Vec<Event> {
    let data = sample::object([
        ("image/png", image().into()),
        ("text/plain", "<img>".into()),
    ]);
    vec![
        sample::kernel(None),
        started(1),
        Event::ExecuteInput {
            cell: 1,
            execution_count: 1,
            at: sample::at(2),
        },
        stdout(1, &"line\n".repeat(20_000)),
        sample::output(
            1,
            Output::display_data(data, nbpress_format::json::Object::new()),
        ),
        stdout(1, "done\n"),
        completed(1),
    ]
}

fn names(folder: &Path) -> Vec<String> {
    let mut names = disk::names(folder).unwrap();
    names.sort();
    names
}

#[test]
fn a_finished_run_is_read_back() {
    let (_folder, store) = store();
    let mut recorder = begin(&store);
    let run_id = recorder.run_id();
    for event in events() {
        recorder.append(&event).unwrap();
    }
    recorder
        .append_all(&[started(2), stdout(2, "x"), completed(2), succeeded()])
        .unwrap();
    let live = recorder.document().finished_notebook();
    let manifest = recorder.finish().unwrap();

    let record = store.find(&run_id.to_string()).unwrap();
    assert_eq!(record.state(), RunState::Finished);
    assert_eq!(record.manifest(), Some(&manifest));
    assert_eq!(record.notebook().unwrap().to_bytes(), live.to_bytes());
    let read: Vec<Event> = record.events().unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), 12);
    assert_eq!(read[1..8], events());

    assert_eq!(manifest.journal.frames, 12);
    assert_eq!(manifest.blobs.len(), 2);
    assert_eq!(manifest.previous, None);
    assert_eq!(manifest.duration_seconds.to_string(), "5");
    let statuses: Vec<CellStatus> = manifest.cells.iter().map(|cell| cell.status).collect();
    assert_eq!(
        statuses,
        [
            CellStatus::NotRun,
            CellStatus::Completed,
            CellStatus::Completed
        ]
    );
    assert_eq!(manifest.cells[1].execution_count, Some(7));
    assert_eq!(names(&record.folder()), ["journal", "manifest.json"]);
    let bytes = disk::read(&store.manifest_path(run_id)).unwrap().unwrap();
    assert_eq!(disk::sha256(&bytes), manifest.record_id);
    // The image is there as a file of its own bytes.
    let lengths: Vec<u64> = manifest.blobs.iter().map(|blob| blob.bytes).collect();
    assert!(
        lengths.contains(&90_000) && lengths.contains(&100_000),
        "{lengths:?}"
    );
}

#[test]
fn a_run_is_there_from_its_first_event_on() {
    let (_folder, store) = store();
    let mut recorder = begin(&store);
    let record = store.find("latest").unwrap();
    assert_eq!(record.state(), RunState::Running);
    assert_eq!(record.events().unwrap().count(), 1);
    recorder.append(&started(1)).unwrap();
    recorder.append(&stdout(1, "so far")).unwrap();
    let document = record.document().unwrap();
    assert_eq!(document.running_cell(), Some(1));
    assert_eq!(document.outcome(), None);
    assert_eq!(
        document.notebook.to_bytes(),
        recorder.document().notebook.to_bytes()
    );
}

#[test]
fn a_run_whose_runner_vanished_was_cut_off() {
    let (_folder, store) = store();
    let mut recorder = begin(&store);
    for event in events() {
        recorder.append(&event).unwrap();
    }
    recorder.append(&started(2)).unwrap();
    recorder.append(&stdout(2, "last words")).unwrap();
    drop(recorder);
    let record = store.find("latest").unwrap();
    assert_eq!(record.state(), RunState::CutOff);
    let document = record.document().unwrap();
    let outcome = document.outcome().unwrap();
    assert_eq!(
        (outcome.status, outcome.class),
        (RunStatus::Failed, Some(FailureClass::Platform))
    );
    assert_eq!(
        outcome.reason.as_deref(),
        Some("cut off: the runner was killed")
    );
    assert_eq!(outcome.cell, Some(2));
    let statuses: Vec<CellStatus> = document.cells().iter().map(|cell| cell.status).collect();
    assert_eq!(
        statuses,
        [
            CellStatus::NotRun,
            CellStatus::Completed,
            CellStatus::Failed
        ]
    );
    let notebook = record.notebook().unwrap();
    // Its blobs stayed with it.
    assert_eq!(notebook.cells[2].outputs().len(), 3);
    assert_eq!(
        notebook.metadata["nbpress"].get("status"),
        Some(&"failed".into())
    );
    assert!(notebook.cells[0].has_tag(crate::ERROR_MARKER_TAG));
}

/// Whatever byte of the journal was the last to reach the file, the run can be shown.
#[test]
fn a_journal_cut_at_any_byte_is_shown_as_far_as_it_goes() {
    let (_folder, store) = store();
    let mut recorder = begin(&store);
    let mut ends = vec![
        fs::metadata(recorder.folder().join("journal"))
            .unwrap()
            .len(),
    ];
    let all = [events(), vec![started(2), succeeded()]].concat();
    for event in &all {
        recorder.append(event).unwrap();
        ends.push(
            fs::metadata(recorder.folder().join("journal"))
                .unwrap()
                .len(),
        );
    }
    let run_id = recorder.run_id();
    drop(recorder);
    let path = store.journal_path(run_id);
    let bytes = disk::read(&path).unwrap().unwrap();
    for length in 0..=bytes.len() {
        disk::create(&path, &bytes[..length]).unwrap();
        let whole = ends.iter().filter(|&&end| end <= length as u64).count();
        if whole == 0 {
            assert!(
                matches!(store.find("latest"), Err(RecordError::EmptyJournal { .. })),
                "cut at {length}"
            );
            assert!(store.list().unwrap().is_empty());
            continue;
        }
        let record = store.find("latest").unwrap();
        let read: Vec<Event> = record.events().unwrap().map(Result::unwrap).collect();
        assert_eq!(read[1..], all[..whole - 1], "cut at {length}");
        let state = if whole == ends.len() {
            RunState::Finished
        } else {
            RunState::CutOff
        };
        assert_eq!(record.state(), state, "cut at {length}");
        let outcome = record.document().unwrap().outcome().cloned().unwrap();
        assert_eq!(
            outcome.status == RunStatus::Succeeded,
            state == RunState::Finished
        );
    }
}

#[test]
fn finishing_needs_an_end() {
    let (_folder, store) = store();
    let recorder = begin(&store);
    assert!(matches!(
        recorder.finish(),
        Err(RecordError::NotFinished { .. })
    ));
    assert_eq!(store.find("latest").unwrap().state(), RunState::CutOff);
}

#[test]
fn a_discarded_run_leaves_nothing() {
    let (folder, store) = store();
    let mut recorder = begin(&store);
    for event in events() {
        recorder.append(&event).unwrap();
    }
    recorder.discard().unwrap();
    assert!(store.list().unwrap().is_empty());
    assert_eq!(names(folder.path()), ["runs"]);
    assert_eq!(names(&folder.path().join("runs")), [""; 0]);
}

#[test]
fn a_run_holds_the_list_of_its_environment() {
    let (_folder, store) = store();
    let environment = store.put_blob(b"{\"pandas\":\"2.3\"}").unwrap();
    let mut recorder = begin(&store);
    recorder
        .append(&sample::kernel(Some(environment.clone())))
        .unwrap();
    // Another run that used it is removed, and its blobs with it.
    let mut other = begin(&store);
    other
        .append_all(&[sample::kernel(Some(environment.clone())), succeeded()])
        .unwrap();
    let other = other.finish().unwrap().header.run_id;
    store.remove(other).unwrap();
    assert!(matches!(
        store.get_blob(&environment),
        Err(RecordError::MissingBlob { .. })
    ));

    recorder.append(&succeeded()).unwrap();
    let manifest = recorder.finish().unwrap();
    assert_eq!(manifest.blobs[0].sha256, environment);
    assert_eq!(
        store.get_blob(&environment).unwrap(),
        b"{\"pandas\":\"2.3\"}"
    );
    assert!(store.verify().unwrap().is_intact());
}

#[test]
fn an_unknown_environment_is_refused() {
    let (_folder, store) = store();
    let mut recorder = begin(&store);
    for name in ["0".repeat(64), "../../journal".to_owned()] {
        let error = recorder.append(&sample::kernel(Some(name))).unwrap_err();
        assert!(matches!(error, RecordError::MissingBlob { .. }));
    }
    assert_eq!(recorder.document().kernel(), None);
    assert_eq!(store.find("latest").unwrap().events().unwrap().count(), 1);
}

#[test]
fn room_is_reserved_while_the_run_is_on() {
    use std::os::unix::fs::MetadataExt as _;
    let (_folder, store) = store();
    let mut recorder = begin(&store);
    let reserve = fs::metadata(recorder.folder().join(RESERVE)).unwrap();
    assert!(
        reserve.blocks() * 512 >= RESERVE_BYTES,
        "{} blocks",
        reserve.blocks()
    );
    recorder.append(&succeeded()).unwrap();
    let folder = recorder.folder();
    recorder.finish().unwrap();
    assert_eq!(names(&folder), ["journal", "manifest.json"]);
}

/// The states in which a kill between the steps of `finish` leaves the store.
#[test]
fn a_finish_that_was_cut_off_is_completed_by_the_next_one() {
    let (folder, store) = store();
    let finish = || {
        let mut recorder = begin(&store);
        recorder.append_all(&events()).unwrap();
        recorder.append(&succeeded()).unwrap();
        recorder.finish().unwrap()
    };
    let first = finish();
    let run_id = first.header.run_id;
    let manifest = store.manifest_path(run_id);

    // Killed before the manifest got its name.
    fs::rename(&manifest, store.unfinished_manifest_path(run_id)).unwrap();
    let record = store.find("latest").unwrap();
    assert_eq!(
        (record.state(), record.manifest()),
        (RunState::Finished, None)
    );
    assert_eq!(
        record.document().unwrap().outcome(),
        Some(&Outcome::new(RunStatus::Succeeded))
    );
    let second = finish();
    assert_eq!(second.previous.as_deref(), Some(first.record_id.as_str()));
    assert!(manifest.is_file());
    assert!(store.verify().unwrap().is_intact());

    // A power failure took the new name; others have finished since.
    fs::rename(&manifest, store.unfinished_manifest_path(run_id)).unwrap();
    assert!(store.verify().unwrap().is_intact());
    assert!(manifest.is_file());

    // Killed before the chain knew of it: the run has ended, but has no record.
    let run_id = second.header.run_id;
    fs::rename(
        store.manifest_path(run_id),
        store.unfinished_manifest_path(run_id),
    )
    .unwrap();
    let chain = disk::read(&folder.path().join("chain")).unwrap().unwrap();
    let first_line = chain.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    disk::create(&folder.path().join("chain"), &chain[..first_line]).unwrap();
    let third = finish();
    assert_eq!(third.previous.as_deref(), Some(first.record_id.as_str()));
    let report = store.verify().unwrap();
    assert!(report.is_intact(), "{report:?}");
    assert_eq!((report.records, report.unfinished), (2, 1));
    let record = store.find(&run_id.to_string()).unwrap();
    assert_eq!(record.state(), RunState::Finished);
    assert_eq!(record.notebook().unwrap().cells.len(), 3);
}

#[test]
fn runs_that_finish_at_the_same_time_form_one_chain() {
    let (_folder, store) = store();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut recorder = begin(&store);
                    recorder.append_all(&events()).unwrap();
                    recorder.append(&succeeded()).unwrap();
                    recorder.finish().unwrap();
                }
            });
        }
    });
    let report = store.verify().unwrap();
    assert!(report.is_intact(), "{report:?}");
    // All runs have the same two large values.
    assert_eq!((report.records, report.blobs), (20, 2));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what a kernel would write")]
fn a_file_becomes_a_blob_if_it_is_named_by_its_bytes() {
    let (_folder, store) = store();
    let mut recorder = begin(&store);
    let incoming = recorder.incoming().unwrap();
    let bytes = b"rows".repeat(30_000);
    let (table, other) = (disk::sha256(&bytes), disk::sha256(b"other"));
    fs::write(incoming.join(&table), &bytes).unwrap();
    fs::write(incoming.join(&other), b"changed").unwrap();
    fs::write(incoming.join(".half"), b"ro").unwrap();

    assert_eq!(recorder.adopt(&table).unwrap(), Some(120_000));
    for nothing in [&other, &disk::sha256(b"absent"), "../journal", ".half"] {
        assert_eq!(recorder.adopt(nothing).unwrap(), None, "{nothing}");
    }
    assert_eq!(names(&incoming), [".half"]);
    // The same table again.
    fs::write(incoming.join(&table), &bytes).unwrap();
    assert_eq!(recorder.adopt(&table).unwrap(), Some(120_000));
    assert_eq!(names(&incoming), [".half"]);
    let run_id = recorder.run_id().to_string();
    let read = |name: &str| {
        let mut read = Vec::new();
        let mut file = store.find(&run_id).unwrap().open_blob(name)?;
        std::io::Read::read_to_end(&mut file, &mut read).unwrap();
        Ok::<_, RecordError>(read)
    };
    assert_eq!(read(&table).unwrap(), bytes, "while the run is on");

    recorder.append(&succeeded()).unwrap();
    let manifest = recorder.finish().unwrap();
    assert!(manifest.blobs.iter().any(|blob| blob.sha256 == table));
    assert!(!incoming.exists());
    assert_eq!(read(&table).unwrap(), bytes, "when it is over");
    assert!(store.verify().unwrap().is_intact());

    let mut next = begin(&store);
    let next_id = next.run_id().to_string();
    let stranger = store.find(&next_id).unwrap().open_blob(&table);
    assert!(stranger.is_err(), "it is another run's");
    next.hold(&table).unwrap();
    assert!(next.hold(&other).is_err());
    assert!(store.find(&next_id).unwrap().open_blob(&table).is_ok());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what a kernel would write")]
fn what_only_points_to_a_file_does_not_become_a_blob() {
    let (folder, store) = store();
    let mut recorder = begin(&store);
    let secret = folder.path().join("secret");
    fs::write(&secret, b"key").unwrap();
    let name = disk::sha256(b"key");
    let link = recorder.incoming().unwrap().join(&name);
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    assert_eq!(recorder.adopt(&name).unwrap(), None);
    assert!(secret.exists());
}
