//! Every kind of damage to every kind of file.

use std::fs;

use super::*;
use crate::sample::{self, started, stdout, succeeded};

fn finish(store: &Store, text: &str) -> RunId {
    let mut recorder = store
        .begin(sample::header(), sample::notebook(&["a"]))
        .unwrap();
    recorder
        .append_all(&[started(1), stdout(1, text), stdout(1, "end"), succeeded()])
        .unwrap();
    recorder.finish().unwrap().header.run_id
}

/// A store with three finished runs, each with a blob, and one that was cut off.
fn store() -> (tempfile::TempDir, Store, Vec<RunId>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut runs: Vec<RunId> = ["a ", "b ", "c "]
        .iter()
        .map(|text| finish(&store, &text.repeat(35_000)))
        .collect();
    let mut cut_off = store
        .begin(sample::header(), sample::notebook(&["a"]))
        .unwrap();
    cut_off.append(&stdout(1, &"d ".repeat(35_000))).unwrap();
    runs.push(cut_off.run_id());
    (folder, store, runs)
}

fn damages(store: &Store) -> Vec<(String, Damage)> {
    let report = store.verify().unwrap();
    let mut damages: Vec<(String, Damage)> = report
        .problems
        .into_iter()
        .map(|problem| (problem.path.display().to_string(), problem.damage))
        .collect();
    damages.sort_by(|a, b| a.0.cmp(&b.0));
    damages
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for name in disk::names(folder).unwrap() {
        let path = folder.join(name);
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn an_untouched_store_is_intact() {
    let (_folder, store, runs) = store();
    let report = store.verify().unwrap();
    assert!(
        report.is_intact() && report.notices.is_empty(),
        "{report:?}"
    );
    assert_eq!((report.records, report.unfinished, report.blobs), (3, 1, 3));
    assert!(report.bytes > 210_000);
    let last = store.manifest(runs[2]).unwrap().unwrap();
    assert_eq!(report.last_record, Some(last.record_id));
}

/// Of files with many bytes, every 61st; with a different bit each time.
#[test]
fn a_changed_byte_in_any_file_is_found() {
    let (folder, store, runs) = store();
    let mut checked = 0;
    for path in files(folder.path()) {
        let bytes = disk::read(&path).unwrap().unwrap();
        let cut_off = path.starts_with(store.run_folder(runs[3]));
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "reserve" || bytes.is_empty() {
            continue;
        }
        let step = if bytes.len() > 10_000 { 9_973 } else { 61 };
        for place in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            disk::create(&path, &changed).unwrap();
            let report = store.verify().unwrap();
            // What a journal without a manifest lost at its end is worth a notice only.
            if cut_off && name == "journal" {
                assert!(
                    !report.notices.is_empty() || !report.is_intact(),
                    "byte {place} of {name}"
                );
            } else {
                assert!(!report.is_intact(), "byte {place} of {}", path.display());
            }
            checked += 1;
        }
        disk::create(&path, &bytes).unwrap();
    }
    assert!(store.verify().unwrap().is_intact());
    assert!(checked > 100, "{checked}");
}

#[test]
fn a_missing_file_of_any_kind_is_found() {
    let (folder, store, runs) = store();
    for path in files(folder.path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if ["reserve", "chain.lock"].contains(&name) {
            continue;
        }
        let bytes = disk::read(&path).unwrap().unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!store.verify().unwrap().is_intact(), "{}", path.display());
        disk::create(&path, &bytes).unwrap();
    }
    assert_eq!(damages(&store), []);
    fs::remove_dir_all(store.run_folder(runs[1])).unwrap();
    assert_eq!(
        damages(&store),
        [(format!("runs/{}/manifest.json", runs[1]), Damage::Missing)]
    );
}

#[test]
fn what_was_added_to_a_file_is_found() {
    let (_folder, store, runs) = store();
    let journal = store.journal_path(runs[0]);
    let mut bytes = disk::read(&journal).unwrap().unwrap();
    bytes.push(b' ');
    disk::create(&journal, &bytes).unwrap();
    assert_eq!(
        damages(&store),
        [(format!("runs/{}/journal", runs[0]), Damage::Changed)]
    );
}

#[test]
fn records_that_changed_places_are_found() {
    let (_folder, store, runs) = store();
    let (one, two, spare) = (
        store.run_folder(runs[0]),
        store.run_folder(runs[1]),
        store.runs().join("spare"),
    );
    for (from, to) in [(&one, &spare), (&two, &one), (&spare, &two)] {
        fs::rename(from, to).unwrap();
    }
    let found: HashSet<PathBuf> = store
        .verify()
        .unwrap()
        .problems
        .into_iter()
        .map(|problem| problem.path)
        .collect();
    for run_id in &runs[..2] {
        assert!(found.contains(&PathBuf::from(format!("runs/{run_id}/manifest.json"))));
    }
}

#[test]
fn a_record_left_out_of_the_chain_is_found() {
    let (folder, store, runs) = store();
    let path = folder.path().join("chain");
    let chain = String::from_utf8(disk::read(&path).unwrap().unwrap()).unwrap();
    let lines: Vec<&str> = chain.split_inclusive('\n').collect();
    let manifest = |run: usize| format!("runs/{}/manifest.json", runs[run]);
    // The last line, and the last run's own word against it.
    disk::create(&path, lines[..2].concat().as_bytes()).unwrap();
    assert_eq!(damages(&store), [(manifest(2), Damage::NotInChain)]);
    // A line in the middle.
    disk::create(&path, [lines[0], lines[2]].concat().as_bytes()).unwrap();
    let found = damages(&store);
    assert!(
        found.contains(&("chain".to_owned(), Damage::ChangedLine(2))),
        "{found:?}"
    );
    assert!(
        found.contains(&(manifest(1), Damage::NotInChain)),
        "{found:?}"
    );
    // Two lines in the other order.
    disk::create(&path, [lines[1], lines[0], lines[2]].concat().as_bytes()).unwrap();
    assert!(!damages(&store).is_empty());
}

#[test]
fn a_chain_written_anew_does_not_hide_that_a_record_was_left_out() {
    let (folder, store, runs) = store();
    let records: Vec<String> = runs[..3]
        .iter()
        .map(|run| store.manifest(*run).unwrap().unwrap().record_id)
        .collect();
    fs::remove_file(folder.path().join("chain")).unwrap();
    fs::remove_dir_all(store.run_folder(runs[1])).unwrap();
    let mut chain = chain::Chain::lock(folder.path()).unwrap();
    for index in [0, 2] {
        chain
            .append(LinkKind::Finished, runs[index], &records[index])
            .unwrap();
    }
    drop(chain);
    assert_eq!(
        damages(&store),
        [(
            format!("runs/{}/manifest.json", runs[2]),
            Damage::OutOfOrder
        )]
    );
}

#[test]
fn a_torn_end_of_an_unfinished_run_is_a_notice() {
    let (_folder, store, runs) = store();
    let journal = store.journal_path(runs[3]);
    let bytes = disk::read(&journal).unwrap().unwrap();
    disk::create(&journal, &[bytes.as_slice(), b"torn"].concat()).unwrap();
    let report = store.verify().unwrap();
    assert!(report.is_intact());
    assert_eq!(report.notices.len(), 1);
    assert_eq!(
        report.notices[0].to_string(),
        format!(
            "`runs/{}/journal` ends with 4 bytes that are no whole event",
            runs[3]
        )
    );
}
