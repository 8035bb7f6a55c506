//! Slow, large and idle clients, over sockets.

use std::net::SocketAddr;

use axum::routing::{get, post};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;

/// More than any answer takes on a busy machine; whatever waits longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server that runs until its sender is dropped.
async fn server(head: Duration) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/slow", post(async |body: String| body));
    let mut running = JoinSet::new();
    running.spawn(answer(listener, router, head, async {
        let _dropped = stopped.await;
    }));
    (address, stop, running)
}

/// What the server says until it closes the connection.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut said = Vec::new();
    // A connection that is reset is closed too.
    let _reset = stream.read_to_end(&mut said).await;
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_not_waited_for() {
    let (address, _stop, _running) = server(Duration::from_secs(1)).await;
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let drip = async {
        let mut sent = to.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nslow: ").await;
        while sent.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            sent = to.write_all(b"x").await;
        }
        std::future::pending::<()>().await;
    };
    let said = tokio::select! {
        said = tokio::time::timeout(PATIENCE, until_closed(&mut from)) => said.unwrap(),
        () = drip => unreachable!("it never ends"),
    };
    assert!(!said.contains("here"), "{said}");
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let (address, _stop, _running) = server(Duration::from_millis(200)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let said = tokio::time::timeout(PATIENCE, until_closed(&mut stream)).await;
    assert_eq!(said.unwrap(), "");
}

#[tokio::test]
async fn a_body_may_take_longer_than_a_head() {
    let (address, _stop, _running) = server(Duration::from_millis(200)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = b"POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\na";
    stream.write_all(head).await.unwrap();
    // Longer than a head may take.
    tokio::time::sleep(Duration::from_millis(500)).await;
    stream.write_all(b"b").await.unwrap();
    let said = tokio::time::timeout(PATIENCE, until_closed(&mut stream)).await;
    let said = said.unwrap();
    assert!(said.ends_with("ab"), "{said}");
}

#[tokio::test]
async fn a_head_with_too_many_fields_is_too_large() {
    let (address, _stop, _running) = server(PATIENCE).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(150));
    stream.write_all(head.as_bytes()).await.unwrap();
    let said = tokio::time::timeout(PATIENCE, until_closed(&mut stream)).await;
    let said = said.unwrap();
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_end_up() {
    let (address, stop, mut running) = server(PATIENCE * 2).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answered = String::new();
    while !answered.ends_with("here") {
        let mut some = [0; 256];
        let count = stream.read(&mut some).await.unwrap();
        assert!(count > 0, "closed after {answered}");
        answered.push_str(std::str::from_utf8(&some[..count]).unwrap());
    }
    drop(stop);
    let ended = tokio::time::timeout(PATIENCE, running.join_next()).await;
    ended.unwrap().unwrap().unwrap();
    assert_eq!(until_closed(&mut stream).await, "");
}
