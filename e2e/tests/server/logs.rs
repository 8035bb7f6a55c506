//! What the log of a server has: what an operator needs, nothing that is secret, one line for each event.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use e2e::live::{Stage, poll};
use serde_json::Value;

use crate::Served;

const TOKEN: &str = "SECRETtoken0123456789abcdefghij";
const SMTP: &str = "SECRETsmtp";
const CLIENT: &str = "SECRETclient";
const PARAMETER: &str = "SECRETparameter";
const OTHERS: [&str; 4] = ["SECRETwrong", "SECRETcookie", "SECREThook", "SECRETbody"];

impl Served {
    /// Sends these bytes and reads the status; what `$` stands for is the server's address.
    pub(crate) fn send(&self, head: &str, body: &str) -> u16 {
        let file = std::fs::read(self.stage.home.join("server.json")).unwrap();
        let said: Value = serde_json::from_slice(&file).unwrap();
        let host = said["url"]
            .as_str()
            .unwrap()
            .strip_prefix("http://")
            .unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let mut request = format!("{head}\r\nhost: {host}\r\nconnection: close\r\n");
        write!(request, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        answer
            .split(' ')
            .nth(1)
            .map_or(0, |status| status.parse().unwrap())
    }

    fn events(&self) -> Vec<Value> {
        let log = self.log();
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        log.lines().map(parse).collect()
    }
}

fn logging(level: &str) -> Served {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path("books")).unwrap();
    let settings = format!(
        "[serve]\ntoken = '{TOKEN}'\nsmtp = 'smtp://me:{SMTP}@127.0.0.1:1'\nmail_from = 'a@b.example'\n\
         openid_client_secret = '{CLIENT}'\n\
         log_format = 'json'\nlog_level = '{level}'\n"
    );
    let file = stage.path("nbpress.toml");
    std::fs::write(&file, settings).unwrap();
    let books = stage.path("books");
    let options = [books.to_str().unwrap(), "--config", file.to_str().unwrap()];
    Served::on(stage, &options)
}

#[test]
fn no_secret_is_in_the_log_at_any_level() {
    let served = logging("trace");
    let notebook = served.stage.notebook("n.ipynb", "python3", &["print(api)"]);
    let secret = served.stage.write("secret", PARAMETER);
    let run = served.submit(&format!(
        "{} --secret api=file:{}",
        notebook.display(),
        secret.display()
    ));
    assert_eq!(served.wait(&run), "succeeded");
    let [wrong, cookie, hook, body] = OTHERS;
    for (head, body, expected) in [
        (
            format!("GET /?token={TOKEN} HTTP/1.1\r\naccept: text/html"),
            "",
            302,
        ),
        (
            format!("GET /?token={wrong} HTTP/1.1\r\naccept: text/html"),
            "",
            302,
        ),
        (
            format!("GET /v1/runs HTTP/1.1\r\nauthorization: Bearer {TOKEN}"),
            "",
            200,
        ),
        (
            format!("GET /v1/runs HTTP/1.1\r\nauthorization: Bearer {wrong}"),
            "",
            401,
        ),
        (
            format!("GET /v1/runs HTTP/1.1\r\ncookie: nbpress={cookie}"),
            "",
            401,
        ),
        (format!("POST /v1/hooks/{hook} HTTP/1.1"), "", 404),
        (
            format!("POST /v1/runs HTTP/1.1\r\nauthorization: Bearer {TOKEN}"),
            body,
            400,
        ),
        (
            "POST /login HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded".to_owned(),
            body,
            401,
        ),
    ] {
        assert_eq!(served.send(&head, body), expected, "{head}");
    }
    let answered = |event: &Value| event["message"] == "answered" && event["status"] == 400;
    assert!(poll(|| served.events().iter().any(answered).then_some(())).is_some());
    let log = served.log();
    for secret in [TOKEN, SMTP, PARAMETER, CLIENT].iter().chain(&OTHERS) {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    let of_run = |message: &str| {
        let events = served.events();
        events
            .iter()
            .any(|event| event["message"] == message && event["run"] == run.as_str())
    };
    for message in ["a run was claimed", "a run was started", "a run ended"] {
        assert!(of_run(message), "{message}:\n{log}");
    }
}

#[test]
fn nobody_writes_lines_into_the_log() {
    let served = logging("debug");
    let ansi = "\u{1b}[31mRED";
    for (head, expected) in [
        (
            format!("GET /v1/runs/a%0a%7b%22level%22:%22x%22%7d{ansi} HTTP/1.1"),
            400,
        ),
        ("GET /v1/runs/a%0aFAKE%1b[31m HTTP/1.1".to_owned(), 401),
        (format!("GET /v1/runs HTTP/1.1\r\nuser-agent: x{ansi}"), 400),
        (
            "GET /v1/runs HTTP/1.1\r\nuser-agent: FAKE\t{\"level\":1}".to_owned(),
            401,
        ),
        (
            "GET /v1/runs HTTP/1.1\r\nx-request-id: FAKE {\"a\":1}".to_owned(),
            401,
        ),
        (
            "FAKE /v1/runs HTTP/1.1\r\nx-request-id: mine-1".to_owned(),
            401,
        ),
    ] {
        let status = served.send(&head, "");
        assert!(
            status == expected || status == 403 || status == 405,
            "{status} {head}"
        );
    }
    let mine = |event: &Value| event["request"] == "mine-1" && event["method"] == "other";
    assert!(
        poll(|| served.events().iter().any(mine).then_some(())).is_some(),
        "{}",
        served.log()
    );
    let log = served.log();
    assert!(
        !log.contains("FAKE") && !log.contains('\u{1b}') && !log.contains("RED"),
        "{log}"
    );
}

/// By default a request is worth no line.
#[test]
fn a_log_is_quiet_about_what_is_well() {
    let served = logging("info");
    let head = format!("GET /v1/runs HTTP/1.1\r\nauthorization: Bearer {TOKEN}");
    assert_eq!(served.send(&head, ""), 200);
    let messages: Vec<Value> = served
        .events()
        .iter()
        .map(|event| event["message"].clone())
        .collect();
    assert_eq!(messages, ["serving"]);
}
