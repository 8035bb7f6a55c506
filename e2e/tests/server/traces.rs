//! What a collector hears of a request and of the run it asked for: one trace, and nothing that is secret.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use e2e::live::{Stage, poll};
use e2e::place;
use serde_json::Value;

use crate::Served;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";
const SECRETS: [&str; 3] = ["SECRETkey", "SECRETsource", "SECRETquery"];

/// A collector of another program.
struct Collector {
    process: Child,
    port: String,
    heard: std::path::PathBuf,
}

impl Collector {
    fn start(stage: &Stage, words: &[&str]) -> Self {
        let heard = stage.write("spans", "");
        let file = std::fs::File::options().append(true).open(&heard).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/collector.py");
        let mut command = Command::new(place::reference().join("services/bin/python"));
        command.arg(script).args(words).stdin(Stdio::null());
        let process = command.stdout(file).spawn().unwrap();
        let first = || {
            let lines = std::fs::read_to_string(&heard).unwrap();
            Some(lines.split_once('\n')?.0.to_owned())
        };
        let port = poll(first).unwrap();
        Self {
            process,
            port,
            heard,
        }
    }

    fn spans(&self) -> Vec<Value> {
        let lines = BufReader::new(std::fs::File::open(&self.heard).unwrap()).lines();
        let lines = lines.skip(1).map(Result::unwrap);
        // The last line may be on its way.
        lines
            .map_while(|line| serde_json::from_str(&line).ok())
            .collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A server that is told of its collector as others are, by a variable.
fn traced(words: &[&str], more: &[(&str, &str)]) -> (Served, Collector) {
    let stage = Stage::new();
    let collector = Collector::start(&stage, words);
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let mut variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=SECRETkey"),
        ("OTEL_SERVICE_NAME", "notebooks"),
    ];
    variables.extend(more);
    (Served::among(stage, &[], &variables), collector)
}

/// Submits a notebook with a request that is part of a trace, and answers with the run's id.
fn submit(served: &Served, flags: &str) -> String {
    let cells = [
        "import os",
        "print(os.environ['TRACEPARENT'], os.environ.get('OTEL_EXPORTER_OTLP_HEADERS'))",
        "raise ValueError('SECRETsource')",
    ];
    let notebook = served.stage.notebook("n.ipynb", "python3", &cells);
    let body = serde_json::json!({ "source": notebook }).to_string();
    let token = std::fs::read_to_string(served.stage.home.join("token")).unwrap();
    let head = format!(
        "POST /v1/runs?x=SECRETquery HTTP/1.1\r\nauthorization: Bearer {token}\r\n\
         traceparent: 00-{TRACE}-{CLIENT}-{flags}"
    );
    assert_eq!(served.send(&head, &body), 202);
    let newest = served.sql("select run_id from runs order by created_at desc limit 1");
    newest[0][0].as_str().unwrap().to_owned()
}

#[test]
fn a_request_and_its_run_are_one_trace_without_secrets() {
    let (mut served, collector) = traced(&["busy"], &[]);
    let run = submit(&served, "01");
    assert_eq!(served.wait(&run), "failed");
    let of_trace = || -> Vec<Value> {
        let all = collector.spans().into_iter();
        all.filter(|span| span["trace"] == TRACE).collect()
    };
    let shown = served.nbpress(&format!("logs {run}")).stdout.join("\n");
    // What is on its way when the server ends arrives all the same.
    served.stop();
    let spans = of_trace();
    let named =
        |name: &str| -> Vec<&Value> { spans.iter().filter(|span| span["name"] == name).collect() };
    let [request] = named("POST /v1/runs")[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(request["parent"], CLIENT);
    assert_eq!(request["kind"], 2);
    assert_eq!(request["attributes"]["http.response.status_code"], 202);
    let [whole] = named("run")[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(whole["parent"], request["id"]);
    assert_eq!(whole["attributes"]["nbpress.run"], run.as_str());
    assert_eq!(
        (&whole["failed"], &whole["why"]),
        (&true.into(), &"exception".into())
    );
    for name in ["prepare", "start kernel", "cell", "cell", "cell", "publish"] {
        let steps = named(name);
        assert!(!steps.is_empty(), "{name}");
        for step in steps {
            assert_eq!(step["parent"], whole["id"], "{step}");
            assert!(step["began"].as_u64() >= whole["began"].as_u64(), "{step}");
            assert!(
                step["nanoseconds"].as_u64() <= whole["nanoseconds"].as_u64(),
                "{step}"
            );
        }
    }
    let failed: Vec<bool> = named("cell")
        .iter()
        .map(|cell| cell["failed"] == true)
        .collect();
    assert_eq!(failed, [false, false, true]);
    for span in &spans {
        assert_eq!(span["path"], "/v1/traces");
        assert_eq!(span["type"], "application/x-protobuf");
        assert_eq!(span["key"], "SECRETkey");
        assert_eq!(span["service"], "notebooks");
    }
    let mut sent = spans.clone();
    for span in &mut sent {
        span.as_object_mut().unwrap().remove("key");
    }
    let sent = serde_json::to_string(&sent).unwrap();
    assert!(
        SECRETS.iter().all(|secret| !sent.contains(secret)),
        "{sent}"
    );
    // What the notebook calls can join, and has no key of the collector.
    let id = whole["id"].as_str().unwrap();
    assert!(
        shown.contains(&format!("00-{TRACE}-{id}-01 None")),
        "{shown}"
    );
    assert!(!served.log().contains("SECRETkey"));
}

#[test]
fn nothing_is_sent_of_what_the_caller_does_not_sample() {
    let (mut served, collector) = traced(&[], &[("OTEL_TRACES_SAMPLER", "always_off")]);
    let run = submit(&served, "00");
    assert_eq!(served.wait(&run), "failed");
    let again = submit(&served, "01");
    assert_eq!(served.wait(&again), "failed");
    served.stop();
    let spans = collector.spans();
    let runs: Vec<&Value> = spans
        .iter()
        .map(|span| &span["attributes"]["nbpress.run"])
        .collect();
    assert!(runs.contains(&&again.as_str().into()), "{spans:?}");
    assert!(!runs.contains(&&run.as_str().into()), "{spans:?}");
    assert!(spans.iter().all(|span| span["trace"] == TRACE), "{spans:?}");
}
