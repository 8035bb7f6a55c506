//! The output notebook, published whole: a reader sees the last complete version or none.

use std::time::Duration;

use bytes::Bytes;
use nbpress_format::notebook::Notebook;
use nbpress_format::output::OutputKind;
use nbpress_record::Event;
use nbpress_storage::{Location, Storage, StorageError, WriteMode, WriteOptions};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::options::ExecuteOptions;
use crate::stop::{self, Stop};

/// A save may take at most this share of a run's time, whatever the notebook's size: the reason why
/// the cost of publishing stays linear in the length of a run.
const SHARE_OF_TIME: u32 = 50;

/// How much longer a save to a store may take once somebody wants the run to end.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Files below this size are saved on the clock alone, in bytes.
const SMALL: usize = 1 << 20;

/// Writes the output of one run.
#[derive(Debug)]
pub struct Publisher<'a> {
    storage: &'a Storage,
    output: &'a Location,
    /// Shortest time between two saves at the end of a cell; `None` publishes only at the end.
    every: Option<Duration>,
    /// Shortest time between two saves while a cell runs.
    autosave_every: Option<Duration>,
    /// The first save must find nothing there.
    if_absent: bool,
    saved: Instant,
    /// Size of the file when it was saved last, and of the outputs since, in bytes.
    size: usize,
    grown: usize,
    /// Until then a save would take more than its share.
    next: Instant,
}

impl<'a> Publisher<'a> {
    /// A publisher whose first save is due now.
    pub fn new(storage: &'a Storage, output: &'a Location, options: &ExecuteOptions) -> Self {
        // Nobody can read a stream while it is written, so it is written once.
        let midway = |every: Option<Duration>| every.filter(|_| !output.is_stream());
        let now = Instant::now();
        Self {
            storage,
            output,
            every: midway(options.publish_every),
            autosave_every: midway(options.publish_every).and(options.autosave_every),
            if_absent: options.if_absent,
            saved: now,
            size: 0,
            grown: 0,
            next: now,
        }
    }

    /// Whether there is to be a save before anything runs: it shows that the output can be written.
    pub fn starts_with_a_save(&self) -> bool {
        self.every.is_some() || self.if_absent
    }

    /// Whether to save at the end of a cell: enough time has passed, and a large file has grown by
    /// half, so that all saves together write a few times the size of the last one.
    pub fn is_due(&self) -> bool {
        let now = Instant::now();
        let grown = self.size < SMALL || self.grown >= self.size / 2;
        let waited = self
            .autosave_every
            .is_some_and(|every| now >= self.saved + every);
        (grown || waited)
            && self
                .every
                .is_some_and(|every| now >= self.next.max(self.saved + every))
    }

    /// Takes note of outputs that the next save will write.
    pub(crate) fn recorded(&mut self, events: &[Event]) {
        let sizes = events.iter().map(|event| match event {
            Event::Output { output, .. } => output_size(&output.kind),
            _ => 0,
        });
        self.grown += sizes.sum::<usize>();
    }

    /// When a save in the middle of a cell is due.
    pub fn autosave_at(&self) -> Option<Instant> {
        self.autosave_every
            .map(|every| self.next.max(self.saved + every))
    }

    /// [`Publisher::publish`], but given up (`None`) a moment after a stop is asked for: a store that
    /// hangs must not hold up the end. A local file system cannot be given up.
    pub(crate) async fn publish_unless(
        &mut self,
        notebook: &Notebook,
        mut stop: watch::Receiver<Stop>,
    ) -> Option<Result<(), StorageError>> {
        let remote = self.output.is_local().is_none() && !self.output.is_stream();
        let given_up = async {
            stop::asked(&mut stop).await;
            tokio::time::sleep(STOP_GRACE).await;
        };
        tokio::select! {
            saved = self.publish(notebook) => Some(saved),
            () = given_up, if remote => None,
        }
    }

    /// Saves the notebook.
    ///
    /// # Errors
    /// The store refuses. Nothing that was there before is harmed.
    pub async fn publish(&mut self, notebook: &Notebook) -> Result<(), StorageError> {
        let started = Instant::now();
        let mode = if self.if_absent {
            WriteMode::IfAbsent
        } else {
            WriteMode::Overwrite
        };
        let options = WriteOptions {
            mode,
            content_type: Some("application/x-ipynb+json".to_owned()),
        };
        let bytes = Bytes::from(notebook.to_bytes());
        (self.size, self.grown) = (bytes.len(), 0);
        self.storage.write(self.output, bytes, options).await?;
        self.if_absent = false;
        self.saved = Instant::now();
        self.next = self.saved + started.elapsed() * SHARE_OF_TIME;
        Ok(())
    }
}

/// About what an output takes in the file, in bytes.
fn output_size(kind: &OutputKind) -> usize {
    match kind {
        OutputKind::Stream { text, .. } => text.len(),
        OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => data
            .values()
            .map(|value| value.as_str().map_or(64, str::len))
            .sum(),
        OutputKind::Error { traceback, .. } => traceback.iter().map(String::len).sum(),
        OutputKind::Other(_) => 64,
    }
}
