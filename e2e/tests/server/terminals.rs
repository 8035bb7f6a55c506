//! What a terminal started ends with the server, also when nobody could end it any more.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use e2e::live::{Stage, poll, processes_with};
use e2e::place;
use serde_json::Value;

/// A shell that no hang-up ends, with a child that left its session.
const STUBBORN: &str =
    "#!/bin/sh\ntrap '' HUP TERM INT\nsetsid sh -c 'sleep 600; :' &\nsleep 600\n";

#[test]
fn a_server_that_is_killed_leaves_no_shell_behind() {
    let stage = Stage::new();
    let shell = stage.write("shell", STUBBORN);
    std::fs::set_permissions(&shell, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir(stage.path("root")).unwrap();
    let mut command = stage.command(place::nbpress());
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--no-worker"])
        .arg(stage.path("root"))
        .env("SHELL", &shell)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    let file = stage.home.join("server.json");
    let said: Option<Value> = poll(|| serde_json::from_slice(&std::fs::read(&file).ok()?).ok());
    let said = said.unwrap();
    let address = said["url"].as_str().unwrap().trim_start_matches("http://");
    let answer = open_terminal(address, said["token"].as_str().unwrap());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let mark = format!("NBPRESS_HOME={}", stage.home.display());
    // The server, the shell, what it sleeps in, and the child with its own.
    let all = poll(|| Some(processes_with(&mark)).filter(|found| found.len() >= 5));
    server.kill().unwrap();
    server.wait().unwrap();
    let left = poll(|| processes_with(&mark).is_empty().then_some(()));
    let rest = processes_with(&mark);
    for process in &rest {
        e2e::live::end_process(*process);
    }
    assert!(all.is_some(), "the shell has not begun");
    assert!(left.is_some(), "{rest:?} go on");
}

fn open_terminal(address: &str, token: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = format!(
        "POST /api/terminals HTTP/1.1\r\nhost: {address}\r\nauthorization: token {token}\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
