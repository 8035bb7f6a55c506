//! Outputs find their way into the notebook, also when nobody is there to take them.
//!
//! Each kernel of an open notebook has a scribe: one more client, which follows the outputs of every cell that
//! was asked to run. While the client that asked is connected, it shows and saves them itself, and the scribe
//! writes nothing. Once it is away, or where this server asked, the outputs are written into the document, cell
//! by cell, as they come.
//!
//! What a scribe has heard of cells that still run is in a journal beside the server's state, written before the
//! kernel's host is told that it arrived: a server that was killed goes on where it was.

mod captured;
mod desk;
mod fold;
mod journal;
mod pieces;
mod presence;
mod question;
mod shown_widgets;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use nbpress_kernel::kernels::InteractiveKernel;
use nbpress_protocol::Parts;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::jupyter::JupyterSettings;
use crate::live::Live;

use desk::Desk;
use journal::Journal;
pub(crate) use pieces::Piece;
pub(crate) use presence::Here;
use presence::Presence;
pub(crate) use question::Question;

/// The session in whose name a scribe listens, and asks.
const SESSION: &str = "nbpress-scribe";
/// Requests that may wait for a scribe.
const QUEUE: usize = 64;

/// The scribes of a server.
#[derive(Debug, Default)]
pub(crate) struct Scribes {
    live: Live,
    /// By their kernels.
    at_work: Mutex<BTreeMap<Uuid, Scribe>>,
    tasks: Mutex<JoinSet<()>>,
}

/// The way to one kernel's scribe.
#[derive(Clone, Debug)]
pub(crate) struct Scribe {
    told: mpsc::Sender<Told>,
    presence: Arc<Presence>,
    question: watch::Receiver<Option<Question>>,
    running: watch::Receiver<Vec<String>>,
}

/// What a scribe shares with those who ask for it.
#[derive(Debug)]
struct Around {
    presence: Arc<Presence>,
    asking: watch::Sender<Option<Question>>,
    running: watch::Sender<Vec<String>>,
    live: Live,
}

/// Cells that are to run.
#[derive(Debug)]
pub(crate) struct Cells {
    /// Id and code of each.
    pub(crate) cells: Vec<(String, String)>,
    /// Whether somebody answers what the code asks.
    pub(crate) answered: bool,
}

/// What a scribe is told.
#[derive(Debug)]
enum Told {
    /// A client's request is about to go to the kernel.
    Request(Parts, oneshot::Sender<()>),
    Execute(Cells, oneshot::Sender<Vec<String>>),
    /// Somebody begins to look at what cells show.
    Look(oneshot::Sender<Vec<Piece>>),
    /// The kernel is about to be started anew.
    Restart(oneshot::Sender<()>),
    /// What was asked, by the question's id, and the answer; whether it was still asked.
    Answer(String, String, oneshot::Sender<bool>),
}

impl Scribes {
    /// Scribes that say which cells run.
    pub(crate) fn new(live: Live) -> Self {
        Self {
            live,
            ..Self::default()
        }
    }

    /// The scribe of a kernel that belongs to a notebook; it is there when this returns.
    pub(crate) async fn of(
        &self,
        jupyter: &JupyterSettings,
        kernel: &InteractiveKernel,
    ) -> Option<Scribe> {
        desk::document_of(jupyter, kernel.id())?;
        if let Some(scribe) = self.there(kernel.id()) {
            return Some(scribe);
        }
        let connection = kernel.connect_uncounted(SESSION, None).await.ok()?;
        let journal = Journal::open(&folder(jupyter), kernel.id()).ok()?;
        let (told, listening) = mpsc::channel(QUEUE);
        let presence = Arc::new(Presence::default());
        let (asking, question) = watch::channel(None);
        let (cells, running) = watch::channel(Vec::new());
        let scribe = Scribe {
            told,
            presence: Arc::clone(&presence),
            question,
            running,
        };
        let around = Around {
            presence,
            asking,
            running: cells,
            live: self.live.clone(),
        };
        let desk = Desk::new(jupyter.clone(), kernel.id(), connection, journal, around);
        let mut scribes = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        // Another client may have been as quick.
        if let Some(scribe) = scribes.get(&kernel.id()).filter(|scribe| scribe.works()) {
            return Some(scribe.clone());
        }
        scribes.insert(kernel.id(), scribe.clone());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.spawn(desk.work(listening));
        Some(scribe)
    }

    fn there(&self, kernel: Uuid) -> Option<Scribe> {
        let scribes = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        scribes
            .get(&kernel)
            .filter(|scribe| scribe.works())
            .cloned()
    }

    /// The cells of a kernel that run or wait, in the order they were asked for.
    pub(crate) fn running(&self, kernel: Uuid) -> Vec<String> {
        let scribe = self.there(kernel);
        scribe.map_or_else(Vec::new, |scribe| scribe.running.borrow().clone())
    }

    /// What the running cells of a kernel show, for somebody who hears of what comes then.
    pub(crate) async fn shown(&self, kernel: Uuid) -> Vec<Piece> {
        let Some(scribe) = self.there(kernel) else {
            return Vec::new();
        };
        let (done, shown) = oneshot::channel();
        let _told = scribe.told.send(Told::Look(done)).await;
        shown.await.unwrap_or_default()
    }

    /// A kernel is about to be started anew: what was asked of it so far is over.
    pub(crate) async fn restarts(&self, kernel: Uuid) {
        if let Some(scribe) = self.there(kernel) {
            let (done, noted) = oneshot::channel();
            let _told = scribe.told.send(Told::Restart(done)).await;
            let _gone = noted.await;
        }
    }

    /// Goes on with what a server before this one left unfinished.
    pub(crate) async fn resume(&self, jupyter: &JupyterSettings) {
        for kernel in Journal::kernels(&folder(jupyter)) {
            match jupyter.kernels.get(kernel) {
                Some(kernel) => drop(self.of(jupyter, &kernel).await),
                // Gone with its kernel: what is in the journal is all there will be.
                None => desk::settle(jupyter, kernel).await,
            }
        }
    }
}

fn folder(jupyter: &JupyterSettings) -> PathBuf {
    jupyter.state.join("scribes")
}

impl Scribe {
    fn works(&self) -> bool {
        !self.told.is_closed()
    }

    /// A client is connected for as long as the answer lives.
    pub(crate) fn here(&self, session: &str) -> Here {
        self.presence.here(session)
    }

    /// Notes a request before the kernel gets it, if it is one to run a cell of a document.
    pub(crate) async fn note(&self, parts: &Parts) {
        if parts.label().msg_type != "execute_request" || fold::cell_of(parts).is_none() {
            return;
        }
        let (done, noted) = oneshot::channel();
        if self
            .told
            .send(Told::Request(parts.clone(), done))
            .await
            .is_ok()
        {
            let _gone = noted.await;
        }
    }

    /// Asks the kernel to run cells, in order; none after one that fails. Answers with the ids of the requests.
    pub(crate) async fn execute(&self, cells: Cells) -> Option<Vec<String>> {
        let (done, asked) = oneshot::channel();
        self.told.send(Told::Execute(cells, done)).await.ok()?;
        asked.await.ok()
    }

    /// What a running cell waits for.
    pub(crate) fn question(&self) -> Option<Question> {
        self.question.borrow().clone()
    }

    /// Answers a question, by its id; false if it is not asked any more.
    pub(crate) async fn answer(&self, question: String, answer: String) -> bool {
        let (done, answered) = oneshot::channel();
        let told = Told::Answer(question, answer, done);
        self.told.send(told).await.is_ok() && answered.await.unwrap_or(false)
    }
}
