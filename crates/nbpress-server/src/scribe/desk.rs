//! A scribe at work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nbpress_contents::{Condition, ContentsError, ContentsPath, Workspace};
use nbpress_format::{Json, Notebook};
use nbpress_kernel::kernels::{Connection, ConnectionReceiver, ConnectionSender};
use nbpress_protocol::content::{ExecuteRequest, Status};
use nbpress_protocol::{Channel, Parts, Session};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, sleep_until};
use uuid::Uuid;

use crate::jupyter::JupyterSettings;
use crate::live::Live;

use super::captured::{Captured, Kept};
use super::fold::{Fold, cell_of};
use super::journal::Journal;
use super::pieces::{Piece, Pieces};
use super::presence::Presence;
use super::question::Question;
use super::shown_widgets;
use super::{Around, Cells, SESSION, Told, folder};

/// Between two looks at what is to be written.
const LOOK: Duration = Duration::from_millis(500);
/// Shortest time between two saves while cells run.
const BETWEEN_SAVES: Duration = Duration::from_secs(2);
/// Shortest time between two pieces of what cells show.
const BETWEEN_PIECES: Duration = Duration::from_millis(100);
/// Saving takes at most this share of the time: one part in as many.
const SHARE: u32 = 50;
/// How often a save is tried again because somebody else was quicker.
const TRIES: usize = 5;

/// The notebook that a kernel belongs to.
pub(super) fn document_of(jupyter: &JupyterSettings, kernel: Uuid) -> Option<ContentsPath> {
    let sessions = jupyter.sessions.all();
    let session = sessions
        .into_iter()
        .find(|session| session.kernel == kernel && session.kind == "notebook")?;
    ContentsPath::parse(&session.path).ok()
}

/// A cell that was asked to run.
#[derive(Debug)]
struct Work {
    /// Which one it was, of all that were asked for.
    number: u64,
    session: String,
    cell: String,
    fold: Fold,
    pieces: Pieces,
    is_dirty: bool,
    /// Whether those who look do not know all of it.
    is_untold: bool,
    is_over: bool,
}

impl Work {
    fn changes(&mut self, really: bool) {
        self.is_dirty |= really;
        self.is_untold |= really;
    }
}

pub(super) struct Desk {
    jupyter: JupyterSettings,
    kernel: Uuid,
    sender: ConnectionSender,
    receiver: ConnectionReceiver,
    journal: Journal,
    presence: Arc<Presence>,
    session: Session,
    /// By the id of the request.
    works: BTreeMap<String, Work>,
    asked: u64,
    asking: watch::Sender<Option<Question>>,
    running: watch::Sender<Vec<String>>,
    live: Live,
    captured: Captured,
    /// Contents of messages to widgets, still to be sent.
    to_widgets: Vec<String>,
    /// Not before this is anything saved.
    next_save: Instant,
    /// Not before this is anything told of what cells show.
    next_piece: Instant,
}

impl Desk {
    pub(super) fn new(
        jupyter: JupyterSettings,
        kernel: Uuid,
        connection: Connection,
        journal: Journal,
        around: Around,
    ) -> Self {
        let (sender, receiver) = connection.split();
        Self {
            jupyter,
            kernel,
            sender,
            receiver,
            journal,
            presence: around.presence,
            session: Session::new("nbpress"),
            works: BTreeMap::new(),
            asked: 0,
            asking: around.asking,
            running: around.running,
            live: around.live,
            captured: Captured::default(),
            to_widgets: Vec::new(),
            next_save: Instant::now(),
            next_piece: Instant::now(),
        }
    }

    pub(super) async fn work(mut self, mut told: mpsc::Receiver<Told>) {
        for (channel, parts) in self.journal.replay().unwrap_or_default() {
            self.hear(channel, &parts);
        }
        // What widgets were to be told of it they have been told.
        self.to_widgets.clear();
        self.tell_running();
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                Some(told) = told.recv() => self.told(told).await,
                () = sleep_until(self.next_piece), if self.has_pieces() => self.tell_pieces(),
                delivered = self.receiver.recv() => {
                    let Ok(delivery) = delivered else { break };
                    if self.concerns(delivery.channel, &delivery.parts) {
                        // On file before the host hears that it arrived, which the next `recv` tells it.
                        let _full = self.journal.append(delivery.channel, &delivery.parts);
                        self.hear(delivery.channel, &delivery.parts);
                        self.tell_widgets().await;
                    } else if delivery.channel == Channel::Iopub && is_comm(&delivery.parts) {
                        // What somebody does with a widget is saved with what a cell shows next.
                        self.captured.take(&delivery.parts);
                    }
                }
                _ = looks.tick(), if !self.works.is_empty() => self.look().await,
            }
            self.tell_running();
        }
        // The kernel is gone, and nobody will show what it said last but this.
        self.works
            .retain(|_, work| !self.presence.is_here(&work.session));
        self.save().await;
        self.forget(|_| true);
        self.journal.remove();
    }

    async fn told(&mut self, told: Told) {
        match told {
            Told::Request(parts, done) => {
                let _full = self.journal.append(Channel::Shell, &parts);
                self.hear(Channel::Shell, &parts);
                let _gone = done.send(());
            }
            Told::Restart(done) => {
                let parts = self.message("restart", b"{}".to_vec());
                let _full = self.journal.append(Channel::Control, &parts);
                self.hear(Channel::Control, &parts);
                let _gone = done.send(());
            }
            Told::Execute(cells, done) => {
                let _gone = done.send(self.execute(&cells).await);
            }
            Told::Look(done) => {
                let _gone = done.send(self.shown());
            }
            Told::Answer(question, answer, done) => {
                let _gone = done.send(self.answer(&question, &answer).await);
            }
        }
    }

    /// Asks the kernel to run cells; answers with the ids of the requests.
    async fn execute(&mut self, Cells { cells, answered }: &Cells) -> Vec<String> {
        let request = |(cell, code): &(String, String)| self.request(cell, code, *answered);
        let requests: Vec<Parts> = cells.iter().map(request).collect();
        let mut ids = Vec::with_capacity(requests.len());
        for parts in requests {
            ids.push(parts.label().msg_id.into_owned());
            let _full = self.journal.append(Channel::Shell, &parts);
            self.hear(Channel::Shell, &parts);
            let _gone = self.sender.send(Channel::Shell, parts).await;
        }
        ids
    }

    /// Passes an answer on; false if that is not asked any more.
    async fn answer(&mut self, question: &str, answer: &str) -> bool {
        let asked = |asked: &Question| asked.id == question;
        if !self.asking.borrow().as_ref().is_some_and(asked) {
            return false;
        }
        let content = serde_json::json!({ "value": answer }).to_string();
        let parts = self.message("input_reply", content.into_bytes());
        // What was asked and answered is asked no more after a restart of the server; the answer may be a password.
        let noted = self.message("input_reply", b"{}".to_vec());
        let _full = self.journal.append(Channel::Stdin, &noted);
        self.hear(Channel::Stdin, &noted);
        self.sender.send(Channel::Stdin, parts).await.is_ok()
    }

    fn request(&self, cell: &str, code: &str, answered: bool) -> Parts {
        let request = ExecuteRequest {
            code,
            silent: false,
            store_history: true,
            user_expressions: serde_json::Map::new(),
            allow_stdin: answered,
            stop_on_error: true,
        };
        let mut parts = self.message(
            "execute_request",
            serde_json::to_vec(&request).unwrap_or_default(),
        );
        let metadata = serde_json::json!({"cellId": cell});
        parts.metadata = Bytes::from(metadata.to_string());
        parts
    }

    /// A message in the name of the session that is connected: what the kernel asks comes to nobody else.
    fn message(&self, kind: &str, content: Vec<u8>) -> Parts {
        let mut message = self.session.message(kind, content);
        SESSION.clone_into(&mut message.header.session);
        Parts::from(&message)
    }

    fn concerns(&self, channel: Channel, parts: &Parts) -> bool {
        let request = parts.parent_label().msg_id;
        match channel {
            Channel::Shell => is_abort(parts),
            Channel::Iopub if is_death(parts) => true,
            _ => self.works.contains_key(request.as_ref()),
        }
    }

    /// Says which cells run or wait, where that has changed.
    fn tell_running(&self) {
        let mut works: Vec<&Work> = self.works.values().filter(|work| !work.is_over).collect();
        works.sort_unstable_by_key(|work| work.number);
        let cells: Vec<String> = works.iter().map(|work| work.cell.clone()).collect();
        let changed = |told: &mut Vec<String>| {
            let differs = *told != cells;
            told.clone_from(&cells);
            differs
        };
        if self.running.send_if_modified(changed)
            && let Some(path) = document_of(&self.jupyter, self.kernel)
        {
            self.live
                .tell(path, "cells", &serde_json::json!({ "cells": cells }));
        }
    }

    /// Nothing of what was asked for will go on: the kernel is another one.
    fn end_all(&mut self) {
        for work in self.works.values_mut() {
            work.is_over = true;
        }
        self.captured = Captured::default();
        self.asking.send_replace(None);
    }

    fn hear(&mut self, channel: Channel, parts: &Parts) {
        match channel {
            Channel::Shell if is_abort(parts) => {
                // Some kernels say nothing else of a cell that they do not run.
                let request = parts.parent_label().msg_id;
                if let Some(work) = self.works.get_mut(request.as_ref()) {
                    work.is_over = true;
                }
            }
            Channel::Shell => {
                let label = parts.label();
                let Some(cell) = cell_of(parts) else { return };
                // One at a time is what a cell shows.
                self.works.retain(|_, work| work.cell != cell);
                self.asked += 1;
                let work = Work {
                    number: self.asked,
                    session: label.session.into_owned(),
                    cell,
                    fold: Fold::default(),
                    pieces: Pieces::default(),
                    is_dirty: false,
                    is_untold: false,
                    is_over: false,
                };
                self.works.insert(label.msg_id.into_owned(), work);
            }
            Channel::Iopub => self.hear_output(parts),
            Channel::Stdin => self.hear_question(parts),
            // What was noted of a restart; kernels say nothing there that is heard.
            Channel::Control => self.end_all(),
            Channel::Heartbeat => {}
        }
    }

    fn hear_question(&self, parts: &Parts) {
        let asked = self.works.get(parts.parent_label().msg_id.as_ref());
        let question = asked.map(|work| Question::of(parts, work.cell.clone()));
        self.asking.send_replace(question);
    }

    fn hear_output(&mut self, parts: &Parts) {
        if is_death(parts) {
            return self.end_all();
        }
        let kind = parts.label().msg_type;
        if kind == "update_display_data" {
            for work in self.works.values_mut() {
                let really = work.fold.update(parts);
                work.changes(really);
            }
            return;
        }
        let Some(work) = self.works.get_mut(parts.parent_label().msg_id.as_ref()) else {
            return;
        };
        if kind == "status" {
            work.is_over |= is_idle(parts);
            // An interrupted cell waits for nothing.
            self.asking.send_if_modified(|asked| {
                let theirs =
                    work.is_over && asked.as_ref().is_some_and(|one| one.cell == work.cell);
                theirs && asked.take().is_some()
            });
            return;
        }
        // Other clients capture what their own requests show; their widgets are saved all the same.
        if (work.session == SESSION || kind.starts_with("comm_"))
            && let Kept::ByWidget(told) = self.captured.take(parts)
        {
            self.to_widgets.extend(told);
            return;
        }
        let really = work.fold.take(parts);
        work.changes(really);
    }

    /// Whether the outputs of a cell are written here.
    fn writes(&self, work: &Work) -> bool {
        work.session == SESSION || self.presence.is_away(&work.session)
    }

    fn has_pieces(&self) -> bool {
        let mut works = self.works.values();
        works.any(|work| work.is_untold && self.writes(work))
    }

    /// Tells those who look what has changed since.
    fn tell_pieces(&mut self) {
        self.next_piece = Instant::now() + BETWEEN_PIECES;
        let presence = Arc::clone(&self.presence);
        let away = |work: &Work| work.session == SESSION || presence.is_away(&work.session);
        let is_watched = self.live.is_watched();
        let (mut pieces, mut too_long) = (Vec::new(), Vec::new());
        for work in self.works.values_mut() {
            if !work.is_untold || !away(work) {
                continue;
            }
            work.is_untold = false;
            match work.pieces.next(&work.cell, &mut work.fold, is_watched) {
                Ok(piece) => pieces.extend(piece),
                Err(()) => too_long.push(work.cell.clone()),
            }
        }
        self.tell_outputs("output", &pieces);
        self.tell_outputs("written", &too_long);
    }

    fn tell_outputs<T: serde::Serialize>(&self, name: &'static str, cells: &[T]) {
        if !cells.is_empty()
            && let Some(path) = document_of(&self.jupyter, self.kernel)
        {
            self.live.tell_outputs(path, name, cells);
        }
    }

    /// What all cells show that are not in the document yet, for somebody who hears what comes then.
    fn shown(&mut self) -> Vec<Piece> {
        self.tell_pieces();
        let works = self.works.values_mut();
        let begun = works.filter(|work| work.pieces.have_begun());
        begun
            .filter_map(|work| work.pieces.whole(&work.cell, &work.fold))
            .collect()
    }

    /// Forgets cells, and says that what they show is in the document.
    fn forget(&mut self, which: impl Fn(&Work) -> bool) {
        let gone = self.works.extract_if(.., |_, work| which(work));
        let gone: Vec<String> = gone
            .filter(|(_, work)| work.pieces.have_begun())
            .map(|(_, work)| work.cell)
            .collect();
        self.tell_outputs("written", &gone);
    }

    async fn tell_widgets(&mut self) {
        for content in std::mem::take(&mut self.to_widgets) {
            let parts = self.message("comm_msg", content.into_bytes());
            let _gone = self.sender.send(Channel::Shell, parts).await;
        }
    }

    /// Writes for those who are away; forgets what their clients have.
    async fn look(&mut self) {
        let presence = Arc::clone(&self.presence);
        self.forget(|work| work.is_over && presence.is_here(&work.session));
        let away = |work: &Work| work.session == SESSION || presence.is_away(&work.session);
        let due = self.works.values().any(|work| work.is_dirty && away(work));
        let over = self.works.values().any(|work| work.is_over && away(work));
        if due && (over || Instant::now() >= self.next_save) {
            let began = Instant::now();
            self.save_those(&away).await;
            self.next_save = Instant::now() + BETWEEN_SAVES.max(began.elapsed() * SHARE);
        }
        self.forget(|work| work.is_over && !work.is_dirty && away(work));
        if self.works.is_empty() {
            let _stays = self.journal.clear();
        }
    }

    async fn save(&mut self) {
        self.save_those(&|_| true).await;
    }

    async fn save_those(&mut self, which: &(dyn Fn(&Work) -> bool + Sync)) {
        let folds: BTreeMap<String, Fold> = self
            .works
            .values()
            .filter(|work| which(work) && work.is_dirty)
            .map(|work| (work.cell.clone(), work.fold.clone()))
            .collect();
        let Some(path) = document_of(&self.jupyter, self.kernel) else {
            return;
        };
        if folds.is_empty() {
            return;
        }
        let widgets = self.captured.state();
        if !write(&self.jupyter.workspace, &path, &folds, widgets.as_ref()).await {
            return;
        }
        for work in self.works.values_mut() {
            if folds.contains_key(&work.cell) {
                work.is_dirty = false;
            }
        }
    }
}

fn is_comm(parts: &Parts) -> bool {
    parts.label().msg_type.starts_with("comm_")
}

fn is_idle(status: &Parts) -> bool {
    state_of(status).as_deref() == Some("idle")
}

/// Whether it is the answer to a request that the kernel will not carry out, because one before it failed.
fn is_abort(parts: &Parts) -> bool {
    #[derive(serde::Deserialize)]
    struct Reply {
        status: String,
    }
    parts.label().msg_type == "execute_reply"
        && serde_json::from_slice::<Reply>(&parts.content)
            .is_ok_and(|reply| reply.status == "aborted")
}

/// Whether it says that the kernel died; its host says so, in answer to nothing.
fn is_death(parts: &Parts) -> bool {
    parts.label().msg_type == "status"
        && matches!(state_of(parts).as_deref(), Some("restarting" | "dead"))
}

fn state_of(status: &Parts) -> Option<String> {
    let status: Status = serde_json::from_slice(&status.content).ok()?;
    Some(status.execution_state)
}

/// Puts outputs into the cells of a document, and the state of widgets beside them; whether that is done, or cannot be.
async fn write(
    workspace: &Workspace,
    path: &ContentsPath,
    folds: &BTreeMap<String, Fold>,
    widgets: Option<&Json>,
) -> bool {
    for _ in 0..TRIES {
        match write_once(workspace, path, folds.clone(), widgets.cloned()).await {
            Ok(()) => return true,
            Err(ContentsError::Stale { .. }) => {}
            // It was deleted or is no notebook any more: nobody wants its outputs.
            Err(ContentsError::NotFound { .. } | ContentsError::WrongKind { .. }) => return true,
            Err(_) => return false,
        }
    }
    false
}

async fn write_once(
    workspace: &Workspace,
    path: &ContentsPath,
    folds: BTreeMap<String, Fold>,
    widgets: Option<Json>,
) -> Result<(), ContentsError> {
    let (entry, bytes) = workspace.read(path).await?;
    let changed =
        tokio::task::spawn_blocking(move || changed(&bytes, &folds, widgets.as_ref())).await;
    let Some(bytes) = changed.ok().flatten() else {
        return Ok(());
    };
    let unchanged = Condition::IfMatch(entry.etag.unwrap_or_default());
    let workspace = workspace.acting_as("nbpress");
    workspace.save(path, bytes, unchanged).await.map(drop)
}

/// The document with the outputs; none where it has none of the cells.
fn changed(bytes: &[u8], folds: &BTreeMap<String, Fold>, widgets: Option<&Json>) -> Option<Bytes> {
    let mut notebook = Notebook::parse(bytes).ok()?;
    let mut found = false;
    for cell in &mut notebook.cells {
        if let Some(fold) = cell.id.as_ref().and_then(|id| folds.get(id)) {
            fold.write(cell);
            found = true;
        }
    }
    if let Some(widgets) = widgets {
        shown_widgets::note(&mut notebook, widgets);
    }
    let mut bytes = notebook.to_bytes();
    bytes.push(b'\n');
    found.then(|| Bytes::from(bytes))
}

/// Writes what is in the journal of a kernel that is gone.
pub(super) async fn settle(jupyter: &JupyterSettings, kernel: Uuid) {
    let Ok(mut journal) = Journal::open(&folder(jupyter), kernel) else {
        return;
    };
    let mut folds: BTreeMap<String, (String, Fold)> = BTreeMap::new();
    for (channel, parts) in journal.replay().unwrap_or_default() {
        match (channel, cell_of(&parts)) {
            (Channel::Shell, Some(cell)) => {
                folds.retain(|_, (other, _)| *other != cell);
                let request = parts.label().msg_id.into_owned();
                folds.insert(request, (cell, Fold::default()));
            }
            _ => {
                if let Some((_, fold)) = folds.get_mut(parts.parent_label().msg_id.as_ref()) {
                    fold.take(&parts);
                }
            }
        }
    }
    let folds: BTreeMap<String, Fold> = folds.into_values().collect();
    if let Some(path) = document_of(jupyter, kernel).filter(|_| !folds.is_empty()) {
        write(&jupyter.workspace, &path, &folds, None).await;
    }
    journal.remove();
}
