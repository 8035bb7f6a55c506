//! A real shell in a real terminal.

use super::*;

fn shell(script: &str) -> Pty {
    let environment = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
    Pty::start(&PtyRequest {
        program: Path::new("/bin/sh"),
        arguments: &["-c", script],
        environment: &environment,
        working_directory: Path::new("/"),
        guard: None,
    })
    .unwrap()
}

/// Reads until a text was printed, or to the end.
async fn read_until(pty: &Pty, wanted: &str) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    let reading = async {
        loop {
            let read = pty.read(&mut buffer).await.unwrap();
            all.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&all).into_owned();
            if read == 0 || (!wanted.is_empty() && text.contains(wanted)) {
                return text;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_program_sits_at_a_terminal() {
    let pty = shell("tty; read line; echo \"said $line\"; stty size");
    assert!(read_until(&pty, "\n").await.starts_with("/dev/pts/"));
    pty.resize(7, 33).unwrap();
    assert_eq!(pty.write(b"hello\n").await.unwrap(), 6);
    let text = read_until(&pty, "").await;
    assert!(text.contains("said hello\r\n"), "{text}");
    assert!(text.ends_with("7 33\r\n"), "{text}");
}

#[tokio::test]
async fn an_interrupt_is_a_key() {
    let pty = shell("trap 'echo caught; exit' INT; echo ready; while :; do sleep 1; done");
    read_until(&pty, "ready").await;
    pty.write(&[3]).await.unwrap();
    assert!(read_until(&pty, "").await.contains("caught"));
}

#[tokio::test]
async fn its_end_is_that_of_everything_it_started() {
    let pty = shell("trap '' HUP; setsid sh -c 'trap \"\" HUP; echo child $$; sleep 600' & wait");
    let text = read_until(&pty, "\n").await;
    let child: u32 = text.trim().rsplit(' ').next().unwrap().parse().unwrap();
    let own = pty.process_id();
    assert!(lives(own) && lives(child));
    pty.end().await;
    assert!(!lives(own), "the shell goes on");
    assert!(!lives(child), "its child goes on");
}

/// Whether a process runs; one that ended and that nobody has asked about yet does not.
#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !"ZX".contains(state))
}

#[tokio::test]
async fn a_program_that_is_missing_is_an_error() {
    let error = Pty::start(&PtyRequest {
        program: Path::new("/nowhere/shell"),
        arguments: &[],
        environment: &BTreeMap::new(),
        working_directory: Path::new("/"),
        guard: None,
    })
    .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}
