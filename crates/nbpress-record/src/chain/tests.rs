//! What a chain finds out, and what it survives.

use super::*;

fn id(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// A chain of this many finished records, with the last lines removed ones.
fn chain(folder: &Path, finished: usize, removed: usize) -> Vec<RunId> {
    let runs: Vec<RunId> = (0..finished).map(|_| RunId::new()).collect();
    for run in &runs {
        Chain::lock(folder)
            .unwrap()
            .append(
                LinkKind::Finished,
                *run,
                &disk::sha256(run.to_string().as_bytes()),
            )
            .unwrap();
    }
    let mut chain = Chain::lock(folder).unwrap();
    for run in runs.iter().take(removed) {
        chain.append(LinkKind::Removed, *run, &id('0')).unwrap();
    }
    runs
}

fn edit(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let path = folder.join("chain");
    let mut bytes = disk::read(&path).unwrap().unwrap();
    change(&mut bytes);
    disk::create(&path, &bytes).unwrap();
}

#[test]
fn a_chain_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let runs = chain(folder.path(), 3, 1);
    let read = read(folder.path()).unwrap();
    assert!(read.damaged_lines.is_empty());
    let said: Vec<_> = read
        .links
        .iter()
        .map(|link| (link.kind, link.run_id))
        .collect();
    let finished = |run: &RunId| (LinkKind::Finished, *run);
    let expected = [
        finished(&runs[0]),
        finished(&runs[1]),
        finished(&runs[2]),
        (LinkKind::Removed, runs[0]),
    ];
    assert_eq!(said, expected);
}

/// The end of a chain is found without reading all of it, however many removals it ends with.
#[test]
fn the_last_record_is_found_behind_removals() {
    for (finished, removed) in [(0, 0), (1, 0), (1, 1), (100, 0), (60, 60)] {
        let folder = tempfile::tempdir().unwrap();
        let runs = chain(folder.path(), finished, removed);
        let chain = Chain::lock(folder.path()).unwrap();
        let expected = runs
            .last()
            .map(|run| disk::sha256(run.to_string().as_bytes()));
        assert_eq!(chain.last_record(), expected.as_deref());
        assert_eq!(chain.last(), read(folder.path()).unwrap().links.last());
    }
}

#[test]
fn a_line_that_was_cut_short_is_removed_by_the_next_writer() {
    let whole = tempfile::tempdir().unwrap();
    chain(whole.path(), 2, 0);
    let bytes = disk::read(&whole.path().join("chain")).unwrap().unwrap();
    let first_line = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for cut in first_line..bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        disk::create(&folder.path().join("chain"), &bytes[..cut]).unwrap();
        assert_eq!(read(folder.path()).unwrap().links.len(), 1, "cut at {cut}");
        Chain::lock(folder.path())
            .unwrap()
            .append(LinkKind::Finished, RunId::new(), &id('1'))
            .unwrap();
        let read = read(folder.path()).unwrap();
        assert_eq!(
            (read.links.len(), read.damaged_lines),
            (2, vec![]),
            "cut at {cut}"
        );
    }
}

#[test]
fn every_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    chain(folder.path(), 2, 1);
    let bytes = disk::read(&folder.path().join("chain")).unwrap().unwrap();
    for place in 0..bytes.len() - 1 {
        edit(folder.path(), |changed| {
            changed.clone_from(&bytes);
            changed[place] ^= 1;
        });
        let read = read(folder.path()).unwrap();
        assert!(!read.damaged_lines.is_empty(), "byte {place}");
    }
}

#[test]
fn moved_and_missing_lines_are_found() {
    let folder = tempfile::tempdir().unwrap();
    chain(folder.path(), 4, 0);
    let bytes = disk::read(&folder.path().join("chain")).unwrap().unwrap();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    for (order, damaged) in [
        (vec![0, 1, 2, 3], vec![]),
        (vec![1, 2, 3], vec![1]),
        (vec![0, 2, 3], vec![2]),
        (vec![0, 2, 1, 3], vec![2, 3, 4]),
    ] {
        edit(folder.path(), |changed| {
            *changed = order
                .iter()
                .flat_map(|&line| lines[line].to_vec())
                .collect();
        });
        assert_eq!(
            read(folder.path()).unwrap().damaged_lines,
            damaged,
            "{order:?}"
        );
    }
}

/// A damaged chain must not keep runs from ending.
#[test]
fn a_damaged_line_is_still_followed_by_others() {
    let folder = tempfile::tempdir().unwrap();
    chain(folder.path(), 2, 0);
    edit(folder.path(), |bytes| {
        let last = bytes.len() - 2;
        bytes[last] = b'!';
    });
    Chain::lock(folder.path())
        .unwrap()
        .append(LinkKind::Finished, RunId::new(), &id('1'))
        .unwrap();
    let read = read(folder.path()).unwrap();
    assert_eq!((read.links.len(), read.damaged_lines), (2, vec![2]));
}
