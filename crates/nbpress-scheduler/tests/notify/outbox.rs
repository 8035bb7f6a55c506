//! From the outbox of a store to the wire: what a run's end makes a courier deliver.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use jiff::Timestamp;
use nbpress_format::notebook::Notebook;
use nbpress_record::{CellError, Event, Outcome, RunHeader, RunStatus, Source, Store as Records};
use nbpress_runs::job::NotifyRule;
use nbpress_runs::run::{AttemptEnd, Claim};
use nbpress_runs::store::{ClaimRequest, NewWorker, Outgoing, StoredChannel};
use nbpress_runs::{FailureClass, NewRun, NoticeKind, Store};
use nbpress_scheduler::courier::Courier;
use nbpress_scheduler::notify::DeliverySettings;
use nbpress_scheduler::worker::Complaint;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peer::{Peer, deliverer, headers};

const KEY: &str = "webhook-sesame";

/// A store in which a run has failed, whose end is told to these channels.
struct Failed {
    store: Store,
    run: String,
    courier: Courier,
    complaints: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl Failed {
    async fn run(channels: &[(&str, Value)], settings: DeliverySettings) -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}/nbpress.db", folder.path().display());
        let store = Store::open(&url).await.unwrap();
        let now = Timestamp::now();
        for (name, definition) in channels {
            let (name, definition) = ((*name).to_owned(), definition.clone());
            let channel = StoredChannel { name, definition };
            store
                .set_channel("team", &channel, "test", now)
                .await
                .unwrap();
        }
        let claim = claimed(&store, channels.iter().map(|(name, _)| *name)).await;
        let records = Records::open(&folder.path().join("records")).unwrap();
        record(&records, &claim);
        let end = AttemptEnd {
            record_sha256: Some("abc".to_owned()),
            ..AttemptEnd::failed(FailureClass::User, "exception", "an exception in cell 1")
        };
        store
            .finish(&claim.run, claim.attempt, &end, "worker:w", now)
            .await
            .unwrap();
        Self {
            courier: Courier::new(
                store.clone(),
                nbpress_scheduler::records::Records::open(records).unwrap(),
                deliverer(settings),
            ),
            store,
            run: claim.run,
            complaints: Arc::default(),
            _folder: folder,
        }
    }

    async fn deliver_due(&self) -> Vec<Outgoing> {
        let complaints = Arc::clone(&self.complaints);
        let complain: Complaint =
            Arc::new(move |text| complaints.lock().unwrap().push(text.to_owned()));
        self.courier.deliver_due(&complain).await.unwrap();
        self.store.notices_of(&self.run).await.unwrap()
    }
}

async fn claimed(store: &Store, channels: impl Iterator<Item = &str>) -> Claim {
    let now = Timestamp::now();
    let worker = NewWorker {
        id: "w".to_owned(),
        name: "w".to_owned(),
        host: "here".to_owned(),
        version: "0".to_owned(),
        slots: 1,
        cpus: 8.0,
        memory_bytes: 1 << 40,
    };
    store.register_worker(&worker, now).await.unwrap();
    let parameters = json!({"days": 60}).as_object().unwrap().clone();
    let mut run = NewRun::of_notebook("team", "5a", "daily.ipynb", parameters, "test");
    run.spec.notify = channels
        .map(|channel| NotifyRule {
            on: [NoticeKind::Failed].into(),
            channel: channel.to_owned(),
        })
        .collect();
    store.enqueue(&[run], "test", now).await.unwrap();
    let room = ClaimRequest {
        most: 1,
        cpus: 8.0,
        memory_bytes: 1 << 40,
    };
    store.claim("w", &room, now).await.unwrap().remove(0)
}

/// The record that a runner would have left.
fn record(records: &Records, claim: &Claim) {
    let at = Timestamp::now();
    let notebook = br#"{"cells": [{"cell_type": "code", "id": "a", "source": "rows = 1\nshare = rows / 0", "metadata": {},
        "outputs": [], "execution_count": null}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let header = RunHeader {
        run_id: claim.record.parse().unwrap(),
        nbpress_version: "0".to_owned(),
        command: "run".to_owned(),
        source: Source {
            path: "daily.ipynb".to_owned(),
            sha256: "5a".to_owned(),
        },
        output_path: None,
        parameters: IndexMap::default(),
        working_directory: None,
        platform: "test".to_owned(),
        git_commit: None,
        sweep: None,
        parent: None,
        tags: IndexMap::default(),
        started_at: at,
    };
    let outcome = Outcome {
        cell: Some(0),
        error: Some(CellError {
            ename: "ZeroDivisionError".to_owned(),
            evalue: "division by zero".to_owned(),
            traceback: vec!["Cell In[1], line 2".to_owned()],
        }),
        ..Outcome::new(RunStatus::Failed)
    };
    let notebook = Notebook::parse(notebook).unwrap();
    let mut recorder = records.begin(header, notebook).unwrap();
    for event in [
        Event::CellStarted { cell: 0, at },
        Event::ExecuteInput {
            cell: 0,
            execution_count: 1,
            at,
        },
        Event::RunFinished { outcome, at },
    ] {
        recorder.append(&event).unwrap();
    }
    recorder.finish().unwrap();
}

#[tokio::test]
async fn a_failed_run_is_told_by_mail_and_hook_once_each() {
    let mails = Peer::start("mail_server.py", &[]);
    let hooks = Peer::start("hook_receiver.py", &[KEY]);
    let settings = DeliverySettings {
        smtp: Some(format!("smtp://127.0.0.1:{}", mails.port)),
        mail_from: Some("nbpress@example.org".to_owned()),
        environment: [("NBPRESS_SECRET_KEY".to_owned(), KEY.to_owned())].into(),
        ..DeliverySettings::default()
    };
    let hook = format!("http://127.0.0.1:{}/ok", hooks.port);
    let channels = [
        ("ops", json!({"kind": "email", "to": ["ops@example.org"]})),
        (
            "hook",
            json!({"kind": "webhook", "url": hook, "secret": "env:NBPRESS_SECRET_KEY"}),
        ),
    ];
    let failed = Failed::run(&channels, settings).await;
    for _ in 0..2 {
        let notices = failed.deliver_due().await;
        let states: Vec<&str> = notices.iter().map(|notice| notice.state.as_str()).collect();
        assert_eq!(states, ["sent", "sent"], "{notices:?}");
    }

    let (mail, received) = (mails.only(), hooks.only());
    assert_eq!(
        headers(&mail, "Subject"),
        ["failed: daily.ipynb (cell 1: ZeroDivisionError)"]
    );
    assert_eq!(received["verified"], true);
    let body: Value = serde_json::from_str(received["body"].as_str().unwrap()).unwrap();
    let cell = &body["failure"]["cell"];
    assert_eq!(cell["evalue"], "division by zero");
    assert_eq!(cell["line"], 2, "the line the record's traceback names");
    assert_eq!(cell["source_line"], "share = rows / 0");
    assert_eq!(body["parameters"], json!({"days": 60}));
    assert_eq!(
        body["link"],
        format!("https://nb.example/base/runs/{}", failed.run)
    );
    let notices = failed.store.notices_of(&failed.run).await.unwrap();
    let hooked = notices
        .iter()
        .find(|notice| notice.channel == "hook")
        .unwrap();
    assert_eq!(headers(&received, "Nbpress-Delivery"), [hooked.id.as_str()]);
    assert!(failed.complaints.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_fails_waits_or_is_given_up_and_says_why_without_a_secret() {
    let hooks = Peer::start("hook_receiver.py", &[KEY]);
    let hook = |path: &str| {
        let url = format!("http://127.0.0.1:{}{path}?token=url-sesame", hooks.port);
        json!({"kind": "webhook", "url": url})
    };
    let channels = [("away", hook("/status/503")), ("gone", hook("/status/410"))];
    let failed = Failed::run(&channels, DeliverySettings::default()).await;
    // What waits is not due at once.
    for _ in 0..2 {
        let notices = failed.deliver_due().await;
        for (channel, state, status) in [("away", "pending", "503"), ("gone", "dead", "410")] {
            let found = notices.iter().find(|notice| notice.channel == channel);
            let notice = found.unwrap();
            assert_eq!(
                (notice.state.as_str(), notice.tries),
                (state, 1),
                "{channel}"
            );
            let why = notice.last_error.as_deref().unwrap();
            assert!(why.ends_with(&format!("answered {status}")), "{why}");
            assert!(!why.contains("sesame"), "{why}");
        }
    }
    assert_eq!(hooks.received().len(), 2);
    let complaints = failed.complaints.lock().unwrap();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(!complaints[0].contains("sesame"), "{complaints:?}");
}

#[tokio::test]
async fn one_refused_address_keeps_nobody_else_from_being_told() {
    let mails = Peer::start("mail_server.py", &[]);
    let settings = DeliverySettings {
        smtp: Some(format!("smtp://127.0.0.1:{}", mails.port)),
        mail_from: Some("nbpress@example.org".to_owned()),
        ..DeliverySettings::default()
    };
    let to = ["ops@b.example", "refused@b.example", "later@b.example"];
    let failed = Failed::run(&[("ops", json!({"kind": "email", "to": to}))], settings).await;
    // Whoever has it does not get it again.
    for _ in 0..2 {
        let notices = failed.deliver_due().await;
        let mut found: Vec<(&str, &str, i64)> = notices
            .iter()
            .map(|notice| (notice.channel.as_str(), notice.state.as_str(), notice.tries))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("ops/later@b.example", "pending", 1),
                ("ops/ops@b.example", "sent", 1),
                ("ops/refused@b.example", "dead", 1),
            ]
        );
        assert_eq!(mails.only()["to"], json!(["ops@b.example"]));
    }
    let complaints = failed.complaints.lock().unwrap();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("no such user"), "{complaints:?}");
}

#[tokio::test]
async fn a_recipient_that_was_removed_meanwhile_is_not_told() {
    let to = |to: &[&str]| json!({"kind": "email", "to": to});
    // Without a mail server every try waits for the next.
    let channels = [("ops", to(&["a@b.example", "b@b.example"]))];
    let failed = Failed::run(&channels, DeliverySettings::default()).await;
    assert_eq!(failed.deliver_due().await.len(), 2);
    let (store, now) = (&failed.store, Timestamp::now());
    let channel = StoredChannel {
        name: "ops".to_owned(),
        definition: to(&["a@b.example"]),
    };
    store
        .set_channel("team", &channel, "test", now)
        .await
        .unwrap();
    for notice in store.notices_of(&failed.run).await.unwrap() {
        assert_eq!(notice.state, "pending", "{notice:?}");
        store
            .notice_failed(&notice.id, "", Some(now))
            .await
            .unwrap();
    }
    let notices = failed.deliver_due().await;
    for (recipient, state, why) in [
        ("a", "pending", "there is no mail server"),
        (
            "b",
            "dead",
            "`b@b.example` is not told by the channel `ops` any more",
        ),
    ] {
        let channel = format!("ops/{recipient}@b.example");
        let notice = notices.iter().find(|notice| notice.channel == channel);
        let notice = notice.unwrap();
        assert_eq!(notice.state, state, "{notice:?}");
        let error = notice.last_error.as_deref().unwrap();
        assert!(error.starts_with(why), "{error}");
    }
}

#[tokio::test]
async fn a_definition_that_cannot_be_read_says_so_and_a_missing_one_too() {
    let channels = [("pager", json!({"kind": "pager", "to": "me"}))];
    let failed = Failed::run(&channels, DeliverySettings::default()).await;
    let notices = failed.deliver_due().await;
    let why = notices[0].last_error.as_deref().unwrap();
    assert!(
        why.starts_with("the definition of the channel `pager` cannot be read: unknown variant"),
        "{why}"
    );
    assert_eq!(notices[0].state, "pending", "a newer server may know it");
    let (store, now) = (&failed.store, Timestamp::now());
    store
        .delete_channel("team", "pager", "test", now)
        .await
        .unwrap();
    store
        .notice_failed(&notices[0].id, "", Some(now))
        .await
        .unwrap();
    let notices = failed.deliver_due().await;
    assert_eq!(notices[0].state, "dead");
    let why = notices[0].last_error.as_deref().unwrap();
    assert_eq!(why, "there is no channel `pager`");
}

/// Twenty receivers that never answer, of which sixteen are asked at once, and one that does.
#[tokio::test]
async fn a_receiver_that_does_not_answer_holds_nobody_up() {
    let hooks = Peer::start("hook_receiver.py", &[KEY]);
    let hook = |path: &str| {
        let url = format!("http://127.0.0.1:{}{path}", hooks.port);
        json!({"kind": "webhook", "url": url})
    };
    let mute: Vec<String> = (0..20).map(|at| format!("mute{at}")).collect();
    let mut channels: Vec<(&str, Value)> = vec![("answers", hook("/ok"))];
    channels.extend(mute.iter().map(|name| (name.as_str(), hook("/mute"))));
    let settings = DeliverySettings {
        hook_timeout: Duration::from_millis(1500),
        ..DeliverySettings::default()
    };
    let failed = Failed::run(&channels, settings).await;
    let began = Instant::now();
    let notices = failed.deliver_due().await;
    let took = began.elapsed();
    for notice in &notices {
        let expected = if notice.channel == "answers" {
            "sent"
        } else {
            "pending"
        };
        assert_eq!(
            (notice.state.as_str(), notice.tries),
            (expected, 1),
            "{notice:?}"
        );
    }
    assert_eq!((notices.len(), hooks.received().len()), (21, 21));
    // One after the other would take twenty times as long as one.
    assert!(took < Duration::from_millis(1500) * 10, "{took:?}");
}
