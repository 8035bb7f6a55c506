//! The JSON form, which is read by others.

use super::*;
use crate::sample;
use crate::wire::Wire as _;

#[test]
fn every_event_is_read_back() {
    let mut events = vec![Event::RunStarted {
        header: sample::header(),
        notebook: sample::notebook(&["1", "a\nb"]),
    }];
    events.extend(sample::every_event());
    let mut kinds: Vec<&str> = events.iter().map(Event::kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 14);
    for event in events {
        let line = event.to_json().to_compact();
        assert!(!line.contains('\n'));
        assert!(
            line.starts_with(&format!(r#"{{"type":"{}","#, event.kind())),
            "{line}"
        );
        assert_eq!(
            Event::from_json(&Json::parse(line.as_bytes()).unwrap()).unwrap(),
            event,
            "{line}"
        );
    }
}

#[test]
fn the_json_form_is_fixed() {
    assert_eq!(
        sample::started(2).to_json().to_compact(),
        r#"{"type":"cell_started","cell":2,"at":"2026-11-22T05:31:20.804896Z"}"#
    );
    assert_eq!(
        sample::completed(2).to_json().to_compact(),
        concat!(
            r#"{"type":"cell_finished","cell":2,"status":"completed","execution_count":7,"#,
            r#""timing":{"busy_at":"2026-11-22T05:31:20.804896Z","input_at":"2026-11-22T05:31:20.804896Z","#,
            r#""reply_at":"2026-11-22T05:31:22.804896Z","idle_at":null},"error":null,"#,
            r#""at":"2026-11-22T05:31:22.804896Z"}"#
        )
    );
}

#[test]
fn keys_of_a_later_version_are_ignored_and_absent_ones_are_null() {
    let json = br#"{"type":"run_finished","mood":"good","outcome":{"status":"succeeded"},"at":"2026-11-22T05:31:18Z"}"#;
    let event = Event::from_json(&Json::parse(json).unwrap()).unwrap();
    let Event::RunFinished { outcome, .. } = event else {
        panic!("{event:?}")
    };
    assert_eq!(outcome, Outcome::new(crate::RunStatus::Succeeded));
}

#[test]
fn errors_name_the_place() {
    for (json, message) in [
        ("[]", "`event` is not an object"),
        ("{}", "`type` is not a text"),
        (
            r#"{"type":"teleported"}"#,
            "`teleported` is not a kind of event that this version knows",
        ),
        (
            r#"{"type":"cell_started","cell":2}"#,
            "`cell_started.at` is not a time such as `2026-11-22T05:31:18.804896Z`",
        ),
        (
            r#"{"type":"cell_started","cell":-2}"#,
            "`cell_started.cell` is not a whole number in range",
        ),
        (
            r#"{"type":"cell_finished","cell":2,"status":"completed","timing":{"idle_at":7}}"#,
            "`cell_finished.timing.idle_at` is not a time such as `2026-11-22T05:31:18.804896Z`",
        ),
        (
            r#"{"type":"notebook_metadata","path":["a",null],"value":1}"#,
            "`notebook_metadata.path.1` is not a text",
        ),
    ] {
        let error = Event::from_json(&Json::parse(json.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn words_are_read_back() {
    for level in [NoteLevel::Info, NoteLevel::Warning, NoteLevel::Error] {
        assert_eq!(NoteLevel::from_json(&level.to_json()), Ok(level));
    }
    assert!(NoteLevel::from_json(&"loud".into()).is_err());
}
