//! Servers, hosts and kernels end, by themselves or not.

use std::io::BufRead as _;

use nbpress_kernel::kernels::{ConnectionEnd, ExecutionState, KernelsError, StartRequest};
use rustix::process::Signal;
use uuid::Uuid;

use crate::place::{Client, Place, TESTKERNEL, lives, ok, soon, until};

#[expect(
    clippy::disallowed_methods,
    reason = "starting the program under test is the purpose"
)]
fn server_process(place: &Place) -> (std::process::Child, Uuid) {
    let mut server = std::process::Command::new(TESTKERNEL)
        .arg("start")
        .arg(place.kernels())
        .arg("testkernel")
        .env_clear()
        .envs(&place.environment)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = server.stdout.take().unwrap();
    std::io::BufReader::new(output)
        .read_line(&mut line)
        .unwrap();
    (server, Uuid::parse_str(line.trim()).unwrap())
}

/// Waits until none of these processes runs. A process gives back its lock a moment before it is gone.
async fn gone(processes: &[u32]) {
    soon(async {
        while processes.iter().any(|&pid| lives(pid)) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_kernel_outlives_the_server_that_is_killed() {
    let place = Place::new();
    let (mut server, id) = server_process(&place);
    let mut known = Client::join(place.open().await.get(id).unwrap().as_ref(), "tab").await;
    assert_eq!(known.run("x = 42").await, ok(""));
    let asked = known.send("lines 1000\nprint {x}").await;
    server.kill().unwrap();
    server.wait().unwrap();
    drop(known);

    let kernels = place.open().await;
    let kernel = kernels.get(id).unwrap();
    assert_eq!(kernel.name(), "testkernel");
    let mut client = Client::join(&kernel, "tab").await;
    let outcome = client.outcome(&asked).await;
    assert!(outcome.text.ends_with("line 999\n42\n"), "{}", outcome.text);
    assert_eq!(client.run("print {x}").await, ok("42\n"));
    kernels.shutdown(id).await.unwrap();
    assert!(place.open().await.list().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn a_host_that_cannot_be_understood_does_not_keep_a_server_from_starting() {
    let place = Place::new();
    let id = Uuid::new_v4();
    std::fs::create_dir(place.folder_of(id)).unwrap();
    let held = place.lock_of(id).take().unwrap();
    let socket = place.folder_of(id).join("socket");
    let listener = tokio::net::UnixListener::bind(socket).unwrap();
    let speak = async {
        let (stream, _) = listener.accept().await.unwrap();
        // One byte long, and that byte is no frame's.
        stream.try_write(b"\x01\0\0\0\0\0\0\0\xee").unwrap();
        std::future::pending::<()>().await;
    };
    let opened = tokio::select! {
        () = speak => unreachable!("it never ends"),
        kernels = soon(place.open()) => kernels,
    };
    assert!(opened.list().is_empty());
    assert!(place.folder_of(id).exists(), "it is somebody's");
    drop(held);
    // A process that another test is just starting may have a copy for a moment.
    soon(place.lock_of(id).released()).await.unwrap();
    place.open().await;
    assert!(!place.folder_of(id).exists());
}

#[tokio::test(flavor = "current_thread")]
async fn a_shutdown_leaves_nothing_behind() {
    let place = Place::new();
    let (kernels, kernel) = place.with_kernel().await;
    let mut client = Client::join(&kernel, "client").await;
    let (printed, _) = client.run("spawn\nspawn away").await;
    let started: Vec<u32> = printed.lines().map(|pid| pid.parse().unwrap()).collect();
    // A process is not told from others while it becomes another program.
    let counted = soon(async {
        loop {
            let usage = kernel.usage().await.unwrap();
            if usage.processes == 3 {
                return usage;
            }
        }
    });
    let usage = counted.await;
    assert!(usage.memory_bytes > 100_000, "{usage:?}");
    let host = place.lock_of(kernel.id()).process_id().unwrap();
    let processes = [started, vec![host, kernel.process_id().unwrap()]].concat();
    assert!(processes.iter().all(|&pid| lives(pid)), "{processes:?}");

    kernels.shutdown(kernel.id()).await.unwrap();
    gone(&processes).await;
    assert!(!place.folder_of(kernel.id()).exists());
    let end = loop {
        match soon(client.connection.recv()).await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert!(matches!(end, ConnectionEnd::ShutDown), "{end:?}");
    let again = kernels.shutdown(kernel.id()).await.unwrap_err();
    assert!(matches!(again, KernelsError::NoSuchKernel(_)), "{again:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn an_interrupt_ends_the_cell_only() {
    let place = Place::new();
    let (kernels, kernel) = place.with_kernel().await;
    let mut client = Client::join(&kernel, "client").await;
    client.run("x = 7").await;
    let id = client.send("print in\nhang").await;
    until(&kernel, ExecutionState::Busy).await;
    kernels.interrupt(kernel.id()).await.unwrap();
    assert_eq!(client.outcome(&id).await.status, "error");
    assert_eq!(client.run("print {x}").await, ok("7\n"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_restart_keeps_the_session_and_nothing_else() {
    let place = Place::new();
    let (kernels, kernel) = place.with_kernel().await;
    let mut client = Client::join(&kernel, "client").await;
    client.run("x = 7").await;
    let before = kernel.process_id();
    kernels.restart(kernel.id()).await.unwrap();
    assert_eq!(client.run("print {x}").await, ok("{x}\n"));
    assert_ne!(kernel.process_id(), before);
    assert_eq!(kernel.model().connections, 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_kernel_that_dies_is_started_again_until_it_is_too_often() {
    let place = Place::new();
    let (kernels, kernel) = place.with_kernel().await;
    let mut client = Client::join(&kernel, "client").await;
    for death in 1..=5 {
        client.send("die 9").await;
        client.until_told("restarting").await;
        client.until_told("idle").await;
        let reason = until(&kernel, ExecutionState::Idle).await.reason.unwrap();
        assert!(reason.contains("SIGKILL"), "{death}: {reason}");
        assert_eq!(client.run("print here").await, ok("here\n"));
    }
    client.send("die 9").await;
    client.until_told("dead").await;
    until(&kernel, ExecutionState::Dead).await;
    assert_eq!(kernel.process_id(), None);
    assert!(kernels.interrupt(kernel.id()).await.is_err());
    kernels.restart(kernel.id()).await.unwrap();
    let model = kernel.model();
    assert_eq!(model.reason, None);
    assert_ne!(model.execution_state, ExecutionState::Dead);
    assert_eq!(client.run("print here again").await, ok("here again\n"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_host_that_is_killed_takes_the_kernel_with_it() {
    let place = Place::new();
    let (kernels, kernel) = place.with_kernel().await;
    let mut client = Client::join(&kernel, "client").await;
    let (printed, _) = client.run("spawn away").await;
    let started: u32 = printed.trim().parse().unwrap();
    let process = kernel.process_id().unwrap();
    assert!(place.lock_of(kernel.id()).signal(Signal::KILL));
    let end = loop {
        match soon(client.connection.recv()).await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert!(matches!(end, ConnectionEnd::Lost(_)), "{end:?}");
    let model = until(&kernel, ExecutionState::Dead).await;
    assert_eq!(model.connections, 0);
    gone(&[process, started]).await;
    assert!(place.open().await.list().is_empty());
    kernels.shutdown(kernel.id()).await.unwrap();
    assert!(kernels.list().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn a_host_whose_folder_is_removed_ends_with_its_kernel() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    let host = place.lock_of(kernel.id()).process_id().unwrap();
    let process = kernel.process_id().unwrap();
    assert!(lives(host) && lives(process));
    std::fs::remove_dir_all(place.folder_of(kernel.id())).unwrap();
    gone(&[host, process]).await;
    until(&kernel, ExecutionState::Dead).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_kernel_that_cannot_start_says_why() {
    let place = Place::new();
    let kernels = place.open().await;
    let unknown = kernels.start(place.request("nope")).await.unwrap_err();
    assert!(matches!(unknown, KernelsError::NotFound(_)), "{unknown:?}");
    assert!(unknown.hint().is_some());
    let mut nowhere = place.request("testkernel");
    nowhere.working_directory = "/no/such/folder".into();
    let nowhere = kernels.start(nowhere).await.unwrap_err();
    assert!(
        matches!(nowhere, KernelsError::WorkingDirectory(_)),
        "{nowhere:?}"
    );

    let missing = kernels.start(place.request("missing")).await.unwrap_err();
    let KernelsError::Refused { id, reason } = missing else {
        panic!("{missing:?}");
    };
    assert!(reason.contains("/no/such/testkernel"), "{reason}");
    assert!(!place.folder_of(id).exists() && kernels.list().is_empty());

    let kernel = kernels.start(place.request("ends")).await.unwrap();
    let reason = until(&kernel, ExecutionState::Dead).await.reason.unwrap();
    assert!(reason.contains("exit status 1"), "{reason}");
    let twice = StartRequest {
        id: Some(kernel.id()),
        ..place.request("testkernel")
    };
    let twice = kernels.start(twice).await.unwrap_err();
    assert!(matches!(twice, KernelsError::Exists(_)), "{twice:?}");
    let refused = kernels.restart(kernel.id()).await.unwrap_err();
    assert!(
        matches!(refused, KernelsError::Refused { .. }),
        "{refused:?}"
    );
    kernels.shutdown(kernel.id()).await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_sent_before_the_kernel_answers_is_answered() {
    let place = Place::new();
    let kernels = place.open().await;
    let kernel = kernels.start(place.request("testkernel")).await.unwrap();
    let mut client = Client::join(&kernel, "early").await;
    assert_eq!(client.run("print early").await, ok("early\n"));
    let mut again = Client::join(&kernel, "late").await;
    assert_eq!(again.run("print late").await, ok("late\n"));
}
