//! A run in a process that may not write files larger than 300 KiB: the nearest thing to a full disk
//! that needs no privileges. Not under the test harness, since the limit holds for a whole process.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking; without the harness it prints its own line"
)]

use std::path::Path;

use jiff::Timestamp;
use nbpress_format::json::Object;
use nbpress_format::notebook::Notebook;
use nbpress_format::output::Output;
use nbpress_record::{Event, RecordError, RunHeader, RunId, RunState, Source, Store};

/// `ulimit -f` counts blocks of 512 bytes; the signal that comes with the limit is ignored.
const LIMITED: &str = r#"trap "" XFSZ; ulimit -f 600; exec "$0" "$1""#;

fn main() {
    match std::env::args().nth(1) {
        Some(folder) if Path::new(&folder).is_dir() => {
            fill(&Store::open(Path::new(&folder)).unwrap());
        }
        _ => run_limited(),
    }
}

/// Runs this program again, and looks at what it left.
fn run_limited() {
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the limit must hold for another process only"
    )]
    let mut shell = std::process::Command::new("sh");
    let status = shell
        .args(["-c", LIMITED])
        .arg(program)
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");

    let store = Store::open(folder.path()).unwrap();
    let record = store.find("latest").unwrap();
    assert_eq!(record.state(), RunState::CutOff);
    let mut events = record.events().unwrap();
    let count = events.by_ref().map(Result::unwrap).count();
    assert_eq!(events.tail(), nbpress_record::Tail::Clean);
    let text = record.notebook().unwrap().cells[0].outputs()[0].clone();
    assert_eq!(
        text,
        Output::stream("stdout", "0123456789".repeat(500).repeat(count - 1))
    );
    println!("test a_full_disk_ends_the_journal_with_a_whole_event ... ok");
}

/// Writes until no room is left; nothing of the event that did not fit may remain.
fn fill(store: &Store) {
    let notebook = br#"{"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let mut recorder = store
        .begin(header(), Notebook::parse(notebook).unwrap())
        .unwrap();
    let journal = recorder.folder().join("journal");
    let length = || std::fs::metadata(&journal).unwrap().len();
    let event = Event::Output {
        cell: 0,
        output: Output::stream("stdout", "0123456789".repeat(500)),
        display_id: None,
        at: Timestamp::UNIX_EPOCH,
    };
    let mut written = length();
    let mut failures = 0;
    while failures < 3 {
        match recorder.append(&event) {
            Ok(()) => written = length(),
            Err(RecordError::DiskFull { path, .. }) => {
                assert_eq!(path, journal);
                assert_eq!(length(), written, "what did not fit is removed");
                failures += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(written > 250_000, "{written}");
    let blob = Event::Note {
        level: nbpress_record::NoteLevel::Info,
        text: "too large for one file ".repeat(20_000),
        at: Timestamp::UNIX_EPOCH,
    };
    assert!(recorder.append(&blob).unwrap_err().is_disk_full());
    assert!(recorder.document().notes().is_empty());
}

fn header() -> RunHeader {
    RunHeader {
        run_id: RunId::new(),
        nbpress_version: "0.1.0".to_owned(),
        command: "run".to_owned(),
        source: Source {
            path: "in.ipynb".to_owned(),
            sha256: String::new(),
        },
        output_path: None,
        parameters: Object::new(),
        working_directory: None,
        platform: String::new(),
        git_commit: None,
        sweep: None,
        parent: None,
        tags: Object::new(),
        started_at: Timestamp::UNIX_EPOCH,
    }
}
