//! The same with ipykernel, which most people use.

use std::time::Duration;

use nbpress_kernel::kernels::ExecutionState;
use nbpress_kernel::limits::Limits;
use nbpress_protocol::Channel;
use serde_json::json;

use crate::place::{Client, Place, numbered, ok, until};

/// A place where the reference's `python3` is found.
fn place() -> Place {
    let mut place = Place::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "the test runner says where the kernels are"
    )]
    let folder = std::env::var("NBPRESS_TEST_REFERENCE").expect(
        "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs ipykernel",
    );
    let path = format!("{folder}/jupyter");
    place.environment.insert("JUPYTER_PATH".to_owned(), path);
    place
}

/// Says by which means its memory is limited to 400 MiB.
const LIMITED: &str = "import resource\n\
    in_group = 'nbpress-' in open('/proc/self/cgroup').read()\n\
    print(in_group or resource.getrlimit(resource.RLIMIT_DATA)[0] == 400 << 20)";

#[tokio::test(flavor = "current_thread")]
async fn a_kernel_may_use_what_its_server_allows_also_after_a_restart() {
    let place = place();
    let free = place.open().await;
    let kernel = free.start(place.request("python3")).await.unwrap();
    let mut client = Client::join(&kernel, "free").await;
    assert_eq!(client.run(LIMITED).await, ok("False\n"));

    let limited = place.open().await.limited_to(Limits {
        memory_bytes: Some(400 << 20),
        ..Limits::default()
    });
    let kernel = limited.start(place.request("python3")).await.unwrap();
    let mut client = Client::join(&kernel, "limited").await;
    assert_eq!(client.run(LIMITED).await, ok("True\n"));
    limited.restart(kernel.id()).await.unwrap();
    assert_eq!(client.run(LIMITED).await, ok("True\n"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_day_with_python() {
    let place = place();
    let kernels = place.open().await;
    let mut request = place.request("python3");
    request.name = None;
    request.environment = [("JPY_SESSION_NAME".to_owned(), "a.ipynb".to_owned())].into();
    let kernel = kernels.start(request).await.unwrap();
    assert_eq!(kernel.name(), "python3");
    assert_eq!(kernel.model().execution_state, ExecutionState::Starting);
    let mut client = Client::join(&kernel, "tab").await;
    let printed = client
        .run("import os; x = 1; print(os.environ['JPY_SESSION_NAME'])")
        .await;
    assert_eq!(printed, ok("a.ipynb\n"));

    let id = client.send("print(input('who? '))").await;
    assert_eq!(client.until_asked(&id).await["prompt"], "who? ");
    client
        .request(Channel::Stdin, "input_reply", &json!({"value": "Ada"}))
        .await;
    assert_eq!(client.outcome(&id).await.text, "Ada\n");

    // Another server goes on with the same kernel, and it is interrupted from there.
    drop((kernels, kernel));
    let kernels = place.open().await;
    let kernel = std::sync::Arc::clone(&kernels.list()[0]);
    let id = client
        .send("import time\nprint('asleep', flush=True)\ntime.sleep(3600)")
        .await;
    loop {
        let (_, message) = client.next_message().await;
        if message.kind() == "stream" {
            break;
        }
    }
    kernels.interrupt(kernel.id()).await.unwrap();
    assert_eq!(client.outcome(&id).await.status, "error");
    assert_eq!(client.run("print(x)").await, ok("1\n"));

    kernels.restart(kernel.id()).await.unwrap();
    assert_eq!(client.run("x").await.1, "error");
    client
        .send("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        .await;
    client.until_told("restarting").await;
    client.until_told("idle").await;
    assert_eq!(client.run("print(2)").await, ok("2\n"));
    let usage = kernel.usage().await.unwrap();
    assert!(
        usage.memory_bytes > 20 << 20 && usage.cpu_seconds > 0.05,
        "{usage:?}"
    );
    until(&kernel, ExecutionState::Idle).await;
    assert!(kernels.cull(Duration::ZERO, false).await.is_empty());
    kernels.shutdown(kernel.id()).await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_hundred_thousand_flushed_prints_arrive_complete() {
    const LINES: usize = 100_000;
    let place = place();
    let kernels = place.open().await;
    let kernel = kernels.start(place.request("python3")).await.unwrap();
    let mut quick = Client::join(&kernel, "quick").await;
    let mut slow = Client::join(&kernel, "slow").await;
    let cell = format!("for i in range({LINES}):\n    print(i, flush=True)");
    let id = quick.send(&cell).await;
    let outcome = quick.outcome(&id).await;
    let expected = numbered("", LINES);
    assert!(outcome.text == expected, "{} bytes", outcome.text.len());
    let late = slow.overheard(&id).await;
    assert!(late.text == expected, "{} bytes", late.text.len());
    assert!(late.messages * 10 < outcome.messages, "{late:?}");
    kernels.shutdown(kernel.id()).await.unwrap();
}
