//! Mail, by aiosmtpd and Python's email package.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nbpress_scheduler::notify::{
    Channel, Deliverer, DeliveryError, DeliverySettings, Notice, NoticeKind,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::peer::{Peer, deliverer, headers};
use crate::{PARAMETER_SECRET, failed, hostile, printed};

const SCRIPT: &str = "mail_server.py";
const PASSWORD: &str = "hunter2 +&%:@é";
/// As it stands in the address.
const ENCODED: &str = "hunter2%20+&%25%3A%40%C3%A9";

fn sender(smtp: String) -> Deliverer {
    deliverer(DeliverySettings {
        smtp: Some(smtp),
        mail_from: Some("nbpress <nbpress@example.org>".to_owned()),
        ..DeliverySettings::default()
    })
}

fn to(addresses: &[&str]) -> Channel {
    Channel::Email {
        to: addresses
            .iter()
            .map(|&address| address.to_owned())
            .collect(),
    }
}

fn header(mail: &Value, name: &str) -> String {
    let mut values = headers(mail, name);
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    values.remove(0)
}

async fn send(server: &Peer, notice: &Notice) {
    let sender = sender(format!("smtp://127.0.0.1:{}", server.port));
    sender
        .deliver(&to(&["ops@example.org"]), notice)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_failure_reads_well_in_plain_text_and_html() {
    let server = Peer::start(SCRIPT, &[]);
    send(&server, &failed()).await;
    let mail = server.only();
    assert_eq!(mail["from"], "nbpress@example.org");
    assert_eq!(mail["to"], serde_json::json!(["ops@example.org"]));
    assert_eq!(mail["defects"], serde_json::json!([]));
    assert_eq!(
        header(&mail, "Subject"),
        "failed: daily-report (cell 7: ZeroDivisionError)"
    );
    assert_eq!(header(&mail, "From"), "nbpress <nbpress@example.org>");
    assert_eq!(header(&mail, "Nbpress-Event"), "failed");
    assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
    assert_eq!(
        mail["types"],
        serde_json::json!(["multipart/alternative", "text/plain", "text/html"])
    );
    let plain = mail["plain"].as_str().unwrap().replace("\r\n", "\n");
    assert_eq!(
        plain,
        "daily-report failed.\n\
         \n    cell 7, line 3: total / count # <mean> & more\
         \n    ZeroDivisionError: division by zero, [secret token]\
         \n    an exception in cell 7\n\
         \nhttps://nb.example/base/runs/run_01\n\
         \nNotebook: etl/daily.ipynb\
         \nWorkspace: team\
         \nRun: run_01, attempt 2\
         \nFailure: user\
         \nLogical time: 2026-01-01 07:00:00 Europe/Berlin\
         \nStarted: 2026-01-01 07:00:01 Europe/Berlin\
         \nEnded: 2026-01-01 07:02:04 Europe/Berlin\
         \nTook: 2m 3s\
         \nParameters:\
         \n    region = \"west <&>\"\
         \n    days = 60\
         \n    token = \"[secret]\"\n\
         \nZeroDivisionError  Traceback\
         \nCell In[5], line 3\
         \nZeroDivisionError: division by zero\n"
    );
    let html = mail["html"].as_str().unwrap();
    for part in [
        "total / count # &lt;mean&gt; &amp; more",
        "<a href=\"https://nb.example/base/runs/run_01\">",
        "<td>team</td>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!mail["raw"].as_str().unwrap().contains(PARAMETER_SECRET));
}

#[tokio::test]
async fn hostile_texts_add_no_header_no_element_and_no_end() {
    let server = Peer::start(SCRIPT, &[]);
    send(&server, &failed()).await;
    send(&server, &hostile()).await;
    let [usual, mail] = server.received().try_into().unwrap();
    let names = |mail: &Value| {
        let headers = mail["headers"].as_array().unwrap().iter();
        headers.map(|pair| pair[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&mail), names(&usual));
    assert_eq!(mail["to"], serde_json::json!(["ops@example.org"]));
    assert_eq!(mail["defects"], serde_json::json!([]));
    let subject = header(&mail, "Subject");
    assert!(
        subject.starts_with("failed: x Bcc: victim@evil.example <script>"),
        "{subject}"
    );
    assert!(subject.contains("ü 日本 \u{fffd}"), "{subject}");
    let raw = mail["raw"].as_str().unwrap();
    assert!(raw.len() < 40_000, "{}", raw.len());
    assert!(raw.lines().all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
    let html = mail["html"].as_str().unwrap();
    for element in ["<script", "<img", "</pre>."] {
        assert!(!html.contains(element), "{element} in {html}");
    }
    assert!(
        html.contains("&lt;img src=x onerror=alert(1)&gt;&amp;amp;"),
        "{html}"
    );
    let link = html.split("href=\"").nth(1).unwrap();
    let link = link.split_once('"').unwrap().0;
    assert!(
        link.starts_with("https://nb.example/base/runs/..%2F..%2Fx%20Bcc"),
        "{link}"
    );
    let plain = mail["plain"].as_str().unwrap();
    assert!(
        plain.contains("ü 日本") && !plain.contains("\u{202e}"),
        "{plain}"
    );
}

#[tokio::test]
async fn mails_about_one_job_are_one_conversation_and_repeats_the_same_message() {
    let server = Peer::start(SCRIPT, &[]);
    let recovered = Notice {
        id: "ntc_0002".to_owned(),
        kind: NoticeKind::Recovered,
        failure: None,
        ..failed()
    };
    let other = Notice {
        job: "other".to_owned(),
        ..failed()
    };
    for notice in [&failed(), &failed(), &recovered, &other] {
        send(&server, notice).await;
    }
    let mails = server.received();
    let all = |name: &str| -> Vec<String> { mails.iter().map(|mail| header(mail, name)).collect() };
    let ids = all("Message-ID");
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    for name in ["References", "In-Reply-To", "List-Id"] {
        let values = all(name);
        assert_eq!(values[0], values[2], "{name}");
        assert_ne!(values[0], values[3], "{name}");
    }
    assert_eq!(header(&mails[2], "Subject"), "recovered: daily-report");
}

#[tokio::test]
async fn what_the_server_refuses_is_final_or_not() {
    let server = Peer::start(SCRIPT, &[]);
    let sender = sender(format!("smtp://127.0.0.1:{}", server.port));
    for (address, permanent, part) in [
        (
            "refused@example.org",
            true,
            "refused: 550 5.1.1 no such user",
        ),
        ("later@example.org", false, "refused: 451 4.7.1 try later"),
    ] {
        let error = sender
            .deliver(&to(&[address]), &failed())
            .await
            .unwrap_err();
        assert_eq!(error.is_permanent(), permanent, "{error}");
        assert!(error.to_string().ends_with(part), "{error}");
    }
    let both = to(&["ops@example.org", "refused@example.org"]);
    for (recipient, accepted) in both.recipients().iter().zip([true, false]) {
        let channel = both.only(recipient).unwrap();
        assert_eq!(sender.deliver(&channel, &failed()).await.is_ok(), accepted);
    }
    assert_eq!(server.only()["to"], serde_json::json!(["ops@example.org"]));
}

#[tokio::test]
async fn the_login_reaches_the_server_and_no_text() {
    let server = Peer::start(SCRIPT, &["--login", "me", PASSWORD]);
    let at = |login: &str| sender(format!("smtp://{login}@127.0.0.1:{}", server.port));
    let channel = to(&["ops@example.org"]);
    at(&format!("me:{ENCODED}"))
        .deliver(&channel, &failed())
        .await
        .unwrap();
    let mail = server.only();
    assert_eq!(mail["login"], true);
    assert!(!mail["raw"].as_str().unwrap().contains("hunter2"));

    let wrong = at(&format!("you:{ENCODED}"));
    let error = wrong.deliver(&channel, &failed()).await.unwrap_err();
    let text = printed(&error);
    assert!(
        text.contains("535 5.7.8 wrong password [secret password]"),
        "{text}"
    );
    assert!(
        !text.contains("hunter2") && !format!("{wrong:?}").contains("hunter2"),
        "{text}"
    );
    assert!(!error.is_permanent(), "whoever runs this repairs it");
}

#[tokio::test]
async fn a_server_that_is_absent_or_silent_is_tried_again() {
    let channel = to(&["mute@example.org"]);
    let nobody = Deliverer::new(DeliverySettings::default()).unwrap();
    let error = nobody.deliver(&channel, &failed()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::NoMailServer));
    assert!(!error.is_permanent());

    let server = Peer::start(SCRIPT, &[]);
    let slow = deliverer(DeliverySettings {
        smtp: Some(format!("smtp://127.0.0.1:{}", server.port)),
        mail_from: Some("nbpress@example.org".to_owned()),
        mail_timeout: Duration::from_millis(500),
        ..DeliverySettings::default()
    });
    let error = slow.deliver(&channel, &failed()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::TimedOut { .. }), "{error:?}");

    let port = server.port;
    drop(server);
    let gone = sender(format!("smtp://127.0.0.1:{port}"));
    let error = gone.deliver(&channel, &failed()).await.unwrap_err();
    assert!(printed(&error).contains("Connection refused"), "{error:?}");
    assert!(!error.is_permanent());
}

/// A certificate for 127.0.0.1 that nobody else trusts, and its key.
#[expect(clippy::disallowed_methods, reason = "a tool that makes certificates")]
fn certificate(folder: &Path) -> [String; 2] {
    let files = ["cert.pem", "key.pem"].map(|name| folder.join(name).display().to_string());
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
                 -addext basicConstraints=critical,CA:FALSE";
    let made = Command::new("openssl")
        .args(words.split_whitespace())
        .args(["-out", &files[0], "-keyout", &files[1]])
        .output()
        .expect("the program `openssl` is needed");
    assert!(made.status.success(), "{made:?}");
    files
}

const STARTTLS: &str =
    "mail::starttls_is_used_when_the_certificate_is_trusted_and_nothing_sent_when_not";
const PORT: &str = "NBPRESS_TEST_MAIL_PORT";

async fn send_encrypted(port: u16) -> Result<(), DeliveryError> {
    let url = format!("smtp://me:{ENCODED}@127.0.0.1:{port}?tls=required");
    let channel = to(&["ops@example.org"]);
    sender(url).deliver(&channel, &failed()).await
}

/// Which certificates are trusted is read from the environment of a process: the trusting half of this
/// test is a process of its own.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test starts itself")]
async fn starttls_is_used_when_the_certificate_is_trusted_and_nothing_sent_when_not() {
    if let Ok(port) = std::env::var(PORT) {
        return send_encrypted(port.parse().unwrap()).await.unwrap();
    }
    let folder = TempDir::new().unwrap();
    let [certificate, key] = certificate(folder.path());
    let login = ["--login", "me", PASSWORD, "--tls", &certificate, &key];
    let server = Peer::start(SCRIPT, &login);

    let error = send_encrypted(server.port).await.unwrap_err();
    assert!(printed(&error).contains("certificate"), "{error:?}");
    assert!(server.received().is_empty());

    let trusting = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", STARTTLS])
        .env(PORT, server.port.to_string())
        .env("SSL_CERT_FILE", &certificate)
        .output()
        .unwrap();
    assert!(trusting.status.success(), "{trusting:?}");
    let mail = server.only();
    assert_eq!(
        (&mail["encrypted"], &mail["login"]),
        (&true.into(), &true.into())
    );
}

#[tokio::test]
async fn required_encryption_is_not_done_without() {
    let server = Peer::start(SCRIPT, &[]);
    let error = send_encrypted(server.port).await.unwrap_err();
    assert!(
        printed(&error).contains("STARTTLS is not supported"),
        "{error:?}"
    );
    assert!(server.received().is_empty());
}
