//! SIGINT, SIGTERM and SIGHUP end a run in good order; the second one ends it at once.

use std::time::{Duration, Instant};

use nbpress_execute::Stop;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long the second signal may take to have an effect before another one ends this process
/// without ceremony. Somebody who holds down Ctrl-C means the second.
const AT_ONCE: Duration = Duration::from_secs(2);

/// SIGXFSZ, which kills who writes past a limit on the size of files (setrlimit(2)).
const TOO_LARGE: i32 = 25;

/// Listens as long as this value lives.
#[derive(Debug)]
pub(crate) struct Listening(
    #[expect(dead_code, reason = "held, never read")] tokio::sync::oneshot::Sender<()>,
);

/// Listens until the second value is dropped. Handlers are installed explicitly, so this works as
/// PID 1 too, where unhandled signals are ignored.
///
/// It has a thread of its own: the one that runs cells may be stuck, because nobody reads what it
/// prints or because a file system hangs.
pub(crate) fn listen() -> std::io::Result<(watch::Receiver<Stop>, Listening)> {
    let (sender, receiver) = watch::channel(Stop::default());
    let (held, dropped) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Installed before this returns.
    let signals = {
        let _entered = runtime.enter();
        Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            _too_large: signal(SignalKind::from_raw(TOO_LARGE))?,
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = signals.pass_on(sender) => {}
                    _dropped = dropped => {}
                }
            });
        })?;
    Ok((receiver, Listening(held)))
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    /// Heard and not heeded: the write that was too large fails, which can be told.
    _too_large: Signal,
}

impl Signals {
    async fn pass_on(mut self, sender: watch::Sender<Stop>) {
        let mut second = None;
        loop {
            let kind = self.next().await;
            let times = sender.borrow().times + 1;
            let signal = kind.as_raw_value();
            sender.send_replace(Stop { signal, times });
            match second {
                None if times > 1 => second = Some(Instant::now()),
                Some(since) if since.elapsed() > AT_ONCE => end_without_ceremony(signal),
                _ => {}
            }
        }
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            () = received(&mut self.interrupt) => SignalKind::interrupt(),
            () = received(&mut self.terminate) => SignalKind::terminate(),
            () = received(&mut self.hangup) => SignalKind::hangup(),
        }
    }
}

/// The record is complete up to its last event, and the kernel's guard ends what it started.
#[expect(
    clippy::exit,
    reason = "the thread that would return from main is stuck"
)]
fn end_without_ceremony(signal: i32) -> ! {
    std::process::exit(128 + signal)
}

async fn received(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}
