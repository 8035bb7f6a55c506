//! Who is connected, and what each gets.

use std::time::Duration;

use nbpress_kernel::kernels::{ConnectionEnd, ExecutionState};
use nbpress_protocol::Channel;
use serde_json::{Value, json};

use crate::place::{Client, Place, numbered, ok, soon, until};

#[tokio::test(flavor = "current_thread")]
async fn each_session_gets_its_own_replies_and_questions() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    let mut ada = Client::join(&kernel, "ada").await;
    let mut bob = Client::join(&kernel, "bob").await;
    let first = ada.send("ask name?\nprint done").await;
    ada.until_asked(&first).await;
    // Waits at the kernel until the first one is answered.
    let second = bob.send("ask name?\nprint done").await;
    for (client, id, answer) in [(&mut ada, first, "Ada"), (&mut bob, second, "Bob")] {
        if answer == "Bob" {
            client.until_asked(&id).await;
        }
        let value = json!({ "value": answer });
        client.request(Channel::Stdin, "input_reply", &value).await;
        let outcome = client.outcome(&id).await;
        assert_eq!(
            (outcome.text, outcome.status),
            ok(&format!("{answer}\ndone\n"))
        );
    }
    // Nothing of the other's is still to come.
    let id = ada.send("print last").await;
    loop {
        let (channel, message) = ada.next_message().await;
        if channel != Channel::Iopub {
            assert_eq!(message.parent_id(), Some(&*id));
            break;
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_session_that_connects_again_takes_over() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    let mut first = Client::join(&kernel, "tab").await;
    first.run("x = 1").await;
    let mut second = Client::join(&kernel, "tab").await;
    let end = loop {
        match soon(first.connection.recv()).await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert!(matches!(end, ConnectionEnd::Replaced), "{end:?}");
    assert_eq!(second.run("print {x}").await, ok("1\n"));
    drop(first);
    assert_eq!(second.run("print {x}").await, ok("1\n"));
    assert_eq!(kernel.model().connections, 1);
}

#[tokio::test(flavor = "current_thread")]
async fn what_came_while_a_session_was_away_is_delivered_when_it_is_back() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    let away = Client::join(&kernel, "away").await;
    assert_eq!(kernel.model().connections, 1);
    let own = kernel.connect_uncounted("own", None).await.unwrap();
    assert_eq!(kernel.model().connections, 1);
    drop(own);
    let id = away.send("lines 50000").await;
    drop(away);
    let model = until(&kernel, ExecutionState::Busy).await;
    assert_eq!(model.connections, 0);
    until(&kernel, ExecutionState::Idle).await;
    let mut back = Client::join(&kernel, "away").await;
    let outcome = back.outcome(&id).await;
    let expected = numbered("line ", 50_000);
    assert!(outcome.text == expected, "{} bytes", outcome.text.len());
    assert_eq!(outcome.status, "ok");
    assert!(outcome.messages < 5000, "{} messages", outcome.messages);
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_goes_on_after_any_message() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    // Keeps everything: it has said that it has nothing.
    let keeper = Client::join(&kernel, "keeper").await;
    let mut client = Client::join(&kernel, "client").await;
    let start = client.connection.from();
    client.run("print 1\nprint 2\nprint 3").await;
    let mut all = Vec::new();
    let mut again = soon(kernel.connect("client", Some(start))).await.unwrap();
    let idle = |parts: &nbpress_protocol::Parts| {
        let content: Value = serde_json::from_slice(&parts.content).unwrap();
        content["execution_state"] == "idle"
    };
    loop {
        let delivery = soon(again.recv()).await.unwrap();
        let last = idle(&delivery.parts);
        all.push(delivery);
        if last {
            break;
        }
    }
    assert!(all.len() >= 4);
    for (at, delivered) in all.iter().enumerate().take(all.len() - 1) {
        let mut again = soon(kernel.connect("client", Some(delivered.seq)))
            .await
            .unwrap();
        let next = soon(again.recv()).await.unwrap();
        // What follows may have been put together meanwhile, and then ends later.
        assert!(next.seq >= all[at + 1].seq, "{next:?}");
        assert_eq!(next.parts.parent, all[at + 1].parts.parent);
    }
    drop(keeper);
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_not_asked_on_after_is_delivered_again() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    let mut client = Client::join(&kernel, "client").await;
    let id = client.send("print once").await;
    let text = loop {
        let delivery = client.next().await;
        if delivery.parts.label().msg_type == "stream" {
            break delivery;
        }
    };
    // Whoever had it may have died before passing it on.
    drop(client);
    let mut again = Client::join(&kernel, "client").await;
    let outcome = again.outcome(&id).await;
    assert_eq!((outcome.text, outcome.status), ok("once\n"));
    assert!(again.connection.from() < text.seq);
}

#[tokio::test(flavor = "current_thread")]
async fn only_what_is_idle_is_culled() {
    let place = Place::new();
    let (kernels, kernel) = place.with_kernel().await;
    let mut client = Client::join(&kernel, "client").await;
    let id = client.send("hang").await;
    until(&kernel, ExecutionState::Busy).await;
    assert!(
        kernels.cull(Duration::ZERO, true).await.is_empty(),
        "it is busy"
    );
    // A request beside the cell comes and goes, and the cell is still on.
    client
        .request(Channel::Control, "kernel_info_request", &json!({}))
        .await;
    loop {
        let (channel, _) = client.next_message().await;
        if channel == Channel::Control {
            break;
        }
    }
    assert!(
        kernels.cull(Duration::ZERO, true).await.is_empty(),
        "it is busy"
    );
    kernels.interrupt(kernel.id()).await.unwrap();
    assert_eq!(client.outcome(&id).await.status, "error");
    assert!(
        kernels.cull(Duration::ZERO, false).await.is_empty(),
        "somebody is connected"
    );
    assert!(
        kernels.cull(Duration::from_hours(1), true).await.is_empty(),
        "it was used"
    );
    assert_eq!(kernels.cull(Duration::ZERO, true).await, [kernel.id()]);
    assert!(kernels.list().is_empty());
}
