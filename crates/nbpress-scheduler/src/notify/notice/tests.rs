//! What a notice keeps, hides and shortens.

use serde_json::json;

use super::*;

fn error(evalue: &str, traceback: &[&str]) -> CellError {
    CellError {
        ename: "ValueError".to_owned(),
        evalue: evalue.to_owned(),
        traceback: traceback.iter().map(|&frame| frame.to_owned()).collect(),
    }
}

fn notice(parameters: &[(&str, Value)], cell: FailingCell) -> Notice {
    let parameters = parameters.iter();
    Notice {
        id: "ntc_1".to_owned(),
        kind: NoticeKind::Failed,
        workspace: "team".to_owned(),
        job: "daily".to_owned(),
        notebook: "a.ipynb".to_owned(),
        run_id: None,
        attempt: None,
        parameters: parameters
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        logical_time: None,
        time_zone: None,
        started_at: None,
        ended_at: None,
        deadline: None,
        failure: Some(Failure {
            cell: Some(cell),
            ..Failure::of_class("user")
        }),
    }
}

#[test]
fn the_line_is_the_one_the_traceback_names_last_for_this_cell() {
    let source = "def f():\n    return 1 / 0\nf()\n";
    for (count, frames, expected) in [
        (
            Some(4),
            &[
                "Cell \u{1b}[0;32mIn[4], line 3",
                "Cell In[4], line 2, in f()",
            ][..],
            Some((2, "return 1 / 0")),
        ),
        (
            Some(4),
            &["Cell In[4], line 3", "Cell In[1], line 9, in g()"],
            Some((3, "f()")),
        ),
        (Some(4), &["Cell In[4], line 99"], None),
        (Some(4), &["Cell In[4], line 0"], None),
        (Some(4), &["Error in f(): no"], None),
        (None, &["Cell In[4], line 3"], None),
    ] {
        let cell = FailingCell::raised(6, source, count, &error("no", frames));
        let found = cell.line.zip(cell.source_line.as_deref());
        assert_eq!(found, expected, "{frames:?}");
    }
}

#[test]
fn masked_parameters_are_nowhere_in_the_notice() {
    let secrets = [
        ("token", json!("sesame-open")),
        ("pin", json!(987_654)),
        ("keys", json!({"a": ["inner-secret"], "b": null})),
        ("short", json!("ab")),
    ];
    let shown = [
        ("url", json!({"u": ["https://h/?t=sesame-open"]})),
        ("table", json!("cabs")),
        ("copy", json!(987_654)),
    ];
    let evalue = "bad sesame-open, 987654, c2VzYW1lLW9wZW4=, inner-secret";
    let cell = FailingCell::raised(0, "x", None, &error(evalue, &["sesame-open"]));
    let mut before = notice(&[&secrets[..], &shown[..]].concat(), cell);
    before.failure.as_mut().unwrap().reason = Some("inner-secret".to_owned());
    let names = secrets.map(|(name, _)| name.to_owned());

    let after = before.prepared(&names);

    let text = serde_json::to_string(&after).unwrap();
    for secret in ["sesame", "987654", "c2VzYW1l", "inner-secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for name in &names {
        assert_eq!(after.parameters[name], json!("[secret]"));
    }
    assert_eq!(after.parameters["table"], json!("cabs"), "found by chance");
}

#[test]
fn a_secret_where_a_text_is_cut_leaves_no_half() {
    let evalue = format!("{}sesame-open-sesame", "x".repeat(LONGEST_SENTENCE - 8));
    let cell = FailingCell::raised(0, "x", None, &error(&evalue, &[]));
    let after = notice(&[("token", json!("sesame-open-sesame"))], cell);
    let text = format!("{:?}", after.prepared(&["token".to_owned()]));
    assert!(text.contains("xx[secr") && !text.contains("sesa"), "{text}");
}

#[test]
fn everything_is_bounded_and_stays_as_it_is_when_prepared_again() {
    let huge = "\u{1b}[31mé\u{1b}[0m <b> ".repeat(100_000);
    let frames = vec![huge.as_str(); 3];
    let cell = FailingCell::raised(0, &huge, Some(1), &error(&huge, &frames));
    let mut before = notice(&[("long", json!(huge)), ("list", json!([huge]))], cell);
    for text in [&mut before.job, &mut before.workspace, &mut before.notebook] {
        text.clone_from(&huge);
    }
    for number in 0..1000 {
        before
            .parameters
            .insert(format!("p{number}"), json!(number));
    }

    let after = before.prepared(&[]);

    let text = serde_json::to_string(&after).unwrap();
    assert!(text.len() < 12_000, "{}", text.len());
    assert!(!text.contains("\\u001b"), "{text}");
    assert_eq!(after.parameters.len(), MOST_PARAMETERS);
    assert_eq!(after.clone().prepared(&[]), after);
    let back: Notice = serde_json::from_str(&text).unwrap();
    assert_eq!(back, after);
}

#[test]
fn fields_that_an_older_version_did_not_write_are_absent() {
    let old = json!({"id": "1", "kind": "late", "workspace": "w", "job": "j", "notebook": "n"});
    let notice: Notice = serde_json::from_value(old).unwrap();
    assert_eq!((notice.kind, notice.failure), (NoticeKind::Late, None));
}
