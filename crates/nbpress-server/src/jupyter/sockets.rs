//! What every WebSocket of a front end does besides its own work: it stays alive, and says when to come back.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, close_code};
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// Proxies end connections on which nothing was said for a minute.
const PING: Duration = Duration::from_secs(30);

/// Ticks whenever a client is to be asked whether it is there.
#[derive(Debug)]
pub(crate) struct Heartbeat(Interval);

impl Heartbeat {
    pub(crate) fn new() -> Self {
        let mut interval = tokio::time::interval_at(Instant::now() + PING, PING);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(interval)
    }

    /// The next question. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Message {
        self.0.tick().await;
        Message::Ping(Bytes::new())
    }
}

/// Whoever may not use a WebSocket any more hears this: as 403, in the range that is left to applications.
pub(crate) const FORBIDDEN: u16 = 4403;

/// Tells a client that it may not be here any more.
pub(crate) fn forbidden() -> Message {
    Message::Close(Some(CloseFrame {
        code: FORBIDDEN,
        reason: Utf8Bytes::from_static("your permission has ended"),
    }))
}

/// Tells a client to come back: after a plain end JupyterLab would not.
pub(crate) fn restarting() -> Message {
    Message::Close(Some(CloseFrame {
        code: close_code::RESTART,
        reason: Utf8Bytes::from_static("the server restarts"),
    }))
}
