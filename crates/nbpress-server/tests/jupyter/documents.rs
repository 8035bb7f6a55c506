//! Outputs reach the notebook whoever is there: with real hosts, and kernels that wait for a word in a FIFO.

use std::io::Write as _;
use std::path::Path;

use super::*;

/// A served folder with a kernel in it, and a FIFO that cells can read.
pub(crate) struct Desk {
    pub(crate) site: Site,
}

impl Desk {
    pub(crate) async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let kernel = home.path().join("jupyter/kernels/testkernel");
        std::fs::create_dir_all(&kernel).unwrap();
        std::fs::create_dir(home.path().join("root")).unwrap();
        let spec = serde_json::json!({
            "argv": [testkernel().expect("NBPRESS_BIN is set"), "{connection_file}"], "display_name": "Test", "language": "testlang",
            "interrupt_mode": "message",
        });
        std::fs::write(kernel.join("kernel.json"), spec.to_string()).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let kind = rustix::fs::FileType::Fifo;
        let fifo = home.path().join("word");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, mode, 0).unwrap();
        let site = Site::start_in(Arc::new(home), Setup::default()).await;
        Self { site }
    }

    /// The server is gone at once, and another one comes.
    pub(crate) async fn restart(self) -> Self {
        let home = Arc::clone(&self.site.home);
        drop(self);
        Self {
            site: Site::start_in(home, Setup::default()).await,
        }
    }

    pub(crate) fn word(&self) -> std::path::PathBuf {
        self.site.home.path().join("word")
    }

    /// Lets the cell that reads the FIFO go on.
    pub(crate) async fn say(&self, word: &'static str) {
        let fifo = self.word();
        let said = tokio::task::spawn_blocking(move || {
            let mut fifo = std::fs::File::options().write(true).open(fifo).unwrap();
            fifo.write_all(word.as_bytes()).unwrap();
        });
        tokio::time::timeout(PATIENCE, said).await.unwrap().unwrap();
    }

    fn write(&self, name: &str, cells: &[(&str, &str)]) {
        let cells: Vec<Value> = cells
            .iter()
            .map(|(id, source)| {
                let old = serde_json::json!({"output_type": "stream", "name": "stdout", "text": "old\n"});
                serde_json::json!({"cell_type": "code", "id": id, "metadata": {}, "execution_count": 9,
                    "outputs": [old], "source": source.replace("FIFO", &self.word().to_string_lossy())})
            })
            .collect();
        let notebook = serde_json::json!({"cells": cells, "nbformat": 4, "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "testkernel", "display_name": "Test"}}});
        std::fs::write(self.site.root().join(name), notebook.to_string()).unwrap();
    }

    /// What the cells of a notebook show, once that is as `wanted`.
    async fn shows(&self, name: &str, wanted: &[&str]) {
        let path = self.site.root().join(name);
        let mut shown = Vec::new();
        let seen = tokio::time::timeout(PATIENCE, async {
            while shown != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
                shown = outputs(&path);
            }
        });
        let seen = seen.await.is_ok();
        assert!(seen, "{name} shows {shown:?}, not {wanted:?}");
    }

    /// The cells that run or wait, once they are those.
    async fn runs(&self, wanted: &[&str]) {
        let mut cells = Value::Null;
        let seen = tokio::time::timeout(PATIENCE, async {
            while cells != serde_json::json!(wanted) {
                tokio::time::sleep(Duration::from_millis(20)).await;
                cells = self.site.get("/v1/kernels").await.json()[0]["cells"].clone();
            }
        });
        let seen = seen.await.is_ok();
        assert!(seen, "{cells} run, not {wanted:?}");
    }

    /// What a cell of `doc.ipynb` asks, once it does.
    async fn question(&self) -> Value {
        let asked = async {
            loop {
                let asked = self
                    .site
                    .get(&format!("{INPUT}?path=doc.ipynb"))
                    .await
                    .json();
                if !asked["question"].is_null() {
                    return asked["question"].clone();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.unwrap()
    }

    pub(crate) async fn end(self) {
        let kernels = self.site.get("/api/kernels").await.json();
        for kernel in kernels.as_array().unwrap() {
            let path = format!("/api/kernels/{}", kernel["id"].as_str().unwrap());
            let ended = self.site.send(Method::DELETE, &path, &Value::Null).await;
            assert_eq!(ended.status, 204);
        }
    }
}

/// The kernel of tests, beside the program that `cargo xtask test` names; it is the host of kernels too.
pub(crate) fn testkernel() -> Option<PathBuf> {
    let program = std::env::var_os("NBPRESS_BIN")?;
    Some(Path::new(&program).with_file_name("testkernel"))
}

/// Texts and errors of each cell, joined.
fn outputs(path: &Path) -> Vec<String> {
    let notebook: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = |output: &Value| match &output["text"] {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => output["ename"].as_str().unwrap_or_default().to_owned(),
    };
    let cells = notebook["cells"].as_array().unwrap().iter();
    cells
        .map(|cell| {
            cell["outputs"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect()
        })
        .collect()
}

const INPUT: &str = "/v1/notebooks/input";
const DRAFT: &str = "/v1/notebooks/draft";

const CELLS: &[(&str, &str)] = &[
    ("one", "print a\nread FIFO\nprint c"),
    ("two", "raise Trouble it broke"),
    ("three", "print last"),
];

#[tokio::test]
async fn cells_run_without_a_client_and_a_killed_server_loses_no_output() {
    let desk = Desk::start().await;
    desk.write("doc.ipynb", CELLS);
    let asked = serde_json::json!({"path": "doc.ipynb"});
    let answer = desk
        .site
        .send(Method::POST, "/v1/notebooks/execute", &asked)
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let cells = answer.json()["cells"].as_array().unwrap().len();
    assert_eq!(cells, 3);
    desk.shows("doc.ipynb", &["a\n", "old\n", "old\n"]).await;
    desk.runs(&["one", "two", "three"]).await;
    let desk = desk.restart().await;
    desk.runs(&["one", "two", "three"]).await;
    desk.say("b\n").await;
    // This kernel goes on after an error.
    desk.shows("doc.ipynb", &["a\nb\nc\n", "Trouble", "last\n"])
        .await;
    desk.runs(&[]).await;
    // The same kernel, under the same document.
    let kernels = desk.site.get("/v1/kernels").await.json();
    assert_eq!(kernels.as_array().unwrap().len(), 1);
    assert_eq!(kernels[0]["id"], answer.json()["kernel"]);
    assert_eq!(kernels[0]["paths"], serde_json::json!(["doc.ipynb"]));
    assert!(kernels[0]["memory_bytes"].as_u64().unwrap() > 0);
    assert_eq!(kernels[0]["owner"], "owner");
    let kernel = format!("/v1/kernels/{}", kernels[0]["id"].as_str().unwrap());
    for status in [204, 404] {
        let stopped = desk.site.send(Method::DELETE, &kernel, &Value::Null).await;
        assert_eq!(stopped.status, status, "{}", stopped.text());
    }
    assert_eq!(
        desk.site.get("/v1/kernels").await.json(),
        serde_json::json!([])
    );
}

#[tokio::test]
async fn a_kernel_that_is_started_anew_runs_nothing_that_was_asked_of_the_one_before() {
    let desk = Desk::start().await;
    desk.write("doc.ipynb", CELLS);
    let mut events = events(&desk).await;
    let asked = serde_json::json!({"path": "doc.ipynb"});
    let answer = desk
        .site
        .send(Method::POST, "/v1/notebooks/execute", &asked)
        .await;
    let all = serde_json::json!(["one", "two", "three"]);
    assert_eq!(named(&mut events, "cells").await["cells"], all);
    desk.shows("doc.ipynb", &["a\n", "old\n", "old\n"]).await;
    let kernel = answer.json()["kernel"].as_str().unwrap().to_owned();
    let restart = format!("/api/kernels/{kernel}/restart");
    let restarted = desk.site.send(Method::POST, &restart, &Value::Null).await;
    assert_eq!(restarted.status, 200, "{}", restarted.text());
    desk.runs(&[]).await;
    let nothing = serde_json::json!({"path": "doc.ipynb", "cells": []});
    assert_eq!(named(&mut events, "cells").await, nothing);
    desk.end().await;
}

#[tokio::test]
async fn what_somebody_types_is_shown_to_others_until_the_window_is_closed() {
    let desk = Desk::start().await;
    desk.write("doc.ipynb", CELLS);
    let mut events = events(&desk).await;
    let cells = serde_json::json!([{"cell": "one", "source": "x ="}]);
    let draft = serde_json::json!({"path": "doc.ipynb", "window": "w", "cells": cells});
    let told = desk.site.send(Method::POST, DRAFT, &draft).await;
    assert_eq!(told.status, 204, "{}", told.text());
    let heard = named(&mut events, "draft").await;
    let said =
        serde_json::json!({"path": "doc.ipynb", "window": "w", "by": "owner", "cells": cells});
    assert_eq!(heard, said);
    let long = serde_json::json!([{"cell": "one", "source": "x".repeat(300_000)}]);
    let long = serde_json::json!({"path": "doc.ipynb", "window": "w", "cells": long});
    let refused = desk.site.send(Method::POST, DRAFT, &long).await;
    assert_eq!(refused.status, 413, "{}", refused.text());
    let leaves = serde_json::json!({"path": "doc.ipynb", "window": "w", "leaves": true});
    desk.site
        .send(Method::POST, "/v1/notebooks/here", &leaves)
        .await;
    let nothing = serde_json::json!([]);
    assert_eq!(named(&mut events, "draft").await["cells"], nothing);
}

#[tokio::test]
async fn what_a_running_cell_shows_is_told_before_it_is_written_also_to_who_comes_later() {
    let desk = Desk::start().await;
    desk.write("doc.ipynb", &[("one", "print a\nread FIFO\nprint b")]);
    let mut first = Follower::of(&desk, "path=&notebook=doc.ipynb").await;
    assert_eq!(first.next("shown").await["cells"], serde_json::json!([]));
    let asked = serde_json::json!({"path": "doc.ipynb"});
    let answer = desk
        .site
        .send(Method::POST, "/v1/notebooks/execute", &asked)
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let mut watcher = Watcher::default();
    while watcher.text != "a\n" {
        watcher.take(&first.next("output").await["cells"][0]);
    }
    let mut second = Follower::of(&desk, "path=&notebook=doc.ipynb").await;
    let shown = second.next("shown").await["cells"][0].clone();
    assert_eq!(shown["outputs"][0]["text"], "a\n");
    assert_eq!(shown["number"], watcher.number);
    let mut elsewhere = Follower::of(&desk, "path=").await;
    desk.say("word").await;
    while !watcher.text.ends_with("b\n") {
        watcher.take(&first.next("output").await["cells"][0]);
    }
    for follower in [&mut first, &mut second] {
        let written = follower.next("written").await;
        let wanted = serde_json::json!({"path": "doc.ipynb", "cells": ["one"]});
        assert_eq!(written, wanted);
        let saved = outputs(&desk.site.root().join("doc.ipynb"));
        assert_eq!(saved, [watcher.text.as_str()]);
    }
    // Who did not ask for outputs is told of none.
    while elsewhere.next("cells").await["cells"] != serde_json::json!([]) {}
    assert!(!elsewhere.heard.contains(&"output".to_owned()));
    desk.end().await;
}

/// Somebody who takes in what a cell prints.
#[derive(Default)]
struct Watcher {
    number: u64,
    text: String,
}

impl Watcher {
    fn take(&mut self, piece: &Value) {
        let number = piece["number"].as_u64().unwrap();
        assert_eq!(number, self.number + 1, "{piece}");
        self.number = number;
        if let Some(grow) = piece["grow"].as_str() {
            self.text.push_str(grow);
        } else {
            let text = piece["outputs"][0]["text"].as_str();
            text.unwrap_or_default().clone_into(&mut self.text);
        }
    }
}

/// Somebody who follows the folder, event by event.
struct Follower {
    events: reqwest::Response,
    left: String,
    /// The names of what was heard.
    heard: Vec<String>,
}

impl Follower {
    async fn of(desk: &Desk, query: &str) -> Self {
        Self {
            events: follow(desk, query).await,
            left: String::new(),
            heard: Vec::new(),
        }
    }

    /// The data of the next event of a name.
    async fn next(&mut self, name: &str) -> Value {
        loop {
            while let Some((event, left)) = self.left.split_once("\n\n") {
                let field = |field: &str| {
                    let found = event.lines().find_map(|line| line.strip_prefix(field));
                    found.unwrap_or_default().to_owned()
                };
                let (found, data, left) = (field("event: "), field("data: "), left.to_owned());
                self.left = left;
                self.heard.push(found.clone());
                if found == name {
                    return serde_json::from_str(&data).unwrap();
                }
            }
            let piece = tokio::time::timeout(PATIENCE, self.events.chunk()).await;
            let piece = piece.expect(name).unwrap().expect("the stream goes on");
            self.left.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}

/// What happens in the served folder, from now on.
async fn events(desk: &Desk) -> reqwest::Response {
    follow(desk, "path=").await
}

async fn follow(desk: &Desk, query: &str) -> reqwest::Response {
    let request = desk
        .site
        .request(Method::GET, &format!("/v1/contents/events?{query}"))
        .bearer_auth(TOKEN);
    request.send().await.unwrap()
}

/// The data of the next event of a name.
async fn named(events: &mut reqwest::Response, name: &str) -> Value {
    let mut text = String::new();
    loop {
        let piece = tokio::time::timeout(PATIENCE, events.chunk())
            .await
            .expect(name);
        text.push_str(std::str::from_utf8(&piece.unwrap().expect("the stream goes on")).unwrap());
        for event in text.split("\n\n") {
            let mut lines = event.lines();
            let is_it = lines.any(|line| line.strip_prefix("event: ") == Some(name));
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data.filter(|_| is_it) {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn what_a_cell_asks_is_asked_until_somebody_answers_also_by_the_next_server() {
    let desk = Desk::start().await;
    desk.write("doc.ipynb", &[("one", "ask name? \nprint went on")]);
    let asked = serde_json::json!({"path": "doc.ipynb", "stdin": true});
    let answer = desk
        .site
        .send(Method::POST, "/v1/notebooks/execute", &asked)
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let question = desk.question().await;
    let said = ["cell", "prompt", "password"].map(|part| question[part].clone());
    assert_eq!(
        serde_json::json!(said),
        serde_json::json!(["one", "name?", false])
    );
    let desk = desk.restart().await;
    assert_eq!(desk.question().await, question);
    let answer =
        serde_json::json!({"path": "doc.ipynb", "question": question["id"], "answer": "Ada"});
    for status in [204, 409] {
        let answered = desk.site.send(Method::POST, INPUT, &answer).await;
        assert_eq!(answered.status, status, "{}", answered.text());
    }
    desk.shows("doc.ipynb", &["Ada\nwent on\n"]).await;
    let left = desk.site.get("/v1/notebooks/input?path=doc.ipynb").await;
    assert_eq!(left.json()["question"], Value::Null);
    desk.end().await;
}

#[tokio::test]
async fn what_comes_after_a_client_has_left_is_in_the_notebook() {
    let desk = Desk::start().await;
    desk.write("doc.ipynb", CELLS);
    let session = serde_json::json!({"path": "doc.ipynb", "type": "notebook", "name": "doc",
        "kernel": {"name": "testkernel"}});
    let session = desk
        .site
        .send(Method::POST, "/api/sessions", &session)
        .await;
    assert_eq!(session.status, 201, "{}", session.text());
    let kernel = session.json()["kernel"]["id"].as_str().unwrap().to_owned();
    let channels = format!("/api/kernels/{kernel}/channels?session_id=window");
    let mut window = desk.site.connect(&channels, &[BEARER]).await.unwrap();
    let source = CELLS[0].1.replace("FIFO", &desk.word().to_string_lossy());
    let mut request = channels::execute("window", "m1", &source);
    request["metadata"]["cellId"] = "one".into();
    window.say(&request).await;
    loop {
        let message = window.hear().await;
        if message["header"]["msg_type"] == "stream" {
            assert_eq!(message["content"]["text"], "a\n");
            break;
        }
    }
    // While its client is there, the document is the client's.
    assert_eq!(
        outputs(&desk.site.root().join("doc.ipynb")),
        ["old\n", "old\n", "old\n"]
    );
    drop(window);
    desk.say("b\n").await;
    desk.shows("doc.ipynb", &["a\nb\nc\n", "old\n", "old\n"])
        .await;
    desk.end().await;
}

#[tokio::test]
async fn a_request_that_cannot_be_carried_out_says_why() {
    let desk = Desk::start().await;
    desk.write("doc.ipynb", CELLS);
    let cases = [
        (serde_json::json!({"path": "no.ipynb"}), 404, "no.ipynb"),
        (serde_json::json!({"path": "../doc.ipynb"}), 422, "path"),
        (
            serde_json::json!({"path": "doc.ipynb", "cells": ["nine"]}),
            422,
            "cells[0]",
        ),
        (
            serde_json::json!({"path": "doc.ipynb", "kernel": "none"}),
            400,
            "none",
        ),
        (
            serde_json::json!({"path": "doc.ipynb", "cell": []}),
            422,
            "cell",
        ),
    ];
    for (asked, status, word) in cases {
        let answer = desk
            .site
            .send(Method::POST, "/v1/notebooks/execute", &asked)
            .await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text());
        assert!(answer.text().contains(word), "{asked}: {}", answer.text());
    }
}
