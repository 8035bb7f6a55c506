//! Webhooks and Slack, by a receiver in Python.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nbpress_scheduler::notify::{
    Channel, DeliveryError, DeliverySettings, HookUrl, Notice, SecretRef, next_try,
};
use serde_json::{Value, json};

use crate::peer::{Peer, deliverer, headers, python};
use crate::{PARAMETER_SECRET, failed, hostile, printed};

const KEY: &str = "webhook-sesame";

fn receiver() -> Peer {
    Peer::start("hook_receiver.py", &[KEY])
}

fn settings(peer: &Peer) -> DeliverySettings {
    let url = format!("http://127.0.0.1:{}/ok?token=url-sesame", peer.port);
    let environment = [
        ("NBPRESS_SECRET_KEY", KEY),
        ("NBPRESS_SECRET_SLACK", url.as_str()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    DeliverySettings {
        environment: BTreeMap::from(environment),
        ..DeliverySettings::default()
    }
}

fn webhook(peer: &Peer, path: &str) -> Channel {
    Channel::Webhook {
        url: HookUrl::new(format!("http://127.0.0.1:{}{path}", peer.port)),
        secret: Some(SecretRef::parse("env:NBPRESS_SECRET_KEY").unwrap()),
    }
}

async fn deliver(peer: &Peer, path: &str, notice: &Notice) -> Result<(), DeliveryError> {
    let deliverer = deliverer(settings(peer));
    deliverer.deliver(&webhook(peer, path), notice).await
}

#[tokio::test]
async fn pythons_hmac_verifies_the_signature_over_the_bytes_that_came_in() {
    let peer = receiver();
    for (notice, id) in [(failed(), "ntc_0001"), (hostile(), "ntc_hostile")] {
        deliver(&peer, "/ok?x=1", &notice).await.unwrap();
        let received = peer.received().pop().unwrap();
        assert_eq!(received["verified"], true);
        assert_eq!(received["path"], "/ok?x=1");
        assert_eq!(headers(&received, "Nbpress-Delivery"), [id]);
        assert_eq!(headers(&received, "Nbpress-Event"), ["failed"]);
        assert_eq!(headers(&received, "Content-Type"), ["application/json"]);
        let sent: i64 = headers(&received, "Nbpress-Timestamp")[0].parse().unwrap();
        let age = jiff::Timestamp::now().as_second() - sent;
        assert!((0..60).contains(&age), "{age}");
        let body = received["body"].as_str().unwrap();
        assert!(body.len() < 20_000, "{}", body.len());
        assert!(
            !body.contains(KEY) && !body.contains(PARAMETER_SECRET),
            "{body}"
        );
    }
    assert_eq!(peer.received().len(), 2);
}

/// The block of code of a language in the page that explains this to receivers.
#[expect(clippy::disallowed_methods, reason = "the repository's own page")]
fn documented(language: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/notifications.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, from) = page.split_once(&format!("```{language}\n")).unwrap();
    from.split_once("```").unwrap().0.to_owned()
}

/// Whether the documented program accepts a body with the headers of a message.
#[expect(clippy::disallowed_methods, reason = "a receiver's programs")]
fn accepts(program: &str, received: &Value, body: &str) -> bool {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("body"), body).unwrap();
    let mut command = match program {
        "sh" => Command::new("sh"),
        _ => Command::new(python()),
    };
    let mut code = documented(program);
    if program == "python" {
        code.push_str(
            "import os, sys\n\
             names = {'Nbpress-Timestamp': 'timestamp', 'Nbpress-Signature': 'signature'}\n\
             headers = {name: os.environ[variable] for name, variable in names.items()}\n\
             secret, body = os.environ['secret'].encode(), open('body', 'rb').read()\n\
             sys.exit(0 if is_authentic(secret, headers, body) else 1)\n",
        );
    }
    let ended = command
        .args(["-c", &code])
        .current_dir(folder.path())
        .env("secret", KEY)
        .env("timestamp", &headers(received, "Nbpress-Timestamp")[0])
        .env("signature", &headers(received, "Nbpress-Signature")[0])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.is_empty(), "{program}: {said}");
    ended.status.success()
}

#[tokio::test]
async fn the_documented_programs_accept_what_is_sent_and_nothing_else() {
    let peer = receiver();
    deliver(&peer, "/ok", &failed()).await.unwrap();
    let received = peer.only();
    let body = received["body"].as_str().unwrap();
    for program in ["python", "sh"] {
        assert!(accepts(program, &received, body), "{program}");
        let changed = body.replace("days", "date");
        assert!(!accepts(program, &received, &changed), "{program}");
    }
}

#[tokio::test]
async fn the_body_is_the_notice_and_the_link() {
    let peer = receiver();
    deliver(&peer, "/ok", &failed()).await.unwrap();
    let received = peer.only();
    let body: Value = serde_json::from_str(received["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        body,
        json!({
            "id": "ntc_0001", "kind": "failed", "workspace": "team", "job": "daily-report",
            "notebook": "etl/daily.ipynb", "run_id": "run_01", "attempt": 2,
            "parameters": {"region": "west <&>", "days": 60, "token": "[secret]"},
            "logical_time": "2026-01-01T06:00:00Z", "time_zone": "Europe/Berlin",
            "started_at": "2026-01-01T06:00:01Z", "ended_at": "2026-01-01T06:02:04Z",
            "deadline": null,
            "failure": {
                "class": "user", "code": null, "reason": "an exception in cell 7",
                "cell": {
                    "index": 6, "line": 3, "source_line": "total / count # <mean> & more",
                    "ename": "ZeroDivisionError",
                    "evalue": "division by zero, [secret token]",
                    "traceback": "ZeroDivisionError  Traceback\nCell In[5], line 3\n\
                                  ZeroDivisionError: division by zero",
                },
            },
            "link": "https://nb.example/base/runs/run_01",
        })
    );
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed() {
    let peer = receiver();
    let Channel::Webhook { url, .. } = webhook(&peer, "/ok") else {
        unreachable!()
    };
    let channel = Channel::Webhook { url, secret: None };
    deliverer(settings(&peer))
        .deliver(&channel, &failed())
        .await
        .unwrap();
    assert!(headers(&peer.only(), "Nbpress-Signature").is_empty());
}

#[tokio::test]
async fn answers_are_final_or_not_and_neither_key_nor_path_is_repeated() {
    let peer = receiver();
    let token = "?token=url-sesame";
    let first = |error: &DeliveryError| next_try("ntc_0001", 1, error).map(|delay| delay.as_secs());
    for (path, status, wait) in [
        ("/status/400", "400", None),
        ("/status/401", "401", None),
        ("/status/404", "404", None),
        ("/status/410", "410", None),
        ("/status/408", "408", Some(8..=10)),
        ("/status/425", "425", Some(8..=10)),
        ("/status/500", "500", Some(8..=10)),
        ("/redirect", "307", Some(8..=10)),
        ("/endless", "500", Some(8..=10)),
        ("/later/429/120", "429", Some(120..=120)),
        ("/later/503/3", "503", Some(8..=10)),
        ("/later/404/3", "404", None),
        (
            "/word/403/action_prohibited",
            "403 `action_prohibited`",
            None,
        ),
    ] {
        let answer = deliver(&peer, &format!("{path}{token}"), &failed()).await;
        let error = answer.expect_err(path);
        let expected = format!("`http://127.0.0.1:{}` answered {status}", peer.port);
        assert_eq!(error.to_string(), expected);
        match (first(&error), wait) {
            (None, None) => assert!(error.is_permanent(), "{path}"),
            (Some(delay), Some(wait)) => assert!(wait.contains(&delay), "{path}: {delay}"),
            (found, expected) => panic!("{path}: {found:?}, not {expected:?}"),
        }
        let text = printed(&error);
        assert!(!text.contains("sesame") && !text.contains(path), "{text}");
    }
    assert_eq!(peer.received().len(), 13, "no redirect was followed");
}

#[tokio::test]
async fn a_receiver_that_is_absent_or_silent_is_tried_again() {
    let peer = receiver();
    let slow = deliverer(DeliverySettings {
        // Long enough for the receiver to have the request on a busy machine.
        hook_timeout: Duration::from_secs(2),
        ..settings(&peer)
    });
    let channel = webhook(&peer, "/mute?token=url-sesame");
    let silent = slow.deliver(&channel, &failed()).await.unwrap_err();
    assert!(
        matches!(silent, DeliveryError::TimedOut { .. }),
        "{silent:?}"
    );
    assert_eq!(peer.received().len(), 1, "it had the request");
    drop(peer);
    let absent = slow.deliver(&channel, &failed()).await.unwrap_err();
    assert!(
        printed(&absent).contains("Connection refused"),
        "{absent:?}"
    );
    for error in [silent, absent] {
        assert!(
            !error.is_permanent() && !printed(&error).contains("sesame"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_secret_that_is_missing_is_named_and_nothing_is_sent() {
    let peer = receiver();
    let bare = deliverer(DeliverySettings::default());
    let error = bare.deliver(&webhook(&peer, "/ok"), &failed()).await;
    let error = error.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`env:NBPRESS_SECRET_KEY` cannot be resolved"
    );
    assert!(!error.is_permanent() && error.hint().is_some());
    let wrong = Channel::Slack {
        url: HookUrl::new("env:NBPRESS_SECRET_KEY"),
    };
    let error = deliverer(settings(&peer)).deliver(&wrong, &failed()).await;
    let text = printed(&error.unwrap_err());
    assert!(
        text.contains("not a URL") && !text.contains("sesame"),
        "{text}"
    );
    assert!(peer.received().is_empty());
}

#[tokio::test]
async fn slack_gets_blocks_in_which_no_text_is_markup() {
    let peer = receiver();
    let deliverer = deliverer(settings(&peer));
    let channel = Channel::Slack {
        url: HookUrl::new("env:NBPRESS_SECRET_SLACK"),
    };
    for notice in [failed(), hostile()] {
        deliverer.deliver(&channel, &notice).await.unwrap();
    }
    let bodies: Vec<Value> = peer
        .received()
        .iter()
        .map(|received| serde_json::from_str(received["body"].as_str().unwrap()).unwrap())
        .collect();
    let text = |block: &Value| block["text"]["text"].as_str().unwrap().to_owned();
    let texts = |body: &Value| -> Vec<String> {
        body["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect()
    };
    assert_eq!(
        bodies[0]["text"],
        "failed: daily-report (cell 7: ZeroDivisionError)\n\
         cell 7, line 3: total / count # &lt;mean&gt; &amp; more\n\
         ZeroDivisionError: division by zero, [secret token]\n\
         an exception in cell 7\n\
         <https://nb.example/base/runs/run_01|Open the run>"
    );
    assert_eq!(texts(&bodies[0])[0], "*daily-report failed.*");
    assert_eq!(bodies[0].as_object().unwrap().len(), 2, "text and blocks");
    for text in texts(&bodies[1]) {
        assert!((1..=3000).contains(&text.chars().count()), "{text}");
        let marks = text.matches('<').count();
        assert!(
            marks == usize::from(text.ends_with("|Open the run>")),
            "{text}"
        );
    }
    let all = format!("{bodies:?}");
    assert!(
        !all.contains(PARAMETER_SECRET) && !all.contains("<!channel>"),
        "{all}"
    );
}
