//! Notices on the wire: a real mail server and a receiver of webhooks, read by Python's own libraries.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::assigning_clones,
    clippy::format_push_string,
    reason = "test code: a failure here is a failed test"
)]

mod hooks;
mod mail;
mod outbox;
mod peer;

use indexmap::IndexMap;
use nbpress_record::CellError;
use nbpress_scheduler::notify::{DeliveryError, FailingCell, Failure, Notice, NoticeKind};
use serde_json::json;

/// A value of a secret parameter that is nowhere in a message.
const PARAMETER_SECRET: &str = "parameter-sesame";

/// A run of `daily-report` that failed in its seventh cell, prepared for the outbox.
fn failed() -> Notice {
    let source = "total = 1\ncount = 0\ntotal / count  # <mean> & more\n";
    let error = CellError {
        ename: "ZeroDivisionError".to_owned(),
        evalue: format!("division by zero, {PARAMETER_SECRET}"),
        traceback: vec![
            "\u{1b}[0;31mZeroDivisionError\u{1b}[0m  Traceback".to_owned(),
            "Cell \u{1b}[0;32mIn[5], line 3\u{1b}[0m".to_owned(),
            "\u{1b}[0;31mZeroDivisionError\u{1b}[0m: division by zero".to_owned(),
        ],
    };
    let cell = FailingCell::raised(6, source, Some(5), &error);
    let parameters = [
        ("region", json!("west <&>")),
        ("days", json!(60)),
        ("token", json!(PARAMETER_SECRET)),
    ];
    let notice = Notice {
        id: "ntc_0001".to_owned(),
        kind: NoticeKind::Failed,
        workspace: "team".to_owned(),
        job: "daily-report".to_owned(),
        notebook: "etl/daily.ipynb".to_owned(),
        run_id: Some("run_01".to_owned()),
        attempt: Some(2),
        parameters: IndexMap::from(parameters.map(|(name, value)| (name.to_owned(), value))),
        logical_time: "2026-01-01T06:00:00Z".parse().ok(),
        time_zone: Some("Europe/Berlin".to_owned()),
        started_at: "2026-01-01T06:00:01Z".parse().ok(),
        ended_at: "2026-01-01T06:02:04Z".parse().ok(),
        deadline: None,
        failure: Some(Failure {
            cell: Some(cell),
            reason: Some("an exception in cell 7".to_owned()),
            ..Failure::of_class("user")
        }),
    };
    notice.prepared(&["token".to_owned()])
}

/// What an attacker might call things, as nothing prepared it.
fn hostile() -> Notice {
    let crlf = "x\r\nBcc: victim@evil.example\r\n\r\n<script>alert(1)</script> ü 日本 \u{202e}";
    let mut notice = failed();
    notice.id = "ntc_hostile".to_owned();
    for text in [&mut notice.job, &mut notice.workspace, &mut notice.notebook] {
        crlf.clone_into(text);
    }
    notice.run_id = Some(format!("../../{crlf}\"onclick=\"x"));
    notice.parameters.insert(crlf.to_owned(), json!(crlf));
    notice.failure = Some(Failure {
        class: crlf.to_owned(),
        code: Some(crlf.to_owned()),
        reason: Some(crlf.repeat(1000)),
        cell: Some(FailingCell {
            source_line: Some("<!channel> ``` </pre>".to_owned()),
            ename: Some(crlf.to_owned()),
            evalue: Some("<img src=x onerror=alert(1)>&amp;".to_owned()),
            traceback: Some(format!("``` </pre>.\r\n.\r\n{crlf}").repeat(1 << 14)),
            ..FailingCell::at(0)
        }),
    });
    notice
}

/// All that can be printed of an error.
fn printed(error: &DeliveryError) -> String {
    let mut text = format!("{error} {error:?} {:?}", error.hint());
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}
