//! One kernel's life, on the Rust test kernel.
#![expect(
    clippy::unwrap_used,
    reason = "test code: a failure here is a failed test"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use nbpress_kernel::{
    FoundKernel, Kernel, KernelEvent, LaunchRequest, Limits, LocalProvisioner, StartError,
};
use nbpress_protocol::{Channel, KernelSpec};

fn test_kernel(program: &str) -> FoundKernel {
    let spec = serde_json::json!({
        "argv": [program, "{connection_file}"], "display_name": "Test", "language": "testlang",
        "interrupt_mode": "message", "env": {"FROM_SPEC": "${FROM_CALLER}!"},
    });
    let spec: KernelSpec = serde_json::from_value(spec).unwrap();
    FoundKernel {
        name: "testkernel".into(),
        folder: "/nowhere".into(),
        spec,
    }
}

async fn start(program: &str) -> Result<Kernel, StartError> {
    let environment = BTreeMap::from([("FROM_CALLER".to_owned(), "hi".to_owned())]);
    let kernel = test_kernel(program);
    let request = LaunchRequest {
        kernel: &kernel,
        working_directory: Path::new("/"),
        environment: &environment,
        limits: Limits::default(),
    };
    Kernel::start(
        &LocalProvisioner::default(),
        &request,
        Duration::from_secs(20),
    )
    .await
}

/// Runs code and returns everything printed, and how the request was answered.
async fn run(kernel: &mut Kernel, code: &str) -> (String, String) {
    let id = kernel.execute(code, false).await;
    let (mut text, mut reply, mut idle) = (String::new(), None, false);
    loop {
        match kernel.next().await {
            KernelEvent::Message(channel, message) if message.parent_id() == Some(&id) => {
                let content: serde_json::Value = message.view().unwrap();
                if message.kind() == "stream" {
                    text.push_str(content["text"].as_str().unwrap());
                }
                if channel == Channel::Shell {
                    reply = content["status"].as_str().map(str::to_owned);
                }
                idle |= content["execution_state"] == "idle";
            }
            KernelEvent::Message(..) => {}
            KernelEvent::Log(log) => text.push_str(&log),
            KernelEvent::Exited(exit) => return (text, exit.to_string()),
        }
        if idle && let Some(reply) = reply.take() {
            return (text, reply);
        }
    }
}

const TESTKERNEL: &str = env!("CARGO_BIN_EXE_testkernel");

#[tokio::test(flavor = "current_thread")]
async fn starts_runs_and_ends() {
    let mut kernel = start(TESTKERNEL).await.unwrap();
    assert_eq!(kernel.info().implementation, "testkernel");
    assert_eq!(
        run(&mut kernel, "x = 3\nprint x is {x}").await,
        ("x is 3\n".into(), "ok".into())
    );
    assert_eq!(
        run(&mut kernel, "cwd\nenv FROM_SPEC").await,
        ("/\nhi!\n".into(), "ok".into())
    );
    assert_eq!(run(&mut kernel, "raise Oops no").await.1, "error");
    assert_eq!(kernel.shutdown(std::future::pending()).await.code, Some(0));
}

#[tokio::test(flavor = "current_thread")]
async fn a_burst_arrives_whole_and_in_order() {
    let mut kernel = start(TESTKERNEL).await.unwrap();
    let (text, reply) = run(&mut kernel, "lines 20000").await;
    let expected: Vec<String> = (0..20_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    let expected = expected.concat();
    assert!(
        text == expected,
        "{} bytes instead of {}",
        text.len(),
        expected.len()
    );
    assert_eq!(reply, "ok");
    let (text, _) = run(&mut kernel, "burst 5000000").await;
    assert_eq!(text.len(), 5_000_000);
}

#[tokio::test(flavor = "current_thread")]
async fn an_interrupt_ends_the_cell_and_not_the_kernel() {
    let mut kernel = start(TESTKERNEL).await.unwrap();
    kernel.execute("print now\nhang", false).await;
    loop {
        if let KernelEvent::Message(_, message) = kernel.next().await
            && message.kind() == "stream"
        {
            break;
        }
    }
    kernel.interrupt().await;
    assert_eq!(
        run(&mut kernel, "print again").await,
        ("again\n".into(), "ok".into())
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_death_says_how() {
    for (code, how) in [
        ("die 9", "killed by signal 9 (SIGKILL)"),
        ("exit 3", "exit status 3"),
    ] {
        let mut kernel = start(TESTKERNEL).await.unwrap();
        let (text, exit) = run(&mut kernel, &format!("print last words\n{code}")).await;
        assert_eq!((text.as_str(), exit.as_str()), ("last words\n", how));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_kernel_that_ignores_everything_is_killed() {
    let mut kernel = start(TESTKERNEL).await.unwrap();
    kernel.execute("hang hard", false).await;
    assert_eq!(kernel.kill().await.signal, Some(9));
}

#[tokio::test(flavor = "current_thread")]
async fn a_start_that_fails_says_why() {
    let missing = start("/no/such/program").await.unwrap_err();
    assert!(matches!(missing, StartError::Launch(_)), "{missing:?}");
    let StartError::ExitedEarly { exit, .. } = start("/bin/false").await.unwrap_err() else {
        panic!("a program that ends at once is not a kernel");
    };
    assert_eq!(exit.code, Some(1));
}
