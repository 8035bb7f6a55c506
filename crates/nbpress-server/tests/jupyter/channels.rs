//! Conversations with kernels over WebSockets: nothing is lost, whoever reads slowly, leaves or comes back.

use nbpress_protocol::websocket::{Framing, Limits, WebSocketFrame, decode};

use super::documents::Desk;
use super::*;

/// A kernel of its own, and the way to it.
struct Talk {
    desk: Desk,
    kernel: String,
}

impl Talk {
    async fn start() -> Self {
        let desk = Desk::start().await;
        let wish = serde_json::json!({"name": "testkernel"});
        let started = desk.site.send(Method::POST, "/api/kernels", &wish).await;
        assert_eq!(started.status, 201, "{}", started.text());
        let kernel = started.json()["id"].as_str().unwrap().to_owned();
        Self { desk, kernel }
    }

    async fn connect(&self, session: &str) -> Socket {
        let path = format!("/api/kernels/{}/channels?session_id={session}", self.kernel);
        self.desk.site.connect(&path, &[BEARER]).await.unwrap()
    }

    /// Returns once nothing runs.
    async fn idle(&self) {
        let path = format!("/api/kernels/{}", self.kernel);
        let idle = tokio::time::timeout(PATIENCE, async {
            while self.desk.site.get(&path).await.json()["execution_state"] != "idle" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        idle.await.unwrap();
    }
}

/// A request to run something.
pub(crate) fn execute(session: &str, id: &str, code: &str) -> Value {
    serde_json::json!({
        "channel": "shell", "parent_header": {}, "buffers": [], "metadata": {},
        "header": {"msg_id": id, "msg_type": "execute_request", "session": session, "username": "",
            "date": "2026-11-26T00:00:00Z", "version": "5.3"},
        "content": {"code": code, "silent": false, "store_history": true, "user_expressions": {},
            "allow_stdin": false, "stop_on_error": true},
    })
}

/// The text of a request's streams until it is idle.
async fn text_of(socket: &mut Socket, id: &str) -> String {
    let mut text = String::new();
    loop {
        let message = socket.hear().await;
        if message["parent_header"]["msg_id"] != id {
            continue;
        }
        match message["header"]["msg_type"].as_str().unwrap() {
            "stream" => text += message["content"]["text"].as_str().unwrap(),
            "status" if message["content"]["execution_state"] == "idle" => return text,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_hundred_thousand_lines_arrive_at_quick_and_at_slow_clients() {
    let talk = Talk::start().await;
    let mut quick = talk.connect("quick").await;
    let mut slow = talk.connect("slow").await;
    quick.say(&execute("quick", "all", "lines 100000")).await;
    let text = text_of(&mut quick, "all").await;
    assert_eq!(text.lines().count(), 100_000);
    // It has read nothing while the kernel printed.
    assert!(text_of(&mut slow, "all").await == text);
    talk.desk.end().await;
}

#[tokio::test]
async fn a_session_that_comes_back_hears_what_it_missed() {
    let talk = Talk::start().await;
    let mut socket = talk.connect("window").await;
    let code = format!("print a\nread {}\nprint c", talk.desk.word().display());
    socket.say(&execute("window", "m", &code)).await;
    while socket.hear().await["content"]["text"] != "a\n" {}
    drop(socket);
    talk.desk.say("b\n").await;
    talk.idle().await;
    let mut again = talk.connect("window").await;
    let missed = text_of(&mut again, "m").await;
    assert!(missed.ends_with("b\nc\n"), "{missed:?}");
    // Somebody else hears what comes from now on.
    let mut other = talk.connect("other").await;
    other.say(&execute("other", "n", "print d")).await;
    assert_eq!(text_of(&mut other, "n").await, "d\n");
    talk.desk.end().await;
}

#[tokio::test]
async fn each_end_of_a_conversation_says_which_it_is() {
    let talk = Talk::start().await;
    let mut first = talk.connect("window").await;
    let mut second = talk.connect("window").await;
    assert_eq!(
        first.close_code().await,
        1008,
        "the same session has come again"
    );
    second.say(&execute("window", "m", "print a")).await;
    assert_eq!(text_of(&mut second, "m").await, "a\n");
    let mut other = talk.connect("other").await;
    talk.desk.site.stop.send_replace(true);
    // `@jupyterlab/services` comes back after any code but 1000 and 1001.
    assert_eq!(second.close_code().await, 1012);
    assert_eq!(other.close_code().await, 1012);
    let desk = talk.desk.restart().await;
    let talk = Talk { desk, ..talk };
    let mut socket = talk.connect("window").await;
    talk.desk.end().await;
    assert_eq!(socket.close_code().await, 1011, "the kernel was shut down");
}

#[tokio::test]
async fn the_binary_framing_is_spoken_where_it_is_offered() {
    let talk = Talk::start().await;
    let offer = ("sec-websocket-protocol", "v1.kernel.websocket.jupyter.org");
    let path = format!("/api/kernels/{}/channels", talk.kernel);
    let mut socket = talk
        .desk
        .site
        .connect(&path, &[BEARER, offer])
        .await
        .unwrap();
    let other = talk.connect("other").await;
    let mut other = other;
    other.say(&execute("other", "m", "print a")).await;
    loop {
        let tungstenite::Message::Binary(bytes) = socket.next().await else {
            panic!("a frame that is not binary");
        };
        let frame = WebSocketFrame::Binary(bytes);
        let (_, parts) = decode(Framing::V1, &frame, Limits::default()).unwrap();
        if parts.label().msg_type == "stream" {
            assert_eq!(parts.content.as_ref(), br#"{"name":"stdout","text":"a\n"}"#);
            break;
        }
    }
    talk.desk.end().await;
}

#[tokio::test]
async fn a_long_output_arrives_whole_in_both_framings() {
    const LENGTH: usize = 3_000_001;
    let talk = Talk::start().await;
    let offer = ("sec-websocket-protocol", "v1.kernel.websocket.jupyter.org");
    let path = format!("/api/kernels/{}/channels", talk.kernel);
    let mut binary = talk
        .desk
        .site
        .connect(&path, &[BEARER, offer])
        .await
        .unwrap();
    let mut text = talk.connect("text").await;
    let code = format!("burst {LENGTH}");
    text.say(&execute("text", "m", &code)).await;
    assert!(text_of(&mut text, "m").await == "x".repeat(LENGTH));
    loop {
        let tungstenite::Message::Binary(bytes) = binary.next().await else {
            panic!("a frame that is not binary");
        };
        let frame = WebSocketFrame::Binary(bytes);
        let (_, parts) = decode(Framing::V1, &frame, Limits::default()).unwrap();
        if parts.label().msg_type == "stream" {
            let content: Value = serde_json::from_slice(&parts.content).unwrap();
            assert!(content["text"] == "x".repeat(LENGTH));
            break;
        }
    }
    talk.desk.end().await;
}
