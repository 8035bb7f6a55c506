//! Nothing that a kernel printed is lost, however slowly it is read.

use nbpress_kernel::kernels::ExecutionState;

use crate::place::{Client, Place, numbered, until};

const LINES: usize = 100_000;

#[tokio::test(flavor = "current_thread")]
async fn a_hundred_thousand_messages_arrive_complete_at_whoever_reads() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    let mut quick = Client::join(&kernel, "quick").await;
    let mut slow = Client::join(&kernel, "slow").await;
    let id = quick.send(&format!("lines {LINES}")).await;
    let outcome = quick.outcome(&id).await;
    assert!(
        outcome.text == numbered("line ", LINES),
        "{} bytes",
        outcome.text.len()
    );
    assert_eq!(outcome.status, "ok");
    // The other one has not read anything yet.
    let late = slow.overheard(&id).await;
    assert!(late.text == outcome.text, "{} bytes", late.text.len());
    assert!(late.messages < LINES / 10, "{} messages", late.messages);
}

#[tokio::test(flavor = "current_thread")]
async fn a_long_output_waits_in_files_and_goes_from_there() {
    let place = Place::new();
    let (_kernels, kernel) = place.with_kernel().await;
    let away = Client::join(&kernel, "away").await;
    let cell = "burst 3000000\n".repeat(10);
    let id = away.send(&cell).await;
    drop(away);
    until(&kernel, ExecutionState::Busy).await;
    until(&kernel, ExecutionState::Idle).await;
    let spool = place.folder_of(kernel.id()).join("spool");
    assert!(std::fs::read_dir(&spool).unwrap().count() > 0);
    let mut back = Client::join(&kernel, "away").await;
    assert_eq!(back.outcome(&id).await.text.len(), 30_000_000);
    // The next request says that everything before it has arrived.
    back.run("print more").await;
    back.run("print more").await;
    assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 0);
}
