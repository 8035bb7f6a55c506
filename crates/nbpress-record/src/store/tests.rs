//! Finding, listing and removing runs.

use std::fs;

use super::*;
use crate::outcome::RunStatus;
use crate::sample::{self, started, stdout, succeeded};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// A finished run that printed this.
fn finish(store: &Store, text: &str) -> RunId {
    let mut recorder = store
        .begin(sample::header(), sample::notebook(&["a"]))
        .unwrap();
    recorder
        .append_all(&[started(1), stdout(1, text), succeeded()])
        .unwrap();
    recorder.finish().unwrap().header.run_id
}

/// A run whose runner vanished after this event.
fn vanish(store: &Store, last: &crate::Event) -> RunId {
    let mut recorder = store
        .begin(sample::header(), sample::notebook(&["a"]))
        .unwrap();
    recorder.append(last).unwrap();
    recorder.run_id()
}

#[test]
fn runs_are_found_by_name_by_its_beginning_and_as_the_latest() {
    let (_folder, store) = store();
    let runs: Vec<RunId> = (0..3).map(|_| finish(&store, "x")).collect();
    let name = runs[1].to_string();
    let without_prefix = &name["run_".len()..];
    let find = |wanted: &str| store.find(wanted).map(|record| record.run_id());
    for wanted in [
        &name,
        &name.to_uppercase().replace("RUN_", "run_"),
        without_prefix,
        &without_prefix[..25],
        &name[..29],
    ] {
        // All but the last digit are told apart by the time and the counter in the name.
        match find(wanted) {
            Ok(found) => assert_eq!(found, runs[1], "{wanted}"),
            Err(RecordError::Ambiguous { matches, .. }) => assert!(matches.contains(&runs[1])),
            Err(error) => panic!("{wanted}: {error}"),
        }
    }
    assert_eq!(find(&name).unwrap(), runs[1]);
    assert_eq!(find(without_prefix).unwrap(), runs[1]);
    assert_eq!(find("latest").unwrap(), runs[2]);
    for wanted in ["run_", "", "0"] {
        let Err(RecordError::Ambiguous { matches, .. }) = find(wanted) else {
            panic!("{wanted}")
        };
        assert_eq!(matches, [runs[2], runs[1], runs[0]]);
    }
    for wanted in ["run_zzz", "..", "../runs", &RunId::new().to_string()] {
        let error = find(wanted).unwrap_err();
        assert!(matches!(error, RecordError::NotFound { .. }), "{wanted}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn an_empty_store_has_no_latest_run() {
    let (_folder, store) = store();
    assert!(matches!(
        store.find("latest"),
        Err(RecordError::NotFound { .. })
    ));
    assert!(store.list().unwrap().is_empty());
    assert!(store.verify().unwrap().is_intact());
}

#[test]
fn a_list_shows_runs_in_every_state() {
    let (_folder, store) = store();
    let finished = finish(&store, "x");
    let cut_off = vanish(&store, &started(1));
    let unsealed = vanish(&store, &succeeded());
    let running = store
        .begin(sample::header(), sample::notebook(&["a"]))
        .unwrap();

    let list = store.list().unwrap();
    let seen: Vec<_> = list
        .iter()
        .map(|run| {
            (
                run.run_id,
                run.state,
                run.outcome.as_ref().map(|outcome| outcome.status),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (running.run_id(), RunState::Running, None),
            (unsealed, RunState::Finished, Some(RunStatus::Succeeded)),
            (cut_off, RunState::CutOff, Some(RunStatus::Failed)),
            (finished, RunState::Finished, Some(RunStatus::Succeeded)),
        ]
    );
    assert_eq!(list[2].finished_at, Some(sample::at(2)));
    assert_eq!(list[3].header.parameters, sample::header().parameters);
    assert!(list[3].record_id.is_some() && list[1].record_id.is_none());
}

#[test]
fn unfinished_business_is_not_listed() {
    let (folder, store) = store();
    for name in [".new-run_x", ".removed-run_x", "notes.txt", "run_short"] {
        fs::create_dir_all(folder.path().join("runs").join(name)).unwrap();
    }
    fs::create_dir_all(store.run_folder(RunId::new())).unwrap();
    assert!(store.list().unwrap().is_empty());
}

#[test]
fn removing_a_run_keeps_what_others_need() {
    let (folder, store) = store();
    let (shared, own) = ("s ".repeat(35_000), "o ".repeat(35_000));
    let runs = [
        finish(&store, &shared),
        finish(&store, &shared),
        finish(&store, &own),
    ];
    let blobs = |text: &str| store.get_blob(&disk::sha256(text.as_bytes()));
    store.remove(runs[0]).unwrap();
    assert_eq!(blobs(&shared).unwrap(), shared.as_bytes());
    store.remove(runs[2]).unwrap();
    assert!(blobs(&own).is_err());
    assert!(matches!(
        store.find(&runs[0].to_string()),
        Err(RecordError::NotFound { .. })
    ));
    assert!(matches!(
        store.remove(runs[0]),
        Err(RecordError::NotFound { .. })
    ));
    let report = store.verify().unwrap();
    assert!(report.is_intact(), "{report:?}");
    assert_eq!((report.records, report.blobs), (1, 1));
    assert_eq!(
        disk::names(&folder.path().join("runs")).unwrap(),
        [runs[1].to_string()]
    );
    // The next record still follows the removed one.
    finish(&store, "x");
    assert!(store.verify().unwrap().is_intact());
}

#[test]
fn a_run_that_is_on_is_not_removed() {
    let (_folder, store) = store();
    let recorder = store
        .begin(sample::header(), sample::notebook(&["a"]))
        .unwrap();
    let run_id = recorder.run_id();
    assert!(matches!(
        store.remove(run_id),
        Err(RecordError::StillRunning { .. })
    ));
    drop(recorder);
    store.remove(run_id).unwrap();
    assert!(store.list().unwrap().is_empty());
}

#[test]
fn blobs_are_kept_by_their_hash() {
    let (_folder, store) = store();
    for bytes in [vec![], b"one".to_vec(), vec![0xff; 100_000]] {
        let sha256 = store.put_blob(&bytes).unwrap();
        assert_eq!(store.put_blob(&bytes).unwrap(), sha256);
        assert_eq!(store.get_blob(&sha256).unwrap(), bytes);
    }
    for name in [
        "0".repeat(64),
        String::new(),
        "é".repeat(32),
        "../".repeat(21) + "x",
    ] {
        assert!(
            matches!(store.get_blob(&name), Err(RecordError::MissingBlob { .. })),
            "{name}"
        );
    }
}

#[test]
fn journals_and_manifests_of_another_version_are_refused() {
    let (_folder, store) = store();
    let run_id = finish(&store, "x");
    let manifest = store.manifest_path(run_id);
    let text = String::from_utf8(disk::read(&manifest).unwrap().unwrap()).unwrap();
    disk::create(
        &manifest,
        text.replacen("\"version\": 1", "\"version\": 2", 1)
            .as_bytes(),
    )
    .unwrap();
    let error = store.find("latest").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is written in format 2, which this version cannot read",
            manifest.display()
        )
    );
    fs::remove_file(&manifest).unwrap();
    disk::create(&store.journal_path(run_id), b"nbpress-journal 7\n").unwrap();
    assert!(matches!(
        store.find("latest"),
        Err(RecordError::UnknownVersion { .. })
    ));
    disk::create(&store.journal_path(run_id), b"PK").unwrap();
    assert!(matches!(
        store.find("latest"),
        Err(RecordError::NotAJournal { .. })
    ));
}
