//! Where what a kernel sends meets those who are to get it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nbpress_protocol::content::Status;
use nbpress_protocol::{Channel, ConnectionInfo, Parts, Session};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::session::Sockets;
use super::spool::{Record, Spool, coalesced};
use super::{Delivery, ExecutionState, HostState};

/// How long messages are kept for a session that does not come back.
const AWAY_FOR_GOOD: Duration = Duration::from_hours(24);
/// From this size of the spool on, in bytes, they are kept only as long as nobody is connected who does
/// without them.
const MUCH: u64 = 1 << 30;
/// How many messages of a client may wait for the kernel.
const WAITING: usize = 64;

/// See the module.
#[derive(Debug)]
pub(super) struct Exchange {
    inner: Mutex<Inner>,
    last_seq: watch::Sender<u64>,
    state: watch::Sender<HostState>,
    /// Where the kernel listens, while it does.
    connection: watch::Sender<Option<Arc<ConnectionInfo>>>,
    /// Makes the messages that are not from the kernel.
    own: Session,
}

#[derive(Debug)]
struct Inner {
    spool: Spool,
    sessions: BTreeMap<Arc<str>, Client>,
    /// Requests to execute that the kernel works on.
    executing: BTreeSet<String>,
    connections: u64,
    sockets: JoinSet<()>,
}

/// A session, connected or away.
#[derive(Debug)]
struct Client {
    /// The last message it has said it has.
    acknowledged: u64,
    /// The last message that was for it, of those it was sent.
    delivered: u64,
    /// How far the spool was gone through for it.
    through: u64,
    presence: Presence,
    outgoing: mpsc::Sender<(Channel, Parts)>,
    sockets: AbortHandle,
}

#[derive(Debug)]
enum Presence {
    Connected {
        number: u64,
        uncounted: bool,
        #[expect(dead_code, reason = "dropped to say that another connection took over")]
        replace: oneshot::Sender<()>,
    },
    Away {
        since: Instant,
    },
}

impl Client {
    /// The last message it does not need any more.
    fn has(&self) -> u64 {
        if self.acknowledged >= self.delivered {
            self.acknowledged.max(self.through)
        } else {
            self.acknowledged
        }
    }

    fn is_connected(&self) -> bool {
        matches!(self.presence, Presence::Connected { .. })
    }
}

/// A connection of a session.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) session: Arc<str>,
    number: u64,
    /// Deliveries begin after this message.
    pub(super) from: u64,
    pub(super) outgoing: mpsc::Sender<(Channel, Parts)>,
    /// Ends when another connection takes over.
    pub(super) replaced: oneshot::Receiver<()>,
}

/// What is next for a session.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) deliveries: Vec<Delivery>,
    /// The message up to which this is everything.
    pub(super) through: u64,
}

impl Exchange {
    pub(super) fn new(spool: PathBuf, state: HostState) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(Inner {
                spool: Spool::new(spool),
                sessions: BTreeMap::new(),
                executing: BTreeSet::new(),
                connections: 0,
                sockets: JoinSet::new(),
            }),
            last_seq: watch::Sender::new(0),
            state: watch::Sender::new(state),
            connection: watch::Sender::new(None),
            own: Session::new("nbpress"),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts up with each message.
    pub(super) fn messages(&self) -> watch::Receiver<u64> {
        self.last_seq.subscribe()
    }

    /// How the kernel is. What changes with every message (the last one's number and time) is looked up, and
    /// not told of.
    pub(super) fn states(&self) -> watch::Receiver<HostState> {
        self.state.subscribe()
    }

    /// The kernel sent a message: to everybody, or to one session.
    pub(super) fn publish(&self, channel: Channel, to: Option<&Arc<str>>, parts: Parts) {
        let kind = parts.label().msg_type;
        let is_text = channel == Channel::Iopub && kind == "stream";
        let mut inner = self.inner();
        if channel == Channel::Iopub && kind == "status" {
            self.note_status(&mut inner, &parts);
        }
        let on_their_way = inner.on_their_way();
        let spool = &mut inner.spool;
        spool.append(channel, to.cloned(), is_text, parts, on_their_way);
        let last_seq = inner.spool.last_seq();
        if inner.sessions.is_empty() {
            inner.spool.release(last_seq);
        } else if inner.spool.in_files() > MUCH {
            inner.forget_longest_away();
        }
        drop(inner);
        self.touch();
        self.last_seq.send_replace(last_seq);
    }

    /// A message was sent in some direction.
    pub(super) fn touch(&self) {
        self.state.send_if_modified(|state| {
            state.revision += 1;
            state.model.last_activity = Timestamp::now();
            false
        });
    }

    fn note_status(&self, inner: &mut Inner, parts: &Parts) {
        let Ok(status) = serde_json::from_slice::<Status>(&parts.content) else {
            return;
        };
        let parent = parts.parent_label();
        let executes = parent.msg_type == "execute_request";
        match status.execution_state.as_str() {
            "busy" if executes => {
                inner.executing.insert(parent.msg_id.into_owned());
            }
            "idle" if executes => {
                inner.executing.remove(parent.msg_id.as_ref());
            }
            "busy" | "idle" => {}
            _ => return,
        }
        // A request that is handled beside a running cell does not end the cell.
        let busy = status.execution_state == "busy" || !inner.executing.is_empty();
        let now = if busy {
            ExecutionState::Busy
        } else {
            ExecutionState::Idle
        };
        self.set_state(|state| state.model.execution_state = now);
    }

    fn set_state(&self, change: impl FnOnce(&mut HostState)) {
        self.state.send_if_modified(|state| {
            let before = state.clone();
            change(state);
            let changed = *state != before;
            state.revision += u64::from(changed);
            changed
        });
    }

    /// Tells everybody, in the kernel's place, how it is.
    pub(super) fn announce(&self, execution_state: ExecutionState) {
        let content = serde_json::json!({ "execution_state": execution_state }).to_string();
        let message = self.own.message("status", content);
        self.publish(Channel::Iopub, None, message.to_parts());
    }

    /// The kernel's process is there, and does not answer yet.
    pub(super) fn launched(&self, process_id: u32) {
        self.set_state(|state| state.process_id = Some(process_id));
    }

    /// The kernel is gone, or not there yet.
    pub(super) fn down(&self, now: ExecutionState, reason: Option<String>) {
        self.connection.send_replace(None);
        self.inner().executing.clear();
        self.set_state(|state| {
            state.model.execution_state = now;
            state.process_id = None;
            state.model.reason = reason;
        });
    }

    /// The kernel answers.
    pub(super) fn up(&self, connection: &ConnectionInfo, process_id: u32) {
        self.set_state(|state| {
            state.model.execution_state = ExecutionState::Idle;
            state.process_id = Some(process_id);
        });
        self.connection
            .send_replace(Some(Arc::new(connection.clone())));
        self.announce(ExecutionState::Idle);
    }

    /// How the kernel is at this moment.
    pub(super) fn state(&self) -> HostState {
        let mut state = self.state.borrow().clone();
        state.last_seq = *self.last_seq.borrow();
        state
    }

    /// A client connects in the name of a session.
    pub(super) fn join(
        self: &Arc<Self>,
        session: &str,
        from: Option<u64>,
        uncounted: bool,
    ) -> Joined {
        let mut inner = self.inner();
        inner.forget_those_away_for_good();
        inner.connections += 1;
        let number = inner.connections;
        let session: Arc<str> = Arc::from(session);
        let (replace, replaced) = oneshot::channel();
        let Inner {
            spool,
            sessions,
            sockets,
            ..
        } = &mut *inner;
        let last_seq = spool.last_seq();
        let client = sessions
            .entry(Arc::clone(&session))
            .or_insert_with(|| self.first_seen(sockets, &session, last_seq));
        client.presence = Presence::Connected {
            number,
            uncounted,
            replace,
        };
        let from = from.unwrap_or(client.has()).min(last_seq);
        (client.acknowledged, client.delivered, client.through) = (from, from, from);
        let outgoing = client.outgoing.clone();
        self.count_connections(&inner);
        Joined {
            session,
            number,
            from,
            outgoing,
            replaced,
        }
    }

    fn first_seen(
        self: &Arc<Self>,
        sockets: &mut JoinSet<()>,
        session: &Arc<str>,
        last_seq: u64,
    ) -> Client {
        let (outgoing, waiting) = mpsc::channel(WAITING);
        let own = Sockets::new(Arc::clone(session), Arc::clone(self), waiting);
        Client {
            acknowledged: last_seq,
            delivered: last_seq,
            through: last_seq,
            presence: Presence::Away {
                since: Instant::now(),
            },
            outgoing,
            sockets: sockets.spawn(own.run(self.connection.subscribe())),
        }
    }

    /// A connection has ended.
    pub(super) fn leave(&self, joined: &Joined) {
        let mut inner = self.inner();
        if let Some(client) = inner.sessions.get_mut(&joined.session)
            && matches!(client.presence, Presence::Connected { number, .. } if number == joined.number)
        {
            client.presence = Presence::Away {
                since: Instant::now(),
            };
        }
        self.count_connections(&inner);
    }

    fn count_connections(&self, inner: &Inner) {
        let counted = inner.sessions.values().filter(|client| {
            let uncounted = matches!(
                client.presence,
                Presence::Connected {
                    uncounted: true,
                    ..
                }
            );
            client.is_connected() && !uncounted
        });
        let connections = counted.count();
        self.set_state(|state| state.model.connections = connections);
    }

    /// A session has everything up to this message.
    pub(super) fn acknowledge(&self, session: &str, seq: u64) {
        let mut inner = self.inner();
        if let Some(client) = inner.sessions.get_mut(session) {
            client.acknowledged = client.acknowledged.max(seq);
        }
        inner.release();
    }

    /// What is next for a session after a message.
    pub(super) fn next(&self, session: &str, after: u64) -> io::Result<Batch> {
        let mut inner = self.inner();
        let records = inner.spool.read(after)?;
        let through = records.last().map_or(after, |record| record.seq);
        let its = |record: &Record| record.to.as_deref().is_none_or(|to| to == session);
        let deliveries: Vec<Delivery> = coalesced(records.into_iter().filter(its))
            .into_iter()
            .map(|record| Delivery {
                seq: record.seq,
                channel: record.channel,
                parts: record.parts,
            })
            .collect();
        if let Some(client) = inner.sessions.get_mut(session) {
            client.through = through;
            if let Some(last) = deliveries.last() {
                client.delivered = last.seq;
            }
        }
        Ok(Batch {
            deliveries,
            through,
        })
    }
}

impl Inner {
    /// The last message that everybody has, or is being sent at this moment.
    fn on_their_way(&self) -> u64 {
        let sent = self.sessions.values().map(|client| {
            if client.is_connected() {
                client.through
            } else {
                client.has()
            }
        });
        sent.min().unwrap_or(0)
    }

    /// Lets go of what everybody has.
    fn release(&mut self) {
        let everybody = self.sessions.values().map(Client::has).min();
        let through = everybody.unwrap_or_else(|| self.spool.last_seq());
        self.spool.release(through);
    }

    fn forget(&mut self, is_forgotten: impl Fn(&str, &Client) -> bool) {
        self.sessions.retain(|session, client| {
            let forgotten = is_forgotten(session, client);
            if forgotten {
                client.sockets.abort();
            }
            !forgotten
        });
        // Only takes what has ended out of the set.
        while self.sockets.try_join_next().is_some() {}
        self.release();
    }

    fn forget_those_away_for_good(&mut self) {
        self.forget(|_, client| {
            matches!(client.presence, Presence::Away { since } if since.elapsed() > AWAY_FOR_GOOD)
        });
    }

    /// Nobody who is connected has to do with less because somebody else does not come back.
    fn forget_longest_away(&mut self) {
        if !self.sessions.values().any(Client::is_connected) {
            return;
        }
        let away = self.sessions.iter().filter_map(|(session, client)| {
            let Presence::Away { since } = client.presence else {
                return None;
            };
            Some((since, Arc::clone(session)))
        });
        if let Some((_, longest)) = away.min() {
            self.forget(|session, _| session == &*longest);
        }
    }
}
