//! What handlers share: the settings, and what lives as long as the server.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use nbpress_trace::Tracer;
use tokio::sync::watch;
use uuid::Uuid;

use crate::base_url::BaseUrl;
use crate::changes::Changes;
use crate::configured::Configured;
use crate::guard::{Known, OpenId, SignIns};
use crate::jupyter::{Events, Seen, Terminals};
use crate::live::Live;
use crate::metrics::Requests;
use crate::readers::Readers;
use crate::scribe::Scribes;
use crate::search::Desk;
use crate::{App, ServerSettings};

/// The settings, and what a running server keeps in memory.
#[derive(Debug)]
pub(crate) struct Shared {
    settings: ServerSettings,
    /// What the paths of every request begin with.
    pub(crate) base: BaseUrl,
    /// Who is signed in.
    pub(crate) sign_ins: SignIns,
    /// What was read of users, tokens and share links.
    pub(crate) known: Known,
    /// What happens, for those who subscribed.
    pub(crate) events: Events,
    /// What clients were told of files.
    pub(crate) seen: Seen,
    /// What happens to files, and who follows.
    pub(crate) changes: Changes,
    /// What happens in open notebooks and is in no file.
    pub(crate) live: Live,
    /// The terminals that are open.
    pub(crate) terminals: Terminals,
    /// Who writes outputs into notebooks nobody looks at.
    pub(crate) scribes: Scribes,
    /// Which notebooks are open, and at whom.
    pub(crate) readers: Readers,
    /// The search index, where one is kept.
    pub(crate) search: OnceLock<Desk>,
    /// Who vouches for people, where somebody does.
    pub(crate) openid: OnceLock<OpenId>,
    /// Who hears of requests, where somebody does.
    pub(crate) tracer: OnceLock<Tracer>,
    /// What the server was told when it was started.
    pub(crate) configured: OnceLock<Vec<Configured>>,
    /// When the server was last used.
    pub(crate) activity: Activity,
    /// How many requests were answered.
    pub(crate) requests: Requests,
    /// True once the server is to end: by a signal, or because a client asked for it.
    pub(crate) stop: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn new(settings: ServerSettings) -> Self {
        let jupyter = settings.jupyter.as_ref();
        let live = Live::default();
        Self {
            base: BaseUrl::new(jupyter.map_or("/", |jupyter| &jupyter.base_url)),
            sign_ins: SignIns::open(
                jupyter.map(|jupyter| jupyter.state.as_path()),
                &settings.token,
            ),
            known: Known::default(),
            events: Events::default(),
            seen: Seen::default(),
            changes: Changes::default(),
            terminals: Terminals::default(),
            scribes: Scribes::new(live.clone()),
            live,
            readers: Readers::default(),
            search: OnceLock::new(),
            openid: OnceLock::new(),
            tracer: OnceLock::new(),
            configured: OnceLock::new(),
            activity: Activity::begin(),
            requests: Requests::default(),
            stop: watch::Sender::new(false),
            settings,
        }
    }

    /// Ends when the server is to end. Safe to cancel.
    pub(crate) async fn stopping(&self) {
        let mut stop = self.stop.subscribe();
        let _ended = stop.wait_for(|stop| *stop).await;
    }
}

impl Deref for Shared {
    type Target = ServerSettings;

    fn deref(&self) -> &ServerSettings {
        &self.settings
    }
}

/// When the server was last used, and by how many connections it is.
#[derive(Debug)]
pub(crate) struct Activity {
    started: Timestamp,
    last: AtomicI64,
    connections: Mutex<BTreeMap<Uuid, usize>>,
}

impl Activity {
    fn begin() -> Self {
        let started = Timestamp::now();
        Self {
            started,
            last: AtomicI64::new(started.as_microsecond()),
            connections: Mutex::default(),
        }
    }

    /// When the server was started.
    pub(crate) fn started(&self) -> Timestamp {
        self.started
    }

    /// When a client last asked for something.
    pub(crate) fn last(&self) -> Timestamp {
        Timestamp::from_microsecond(self.last.load(Ordering::Relaxed)).unwrap_or(self.started)
    }

    /// A client asks for something now.
    pub(crate) fn touch(&self) {
        let now = Timestamp::now().as_microsecond();
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// The connections of clients to kernels that are open.
    pub(crate) fn connections(&self) -> usize {
        self.lock().values().sum()
    }

    /// Those to one kernel.
    pub(crate) fn connections_to(&self, kernel: Uuid) -> usize {
        self.lock().get(&kernel).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, usize>> {
        let connections = self.connections.lock();
        connections.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is counted.
pub(crate) struct Connected {
    app: App,
    kernel: Uuid,
}

impl Connected {
    /// Counts a connection to a kernel for as long as the answer lives.
    pub(crate) fn to(app: &App, kernel: Uuid) -> Self {
        *app.activity.lock().entry(kernel).or_default() += 1;
        Self {
            app: App::clone(app),
            kernel,
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut connections = self.app.activity.lock();
        if let Some(count) = connections.get_mut(&self.kernel) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.kernel);
            }
        }
    }
}
