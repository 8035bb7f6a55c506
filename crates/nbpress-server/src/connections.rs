//! Connections of clients: how long one may take to say what it wants, and how all of them end with the server.

mod silence;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tokio::task::JoinSet;

use silence::Silence;

/// For the head of a request, and between two of them: longer than what proxies keep an idle connection for (nginx 60 s),
/// so that they close it and never ask one that is about to end.
pub(crate) const HEAD: Duration = Duration::from_secs(75);

/// Answers what comes until `stopped`; then lets every request end that has begun.
///
/// A client that takes longer than `head` for a head is closed, and so is one that says nothing at all.
pub(crate) async fn answer(
    mut listener: impl Listener,
    router: Router,
    head: Duration,
    stopped: impl Future<Output = ()>,
) {
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            (stream, _client) = listener.accept() => {
                connections.spawn(converse(stream, router.clone(), head, stopping.clone()));
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
    drop(listener);
    stop.send_replace(true);
    while connections.join_next().await.is_some() {}
}

async fn converse<I>(stream: I, router: Router, head: Duration, mut stopping: watch::Receiver<bool>)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    // Otherwise the first bytes, which could be those of HTTP/2, are waited for without a limit.
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head);
    let service = TowerToHyperService::new(router);
    // hyper's limit begins with the first byte.
    let stream = TokioIo::new(Silence::broken_within(head, stream));
    let mut answering = pin!(http.serve_connection_with_upgrades(stream, service));
    tokio::select! {
        // A client that goes away is no failure of the server.
        _closed = answering.as_mut() => return,
        _stop = stopping.wait_for(|stop| *stop) => {}
    }
    answering.as_mut().graceful_shutdown();
    let _closed = answering.await;
}
