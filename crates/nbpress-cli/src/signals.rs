//! SIGINT, SIGTERM and SIGHUP end a run in good order; the second one ends it at once.

use nbpress_execute::Stop;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Listens until the returned task is dropped. Handlers are installed explicitly, so this works as
/// PID 1 too, where unhandled signals are ignored.
pub(crate) fn listen() -> std::io::Result<(watch::Receiver<Stop>, tokio::task::JoinSet<()>)> {
    let (sender, receiver) = watch::channel(Stop::default());
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        loop {
            let number = tokio::select! {
                () = received(&mut interrupt) => SignalKind::interrupt(),
                () = received(&mut terminate) => SignalKind::terminate(),
                () = received(&mut hangup) => SignalKind::hangup(),
            };
            sender.send_modify(|stop| {
                *stop = Stop {
                    signal: number.as_raw_value(),
                    times: stop.times + 1,
                }
            });
        }
    });
    Ok((receiver, tasks))
}

async fn received(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}
