//! Terminals: real shells, over WebSocket.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{BEARER, Site, Socket, TOKEN};

async fn open(site: &Site, request: Value) -> String {
    let answer = site.send(Method::POST, "/api/terminals", &request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["name"].as_str().unwrap().to_owned()
}

async fn enter(site: &Site, name: &str) -> Socket {
    let path = format!("/terminals/websocket/{name}");
    let mut socket = site.connect(&path, &[BEARER]).await.unwrap();
    assert_eq!(socket.hear().await, json!(["setup", {}]));
    socket
}

/// What is printed until a text has come.
async fn read_until(socket: &mut Socket, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let frame = socket.hear().await;
        assert_eq!(frame[0], "stdout", "{frame} after {text:?}");
        text += frame[1].as_str().unwrap();
    }
    text
}

async fn type_in(socket: &mut Socket, text: &str) {
    socket.say(&json!(["stdin", text])).await;
}

/// Whether a process runs; one that ended and that nobody has asked about yet does not.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !"ZX".contains(state))
}

#[tokio::test]
async fn terminals_are_listed_by_number() {
    let site = Site::start().await;
    assert_eq!(site.get("/api/terminals").await.json(), json!([]));
    let request = site
        .request(Method::POST, "/api/terminals")
        .bearer_auth(TOKEN);
    let first = crate::Answer::of(request).await.json();
    assert_eq!(first["name"], "1");
    assert!(first["last_activity"].as_str().unwrap().ends_with('Z'));
    assert_eq!(open(&site, json!({})).await, "2");
    assert_eq!(open(&site, json!({"name": "mine"})).await, "mine");
    assert_eq!(site.get("/api/terminals/mine").await.json()["name"], "mine");
    let names = |list: Value| -> Vec<String> {
        let list = list.as_array().unwrap().clone();
        let name = |terminal: Value| terminal["name"].as_str().unwrap().to_owned();
        list.into_iter().map(name).collect()
    };
    assert_eq!(
        names(site.get("/api/terminals").await.json()),
        ["1", "2", "mine"]
    );
    assert_eq!(
        site.send(Method::DELETE, "/api/terminals/1", &json!({}))
            .await
            .status,
        204
    );
    assert_eq!(site.get("/api/terminals/1").await.status, 404);
    assert_eq!(
        site.send(Method::DELETE, "/api/terminals/1", &json!({}))
            .await
            .status,
        404
    );
    // The lowest number that is free.
    assert_eq!(open(&site, json!({})).await, "1");
    for (request, status) in [
        (json!({"name": "mine"}), 409),
        (json!({"name": "../x"}), 400),
        (json!({"name": ""}), 400),
        (json!([]), 400),
    ] {
        let answer = site.send(Method::POST, "/api/terminals", &request).await;
        assert_eq!(answer.status, status, "{request}");
    }
}

#[tokio::test]
async fn a_terminal_begins_where_it_is_asked_to() {
    let site = Site::start().await;
    std::fs::create_dir(site.root().join("sub")).unwrap();
    let root = site.root().canonicalize().unwrap();
    for (cwd, expected) in [
        (json!({}), root.clone()),
        (json!({"cwd": "sub"}), root.join("sub")),
        (json!({"cwd": root.join("sub")}), root.join("sub")),
        (json!({"cwd": "missing"}), root.clone()),
    ] {
        let mut socket = enter(&site, &open(&site, cwd.clone()).await).await;
        type_in(&mut socket, "echo \"<$PWD>\" $TERM\r").await;
        let expected = format!("<{}> xterm-256color\r\n", expected.display());
        let text = read_until(&mut socket, "xterm-256color\r\n").await;
        assert!(text.contains(&expected), "{cwd} {text}");
    }
}

#[tokio::test]
async fn clients_share_a_terminal_and_see_what_was_before() {
    let site = Site::start().await;
    let name = open(&site, json!({})).await;
    let mut one = enter(&site, &name).await;
    type_in(&mut one, "echo fir''st é😀\r").await;
    read_until(&mut one, "first é😀\r\n").await;
    let mut other = enter(&site, &name).await;
    read_until(&mut other, "first é😀\r\n").await;
    type_in(&mut other, "echo sec''ond\r").await;
    read_until(&mut one, "second\r\n").await;
    read_until(&mut other, "second\r\n").await;
}

#[tokio::test]
async fn the_size_is_that_of_the_smallest_client() {
    let site = Site::start().await;
    let name = open(&site, json!({})).await;
    let mut one = enter(&site, &name).await;
    one.say(&json!(["set_size", 40, 100, 800, 600])).await;
    type_in(&mut one, "stty size\r").await;
    read_until(&mut one, "40 100\r\n").await;
    let mut other = enter(&site, &name).await;
    other.say(&json!(["set_size", 50, 80, 800, 600])).await;
    type_in(&mut other, "stty size\r").await;
    read_until(&mut other, "40 80\r\n").await;
    // What nobody understands ends nothing.
    other.say(&json!(["dance", 1])).await;
    other.say(&json!({})).await;
    type_in(&mut other, "echo st''ill\r").await;
    read_until(&mut other, "still\r\n").await;
}

#[tokio::test]
async fn a_shell_that_ends_says_so() {
    let site = Site::start().await;
    let name = open(&site, json!({})).await;
    let mut socket = enter(&site, &name).await;
    type_in(&mut socket, "exec echo by''e\r").await;
    read_until(&mut socket, "bye\r\n").await;
    assert_eq!(socket.hear().await, json!(["disconnect", 1]));
    socket.close_code().await;
    assert_eq!(site.get("/api/terminals").await.json(), json!([]));
}

#[tokio::test]
async fn what_a_terminal_started_ends_with_it() {
    let site = Site::start().await;
    let name = open(&site, json!({})).await;
    let mut socket = enter(&site, &name).await;
    let child = "sh -c 'trap \"\" HUP TERM; echo pid=$$.; sleep 600'";
    type_in(&mut socket, &format!("setsid {child} & wait\r")).await;
    // The command itself is echoed; its answer has digits.
    let mut text = String::new();
    let pid = loop {
        text += socket.hear().await[1].as_str().unwrap();
        let digits = text.split("pid=").filter_map(|rest| rest.split_once('.'));
        let number = digits.filter_map(|(number, _)| number.parse::<u32>().ok());
        if let Some(pid) = number.last() {
            break pid;
        }
    };
    assert!(lives(pid));
    let path = format!("/api/terminals/{name}");
    assert_eq!(
        site.send(Method::DELETE, &path, &json!({})).await.status,
        204
    );
    assert!(!lives(pid));
    // Whatever was still to be printed comes first.
    while socket.hear().await != json!(["disconnect", 1]) {}
}

/// A shell that reads nothing must not keep anybody from ending it.
#[tokio::test]
async fn a_terminal_that_reads_nothing_can_be_ended() {
    let site = Site::start().await;
    let name = open(&site, json!({})).await;
    let mut socket = enter(&site, &name).await;
    type_in(&mut socket, "stty raw -echo; echo rea''dy; sleep 600\r").await;
    read_until(&mut socket, "ready").await;
    for _ in 0..40 {
        type_in(&mut socket, &"x".repeat(10_000)).await;
    }
    let path = format!("/api/terminals/{name}");
    assert_eq!(
        site.send(Method::DELETE, &path, &json!({})).await.status,
        204
    );
}

#[tokio::test]
async fn much_output_comes_in_few_frames_and_in_order() {
    let site = Site::start().await;
    let name = open(&site, json!({})).await;
    let mut socket = enter(&site, &name).await;
    type_in(&mut socket, "stty -echo; seq 1 100000; echo do''ne\r").await;
    let mut text = String::new();
    let mut frames = 0;
    while !text.contains("done\r\n") {
        text += socket.hear().await[1].as_str().unwrap();
        frames += 1;
    }
    // The prompt may come after what was typed, before the first number.
    let numbers = text.lines().filter_map(|line| {
        line.trim()
            .trim_start_matches(['$', '#', ' '])
            .parse::<u32>()
            .ok()
    });
    let wrong = numbers.zip(1..).find(|(found, expected)| found != expected);
    assert_eq!(wrong, None, "{}", &text[..text.len().min(200)]);
    assert!(text.contains("100000\r\n"));
    assert!(frames < 20_000, "{frames}");
}

#[tokio::test]
async fn terminals_end_with_the_server() {
    let site = Site::start().await;
    let name = open(&site, json!({})).await;
    let mut socket = enter(&site, &name).await;
    type_in(&mut socket, "echo pid=$$.\r").await;
    let text = read_until(&mut socket, ".\r\n").await;
    let mut text = text;
    let pid = loop {
        let found = text.split("pid=").filter_map(|rest| rest.split_once('.'));
        let found = found.filter_map(|(number, _)| number.parse::<u32>().ok());
        if let Some(pid) = found.last() {
            break pid;
        }
        text += &read_until(&mut socket, "\n").await;
    };
    assert!(lives(pid));
    site.stop.send_replace(true);
    assert_eq!(socket.close_code().await, 1012);
    drop(socket);
    site.served.join_all().await;
    assert!(!lives(pid));
}
