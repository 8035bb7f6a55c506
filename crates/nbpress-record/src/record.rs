//! The reading side of one run.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use jiff::Timestamp;
use nbpress_format::notebook::Notebook;

use crate::blob::BlobSource;
use crate::disk;
use crate::document::Document;
use crate::error::RecordError;
use crate::event::Event;
use crate::header::RunHeader;
use crate::journal::{JournalReader, Tail};
use crate::manifest::Manifest;
use crate::outcome::Outcome;
use crate::payload;
use crate::run_id::RunId;
use crate::scraps::{Scrap, read_scraps};
use crate::store::Store;
use crate::wire::words;

/// Whether a run is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// A runner writes its journal.
    Running,
    /// Its last event is there.
    Finished,
    /// Nobody writes its journal, which has no end: the runner was killed.
    CutOff,
}

words!(RunState, "a state of runs", {
    Running => "running",
    Finished => "finished",
    CutOff => "cut_off",
});

/// One run in a store, as it was when it was opened.
#[derive(Clone, Debug)]
pub struct Record {
    store: Store,
    run_id: RunId,
    state: RunState,
    header: RunHeader,
    manifest: Option<Manifest>,
}

impl Record {
    pub(crate) fn open(store: &Store, run_id: RunId) -> Result<Self, RecordError> {
        // Asked before the journal is read: a run that ends in between is then not called cut off.
        let running = store.is_running(run_id)?;
        let manifest = store.manifest(run_id)?;
        let mut record = match manifest {
            Some(manifest) => Self {
                store: store.clone(),
                run_id,
                state: RunState::Finished,
                header: manifest.header.clone(),
                manifest: Some(manifest),
            },
            None => Self {
                header: first_header(store, run_id)?,
                store: store.clone(),
                run_id,
                state: if running {
                    RunState::Running
                } else {
                    RunState::CutOff
                },
                manifest: None,
            },
        };
        if record.state == RunState::CutOff
            && record.last_event()?.is_some_and(|event| is_end(&event))
        {
            record.state = RunState::Finished;
        }
        Ok(record)
    }

    /// The run's name.
    pub fn run_id(&self) -> RunId {
        self.run_id
    }

    /// Whether the run is on.
    pub fn state(&self) -> RunState {
        self.state
    }

    /// The same for a caller who knows better than the lock: a runner on another machine is still at it, and
    /// this is a copy of what it has written.
    #[must_use]
    pub fn written_elsewhere(mut self) -> Self {
        if self.state == RunState::CutOff {
            self.state = RunState::Running;
        }
        self
    }

    /// Whether nobody writes the journal any more, as of now.
    pub fn is_left(&self) -> bool {
        !self.store.is_running(self.run_id).unwrap_or(false)
    }

    /// What was known when it began.
    pub fn header(&self) -> &RunHeader {
        &self.header
    }

    /// The manifest of a run that is over; absent also when the runner was killed after the last
    /// event, before the manifest.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The folder of the run.
    pub fn folder(&self) -> PathBuf {
        self.store.run_folder(self.run_id)
    }

    /// The names of the large values that belong to the run.
    pub fn blob_names(&self) -> Result<Vec<String>, RecordError> {
        match &self.manifest {
            Some(manifest) => Ok(manifest.blobs.iter().map(|b| b.sha256.clone()).collect()),
            None => disk::names(&self.folder().join("blobs")),
        }
    }

    /// The bytes of one of them.
    pub fn blob(&self, sha256: &str) -> Result<Vec<u8>, RecordError> {
        self.store.blob_source(self.run_id).get(sha256)
    }

    /// One of them to be read in parts. Unlike [`blob`](Self::blob) it does not check the bytes.
    ///
    /// # Errors
    /// It is not there, or not one of [`blob_names`](Self::blob_names): outputs name what they like.
    pub fn open_blob(&self, sha256: &str) -> Result<File, RecordError> {
        if !self.blob_names()?.iter().any(|name| name == sha256) {
            return Err(RecordError::MissingBlob {
                sha256: sha256.to_owned(),
            });
        }
        self.store.blob_source(self.run_id).open(sha256)
    }

    /// The events of the journal as it is now.
    pub fn events(&self) -> Result<Events, RecordError> {
        Ok(Events {
            reader: self.store.open_journal(self.run_id)?,
            blobs: self.store.blob_source(self.run_id),
            path: self.store.journal_path(self.run_id),
            index: 0,
        })
    }

    /// The state after all events; of a run that was cut off, with the end that its runner could not
    /// write.
    pub fn document(&self) -> Result<Document, RecordError> {
        let mut events = self.events()?;
        let mut document = match events.next().transpose()? {
            Some(Event::RunStarted { header, notebook }) => Document::start(header, notebook),
            _ => {
                return Err(RecordError::EmptyJournal {
                    run_id: self.run_id,
                });
            }
        };
        for event in events {
            document.apply(&event?);
        }
        if self.state == RunState::CutOff && document.outcome().is_none() {
            document.cut_off();
        }
        Ok(document)
    }

    /// The output notebook.
    pub fn notebook(&self) -> Result<Notebook, RecordError> {
        Ok(self.document()?.into_finished_notebook())
    }

    /// The values the run reported so far.
    pub fn scraps(&self) -> Result<Vec<Scrap>, RecordError> {
        match &self.manifest {
            Some(manifest) => Ok(manifest.scraps.clone()),
            None => Ok(read_scraps(&self.document()?.notebook)),
        }
    }

    /// How and when the run ended, as far as it has, without a look at what happened in between.
    pub(crate) fn end(&self) -> Result<Option<(Outcome, Timestamp)>, RecordError> {
        if let Some(manifest) = &self.manifest {
            return Ok(Some((manifest.outcome.clone(), manifest.finished_at)));
        }
        Ok(match (self.state, self.last_event()?) {
            (RunState::Finished, Some(Event::RunFinished { outcome, at })) => Some((outcome, at)),
            (RunState::CutOff, last) => {
                let at = last
                    .and_then(|event| event.at())
                    .unwrap_or(self.header.started_at);
                Some((Outcome::cut_off(None), at))
            }
            _ => None,
        })
    }

    fn last_event(&self) -> Result<Option<Event>, RecordError> {
        self.events()?.last_event()
    }
}

fn first_header(store: &Store, run_id: RunId) -> Result<RunHeader, RecordError> {
    let mut events = Events {
        reader: store.open_journal(run_id)?,
        blobs: store.blob_source(run_id),
        path: store.journal_path(run_id),
        index: 0,
    };
    match events.next().transpose()? {
        Some(Event::RunStarted { header, .. }) => Ok(header),
        _ => Err(RecordError::EmptyJournal { run_id }),
    }
}

/// The events of a journal, oldest first. An error ends them.
#[derive(Debug)]
pub struct Events {
    reader: JournalReader<BufReader<File>>,
    blobs: BlobSource,
    path: PathBuf,
    index: u64,
}

impl Events {
    /// What follows the last event; to be asked at the end.
    pub fn tail(&self) -> Tail {
        self.reader.tail()
    }

    /// After the last event of a run that is on: goes on with those that were appended since.
    pub fn look_again(&mut self) -> Result<(), RecordError> {
        let looked = self.reader.look_again();
        looked.map_err(RecordError::io("read", &self.path))
    }

    /// Passes over one event without parsing it; `false` at the end.
    pub fn pass_over(&mut self) -> Result<bool, RecordError> {
        let passed = self.next_payload()?.is_some();
        self.index += u64::from(passed);
        Ok(passed)
    }

    fn next_payload(&mut self) -> Result<Option<Vec<u8>>, RecordError> {
        self.reader
            .next_payload()
            .map_err(|error| error.of(&self.path))
    }

    fn read(&self, payload: &[u8]) -> Result<Event, RecordError> {
        let json = payload::decode(payload, &|sha256| self.blobs.get(sha256));
        let event = json.and_then(|json| Ok(Event::from_json(&json)?));
        event.map_err(|source| RecordError::Event {
            path: self.path.clone(),
            index: self.index,
            source,
        })
    }

    fn next_event(&mut self) -> Result<Option<Event>, RecordError> {
        let Some(payload) = self.next_payload()? else {
            return Ok(None);
        };
        let event = self.read(&payload)?;
        self.index += 1;
        Ok(Some(event))
    }

    /// The last event; the ones before it are not parsed.
    fn last_event(mut self) -> Result<Option<Event>, RecordError> {
        let mut last = None;
        while let Some(payload) = self.next_payload()? {
            last = Some(payload);
        }
        last.map(|payload| self.read(&payload)).transpose()
    }
}

impl Iterator for Events {
    type Item = Result<Event, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_event().transpose()
    }
}

fn is_end(event: &Event) -> bool {
    matches!(event, Event::RunFinished { .. })
}
