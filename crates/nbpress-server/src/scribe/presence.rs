//! Which clients are connected to a kernel, and since when others are not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A client that lost its connection comes back within this, or is away.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Presence {
    sessions: Mutex<BTreeMap<String, Seen>>,
}

#[derive(Debug)]
struct Seen {
    connections: usize,
    left: Instant,
}

/// A client that is connected.
#[derive(Debug)]
pub(crate) struct Here {
    presence: Arc<Presence>,
    session: String,
}

impl Presence {
    pub(super) fn here(self: &Arc<Self>, session: &str) -> Here {
        self.change(session, |seen| seen.connections += 1);
        Here {
            presence: Arc::clone(self),
            session: session.to_owned(),
        }
    }

    fn change(&self, session: &str, change: impl FnOnce(&mut Seen)) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = sessions.entry(session.to_owned()).or_insert_with(|| Seen {
            connections: 0,
            left: Instant::now(),
        });
        change(seen);
    }

    /// Whether a client is away for good. One that was never seen has as long to come as one that left, from now:
    /// this server may have just started.
    pub(super) fn is_away(&self, session: &str) -> bool {
        let mut away = false;
        self.change(session, |seen| {
            away = seen.connections == 0 && seen.left.elapsed() >= GRACE;
        });
        away
    }

    pub(super) fn is_here(&self, session: &str) -> bool {
        let mut here = false;
        self.change(session, |seen| here = seen.connections > 0);
        here
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        self.presence.change(&self.session, |seen| {
            seen.connections = seen.connections.saturating_sub(1);
            seen.left = Instant::now();
        });
    }
}
