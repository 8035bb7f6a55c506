//! The manifest: what a finished run was, in one file that is never changed.
//!
//! Its SHA-256 is the record's id. The file is JSON with one key per line; large texts among the
//! scraps are in blobs, as in journals.

use jiff::Timestamp;
use nbpress_format::cell::{Cell, CellKind};
use nbpress_format::json::Json;

use crate::disk;
use crate::document::{CellState, Document};
use crate::error::{PayloadError, RecordError};
use crate::header::{KernelInfo, RunHeader};
use crate::outcome::{CellStatus, Outcome};
use crate::payload::{self, Get, Put};
use crate::resumption::Resumption;
use crate::run_id::RunId;
use crate::scraps::{Scrap, read_scraps};
use crate::timestamp::seconds_between;
use crate::wire::{Fields, Wire, WireError, object};

/// The version of the format that is written, and the only one that is read.
pub(crate) const VERSION: u64 = 1;

/// What a finished run was.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// SHA-256 of the manifest's file. Not in the file.
    pub record_id: String,
    /// What was known when it began.
    pub header: RunHeader,
    /// The kernel; absent when none answered.
    pub kernel: Option<KernelInfo>,
    /// How it went on from its parent; absent when it has none.
    pub resumption: Option<Resumption>,
    /// How it ended.
    pub outcome: Outcome,
    /// When it ended.
    pub finished_at: Timestamp,
    /// From beginning to end.
    pub duration_seconds: f64,
    /// The cells of the prepared notebook.
    pub cells: Vec<ManifestCell>,
    /// The values the run reported.
    pub scraps: Vec<Scrap>,
    /// The journal beside the manifest.
    pub journal: JournalSummary,
    /// The blobs that journal, manifest and kernel refer to, sorted.
    pub blobs: Vec<BlobSummary>,
    /// The id of the record that finished in this store before this one.
    pub previous: Option<String>,
}

/// One cell in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct ManifestCell {
    /// Its index in the prepared notebook.
    pub index: usize,
    /// Its id in the notebook.
    pub id: Option<String>,
    /// What became of it.
    pub status: CellStatus,
    /// When its turn came.
    pub started_at: Option<Timestamp>,
    /// How long it took.
    pub duration_seconds: Option<f64>,
    /// The number in its `In [ ]`.
    pub execution_count: Option<u64>,
    /// The earlier run that ran it, where this one did not; the times are those of that run.
    pub run: Option<RunId>,
}

/// What a journal's file must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalSummary {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// The events in it.
    pub frames: u64,
}

/// What a blob must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobSummary {
    /// SHA-256 of its bytes; its name.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

impl Manifest {
    /// The manifest's values as a finished document has them; without journal, blobs and chain.
    pub(crate) fn of(document: &Document, outcome: Outcome, journal: JournalSummary) -> Self {
        let finished_at = document.last_at();
        Self {
            record_id: String::new(),
            header: document.header().clone(),
            kernel: document.kernel().cloned(),
            resumption: document.resumption().cloned(),
            outcome,
            finished_at,
            duration_seconds: seconds_between(document.header().started_at, finished_at),
            cells: cells(document),
            scraps: read_scraps(&document.notebook),
            journal,
            blobs: Vec::new(),
            previous: None,
        }
    }

    /// The whole manifest as JSON, with its `record_id`.
    pub fn to_json(&self) -> Json {
        let mut json = self.fields(self.scraps.to_json());
        if let Some(fields) = json.as_object_mut() {
            fields.insert("record_id".to_owned(), self.record_id.to_json());
        }
        json
    }

    fn fields(&self, scraps: Json) -> Json {
        object([
            ("version", VERSION.into()),
            ("header", self.header.to_json()),
            ("kernel", self.kernel.to_json()),
            ("resumption", self.resumption.to_json()),
            ("outcome", self.outcome.to_json()),
            ("finished_at", self.finished_at.to_json()),
            ("duration_seconds", self.duration_seconds.to_json()),
            ("cells", self.cells.to_json()),
            ("scraps", scraps),
            ("journal", self.journal.to_json()),
            ("blobs", self.blobs.to_json()),
            ("previous", self.previous.to_json()),
        ])
    }

    /// The scraps as they stand in the file; their large texts are put away.
    pub(crate) fn put_scraps_away(&self, put: &mut Put<'_>) -> Result<Json, RecordError> {
        let mut scraps = self.scraps.to_json();
        payload::put_away(&mut scraps, put)?;
        Ok(scraps)
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self, scraps: Json) -> Vec<u8> {
        let mut text = String::new();
        write_pretty(&self.fields(scraps), 0, &mut text);
        text.push('\n');
        text.into_bytes()
    }

    /// Reads a file's bytes.
    pub(crate) fn from_bytes(bytes: &[u8], get: &Get<'_>) -> Result<Self, ManifestError> {
        let json = Json::parse(bytes).map_err(PayloadError::Json)?;
        let fields = Fields::of(&json).map_err(PayloadError::Shape)?;
        let version = fields.get::<Json>("version").map_err(PayloadError::Shape)?;
        if version != Json::from(VERSION) {
            return Err(ManifestError::UnknownVersion(version.to_compact()));
        }
        let mut scraps = fields.get::<Json>("scraps").map_err(PayloadError::Shape)?;
        payload::bring_back(&mut scraps, get)?;
        Ok(Self::from_fields(bytes, &fields, &scraps).map_err(PayloadError::Shape)?)
    }

    fn from_fields(bytes: &[u8], fields: &Fields<'_>, scraps: &Json) -> Result<Self, WireError> {
        Ok(Self {
            record_id: disk::sha256(bytes),
            header: fields.get("header")?,
            kernel: fields.get("kernel")?,
            resumption: fields.get("resumption")?,
            outcome: fields.get("outcome")?,
            finished_at: fields.get("finished_at")?,
            duration_seconds: fields.get("duration_seconds")?,
            cells: fields.get("cells")?,
            scraps: Vec::from_json(scraps).map_err(|error| error.inside("scraps"))?,
            journal: fields.get("journal")?,
            blobs: fields.get("blobs")?,
            previous: fields.get("previous")?,
        })
    }
}

/// Why bytes are not a manifest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("it is of version {0}")]
    UnknownVersion(String),
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl ManifestError {
    pub(crate) fn of(self, path: &std::path::Path) -> RecordError {
        let path = path.to_owned();
        match self {
            Self::UnknownVersion(version) => RecordError::UnknownVersion { path, version },
            Self::Payload(source) => RecordError::Manifest { path, source },
        }
    }
}

fn cells(document: &Document) -> Vec<ManifestCell> {
    let states = document
        .cells()
        .iter()
        .zip(&document.notebook.cells)
        .enumerate();
    let cell = |(index, (state, cell)): (usize, (&CellState, &Cell))| {
        let duration = state
            .started_at
            .zip(state.finished_at)
            .map(|(from, to)| seconds_between(from, to));
        ManifestCell {
            index,
            id: cell.id.clone(),
            status: state.status,
            started_at: state.started_at,
            duration_seconds: duration,
            execution_count: match &cell.kind {
                CellKind::Code {
                    execution_count, ..
                } => *execution_count,
                _ => None,
            },
            run: state.run,
        }
    };
    states.map(cell).collect()
}

/// Objects and lists over several lines, with two blanks per level; values that hold no other value
/// on one.
fn write_pretty(json: &Json, depth: usize, text: &mut String) {
    let open = |text: &mut String, bracket| {
        text.push(bracket);
        text.push('\n');
    };
    let indent = |text: &mut String, depth: usize| text.extend(std::iter::repeat_n("  ", depth));
    match json {
        Json::Object(pairs) if !pairs.is_empty() => {
            open(text, '{');
            for (index, (key, value)) in pairs.iter().enumerate() {
                indent(text, depth + 1);
                text.push_str(&Json::from(key.as_str()).to_compact());
                text.push_str(": ");
                write_pretty(value, depth + 1, text);
                text.push_str(if index + 1 < pairs.len() { ",\n" } else { "\n" });
            }
            indent(text, depth);
            text.push('}');
        }
        Json::Array(items) if !items.is_empty() => {
            open(text, '[');
            for (index, item) in items.iter().enumerate() {
                indent(text, depth + 1);
                write_pretty(item, depth + 1, text);
                text.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
            }
            indent(text, depth);
            text.push(']');
        }
        flat => text.push_str(&flat.to_compact()),
    }
}

impl Wire for ManifestCell {
    fn to_json(&self) -> Json {
        object([
            ("index", self.index.to_json()),
            ("id", self.id.to_json()),
            ("status", self.status.to_json()),
            ("started_at", self.started_at.to_json()),
            ("duration_seconds", self.duration_seconds.to_json()),
            ("execution_count", self.execution_count.to_json()),
            ("run", self.run.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            index: fields.get("index")?,
            id: fields.get("id")?,
            status: fields.get("status")?,
            started_at: fields.get("started_at")?,
            duration_seconds: fields.get("duration_seconds")?,
            execution_count: fields.get("execution_count")?,
            run: fields.get("run")?,
        })
    }
}

impl Wire for JournalSummary {
    fn to_json(&self) -> Json {
        object([
            ("sha256", self.sha256.to_json()),
            ("bytes", self.bytes.to_json()),
            ("frames", self.frames.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            sha256: fields.get("sha256")?,
            bytes: fields.get("bytes")?,
            frames: fields.get("frames")?,
        })
    }
}

impl Wire for BlobSummary {
    fn to_json(&self) -> Json {
        object([
            ("sha256", self.sha256.to_json()),
            ("bytes", self.bytes.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            sha256: fields.get("sha256")?,
            bytes: fields.get("bytes")?,
        })
    }
}

#[cfg(test)]
mod tests;
